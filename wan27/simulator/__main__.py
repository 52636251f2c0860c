"""`python -m wan27.simulator`: the simulator in a terminal, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from . import Script, Simulator

_WELCOME = """\
The Wan 2.7 API, played on this machine. Nothing costs anything; every video is marked SIMULATED.

  {base_url}

Use it with any key:   WAN27_HOST=simulator WAN27_BASE_URL={base_url}
See its tasks:         curl {base_url}/simulator
Let things go wrong:   curl -X PUT {base_url}/simulator/script -d '{{"faults": [{{"on": "submit", "do": "status", "status": 429}}]}}'
Ctrl-C ends it."""


def main() -> int:
    """Run the simulator until it is interrupted; return the exit status."""
    options = _parser().parse_args()
    try:
        script = _script(options)
        simulator = Simulator(script, port=options.port, folder=options.folder, remember=False)
        simulator.start()
    except (OSError, ValueError, OverflowError) as error:
        print(f"The simulator cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(_WELCOME.format(base_url=simulator.base_url), flush=True)  # noqa: T201
    _wait_for_the_end()
    simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wan27.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8788, help="port of the API; 0 takes any free one (%(default)s)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="a JSON file: see README.md beside this module")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep the videos here; by default they go with the simulator")
    parser.add_argument("--queued-seconds", type=float, metavar="N", help="how long a task waits (1)")
    parser.add_argument("--working-seconds", type=float, metavar="N", help="how long a task works at least (4)")
    return parser


def _script(options: argparse.Namespace) -> Script:
    script = Script.from_json(options.script.read_text(encoding="utf-8")) if options.script else Script()
    given = {name: getattr(options, name) for name in ("queued_seconds", "working_seconds")}
    return script.changed({name: value for name, value in given.items() if value is not None})


def _wait_for_the_end() -> None:
    end = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: end.set())
    # In short waits: on Windows a longer one would not see Ctrl-C.
    while not end.wait(0.5):
        pass


if __name__ == "__main__":
    sys.exit(main())

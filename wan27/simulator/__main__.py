"""`python -m wan27.simulator`: the simulator in a terminal, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from . import Settings, Simulator

_WELCOME = """\
The Wan 2.7 API on this machine. Nothing costs anything; every video is marked SIMULATED.

  {base_url}

Use it with any key:   WAN27_HOST=simulator WAN27_BASE_URL={base_url}
See its tasks:         curl {base_url}/simulator
Press Ctrl-C to stop."""


def main() -> int:
    """Run the simulator until it is interrupted; return the exit status."""
    options = _parser().parse_args()
    settings = Settings(options.queued_seconds, options.working_seconds, options.video)
    try:
        simulator = Simulator(settings, port=options.port, folder=options.folder)
        simulator.start()
    except (OSError, OverflowError) as error:
        print(f"The simulator cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(_WELCOME.format(base_url=simulator.base_url), flush=True)  # noqa: T201
    _wait_for_interrupt()
    simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wan27.simulator", description=__doc__)
    add, settings = parser.add_argument, Settings()
    queued, working = settings.queued_seconds, settings.working_seconds
    add("--port", type=int, default=8788, help="port of the API; 0: any free one (%(default)s)")
    add("--folder", type=Path, metavar="DIR", help="keep the videos here (default: delete them)")
    add("--video", metavar="FILE", help="serve this file for every task; nothing is rendered")
    add("--queued-seconds", type=float, default=queued, help="a task's wait (%(default)s)")
    add("--working-seconds", type=float, default=working, help="its least work (%(default)s)")
    return parser


def _wait_for_interrupt() -> None:
    end = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: end.set())
    # In short waits: on Windows a longer one would not see Ctrl-C.
    while not end.wait(0.5):
        pass


if __name__ == "__main__":
    sys.exit(main())

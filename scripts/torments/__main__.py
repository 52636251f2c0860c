"""Torment the pack, in ComfyUI's Python, and print the table. `scripts.torture` starts this."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ..benchmarks.machine import machine
from ..comfyui import ComfyUI
from .canary import in_files
from .cancel import cancel
from .faults import faults
from .kill_at_line import kill_at_line
from .kill_at_random import kill_at_random
from .kill_server import kill_server
from .many import many
from .races import races
from .table import save, table
from .tally import Tally
from .trial import Trial

_TORMENTS: dict[str, Callable[[Trial], list[Tally]]] = {
    "line": kill_at_line,
    "kill": kill_at_random,
    "comfyui": kill_server,
    "faults": faults,
    "races": races,
    "many": many,
    "cancel": cancel,
}


def main(arguments: list[str]) -> int:
    """Return 1 where anything was bought twice, lost, leaked or crashed."""
    comfyui, options = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="wan27-torture-", ignore_cleanup_errors=True) as temporary:
        trial = Trial(Path(temporary), comfyui, options.long, random.Random(options.seed))  # noqa: S311 - chances, not secrets
        began, tallies = time.monotonic(), []
        for name in options.only or _TORMENTS:
            tallies += _tormented(name, trial)
        tallies.append(_sought(trial))
    how = f"{machine(comfyui.version)}; seed {options.seed}, {'long' if options.long else 'short'}, {time.monotonic() - began:.0f} s."
    text = f"{how}\n\n{table(tallies)}"
    print(text)
    if options.save:
        save(text, options.save)
    return int(any(tally.is_broken for tally in tallies))


def _tormented(name: str, trial: Trial) -> list[Tally]:
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        tallies = _TORMENTS[name](trial)
    except Exception as error:  # noqa: BLE001 - one that breaks must not take the others with it; it is told, and in the exit code
        traceback.print_exc()
        tallies = [Tally(name, wrong=[f"the torment itself broke: {type(error).__name__}"])]
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return tallies


def _sought(trial: Trial) -> Tally:
    """The key of all torments, in every file that they have left: records, pictures, videos, logs, ComfyUI's own."""
    files = sum(path.is_file() for path in trial.folder.rglob("*"))
    return Tally("the key, sought in every file of all this", cases=files, wrong=in_files(trial.folder, trial.key))


def _parse(arguments: list[str]) -> tuple[ComfyUI, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="make torture", usage='make torture [ARGS="…"]')
    parser.add_argument("--only", action="append", choices=_TORMENTS, help="this torment alone; may be given several times")
    parser.add_argument("--long", action="store_true", help="every line, hundreds of kills: half an hour")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of all that is left to chance")  # noqa: S311
    parser.add_argument("--save", type=Path, metavar="FILE", help="also put the table between the marks of this page")
    folder, python, version, *rest = arguments
    return ComfyUI(Path(folder), Path(python), version), parser.parse_args(rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)

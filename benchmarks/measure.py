"""Measure in ComfyUI's Python, and print the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from scripts.comfyui import prepare

from .bench import Bench
from .cancel import cancel
from .clip import clip
from .color import color
from .decode import decode, memory
from .event_loop import event_loop
from .figure import Figure
from .importing import importing
from .journal import journal
from .machine import Load, machine
from .own_time import own_time
from .png import png
from .side_by_side import side_by_side
from .table import save, table
from .waiting import waiting

_TOPICS: dict[str, Callable[[Bench], list[Figure]]] = {
    "decode": decode,
    "memory": memory,
    "color": color,
    "png": png,
    "clip": clip,
    "own": own_time,
    "loop": event_loop,
    "import": importing,
    "six": side_by_side,
    "cancel": cancel,
    "wait": waiting,
    "journal": journal,
}


def main(arguments: list[str]) -> int:
    """Return 1 if something could not be measured; a missed target is no failure."""
    options = _parse(arguments)
    load, figures, broken = Load(), [], 0
    with tempfile.TemporaryDirectory("-wan27", ignore_cleanup_errors=True) as temporary:
        repeats = 1 if options.quick else options.repeats
        bench = Bench(prepare(), Path(temporary), repeats, options.quick)
        for topic in options.only or _TOPICS:
            rows, failed = _measure(topic, bench)
            figures += rows
            broken += failed
    text = "\n".join([f"{machine(bench.comfyui.version)}.", _how(bench, load), "", table(figures)])
    print(text)
    if options.save:
        save(text, options.save)
    return int(broken > 0)


def _measure(topic: str, bench: Bench) -> tuple[list[Figure], bool]:
    print(f"{topic} …", end=" ", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        figures, failed = _TOPICS[topic](bench), False
    except Exception as error:  # noqa: BLE001 - the other topics still run; the exit code is 1
        traceback.print_exc()
        figures, failed = [Figure(topic, None, detail=f"FAILED, {type(error).__name__}")], True
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return figures, failed


def _how(bench: Bench, load: Load) -> str:
    quick = " A QUICK RUN: everything works, but its numbers mean little." if bench.is_quick else ""
    how = f"Medians of {bench.repeats} or more interleaved runs; of cancels, the slowest."
    return f"{how} In all, {load}.{quick}"


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", usage='make bench [ARGS="…"]')
    add = parser.add_argument
    add("--only", action="append", choices=_TOPICS, help="this topic; may be given several times")
    add("--repeats", type=int, default=3, help="runs of each variant; their median counts")
    add("--quick", action="store_true", help="one small run of each, to see that it works")
    add("--save", type=Path, metavar="FILE", help="put the table between the marks of this page")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)

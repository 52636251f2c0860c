"""Measure, in ComfyUI's Python, and print the table. `benchmarks.__main__` starts this."""

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
from .colour import colour
from .decode import decode, memory
from .event_loop import event_loop
from .figure import Figure
from .importing import importing
from .machine import Load, machine
from .own_time import own_time
from .png import png
from .side_by_side import side_by_side
from .table import save, table

_TOPICS: dict[str, Callable[[Bench], list[Figure]]] = {
    "decode": decode,
    "memory": memory,
    "colour": colour,
    "png": png,
    "clip": clip,
    "own": own_time,
    "loop": event_loop,
    "import": importing,
    "six": side_by_side,
    "cancel": cancel,
}


def main(arguments: list[str]) -> int:
    """Return 0 also where a target is missed: a timing must not fail anybody. 1 where something could not be measured at all."""
    options = _parse(arguments)
    load, figures, broken = Load(), [], 0
    with tempfile.TemporaryDirectory(
        prefix="wan27-bench-", ignore_cleanup_errors=True
    ) as temporary:
        repeats = 1 if options.quick else options.repeats
        bench = Bench(prepare(), Path(temporary), repeats, options.quick)
        for topic in options.only or _TOPICS:
            rows, failed = _measured(topic, bench)
            figures += rows
            broken += failed
    text = "\n".join([f"{machine(bench.comfyui.version)}.", _how(bench, load), "", table(figures)])
    print(text)
    if options.save:
        save(text, options.save)
    return int(broken > 0)


def _measured(topic: str, bench: Bench) -> tuple[list[Figure], bool]:
    print(f"{topic} …", end=" ", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        figures, failed = _TOPICS[topic](bench), False
    except Exception as error:  # noqa: BLE001 - one that breaks must not take the others with it; it is told, and in the exit code
        traceback.print_exc()
        figures, failed = [Figure(topic, None, detail=f"FAILED, {type(error).__name__}")], True
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return figures, failed


def _how(bench: Bench, load: Load) -> str:
    quick = (
        " A QUICK RUN: it shows that all works, and its numbers mean little."
        if bench.is_quick
        else ""
    )
    return f"Medians of {bench.repeats} interleaved runs or more, and for a cancel the slowest. The whole took {load}.{quick}"


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", usage='make bench [ARGS="…"]')
    parser.add_argument(
        "--only",
        action="append",
        choices=_TOPICS,
        help="measure this alone; may be given several times",
    )
    parser.add_argument(
        "--repeats", type=int, default=3, help="runs of each variant, of which the median counts"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one small run of each, to see that all works"
    )
    parser.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="also put the table between the marks of this page",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)

"""The journal after years of work: what each Run and the first page of the list pay for it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median

from wan27.journal.database import Database
from wan27.journal.entry import NewEntry
from wan27.journal.journal import Journal
from wan27.journal.states import State
from wan27.money import Cost
from wan27.simulator import Simulator

from .bench import Bench, seconds_of
from .figure import Figure
from .graph import comfyui

_ENTRIES, _QUICK_ENTRIES = 100_000, 1000
_ENTRIES_A_DAY = 100
_CALLS = 50
_PAGE = "/wan27/tasks?count=50"


def journal(bench: Bench) -> list[Figure]:
    """Measure the library's calls, and the page of a real ComfyUI over HTTP."""
    count = _QUICK_ENTRIES if bench.is_quick else _ENTRIES
    with Simulator() as simulator, comfyui(bench, "old", simulator.base_url) as server:
        path = server.base / "user" / "__wan27" / "journal.sqlite3"
        _fill(path, count)
        kept = Journal(path)
        first = seconds_of(kept.check)
        calls: dict[str, tuple[Callable[[], object], int]] = {
            "the open entry of a request": (lambda: kept.find(_fingerprint(count)), 5),
            "the check of a Run, unchanged since the last": (kept.check, 50),
            "the first page of the list, over HTTP": (lambda: server.get(_PAGE), 100),
        }
        what = f"Journal of {count:,} entries"
        figures = []
        for name, (call, limit) in calls.items():
            milliseconds = median(seconds_of(call) for _ in range(_CALLS)) * 1000
            figures.append(Figure(f"{what}: {name}", milliseconds, "ms", at_most=limit))
        detail = f"it reads the whole file, {path.stat().st_size / 1e6:.0f} MB, in a thread"
    name = f"{what}: the first check of a process"
    return [*figures, Figure(name, first * 1000, "ms", detail=detail)]


def _fill(path: Path, count: int) -> None:
    """Write finished entries, the newest of today."""
    now = time.time()
    with Database(path).transaction() as table:
        for number in range(1, count + 1):
            created = now - (count - number) * 86_400 / _ENTRIES_A_DAY
            row = _submission(number).row(State.FINISHED, f"task-{number}")
            times = {"created": created, "updated": created + 120}
            file = {"path": f"wan27/video_{number:06}.mp4", "size": 5_000_000}
            table.claim(table.insert(row | times | file))


def _submission(number: int) -> NewEntry:
    prompt = f"{number}: a boat drifts over a lake at dusk, the water moves, slow pan to the left"
    return NewEntry(
        fingerprint=_fingerprint(number),
        host="ppio",
        mode="first_frame",
        parameters={"prompt": prompt, "resolution": "720P", "duration": 5, "seed": number},
        cost=Cost(Decimal(3), "CNY"),
    )


def _fingerprint(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()

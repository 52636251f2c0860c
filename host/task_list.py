"""The recent tasks, as the page shows them. Blocking. Knows nothing of ComfyUI: `output` is the folder whose videos the page can play."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ..wan27.cost import money
from ..wan27.entry import Entry
from ..wan27.journal import Journal
from .status import host_title, price_text

PICTURES = "/wan27/pictures/"


def task_page(journal: Journal, output: Path, count: int, before: int | None, now: float) -> dict[str, Any]:
    """The newest `count` tasks before the one of that number, whether there are more, and what was spent since midnight (`now` in seconds)."""
    entries = journal.recent(count + 1, before)
    return {
        "tasks": [described(entry, output) for entry in entries[:count]],
        "more": len(entries) > count,
        "today": [money(amount, currency) for currency, amount in journal.spent(_midnight(now), now + 1).items() if amount],
    }


def described(entry: Entry, output: Path) -> dict[str, Any]:
    """One task. `video` is how the page plays it, None for what is gone or elsewhere; `path` says where it is, or was."""
    return {
        "id": entry.id,
        "task_id": entry.task_id,
        "state": entry.state.value,
        "host": host_title(entry.host),
        "mode": entry.mode,
        **{name: entry.parameters.get(name) for name in ("prompt", "resolution", "duration", "seed")},
        "price": price_text(entry.cost),
        "created": entry.created,
        "updated": entry.updated,
        "error": entry.error,
        "picture": f"{PICTURES}{entry.picture}" if entry.picture else None,
        "video": _video(entry.path, output),
        "path": None if entry.path is None else str(entry.path),
    }


def _video(path: Path | None, output: Path) -> dict[str, str] | None:
    """How ComfyUI's /view names a file of its output folder; None for what is gone or elsewhere."""
    if path is None or not path.is_file():
        return None
    inside = Path(os.path.abspath(path)), Path(os.path.abspath(output))  # noqa: PTH100 - as /view does: links are not followed
    if not inside[0].is_relative_to(inside[1]):
        return None
    subfolder = inside[0].relative_to(inside[1]).parent.as_posix()
    return {"filename": path.name, "subfolder": "" if subfolder == "." else subfolder, "type": "output"}


def find(journal: Journal, number: int, created: float) -> Entry | None:
    """The entry of that number, if it is still the one that was begun then: SQLite gives the number of a removed row to the next one."""
    return next((entry for entry in journal.recent(1, number + 1) if (entry.id, entry.created) == (number, created)), None)


def _midnight(now: float) -> float:
    """The last midnight of this machine's clock, in seconds since the epoch."""
    day = time.localtime(now)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))

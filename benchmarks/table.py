"""The figures as a table that reads as well in a terminal as on a page, and its place on that page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .figure import Figure

BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
_HEAD = ("figure", "measured", "target", "")


def table(figures: Iterable[Figure]) -> str:
    """Return the table in Markdown."""
    rows = [
        _HEAD,
        ("---",) * len(_HEAD),
        *((each.name, each.measured, each.target, each.verdict) for each in figures),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def save(text: str, path: Path) -> None:
    """Replace what stands between the two marks of `path`, all else kept. A new file gets the marks alone.

    Raises ValueError for a file without them.
    """
    page = path.read_text("utf-8") if path.exists() else f"{BEGIN}\n{END}\n"
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(
            f"{path} has no place for the table: write the lines {BEGIN} and {END} where it should stand."
        )
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")

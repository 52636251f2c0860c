"""The figures as a Markdown table, and its place on a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .figure import Figure

BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
_HEAD = ("figure", "measured", "target", "")


def table(figures: Iterable[Figure]) -> str:
    """Return the table in Markdown."""
    cells = [(each.name, each.measured, each.target, each.verdict) for each in figures]
    rows = [_HEAD, ("---",) * len(_HEAD), *cells]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def save(text: str, path: Path) -> None:
    """Replace what is between the two marks of `path`; raise ValueError for a page without them.

    A new file has only the marks.
    """
    page = path.read_text("utf-8") if path.exists() else f"{BEGIN}\n{END}\n"
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} needs the lines {BEGIN} and {END} where the table should go.")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")

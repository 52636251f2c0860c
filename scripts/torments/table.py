"""The tallies as a table that reads as well in a terminal as on a page, and its place on that page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .tally import Tally

BEGIN, END = "<!-- make torture writes from here -->", "<!-- to here -->"
_HEAD = ("torment", "cases", "tasks bought", "bought twice", "lost", "uncertain, told", "findings")


def table(tallies: Iterable[Tally]) -> str:
    """Return the table in Markdown."""
    rows = [_HEAD, ("---", *["---:"] * 5, "---"), *(tally.row for tally in tallies)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


def save(text: str, path: Path) -> None:
    """Replace what stands between the two marks of `path`, all else kept. Raises ValueError for a page without them."""
    page = path.read_text("utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} has no place for the table: write the lines {BEGIN} and {END} where it should stand.")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")

"""The tallies as a Markdown table, and writing it into a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .tally import Tally

BEGIN, END = "<!-- make torture writes from here -->", "<!-- to here -->"
_HEAD = (
    "what is injected",
    "cases",
    "tasks bought",
    "bought twice",
    "lost",
    "asked",
    "findings",
)


def table(tallies: Iterable[Tally]) -> str:
    """Return the table with one row a name; tallies of one name are added up."""
    rows: dict[str, Tally] = {}
    for tally in tallies:
        rows.setdefault(tally.name, Tally(tally.name)).add(tally)
    lines = [_HEAD, ("---", *["---:"] * 5, "---"), *(rows[name].row for name in sorted(rows))]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)


def save(text: str, path: Path) -> None:
    """Replace the text between the two marks of `path`.

    Raises ValueError for a page without them.
    """
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} needs the lines {BEGIN} and {END} around the table.")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")

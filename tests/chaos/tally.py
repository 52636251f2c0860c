"""The result of a chaos test: one row of the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts over all cases of a row.

    `wrong` has what must never happen, a sentence each; `notes` may happen and are counted.
    `reported` is how often a Run asked a person to decide.
    """

    name: str = ""
    cases: int = 0
    bought: int = 0
    twice: int = 0
    lost: int = 0
    reported: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def plain(self) -> dict[str, Any]:
        """The fields as plain data, which a worker of pytest-xdist can send."""
        return {**vars(self), "notes": dict(self.notes)}

    @property
    def broken(self) -> list[str]:
        """The broken promises, a sentence each; empty if all were kept."""
        counted = {"bought twice": self.twice, "lost": self.lost}
        return [f"{count} {what}" for what, count in counted.items() if count] + self.wrong

    def add(self, other: Tally) -> None:
        """Add the counts of another tally of the same row."""
        for name in ("cases", "bought", "twice", "lost", "reported"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        for name, number in other.notes.items():
            # A note that begins with "at most" is the largest of its kind, not a sum.
            is_most = name.startswith("at most")
            both = (self.notes.get(name, 0), number)
            self.notes[name] = max(both) if is_most else sum(both)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        counts = (self.cases, self.bought, self.twice, self.lost, self.reported)
        return (self.name, *map(str, counts), "; ".join(self._findings) or "–")

    @property
    def _findings(self) -> list[str]:
        wrong = Counter(f"**{sentence}**" for sentence in self.wrong)
        return [f"{what}: {count}" for what, count in (wrong + self.notes).items()]

"""What came of one torment: one row of the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts over all cases of a torment. `wrong` is what must never be, a sentence each; `notes` is what may be, and is told."""

    name: str
    cases: int = 0
    bought: int = 0
    twice: int = 0
    lost: int = 0
    told: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def is_broken(self) -> bool:
        """Whether a promise was."""
        return bool(self.twice or self.lost or self.wrong)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        counts = (self.cases, self.bought, self.twice, self.lost, self.told)
        return (self.name, *map(str, counts), "; ".join(self._findings) or "–")

    @property
    def _findings(self) -> list[str]:
        wrong = Counter(f"**{sentence}**" for sentence in self.wrong)
        return [f"{said}: {count}" for said, count in (wrong + self.notes).items()]

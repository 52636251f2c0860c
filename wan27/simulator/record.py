"""What reached the simulator, for tests to read: every request, every submitted body, the headers of every download.

Lists grow only at their end and only while the simulator runs; reading them from another thread is safe.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .faults import Fault


@dataclass(slots=True)
class Received:
    """One request: `json` is its body, None where there was none, it was no JSON, or the connection was dropped before it.

    `headers` finds a name in any case. `path` is without the query, which stands in `query`. `fault` is what the script did to it.
    """

    place: str  # "submit", "task" or "download"
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    fault: Fault | None = None
    json: Any = None
    problem: str = ""  # why the body is no JSON; "" where it is

    def read(self, raw: bytes) -> None:
        """Take in the bytes of the body."""
        try:
            self.json = json.loads(raw, parse_constant=_refuse_constant) if raw else None
        except (ValueError, RecursionError) as error:
            self.problem = f"the body is not JSON: {error}"


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")


@dataclass(slots=True)
class Record:
    """All that was received. With `remember` off nothing is kept: a simulator that lives for days must not grow."""

    remember: bool = True
    requests: list[Received] = field(default_factory=list)
    submissions: list[Any] = field(default_factory=list)
    downloads: list[Mapping[str, str]] = field(default_factory=list)

    def arrived(self, received: Received) -> None:
        """Note a request whose headers have come."""
        if self.remember:
            self.requests.append(received)
            if received.place == "download":
                self.downloads.append(received.headers)

    def body_arrived(self, received: Received) -> None:
        """Note a request whose body has come whole."""
        if self.remember and received.place == "submit":
            self.submissions.append(received.json)

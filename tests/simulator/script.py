"""The behavior of a scripted host, as data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from typing_extensions import Self

from wan27.simulator import Settings

from .faults import Faults, require

# The errors that a host may answer in another way, by the simulator's own reason.
ERRORS = {
    "MISSING_API_KEY": "no_key",
    "INVALID_API_KEY": "wrong_key",
    "TASK_NOT_FOUND": "unknown_task",
    "API_NOT_FOUND": "unknown_path",
    "INVALID_REQUEST_BODY": "no_medium",
}


@dataclass
class Script(Settings):
    """All that a test can choose; the default is the shipped simulator without faults.

    A change while the simulator runs counts from the next request on, and for new tasks.
    """

    faults: Faults = field(default_factory=Faults)  # or a list of Fault
    keys: Iterable[str] | None = None  # the accepted keys; None: any
    statuses: Mapping[str, str] = field(default_factory=dict)  # documented status -> another
    errors: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # name -> status, reason
    error_form: str = "flat"  # or "html"
    data: str = "accepted"  # `data:` URLs; or "refused", or "fails": as a task
    unknown_fields: bool = False  # True: they are ignored
    tasks_at_once: int | None = None  # more are refused with 429 and Retry-After; None: any
    url_seconds: int | None = None  # the life of a video's URL; None: as documented
    fresh_urls: bool = True  # each look at a task signs another URL
    ranges: bool = True
    head: bool = False
    redirects: int = 0  # on the way to a video
    balance: int | None = None  # Novita's call, in 1/10000 USD; each second of video costs 1000
    film: Mapping[str, Any] = field(default_factory=dict)  # fps, matrix, sound: film.py

    def __post_init__(self) -> None:
        if not isinstance(self.faults, Faults):
            self.faults = Faults(self.faults)
        require(not isinstance(self.keys, str), "`keys` is a list of keys, not one")
        require(self.error_form in ("flat", "html"), f"`error_form` is {self.error_form!r}")
        require(self.data in ("accepted", "refused", "fails"), f"`data` is {self.data!r}")
        unknown = set(self.errors) - set(ERRORS.values())
        require(not unknown, f"`errors` has {unknown}, and knows {sorted(ERRORS.values())}")

    @classmethod
    def from_report(cls, report: Path | str | Mapping[str, Any], **changes: Any) -> Self:
        """Return a script that does what `make live` saw at a host, as far as a script can.

        `report` is the JSON file that it wrote, or its content; `changes` win. `keys` is needed for
        a host that refuses wrong keys.
        """
        if not isinstance(report, Mapping):
            report = json.loads(Path(report).read_text("utf-8"))
        seen = dict(report["script"])
        if seen.pop("has_balance", False):
            seen["balance"] = 1_000_000
        seen["errors"] = {
            name: (status, reason) for name, (status, reason) in seen.get("errors", {}).items()
        }
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in seen.items() if name in known} | changes)

"""How the simulated host behaves, as data: the life of a task, the words of its answers, and what goes wrong.

A script can be made in a test, read from a JSON file, and changed while the simulator runs. A change counts from the next request on;
`queued_seconds`, `working_seconds` and `video` belong to a task from the moment it is created.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from .faults import Faults, demand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(slots=True)
class Script:
    """The whole behaviour that can be chosen; the defaults are a host where all goes well in five seconds.

    Raises ValueError for a word that does not exist.
    """

    faults: Faults = field(default_factory=Faults)  # a list of Fault or of JSON objects is taken as well
    keys: Iterable[str] | None = None  # the keys that are accepted; None: any that is not empty
    missing_key_status: int = 400  # Novita's table says 400 MISSING_API_KEY, its guide 401 (api.md, 1.1)
    queued_seconds: float = 1.0
    working_seconds: float = 4.0
    progress: str = "rising"  # or "zero": `progress_percent` stays 0 to the end, as seen at PPIO
    ttl: str = "3600"  # what `video_url_ttl` says; "0" was seen in the wild
    url_seconds: float = 3600.0  # how long a signed URL really lives
    statuses: Mapping[str, str] = field(default_factory=dict)  # documented status -> the word that is said instead
    more: Mapping[str, Any] = field(default_factory=dict)  # laid over every task result, object by object
    video: str | None = None  # a file to serve instead of a rendered one

    def __post_init__(self) -> None:
        if not isinstance(self.faults, Faults):
            self.faults = Faults(self.faults)
        demand(not isinstance(self.keys, str), "a script's `keys` is a list of keys")
        demand(self.progress in ("rising", "zero"), f"a script's `progress` is rising or zero, not {self.progress!r}")

    @classmethod
    def from_json(cls, text: str) -> Script:
        """Return the script that a JSON object describes; its keys are the fields of this class. Raises ValueError."""
        return cls(**_checked(json.loads(text)))

    def changed(self, written: Mapping[str, Any]) -> Script:
        """Return this script with the fields that `written` (a JSON object) names replaced. Raises ValueError."""
        return Script(**{**{each.name: getattr(self, each.name) for each in fields(self)}, **_checked(written)})

    def as_json(self) -> dict[str, Any]:
        """Return the script as a JSON object; `from_json` reads it again."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return plain | {"faults": [asdict(fault) for fault in self.faults], "keys": self.keys and list(self.keys)}


def _checked(written: Any) -> dict[str, Any]:
    """Return the fields as given; ValueError unless each is one of a script's and of its type."""
    demand(isinstance(written, dict), "a script is a JSON object")
    for name, value in written.items():
        demand(name in _TYPES, f"a script has no {name!r}")
        demand(isinstance(value, _TYPES[name]) and not isinstance(value, bool), f"a script's {name!r} cannot be {value!r}")
    return {**written}


_TYPES: dict[str, tuple[type, ...]] = {
    "faults": (list,),
    "keys": (list, type(None)),
    "missing_key_status": (int,),
    "queued_seconds": (int, float),
    "working_seconds": (int, float),
    "progress": (str,),
    "ttl": (str,),
    "url_seconds": (int, float),
    "statuses": (dict,),
    "more": (dict,),
    "video": (str, type(None)),
}

"""What goes wrong, as data: each fault says where, what and how often, and is used up in the order it was written.

Nothing here is a hook or a patch: a fault can be written as JSON, read in a test, and set while the simulator runs.
The words are listed in `README.md`, with what each of them costs the client.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ANSWER_WORDS = frozenset(
    {"pass", "status", "status_after_body", "drop_before_body", "drop_after_body", "stall", "truncate", "wrong_length", "wrong_content"}
)
WORDS: dict[str, frozenset[str]] = {
    # where -> what can go wrong there
    "submit": _ANSWER_WORDS,  # POST /v3/async/wan2.7-i2v
    "task": _ANSWER_WORDS,  # GET /v3/async/task-result
    "download": _ANSWER_WORDS | {"ignore_range"},  # GET of the video, on its own origin
    "run": frozenset({"pass", "fail", "empty"}),  # the task itself: how it ends
}
_TYPES: dict[str, tuple[type, ...]] = {
    "on": (str,),
    "do": (str,),
    "status": (int,),
    "reason": (str,),
    "headers": (dict,),
    "after_bytes": (int, type(None)),
    "seconds": (int, float, type(None)),
    "times": (int, type(None)),
}


def demand(true: bool, otherwise: str) -> None:
    """Raise ValueError with the text unless the first is true: what is wrong with a script is one kind of error."""
    if not true:
        raise ValueError(otherwise)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong `times` times (None: for ever) at one place; an illegal word is a ValueError at once.

    `body` is sent as it is when a string and as JSON otherwise; None stands for the usual error body of `status` and `reason`.
    `headers` are laid over those of the answer, whatever else the fault does. `after_bytes` counts bytes of the answer's body.
    `seconds` is how long a stall lasts; None: until the client goes away or the simulator ends.
    """

    on: str
    do: str
    status: int = 500
    reason: str = ""
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after_bytes: int | None = None
    seconds: float | None = None
    times: int | None = 1

    def __post_init__(self) -> None:
        for name, kinds in _TYPES.items():
            value = getattr(self, name)
            demand(isinstance(value, kinds) and not isinstance(value, bool), f"a fault's `{name}` cannot be {value!r}")
        demand(self.on in WORDS, f"a fault's `on` is one of {sorted(WORDS)}, not {self.on!r}")
        demand(self.do in WORDS[self.on], f"a fault on {self.on!r} can do one of {sorted(WORDS[self.on])}, not {self.do!r}")
        demand(200 <= self.status <= 599, f"a fault's `status` is 200 to 599, not {self.status}")
        demand(self.times is None or self.times > 0, f"a fault's `times` is 1 or more, or null for ever, not {self.times!r}")
        demand((self.after_bytes or 0) >= 0 and (self.seconds or 0) >= 0, "a fault's `after_bytes` and `seconds` are not negative")

    @classmethod
    def read(cls, written: Fault | Mapping[str, Any]) -> Fault:
        """Return the fault that a JSON object describes (a Fault is returned as it is); an unknown key is a ValueError."""
        if isinstance(written, Fault):
            return written
        demand(isinstance(written, dict), f"a fault is a JSON object, not {written!r}")
        unknown = set(written) - {each.name for each in fields(cls)}
        demand(not unknown, f"a fault has no {sorted(unknown)}")
        demand("on" in written and "do" in written, "a fault says where (`on`) and what (`do`)")
        return cls(**written)


class Faults:
    """The faults still to come, in order. Safe to read and change from any thread."""

    def __init__(self, faults: Iterable[Fault | Mapping[str, Any]] = ()) -> None:
        self._lock = threading.Lock()
        self._coming = [Fault.read(each) for each in faults]

    def append(self, fault: Fault | Mapping[str, Any]) -> None:
        """Add one fault behind those still to come."""
        with self._lock:
            self._coming.append(Fault.read(fault))

    def extend(self, faults: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Add several faults behind those still to come."""
        for fault in faults:
            self.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong from here on."""
        with self._lock:
            self._coming.clear()

    def take(self, on: str) -> Fault | None:
        """Return the first fault that is due at this place and use it up by one; None: nothing goes wrong."""
        with self._lock:
            for index, fault in enumerate(self._coming):
                if fault.on == on:
                    self._use(index, fault)
                    return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times == 1:
            del self._coming[index]
        elif fault.times is not None:
            self._coming[index] = replace(fault, times=fault.times - 1)

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(tuple(self._coming))

    def __len__(self) -> int:
        with self._lock:
            return len(self._coming)

"""Faults as data: the call, what goes wrong, and how often. README.md explains each word.

Nothing here is a hook or a patch: a fault can be parametrized, compared and shown in a test's name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_RESPONSE_WORDS = frozenset(
    {
        "pass",
        "status",
        "status_after_body",
        "drop_before_body",
        "drop_after_body",
        "stall",
        "truncate",
        "wrong_length",
        "wrong_content",
    }
)
WORDS: dict[str, frozenset[str]] = {
    # The call, and what can go wrong there.
    "submit": _RESPONSE_WORDS,  # POST of a submission, in either protocol
    "task": _RESPONSE_WORDS,  # GET of a task
    "policy": _RESPONSE_WORDS,  # GET of an upload policy (Model Studio)
    "models": _RESPONSE_WORDS,  # GET of the models, which proves a key there
    "upload": _RESPONSE_WORDS,  # POST of a form to the temporary store
    "download": _RESPONSE_WORDS | {"ignore_range"},  # GET of the video, on its own origin
    "run": frozenset({"pass", "fail", "empty"}),  # the end of the task that is created next
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


def require(condition: bool, message: str) -> None:
    """Raise ValueError with the message if the condition is false."""
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one call, which happens `times` times (None: always).

    Raises ValueError for an unknown word.
    """

    on: str
    do: str
    status: int = 500
    reason: str = ""
    body: Any = None  # a string is sent unchanged; None: the usual error; else JSON
    headers: Mapping[str, str] = field(default_factory=dict)  # replace those of the response
    after_bytes: int | None = None  # of the response's body; None: half, or a stall before it
    seconds: float | None = None  # of a stall; None: until the client or the simulator stops
    times: int | None = 1

    def __post_init__(self) -> None:
        for name, kinds in _TYPES.items():
            value = getattr(self, name)
            fits = isinstance(value, kinds) and not isinstance(value, bool)
            require(fits, f"a fault's `{name}` cannot be {value!r}")
        require(self.on in WORDS, f"a fault's `on` is one of {sorted(WORDS)}, not {self.on!r}")
        words = WORDS[self.on]
        require(
            self.do in words, f"on {self.on!r}, `do` is one of {sorted(words)}, not {self.do!r}"
        )
        require(200 <= self.status <= 599, f"a fault's `status` is 200 to 599, not {self.status}")
        often = self.times is None or self.times > 0
        require(often, f"a fault's `times` is 1 or more, or None for always, not {self.times!r}")
        positive = (self.after_bytes or 0) >= 0 and (self.seconds or 0) >= 0
        require(positive, "a fault's `after_bytes` and `seconds` are not negative")


class Faults:
    """The faults still to come, in order. Any thread may read and change them."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._coming: list[Fault] = []
        self.extend(faults)

    def append(self, fault: Fault) -> None:
        """Add one fault behind those still to come."""
        require(isinstance(fault, Fault), f"{fault!r} is not a Fault")
        with self._lock:
            self._coming.append(fault)

    def extend(self, faults: Iterable[Fault]) -> None:
        """Add several faults behind those still to come."""
        for fault in faults:
            self.append(fault)

    def clear(self) -> None:
        """Inject nothing more."""
        with self._lock:
            self._coming.clear()

    def take(self, on: str) -> Fault | None:
        """Return the next fault of this call, and reduce its `times` by one; or return None."""
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

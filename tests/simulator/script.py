"""The behavior of a scripted host, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wan27.simulator import Settings

from .faults import Faults, require


@dataclass
class Script(Settings):
    """All that a test can choose; the default is the shipped simulator without faults.

    A change while the simulator runs counts from the next request on, and for new tasks.
    """

    faults: Faults = field(default_factory=Faults)  # or a list of Fault
    keys: Iterable[str] | None = None  # the accepted keys; None: any
    statuses: Mapping[str, str] = field(default_factory=dict)  # documented status -> another

    def __post_init__(self) -> None:
        if not isinstance(self.faults, Faults):
            self.faults = Faults(self.faults)
        require(not isinstance(self.keys, str), "`keys` is a list of keys, not one")

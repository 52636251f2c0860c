"""The cores that this process may use, of those that the machine has."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The quota and its period, both in microseconds: of Linux's control groups v2, and of v1.
_QUOTA_FILES = (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us"))


def usable_cores(
    groups: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")
) -> int:
    """Return how many cores the affinity and the container leave to this process, at least 1."""
    quotas = [_quota_of(folder) for folder in _folders(groups, membership)]
    return max(1, math.ceil(min([_allowed(), *quotas])))


def _allowed() -> int:
    """Return the cores of the process's affinity, where the system has one."""
    if count := getattr(os, "process_cpu_count", None):  # Python 3.13
        return count() or 1
    if affinity := getattr(os, "sched_getaffinity", None):
        return len(affinity(0))
    return os.cpu_count() or 1


def _folders(groups: Path, membership: Path) -> Iterator[Path]:
    """Yield the folders of this process's groups; in a container the first of each pair is it."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            root = groups / "cpu" if controllers else groups
            yield from (root, root / path.strip("/"))


def _quota_of(folder: Path) -> float:
    """Return a group's quota in cores, infinite where it has none."""
    for names in _QUOTA_FILES:
        try:
            quota, period = " ".join((folder / name).read_text() for name in names).split()
            if int(quota) > 0:
                return int(quota) / int(period)
        except (OSError, ValueError):  # no such file; "max"
            continue
    return math.inf

"""The pictures of a video, one after the other: generators, so that one frame is in memory at a time.

Each begins at the exact whole picture it is given, and with a last picture it ends at that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .size import FRAMES_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .still import Still

_ZOOM_A_SECOND = 0.025
_PAN = (0.72, 0.38)  # where the zoom drifts to: across, down


def drift(still: Still, count: int) -> Iterator[Still]:
    """Yield `count` pictures: a slow zoom with a slight pan; the first is the picture itself."""
    for index in range(count):
        yield _drifted(still, index)


def fade(first: Still, last: Still, count: int) -> Iterator[Still]:
    """Yield `count` pictures from the first to the last: one drifts away while the other, drifting back, comes through it."""
    for index in range(count):
        share = index / (count - 1) if count > 1 else 1.0
        weight = share * share * (3 - 2 * share)
        yield _drifted(first, index).faded(_drifted(last, count - 1 - index), weight)


def _drifted(still: Still, index: int) -> Still:
    seconds = index / FRAMES_PER_SECOND
    settle = min(1.0, seconds / 2)
    across, down = (0.5 + (target - 0.5) * settle for target in _PAN)
    return still.zoomed(1 + _ZOOM_A_SECOND * seconds, across, down)

"""Memory for frames and sound, checked before it is allocated.

A computer that swaps is unusable, and Linux kills the process instead. The system counts memory
only once it is touched, which takes a decoder seconds: until then a reservation counts it, so that
a second decoder does not take the same memory.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import psutil

from ...errors import NotEnoughMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from ..read.clip import Clip

_GIGABYTE = 1e9


class Reservation:
    """Memory that was allocated and is not touched yet. Use it in a `with` block, from any thread.

    At the end of the block the rest is given back: it was freed, or is never touched.
    """

    _lock: ClassVar = threading.Lock()
    _all_bytes: ClassVar[int] = 0  # of all reservations of this process

    def __init__(self, needed: int, refusal: Callable[[int, int], NotEnoughMemory]) -> None:
        """Check and reserve at once; raise `refusal(needed, free)` where it does not fit."""
        with self._lock:
            free = max(available_bytes() - Reservation._all_bytes, 0)
            if needed > free:
                raise refusal(needed, free)
            Reservation._all_bytes += needed
        self._bytes = needed

    def touched(self, size_bytes: int) -> None:
        """Count `size_bytes` no more: the system counts them from now on."""
        with self._lock:
            size_bytes = min(size_bytes, self._bytes)
            self._bytes -= size_bytes
            Reservation._all_bytes -= size_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.touched(self._bytes)


def allocate_frames(clip: Clip, frame_count: int) -> tuple[NDArray[np.float32], Reservation]:
    """Return uninitialized memory for frames of the clip, and its reservation.

    The array is (frame_count, H, W, 3) float32, upright. Raises `NotEnoughMemory` with what to do
    instead.
    """

    def refusal(needed: int, free: int) -> NotEnoughMemory:
        return _not_enough(clip, needed, free)

    width, height = clip.upright_size
    needed = frame_count * height * width * 3 * 4
    reservation = Reservation(needed, refusal)
    try:
        # NumPy asks Linux for huge pages and torch does not: a third of the time of a 1080P clip.
        return np.empty((frame_count, height, width, 3), np.float32), reservation
    except MemoryError as error:
        with reservation:
            raise _not_enough(clip, needed, available_bytes()) from error


def allocate_silence(
    clip: Clip, channels: int, rate: int, seconds: float
) -> tuple[NDArray[np.float32], Reservation]:
    """Return `seconds` of silence at `rate` samples a second, and its reservation.

    The array is (channels, samples) float32. Raises `NotEnoughMemory`: a broken header can claim a
    year.
    """

    def refusal(needed: int, free: int) -> NotEnoughMemory:
        return NotEnoughMemory(
            f"Decoding the sound of {clip.path.name}, {clip.seconds:.0f} s by its header,"
            f" {needs(needed, free)}. Shorten the video, or free memory and Run again."
        )

    samples = round(seconds * rate)
    reservation = Reservation(channels * samples * 4, refusal)
    try:
        # Untouched pages cost nothing: silence is never written.
        return np.zeros((channels, samples), np.float32), reservation
    except MemoryError as error:
        with reservation:
            raise refusal(channels * samples * 4, available_bytes()) from error


def _not_enough(clip: Clip, needed: int, free: int) -> NotEnoughMemory:
    return NotEnoughMemory(
        f"Decoding {clip.frame_count} frames of {clip.path.name} {needs(needed, free)}. Your video"
        " is saved: turn decode_frames off and use the video output, or free memory and Run again"
        " (free of charge). Next time, choose 720P or a shorter duration."
    )


def needs(needed: int, free: int) -> str:
    """Return "needs 11.2 GB of memory, and 6.1 GB is free" for two numbers of bytes."""
    return f"needs {needed / _GIGABYTE:.1f} GB of memory, and {free / _GIGABYTE:.1f} GB is free"


def available_bytes() -> int:
    """Return how many bytes programs can still get without swapping."""
    return int(psutil.virtual_memory().available)

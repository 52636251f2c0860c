"""The memory of a clip's frames, asked for before it is taken: a computer that swaps helps nobody, and Linux kills instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import psutil

from ...errors import NotEnoughMemory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..read.clip import Clip

_GIGABYTE = 1e9


def take_memory(clip: Clip, frame_count: int) -> NDArray[np.float32]:
    """Return room for frames of the clip, (frame_count, H, W, 3) float32 upright.

    Raises `NotEnoughMemory` with the ways around it.
    """
    width, height = clip.upright_size
    needed = frame_count * height * width * 3 * 4
    free = available_bytes()
    if needed > free:
        raise _not_enough(clip, needed, free)
    try:
        # NumPy asks Linux for huge pages and torch does not: a third of the time of a 1080P clip.
        return np.empty((frame_count, height, width, 3), np.float32)
    except MemoryError as error:
        raise _not_enough(clip, needed, free) from error


def take_silence(clip: Clip, channels: int, samples: int) -> NDArray[np.float32]:
    """Return room for sound, (channels, samples) float32, all zero.

    Raises `NotEnoughMemory`: a broken header can claim a year of it.
    """
    needed = channels * samples * 4
    free = available_bytes()
    if needed > free:
        raise NotEnoughMemory(
            f"The sound of {clip.path.name}, which says that it lasts {clip.seconds:.0f} s, needs"
            f" {needed / _GIGABYTE:.1f} GB of memory, and {free / _GIGABYTE:.1f} GB are free. Cut"
            " the video, or free memory and Run again."
        )
    return np.zeros(
        (channels, samples), np.float32
    )  # untouched memory costs nothing: what is silent is never filled


def _not_enough(clip: Clip, needed: int, free: int) -> NotEnoughMemory:
    return NotEnoughMemory(
        f"The {clip.frame_count} frames of {clip.path.name} need {needed / _GIGABYTE:.1f} GB of"
        f" memory, and {free / _GIGABYTE:.1f} GB are free. The video is safe on disk: switch"
        " decode_frames off and use the video output, or free memory and Run again; nothing is"
        " bought twice. Another time, choose 720P or a shorter duration."
    )


def available_bytes() -> int:
    """What programs can still get without swapping."""
    return int(psutil.virtual_memory().available)

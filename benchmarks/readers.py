"""The ways from a file to a tensor that are compared: from a path to what a graph would get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from wan27.media.decode.frames import decode_frames
from wan27.media.decode.sound import decode_audio
from wan27.media.read.clip import Clip
from wan27.media.read.probe import probe


def ours(path: Path) -> Any:
    """Do all that the nodes do with a video on disk."""
    return decoded(probe(path))


def decoded(clip: Clip) -> Any:
    """Return the outputs of a clip that was probed when it was downloaded."""
    return clip, decode_audio(clip, no_tick), decode_frames(clip, no_tick)


def bare(path: Path) -> int:
    """Decode with all threads and use no pixel: nothing that returns frames can be faster."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def core(path: Path) -> Any:
    """Decode as ComfyUI's own node Get Video Components does."""
    from comfy_api.latest import InputImpl  # noqa: PLC0415 - only this way needs a ComfyUI

    return InputImpl.VideoFromFile(str(path)).get_components()


def no_tick() -> None:
    """Never cancel."""

"""The ways from a file to a tensor that are compared. Each takes a path and returns what a graph would get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import torch

from wan27.media.decode.frames import decode_frames
from wan27.media.decode.sound import decode_audio
from wan27.media.read.clip import Clip, probe


def ours(path: Path) -> Any:
    """All that the nodes do with a video once it is on disk."""
    return decoded(probe(path))


def decoded(clip: Clip) -> Any:
    """The outputs of a clip that was probed when it was downloaded."""
    return clip, decode_audio(clip, _nothing), decode_frames(clip, _nothing)


def bare(path: Path) -> int:
    """The decoder alone, with all its threads: no pixel leaves it. Nothing that hands out frames can be faster."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def core(path: Path) -> Any:
    """ComfyUI's own way, as its node Get Video Components takes it."""
    from comfy_api.latest import InputImpl  # noqa: PLC0415 - a ComfyUI must be on the path, and only this way needs it

    return InputImpl.VideoFromFile(str(path)).get_components()


def stacked(path: Path) -> torch.Tensor:
    """The way of most node packs: bytes in a list, one array of them, then floats."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return torch.from_numpy(np.stack(frames).astype(np.float32) / 255)


def _nothing() -> None:
    """A tick that never cancels."""

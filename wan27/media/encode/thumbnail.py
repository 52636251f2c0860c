"""A small copy of the picture that a clip begins with, as `encode_image` makes one of a picture.

It settles what the colours of an untagged video mean (`matrix.py`) and is shown in lists of tasks;
it is never sent, and no part of what a request is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import VideoReformatter
from PIL import Image

from ...errors import InvalidVideo
from ..colour.bt709 import pixels_of
from ..colour.rgb import to_rgb_planes
from ..read.window import open_window
from .image import eight_bits, encode_thumbnail, opaque, single

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch


def thumbnail_of_frames(image: torch.Tensor, name: str = "clip_frames") -> bytes:
    """The first picture of `image`, an IMAGE (F, H, W, C) as in `encode_image`, as a JPEG file of at most 256 pixels a side.

    Raises `InvalidInput` naming the socket `name` for what is no picture.
    """
    pixels = eight_bits(opaque(single(image[:1], name), name)).contiguous().numpy()
    return encode_thumbnail(Image.fromarray(pixels))


def thumbnail_of_clip(path: Path, start_seconds: float, tick: Callable[[], None]) -> bytes:
    """The picture of a video file that is shown at `start_seconds` (0: the first one), upright, as `thumbnail_of_frames` gives it.

    Blocks, so call it in a thread; `tick` is called for each packet. Raises `InvalidVideo` where
    there is no picture from then on.
    """
    with open_window(path, start_seconds, 0, tick) as opened:
        picture = next(opened.pictures, None)
        if picture is None:
            raise InvalidVideo(
                f"{path.name} holds no picture from {start_seconds:.3f} s on; begin the clip"
                " earlier."
            )
        green, blue, red = map(pixels_of, to_rgb_planes(picture.frame, VideoReformatter()).planes)
        pixels = np.rot90(np.stack([red, green, blue], axis=-1), opened.clip.quarter_turns)
    return encode_thumbnail(Image.fromarray(np.ascontiguousarray(pixels)))

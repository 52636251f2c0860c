"""The thumbnail of a clip: a small JPEG file of its first frame.

It settles the colors of an untagged result (colour/matrix.py) and is shown in the list of tasks. It
is never sent, and no part of a request's fingerprint. That of an image is made by image.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ...errors import InvalidVideo
from ..colour.pixels import rgb_of, upright
from ..colour.rgb import RgbConverter
from ..read.damage import Damage
from ..read.window import open_window
from .image import encode_thumbnail
from .tensors import as_images, eight_bits, floats_of, opaque

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from ..read.window import Window


def thumbnail_of_frames(frames: torch.Tensor, name: str = "clip_frames") -> bytes:
    """Return the thumbnail of the first of `frames`, an IMAGE (F, H, W, C) as in `encode_image`.

    Raises `InvalidInput` naming the input `name` where that is not an image.
    """
    first = floats_of(as_images(frames, name)[0], name)
    return encode_thumbnail(Image.fromarray(eight_bits(opaque(first, name))))


def thumbnail_of_clip(window: Window, tick: Callable[[], None]) -> bytes:
    """Return the thumbnail of the first frame of a clip's window, upright.

    Blocks, so call it in a thread; `tick` is called for each packet. Raises `InvalidVideo` where
    the window has no frames.
    """
    clip = window.clip
    with open_window(window, tick, Damage()) as frames:
        first = next(frames, None)
        if first is None:
            raise InvalidVideo(
                f"{clip.path.name} has no frames from {window.start_seconds:.3f} s on. Start the"
                " clip earlier."
            )
        pixels = upright(rgb_of(RgbConverter().convert(first.frame)), clip.orientation)
        return encode_thumbnail(Image.fromarray(np.ascontiguousarray(pixels)))

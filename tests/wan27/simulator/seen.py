"""What a video holds, for tests that look at it."""

from __future__ import annotations

import av
import numpy as np
from PIL import Image

EXACT = 2 | 0x40000


def decoded(path, *wanted):
    """The wanted frames as (H, W, 3) uint8, by the BT.709 matrix."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        frames = list(container.decode(video=0))
    names = {"src_colorspace": "ITU709", "dst_colorspace": "ITU601", "src_color_range": "MPEG", "dst_color_range": "JPEG"}
    return [frames[index].reformat(format="gbrp", interpolation=EXACT, **names).to_ndarray(format="gbrp") for index in wanted]


def counted(path):
    """How many frames there are."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def heard(path):
    """The sound as (2, N) float32 and its length in seconds by the container."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert ("aac", 44100, 2) == (stream.codec_context.name, stream.rate, stream.channels)
        return np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1), float(stream.duration * stream.time_base)


def distance(one, other):
    """The mean difference of two pictures above the corner with the mark, in 1/255."""
    rows = slice(0, one.shape[0] * 4 // 5)
    return np.abs(one[rows].astype(float) - other[rows]).mean()


def scaled(path, size):
    """A picture in another size, as (H, W, 3) uint8."""
    return np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS))


def photograph(path, seed, size=(900, 506)):
    """A colourful picture that no other seed gives."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path

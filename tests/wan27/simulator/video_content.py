"""The frames and the audio of a video, for tests that look at them."""

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
    return [_rgb(frames[index]) for index in wanted]


def _rgb(frame):
    matrix = {"src_colorspace": "ITU709", "dst_colorspace": "ITU601"}
    ranges = {"src_color_range": "MPEG", "dst_color_range": "JPEG"}
    rgb = frame.reformat(format="gbrp", interpolation=EXACT, **matrix, **ranges)
    return rgb.to_ndarray(format="gbrp")


def count_frames(path):
    """The number of frames."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def decoded_audio(path):
    """The audio as (2, N) float32 and its length in seconds by the container."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        found = (stream.codec_context.name, stream.rate, stream.channels)
        assert ("aac", 44100, 2) == found
        samples = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(samples, axis=1), float(stream.duration * stream.time_base)


def distance(one, other):
    """The mean difference of two images above the corner with the mark, in 1/255."""
    rows = slice(0, one.shape[0] * 4 // 5)
    return np.abs(one[rows].astype(float) - other[rows]).mean()


def scaled(path, size):
    """An image in another size, as (H, W, 3) uint8."""
    return np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS))


def photograph(path, seed, size=(900, 506)):
    """A colorful image that no other seed makes."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path

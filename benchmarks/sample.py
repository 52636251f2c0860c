"""The frames and videos that are measured: a slow pan over the demo's image, with moving grain."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from drawing.dusk import dusk
from wan27.media.colour.bt709 import Bt709Converter

FPS = 30
_RATE = 44100
_BLOCK = 1024  # samples in one frame of AAC
_ROOM = 1.15  # the image is larger than the frame, for the pan
_OPTIONS = {"preset": "veryfast", "crf": "18", "profile": "high"}
# At 1080P this makes 2.3 MB a second, about as much as the hosts' files have: the cost of decoding
# depends on it.
_GRAIN = 2.5


def sample_frames(
    count: int, width: int, height: int, grain: float = 2.0
) -> Iterator[NDArray[np.uint8]]:
    """Yield frames (H, W, 3) uint8; the same arguments give the same frames.

    `grain` is its standard deviation, of 255.
    """
    rng = np.random.default_rng(27)
    wide, high = round(width * _ROOM), round(height * _ROOM)
    scene = np.asarray(dusk().resize((wide, high), Image.Resampling.BICUBIC), np.int16)
    noise = rng.normal(0, grain, (high, wide, 1)).round().astype(np.int16)
    for number in range(count):
        top, left = ((room * number) // max(count, 2) for room in (high - height, wide - width))
        grained = scene[top : top + height, left : left + width]
        grained = grained + np.roll(noise, rng.integers(0, 997), axis=1)[:height, :width]
        yield grained.clip(0, 255).astype(np.uint8)


def sample_drawing(width: int, height: int) -> NDArray[np.uint8]:
    """Return a drawing, flat shapes with outlines, (H, W, 3) uint8."""
    image = Image.new("RGB", (width, height), (240, 236, 224))
    pen, rng = ImageDraw.Draw(image), np.random.default_rng(27)
    for _ in range(60):
        x, y, size = (int(value) for value in rng.integers(0, (width, height, height // 4)))
        red, green, blue = rng.integers(0, 256, 3).tolist()
        box = (x - size, y - size, x + size, y + size)
        pen.ellipse(box, (red, green, blue), outline="black", width=4)
    return np.array(image)


def sample_video(folder: Path, seconds: int, width: int, height: int) -> Path:
    """Return an mp4 such as hosts make, encoded at the first call.

    H.264 High in BT.709, with B-frames and AAC stereo.
    """
    path = folder / f"sample_{seconds}s_{width}x{height}.mp4"
    if not path.exists():
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", FPS, options=_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
            sound = container.add_stream("aac", _RATE)
            blocks, converter = _sound(seconds), Bt709Converter()
            for number, pixels in enumerate(sample_frames(seconds * FPS, width, height, _GRAIN)):
                frame = converter.from_rgb(av.VideoFrame.from_ndarray(pixels, "rgb24"))
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                container.mux(stream.encode(frame))
                # Interleaved, as in any video.
                for block in itertools.islice(blocks, _RATE // FPS // _BLOCK + 1):
                    container.mux(sound.encode(block))
            container.mux(stream.encode())
            container.mux(sound.encode())
    return path


def enlarged(video: Path, target: Path, size_bytes: int) -> Path:
    """Copy an mp4 to `target`, with an empty box at its end that makes it so large."""
    content = video.read_bytes()
    room = size_bytes - len(content)
    target.write_bytes(content + room.to_bytes(4, "big") + b"free" + bytes(room - 8))
    return target


def _sound(seconds: int) -> Iterator[av.AudioFrame]:
    samples = np.random.default_rng(27).normal(0, 0.1, (2, seconds * _RATE)).astype(np.float32)
    for start in range(0, samples.shape[1], _BLOCK):
        block = np.ascontiguousarray(samples[:, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, start, Fraction(1, _RATE)
        yield frame

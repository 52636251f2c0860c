"""A video whose every frame shows its number, so that order and count can be read back."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

BLOCKS = 10  # black and white, one for each bit
SIDE = 32


def numbered_video(path, frames=60, fps=30, size=(1280, 720)):
    """Write an H.264 mp4 tagged BT.709 with a tone of 440 Hz; return its path."""
    path.write_bytes(_encoded(frames, fps, size))
    return path


@cache
def _encoded(frames, fps, size):
    """Return the bytes of a video, which a process encodes once."""
    with tempfile.TemporaryDirectory() as folder:
        return _encode(Path(folder) / "video.mp4", frames, fps, size).read_bytes()


def _encode(path, frames, fps, size):
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", fps, options={"preset": "ultrafast", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        sound = container.add_stream("aac", rate=44100)
        for number in range(frames):
            container.mux(stream.encode(_frame(number, width, height)))
        container.mux(stream.encode())
        _tone(container, sound, frames / fps)
    return path


def numbers(tensor):
    """Read the numbers back from frames (F, H, W, 3)."""
    bits = tensor[:, SIDE // 2, SIDE // 2 : SIDE * BLOCKS : SIDE, 1] > 0.5
    return (bits << np.arange(BLOCKS)).sum(axis=1).tolist()


def _frame(number, width, height):
    luma = np.full((height * 3 // 2, width), 128, np.uint8)
    for bit in range(BLOCKS):
        luma[:SIDE, bit * SIDE : (bit + 1) * SIDE] = 235 if number >> bit & 1 else 16
    return av.VideoFrame.from_ndarray(luma, format="yuv420p")


def _tone(container, stream, seconds):
    times = np.arange(int(seconds * 44100)) / 44100
    samples = (np.sin(2 * np.pi * 440 * times) * 0.3).astype(np.float32)
    for start in range(0, len(samples), 1024):
        part = np.tile(samples[start : start + 1024], (2, 1))
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())

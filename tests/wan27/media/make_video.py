"""Small videos, written with PyAV as other programs write them.

Tagged or not, turned, cut, with all kinds of sound.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

LOSSLESS = {"qp": "0", "preset": "ultrafast"}
_BARS = 8  # a frame's number, in binary, as bright and dark bars: it survives any encoder


@dataclass(frozen=True)
class Sound:
    """`samples` is (channels, N) float32; `late_seconds` is when it starts."""

    samples: np.ndarray
    rate: int = 48000
    codec: str = "aac"
    sample_format: str = "fltp"
    layout: str = "stereo"
    late_seconds: float = 0.0


def make_video(
    path: Path,
    frames: list[av.VideoFrame],
    *,
    fps: int | Fraction = 30,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    times: list[int] | None = None,
    sound: Sound | None = None,
    movflags: str = "faststart",
) -> Path:
    """Write `frames` to `path`; tags and pixel format are those of the first frame.

    `times` are in 1/600 s (None: one after another).
    """
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as container:
        stream = container.add_stream(codec, rate=fps, options=options or {"preset": "ultrafast"})
        first = frames[0]
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
        stream.codec_context.colorspace, stream.codec_context.color_range = (
            int(first.colorspace),
            int(first.color_range),
        )
        if times:
            stream.codec_context.time_base = Fraction(1, 600)
        track = _add_sound(container, sound) if sound else None
        for number, frame in enumerate(frames):
            frame.time_base = Fraction(1, 600) if times else 1 / Fraction(fps)
            frame.pts = times[number] if times else number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound:
            _mux_sound(container, track, sound)
    return path


def _add_sound(container, sound):
    track = container.add_stream(sound.codec, rate=sound.rate)
    track.layout = sound.layout
    track.format = sound.sample_format
    track.bit_rate = 256_000  # FFmpeg's AAC encoder is audibly off at its default
    return track


def _mux_sound(container, track, sound):
    late = round(sound.late_seconds * sound.rate)
    for start in range(0, sound.samples.shape[1], 1024):
        part = np.ascontiguousarray(sound.samples[:, start : start + 1024])
        # Packed: PyAV counts one plane too many in eight planar channels.
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(part.T).reshape(1, -1), format="flt", layout=sound.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = (
            sound.rate,
            late + start,
            Fraction(1, sound.rate),
        )
        resampler = av.AudioResampler(format=sound.sample_format)
        for converted in resampler.resample(frame):
            container.mux(track.encode(converted))
    container.mux(track.encode())


def frame_of(
    planes: list[np.ndarray], pixel_format: str, colorspace: int = 2, color_range: int = 0
) -> av.VideoFrame:
    """Return a frame of exactly these planes.

    `colorspace` and `color_range` are FFmpeg's numbers (2 and 0: untagged).
    """
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, pixel_format)
    for plane, pixels in zip(frame.planes, planes, strict=True):
        lines = np.zeros((plane.height, plane.line_size // pixels.itemsize), pixels.dtype)
        lines[:, : pixels.shape[1]] = pixels
        plane.update(lines.tobytes())
    frame.colorspace, frame.color_range = colorspace, color_range
    return frame


def numbered_frames(
    count: int, width: int = 128, height: int = 64, pixel_format: str = "yuv420p"
) -> list[av.VideoFrame]:
    """Return frames that show their number: 0, 1, 2, …, up to 255."""
    return [
        _numbered(number, width, height).reformat(format=pixel_format) for number in range(count)
    ]


def _numbered(number, width, height):
    bright = (number >> (np.arange(width) * _BARS // width)) & 1
    columns = np.where(bright, 220, 30).astype(np.uint8)
    return av.VideoFrame.from_ndarray(
        np.ascontiguousarray(np.broadcast_to(columns[None, :, None], (height, width, 3))),
        format="rgb24",
    )


def numbers_in(frames) -> list[int]:
    """Read the numbers back from a tensor (F, H, W, 3)."""
    middles = (np.arange(_BARS) * 2 + 1) * frames.shape[2] // (2 * _BARS)
    bright = frames[:, frames.shape[1] // 2, middles, 1].numpy() > 0.5
    return [int(number) for number in (bright << np.arange(_BARS)).sum(axis=1)]


@functools.lru_cache(maxsize=16)
def tone(seconds: float, channels: int = 2, rate: int = 48000) -> np.ndarray:
    """Return a sine of 440 Hz, of another volume in each channel, (channels, samples) float32.

    Not to be changed.
    """
    wave = np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave * 0.8 / (1 + channel) for channel in range(channels)]).astype(np.float32)


def cut(path: Path, part: float, folder: Path) -> Path:
    """Write the first `part` of the file's bytes to `folder`, as a broken download leaves it."""
    content = path.read_bytes()
    short = folder / f"cut_{path.name}"
    short.write_bytes(content[: int(len(content) * part)])
    return short


def turn(path: Path, quarter_turns: int, *, is_mirrored: bool = False) -> Path:
    """Write a counter-clockwise rotation into the header, as a phone does; mirrored before that."""
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarter_turns % 4]
    side = -1 if is_mirrored else 1
    return show_by(path, (side * cos, -side * sin, 0, sin, cos, 0, 0, 0, 0x4000))


def show_by(path: Path, matrix: tuple[float, ...]) -> Path:
    """Write a display matrix into the mp4's track header (ISO 14496-12, 8.3.2): a b u c d v x y w.

    The last number is 2.30 there, the others 16.16.
    """
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4 + 40
    numbers = (round(value * 65536) for value in matrix)
    content[start : start + 36] = b"".join(each.to_bytes(4, "big", signed=True) for each in numbers)
    path.write_bytes(content)
    return path


def trim(path: Path, start_frames: int, frame_count: int) -> Path:
    """Show only some frames, by the edit list of the mp4's first track (ISO 14496-12, 8.6.6).

    Nothing is re-encoded. 30 frames a second.
    """
    content = bytearray(path.read_bytes())
    # Version 0 has a length in the movie's units and a start in the medium's.
    entry = content.index(b"elst") + 4 + 8
    movie_scale = int.from_bytes(content[(at := content.index(b"mvhd") + 16) : at + 4], "big")
    medium_scale = int.from_bytes(content[(at := content.index(b"mdhd") + 16) : at + 4], "big")
    old_start = int.from_bytes(content[entry + 4 : entry + 8], "big")
    content[entry : entry + 4] = (frame_count * movie_scale // 30).to_bytes(4, "big")
    content[entry + 4 : entry + 8] = (old_start + start_frames * medium_scale // 30).to_bytes(
        4, "big"
    )
    path.write_bytes(content)
    return path

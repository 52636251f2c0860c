"""Frames, or part of a video file, as a clip that hosts and players read alike: mp4, H.264, BT.709, its index in front.

Nothing is scaled, cropped or padded: the one layout of H.264 that all hosts read has even sides, so
odd ones are refused with what to do. One picture is held at a time.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av.video.frame import VideoFrame

from ...errors import InvalidInput, InvalidVideo
from ...limits import MEDIA
from ..colour.bt709 import BT709, Bt709Converter, pixels_of
from ..read.window import open_window
from .image import opaque, single
from .mp4 import Mp4Writer, Track
from .sound import read_sound, sound_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from ..read.clip import Clip
    from ..read.window import OpenWindow, Picture

_FIT_BYTES = MEDIA["first_clip"].max_bytes
_QUALITIES = (18, 23, 28)  # x264's crf: hardly a loss; each next one about halves the file
_ROWS = 64  # of a picture at once: they stay in the processor's cache
_UNSPECIFIED = 2  # FFmpeg's number of a colour tag that says nothing


def encode_frames_clip(
    frames: torch.Tensor,
    fps: Fraction | float,
    audio: Mapping[str, Any] | None,
    target: Path,
    tick: Callable[[], None],
    *,
    name: str = "clip_frames",
    fit_bytes: int = _FIT_BYTES,
) -> None:
    """Write `frames`, (F, H, W, C) of any float type in 0..1, to the mp4 `target`; H and W even, C as in `encode_image`.

    `audio` is ComfyUI's AUDIO or None; what is longer than the pictures is cut. Values are rounded
    to 8 bits and clamped. A file above `fit_bytes` is encoded again at lower quality, twice at
    most: it may still be larger. Blocks, so call it in a thread; `tick` is called for each frame,
    what it raises ends the work and is passed on, and no file is left. Raises `InvalidInput` naming
    `name`, "clip_fps" or "audio".
    """
    if frames.ndim != 4 or not frames.numel():
        raise InvalidInput(
            name, f"holds no pictures (its shape is {tuple(frames.shape)}); connect an IMAGE."
        )
    count, height, width, _ = frames.shape
    _require_even(width, height, name)
    rate = _rate(fps)
    sound = sound_of(audio, "audio", float(count / rate)) if audio else None
    track = Track(width, height, rate, 1 / rate)

    def encode(quality: int) -> None:
        converter = Bt709Converter()
        with Mp4Writer(target, track, sound, quality, tick) as writer:
            for number in range(count):
                tick()
                picture = opaque(single(frames[number], name), name)
                writer.write(converter.from_rgb(_planes(picture.numpy())), number, 1)

    _fit(encode, target, fit_bytes)


def encode_video_clip(
    source: Path,
    target: Path,
    tick: Callable[[], None],
    *,
    start_seconds: float,
    duration_seconds: float,
    name: str = "first_clip",
    fit_bytes: int = _FIT_BYTES,
) -> None:
    """Write the pictures of `source` within a window (`window_of`; a duration of 0: to the end), upright, with their sound, to `target`.

    Frames keep their times, so a variable rate stays one. `tick`, `fit_bytes` and what is left
    behind as in `encode_frames_clip`. Raises `InvalidInput` naming `name` where the window holds no
    pictures or their sides are odd, `InvalidVideo` where `source` cannot be read.
    """
    if source.resolve() == target.resolve():
        raise ValueError(f"{source} would be overwritten")

    def encode(quality: int) -> None:
        with open_window(source, start_seconds, duration_seconds, tick) as opened:
            _require_even(*opened.clip.upright_size, name)
            first = next(opened.pictures, None)
            if first is None:
                end = opened.clip.start_seconds + opened.clip.seconds
                raise InvalidInput(
                    name,
                    f"has no pictures from {start_seconds:g} s on: it ends at {end:g} s; trim it"
                    " elsewhere.",
                )
            _encode_window(opened, first, target, quality, tick)

    _fit(encode, target, fit_bytes)


def _encode_window(
    opened: OpenWindow, first: Picture, target: Path, quality: int, tick: Callable[[], None]
) -> None:
    clip, unit, converter = opened.clip, opened.window.unit, Bt709Converter()
    sound = read_sound(clip, float(first.time * unit), float(opened.window.end * unit), tick)
    with Mp4Writer(target, _track(opened), sound, quality, tick) as writer:
        picture: Picture | None = first
        while picture:
            _require_same_size(picture.frame, clip)
            frame = converter.from_frame(picture.frame, clip.quarter_turns)
            writer.write(frame, picture.time - first.time, picture.duration)
            picture = next(opened.pictures, None)


def _track(opened: OpenWindow) -> Track:
    """What the window's pictures are; what their RGB means stays as the file says, and is BT.709 where it says nothing."""
    primaries, transfer = (
        BT709 if tag in (0, _UNSPECIFIED) else tag for tag in (opened.primaries, opened.transfer)
    )
    rate = opened.clip.fps.limit_denominator(
        1001
    )  # an average can be a fraction too long for FFmpeg; the times themselves are kept
    return Track(*opened.clip.upright_size, rate, opened.window.unit, primaries, transfer)


def _fit(encode: Callable[[int], None], target: Path, fit_bytes: int) -> None:
    for quality in _QUALITIES:
        encode(quality)
        if target.stat().st_size <= fit_bytes:
            return


def _planes(picture: NDArray[np.floating[Any]]) -> VideoFrame:
    """`picture`, (H, W, 3) in 0..1, as 8-bit `gbrp`: rounded, since truncating darkens by half a step, and clamped."""
    height, width, _ = picture.shape
    frame = VideoFrame(width, height, "gbrp")
    green, blue, red = (pixels_of(plane) for plane in frame.planes)
    for top in range(0, height, _ROWS):
        rows = slice(top, top + _ROWS)
        block = np.multiply(picture[rows], 255)
        np.clip(np.rint(block, out=block), 0, 255, out=block)
        red[rows], green[rows], blue[rows] = block[..., 0], block[..., 1], block[..., 2]
    return frame


def _rate(fps: Fraction | float) -> Fraction:
    """`fps` as a fraction: 29.97002997… is 30000/1001 again."""
    if not math.isfinite(fps) or not 1 <= fps <= 1000:
        raise InvalidInput("clip_fps", f"is {fps}; it must be frames a second, from 1 to 1000.")
    return Fraction(fps).limit_denominator(1001)


def _require_even(width: int, height: int, name: str) -> None:
    if width % 2 or height % 2:
        raise InvalidInput(
            name,
            f"is {width} × {height} pixels; a clip that is encoded needs even sides. Take the odd"
            ' line off with "Crop Image" (a video goes through "Get Video Components" first).',
        )


def _require_same_size(frame: VideoFrame, clip: Clip) -> None:
    """The encoder would scale such a frame without a word."""
    if (frame.width, frame.height) != (clip.width, clip.height):
        sizes = f"from {clip.width} × {clip.height} to {frame.width} × {frame.height}"
        raise InvalidVideo(
            f"{clip.path.name} changes its size {sizes} pixels on the way; re-encode it at one"
            " size."
        )

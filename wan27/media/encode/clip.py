"""Frames, or part of a video file, as a clip that hosts and players read alike.

mp4, H.264, BT.709, fast-start. Nothing is scaled, cropped or padded: H.264 as every host reads it
needs even sides, so odd ones are refused with what to do. One frame is in memory at a time.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

from av.video.frame import VideoFrame

from ...errors import InvalidInput, InvalidVideo
from ...limits import MEDIA
from ..colour.bt709 import BT709, Bt709Converter
from ..colour.pixels import copy_to_bytes, rgb_of
from ..decode.sound import decode_sound
from ..read.clip import check_frame_size
from ..read.damage import Damage
from ..read.window import open_window
from .mp4 import Mp4Writer, Track
from .tensors import as_images, floats_of, opaque
from .waveform import MAX_CHANNELS, sound_of_clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import torch

    from ..decode.sound import Sound
    from ..read.clip import Clip
    from ..read.window import TimedFrame, Window

_FIT_BYTES = MEDIA["first_clip"].max_bytes
BEST_CRF = 18  # of x264: nearly lossless
_CRFS = (BEST_CRF, 23, 28)  # each next one halves the file
_UNSPECIFIED = (0, 2)  # FFmpeg's numbers of a color tag that means nothing


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
    """Write `frames`, (F, H, W, C) floats in 0..1, to the mp4 `target`; H and W must be even.

    C as in `encode_image`. Values are rounded to 8 bits and clamped. `audio` is an AUDIO or None;
    what is longer than the frames is cut. A file above `fit_bytes` is encoded again at lower
    quality, twice at most: it may still be larger. Blocks, so call it in a thread; `tick` is called
    for each frame, what it raises ends the work and is passed on, and no file is left. Raises
    `InvalidInput` naming `name` or "clip_fps".
    """
    frames = as_images(frames, name)
    count, height, width, _ = frames.shape
    _require_even(width, height, name)
    rate = _frame_rate(fps)
    sound = sound_of_clip(audio, name, float(count / rate))
    track = Track(width, height, rate, 1 / rate)

    def encode(crf: int) -> None:
        converter, rgb = Bt709Converter(), VideoFrame(width, height, "rgb24")
        with Mp4Writer(target, track, sound, crf, tick) as writer:
            for index in range(count):
                tick()
                pixels = opaque(floats_of(frames[index], name), name)
                copy_to_bytes(pixels.numpy(), rgb_of(rgb))
                writer.write(converter.from_rgb(rgb), index, 1)

    _fit(encode, target, fit_bytes)


def encode_video_clip(
    window: Window,
    target: Path,
    tick: Callable[[], None],
    *,
    name: str = "first_clip",
    fit_bytes: int = _FIT_BYTES,
) -> None:
    """Write the frames of a video file within `window`, upright, and their sound to `target`.

    Frames keep their times, so a variable frame rate stays one, and pixels their shape. `tick`,
    `fit_bytes` and clean-up as in `encode_frames_clip`. Raises `InvalidInput` naming `name` where
    the window has no frames or their sides are odd, `InvalidVideo` where the file cannot be read.
    """
    if window.clip.path.resolve() == target.resolve():
        raise ValueError(f"{target} would be overwritten")
    _require_even(*window.clip.upright_size, name)

    def encode(crf: int) -> None:
        with open_window(window, tick, Damage()) as frames:
            first = next(frames, None)
            if first is None:
                end_seconds = window.clip.start_seconds + window.clip.seconds
                raise InvalidInput(
                    name,
                    f"has no frames from {window.start_seconds:g} s on: it ends at"
                    f" {end_seconds:g} s. Trim it elsewhere.",
                )
            _encode(window, chain([first], frames), first.time, target, crf, tick)

    _fit(encode, target, fit_bytes)


def _encode(
    window: Window,
    frames: Iterator[TimedFrame],
    start: int,
    target: Path,
    crf: int,
    tick: Callable[[], None],
) -> None:
    clip, converter = window.clip, Bt709Converter()
    sound = _sound_from(start, window, tick)
    with Mp4Writer(target, _track(clip), sound, crf, tick) as writer:
        for timed in frames:
            check_frame_size(timed.frame, clip)
            frame = converter.from_frame(timed.frame, clip.orientation)
            writer.write(frame, timed.time - start, timed.duration)


def _sound_from(start: int, window: Window, tick: Callable[[], None]) -> Sound | None:
    clip = window.clip
    start_seconds = float(start * clip.time_unit)
    seconds = window.end_seconds - start_seconds
    sound = decode_sound(clip, start_seconds, seconds, tick, Damage())
    if sound is not None and sound.samples.shape[0] > MAX_CHANNELS:
        # FFmpeg cannot mix these, and its error would blame the file that is written.
        raise InvalidVideo(
            f"{clip.path.name} has {sound.samples.shape[0]} audio channels; at most {MAX_CHANNELS}"
            " are supported. Mix it down to stereo first."
        )
    return sound


def _track(clip: Clip) -> Track:
    """Return the track of a made clip: its RGB is as in the file, or BT.709 without tags."""
    primaries, transfer = (
        BT709 if tag in _UNSPECIFIED else tag for tag in (clip.primaries, clip.transfer)
    )
    # FFmpeg takes no long fractions, which an average can be. The times themselves are kept.
    rate = clip.fps.limit_denominator(1001)
    return Track(
        *clip.upright_size,
        rate,
        clip.time_unit,
        primaries,
        transfer,
        clip.upright_sample_aspect.limit_denominator(1000),
    )


def _fit(encode: Callable[[int], None], target: Path, fit_bytes: int) -> None:
    for crf in _CRFS:
        encode(crf)
        if target.stat().st_size <= fit_bytes:
            return


def _frame_rate(fps: Fraction | float) -> Fraction:
    """Return `fps` as a fraction: 29.97002997… is 30000/1001 again."""
    if not math.isfinite(fps) or not 1 <= fps <= 1000:
        raise InvalidInput("clip_fps", f"is {fps}; choose 1 to 1000 frames a second.")
    return Fraction(fps).limit_denominator(1001)


def _require_even(width: int, height: int, name: str) -> None:
    if width % 2 or height % 2:
        raise InvalidInput(
            name,
            f"is {width} × {height} pixels; a clip that is encoded needs even sides. Remove the odd"
            ' line with "Crop Image" (after "Get Video Components" for a video).',
        )

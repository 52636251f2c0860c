"""From what the graph holds to the very file that the API gets: a video file as it is where it can be, encoded where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..limits import MEDIA, MEGABYTE
from .check_clip import check_clip, check_seconds, check_sides
from .clip import check_complete, probe
from .container import open_video
from .encode_clip import encode_frames_clip, encode_video_clip
from .window import time_unit, window_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction
    from pathlib import Path

    import torch

    from .clip import Clip
    from .window import Window

_CONTAINER = "mov,mp4,m4a,3gp,3g2,mj2"  # FFmpeg's one name for mp4 and mov
_CODECS = ("h264", "hevc")


def prepare_clip(
    source: Path,
    target: Path,
    tick: Callable[[], None],
    *,
    start_seconds: float = 0.0,
    duration_seconds: float = 0.0,
    name: str = "first_clip",
) -> Path:
    """The file to send for the video file `source`, checked: `source` itself where there is no `reason_to_encode`, else `target`.

    The window is that of a trimmed VIDEO (its `get_active_trim_window`). Length and sides are checked before anything is encoded. Blocks
    and cancels as `encode_video_clip` does. Raises `InvalidInput` naming `name` where a rule of the API is broken, `InvalidVideo` where
    `source` cannot be read or is cut short.
    """
    clip, window, _ = _inspect(source, start_seconds, duration_seconds)
    check_complete(clip)
    check_sides(*clip.upright_size, name)
    check_seconds(max(window.seconds, 0.0), name)
    if not reason_to_encode(source, start_seconds=start_seconds, duration_seconds=duration_seconds):
        check_clip(clip, source.stat().st_size, name)
        return source
    encode_video_clip(source, target, tick, start_seconds=start_seconds, duration_seconds=duration_seconds, name=name)
    _check_made(target, name)
    return target


def prepare_frames(
    frames: torch.Tensor,
    fps: Fraction | float,
    audio: Mapping[str, Any] | None,
    target: Path,
    tick: Callable[[], None],
    *,
    name: str = "clip_frames",
) -> Path:
    """`encode_frames_clip`, checked against the API's rules before and after; returns `target`. Raises as it does, and as `check_clip`."""
    if frames.ndim == 4 and frames.numel() and fps > 0:  # what is neither is refused by the encoder, in its own words
        count, height, width, _ = frames.shape
        check_sides(width, height, name)
        check_seconds(float(count / fps), name)
    encode_frames_clip(frames, fps, audio, target, tick, name=name)
    _check_made(target, name)
    return target


def reason_to_encode(source: Path, *, start_seconds: float = 0.0, duration_seconds: float = 0.0) -> str | None:
    """Why `source` cannot be sent as it is, in words to show ("it is trimmed"); None where it can. What the file is, not its name, counts."""
    clip, window, codec = _inspect(source, start_seconds, duration_seconds)
    most = MEDIA["first_clip"].max_bytes
    if window != window_of(clip, window.unit, 0, 0):
        return "it is trimmed"
    if clip.container != _CONTAINER:
        return f"it is {clip.container.split(',')[0]} instead of mp4"
    if codec not in _CODECS:
        return f"it is {codec} instead of H.264"
    if source.stat().st_size > most:
        return f"it is larger than {most // MEGABYTE} MB"
    return None


def _inspect(source: Path, start_seconds: float, duration_seconds: float) -> tuple[Clip, Window, str]:
    """What `source` is, the window's own times, and FFmpeg's name of the codec of its pictures."""
    clip = probe(source)
    with open_video(source) as opened:
        return clip, window_of(clip, time_unit(opened), start_seconds, duration_seconds), opened.video.codec_context.name


def _check_made(target: Path, name: str) -> None:
    """Check the clip that was made; one that may not be sent is not kept."""
    try:
        check_clip(probe(target), target.stat().st_size, name)
    except BaseException:
        target.unlink(missing_ok=True)
        raise

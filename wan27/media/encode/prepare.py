"""From what the graph holds to the very file that the API gets: a video file as it is where it can be, encoded where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...limits import MEDIA, MEGABYTE
from ..read.clip import MP4_CONTAINER, check_complete, no_op, probe
from ..read.clip_rules import check_clip, check_seconds, check_sides
from ..read.container import open_video
from ..read.window import time_unit, window_of
from .clip import encode_frames_clip, encode_video_clip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction
    from pathlib import Path

    import torch

    from ..read.clip import Clip
    from ..read.window import Window

_CODECS = ("h264", "hevc")


def check_source(
    source: Path,
    tick: Callable[[], None],
    *,
    start_seconds: float = 0.0,
    duration_seconds: float = 0.0,
    name: str = "first_clip",
) -> tuple[float, bool]:
    """How long the window of `source` lasts (seconds), and whether the file is sent as it is; all checked that can be before encoding.

    The window is that of a trimmed VIDEO (its `get_active_trim_window`). Raises `InvalidInput`
    naming `name` where a rule of the API is broken, `InvalidVideo` where `source` cannot be read or
    is cut short.
    """
    clip, window, reason = _inspect(source, start_seconds, duration_seconds, tick)
    check_complete(clip)
    check_sides(*clip.upright_size, name)
    check_seconds(max(window.seconds, 0.0), name)
    if reason is None:
        check_clip(clip, source.stat().st_size, name)
    return window.seconds, reason is None


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

    Checks as `check_source` does, before anything is encoded, and the made file again. Blocks and
    cancels as `encode_video_clip` does.
    """
    _, as_it_is = check_source(
        source, tick, start_seconds=start_seconds, duration_seconds=duration_seconds, name=name
    )
    if as_it_is:
        return source
    encode_video_clip(
        source,
        target,
        tick,
        start_seconds=start_seconds,
        duration_seconds=duration_seconds,
        name=name,
    )
    _check_made(target, name, tick)
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
    """`encode_frames_clip`, checked against the API's rules before and after; returns `target`.

    Raises as it does, and as `check_clip`.
    """
    check_frames(frames, fps, name)
    encode_frames_clip(frames, fps, audio, target, tick, name=name)
    _check_made(target, name, tick)
    return target


def check_frames(frames: torch.Tensor, fps: Fraction | float, name: str = "clip_frames") -> float:
    """How long IMAGE frames last as a clip (seconds), checked as far as their shape tells; what is no IMAGE is refused by the encoder."""
    if frames.ndim != 4 or not frames.numel() or not fps > 0:
        return 0.0
    count, height, width, _ = frames.shape
    check_sides(width, height, name)
    check_seconds(float(count / fps), name)
    return float(count / fps)


def reason_to_encode(
    source: Path,
    tick: Callable[[], None] = no_op,
    *,
    start_seconds: float = 0.0,
    duration_seconds: float = 0.0,
) -> str | None:
    """Why `source` cannot be sent as it is, in words to show ("it is trimmed"); None where it can.

    What the file is, not its name, counts.
    """
    return _inspect(source, start_seconds, duration_seconds, tick)[2]


def _inspect(
    source: Path, start_seconds: float, duration_seconds: float, tick: Callable[[], None]
) -> tuple[Clip, Window, str | None]:
    """What `source` is, the window's own times, and the reason to encode it."""
    clip = probe(source, tick)
    with open_video(source) as opened:
        window, codec = (
            window_of(clip, time_unit(opened), start_seconds, duration_seconds),
            opened.video.codec_context.name,
        )
    return clip, window, _reason(clip, window, codec, source.stat().st_size)


def _reason(clip: Clip, window: Window, codec: str, size_bytes: int) -> str | None:
    most = MEDIA["first_clip"].max_bytes
    if window != window_of(clip, window.unit, 0, 0):
        return "it is trimmed"
    if clip.container != MP4_CONTAINER:
        return f"it is {clip.container.split(',')[0]} instead of mp4"
    if codec not in _CODECS:
        return f"it is {codec} instead of H.264"
    if size_bytes > most:
        return f"it is larger than {most // MEGABYTE} MB"
    return None


def _check_made(target: Path, name: str, tick: Callable[[], None]) -> None:
    """Check the clip that was made; one that may not be sent is not kept."""
    try:
        check_clip(probe(target, tick), target.stat().st_size, name)
    except BaseException:
        target.unlink(missing_ok=True)
        raise

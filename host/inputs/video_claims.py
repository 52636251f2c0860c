"""What a VIDEO object says of itself: its trim, size, length and rate, and its edits.

Objects of other packs fail in their own ways; what fails says nothing. What a class inherits from
ComfyUI is about its file, and knows nothing of the edits of the class.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from comfy_api.latest import InputImpl

from ...wan27.media.read.clip import Clip
from ...wan27.media.read.window import Window

_CORE = "comfy_api"
_SIZES = ("get_dimensions", "get_display_dimensions")
_HINTS = ("crop", "resize", "spatial_ops")  # in names of attributes


def trim_of(video: Any, clip: Clip) -> tuple[float, float] | None:
    """Return the start and the duration of a VIDEO's trim in seconds; duration 0: to the end.

    `clip` is its file. None where that cannot be known.
    """
    reported = result_of(getattr(video, "get_active_trim_window", None))
    if reported is None:
        return _private_trim(video, clip)
    try:
        start, duration = (float(value or 0) for value in reported)
    except (TypeError, ValueError):
        return None
    return (start, duration) if math.isfinite(start) and math.isfinite(duration) else None


def _private_trim(video: Any, clip: Clip) -> tuple[float, float] | None:
    """Return the trim of a VIDEO in ComfyUI before 0.23, which has no method for it."""
    try:
        start = float(video._VideoFromFile__start_time)  # noqa: SLF001
        duration = float(video._VideoFromFile__duration)  # noqa: SLF001
    except (AttributeError, TypeError):
        # What has no such method was never trimmed.
        return None if hasattr(video, "as_trimmed") else (0.0, 0.0)
    if start < 0:  # seconds before the end
        start = max(InputImpl.VideoFromFile(str(clip.path)).get_duration() + start, 0.0)
    return start, duration


def fits(video: Any, window: Window, pending: int | None = None) -> bool:
    """Return False where a VIDEO says another size, length, count or rate than `window` has.

    Lengths of ComfyUI's own classes are estimates and do not count; nor do sizes of classes that
    are older than the one with the edits, at the depth `pending`.
    """
    clip = window.clip
    sizes = {(clip.width, clip.height), clip.upright_size, _square_size(clip)}
    return _are_as_said(video, sizes, window.seconds, float(clip.fps), pending)


def components_fit(video: Any, parts: Any, clip: Clip | None, pending: int | None = None) -> bool:
    """Return False where components are not what their VIDEO says, as `fits`, or have no frames.

    `clip` is the file of the VIDEO, if it has one.
    """
    shape = tuple(getattr(getattr(parts, "images", None), "shape", ()))
    fps = rate_of(parts)
    if len(shape) != 4 or not fps > 0:
        return False
    count, height, width, _ = shape
    sizes = {(width, height)}
    if clip is not None and clip.orientation.swaps_sides:  # ComfyUI says its size as it is stored
        sizes.add((height, width))
    return _are_as_said(video, sizes, count / fps, fps, pending)


def rate_of(parts: Any) -> float:
    """Return the frames a second of components; 0.0 where they do not say."""
    try:
        return float(parts.frame_rate)
    except (AttributeError, TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _are_as_said(
    video: Any, sizes: set[tuple[int, int]], seconds: float, fps: float, pending: int | None
) -> bool:
    said = {said_size(video, method, pending) for method in _SIZES} - {None}
    numbers = {
        "get_duration": (seconds, max(0.5, seconds * 0.05)),
        "get_frame_count": (seconds * fps, max(2.0, seconds * fps * 0.05)),
        "get_frame_rate": (fps, fps * 0.02),
    }
    return said <= sizes and all(
        abs(value - expected) <= most
        for method, (expected, most) in numbers.items()
        if (value := _number(video, method)) is not None
    )


def said_size(video: Any, method: str, pending: int | None = None) -> tuple[int, int] | None:
    """Return a size that a VIDEO says; None where it does not.

    None too where it would decode all frames, or knows nothing of edits at the depth `pending`.
    """
    owner = _owner(video, method)
    if owner is None or owner.__name__ == "VideoInput":
        return None
    if pending is not None and depth_of(video, method) > pending:
        return None
    said = result_of(getattr(video, method))
    try:
        width, height = (int(side) for side in said)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        return None
    return width, height


def said_count(video: Any) -> int:
    """Return the number of frames that a VIDEO says; 0 where it does not."""
    owner = _owner(video, "get_frame_count")
    if owner is None or owner.__name__ == "VideoInput":
        return 0
    count = result_of(video.get_frame_count)
    return count if isinstance(count, int) else 0


def _number(video: Any, method: str) -> float | None:
    """Return a number that a VIDEO of another pack says itself."""
    owner = _owner(video, method)
    if owner is None or _is_core(owner):
        return None
    try:
        number = float(result_of(getattr(video, method)))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _square_size(clip: Clip) -> tuple[int, int]:
    """Return its size with square pixels, as players show it."""
    width, height = clip.upright_size
    return round(width * clip.upright_sample_aspect), height


def _owner(video: Any, name: str) -> type | None:
    """Return the class that defines a method; that of the object where it is its own attribute."""
    if name in getattr(video, "__dict__", {}):
        return type(video)
    return next((kind for kind in type(video).__mro__ if name in vars(kind)), None)


def depth_of(video: Any, name: str) -> int:
    """Return how far up the classes of an object a method is defined: 0 is its own class.

    ComfyUI's own classes know of each other, and count as one.
    """
    owner, kinds = _owner(video, name), type(video).__mro__
    if owner is None:
        return 0
    is_core = _is_core(owner)
    return next(i for i, kind in enumerate(kinds) if kind is owner or (is_core and _is_core(kind)))


def own_rendering(video: Any) -> int | None:
    """Return the depth of a class that renders other frames than the file of the class below it.

    Such a class leaves `get_stream_source` to the class that it is built on, which knows nothing of
    what it does to the frames. None where the file is its own, or is what `save_to` writes.
    """
    source = _owner(video, "get_stream_source")
    if source is None or source.__name__ == "VideoInput":
        return None
    names = [name for name in ("get_components", "save_to") if _owner(video, name)]
    nearest = min((depth_of(video, name) for name in names), default=math.inf)
    return int(nearest) if nearest < depth_of(video, "get_stream_source") else None


def _is_core(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == _CORE


def has_hint(video: Any, clip: Clip) -> bool:
    """Return True where an attribute looks like an edit, such as a crop that is not the whole."""
    return any(
        not callable(value) and _is_set(value, clip)
        for key, value in getattr(video, "__dict__", {}).items()
        if any(hint in key.lower() for hint in _HINTS)
    )


def _is_set(value: Any, clip: Clip) -> bool:
    if isinstance(value, str):
        return value.lower() not in {"", "none", "disabled", "auto"}
    try:
        numbers = [float(number) for number in value]
    except (TypeError, ValueError):
        return value not in (None, False, 0, 1) and value != []
    whole = [float(side) for side in clip.upright_size]
    return any(numbers) and numbers not in (whole, [0.0, 0.0, *whole])


def result_of(method: Callable[[], Any] | None, check: Callable[[], None] | None = None) -> Any:
    """Call a method of a foreign object; None where it is missing or fails in its own way."""
    if not callable(method):
        return None
    try:
        result = method()
    except Exception:  # noqa: BLE001 - any pack may have made the object
        result = None
    if check is not None:
        check()
    return result

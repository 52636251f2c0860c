"""Which part of its file a VIDEO is."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import InputImpl

from ..wan27.errors import InvalidInput


def trim_of(given: Any) -> tuple[float, float]:
    """Where it begins and how long it is (0: to its end), in seconds. Raises `InvalidInput` where that cannot be known."""
    told = getattr(given, "get_active_trim_window", None)
    start, duration = told() if told else _kept_to_itself(given)
    return float(start), float(duration)


def _kept_to_itself(given: Any) -> tuple[float, float]:
    # ComfyUI before 0.23 trims as later ones do, and has no method that tells.
    try:
        start, duration = given._VideoFromFile__start_time, given._VideoFromFile__duration  # noqa: SLF001
    except AttributeError:
        way = 'give its frames as clip_frames (the node "Get Video Components" has them), or update ComfyUI.'
        raise InvalidInput("first_clip", f"does not tell whether it is trimmed; {way}") from None
    if start < 0:  # counted from the end
        start = max(InputImpl.VideoFromFile(given.get_stream_source()).get_duration() + start, 0.0)
    return start, duration

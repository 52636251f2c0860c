"""What a VIDEO shows, where that is not simply its file: a trim, a crop, a resize, other frames.

`get_stream_source` of ComfyUI gives the file without edits that are still pending. Since about 0.36
`has_pending_frame_edits` says so; before, only the numbers of a VIDEO do. Edits are rendered
by the VIDEO itself: `save_to`, or `get_components` where the memory is free. What cannot be known
is refused: the wrong frames would be paid for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl

from ...wan27.errors import InvalidInput, InvalidVideo
from ...wan27.media.decode.memory import available_bytes, needs
from ...wan27.media.read.clip import Clip
from ...wan27.media.read.probe import probe
from ...wan27.media.read.window import Window, window_of
from ...wan27.session import Session
from .video_claims import (
    components_fit,
    depth_of,
    fits,
    has_hint,
    own_rendering,
    result_of,
    said_count,
    said_size,
    trim_of,
)
from .video_files import copy_stream, find_video

_HDR = ("HDR", "HDR PQ")
_COPY = "its content"  # of an open file; errors about it name it so
_BYTES = 2 * 3 * 4  # of a pixel: ComfyUI lists all frames as floats and joins them then
_UNKNOWN = (
    'Connect "Get Video Components" and "Create Video" in between, or save the video and load it'
    " again."
)


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A file and the part of it that is shown; `is_own`: it is not one that was written for us."""

    window: Window
    is_own: bool


Components = Any  # ComfyUI's: images, audio, frame_rate


def shown(
    video: Any, name: str, session: Session, check: Callable[[], None]
) -> VideoFile | Components:
    """Return what the value of a VIDEO socket shows.

    A file that is sent as it is needs no scratch folder of the session. Raises `InvalidInput`
    naming the input `name` where that is not a video or cannot be known.
    """
    found = find_video(video, name)
    if isinstance(found, Path):
        return VideoFile(window_of(probe(found, check)), is_own=True)
    if callable(getattr(found, "read", None)):
        copy = copy_stream(found, session.scratch / _COPY, name, check)
        return VideoFile(window_of(probe(copy, check)), is_own=False)
    if (
        isinstance(found, InputImpl.VideoFromComponents)
        and result_of(getattr(found, "get_color_space", None)) not in _HDR
    ):
        return found.get_components()
    return _Video(found, name, session, check).shown()


class _Video:
    """A VIDEO object of ComfyUI or of another pack, in one Run."""

    def __init__(self, video: Any, name: str, session: Session, check: Callable[[], None]) -> None:
        self._video, self._name, self._session, self._check = video, name, session, check
        self._failure = ""  # the last error of its methods, in parentheses

    def shown(self) -> VideoFile | Components:
        """Return its file and trim where that is all that it shows, else what it renders."""
        source = self._source()
        if source is None:
            return self._rendered(None)
        path, is_own = source
        clip = probe(path, self._check)
        trim = trim_of(self._video, clip)
        if trim is None:
            return self._rendered(clip)
        window = window_of(clip, *trim)
        pending = self._pending(clip)
        if pending is None and fits(self._video, window):
            return VideoFile(window, is_own)
        return self._rendered(clip, pending)

    def _source(self) -> tuple[Path, bool] | None:
        """Return its file, and whether that is its own or a copy; None where it has none."""
        method = getattr(self._video, "get_stream_source", None)
        source = self._result_of(method)
        if source is None:
            return None
        found = find_video(source, self._name)
        if isinstance(found, Path):
            return found, True
        return copy_stream(found, self._session.scratch / _COPY, self._name, self._check), False

    def _pending(self, clip: Clip) -> int | None:
        """Return the depth of the class that says or has edits; None: there are none."""
        method = getattr(self._video, "has_pending_frame_edits", None)
        if callable(method):
            try:
                says = bool(method())
            except Exception:  # noqa: BLE001 - a VIDEO that cannot tell may have edits
                says = True
            if says:
                return depth_of(self._video, "has_pending_frame_edits")
        elif has_hint(self._video, clip):
            return 0
        return own_rendering(self._video)

    def _rendered(self, clip: Clip | None, pending: int | None = None) -> VideoFile | Components:
        """Return what the VIDEO itself makes of its edits, where that agrees with what it says.

        A method that is older than the class with the edits, by `pending`, knows nothing of them.
        """
        if self._knows("save_to", pending) and (file := self._saved(pending)):
            return file
        if self._knows("get_components", pending):
            self._require_memory(clip)
            parts = self._result_of(self._video.get_components)
            if parts is not None and components_fit(self._video, parts, clip, pending):
                return parts
        if clip is None:
            raise InvalidInput(
                self._name,
                f"is a {type(self._video).__name__} that gives no video{self._failure}. Check the"
                " node that feeds it.",
            )
        raise InvalidInput(
            self._name,
            "has edits (a trim, crop, resize or speed) that this VIDEO does not show"
            f"{self._failure}. {_UNKNOWN}",
        )

    def _knows(self, method: str, pending: int | None) -> bool:
        if not callable(getattr(self._video, method, None)):
            return False
        return pending is None or depth_of(self._video, method) <= pending

    def _saved(self, pending: int | None) -> VideoFile | None:
        """Return what `save_to` writes; None where it fails or is not what the VIDEO says."""
        target = self._session.scratch / "rendered.mp4"

        def save() -> Path:
            try:
                self._video.save_to(str(target))
            except TypeError:  # it needs all that ComfyUI's "Save Video" gives
                self._video.save_to(str(target), format="mp4", codec="h264")
            return target

        if self._result_of(save) is None:
            return None
        try:
            window = window_of(probe(target, self._check))
        except InvalidVideo:
            return None
        return VideoFile(window, is_own=False) if fits(self._video, window, pending) else None

    def _result_of(self, method: Callable[[], Any] | None) -> Any:
        """Call a method as `result_of` does, and keep its error for the message."""

        def call() -> Any:
            try:
                return method() if method else None
            except Exception as error:
                said = " ".join(str(error).split())[:200]
                self._failure = f" ({type(error).__name__}{': ' if said else ''}{said})"
                raise

        return result_of(call, self._check)

    def _require_memory(self, clip: Clip | None) -> None:
        """Raise where ComfyUI's tensor of all frames does not fit into the free memory."""
        said = said_size(self._video, "get_dimensions") or (0, 0)
        sizes = [said, clip.upright_size if clip else (0, 0)]
        count = clip.frame_count if clip else said_count(self._video)
        needed = count * max(width * height for width, height in sizes) * _BYTES
        free = available_bytes()
        if needed > free:
            raise InvalidInput(
                self._name,
                f"has edits, and applying them {needs(needed, free)}. Save the edited video and"
                " load it again, or trim it before.",
            )

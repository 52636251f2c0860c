"""The video file behind what a VIDEO socket holds, whatever pack made it.

Paths come from the graph of this machine and are read; URLs are not downloaded. What is not clear
is refused with one sentence that names the input.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import folder_paths

from ...wan27.errors import InvalidInput, NoRoom

_CHUNK_BYTES = 4 * 1024 * 1024
_DEPTH = 4  # of values in values: {"videos": [{"filename": …}]}
# Where other packs put the file, the surest first.
_KEYS = (
    *("fullpath", "full_path", "video_path", "file_path", "filepath", "path", "video", "file"),
    *("filename", "videos", "gifs", "video_file", "output"),
)
_IMAGES = {".png", ".jpg", ".jpeg"}  # which savers of videos write beside them
_METHODS = ("get_stream_source", "save_to", "get_components")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://|data:|blob:")
_OTHERWISE = 'Connect a VIDEO, for example of "Load Video", or frames to clip_frames.'


def find_video(value: Any, name: str, depth: int = _DEPTH) -> Any:
    """Return the file of a value as a `Path`, or else its open file or its VIDEO object.

    Raises `InvalidInput` naming the input `name`.
    """
    if isinstance(value, str):
        return _path_of_text(value, name)
    if isinstance(value, os.PathLike):
        return readable(Path(os.fsdecode(value)), name)
    if isinstance(value, bytes | bytearray | memoryview):
        return io.BytesIO(value)
    if hasattr(value, "ndim") and hasattr(value, "shape"):
        raise InvalidInput(
            name,
            "has frames without a frame rate instead of a VIDEO. Connect them to clip_frames and"
            " set clip_fps.",
        )
    is_video = any(callable(getattr(value, method, None)) for method in _METHODS)
    if is_video or callable(getattr(value, "read", None)):
        return value
    if depth and isinstance(value, Mapping):
        return find_video(_of_mapping(value, name), name, depth - 1)
    if depth and isinstance(value, list | tuple):
        return find_video(_of_list(value, name), name, depth - 1)
    raise InvalidInput(name, f"is not a VIDEO (it is {type(value).__name__}). {_OTHERWISE}")


def readable(path: Path, name: str) -> Path:
    """Return `path`, a file that can be read and is not empty; raise `InvalidInput` otherwise."""
    try:
        if path.is_dir():
            problem = "which is a folder"
        elif not path.exists():
            problem = "which does not exist"
        elif not path.is_file():  # a pipe would be waited for
            problem = "which is not a file"
        elif not path.stat().st_size:
            problem = "which is empty"
        else:
            with path.open("rb") as file:
                file.read(1)
            return path
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(
            name, f"is the file {path}, which cannot be read ({reason}). {_OTHERWISE}"
        ) from error
    raise InvalidInput(name, f"is the file {path}, {problem}. {_OTHERWISE}")


def copy_stream(stream: Any, target: Path, name: str, check: Callable[[], None]) -> Path:
    """Copy an open file from its beginning to `target`, and put it back where it was."""
    try:
        with _rewound(stream), target.open("wb", buffering=0) as file:
            while chunk := stream.read(_CHUNK_BYTES):
                check()
                _write(file, chunk, name)
    except (TypeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            name, f"is a file that was opened as text, not as a video. {_OTHERWISE}"
        ) from error
    except (OSError, ValueError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(
            name, f"is an open file that cannot be read ({reason}). {_OTHERWISE}"
        ) from error
    if not target.stat().st_size:
        raise InvalidInput(name, f"is an open file without content. {_OTHERWISE}")
    return target


def _write(file: io.FileIO, chunk: bytes, name: str) -> None:
    try:
        rest = memoryview(chunk)
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise NoRoom(
            f"{name} could not be copied to ComfyUI's temp folder ({error.strerror or error}). Free"
            " some space there, or choose another folder with --temp-directory. Nothing was sent."
        ) from error


@contextmanager
def _rewound(stream: Any) -> Iterator[None]:
    """Go to the beginning of an open file, and back at the end; a pipe is read from where it is."""
    try:
        position = stream.tell()
        stream.seek(0)
    except (OSError, AttributeError):
        position = None
    try:
        yield
    finally:
        if position is not None:
            stream.seek(position)


def _path_of_text(text: str, name: str) -> Path:
    text = text.strip().strip('"')
    if not text:
        raise InvalidInput(name, f"is an empty path. {_OTHERWISE}")
    if text.lower().startswith("file:"):
        return readable(Path(url2pathname(urlsplit(text).path)), name)
    if _URL.match(text):
        raise InvalidInput(name, "is a URL instead of a VIDEO. Use first_clip_url for it.")
    path = Path(text)
    if not path.is_absolute() and not os.path.lexists(path):
        path = _in_folder(text, "input", name)
    return readable(path, name)


def _in_folder(text: str, kind: str, name: str) -> Path:
    """Return the path of "clip.mp4 [output]" or "clip.mp4", as ComfyUI writes them."""
    if found := re.fullmatch(r"(.+) \[(input|output|temp)\]", text):
        text, kind = found.groups()
    folder = folder_paths.get_directory_by_type(kind)
    if folder is None:
        raise InvalidInput(name, f"is in the unknown folder {kind!r}. {_OTHERWISE}")
    return Path(folder) / text


def _of_mapping(value: Mapping[Any, Any], name: str) -> Any:
    try:
        found = {key: value[key] for key in _KEYS if key in value}
        subfolder, kind = value.get("subfolder"), value.get("type")
    except Exception as error:  # a mapping that loads when it is read fails with its own error
        raise InvalidInput(name, f"cannot be loaded ({error}). {_OTHERWISE}") from error
    for key, inner in found.items():
        if key == "filename" and isinstance(inner, str) and isinstance(kind, str):
            text = f"{subfolder}/{inner}" if subfolder else inner
            return readable(_in_folder(text, kind, name), name)
        if inner is not None and inner != "":
            return inner
    keys = ", ".join(str(key) for key in list(value)[:8])
    raise InvalidInput(name, f"is a dict of {keys or 'nothing'}, not a VIDEO. {_OTHERWISE}")


def _of_list(value: Iterable[Any], name: str) -> Any:
    """Return the one video of a list; "Video Combine" of VHS gives (True, [image, video, …])."""
    items = [item for item in value if item is not None and not isinstance(item, bool)]
    videos = [item for item in items if not _is_image(item)]
    if len(videos) > 1 and all(isinstance(item, str | os.PathLike) for item in videos):
        stems = [Path(item).stem for item in videos]
        # The same video, the last time with its sound.
        if all(stem.startswith(stems[0]) for stem in stems):
            videos = videos[-1:]
    if len(videos) != 1:
        found = f"{len(videos)} videos; one is needed" if videos else "no video file in it"
        raise InvalidInput(name, f"has {found}. {_OTHERWISE}")
    return videos[0]


def _is_image(item: Any) -> bool:
    is_path = isinstance(item, str | os.PathLike)
    return is_path and Path(os.fsdecode(item)).suffix.lower() in _IMAGES

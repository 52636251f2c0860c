"""The videos that our nodes gave to others: ComfyUI caches their paths, not the files."""

from __future__ import annotations

from pathlib import Path

# By node: the prompt in which it ran last, and the videos that it gave there, with their sizes.
_given: dict[str, tuple[str, dict[Path, int | None]]] = {}
_NOT_WHOLE = -1  # no size that a file has
_generations: dict[str, int] = {}  # by node: how often one of its videos was gone


def remember_given(node_id: str, prompt_id: str, video: Path, *, is_whole: bool = True) -> None:
    """Remember a video that a node gives; the items of a list give one each.

    One that is not `is_whole` lacks an output, which the next Run decodes again.
    """
    last_prompt, videos = _given.get(node_id, ("", {}))
    if last_prompt != prompt_id:
        videos = {}
    _given[node_id] = prompt_id, {**videos, video: _size(video) if is_whole else _NOT_WHOLE}


def generation(node_id: object) -> int:
    """Return a number that changes once a video that the node gave last is gone or changed.

    It never changes back, so that ComfyUI runs the node again, which downloads it for free. The
    number alone is ComfyUI's fingerprint of the node: it must be cheap and never raise.
    """
    key = str(node_id)
    _, videos = _given.get(key, ("", {}))
    if any(_size(video) != size for video, size in videos.items()):
        del _given[key]
        _generations[key] = _generations.get(key, 0) + 1
    return _generations.get(key, 0)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None

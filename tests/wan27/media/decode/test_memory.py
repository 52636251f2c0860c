"""Frames that do not fit are refused before they are made."""

from __future__ import annotations

import pytest

from wan27.errors import NotEnoughMemory
from wan27.media.decode import memory

from ..decoded import frames_of, last_frame_of
from ..make_video import make_video, numbered_frames


def test_a_clip_that_does_not_fit_is_told_with_the_ways_around(tmp_path, monkeypatch):
    """Both sizes, the switch that helps, and that the video is safe; the last frame alone still comes."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(30))
    monkeypatch.setattr(
        memory, "available_bytes", lambda: 1_000_000
    )  # a full computer is a parameter
    with pytest.raises(
        NotEnoughMemory,
        match=(
            r"The 30 frames of clip\.mp4 need 0\.0 GB of memory, and 0\.0 GB are"
            r" free.*decode_frames off"
        ),
    ):
        frames_of(path)
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000)
    assert 1 == len(last_frame_of(path))


def test_memory_that_is_refused_after_all_is_told_alike(tmp_path, monkeypatch):
    """A limit of the process shows only when memory is taken."""

    def refuse(*_):
        raise MemoryError

    path = make_video(tmp_path / "clip.mp4", numbered_frames(30))
    monkeypatch.setattr(memory.np, "empty", refuse)
    with pytest.raises(NotEnoughMemory, match="decode_frames off"):
        frames_of(path)


def test_a_computer_knows_what_is_free():
    """A positive number of bytes."""
    assert memory.available_bytes() > 0

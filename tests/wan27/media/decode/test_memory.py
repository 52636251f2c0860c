"""Frames that do not fit into memory are refused before it is allocated."""

from __future__ import annotations

import pytest

from wan27.errors import NotEnoughMemory
from wan27.media.decode import memory

from ..decoded import frames_of, last_frame_of


def test_a_clip_that_does_not_fit_is_refused_with_what_to_do(numbered, monkeypatch):
    """Both sizes, the switch that helps, that the video is saved; the last frame still comes."""
    path = numbered(30)
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    with pytest.raises(
        NotEnoughMemory,
        match=(
            r"^Decoding 30 frames of clip\.mp4 needs 0\.0 GB of memory, and 0\.0 GB is free\. Your"
            r" video is saved: turn decode_frames off"
        ),
    ):
        frames_of(path)
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000)
    assert 1 == len(last_frame_of(path))


def test_a_failed_allocation_gives_the_same_error(numbered, monkeypatch):
    """A limit of the process shows only when memory is allocated."""

    def refuse(*_):
        raise MemoryError

    path = numbered(30)
    monkeypatch.setattr(memory.np, "empty", refuse)
    with pytest.raises(NotEnoughMemory, match="turn decode_frames off"):
        frames_of(path)


def test_the_free_memory_is_known():
    """A positive number of bytes."""
    assert memory.available_bytes() > 0

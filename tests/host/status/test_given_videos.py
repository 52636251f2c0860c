"""The number by which ComfyUI runs a node again whose video has gone."""

from __future__ import annotations

import pytest


@pytest.fixture
def given(pack, monkeypatch):
    module = pack("host.status.given_videos")
    for name in ("_given", "_generations"):
        monkeypatch.setattr(module, name, {})
    return module


@pytest.fixture
def videos(tmp_path):
    paths = [tmp_path / name for name in ("a.mp4", "b.mp4")]
    for path in paths:
        path.write_bytes(b"video")
    return paths


def test_a_video_of_a_list_that_is_deleted_changes_the_number_once(given, videos):
    """Whichever it is, and it does not change back when the file is there again."""
    for number, video in enumerate(videos):
        for each in videos:
            given.remember_given("3", f"prompt{number}", each)
        assert [number] * 2 == [given.generation("3") for _ in range(2)]
        video.unlink()
        assert [number + 1] * 2 == [given.generation("3") for _ in range(2)]
        video.write_bytes(b"video")
        assert number + 1 == given.generation("3")


def test_a_video_that_was_changed_changes_the_number(given, videos):
    """By its size alone: the number is asked for before each Run."""
    given.remember_given("3", "prompt", videos[0])
    videos[0].write_bytes(b"vid")
    assert 1 == given.generation("3")
    assert [0, 0] == [given.generation(node) for node in ("4", None)]


def test_only_the_videos_of_the_last_prompt_count(given, videos):
    """Another seed gave another video; ComfyUI no longer has the one before."""
    for number, video in enumerate(videos):
        given.remember_given("3", f"prompt{number}", video)
    videos[0].unlink()
    assert 0 == given.generation("3")


def test_a_video_that_lacked_an_output_changes_the_number(given, videos):
    """There may be more memory at the next Run; what came out whole then is kept."""
    given.remember_given("3", "prompt", videos[0], is_whole=False)
    assert [1, 1] == [given.generation("3") for _ in range(2)]
    given.remember_given("3", "prompt2", videos[0])
    assert 1 == given.generation("3")

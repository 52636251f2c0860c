"""Which part of its file a VIDEO is, in ComfyUIs that tell and in those that do not."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest


@pytest.fixture
def trim(pack, monkeypatch):
    """The module, with a ComfyUI for which every file lasts five seconds."""
    whole = SimpleNamespace(VideoFromFile=lambda _source: SimpleNamespace(get_duration=lambda: 5.0))
    latest = ModuleType("comfy_api.latest")
    latest.InputImpl = whole
    monkeypatch.setitem(sys.modules, "comfy_api", ModuleType("comfy_api"))
    monkeypatch.setitem(sys.modules, "comfy_api.latest", latest)
    module = pack("host.inputs")
    monkeypatch.setattr(module, "InputImpl", whole)
    return module


def test_a_video_that_tells_is_believed(trim):
    """ComfyUI 0.23 and newer."""
    assert (1.5, 2.0) == trim.trim_of(SimpleNamespace(get_active_trim_window=lambda: (1.5, 2)))


@pytest.mark.parametrize(("kept", "expected"), [(1 / 3, 1 / 3), (-2.0, 3.0), (-9.0, 0.0), (0, 0.0)])
def test_an_older_video_is_read_where_it_keeps_its_window(trim, kept, expected):
    """To the bit; a start that is counted from the end becomes one from the beginning."""
    older = SimpleNamespace(
        _VideoFromFile__start_time=kept,
        _VideoFromFile__duration=2,
        get_stream_source=lambda: "a.mp4",
    )
    assert (expected, 2.0) == trim.trim_of(older)


def test_a_video_of_which_it_cannot_be_known_is_refused(trim, pack):
    """Never taken for whole: the wrong seconds would be paid for."""
    with pytest.raises(
        pack("wan27.errors").InvalidInput,
        match="does not tell whether it is trimmed; give its frames as clip_frames",
    ):
        trim.trim_of(SimpleNamespace())

"""The trim of a VIDEO input, in new and old versions of ComfyUI."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest


@pytest.fixture
def inputs(pack, monkeypatch):
    """Return the module, in a ComfyUI for which every file lasts five seconds."""
    video = SimpleNamespace(VideoFromFile=lambda _source: SimpleNamespace(get_duration=lambda: 5.0))
    latest = ModuleType("comfy_api.latest")
    latest.InputImpl = video
    monkeypatch.setitem(sys.modules, "comfy_api", ModuleType("comfy_api"))
    monkeypatch.setitem(sys.modules, "comfy_api.latest", latest)
    module = pack("host.inputs")
    monkeypatch.setattr(module, "InputImpl", video)
    return module


def test_a_video_that_reports_its_trim_is_believed(inputs):
    """ComfyUI 0.23 and newer have a method for it."""
    video = SimpleNamespace(get_active_trim_window=lambda: (1.5, 2))
    assert (1.5, 2.0) == inputs.trim_of(video)


@pytest.mark.parametrize(
    ("start", "expected"), [(1 / 3, 1 / 3), (-2.0, 3.0), (-9.0, 0.0), (0, 0.0)]
)
def test_the_trim_of_an_older_video_is_read_from_its_attributes(inputs, start, expected):
    """A negative start counts from the end and is converted."""
    video = SimpleNamespace(
        _VideoFromFile__start_time=start,
        _VideoFromFile__duration=2,
        get_stream_source=lambda: "a.mp4",
    )
    assert (expected, 2.0) == inputs.trim_of(video)


def test_a_video_with_an_unknown_trim_is_refused(inputs, pack):
    """It is not sent whole: the wrong seconds would be paid for."""
    with pytest.raises(
        pack("wan27.errors").InvalidInput,
        match="first_clip has a trim range that this ComfyUI does not report. Connect its frames",
    ):
        inputs.trim_of(SimpleNamespace())

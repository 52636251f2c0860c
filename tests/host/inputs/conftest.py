"""The inputs of a node, with a session of their own and ComfyUI's classes played."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch

from . import core_videos


@pytest.fixture
def inputs(pack, monkeypatch):
    """Return the module, in a ComfyUI of which each test chooses the VIDEO class."""
    latest = ModuleType("comfy_api.latest")
    latest.InputImpl = SimpleNamespace(
        VideoFromFile=core_videos.Oldest, VideoFromComponents=core_videos.VideoFromComponents
    )
    monkeypatch.setitem(sys.modules, "comfy_api", ModuleType("comfy_api"))
    monkeypatch.setitem(sys.modules, "comfy_api.latest", latest)
    module = pack("host.inputs")
    for part in ("video_claims", "video_edits"):
        monkeypatch.setattr(pack(f"host.inputs.{part}"), "InputImpl", latest.InputImpl)
    return module


@pytest.fixture
def refused(pack):
    """Return the error of a wrong input."""
    return pack("wan27.errors").InvalidInput


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Two and a half seconds: the left half is black, the right white."""
    images = torch.zeros(60, 240, 480, 3)
    images[:, :, 240:] = 1
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    core_videos.write(str(path), images, 24)
    return path


@pytest.fixture
def session(tmp_path):
    """Return what the inputs need of a session."""
    return SimpleNamespace(scratch=tmp_path)


@pytest.fixture
def first_clip(inputs, session):
    """Return a function that takes what is on the socket, as a node does."""

    def take(value):
        media = inputs.clip_media(value, None, 30.0, "", None, session, lambda: None)
        return media["first_clip"]

    return take


@pytest.fixture
def size_of(pack):
    """Return a function that makes the file to send; its size and length are returned."""

    def measure(medium):
        made = pack("wan27.media.read.probe").probe(medium.make(lambda: None))
        return made.width, made.height, round(made.seconds, 2)

    return measure

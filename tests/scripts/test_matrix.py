"""The oldest ComfyUI that is supported, in every run of the tests; `make matrix` runs more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.cache import cache_folder
from scripts.cached_copy import SDISTS, cached_copy
from scripts.comfyui import ComfyUI
from scripts.python import ask

pytestmark = pytest.mark.comfyui

OLDEST = next(iter(SDISTS))
TEMPLATE = Path(__file__).parent.parent.parent / "example_workflows" / "Wan27 Image to Video.json"


@pytest.fixture(scope="module")
def oldest(comfyui):
    """Return the oldest ComfyUI, an overlay on the default copy."""
    if not comfyui.folder.is_relative_to(cache_folder()):
        pytest.skip("NOT TESTED IN THE OLDEST COMFYUI: only `make matrix` adds it to your own.")
    return ComfyUI(*cached_copy(OLDEST), OLDEST)


def test_it_has_the_page_that_it_asks_for(oldest):
    """Its Python has the front end of its own requirements, not the default copy's."""
    requirements = (oldest.folder / "requirements.txt").read_text("utf-8")
    pinned = re.search(r"^comfyui-frontend-package==(\S+)", requirements, re.MULTILINE)
    code = "import importlib.metadata as m; print(m.version('comfyui-frontend-package'))"
    assert pinned[1] == ask(oldest.python, code)


def test_the_nodes_are_the_same_and_the_template_runs(oldest, server, tmp_path):
    """Sockets, order and types are those of the default version, and an image becomes a video."""
    from drawing.dusk import dusk  # noqa: PLC0415 - these need packages of ComfyUI
    from scripts.client import failure  # noqa: PLC0415
    from scripts.server import ComfyServer  # noqa: PLC0415
    from scripts.workflow import to_prompt  # noqa: PLC0415

    with ComfyServer(oldest, tmp_path, {"WAN27_HOST": "simulator"}) as old:
        dusk().save(old.base / "input" / "example.png")
        prompt = to_prompt(json.loads(TEMPLATE.read_text("utf-8")), old.object_info())
        for node in prompt.values():
            node["inputs"] |= {"duration": 2} if "duration" in node["inputs"] else {}
        entry = old.run(prompt)
        assert sockets(server) == sockets(old)
    assert None is failure(entry)
    assert (tmp_path / "output" / "wan27" / "image_to_video_00001_.mp4").is_file()


def sockets(server):
    """Return what a graph saves of each of our nodes."""
    found = {name: node for name, node in server.object_info().items() if name.startswith("Wan27")}
    return {
        name: [node["input_order"], node["output"], node["output_name"]]
        for name, node in found.items()
    }

"""Draw the images of the templates, `example_workflows/<name>.jpg`, on frames of their videos.

Each template runs in a real ComfyUI with the simulator.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
from PIL import Image

from scripts.client import failure
from scripts.comfyui import prepare
from scripts.environment import ROOT, unlink_packs
from scripts.server import ComfyServer
from scripts.workflow import to_prompt

from .dusk import dusk
from .scenes import morning, night, portrait
from .thumbnails import DRAWN, SIZE

TEMPLATES = ROOT / "example_workflows"
SCENES = {  # the first frame of each, and the last
    "Wan27 Image to Video": [dusk],
    "Wan27 Submit Now and Collect Later": [night],
    "Wan27 Talking Head": [portrait],
    "Wan27 Video Continuation": [morning],
    "Wan27 Video Frames": [dusk],
    "Wan27 Video from First and Last Frame": [dusk, night],
}
_FRAMES = 12
_SECONDS = 4  # longer videos show no more in these frames


class NoVideo(Exception):
    """A template did not make a video; the message is the node's."""


def frames_of(video: Path) -> list[Image.Image]:
    """Return twelve frames of a video, from the first to the last."""
    width, height = SIZE
    with av.open(str(video)) as container:
        count = container.streams.video[0].frames
        wanted = [round(index * (count - 1) / (_FRAMES - 1)) for index in range(_FRAMES)]
        frames: dict[int, Image.Image] = {
            index: frame.to_image(width=width, height=height)  # type: ignore[no-untyped-call]
            for index, frame in enumerate(container.decode(video=0))
            if index in wanted
        }
    return [frames[index] for index in wanted]


def video_of(template: Path, server: ComfyServer) -> Path:
    """Run a template on our own images, and return the video it saves. Raises NoVideo."""
    prompt = to_prompt(json.loads(template.read_text(encoding="utf-8")), server.object_info())
    scenes = itertools.cycle(SCENES[template.stem])
    for node in prompt.values():
        fill(node, server.base / "input", scenes)
    entry = server.run(prompt)
    if problem := failure(entry):
        raise NoVideo(f"{template.name}: {problem}")
    saved = [
        output
        for node_id, output in entry["outputs"].items()
        if prompt[node_id]["class_type"] == "SaveVideo"
    ]
    file = saved[0]["images"][0]
    return server.base.joinpath(file["type"], file["subfolder"], file["filename"])


def fill(node: dict[str, Any], folder: Path, scenes: Iterator[Callable[[], Image.Image]]) -> None:
    """Give a node what it needs: an image, a short duration."""
    inputs = node["inputs"]
    if node["class_type"] == "LoadImage":
        scene = next(scenes)
        inputs["image"] = f"{scene.__name__}.png"
        scene().save(folder / inputs["image"])
    elif "duration" in inputs:
        inputs["duration"] = min(inputs["duration"], _SECONDS)


def main() -> int:
    """Run every template once, and draw."""
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        with ComfyServer(prepare(), base, {"WAN27_HOST": "simulator"}) as server:
            for template in sorted(TEMPLATES.glob("*.json")):
                image = DRAWN[template.stem](frames_of(video_of(template, server)))
                small = image.resize((SIZE[0] // 2, SIZE[1] // 2), Image.Resampling.LANCZOS)
                small.save(template.with_suffix(".jpg"), quality=82, optimize=True)
        unlink_packs(base)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Draw the images of the templates, `example_workflows/<name>.jpg`: four frames of their videos.

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

TEMPLATES = ROOT / "example_workflows"
SCENES = {  # the first frame of each, and the last
    "continuation": [morning],
    "first_last_frame": [dusk, night],
    "image_to_video": [dusk],
    "submit_now_collect_later": [night],
    "talking_head": [portrait],
}
_FRAME, _GAP, _PAPER = (320, 180), 4, (24, 24, 28)
_SECONDS = 4  # longer videos show no more in four frames


class NoVideo(Exception):
    """A template did not make a video; the message is the node's."""


def film(video: Path, columns: int, rows: int) -> Image.Image:
    """Return `columns` × `rows` frames of a video, from the first to the last."""
    with av.open(str(video)) as container:
        size = dict(zip(("width", "height"), _FRAME, strict=True))
        decoded = container.decode(video=0)
        frames = [frame.to_image(**size) for frame in decoded]  # type: ignore[no-untyped-call]
    width, height = _FRAME[0] + _GAP, _FRAME[1] + _GAP
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), _PAPER)
    for cell in range(columns * rows):
        frame = frames[round(cell * (len(frames) - 1) / (columns * rows - 1))]
        sheet.paste(frame, (_GAP + cell % columns * width, _GAP + cell // columns * height))
    return sheet


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
    elif node["class_type"] == "ImageFromBatch":
        inputs["batch_index"] = 0


def main() -> int:
    """Run every template once, and draw."""
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        with ComfyServer(prepare(), base, {"WAN27_HOST": "simulator"}) as server:
            for template in sorted(TEMPLATES.glob("*.json")):
                video = video_of(template, server)
                film(video, 2, 2).save(template.with_suffix(".jpg"), quality=82, optimize=True)
        unlink_packs(base)
    return 0


if __name__ == "__main__":
    sys.exit(main())

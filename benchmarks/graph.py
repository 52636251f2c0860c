"""Graphs for a real ComfyUI server, and their times by its own messages."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from scripts.client import failure
from scripts.events import Events
from scripts.server import ComfyServer

from .bench import Bench
from .one_run import KEY
from .sample import sample_frames

_IMAGE = "bench.png"
_COLLECTED_SECONDS = 0.5  # it begins when the queue's thread wakes up, unless a prompt is there
_seeds = itertools.count()


@contextmanager
def comfyui(
    bench: Bench, name: str, url: str, env: dict[str, str] | None = None
) -> Iterator[ComfyServer]:
    """Start a server whose host is at `url`, with an image in its input folder."""
    env = {"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": url} | (env or {})
    server = ComfyServer(bench.comfyui, bench.folder / name, env)
    Image.fromarray(next(sample_frames(1, 640, 352))).save(server.base / "input" / _IMAGE)
    with server:
        yield server


def from_image(count: int = 1, **changed: Any) -> dict[str, Any]:
    """Return a prompt of `count` Image to Video nodes on one image, each a new request."""
    prompt = {"image": _node("LoadImage", image=_IMAGE)}
    for number in range(count):
        given = {"first_frame": ["image", 0]} | changed
        prompt |= _generator("Wan27ImageToVideo", str(number), given)
    return prompt


def from_frames(count: int, width: int, height: int) -> dict[str, Any]:
    """Return a prompt that continues a clip of `count` frames, which must be encoded first."""
    given = {"clip_frames": ["image", 0], "clip_fps": 30.0, "duration": 15}
    return _grain(count, width, height) | _generator("Wan27Continuation", "0", given)


def from_clip(filename: str) -> dict[str, Any]:
    """Return a prompt that continues a video of the input folder."""
    given = {"first_clip": ["video", 0], "duration": 15}
    video = _node("LoadVideo", file=filename)
    return {"video": video} | _generator("Wan27Continuation", "0", given)


def from_large_image(side: int) -> dict[str, Any]:
    """Return a prompt on a square image with grain, whose PNG is larger than any host takes."""
    given = {"first_frame": ["image", 0]}
    return _grain(1, side, side) | _generator("Wan27ImageToVideo", "0", given)


def from_list(count: int) -> dict[str, Any]:
    """Return a prompt of one node on a list of `count` small images, each a request of its own."""
    images = _node("RebatchImages", images=["image", 0], batch_size=1)
    node = _generator("Wan27ImageToVideo", "0", {"first_frame": ["list", 0]})
    return _grain(count, 640, 352) | {"list": images} | node


def _grain(count: int, width: int, height: int) -> dict[str, Any]:
    """Return nodes whose "image" are `count` gray frames with grain; they run once a server."""
    gray = _node("EmptyImage", width=width, height=height, batch_size=count, color=0x808080)
    return {"gray": gray, "image": _node("ImageAddNoise", image=["gray", 0], seed=1, strength=0.03)}


def _generator(kind: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    texts = {"prompt": "a boat", "negative_prompt": ""}
    numbers = {"resolution": "720P", "duration": 2, "seed": next(_seeds)}
    switches = {"prompt_extend": True, "watermark": False, "decode_frames": True, "wait": True}
    node = _node(kind, **texts | numbers | switches | given)
    return {name: node, f"{name} shown": _node("PreviewAny", source=[name, 5])}


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def seconds_of(server: ComfyServer, prompt: dict[str, Any]) -> float:
    """Run a prompt and return its seconds. Raises RuntimeError with a node's own message."""
    with server.events() as events:
        began = time.monotonic()
        prompt_id = server.submit(prompt)
        ended = events.wait_for_end()
        if problem := failure(server.wait(prompt_id)):
            raise RuntimeError(problem)
    return ended.at - began


def seconds_to_cancel(
    server: ComfyServer, prompt: dict[str, Any], until: Callable[[Events], object]
) -> tuple[float, float]:
    """Run a prompt and cancel it once `until` returns.

    Return the seconds until it ended, and what the server has computed in them.
    """
    # ComfyUI collects garbage after a prompt, 0.3 s in which no other thread runs, if it has not
    # for 10 s: now, not between the end of this prompt and the message that says so.
    server.post("/free", {"unload_models": True})
    time.sleep(_COLLECTED_SECONDS)
    with server.events() as events:
        prompt_id = server.submit(prompt)
        until(events)
        before, began = _computed_seconds(server), time.monotonic()
        server.interrupt()
        ended = events.wait_for_end()
        computed = _computed_seconds(server) - before
        problem = failure(server.wait(prompt_id))
    if problem != "interrupted":
        raise RuntimeError(f"It ended before it could be cancelled ({problem or 'success'}).")
    return ended.at - began, computed


def _computed_seconds(server: ComfyServer) -> float:
    """Return the processor time that the server has used, its system's share included."""
    times = server.process().cpu_times()
    return float(times.user + times.system)

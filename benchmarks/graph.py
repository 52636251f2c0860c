"""Graphs for a real ComfyUI server, and how long they take there by its own messages."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from scripts.client import failure
from scripts.events import Event, Events
from scripts.server import ComfyServer

from .bench import Bench
from .film import pictures
from .one_run import KEY

_PICTURE = "bench.png"
_seeds = itertools.count()


@contextmanager
def comfyui(
    bench: Bench, name: str, url: str, env: dict[str, str] | None = None
) -> Iterator[ComfyServer]:
    """A server whose host is at `url`, with a picture in its input folder."""
    server = ComfyServer(
        bench.comfyui,
        bench.folder / name,
        {"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": url} | (env or {}),
    )
    Image.fromarray(next(pictures(1, 640, 352))).save(server.base / "input" / _PICTURE)
    with server:
        yield server


def from_picture(count: int = 1, **changed: Any) -> dict[str, Any]:
    """A prompt of `count` Image to Video nodes on one picture, none of which was ever run before."""
    prompt = {"image": _node("LoadImage", image=_PICTURE)}
    for number in range(count):
        prompt |= _generator(
            "Wan27ImageToVideo", str(number), {"first_frame": ["image", 0]} | changed
        )
    return prompt


def from_frames(count: int, width: int, height: int) -> dict[str, Any]:
    """A prompt that continues a clip of so many frames, which must be encoded first."""
    frames = _node("EmptyImage", width=width, height=height, batch_size=count, color=0x808080)
    given = {"clip_frames": ["image", 0], "clip_fps": 30.0, "duration": 15}
    return {"image": frames} | _generator("Wan27Continuation", "0", given)


def _generator(kind: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    widgets = {
        "prompt": "a boat",
        "negative_prompt": "",
        "resolution": "720P",
        "duration": 2,
        "seed": next(_seeds),
    }
    switches = {"prompt_extend": True, "watermark": False, "decode_frames": True, "wait": True}
    return {
        name: _node(kind, **widgets | switches | given),
        f"{name} shown": _node("PreviewAny", source=[name, 5]),
    }


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def seconds_of(server: ComfyServer, prompt: dict[str, Any]) -> float:
    """Run a prompt and return how long it took; raises RuntimeError with the node's own sentence where it failed."""
    with server.events() as events:
        began = time.monotonic()
        prompt_id = server.submit(prompt)
        ended = _end(events)
        if problem := failure(server.wait(prompt_id)):
            raise RuntimeError(problem)
    return ended.at - began


def seconds_to_cancel(
    server: ComfyServer, prompt: dict[str, Any], until: Callable[[Events], object]
) -> float:
    """Run a prompt, cancel it once `until` returns, and return how long it went on."""
    with server.events() as events:
        prompt_id = server.submit(prompt)
        until(events)
        began = time.monotonic()
        server.interrupt()
        ended = _end(events)
        said = failure(server.wait(prompt_id))
    if said != "interrupted":
        raise RuntimeError(f"It ended before it could be cancelled ({said or 'success'}).")
    return ended.at - began


def _end(events: Events) -> Event:
    """What the server says when a prompt has left the queue."""
    return events.wait_for("executing", lambda data: data["node"] is None, timeout_seconds=120)

"""A real ComfyUI, killed at named moments and at any moment, and started again: the same graph gives its frames, and each was bought once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from tests.nodes.numbered_video import numbers
from tests.wan27.upload.s3_server import S3Server
from wan27.simulator import Fault, Script, Simulator

from ..environment import ROOT
from ..server import ComfyServer
from ..talk import failure
from .kill_at_random import cloud
from .tally import Tally
from .trial import FRAMES, Trial

PACKS = {"probe_pack": ROOT / "tests" / "comfyui" / "probe_pack"}
_TOLD = "may have been accepted and charged"
_LONG_SECONDS = 600.0
_PATIENCE_SECONDS = 60.0
_MOST_RUNS = 3


class Scene:
    """A server, its host and its bucket: what a moment is made of. `prompts` are the requests of the graph that is under way."""

    def __init__(self, trial: Trial, server: ComfyServer, host: Simulator, s3: S3Server) -> None:
        self.trial, self.server, self.host, self.s3 = trial, server, host, s3
        self.prompts: list[str] = []

    def begin(self, *prompts: str, **script: Any) -> None:
        """Submit one graph with a node for each request, on a host that behaves so."""
        self.prompts = list(prompts)
        self.host.replace_script(self.trial.script(**script))
        self.server.submit(self._graph())

    def crash(self) -> None:
        """Kill ComfyUI, let the host be well again and its tasks be done, and start ComfyUI anew."""
        self.server.kill()
        self.s3.script = lambda _: None
        self.host.replace_script(self.trial.script())
        for task in self.host.tasks:
            task.queued_seconds = task.working_seconds = 0
        self.server.start()

    def settle(self, tally: Tally, what: str) -> None:
        """Run the graph until it succeeds, and count the case in."""
        said = [failure(self.server.run(self._graph()))]
        while said[-1] is not None and _TOLD in said[-1] and len(said) < _MOST_RUNS:
            said.append(failure(self.server.run(self._graph())))
        told = sum(_TOLD in (each or "") for each in said)
        bought = [len(self.tasks(prompt)) for prompt in self.prompts]
        tally.cases += 1
        tally.bought += sum(bought)
        tally.told += told
        tally.twice += max(0, sum(number - 1 for number in bought) - told)
        tally.lost += sum(number == 0 for number in bought) if said[-1] is None else 0
        tally.wrong += [f"{what}: ended with {said[-1]}"] if said[-1] else []
        tally.wrong += [f"{what}: {problem}" for prompt in self.prompts if not said[-1] for problem in self._problems(prompt)]

    def tasks(self, prompt: str) -> list[Any]:
        """The tasks that the host has of one request."""
        return [task for task in self.host.tasks if task.body["prompt"] == prompt]

    def watched(self, since: int) -> list[Any]:
        """The tasks from that number on that were asked for, so whose id was heard."""
        asked = {seen.query["task_id"] for seen in self.host.requests if seen.place == "task"}
        return [task for task in list(self.host.tasks)[since:] if task.id in asked]

    def wait(self, until: Callable[[], object]) -> None:
        """Wait until it is so. Raises TimeoutError."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not until():
            if time.monotonic() > deadline:
                raise TimeoutError("The moment to kill ComfyUI never came.")
            time.sleep(0.002)

    def _problems(self, prompt: str) -> Iterator[str]:
        folder = self._folder(prompt)
        if json.loads((folder / "probe.json").read_text())["task_id"] not in {task.id for task in self.tasks(prompt)}:
            yield f"{prompt}: another task's id came out"
        if numbers(np.load(folder / "frames.npy")) != list(range(FRAMES)):
            yield f"{prompt}: the frames are not those of its video"

    def _folder(self, prompt: str) -> Path:
        return self.server.base / "output" / prompt.replace(" ", "-")

    def _graph(self) -> dict[str, Any]:
        graph: dict[str, Any] = {}
        for number, prompt in enumerate(self.prompts):
            # A colour of its own for each, or the bucket would be sent one picture for all.
            graph[f"{number} picture"] = _node("EmptyImage", width=400, height=300, batch_size=1, color=crc32(prompt.encode()) % 0xFFFFFF)
            given = {"prompt": prompt, "negative_prompt": "", "resolution": "720P", "duration": 2, "seed": 0, "prompt_extend": True}
            given |= {"watermark": False, "decode_frames": True, "wait": True, "first_frame": [f"{number} picture", 0]}
            graph[f"{number}"] = _node("Wan27ImageToVideo", **given)
            shown = {"folder": str(self._folder(prompt)), "frames": [f"{number}", 0], "task_id": [f"{number}", 5]}
            graph[f"{number} shown"] = _node("ProbeSave", **shown)
        return graph


def kill_in_five_phases(scene: Scene, tally: Tally, name: str) -> None:
    """One graph of five nodes, which are uploading, submitting, queued, processing and downloading when ComfyUI dies."""
    held = iter([_LONG_SECONDS])
    scene.s3.script = lambda seen: next(held, None) if seen.method == "PUT" else None
    before = len(scene.host.tasks)
    faults = [Fault(on="submit", do="stall"), Fault(on="download", do="stall", after_bytes=1000)]
    scene.begin(*(f"{name} {number}" for number in range(5)), faults=faults, queued_seconds=_LONG_SECONDS)
    # The fourth task is the one whose id nobody heard.
    scene.wait(lambda: len(scene.host.tasks) == before + 4 and len(scene.watched(before)) == 3)
    _queued, processing, downloading = scene.watched(before)
    processing.queued_seconds, processing.working_seconds = 0, _LONG_SECONDS
    downloading.queued_seconds = downloading.working_seconds = 0
    downloads = len(scene.host.downloads)
    scene.wait(lambda: len(scene.host.downloads) > downloads)
    time.sleep(0.3)
    scene.crash()
    scene.settle(tally, name)
    if len(scene.host.tasks) != before + 6:
        tally.wrong.append(f"{name}: five requests of which one was not heard made {len(scene.host.tasks) - before} tasks, not six")


def kill_at(moment: str, scene: Scene, tally: Tally, name: str) -> None:
    """One node, killed at one of `MOMENTS`."""
    script, until = MOMENTS[moment]
    before = len(scene.host.tasks), len(scene.host.requests), len(scene.host.downloads)
    with scene.server.events() as events:
        scene.begin(name, **script)
        if until is None:
            events.wait_for("progress_text", lambda data: moment in data["text"])
        else:
            scene.wait(lambda: until(scene.host, *before))
        scene.server.kill()
    scene.crash()
    scene.settle(tally, f"{name}, {moment}")


def kill_any_time(scene: Scene, tally: Tally, name: str) -> None:
    """One node, killed within the first two seconds or so."""
    scene.begin(name, queued_seconds=0.3, working_seconds=0.3)
    time.sleep(scene.trial.chance.uniform(0, 2.5))
    scene.crash()
    scene.settle(tally, name)


# How the host behaves, and when ComfyUI dies by what the host has seen (tasks, requests, downloads before); None: when the node says the word.
_Seen = Callable[[Simulator, int, int, int], object]
MOMENTS: dict[str, tuple[dict[str, Any], _Seen | None]] = {
    "the request begins to arrive": ({}, lambda host, _tasks, requests, _downloads: len(host.requests) > requests),
    "the answer is under way": ({}, lambda host, tasks, _requests, _downloads: len(host.tasks) > tasks),
    "first look": ({}, lambda host, _tasks, requests, _downloads: any(seen.place == "task" for seen in host.requests[requests:])),
    "download begins": ({}, lambda host, _tasks, _requests, downloads: len(host.downloads) > downloads),
    "submitting": ({"faults": [Fault(on="submit", do="stall")]}, None),
    "queued": ({"queued_seconds": _LONG_SECONDS}, None),
    "processing": ({"working_seconds": _LONG_SECONDS}, None),
    "downloading": ({"faults": [Fault(on="download", do="stall", after_bytes=1000)]}, None),
    "decoding": ({}, None),
}


@contextmanager
def scene(trial: Trial) -> Iterator[Scene]:
    """A ComfyUI without a cache, whose pictures go through a bucket."""
    if trial.comfyui is None:
        raise RuntimeError("There is no ComfyUI to kill.")
    with Simulator(Script()) as host, S3Server() as s3:
        env = {"NOVITA_API_KEY": trial.key, "WAN27_BASE_URL": host.base_url, "WAN27_UPLOAD": "s3://media/wan27"} | cloud(s3)
        with ComfyServer(trial.comfyui, trial.folder / "comfyui", env, ("--cache-none",), PACKS) as server:
            yield Scene(trial, server, host, s3)


def kill_server(trial: Trial) -> list[Tally]:
    """Short: the five phases and one moment; long: every moment, and as many at random."""
    phases, moments = Tally("a real ComfyUI killed with nodes in five phases"), Tally("a real ComfyUI killed at a named moment")
    anywhere = Tally("a real ComfyUI killed at any moment")
    with scene(trial) as place:
        for number in range(trial.times(1, 3)):
            kill_in_five_phases(place, phases, f"phases {number}")
        for moment in trial.chance.sample(sorted(MOMENTS), trial.times(1, len(MOMENTS))):
            kill_at(moment, place, moments, f"moment {moment}")
        for number in range(trial.times(0, 20)):
            kill_any_time(place, anywhere, f"any {number}")
    return [phases, moments, *([anywhere] if anywhere.cases else [])]


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}

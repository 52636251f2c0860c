"""A real ComfyUI that is killed and started again on the same folders, with the same graph."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from scripts.client import failure
from scripts.comfyui import ComfyUI
from scripts.server import ComfyServer
from tests.nodes.numbered_video import numbers
from tests.simulator import Fault, Script, ScriptedSimulator
from tests.wan27.upload.s3_server import S3Server

from .person import unknown_task
from .tally import Tally
from .trial import FRAMES, Trial

PACKS = {"probe_pack": Path(__file__).parent.parent / "comfyui" / "probe_pack"}
_REPORTED = "you may have been charged"
_LONG_SECONDS = 600.0
_PATIENCE_SECONDS = 60.0
_MOST_RUNS = 3
_WIDGETS = {
    "negative_prompt": "",
    "resolution": "720P",
    "duration": 2,
    "seed": 0,
    "prompt_extend": True,
    "watermark": False,
    "decode_frames": True,
    "wait": True,
}


class Scene:
    """A ComfyUI, its host and its bucket; `prompts` are the requests of the running graph."""

    def __init__(
        self, trial: Trial, server: ComfyServer, host: ScriptedSimulator, s3: S3Server
    ) -> None:
        self.trial, self.server, self.host, self.s3 = trial, server, host, s3
        self.prompts: list[str] = []

    def begin(self, *prompts: str, **script: Any) -> None:
        """Queue one graph with a node for each request, to a host with this script."""
        self.prompts = list(prompts)
        self.host.replace_script(self.trial.script(**script))
        self.server.submit(self._graph())

    def crash(self) -> None:
        """Kill ComfyUI, end the faults, finish all tasks, and start ComfyUI again."""
        self.server.kill()
        self.s3.script = lambda _: None
        self.host.replace_script(self.trial.script())
        for task in self.host.tasks:
            task.queued_seconds = task.working_seconds = 0
        self.server.start()

    def settle(self, tally: Tally, what: str) -> None:
        """Run the graph until it succeeds, and add the case to the tally.

        A person decides wherever a Run asks for it, over the routes of the page.
        """
        given_up = 0
        errors = [failure(self.server.run(self._graph()))]
        while _REPORTED in (errors[-1] or "") and len(errors) < _MOST_RUNS:
            given_up += self._decide()
            errors.append(failure(self.server.run(self._graph())))
        bought = [len(self.tasks(prompt)) for prompt in self.prompts]
        tally.cases += 1
        tally.bought += sum(bought)
        tally.reported += sum(_REPORTED in (each or "") for each in errors)
        tally.twice += max(0, sum(number - 1 for number in bought) - given_up)
        if errors[-1]:
            tally.wrong.append(f"{what}: ended with {errors[-1]}")
            return
        tally.lost += sum(number == 0 for number in bought)
        for prompt in self.prompts:
            tally.wrong += [f"{what}: {problem}" for problem in self._problems(prompt)]

    def _decide(self) -> int:
        """Give each task of the account to its request, and give up a request without one.

        Return how many were given up.
        """
        listed = self.server.get("/wan27/tasks")["tasks"]
        known = [task["task_id"] for task in listed]
        given_up = 0
        for entry in (each for each in listed if each["state"] in ("uncertain", "lost")):
            name = {"id": entry["id"], "created": entry["created"]}
            found = unknown_task([task.id for task in self.tasks(entry["prompt"])], known)
            if found:
                self.server.post("/wan27/tasks/attach", name | {"task_id": found})
            else:
                self.server.post("/wan27/tasks/abandon", name)
            given_up += not found
        return given_up

    def tasks(self, prompt: str) -> list[Any]:
        """Return the host's tasks of one request."""
        return [task for task in self.host.tasks if task.body["prompt"] == prompt]

    def polled(self, since: int) -> list[Any]:
        """Return the polled tasks from that number on; the id of each has arrived."""
        asked = {seen.query["task_id"] for seen in self.host.requests if seen.call == "task"}
        return [task for task in list(self.host.tasks)[since:] if task.id in asked]

    def wait(self, is_true: Callable[[], object]) -> None:
        """Wait until the condition is true. Raises TimeoutError."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not is_true():
            if time.monotonic() > deadline:
                raise TimeoutError("The moment to kill ComfyUI never came.")
            time.sleep(0.002)

    def _problems(self, prompt: str) -> Iterator[str]:
        folder = self._folder(prompt)
        shown = json.loads((folder / "probe.json").read_text())["task_id"]
        if shown not in {task.id for task in self.tasks(prompt)}:
            yield f"{prompt}: the node returned another task's id"
        if numbers(np.load(folder / "frames.npy")) != list(range(FRAMES)):
            yield f"{prompt}: the frames are not those of its video"

    def _folder(self, prompt: str) -> Path:
        return self.server.base / "output" / prompt.replace(" ", "-")

    def _graph(self) -> dict[str, Any]:
        graph: dict[str, Any] = {}
        for number, prompt in enumerate(self.prompts):
            # Each has another color, or the bucket would get one image for all.
            size = {"width": 400, "height": 300, "batch_size": 1}
            color = crc32(prompt.encode()) % 0xFFFFFF
            graph[f"{number} image"] = _node("EmptyImage", color=color, **size)
            given = {"prompt": prompt, "first_frame": [f"{number} image", 0]}
            graph[f"{number}"] = _node("Wan27ImageToVideo", **_WIDGETS | given)
            outputs = {"frames": [f"{number}", 0], "task_id": [f"{number}", 5]}
            folder = str(self._folder(prompt))
            graph[f"{number} shown"] = _node("ProbeSave", folder=folder, **outputs)
        return graph


def kill_in_five_phases(scene: Scene, tally: Tally, name: str) -> None:
    """Kill a graph of five nodes, each in another phase.

    They are uploading, submitting, queued, processing and downloading.
    """
    delays = iter([_LONG_SECONDS])
    scene.s3.script = lambda seen: next(delays, None) if seen.method == "PUT" else None
    before = len(scene.host.tasks)
    faults = [Fault(on="submit", do="stall"), Fault(on="download", do="stall", after_bytes=1000)]
    scene.begin(
        *(f"{name} {number}" for number in range(5)), faults=faults, queued_seconds=_LONG_SECONDS
    )
    # The id of the fourth task never arrived.
    scene.wait(lambda: len(scene.host.tasks) == before + 4 and len(scene.polled(before)) == 3)
    _queued, processing, downloading = scene.polled(before)
    processing.queued_seconds, processing.working_seconds = 0, _LONG_SECONDS
    downloading.queued_seconds = downloading.working_seconds = 0
    downloads = len(scene.host.downloads)
    scene.wait(lambda: len(scene.host.downloads) > downloads)
    time.sleep(0.3)
    scene.crash()
    scene.settle(tally, name)
    made = len(scene.host.tasks) - before
    if made != 5:
        tally.wrong.append(f"{name}: five requests, one of them uncertain, made {made} tasks")


def kill_at(moment: str, scene: Scene, tally: Tally, name: str) -> None:
    """Kill one node at one of `MOMENTS`."""
    script, has_come = MOMENTS[moment]
    before = len(scene.host.tasks), len(scene.host.requests), len(scene.host.downloads)
    with scene.server.events() as events:
        scene.begin(name, **script)
        if has_come is None:
            events.wait_for("progress_text", lambda data: moment in data["text"])
        else:
            scene.wait(lambda: has_come(scene.host, *before))
        scene.server.kill()
    scene.crash()
    scene.settle(tally, f"{name}, {moment}")


def kill_any_time(scene: Scene, tally: Tally, name: str) -> None:
    """Kill one node within about two seconds."""
    scene.begin(name, queued_seconds=0.3, working_seconds=0.3)
    time.sleep(scene.trial.chance.uniform(0, 2.5))
    scene.crash()
    scene.settle(tally, name)


# The host's script, and a condition for the moment, with the host and its earlier numbers of tasks,
# requests and downloads. Without a condition, it is the moment when the node shows its name.
_Seen = Callable[[ScriptedSimulator, int, int, int], object]
MOMENTS: dict[str, tuple[dict[str, Any], _Seen | None]] = {
    "the request begins to arrive": ({}, lambda host, _, before, __: len(host.requests) > before),
    "the response is on its way": ({}, lambda host, before, _, __: len(host.tasks) > before),
    "the first poll": (
        {},
        lambda host, _, before, __: any(seen.call == "task" for seen in host.requests[before:]),
    ),
    "the download begins": ({}, lambda host, _, __, before: len(host.downloads) > before),
    "submitting": ({"faults": [Fault(on="submit", do="stall")]}, None),
    "queued": ({"queued_seconds": _LONG_SECONDS}, None),
    "processing": ({"working_seconds": _LONG_SECONDS}, None),
    "downloading": ({"faults": [Fault(on="download", do="stall", after_bytes=1000)]}, None),
    "decoding": ({}, None),
}


@contextmanager
def scene(trial: Trial, comfyui: ComfyUI) -> Iterator[Scene]:
    """Start a ComfyUI without a cache, whose images are uploaded to a bucket."""
    with ScriptedSimulator(Script()) as host, S3Server() as s3:
        env = {"NOVITA_API_KEY": trial.key, "WAN27_BASE_URL": host.base_url} | s3.environment
        env["WAN27_UPLOAD"] = "s3://media/wan27"
        base = trial.folder / "comfyui"
        with ComfyServer(comfyui, base, env, ("--cache-none",), PACKS) as server:
            yield Scene(trial, server, host, s3)


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}

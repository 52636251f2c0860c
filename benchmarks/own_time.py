"""The pack's own time: a run of the library, minus bare requests to the host and the decoding."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from statistics import median

import httpx
import torch

from wan27.api.protocols.async_v3 import build_request
from wan27.medium import ImageFile
from wan27.upload.inline import Inline

from .bench import Bench, in_fresh_process
from .figure import Figure
from .one_run import KEY, at_once, make_job, run_once
from .readers import ours
from .sample import sample_frames, sample_video

_SUCCEEDED = "TASK_STATUS_SUCCEED"


def own_time(bench: Bench) -> list[Figure]:
    """Measure with a 1080P image and a short 720P video, whose decoding is short."""
    video = (
        sample_video(bench.folder, 1, 640, 352)
        if bench.is_quick
        else sample_video(bench.folder, 2, 1280, 720)
    )
    with at_once(video) as simulator:
        whole, bare = in_fresh_process(
            _measure, simulator.base_url, video, bench.size, max(bench.repeats, 5)
        )
    times = f"whole {whole:.2f} s, bare requests and decoding {bare:.2f} s"
    detail = f"{times}; the library without ComfyUI"
    name = "Own time from submission to frames, without host, network and decoding"
    return [Figure(name, whole - bare, "s", at_most=0.25, detail=detail)]


def _measure(url: str, video: Path, size: tuple[int, int], repeats: int) -> tuple[float, float]:
    image = torch.from_numpy(next(sample_frames(1, *size))).float()[None] / 255
    return asyncio.run(_alternate(image, url, video, repeats))


async def _alternate(
    image: torch.Tensor, url: str, video: Path, repeats: int
) -> tuple[float, float]:
    content, whole, bare = await _body(image), [], []
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        for _ in range(repeats + 1):
            began = time.perf_counter()
            await run_once(image, url, video.parent / "own", _ignore)
            between = time.perf_counter()
            await _exchange(http, content)
            await asyncio.to_thread(ours, video)
            whole.append(between - began)
            bare.append(time.perf_counter() - between)
    # The first round warms up.
    return median(whole[1:]), median(bare[1:])


async def _body(image: torch.Tensor) -> bytes:
    job = make_job(image)
    file = job.media["first_frame"]
    assert isinstance(file, ImageFile)  # noqa: S101 - it was made of an image
    image_type, content_hash = file.content_type, file.content_hash
    upload = await Inline().upload("first_frame", file.data, image_type, content_hash)
    return json.dumps(build_request(job, {"first_frame": upload.url})).encode()


async def _exchange(http: httpx.AsyncClient, content: bytes) -> None:
    """Submit, poll and download, without a journal, a check or a file."""
    headers = {"Content-Type": "application/json"}
    submitted = await http.post("/v3/async/wan2.7-i2v", content=content, headers=headers)
    parameters = {"task_id": submitted.raise_for_status().json()["task_id"]}
    while True:
        result = (await http.get("/v3/async/task-result", params=parameters)).json()
        if result["task"]["status"] == _SUCCEEDED:
            break
        await asyncio.sleep(0.001)
    async with httpx.AsyncClient(trust_env=False) as store:
        (await store.get(result["videos"][0]["video_url"])).raise_for_status()


def _ignore(_: object) -> None:
    """Ignore the progress."""

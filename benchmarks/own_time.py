"""The pack's own time: a whole run of the library less the same exchange with the host, done bare, and the same decoding."""

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

from .bench import Bench, apart
from .figure import Figure
from .film import film, pictures
from .one_run import KEY, at_once, make_job, run_once
from .readers import ours

_SUCCEEDED = "TASK_STATUS_SUCCEED"


def own_time(bench: Bench) -> list[Figure]:
    """A 1080P picture in, a short 720P video out, so that decoding does not drown what is sought."""
    video = film(bench.folder, 1, 640, 352) if bench.is_quick else film(bench.folder, 2, 1280, 720)
    with at_once(video) as simulator:
        whole, bare = apart(_measure, simulator.base_url, video, bench.size, max(bench.repeats, 5))
    detail = (
        f"whole {whole:.2f} s, bare requests and decoding {bare:.2f} s; the library without ComfyUI"
    )
    return [
        Figure(
            "Own time from submission to frames, without host, network and decoding",
            whole - bare,
            "s",
            at_most=0.25,
            detail=detail,
        )
    ]


def _measure(url: str, video: Path, size: tuple[int, int], repeats: int) -> tuple[float, float]:
    image = torch.from_numpy(next(pictures(1, *size))).float()[None] / 255
    return asyncio.run(_alternate(image, url, video, repeats))


async def _alternate(
    image: torch.Tensor, url: str, video: Path, repeats: int
) -> tuple[float, float]:
    content, whole, bare = await _body(image), [], []
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
    ) as http:
        for _ in range(repeats + 1):
            began = time.perf_counter()
            await run_once(image, url, video.parent / "own", _unheard)
            between = time.perf_counter()
            await _exchange(http, content)
            await asyncio.to_thread(ours, video)
            whole.append(between - began)
            bare.append(time.perf_counter() - between)
    # The first round is the warming.
    return median(whole[1:]), median(bare[1:])


async def _body(image: torch.Tensor) -> bytes:
    job = make_job(image)
    picture = job.media["first_frame"]
    assert isinstance(picture, ImageFile)  # noqa: S101 - it was made of an image
    address = await Inline().upload(
        "first_frame", picture.data, picture.content_type, picture.content_hash
    )
    return json.dumps(build_request(job, {"first_frame": address})).encode()


async def _exchange(http: httpx.AsyncClient, content: bytes) -> None:
    """Submit, ask until it is done, fetch: nothing is recorded, checked or kept."""
    submitted = await http.post(
        "/v3/async/wan2.7-i2v", content=content, headers={"Content-Type": "application/json"}
    )
    parameters = {"task_id": submitted.raise_for_status().json()["task_id"]}
    while True:
        said = (await http.get("/v3/async/task-result", params=parameters)).json()
        if said["task"]["status"] == _SUCCEEDED:
            break
        await asyncio.sleep(0.001)
    async with httpx.AsyncClient(trust_env=False) as store:
        (await store.get(said["videos"][0]["video_url"])).raise_for_status()


def _unheard(_: object) -> None:
    """Nobody looks at the progress."""

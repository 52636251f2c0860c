"""One Run of each node: its inputs in, its `NodeOutput` out. `wan27.generate` does the work.

`cls` is the node's class and `linked` its inputs, as ComfyUI calls `execute`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import Any

from comfy_api.latest import io

from ..wan27.api.task_id import given_task_id
from ..wan27.collect import Result, collect
from ..wan27.generate import generate, submit
from ..wan27.job import Job
from ..wan27.medium import Medium
from ..wan27.session import Phase, Progress, Session
from . import inputs, outputs
from .cancel import running_prompt
from .given import Given, given_to
from .session import open_session
from .status.events import NodeRef
from .status.given_videos import remember_given


async def generate_from_images(
    node: NodeRef, cls: type, linked: Mapping[str, Any]
) -> io.NodeOutput:
    """Run Image to Video or First-Last-Frame to Video."""
    names = ("first_frame", "last_frame", "driving_audio", "driving_audio_url")
    return await _generate(node, given_to(cls, linked), inputs.image_media, names)


async def generate_from_clip(node: NodeRef, cls: type, linked: Mapping[str, Any]) -> io.NodeOutput:
    """Run Video Continuation."""
    names = ("first_clip", "clip_frames", "clip_fps", "first_clip_url", "last_frame")
    return await _generate(node, given_to(cls, linked), inputs.clip_media, names)


async def collect_task(node: NodeRef, cls: type, linked: Mapping[str, Any]) -> io.NodeOutput:
    """Run Task Poll."""
    given = given_to(cls, linked)
    async with open_session(node, given.notices()) as session:
        values = given.values()
        result = await collect(given_task_id(values["task_id"]), session)
        return await _finish(node, result, session, values["decode_frames"])


async def _generate(
    node: NodeRef,
    given: Given,
    media: Callable[..., Mapping[str, Medium]],
    names: Iterable[str],
) -> io.NodeOutput:
    """Run a node that generates: `names` are the inputs of `media`, the rest fields of the job."""
    async with open_session(node, given.notices()) as session:
        values = given.values()
        decode_frames, wait = values.pop("decode_frames"), values.pop("wait")
        sources = {name: values.pop(name, None) for name in names}
        session.report(Progress(Phase.UPLOADING, time()))  # encoding takes time: no old error stays
        job = await session.in_thread(
            lambda check: Job(media=media(**sources, session=session, check=check), **values)
        )
        if wait:
            return await _finish(node, await generate(job, session), session, decode_frames)
        task_id = await submit(job, session)
        session.report(Progress(Phase.SUBMITTED, time(), task_id=task_id))
        return await outputs.submitted(task_id, session)


async def _finish(
    node: NodeRef, result: Result, session: Session, decode_frames: bool
) -> io.NodeOutput:
    output = await outputs.finished(result, session, decode_frames=decode_frames)
    is_whole = not outputs.lacks_one(output)
    remember_given(node.run_id, running_prompt(), result.path, is_whole=is_whole)
    session.report(Progress(Phase.DONE, time(), task_id=result.task_id))
    return output

"""One Run of each node: its inputs in, its `NodeOutput` out. `wan27.generate` does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time
from typing import Any

from comfy_api.latest import io

from ..wan27.collect import Result, collect
from ..wan27.errors import InvalidInput
from ..wan27.generate import generate, submit
from ..wan27.job import Job
from ..wan27.limits import DEFAULT_CLIP_FPS
from ..wan27.medium import Medium
from ..wan27.session import Phase, Progress, Session
from . import inputs, outputs
from .cancel import running_prompt
from .session import open_session
from .status.events import NodeRef
from .status.given_videos import remember_given


async def generate_from_images(
    node: NodeRef,
    *,
    first_frame: Any,
    last_frame: Any = None,
    driving_audio: Any = None,
    driving_audio_url: str = "",
    **widgets: Any,
) -> io.NodeOutput:
    """Run Image to Video or First-Last-Frame to Video."""

    def media(session: Session, check: Callable[[], None]) -> dict[str, Medium]:
        return inputs.image_media(
            first_frame, last_frame, driving_audio, driving_audio_url, session, check
        )

    return await _generate(node, media, **widgets)


async def generate_from_clip(
    node: NodeRef,
    *,
    first_clip: Any = None,
    clip_frames: Any = None,
    clip_fps: float = DEFAULT_CLIP_FPS,
    first_clip_url: str = "",
    last_frame: Any = None,
    **widgets: Any,
) -> io.NodeOutput:
    """Run Video Continuation."""

    def media(session: Session, check: Callable[[], None]) -> dict[str, Medium]:
        return inputs.clip_media(
            first_clip, clip_frames, clip_fps, first_clip_url, last_frame, session, check
        )

    return await _generate(node, media, **widgets)


async def collect_task(node: NodeRef, *, task_id: str, decode_frames: bool) -> io.NodeOutput:
    """Run Task Poll."""
    task_id = task_id.strip()
    async with open_session(node) as session:
        if not task_id or not task_id.isprintable():
            raise InvalidInput(
                "task_id",
                f"is {task_id[:80]!r}. Enter the id of a task, such as the task_id output of a node"
                " with wait off. Nothing was sent.",
            )
        return await _finish(node, await collect(task_id, session), session, decode_frames)


async def _generate(
    node: NodeRef,
    media: Callable[[Session, Callable[[], None]], Mapping[str, Medium]],
    *,
    decode_frames: bool,
    wait: bool,
    **parameters: Any,
) -> io.NodeOutput:
    """Run a node that generates; `parameters` are fields of the job."""
    async with open_session(node) as session:
        job = await session.in_thread(lambda check: Job(media=media(session, check), **parameters))
        if wait:
            return await _finish(node, await generate(job, session), session, decode_frames)
        task_id = await submit(job, session)
        session.report(Progress(Phase.SUBMITTED, time(), task_id=task_id))
        return outputs.submitted(task_id)


async def _finish(
    node: NodeRef, result: Result, session: Session, decode_frames: bool
) -> io.NodeOutput:
    output = await outputs.finished(result, session, decode_frames=decode_frames)
    remember_given(node.node_id, running_prompt(), result.path)
    session.report(Progress(Phase.DONE, time(), task_id=result.task_id))
    return output

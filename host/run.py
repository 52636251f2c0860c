"""What the nodes do, in ComfyUI's terms: inputs in, `NodeOutput` out.

The work itself is `wan27.generate`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from comfy_api.latest import io

from ..wan27.collect import collect
from ..wan27.errors import InvalidInput
from ..wan27.generate import generate, submit
from ..wan27.job import Job
from ..wan27.limits import DEFAULT_CLIP_FPS
from ..wan27.medium import Medium
from ..wan27.session import Session
from . import inputs as media
from . import outputs
from .session import open_session
from .status.events import Place
from .status.text import SUBMITTED


async def generate_from_pictures(
    place: Place,
    *,
    first_frame: Any,
    last_frame: Any = None,
    driving_audio: Any = None,
    driving_audio_url: str = "",
    **given: Any,
) -> io.NodeOutput:
    """Image to Video and First-Last-Frame to Video."""
    return await _generate(
        place,
        functools.partial(
            media.pictures, first_frame, last_frame, driving_audio, driving_audio_url
        ),
        **given,
    )


async def generate_from_clip(
    place: Place,
    *,
    first_clip: Any = None,
    clip_frames: Any = None,
    clip_fps: float = DEFAULT_CLIP_FPS,
    first_clip_url: str = "",
    last_frame: Any = None,
    **given: Any,
) -> io.NodeOutput:
    """Video Continuation."""
    return await _generate(
        place,
        functools.partial(
            media.clip, first_clip, clip_frames, clip_fps, first_clip_url, last_frame
        ),
        **given,
    )


async def collect_task(place: Place, *, task_id: str, decode_frames: bool) -> io.NodeOutput:
    """Task Poll."""
    task_id = task_id.strip()
    async with open_session(place) as (session, display):
        if not task_id or not task_id.isprintable():
            raise InvalidInput(
                "task_id",
                f"is {task_id[:80]!r}; give the id of a task, as a node with wait off hands it"
                " out.",
            )
        output = await outputs.finished(
            await collect(task_id, session), session, with_frames=decode_frames
        )
        display.done(task_id)
        return output


async def _generate(
    place: Place,
    media_of_job: Callable[[Session, Callable[[], None]], Mapping[str, Medium]],
    *,
    decode_frames: bool,
    wait: bool,
    **parameters: Any,
) -> io.NodeOutput:
    """`parameters` are the job's own fields."""
    async with open_session(place) as (session, display):
        job = await session.in_thread(
            lambda check: Job(media=media_of_job(session, check), **parameters)
        )
        if not wait:
            task_id = await submit(job, session)
            display.done(task_id, SUBMITTED)
            return outputs.submitted(task_id)
        result = await generate(job, session)
        output = await outputs.finished(result, session, with_frames=decode_frames)
        display.done(result.task_id)
        return output

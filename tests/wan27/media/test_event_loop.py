"""The event loop during the heaviest run: it also serves other nodes and ComfyUI's messages."""

from __future__ import annotations

import asyncio
import time

import torch

from tests.simulator import Script
from wan27.generate import generate
from wan27.job import Job
from wan27.media.decode.frames import decode_frames
from wan27.media.decode.sound import decode_audio
from wan27.media.encode.image import encode_image

from .make_video import Sound, make_video, numbered_frames, tone

MAX_SECONDS = 0.05


async def _beat(busy):
    """Note how long this thread computed between two beats; other programs do not count."""
    before = time.thread_time()
    while True:
        await asyncio.sleep(0.001)
        now = time.thread_time()
        busy.append(now - before)
        before = now


async def test_no_step_blocks_the_loop(tmp_path, simulator, make_session):
    """Never for 50 ms: 8 MB of image are encoded and sent, 2 s of 720P downloaded and decoded."""
    image = torch.rand(1, 1440, 1920, 3, generator=torch.Generator().manual_seed(1))
    video = make_video(tmp_path / "made.mp4", numbered_frames(60, 1280, 720), sound=Sound(tone(2)))
    simulator.replace_script(Script(queued_seconds=0, working_seconds=0, video=str(video)))
    session, busy = make_session(), []
    beat = asyncio.create_task(_beat(busy))
    first_frame = await session.in_thread(lambda _: encode_image(image, "first_frame"))
    result = await generate(
        Job(media={"first_frame": first_frame}, prompt="a boat", duration=2), session
    )
    frames, _ = await session.in_thread(
        lambda check: (decode_frames(result.clip, check), decode_audio(result.clip, check))
    )
    beat.cancel()
    assert (60, True) == (len(frames), len(first_frame.data) > 7_000_000)
    assert max(busy) < MAX_SECONDS

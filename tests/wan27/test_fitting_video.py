"""The video of a task that was given to a request must fit it, by hand and by itself."""

from __future__ import annotations

import asyncio

import av
import numpy as np
import pytest

from tests.simulator import Fault, Script
from wan27 import errors
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.states import State
from wan27.media.encode.image import encode_image

from .conftest import Run

SCENE = np.zeros((300, 400, 3), np.uint8)
SCENE[:, :, 0] = np.linspace(0, 255, 400, dtype=np.uint8)
SCENE[60:140, 240:380] = 255


def image_of(pixels):
    """Return an image file as the node sends it."""
    import torch  # noqa: PLC0415 - as in conftest

    frames = torch.from_numpy(pixels.astype(np.float32) / 255)[None]
    return encode_image(frames, "first_frame", fit_bytes=10**7)


async def doubtful(simulator, make_session, job):
    """Return the entry of a request whose response was lost, and the host's task."""
    session = make_session()
    simulator.script.faults.append(Fault(on="submit", do="status_after_body", status=504))
    with pytest.raises(errors.SubmissionUncertain) as raised:
        await submit(job, session)
    return session.journal.find_entry(*raised.value.entry), simulator.tasks[-1]


@pytest.fixture
def scene():
    """A job's media whose image can be told from others."""
    return {"first_frame": image_of(SCENE)}


@pytest.fixture
def scene_video(simulator, tmp_path):
    """The simulator's videos begin with the scene."""
    path = tmp_path / "scene.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 400, 300, "yuv420p"
        for _ in range(60):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(SCENE, format="rgb24")))
        container.mux(stream.encode())
    simulator.replace_script(Script(queued_seconds=0, working_seconds=0, video=str(path)))


MISFITS = [
    ({"duration": 5}, "is 2 s of 720P and this request asked for 5 s of 720P, so it is not its"),
    ({"resolution": "1080P"}, "is 2 s of 720P and this request asked for 2 s of 1080P, so"),
    ({"media": "square"}, "is 2 s of 720P at 1.33:1 and this request asked for .* at 1.00:1, so"),
]


@pytest.mark.parametrize("polled_first", [False, True])
@pytest.mark.parametrize(("asked", "words"), MISFITS)
async def test_a_video_that_does_not_fit_its_request_is_taken_back(
    simulator, make_session, make_job, asked, words, polled_first
):
    """The request is uncertain again and not sent; the video stays under its id alone."""
    if "media" in asked:
        asked = {"media": {"first_frame": image_of(SCENE[:, :300])}}
    session = make_session()
    entry, task = await doubtful(simulator, make_session, make_job(**asked))
    if polled_first:
        await collect(task.id, make_session())
    session.journal.attach(entry, task.id)
    with pytest.raises(errors.SubmissionUncertain, match=f"^Task {task.id} {words}") as raised:
        await generate(make_job(**asked), make_session())
    assert (entry.id, entry.created) == raised.value.entry
    [again] = session.journal.in_state(State.UNCERTAIN)
    assert (entry.id, None, False) == (again.id, again.task_id, again.attached)
    alone = session.journal.find_task(entry.host, task.id)
    assert (None, State.FINISHED) == (alone.fingerprint, alone.state)
    polled = await collect(task.id, make_session())
    assert polled.path == session.output / alone.path
    with pytest.raises(errors.SubmissionUncertain, match="^Novita did not answer"):
        await generate(make_job(**asked), make_session())
    assert 1 == len(simulator.submissions)


async def test_a_video_that_was_recorded_is_not_compared_again(
    simulator, make_session, make_job, tmp_path
):
    """A person may cut the file afterwards: the paid task stays that of its request."""
    session = make_session()
    entry, task = await doubtful(simulator, make_session, make_job())
    session.journal.attach(entry, task.id)
    result = await generate(make_job(), make_session())
    with av.open(str(result.path)) as video:
        frames = [frame for frame, _ in zip(video.decode(video=0), range(15), strict=False)]
    with av.open(str(tmp_path / "cut.mp4"), "w") as container:
        stream = container.add_stream("libx264", 30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (tmp_path / "cut.mp4").replace(result.path)
    assert task.id == (await generate(make_job(), make_session())).task_id
    assert State.FINISHED is session.journal.find_task(entry.host, task.id).state


async def test_an_id_that_is_taken_back_during_the_download_gets_the_video(
    simulator, make_session, make_job
):
    """The request stays uncertain: the video is recorded where its id is by then."""
    session = make_session()
    entry, task = await doubtful(simulator, make_session, make_job())
    attached = session.journal.attach(entry, task.id)
    run = Run()
    begun = make_session(run)
    run.reports = _Reports(lambda: session.journal.detach(attached))
    object.__setattr__(begun, "report", run.reports.append)
    await collect(task.id, begun)
    alone = session.journal.find_task(entry.host, task.id)
    assert (None, State.FINISHED) == (alone.fingerprint, alone.state)
    assert [entry.id] == [each.id for each in session.journal.in_state(State.UNCERTAIN)]


class _Reports(list):
    """Reports of a run that do something once, when the download begins."""

    def __init__(self, once):
        super().__init__()
        self._once = once

    def append(self, progress):
        super().append(progress)
        if self._once and progress.phase.value == "downloading":
            self._once()
            self._once = None


async def test_task_poll_gives_the_video_to_the_one_request_that_it_fits(
    simulator, make_session, make_job, scene
):
    """A video as the host renders it; the node says so, and the next Run finds it."""
    simulator.replace_script(Script(queued_seconds=0, working_seconds=0))
    session, run = make_session(), Run()
    entry, task = await doubtful(simulator, make_session, make_job(media=scene))
    polled = await collect(task.id, make_session(run))
    notices = [notice for report in run.reports for notice in report.notices]
    assert 1 == len(notices)
    assert notices[0].startswith("This video was given to the request of ")
    known = session.journal.find_task(entry.host, task.id)
    assert (entry.id, State.FINISHED, True) == (known.id, known.state, known.attached)
    assert polled == await generate(make_job(media=scene), make_session())
    assert 1 == len(simulator.submissions)
    assert b"" != polled.thumbnail


async def test_a_video_that_was_given_by_itself_can_be_taken_back_for_good(
    simulator, make_session, make_job, scene, scene_video
):
    """Task Poll does not give it again."""
    session = make_session()
    entry, task = await doubtful(simulator, make_session, make_job(media=scene))
    await collect(task.id, make_session())
    session.journal.detach(session.journal.find_task(entry.host, task.id))
    for _ in range(2):
        await collect(task.id, make_session())
        assert None is session.journal.find_task(entry.host, task.id).fingerprint
    assert [entry.id] == [each.id for each in session.journal.in_state(State.UNCERTAIN)]


@pytest.mark.parametrize(
    "asked",
    [
        [{}, {"seed": 2}],
        [{"duration": 5}],
        [{"resolution": "1080P"}],
        [{"media": {"first_frame": image_of(SCENE[:, ::-1].copy())}}],
        [{"media": {"first_frame": image_of(SCENE[:, :300].copy())}}],
    ],
    ids=["two that fit", "length", "tier", "opening frame", "shape"],
)
async def test_task_poll_gives_a_video_to_no_request_in_doubt(
    simulator, make_session, make_job, scene, scene_video, asked
):
    """A person decides: the request stays uncertain and the task is known by its id alone."""
    session = make_session()
    for changes in asked:
        _, task = await doubtful(simulator, make_session, make_job(**{"media": scene, **changes}))
    run = Run()
    await collect(task.id, make_session(run))
    known = session.journal.find_task(session.account.host_id, task.id)
    assert (None, State.FINISHED) == (known.fingerprint, known.state)
    assert len(asked) == len(session.journal.in_state(State.UNCERTAIN))
    assert [] == [notice for report in run.reports for notice in report.notices]


async def test_a_request_without_a_thumbnail_gets_no_video_by_itself(
    simulator, make_session, make_job, scene, scene_video
):
    """Its first frame cannot be compared."""
    session = make_session()
    entry, task = await doubtful(simulator, make_session, make_job(media=scene))
    (session.journal.thumbnails._folder / entry.thumbnail).unlink()
    await collect(task.id, make_session())
    assert None is session.journal.find_task(entry.host, task.id).fingerprint


async def test_task_poll_gives_no_video_away_while_a_request_that_it_fits_is_being_sent(
    simulator, make_session, make_job, scene, scene_video
):
    """The task may be that request's, whose response comes in a moment."""
    session = make_session()
    entry, _ = await doubtful(simulator, make_session, make_job(media=scene))
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=2.0))
    sending = asyncio.create_task(submit(make_job(media=scene, seed=2), make_session()))
    while 2 > len(simulator.tasks):
        await asyncio.sleep(0.02)
    task = simulator.tasks[-1]
    await collect(task.id, make_session())
    assert task.id == await sending
    assert [entry.id] == [each.id for each in session.journal.in_state(State.UNCERTAIN)]
    assert task.id == (await generate(make_job(media=scene, seed=2), make_session())).task_id


async def test_a_video_that_was_taken_back_is_given_to_no_other_request(
    simulator, make_session, make_job, scene, scene_video
):
    """It fits one, but only a person may give it again."""
    session = make_session()
    await doubtful(simulator, make_session, make_job(media=scene))
    longer = make_job(media=scene, duration=5)
    entry, task = await doubtful(simulator, make_session, longer)
    session.journal.attach(entry, task.id)
    with pytest.raises(errors.SubmissionUncertain, match="so it is not its video"):
        await generate(longer, make_session())
    assert None is session.journal.find_task(entry.host, task.id).fingerprint
    assert 2 == len(session.journal.in_state(State.UNCERTAIN))

"""A paid request at Alibaba, with a key and nothing else: what differs from the other hosts."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from tests.simulator import Fault
from tests.wan27.simulator.made_media import clip_bytes, wav_bytes
from wan27 import errors
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.states import State
from wan27.medium import DeferredMedia, Link
from wan27.simulator.temporary_store import parse_form

from .conftest import Run


@pytest.fixture
def host_name():
    """Every session is at Alibaba."""
    return "alibaba"


@pytest.fixture
def sound(tmp_path):
    """Three seconds of sound, as a node hands them out."""
    path = tmp_path / "sound.wav"
    path.write_bytes(wav_bytes(3))
    return DeferredMedia(lambda _: path, 3.0, "sound")


@pytest.fixture
def clip(tmp_path):
    """Two seconds of video, as a node hands them out."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip_bytes())
    return DeferredMedia(lambda _: path, 2.0, "clip")


def uploaded(simulator):
    """Return the bytes of every upload."""
    forms = [request for request in simulator.requests if request.call == "upload"]
    return [parse_form(form.headers["Content-Type"], form.raw)[1] for form in forms]


async def test_every_medium_goes_through_the_temporary_store(
    simulator, make_session, make_job, image, sound, video
):
    """The image as its PNG, to the bit; the request asks for uploads to be resolved."""
    media = {"first_frame": image, "last_frame": image, "driving_audio": sound}
    result = await generate(make_job(media=media, duration=3), make_session())
    assert video.read_bytes() == result.path.read_bytes()
    assert [image.data, wav_bytes(3)] == uploaded(simulator)  # one image, sent once
    [request] = [request for request in simulator.requests if request.call == "submit"]
    assert "enable" == request.headers["X-DashScope-OssResourceResolve"]
    urls = [medium["url"] for medium in request.json["input"]["media"]]
    assert ([True] * 3, urls[0]) == ([url.startswith("oss://") for url in urls], urls[1])


async def test_a_clip_and_a_last_frame_are_continued(
    simulator, make_session, make_job, image, clip
):
    """No bucket is needed for a clip."""
    media = {"first_clip": clip, "last_frame": image}
    await generate(make_job(media=media, duration=5), make_session())
    assert {clip_bytes(), image.data} == set(uploaded(simulator))


async def test_only_the_api_receives_the_key(simulator, make_session, make_job):
    """Neither the temporary store nor the store of the video does."""
    await generate(make_job(), make_session())
    keyed = Counter(
        request.call for request in simulator.requests if "sk-canary" in str(dict(request.headers))
    )
    seen = {request.call for request in simulator.requests}
    assert {"policy", "submit", "task"} == set(keyed)
    assert {"upload", "download"} == seen - set(keyed)


async def test_a_link_needs_no_upload(simulator, make_session, make_job, tmp_path):
    """And no header: a gateway may not know it."""
    url = "https://a.example/1.png"
    with pytest.raises(errors.TaskFailed):  # nothing is there
        await generate(make_job(media={"first_frame": Link(url)}), make_session())
    [request] = [request for request in simulator.requests if request.call == "submit"]
    assert url == request.json["input"]["media"][0]["url"]
    assert "X-DashScope-OssResourceResolve" not in request.headers


async def test_a_bad_input_is_a_failed_task_that_costs_nothing(simulator, make_session, make_job):
    """It surfaces at the first look; the host documents that it is free, and no limit counts it."""
    simulator.script.faults.append(Fault(on="run", do="fail", reason="no face was found"))
    session = make_session()
    with pytest.raises(
        errors.TaskFailed, match=r"no face .*Failed tasks are not charged\."
    ) as lost:
        await generate(make_job(), session)
    assert "may have been charged" not in str(lost.value)
    assert (0, {}) == (session.journal.spent(0).seconds, session.journal.spent(0).costs)
    await generate(make_job(), make_session())
    assert {"USD": Decimal("0.20")} == session.journal.spent(0).costs


async def test_a_task_of_another_day_is_decided_by_a_person(simulator, make_session, make_job):
    """The host answers UNKNOWN after 24 hours; it is asked a few times before it is believed."""
    task_id = await submit(make_job(), make_session())
    unknown = Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=None)
    simulator.script.faults.append(unknown)
    run = Run()
    with pytest.raises(errors.TaskLost, match="does not know it"):
        await generate(make_job(), make_session(run))
    assert len(run.waits) >= 5
    simulator.script.faults.clear()
    assert task_id == (await collect(task_id, make_session())).task_id
    assert 1 == len(simulator.tasks)


async def test_without_an_upload_nothing_is_submitted(simulator, make_session, make_job):
    """Nor recorded as anything that could have been bought."""
    simulator.script.faults.append(Fault(on="upload", do="status", status=403, times=None))
    session = make_session()
    with pytest.raises(errors.UploadFailed, match="Nothing was sent"):
        await generate(make_job(), session)
    assert ([], []) == (simulator.submissions, session.journal.in_state(State.SUBMITTING))


async def test_too_many_submissions_a_second_wait_their_turn(simulator, make_session, make_job):
    """Five a second are allowed; a refused one made no task."""
    throttled = Fault(on="submit", do="status", status=429, times=3)
    simulator.script.faults.append(throttled)
    run = Run()
    await generate(make_job(), make_session(run))
    assert (4, 1) == (len(simulator.submissions), len(simulator.tasks))


async def test_a_key_of_the_other_region_is_told_before_an_upload(
    simulator, make_session, make_job
):
    """The name of the key, the region, and the host that takes it."""
    simulator.script.keys = ["sk-of-singapore"]
    with pytest.raises(errors.KeyRefused, match=r"must be a key of.*Singapore.*Alibaba China"):
        await generate(make_job(), make_session())
    assert {"policy"} == {request.call for request in simulator.requests}

"""Media in a bucket that checks signatures: the host downloads them, then they are deleted.

The bucket is an S3 server on loopback.
"""

from __future__ import annotations

import asyncio
import wave
from pathlib import PurePosixPath

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.changes import VideoFile
from wan27.medium import DeferredMedia
from wan27.upload.bucket import Bucket

from .upload.s3_server import S3Server


@pytest.fixture
def s3(monkeypatch):
    """An S3 server on loopback, with its key, secret, region and endpoint in the environment."""
    with S3Server() as server:
        for name, value in {
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret,
            "AWS_REGION": server.region,
            "AWS_ENDPOINT_URL": server.url,
        }.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def bucket(s3):
    return Bucket.from_url("s3://media/wan27")


async def test_the_host_downloads_the_image_and_it_is_deleted_afterwards(
    simulator, make_session, make_job, s3, bucket
):
    """The request has a signed URL, which the simulator downloads as the real host must.

    In the end the bucket is empty.
    """
    await generate(make_job(), make_session(uploader=bucket))
    (body,) = simulator.submissions
    assert body["image_url"].startswith(f"{s3.url}/media/wan27/")
    assert 1 == len(simulator.tasks)
    assert {} == s3.objects


async def test_an_image_of_several_tasks_is_uploaded_once_and_kept_until_the_last(
    simulator, make_session, make_job, s3, bucket
):
    """Four seeds with one image: one object while they run, none when all have ended."""
    ids = await asyncio.gather(
        *(submit(make_job(seed=seed), make_session(uploader=bucket)) for seed in range(4))
    )
    assert 1 == len({body["image_url"].partition("?")[0] for body in simulator.submissions})
    for number, task_id in enumerate(ids):
        assert (1, number) == (len(s3.objects), number)
        await collect(task_id, make_session(uploader=bucket))
    assert {} == s3.objects


async def test_after_a_restart_the_journal_knows_what_to_delete(
    simulator, make_session, make_job, s3, bucket
):
    """Another process collects: an object is kept while a task needs it, then it is deleted."""
    first, second = [
        await submit(make_job(seed=seed), make_session(uploader=bucket)) for seed in range(2)
    ]
    for task_id, left in ((first, 1), (second, 0)):
        await collect(task_id, make_session(uploader=Bucket.from_url("s3://media/wan27")))
        assert left == len(s3.objects)


async def test_media_of_a_known_request_are_neither_encoded_nor_uploaded_again(
    simulator, make_session, make_job, image, s3, bucket, tmp_path
):
    """Encoding may take a minute, so the journal is asked first.

    Equal samples are the same request, whatever file they are in.
    """
    made = []

    def make(check):
        check()
        made.append(path := tmp_path / f"audio{len(made)}.wav")
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(2 * 8000 * 3))
        return path

    for _ in range(2):
        audio = DeferredMedia(make, 3.0, "the same samples")
        await generate(
            make_job(media={"first_frame": image, "driving_audio": audio}),
            make_session(uploader=bucket),
        )
    assert (1, 1, {}) == (len(made), len(simulator.tasks), s3.objects)
    assert simulator.submissions[0]["driving_audio_url"].startswith(s3.url)


async def test_a_refused_request_leaves_nothing_in_the_bucket(
    simulator, make_session, make_job, s3, bucket
):
    """No task will ever read the image."""
    simulator.script.faults.append(
        Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT")
    )
    with pytest.raises(errors.ContentRefused):
        await generate(make_job(), make_session(uploader=bucket))
    assert {} == s3.objects


async def test_uploads_of_a_killed_process_are_deleted_with_the_next_task(
    simulator, make_session, make_job, s3, bucket
):
    """It was killed after its task ended and before the deletion.

    The journal still has the name, and returns it once.
    """
    session = make_session(uploader=bucket)
    task_id = await submit(make_job(), session)
    session.journal.finished(
        session.journal.find_task(session.account.host_id, task_id),
        VideoFile(PurePosixPath("videos/video.mp4"), 9, "0" * 64),
    )
    assert 1 == len(s3.objects)
    await generate(make_job(seed=2), make_session(uploader=Bucket.from_url("s3://media/wan27")))
    assert ({}, ()) == (s3.objects, session.journal.take_uploads(1e12))


async def test_a_lost_response_keeps_the_image_in_the_bucket(
    simulator, make_session, make_job, s3, bucket
):
    """The task may be running at the host and about to read it."""
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    with pytest.raises(errors.SubmissionUncertain):
        await generate(make_job(), make_session(uploader=bucket))
    assert 1 == len(s3.objects)


async def test_nothing_is_submitted_if_the_bucket_refuses_the_upload(
    simulator, make_session, make_job, s3
):
    """The error is one sentence, and the host receives no request."""
    with pytest.raises(
        errors.UploadFailed, match="first_frame could not be uploaded to s3://other"
    ):
        await generate(make_job(), make_session(uploader=Bucket.from_url("s3://other")))
    assert [] == simulator.requests


@pytest.mark.parametrize("is_same_process", [True, False])
async def test_an_upload_stays_while_its_request_waits_for_a_retry(
    simulator, make_session, make_job, s3, bucket, is_same_process
):
    """After a 429 the node waits; a neighbor with the same image finishes and cleans up meanwhile.

    The request is then sent with an address that the host can still read.
    """
    neighbor = await submit(make_job(seed=1), make_session(uploader=bucket))
    simulator.script.faults.append(
        Fault(on="submit", do="status", status=429, headers={"Retry-After": "1"})
    )
    waits = []

    async def pause(_):
        if not waits:
            waits.append(1)
            other = bucket if is_same_process else Bucket.from_url("s3://media/wan27")
            await collect(neighbor, make_session(uploader=other))
            assert 1 == len(s3.objects)

    await generate(make_job(), make_session(uploader=bucket, pause=pause))
    assert ([1], 2) == (waits, len(simulator.tasks))
    assert not (is_same_process and s3.objects)


@pytest.mark.parametrize("decide", [False, True])
async def test_the_upload_of_a_request_in_doubt_stays_after_the_decision_too(
    simulator, make_session, make_job, s3, bucket, decide
):
    """Its task may be reading, for as long as the address is valid."""
    session = make_session(uploader=bucket)
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    with pytest.raises(errors.SubmissionUncertain) as raised:
        await submit(make_job(), session)
    if decide:
        session.journal.abandon(session.journal.find_entry(*raised.value.entry))
    await generate(make_job(seed=1), make_session(uploader=Bucket.from_url("s3://media/wan27")))
    assert 1 == len(s3.objects)

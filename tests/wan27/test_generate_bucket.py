"""Media in a bucket that checks signatures: the host downloads them, then they are deleted.

The bucket is an S3 server on loopback.
"""

from __future__ import annotations

import asyncio
import time
import wave
from pathlib import PurePosixPath

import pytest

from tests.simulator import Fault
from wan27 import errors, publish
from wan27.api.retry import SUBMIT
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.changes import VideoFile
from wan27.journal.entry import NewEntry, UploadRef
from wan27.journal.journal import Journal
from wan27.journal.states import State
from wan27.medium import DeferredMedia
from wan27.money import DayLimits
from wan27.session import Batch
from wan27.upload.bucket import Bucket
from wan27.upload.choose import choose_uploader
from wan27.upload.inline import Inline
from wan27.upload.serve import Serve
from wan27.upload.serving_folder import ServingFolder

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


@pytest.fixture(autouse=True)
def _no_earlier_failures(monkeypatch):
    monkeypatch.setattr(publish, "_failed_at", {})


@pytest.fixture
def bucket(s3):
    return Bucket.from_url("s3://media/wan27")


def recorded(session):
    """The places of the uploads in the journal."""
    return [one.place for entry in session.journal.recent(100) for one in entry.uploads]


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


class _JournalWithoutUploads(Journal):
    """A journal that another program locks whenever it is asked for uploads."""

    def is_needed(self, upload):  # noqa: ARG002
        raise errors.JournalFailed("The journal is locked.")

    def end_uploads(self, before, is_last):  # noqa: ARG002
        raise errors.JournalFailed("The journal is locked.")


async def test_a_journal_that_fails_while_uploads_are_deleted_hides_no_error(
    simulator, make_session, make_job, s3, bucket, tmp_path
):
    """The user reads what ended the Run; a later Run deletes what is left."""
    locked = _JournalWithoutUploads(tmp_path / "state" / "journal.sqlite3")
    session = make_session(uploader=bucket, journal=locked, day_limits=DayLimits(max_seconds=3))
    simulator.script.faults.append(
        Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT")
    )
    with pytest.raises(errors.ContentRefused):
        await generate(make_job(), session)
    with pytest.raises(errors.CostRefused):
        await generate(make_job(duration=4), session)
    assert 1 == len(s3.objects)
    await generate(make_job(), make_session(uploader=bucket))
    assert {} == s3.objects


async def test_uploads_of_a_killed_process_are_deleted_with_the_next_task(
    simulator, make_session, make_job, s3, bucket
):
    """It was killed after its task ended and before the deletion.

    The journal still has the name, until the object is gone.
    """
    session = make_session(uploader=bucket)
    task_id = await submit(make_job(), session)
    session.journal.finished(
        session.journal.find_task(session.account.host_id, task_id),
        VideoFile(PurePosixPath("videos/video.mp4"), 9, "0" * 64),
    )
    assert 1 == len(s3.objects)
    await generate(make_job(seed=2), make_session(uploader=Bucket.from_url("s3://media/wan27")))
    assert ({}, []) == (s3.objects, recorded(session))


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


async def test_a_request_that_waits_for_its_turn_counts_once_for_its_upload(
    simulator, make_session, make_job, s3, bucket
):
    """429 lasts longer than its retries; a neighbor is about to send the same image meanwhile."""
    simulator.script.faults.append(
        Fault(on="submit", do="status", status=429, times=SUBMIT.attempts + 1)
    )
    image = make_job().media["first_frame"]
    about_to_send = await bucket.upload(
        "first_frame", image.data, image.content_type, image.content_hash
    )
    session = make_session(uploader=bucket, batch=Batch(polled=1))
    await generate(make_job(), session)
    assert [about_to_send.name] == [key.rpartition("/")[2] for key in s3.objects]
    assert [State.FINISHED] == [entry.state for entry in session.journal.recent(10)]


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


@pytest.mark.parametrize("new", ["bucket", "served", "unset"])
async def test_media_in_an_earlier_bucket_are_deleted_after_a_change_of_wan27_upload(
    simulator, make_session, make_job, s3, tmp_path, new
):
    """Another process collects, with another prefix, the served folder, or no uploads at all."""
    task_id = await submit(make_job(), make_session(uploader=Bucket.from_url("s3://media/old")))
    uploader = {
        "bucket": lambda: Bucket.from_url("s3://media/new"),
        "served": lambda: Serve("https://comfyui.example", tmp_path / "serving"),
        "unset": Inline,
    }[new]()
    session = make_session(uploader=uploader)
    assert (["s3://media/old"], 1) == (recorded(session), len(s3.objects))
    await collect(task_id, session)
    assert ([], {}) == (recorded(session), s3.objects)


async def test_an_earlier_bucket_keeps_what_another_run_of_this_process_is_about_to_send(
    simulator, make_session, make_job, s3, tmp_path
):
    """Its request is not recorded yet: only the counts of this process know of it."""
    old = choose_uploader("s3://media/old", 3600, tmp_path)
    ended = await submit(make_job(seed=1), make_session(uploader=old))
    first = make_job().media["first_frame"]
    about_to_send = await old.upload(
        "first_frame", first.data, first.content_type, first.content_hash
    )
    await collect(ended, make_session(uploader=choose_uploader("s3://media/new", 3600, tmp_path)))
    assert [about_to_send.name] == [key.rpartition("/")[2] for key in s3.objects]
    assert old.release(about_to_send.name, needed=False)


async def test_media_in_an_earlier_bucket_that_refuses_their_deletion_stay_recorded(
    simulator, make_session, make_job, s3, monkeypatch, caplog
):
    """The log has it once a process; with permission again, a later Run deletes them."""
    for seed in range(2):
        await submit(make_job(seed=seed), make_session(uploader=Bucket.from_url("s3://media/old")))
    session = make_session()
    s3.script = lambda seen: (403, "AccessDenied") if seen.method == "DELETE" else None
    for entry in session.journal.recent(10):
        await collect(entry.task_id, make_session())
    assert 1 == s3.methods().count("DELETE")
    assert 1 == caplog.text.count("remain at s3://media/old")
    assert (["s3://media/old"] * 2, 2) == (recorded(session), len(s3.objects))
    s3.script = lambda _seen: None
    monkeypatch.setattr(publish, "_PAUSE_SECONDS", 0.0)
    await generate(make_job(seed=2), make_session())
    assert ([], {}) == (recorded(session), s3.objects)


async def test_media_in_an_earlier_bucket_that_cannot_be_opened_stay_recorded(
    make_session, monkeypatch, tmp_path, caplog
):
    """Its credentials are gone."""
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "missing.json"))
    session = make_session()
    upload = UploadRef("gs://media/old", f"{7:032x}.png")
    session.journal.failed(
        session.journal.begin(NewEntry(fingerprint="a", host="novita", uploads=(upload,))),
        "refused",
    )
    for _ in range(2):
        await publish.delete_ended_uploads(session)
    assert ["gs://media/old"] == recorded(session)
    assert 1 == caplog.text.count("remain at gs://media/old")


@pytest.mark.parametrize("is_same_process", [True, False])
async def test_a_deletion_that_failed_is_tried_again_by_a_later_run(
    simulator, make_session, make_job, s3, bucket, caplog, is_same_process
):
    """The name goes only when its object is gone, also where two tasks shared it."""
    tasks = [await submit(make_job(seed=seed), make_session(uploader=bucket)) for seed in range(2)]
    s3.script = lambda seen: (403, "AccessDenied") if seen.method == "DELETE" else None
    session = make_session(uploader=bucket)
    for task_id in tasks:
        await collect(task_id, session)
    assert (["s3://media/wan27"], 1) == (recorded(session), len(s3.objects))
    assert 1 == caplog.text.count("could not be deleted from s3://media")
    s3.script = lambda _seen: None
    later = bucket if is_same_process else Bucket.from_url("s3://media/wan27")
    await generate(make_job(seed=2), make_session(uploader=later))
    assert ([], {}) == (recorded(session), s3.objects)


async def test_files_that_were_served_leave_the_journal_and_are_swept(
    make_session, bucket, tmp_path, monkeypatch
):
    """A bucket is set meanwhile: the served folder is swept at the start of each Run."""

    async def no_check(*_):
        pass

    monkeypatch.setattr("wan27.upload.serve.check_reachable", no_check)
    folder, session = tmp_path / "serving", make_session(uploader=bucket)
    serve = choose_uploader("https://comfyui.example", 3600, folder)
    name = (await serve.upload("first_frame", b"png", "image/png", "1")).name
    entry = session.journal.begin(
        NewEntry(fingerprint="a", host="novita", uploads=(UploadRef(serve.place, name),))
    )
    await publish.delete_ended_uploads(session)
    assert (["serving"], [folder / name]) == (recorded(session), list(folder.iterdir()))
    session.journal.failed(entry, "refused")
    await publish.delete_ended_uploads(session)
    assert [] == recorded(session)
    ServingFolder(folder).sweep(session.journal.is_needed, time.time() + 3 * 3600)
    assert [] == list(folder.iterdir())

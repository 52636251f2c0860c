"""A paid request against a host over real HTTP: submitted once, always collected."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import sqlite3
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.api.client import Client
from wan27.api.hosts import HOSTS
from wan27.api.key import choose_account
from wan27.api.retry import SUBMIT
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.journal import Journal
from wan27.journal.states import State
from wan27.medium import Link
from wan27.money import Price
from wan27.session import Phase
from wan27.upload.choose import choose_uploader

from .conftest import Run


class Cancelled(BaseException):
    """A cancel from ComfyUI; as there, it is no Exception."""


@pytest.mark.v3
async def test_an_image_becomes_a_video_file(simulator, make_session, make_job, image, video):
    """One submission with the documented body; video and sidecar on disk, and no part file."""
    session = make_session()
    result = await generate(make_job(), session)

    assert video.read_bytes() == result.path.read_bytes()
    assert session.folder / f"{result.task_id}.mp4" == result.path
    assert {result.path, result.path.with_suffix(".json")} == set(session.folder.iterdir())
    (body,) = simulator.submissions
    parameters = {"prompt", "resolution", "duration", "seed", "prompt_extend", "watermark"}
    assert {"image_url", *parameters} == set(body)
    encoded = body["image_url"].removeprefix("data:image/png;base64,")
    assert image.data == base64.b64decode(encoded)


async def test_only_the_api_receives_the_key(simulator, make_session, make_job):
    """Every call to the API has it in one header; the download, from another origin, does not."""
    await generate(make_job(), make_session())
    headers_of = {
        call: [request.headers for request in simulator.requests if request.call == call]
        for call in ("submit", "task", "download")
    }

    assert ["Bearer sk-canary"] == [headers["Authorization"] for headers in headers_of["submit"]]
    assert {"Bearer sk-canary"} == {headers["Authorization"] for headers in headers_of["task"]}
    assert [] == [
        headers for headers in headers_of["download"] if "sk-canary" in str(dict(headers))
    ]
    assert 1 == len(headers_of["download"])


async def test_the_same_request_returns_the_same_video(simulator, make_session, make_job):
    """A finished request is found on disk without a call; another seed is another task."""
    first = await generate(make_job(), make_session())
    calls = len(simulator.requests)
    again = await generate(make_job(), make_session())

    assert first == again
    assert calls == len(simulator.requests)
    assert first.task_id != (await generate(make_job(seed=1), make_session())).task_id
    assert 2 == len(simulator.tasks)


async def test_another_key_of_an_account_is_the_same_request(simulator, make_session, make_job):
    """A key is replaced now and then: finished and running tasks are not bought again for it."""
    first = await generate(make_job(), make_session())
    running = await submit(make_job(seed=1), make_session())
    assert first == await generate(make_job(), make_session(key="sk-other"))
    assert running == (await generate(make_job(seed=1), make_session(key="sk-other"))).task_id
    assert 2 == len(simulator.tasks)
    assert "Bearer sk-other" == simulator.requests[-2].headers["Authorization"]


async def test_a_task_that_the_new_key_does_not_show_is_decided_by_a_person(
    simulator, make_session, make_job
):
    """It may be another account's. With the old key back, the Run collects it by itself.

    Where no person asks, as in an open list, nothing is recorded.
    """
    running = await submit(make_job(), make_session())
    simulator.script.faults.append(
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=14)
    )
    session = make_session(key="sk-other")
    with pytest.raises(errors.TaskUnknown):
        await collect(running, session, believe_unknown=False)
    assert [State.RUNNING] == [entry.state for entry in session.journal.recent(9)]
    for _ in range(2):
        with pytest.raises(errors.TaskLost, match="does not know it.*belongs to another key"):
            await generate(make_job(), make_session(key="sk-other"))
    simulator.script.faults.clear()
    assert running == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.tasks)


async def test_a_submitted_task_is_collected_later(simulator, make_session, make_job):
    """It is collected by its request or by its id, and bought once."""
    task_id = await submit(make_job(), make_session())
    by_request = await generate(make_job(), make_session())
    by_id = await collect(task_id, make_session())

    assert by_request == by_id
    assert 1 == len(simulator.tasks)


async def test_a_task_id_is_collected_without_its_journal(
    simulator, make_session, make_job, tmp_path
):
    """The id and the account are enough, and the second time the file is found on disk."""
    task_id = await submit(make_job(), make_session())
    other = {
        "journal": Journal(tmp_path / "other" / "journal.sqlite3"),
        "folder": tmp_path / "elsewhere",
    }
    first = await collect(task_id, make_session(**other))
    calls = len(simulator.requests)

    assert first == await collect(task_id, make_session(**other))
    assert (True, calls) == (first.path.is_file(), len(simulator.requests))


async def test_equal_requests_at_the_same_time_are_bought_once(simulator, make_session, make_job):
    """Of six nodes with one request, one submits and the others wait for its task."""
    results = await asyncio.gather(*(generate(make_job(), make_session()) for _ in range(6)))
    assert (1, 1) == (len(simulator.tasks), len(set(results)))


async def test_equal_requests_all_stop_when_the_response_is_lost(simulator, make_session, make_job):
    """A node that waits for an equal one must not buy a second time in the same Run."""
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    results = await asyncio.gather(
        *(generate(make_job(), make_session()) for _ in range(4)), return_exceptions=True
    )
    assert {errors.SubmissionUncertain} == {type(result) for result in results}
    assert 1 == len(simulator.submissions)


async def test_the_next_run_records_a_download_that_a_crash_left_unrecorded(
    simulator, make_session, make_job
):
    """The complete file is found in its folder, and nothing is downloaded."""
    session = make_session()
    task_id = await submit(make_job(), session)
    first = await collect(
        task_id, make_session(journal=type(session.journal)(session.folder / "lost.sqlite3"))
    )
    requests = len(simulator.requests)
    assert first == await generate(make_job(), make_session())
    assert requests == len(simulator.requests)
    entry = session.journal.find_task(session.account.host_id, task_id)
    assert State.FINISHED is entry.state


async def test_different_requests_run_side_by_side(simulator, make_session, make_job):
    """Six tasks take about as long as one."""
    simulator.script.working_seconds = 1.0
    began = time.monotonic()
    await asyncio.gather(*(generate(make_job(seed=seed), make_session()) for seed in range(6)))
    assert 6 == len(simulator.tasks)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "do", ["drop_after_body", "status", "status_after_body", "stall", "wrong_content"]
)
async def test_a_submission_without_a_response_is_never_sent_again_by_itself(
    simulator, make_session, make_job, do
):
    """Each Run says that it may have been charged, until a person has decided."""
    session = make_session()
    session = replace(
        session, client=Client(session.account, submitting=replace(SUBMIT, read_seconds=0.5))
    )
    simulator.script.faults.append(Fault(on="submit", do=do, status=504))
    with pytest.raises(errors.SubmissionUncertain, match="you may have been charged") as raised:
        await generate(make_job(), session)
    posts = len(simulator.submissions)
    assert posts <= 1
    for _ in range(2):
        with pytest.raises(errors.SubmissionUncertain, match=r"choose Submit again"):
            await generate(make_job(), make_session())
    assert posts == len(simulator.submissions)

    entry = session.journal.find_entry(*raised.value.entry)
    session.journal.abandon(entry)
    result = await generate(make_job(), make_session())
    assert posts + 1 == len(simulator.submissions)
    assert result.path.is_file()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            Fault(on="submit", do="status", status=400, reason="INVALID_REQUEST_BODY"),
            errors.RequestRefused,
        ),
        (
            Fault(on="submit", do="status", status=400, reason="BILLING_BALANCE_NOT_ENOUGH"),
            errors.BalanceTooLow,
        ),
        (Fault(on="submit", do="status", status=403, reason="INVALID_API_KEY"), errors.KeyRefused),
        (
            Fault(on="submit", do="status", status=400, reason="ILLEGAL_PROMPT"),
            errors.ContentRefused,
        ),
    ],
)
async def test_a_refused_submission_can_be_sent_again(
    simulator, make_session, make_job, fault, error
):
    """The refusal is raised as its own error, and the next Run submits again."""
    simulator.script.faults.append(fault)
    with pytest.raises(error):
        await generate(make_job(), make_session())
    await generate(make_job(), make_session())
    assert (1, 2) == (len(simulator.tasks), len(simulator.submissions))


async def test_a_429_is_retried_after_the_time_the_host_asks_for(simulator, make_session, make_job):
    """It means not now: the submission is sent again and bought once."""
    simulator.script.faults.append(
        Fault(
            on="submit",
            do="status",
            status=429,
            reason="RATE_LIMIT_EXCEEDED",
            headers={"Retry-After": "2"},
        )
    )
    run = Run()
    await generate(make_job(), make_session(run))
    assert (1, 2.0) == (len(simulator.tasks), run.waits[0])


@pytest.mark.v3
async def test_without_a_connection_nothing_is_bought(simulator, make_session, make_job):
    """The connection is retried a few times, and the error names the host."""
    simulator.stop()
    run = Run()
    with pytest.raises(
        errors.HostUnreachable, match=r"Novita did not respond at http://127\.0\.0\.1"
    ):
        await generate(make_job(), make_session(run))
    assert 5 == len(run.waits)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(on="task", do="status", status=500, times=2),
        Fault(on="task", do="status", status=429, headers={"Retry-After": "1"}),
        Fault(on="task", do="drop_before_body", times=2),
        Fault(on="task", do="drop_after_body", times=2),
        Fault(on="task", do="truncate", after_bytes=10),
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND"),
        Fault(on="download", do="status", status=500),
        Fault(on="download", do="status", status=403),
        Fault(on="download", do="truncate", after_bytes=1000, times=3),
        Fault(on="download", do="drop_before_body"),
        Fault(on="download", do="ignore_range"),
    ],
)
async def test_short_failures_after_the_submission_are_retried(
    simulator, make_session, make_job, video, fault
):
    """Status calls are repeated, downloads resumed or restarted, and the file is complete."""
    simulator.script.faults.append(fault)
    result = await generate(make_job(), make_session())
    assert (1, video.read_bytes()) == (len(simulator.tasks), result.path.read_bytes())


async def test_a_dead_url_and_a_host_that_does_not_find_the_task_once_lose_nothing(
    simulator, make_session, make_job
):
    """The task had just succeeded: that it is unknown is asked again before it is believed."""
    unknown = Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND")
    simulator.script.faults.append(Fault(on="download", do="status", status=403))

    class Forgetful(Run):
        is_asked_again = False

        async def pause(self, seconds):
            if self.reports[-1].phase is Phase.DOWNLOADING and not self.is_asked_again:
                self.is_asked_again = True
                simulator.script.faults.append(unknown)
            await super().pause(seconds)

    await generate(make_job(), make_session(Forgetful()))
    assert 1 == len(simulator.tasks)


async def test_an_interrupted_download_is_resumed(simulator, make_session, make_job, video):
    """The second request asks only for the rest."""
    simulator.script.faults.append(Fault(on="download", do="truncate", after_bytes=1000))
    await generate(make_job(), make_session())
    assert [None, "bytes=1000-"] == [headers.get("Range") for headers in simulator.downloads]


def is_kept(path, error):
    """Return whether a file has all bytes of a video that does not open, as the error says."""
    return path.name.endswith(".unreadable.mp4") and str(path) in str(error)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(on="run", do="empty"), errors.TaskLost),
        (Fault(on="download", do="wrong_content"), errors.DownloadFailed),
        (Fault(on="download", do="wrong_length"), errors.DownloadFailed),
        (Fault(on="task", do="status", status=200, body="<html>"), errors.UnexpectedResponse),
        (Fault(on="task", do="status", status=403, reason="INVALID_API_KEY"), errors.KeyRefused),
    ],
)
async def test_a_lasting_failure_names_the_task_and_keeps_it(
    simulator, make_session, make_job, fault, error, video
):
    """The error has the id; no part file is left, and no file under the name of the video.

    The next Run that works collects the same task.
    """
    simulator.script.faults.append(fault)
    session = make_session()
    with pytest.raises(error) as raised:
        await generate(make_job(), session)
    (task,) = simulator.tasks
    assert task.id in str(raised.value)
    assert [] == [path for path in session.folder.glob("*") if not is_kept(path, raised.value)]
    simulator.without_video.clear()
    assert video.read_bytes() == (await generate(make_job(), make_session())).path.read_bytes()
    assert 1 == len(simulator.tasks)


@pytest.mark.v3
async def test_an_unknown_status_is_an_error_that_names_it(simulator, make_session, make_job):
    """An undocumented status is neither success nor an endless wait."""
    simulator.script.statuses = {"TASK_STATUS_SUCCEED": "TASK_STATUS_PAUSED"}
    with pytest.raises(errors.UnexpectedResponse, match="TASK_STATUS_PAUSED"):
        await generate(make_job(), make_session())


async def test_after_a_failed_task_the_next_run_submits_again(simulator, make_session, make_job):
    """The error quotes the host's reason. The task has ended, so a Run may try again."""
    simulator.script.faults.append(Fault(on="run", do="fail", reason="no face was found"))
    with pytest.raises(errors.TaskFailed, match="no face was found"):
        await generate(make_job(), make_session())
    await generate(make_job(), make_session())
    assert 2 == len(simulator.tasks)


@pytest.mark.v3
async def test_a_failed_task_may_have_been_charged_and_counts_for_the_day(
    simulator, make_session, make_job
):
    """Novita does not document that failures are free: the error names estimate and page."""
    simulator.script.faults.append(Fault(on="run", do="fail"))
    session = make_session(prices={"720P": Price(Decimal("0.10"), "USD", "", "")})
    with pytest.raises(errors.TaskFailed) as raised:
        await generate(make_job(resolution="720P"), session)
    assert (
        "You may have been charged about $0.20: Novita does not document that failed tasks are"
        " free,"
        " so check your account (https://novita.ai/billing/details)."
    ) in str(raised.value)
    assert "not charged" not in str(raised.value)
    assert (2, {"USD": Decimal("0.20")}) == (
        session.journal.spent(0).seconds,
        session.journal.spent(0).costs,
    )


@pytest.mark.v3
async def test_a_failed_task_of_the_simulator_is_not_charged(simulator, make_session, make_job):
    """Its row of the hosts says so."""
    simulator.script.faults.append(Fault(on="run", do="fail"))
    settings = {"WAN27_HOST": "simulator", "WAN27_BASE_URL": simulator.base_url}
    session = make_session(account=choose_account(settings.get))
    with pytest.raises(errors.TaskFailed, match=r"Failed tasks are not charged\. Change"):
        await generate(make_job(), session)
    assert 0 == session.journal.spent(0).seconds


async def test_a_node_stops_waiting_after_its_timeout(simulator, make_session, make_job):
    """It returns the id; the next Run collects the same task."""
    simulator.script.working_seconds = 60
    with pytest.raises(errors.StillRunning) as raised:
        await generate(make_job(), make_session(timeout_seconds=0.5))
    (task,) = simulator.tasks
    assert task.id in str(raised.value)


async def test_a_cancel_ends_the_wait_at_once_and_loses_nothing(simulator, make_session, make_job):
    """While the task runs, the wait ends within a quarter of a second.

    The next Run collects the same task.
    """
    simulator.script.working_seconds = 1.5
    run = Run()
    waiting = asyncio.create_task(generate(make_job(), make_session(run, pause=asyncio.sleep)))
    while not any(report.phase in {Phase.QUEUED, Phase.PROCESSING} for report in run.reports):
        await asyncio.sleep(0.02)
    run.cancel, began = Cancelled(), time.monotonic()
    with pytest.raises(Cancelled):
        await waiting
    assert time.monotonic() - began < 0.5

    await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)


async def test_a_node_stopped_during_its_submission_loses_nothing(
    simulator, make_session, make_job
):
    """When another node fails, the event loop cancels this one before the host answers.

    The response is still read, and the task is bought once.
    """
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.5))
    running = asyncio.create_task(generate(make_job(), make_session()))
    await asyncio.sleep(0.2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    result = await generate(make_job(), make_session())
    assert (1, True) == (len(simulator.tasks), result.path.is_file())


async def test_a_deleted_file_is_downloaded_again(simulator, make_session, make_job, video):
    """The task is asked for a new URL; nothing is bought."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    again = await generate(make_job(), make_session())
    assert (1, video.read_bytes()) == (len(simulator.tasks), again.path.read_bytes())


async def test_a_task_that_the_host_no_longer_knows_is_decided_by_a_person(
    simulator, make_session, make_job
):
    """The host is asked several times. No later Run buys again until a person gives it up."""
    session = make_session()
    first = await generate(make_job(), session)
    first.path.unlink()
    simulator.script.faults.append(
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=8)
    )
    for _ in range(3):
        with pytest.raises(errors.TaskLost, match="is not sent again") as raised:
            await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)
    session.journal.abandon(session.journal.find_entry(*raised.value.entry))
    await generate(make_job(), make_session())
    assert 2 == len(simulator.tasks)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_video_that_the_host_deleted_is_decided_by_a_person(
    simulator, make_session, make_job, tmp_path, status
):
    """The host knows the task, but each of its URLs fails.

    After two days the video counts as gone: the Run stops, and asks again each time, for free. Not
    where the API refuses the key that asks for another URL.
    """
    first = await generate(make_job(), make_session())
    first.path.unlink()
    simulator.script.faults.append(Fault(on="download", do="status", status=status, times=None))
    with pytest.raises(errors.HostFailed, match="collects it for free"):
        await generate(make_job(), make_session())
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite3")) as connection,
        connection,
    ):
        connection.execute("UPDATE entries SET created = created - 3 * 24 * 3600")
    refusal = Fault(on="task", do="status", status=status, reason="INVALID_API_KEY")
    simulator.script.faults.extend([Fault(on="task", do="pass"), refusal])
    with pytest.raises(errors.KeyRefused):
        await generate(make_job(), make_session())
    for _ in range(2):
        with pytest.raises(errors.TaskLost, match="Every URL that the host gives .* is dead"):
            await generate(make_job(), make_session())
    simulator.script.faults.clear()
    assert first == await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)


async def test_a_task_that_is_unknown_for_a_moment_is_not_bought_again(
    simulator, make_session, make_job
):
    """It was there a moment ago: a paid task is not given up too early."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    simulator.script.faults.append(
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=5)
    )
    assert first == await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)


async def test_the_part_file_of_a_killed_download_is_deleted(make_session, make_job):
    """Only an old one is deleted, because a new one may belong to another process."""
    session = make_session()
    task_id = await submit(make_job(), session)
    session.folder.mkdir(exist_ok=True)
    old, fresh = (session.folder / f"{task_id}.{name}.part" for name in ("old", "fresh"))
    for part in (old, fresh):
        part.write_bytes(b"x")
    os.utime(old, (0, 0))
    await collect(task_id, make_session())
    assert (False, True) == (old.exists(), fresh.exists())


async def test_a_key_that_the_host_quotes_is_removed_from_errors(simulator, make_session, make_job):
    """A host may quote it in a reason, in a message or in the name of a field."""
    for fault in (
        Fault(on="run", do="fail", reason="no sk-canary-long allowed"),
        Fault(on="task", do="wrong_content", body={"sk-canary-long": 1}),
        Fault(
            on="submit",
            do="status",
            status=400,
            body={"message": "bad sk-canary-long", "reason": "INVALID_REQUEST_BODY"},
        ),
    ):
        simulator.script.faults.append(fault)
        with pytest.raises(errors.Wan27Error) as raised:
            await generate(
                make_job(seed=len(simulator.submissions)), make_session(key="sk-canary-long")
            )
        assert "sk-canary-long" not in str(raised.value)
        assert "***" in str(raised.value)


async def test_an_unknown_id_has_an_error_of_its_own(make_session):
    """The error for a mistyped id has advice."""
    with pytest.raises(errors.TaskUnknown, match="Check the task id"):
        await collect("never-seen", make_session())


async def test_the_journal_records_the_task_and_no_secret(
    simulator, make_session, make_job, tmp_path
):
    """It has the state, id, parameters and path, and no key, image or signed URL."""
    session = make_session()
    result = await generate(make_job(prompt="猫"), session)
    entry = session.journal.find_task(session.account.host_id, result.task_id)

    assert (State.FINISHED, result.path) == (entry.state, session.output / entry.path)
    assert ("猫", "first_frame") == (entry.parameters["prompt"], entry.mode)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").glob("journal*"))
    secrets = (b"sk-canary", b"data:image", b"ignature", b"PNG")
    assert [] == [secret for secret in secrets if secret in stored]


@pytest.mark.v3
async def test_progress_is_reported_in_order(simulator, make_session, make_job):
    """Each phase is reported, with the percentage and the task's id once they are known."""
    simulator.script.working_seconds = 0.4
    run = Run()
    result = await generate(make_job(), make_session(run, pause=lambda _: asyncio.sleep(0.1)))
    phases = list(dict.fromkeys(report.phase.value for report in run.reports))

    assert phases in (
        ["uploading", "submitting", "queued", "processing", "downloading"],
        ["uploading", "submitting", "processing", "downloading"],
    )
    assert {result.task_id} == {report.task_id for report in run.reports[2:]}
    assert any(report.percent for report in run.reports if report.phase is Phase.PROCESSING)


async def test_a_job_above_the_cost_limit_is_refused_before_anything_is_sent(
    simulator, make_session, make_job
):
    """An estimate above WAN27_MAX_COST never reaches the host."""
    session = make_session(max_cost=Decimal("0.5"))
    ppio = replace(HOSTS[2], base_url=simulator.base_url)
    with pytest.raises(errors.CostRefused):
        await generate(make_job(), replace(session, account=replace(session.account, host=ppio)))
    assert [] == simulator.requests


async def test_a_url_of_this_machine_is_refused_for_a_public_host(make_session, make_job):
    """The host cannot download from it, so the error comes before anything is sent."""
    session = make_session()
    outside = replace(session, account=replace(session.account, host=HOSTS[1]))
    message = "^first_clip_url points to this machine.*Nothing was sent"
    with pytest.raises(errors.InvalidInput, match=message):
        await submit(
            make_job(media={"first_clip": Link("http://localhost:8188/clip.mp4")}), outside
        )


@pytest.mark.parametrize("value", ["ftp://a/b", "bucket"])
def test_an_unknown_kind_of_upload_is_refused(value, tmp_path):
    """Media must not go anywhere but where the user chose."""
    with pytest.raises(
        errors.InvalidSetting, match="Upload via. cannot be used: set it to s3://bucket/prefix"
    ):
        choose_uploader(value, 3600, tmp_path)

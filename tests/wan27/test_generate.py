"""The path of a paid request against a host over real HTTP: bought once, collected always."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import sqlite3
import time
from dataclasses import replace

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.api.client import Client
from wan27.api.hosts import HOSTS
from wan27.api.retry import SUBMIT
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.states import State
from wan27.medium import Link
from wan27.session import Phase
from wan27.upload.uploader import choose_uploader

from .conftest import Run


class Cancelled(BaseException):
    """What a host raises in a tick; as in ComfyUI, no Exception."""


async def test_a_picture_becomes_a_file(simulator, make_session, make_job, picture, video):
    """One submission with the documented body, the video's bytes on disk, and no partial file beside it."""
    session = make_session()
    result = await generate(make_job(), session)

    assert video.read_bytes() == result.path.read_bytes()
    assert session.folder / f"{result.task_id}.mp4" == result.path
    assert [result.path] == list(session.folder.iterdir())
    (body,) = simulator.submissions
    assert {
        "image_url",
        "prompt",
        "resolution",
        "duration",
        "seed",
        "prompt_extend",
        "watermark",
    } == set(body)
    assert picture.data == base64.b64decode(
        body["image_url"].removeprefix("data:image/png;base64,")
    )


async def test_the_key_goes_to_the_api_alone(simulator, make_session, make_job):
    """Every call to the API carries it in one header; the download, on another origin, does not."""
    await generate(make_job(), make_session())
    by_place = {
        place: [r.headers for r in simulator.requests if r.call == place]
        for place in ("submit", "task", "download")
    }

    assert ["Bearer sk-canary"] == [headers["Authorization"] for headers in by_place["submit"]]
    assert {"Bearer sk-canary"} == {headers["Authorization"] for headers in by_place["task"]}
    assert [] == [headers for headers in by_place["download"] if "sk-canary" in str(dict(headers))]
    assert 1 == len(by_place["download"])


async def test_the_same_request_is_the_same_video(simulator, make_session, make_job):
    """A finished request is found on disk without a call; another seed is another task."""
    first = await generate(make_job(), make_session())
    calls = len(simulator.requests)
    again = await generate(make_job(), make_session())

    assert first == again
    assert calls == len(simulator.requests)
    assert first.task_id != (await generate(make_job(seed=1), make_session())).task_id
    assert 2 == len(simulator.tasks)


async def test_another_key_is_another_account(simulator, make_session, make_job):
    """What one account bought is not taken for another's."""
    await generate(make_job(), make_session())
    await generate(make_job(), make_session(key="sk-other"))
    assert 2 == len(simulator.tasks)


async def test_submit_and_collect_are_the_two_halves(simulator, make_session, make_job):
    """A task that was only submitted is collected later by its request or by its id, and bought once."""
    task_id = await submit(make_job(), make_session())
    by_request = await generate(make_job(), make_session())
    by_id = await collect(task_id, make_session())

    assert by_request == by_id
    assert 1 == len(simulator.tasks)


async def test_a_task_from_elsewhere_is_collected_by_its_id(
    simulator, make_session, make_job, tmp_path
):
    """Task Poll needs no journal: the id and the account are enough, and the second time the file is found."""
    from wan27.journal.journal import Journal  # noqa: PLC0415

    task_id = await submit(make_job(), make_session())
    elsewhere = {
        "journal": Journal(tmp_path / "other" / "journal.sqlite3"),
        "folder": tmp_path / "elsewhere",
    }
    first = await collect(task_id, make_session(**elsewhere))
    calls = len(simulator.requests)

    assert first == await collect(task_id, make_session(**elsewhere))
    assert (True, calls) == (first.path.is_file(), len(simulator.requests))


async def test_the_same_request_twice_at_once_is_bought_once(simulator, make_session, make_job):
    """Six nodes with one request: one submits, the others join."""
    results = await asyncio.gather(*(generate(make_job(), make_session()) for _ in range(6)))
    assert (1, 1) == (len(simulator.tasks), len(set(results)))


async def test_twins_whose_answer_was_never_heard_both_stop(simulator, make_session, make_job):
    """The one that waited for the other must not take its place and buy a second time in the same Run."""
    simulator.script.faults.append(Fault(on="submit", do="drop_after_body"))
    twins = await asyncio.gather(
        *(generate(make_job(), make_session()) for _ in range(4)), return_exceptions=True
    )
    assert {errors.SubmissionUncertain} == {type(twin) for twin in twins}
    assert 1 == len(simulator.submissions)


async def test_a_crash_after_the_last_byte_is_recorded_by_the_next_run(
    simulator, make_session, make_job
):
    """The file is whole and in its place, though nobody wrote that down: it is found, and nothing is fetched."""
    session = make_session()
    task_id = await submit(make_job(), session)
    first = await collect(
        task_id, make_session(journal=type(session.journal)(session.folder / "lost.sqlite3"))
    )
    requests = len(simulator.requests)
    assert first == await generate(make_job(), make_session())
    assert (requests, State.FINISHED) == (
        len(simulator.requests),
        session.journal.find_task(session.account.host_id, task_id).state,
    )


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
async def test_a_submission_without_an_answer_is_never_sent_again_silently(
    simulator, make_session, make_job, do
):
    """The user is told once that it may have been charged; only a further Run submits anew."""
    session = make_session()
    session = replace(
        session, client=Client(session.account, submitting=replace(SUBMIT, read_seconds=0.5))
    )  # time is a parameter
    simulator.script.faults.append(Fault(on="submit", do=do, status=504))
    with pytest.raises(
        errors.SubmissionUncertain,
        match=r"you may have been charged.*Run again to submit it again",
    ):
        await generate(make_job(), session)
    posts = len(simulator.submissions)
    assert posts <= 1

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
async def test_a_refused_submission_is_over(simulator, make_session, make_job, fault, error):
    """A refusal is raised as what it is, and the next Run simply tries again."""
    simulator.script.faults.append(fault)
    with pytest.raises(error):
        await generate(make_job(), make_session())
    await generate(make_job(), make_session())
    assert (1, 2) == (len(simulator.tasks), len(simulator.submissions))


async def test_too_many_requests_are_waited_out(simulator, make_session, make_job):
    """429 means not now: the submission is repeated after the time that the host asks for, and bought once."""
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


async def test_no_connection_means_nothing_was_bought(simulator, make_session, make_job):
    """A host that cannot be reached is tried a few times, and named."""
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
async def test_passing_trouble_after_the_submission_is_waited_out(
    simulator, make_session, make_job, video, fault
):
    """Readings are repeated, downloads resumed or begun again, and the file is whole to the bit."""
    simulator.script.faults.append(fault)
    result = await generate(make_job(), make_session())
    assert (1, video.read_bytes()) == (len(simulator.tasks), result.path.read_bytes())


async def test_a_broken_line_is_resumed_where_it_broke(simulator, make_session, make_job, video):
    """The second request asks for the rest alone."""
    simulator.script.faults.append(Fault(on="download", do="truncate", after_bytes=1000))
    await generate(make_job(), make_session())
    assert [None, "bytes=1000-"] == [headers.get("Range") for headers in simulator.downloads]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(on="run", do="empty"), errors.UnexpectedResponse),
        (Fault(on="download", do="wrong_content"), errors.DownloadFailed),
        (Fault(on="download", do="wrong_length"), errors.DownloadFailed),
        (Fault(on="task", do="status", status=200, body="<html>"), errors.UnexpectedResponse),
        (Fault(on="task", do="status", status=403, reason="INVALID_API_KEY"), errors.KeyRefused),
    ],
)
async def test_trouble_that_stays_names_the_task_and_keeps_it(
    simulator, make_session, make_job, fault, error, video
):
    """The error carries the id, no partial file is left, and once the trouble is over the next Run collects the same task."""
    simulator.script.faults.append(fault)
    session = make_session()
    with pytest.raises(error) as raised:
        await generate(make_job(), session)
    (task,) = simulator.tasks
    assert task.id in str(raised.value)
    assert [] == (list(session.folder.iterdir()) if session.folder.exists() else [])
    if fault.on != "run":
        assert video.read_bytes() == (await generate(make_job(), make_session())).path.read_bytes()
    assert 1 == len(simulator.tasks)


async def test_an_unknown_status_is_named(simulator, make_session, make_job):
    """A word that nobody documented is neither success nor an endless wait."""
    simulator.script.statuses = {"TASK_STATUS_SUCCEED": "TASK_STATUS_PAUSED"}
    with pytest.raises(errors.UnexpectedResponse, match="TASK_STATUS_PAUSED"):
        await generate(make_job(), make_session())


async def test_a_failed_task_is_told_and_the_next_run_submits_anew(
    simulator, make_session, make_job
):
    """The host's reason is quoted; a failed task costs nothing, so it may be tried again."""
    simulator.script.faults.append(Fault(on="run", do="fail", reason="no face was found"))
    with pytest.raises(errors.TaskFailed, match="no face was found"):
        await generate(make_job(), make_session())
    await generate(make_job(), make_session())
    assert 2 == len(simulator.tasks)


async def test_a_node_does_not_wait_for_ever(simulator, make_session, make_job):
    """When its time is over the node hands back the id; the next Run collects the same task."""
    simulator.script.working_seconds = 60
    with pytest.raises(errors.StillRunning) as raised:
        await generate(make_job(), make_session(timeout_seconds=0.5))
    (task,) = simulator.tasks
    assert task.id in str(raised.value)


async def test_a_cancel_is_noticed_at_once_and_loses_nothing(simulator, make_session, make_job):
    """While the task runs a cancel ends the wait within a quarter of a second; the next Run collects the same task."""
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


async def test_a_neighbours_failure_in_the_middle_of_a_submission_loses_nothing(
    simulator, make_session, make_job
):
    """The event loop throws the node away while the host still thinks; the answer is heard all the same, and the task is bought once."""
    simulator.script.faults.append(Fault(on="submit", do="stall", seconds=0.5))
    running = asyncio.create_task(generate(make_job(), make_session()))
    await asyncio.sleep(0.2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    result = await generate(make_job(), make_session())
    assert (1, True) == (len(simulator.tasks), result.path.is_file())


async def test_a_deleted_file_is_fetched_again(simulator, make_session, make_job, video):
    """The task is asked for a fresh address; nothing is bought."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    again = await generate(make_job(), make_session())
    assert (1, video.read_bytes()) == (len(simulator.tasks), again.path.read_bytes())


async def test_a_task_that_the_host_forgot_is_said_plainly(simulator, make_session, make_job):
    """It is asked for several times before that is believed; only after the user was told may the next Run buy a new one."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    simulator.script.faults.append(
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=6)
    )
    with pytest.raises(
        errors.TaskUnknown,
        match="is no longer available. Run again to buy it again",
    ):
        await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)
    await generate(make_job(), make_session())
    assert 2 == len(simulator.tasks)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_video_that_the_host_no_longer_has_is_said_plainly(
    simulator, make_session, make_job, tmp_path, status
):
    """The task is known and every address for it is dead: after two days that is the end, and only a further Run buys anew."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    simulator.script.faults.append(Fault(on="download", do="status", status=status, times=24))
    with pytest.raises(errors.HostFailed, match="collects it for free"):
        await generate(make_job(), make_session())
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite3")) as connection,
        connection,
    ):
        connection.execute("UPDATE entries SET created = created - 3 * 24 * 3600")
    with pytest.raises(
        errors.VideoGone,
        match="is no longer available. Run again to buy it again",
    ):
        await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)
    simulator.script.faults.clear()
    await generate(make_job(), make_session())
    assert 2 == len(simulator.tasks)


async def test_a_task_that_is_lost_for_a_moment_is_not_given_up(simulator, make_session, make_job):
    """However old it is: a paid task given up too early would be bought twice."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    simulator.script.faults.append(
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=5)
    )
    assert first == await generate(make_job(), make_session())
    assert 1 == len(simulator.tasks)


async def test_what_a_killed_download_left_is_cleared_away(make_session, make_job):
    """A part file of the same task that nobody has touched for minutes; a fresh one may still be somebody's."""
    session = make_session()
    task_id = await submit(make_job(), session)
    session.folder.mkdir(exist_ok=True)
    old, fresh = (session.folder / f"{task_id}.{name}.part" for name in ("old", "fresh"))
    for part in (old, fresh):
        part.write_bytes(b"x")
    os.utime(old, (0, 0))
    await collect(task_id, make_session())
    assert (False, True) == (old.exists(), fresh.exists())


async def test_a_host_that_quotes_the_key_does_not_spread_it(simulator, make_session, make_job):
    """Neither a reason nor a message nor the name of a field brings it into an error."""
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


async def test_an_unknown_id_is_told_apart(make_session):
    """A mistyped id ends in the host's own word, and in an advice."""
    with pytest.raises(errors.TaskUnknown, match="Check the task id"):
        await collect("never-seen", make_session())


async def test_the_journal_holds_the_whole_story_and_no_secret(
    simulator, make_session, make_job, tmp_path
):
    """State, id, parameters and path are recorded; key, pictures and signed addresses are not."""
    session = make_session()
    result = await generate(make_job(prompt="猫"), session)
    entry = session.journal.find_task(session.account.host_id, result.task_id)

    assert (State.FINISHED, result.path, "猫", "first_frame") == (
        entry.state,
        entry.path,
        entry.parameters["prompt"],
        entry.mode,
    )
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").glob("journal*"))
    assert [] == [
        secret for secret in (b"sk-canary", b"data:image", b"ignature", b"PNG") if secret in stored
    ]


async def test_progress_is_reported_in_order(simulator, make_session, make_job):
    """Each phase is told, with percent and the task's id once they are known."""
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


async def test_a_limit_on_the_cost_refuses_before_anything_is_sent(
    simulator, make_session, make_job
):
    """An estimate above WAN27_MAX_COST never reaches the host."""
    from dataclasses import replace  # noqa: PLC0415
    from decimal import Decimal  # noqa: PLC0415

    session = make_session(max_cost=Decimal("0.5"))
    ppio = replace(HOSTS[2], base_url=simulator.base_url)
    with pytest.raises(errors.CostRefused):
        await generate(make_job(), replace(session, account=replace(session.account, host=ppio)))
    assert [] == simulator.requests


async def test_a_private_address_is_refused_for_a_host_outside(make_session, make_job):
    """A real host cannot fetch from this very machine: told before anything is sent."""
    from dataclasses import replace  # noqa: PLC0415

    session = make_session()
    outside = replace(session, account=replace(session.account, host=HOSTS[1]))
    with pytest.raises(errors.InvalidInput, match="first_clip_url points to this machine"):
        await submit(
            make_job(media={"first_clip": Link("http://localhost:8188/clip.mp4")}), outside
        )


@pytest.mark.parametrize("value", ["ftp://a/b", "bucket"])
def test_an_upload_way_that_does_not_exist_is_refused(value, tmp_path):
    """Better no video than one whose pictures went elsewhere than the user said."""
    with pytest.raises(
        errors.InvalidSetting, match="WAN27_UPLOAD cannot be used: give s3://bucket/prefix"
    ):
        choose_uploader(value, 3600, tmp_path)

"""A video that was bought is found, or fetched again for free, wherever it went."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from tests.simulator import Fault
from wan27 import errors
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal import sidecar
from wan27.journal.changes import VideoFile
from wan27.journal.decisions import second_host_error
from wan27.journal.journal import Journal
from wan27.journal.states import State

from .conftest import Run
from .media.make_video import make_video, numbered_frames


def another_journal(tmp_path, name="new user folder"):
    """Return the journal of a user folder that was lost: an empty one."""
    return Journal(tmp_path / name / "journal.sqlite3")


async def test_an_output_folder_that_moved_is_no_loss(simulator, make_session, make_job, tmp_path):
    """The journal keeps paths below it: another drive, or another machine, has the video."""
    folder = tmp_path / "output" / "wan27"
    first = await generate(make_job(), make_session(folder=folder))
    shutil.move(tmp_path / "output", tmp_path / "another drive")
    moved = tmp_path / "another drive" / "wan27"
    requests = len(simulator.requests)
    found = await generate(make_job(), make_session(folder=moved))
    assert moved / first.path.name == found.path
    assert requests == len(simulator.requests)


async def test_a_lost_user_folder_is_made_again_from_the_sidecars(
    simulator, make_session, make_job, tmp_path
):
    """The videos were kept: nothing is bought again, and no limit counts them a second time."""
    first = await generate(make_job(), make_session())
    requests = len(simulator.requests)
    session = make_session(journal=another_journal(tmp_path))
    assert first == await generate(make_job(), session)
    assert requests == len(simulator.requests)
    [entry] = session.journal.recent(10)
    assert ("a boat", State.FINISHED) == (entry.parameters["prompt"], entry.state)
    assert 0 == session.journal.spent(1).seconds


async def test_a_request_that_only_its_sidecar_knows_shows_no_time_of_1970(
    simulator, make_session, make_job, tmp_path
):
    """When it was sent is not known: a task that a person gives to it is watched from now on."""
    first = await generate(make_job(), make_session())
    session = make_session(run := Run(), journal=another_journal(tmp_path), timeout_seconds=0.1)
    await generate(make_job(), session)
    first.path.unlink()
    journal, given = session.journal, simulator.new_task(dict(simulator.tasks[0].body))
    given.working_seconds = 60
    entry = journal.attach(journal.lost(journal.recent(1)[0], "deleted"), given.id)
    with pytest.raises(errors.StillRunning):
        await generate(make_job(), session)
    assert min(report.since for report in run.reports) > 1e9
    journal.attach(entry, "mistyped")
    with pytest.raises(errors.SubmissionUncertain, match="after the request was sent, so you may"):
        await generate(make_job(), replace(session, timeout_seconds=30))
    host = session.account.host
    assert "1970" not in str(second_host_error(entry, host, host))


async def test_a_video_that_was_renamed_with_its_sidecar_is_found(
    simulator, make_session, make_job, tmp_path
):
    """With and without the journal: people sort their videos."""
    first = await generate(make_job(), make_session())
    best = first.path.with_name("the best one.mp4")
    first.path.rename(best)
    first.path.with_suffix(".json").rename(best.with_suffix(".json"))
    requests = len(simulator.requests)
    for changes in ({}, {"journal": another_journal(tmp_path)}):
        assert best == (await generate(make_job(), make_session(**changes))).path
    assert requests == len(simulator.requests)


async def test_a_video_of_a_task_that_was_given_up_is_found(
    simulator, make_session, make_job, tmp_path
):
    """It was lost, and abandoned by a person; then its file turned up again."""
    first = await generate(make_job(), make_session())
    aside = first.path.rename(tmp_path / "trash.mp4")
    simulator.script.faults.append(Fault(on="task", do="status", status=404, times=None))
    with pytest.raises(errors.TaskLost):
        await generate(make_job(), make_session())
    journal = make_session().journal
    journal.abandon(journal.in_state(State.LOST)[0])
    aside.rename(first.path)
    assert first == await generate(make_job(), make_session())
    assert 1 == len(simulator.submissions)


async def test_a_new_request_reads_no_sidecar_of_a_video_in_the_journal(
    make_session, make_job, monkeypatch
):
    """A folder of a hundred thousand videos costs a new request its names, not its files."""
    first = await generate(make_job(), make_session())
    seen, read = [], sidecar._read
    monkeypatch.setattr(sidecar, "_read", lambda path: seen.append(path) or read(path))
    await generate(make_job(seed=1), make_session())
    assert first.path.with_suffix(".json") not in seen
    await generate(make_job(seed=2), make_session(journal=another_journal(first.path.parent)))
    assert first.path.with_suffix(".json") in seen


async def test_task_poll_with_a_lost_journal_keeps_whose_task_it_is(
    simulator, make_session, make_job, tmp_path
):
    """It fetches a deleted video by its id; the sidecar knows the request, and keeps knowing it."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    session = make_session(journal=another_journal(tmp_path))
    await collect(first.task_id, session)
    assert first == await generate(make_job(), session)
    third = make_session(journal=another_journal(tmp_path, "third"))
    assert first == await generate(make_job(), third)
    assert 1 == len(simulator.submissions)


@pytest.mark.parametrize("damage", ["cut", "empty", "deleted", "no video"])
async def test_a_broken_file_is_set_aside_and_fetched_again(
    simulator, make_session, make_job, video, damage
):
    """It is free. What was there is kept under another name."""
    first = await generate(make_job(), make_session())
    content = {"cut": video.read_bytes()[:-900], "empty": b"", "no video": b"x" * 5000}
    if damage == "deleted":
        first.path.unlink()
    else:
        first.path.write_bytes(content[damage])
    again = await generate(make_job(), make_session())
    assert (first, video.read_bytes()) == (again, again.path.read_bytes())
    aside = [path.read_bytes() for path in again.path.parent.glob("*.broken-*.mp4")]
    assert aside == ([content[damage]] if damage in content else [])
    assert 1 == len(simulator.submissions)


async def test_a_broken_file_of_a_task_that_the_host_forgot_is_decided_by_a_person(
    simulator, make_session, make_job
):
    """It is not bought again by itself, and the broken file is still there."""
    first = await generate(make_job(), make_session())
    first.path.write_bytes(b"")
    simulator.script.faults.append(Fault(on="task", do="status", status=404, times=None))
    for _ in range(2):
        with pytest.raises(errors.TaskLost):
            await generate(make_job(), make_session())
    assert 1 == len(list(first.path.parent.glob("*.broken-*.mp4")))
    assert 1 == len(simulator.submissions)


async def test_a_video_that_comes_back_ends_a_loss(simulator, make_session, make_job, video):
    """The user finds it in the trash and puts it back: no host is asked."""
    first = await generate(make_job(), make_session())
    first.path.unlink()
    simulator.script.faults.append(Fault(on="task", do="status", status=404, times=None))
    with pytest.raises(errors.TaskLost):
        await generate(make_job(), make_session())
    shutil.copy(video, first.path)
    requests = len(simulator.requests)
    assert first == await generate(make_job(), make_session())
    assert requests == len(simulator.requests)


async def test_a_video_that_does_not_open_stays_on_disk_whole(
    simulator, make_session, make_job, tmp_path
):
    """Another program may open it. Each Run keeps one copy and says where."""
    odd = tmp_path / "odd.mp4"
    odd.write_bytes(b"\x00\x00\x00\x18ftypnew codec" + bytes(range(256)) * 20)
    simulator.script.video = str(odd)
    for _ in range(2):
        with pytest.raises(errors.DownloadFailed, match=r"kept as .*\.unreadable\.mp4") as raised:
            await generate(make_job(), make_session())
    session = make_session()
    [kept] = session.folder.iterdir()
    assert (odd.read_bytes(), True) == (kept.read_bytes(), str(kept) in str(raised.value))
    assert f"{simulator.tasks[0].id}.unreadable.mp4" == kept.name
    assert 1 == len(simulator.submissions)


async def test_a_video_that_is_cut_short_at_the_host_comes_out(
    simulator, make_session, make_job, tmp_path
):
    """It was paid for: downloaded twice to be sure, then taken, and found again as it is."""
    from wan27.media.decode.frames import decode_frames  # noqa: PLC0415 - torch

    whole = make_video(tmp_path / "whole.mp4", numbered_frames(60))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    simulator.script.video = str(cut)
    first = await generate(make_job(), make_session())
    assert (cut.read_bytes(), 2) == (first.path.read_bytes(), len(simulator.downloads))
    frames = decode_frames(first.clip, lambda: None)
    assert 60 == len(frames) + first.clip.missing_frames
    again = await generate(make_job(), make_session())
    assert (first, 2, 1) == (again, len(simulator.downloads), len(simulator.submissions))


async def test_the_sidecar_says_what_the_video_is_and_no_secret(simulator, make_session, make_job):
    """People and asset managers read it: request, task, host, file and time, no key and no URL."""
    session = make_session(key="sk-canary-long")
    result = await generate(make_job(prompt="猫"), session)
    text = result.path.with_suffix(".json").read_text("utf-8")
    content, host = json.loads(text), session.account.host_id
    assert (1, result.task_id, "猫", host, result.path.stat().st_size) == (
        content["wan27"],
        content["task_id"],
        content["parameters"]["prompt"],
        content["host"],
        content["size"],
    )
    assert sidecar.sha256_of(result.path) == content["sha256"]
    assert make_job(prompt="猫").fingerprint(host) == content["fingerprint"]
    assert [] == [word for word in ("sk-canary", "data:", "ignature", ".mp4") if word in text]
    assert content["created"] <= content["finished"]


@pytest.mark.parametrize(
    "foreign",
    [b'{"workflow": 1}', b"not JSON", b"[1, 2]", b'{"wan27": 1}', b"[" * 100_000, b"\xff\xfe\x00"],
)
async def test_a_foreign_json_beside_a_video_is_never_overwritten(make_session, make_job, foreign):
    """Another program's file has the name; the video is there all the same."""
    session = make_session()
    task_id = await submit(make_job(), session)
    session.folder.mkdir(exist_ok=True)
    path = session.folder / f"{task_id}.json"
    path.write_bytes(foreign)
    result = await generate(make_job(), session)
    assert (foreign, True) == (path.read_bytes(), result.path.is_file())


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"size": 1},
        {"fingerprint": "another"},
        {"host": "ppio"},
        {"wan27": 99},
        {"task_id": 5},
        {"parameters": None},
    ],
)
async def test_a_sidecar_that_does_not_fit_its_file_is_not_believed(
    simulator, make_session, make_job, tmp_path, change
):
    """A video of another request must not be handed out for this one: it is bought."""
    first = await generate(make_job(), make_session())
    path = first.path.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    result = await generate(make_job(), make_session(journal=another_journal(tmp_path)))
    assert first.task_id != result.task_id
    assert 2 == len(simulator.submissions)


async def test_a_sidecar_leads_to_no_file_but_its_neighbor(
    simulator, make_session, make_job, tmp_path, video
):
    """A path inside it is not followed, and the names of its task are only names."""
    first = await generate(make_job(), make_session())
    path = first.path.with_suffix(".json")
    elsewhere = tmp_path / "elsewhere.mp4"
    first.path.rename(elsewhere)
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content | {"path": str(elsewhere), "video": str(elsewhere)}))
    result = await generate(make_job(), make_session(journal=another_journal(tmp_path)))
    assert 2 == len(simulator.submissions)
    assert first.task_id != result.task_id


async def test_a_sidecar_that_cannot_be_written_fails_no_paid_task(
    make_session, make_job, monkeypatch
):
    """The video is there and recorded."""

    def write(*_):
        raise OSError(28, "no space left")

    monkeypatch.setattr(sidecar, "atomic_write", write)
    session = make_session()
    result = await generate(make_job(), session)
    assert result.path.is_file()
    known = session.journal.find_task(session.account.host_id, result.task_id)
    assert State.FINISHED is known.state


async def test_a_sidecar_that_a_crash_left_out_is_written_by_the_next_run(
    simulator, make_session, make_job
):
    """And what the killed writer left of it is deleted."""
    first = await generate(make_job(), make_session())
    path = first.path.with_suffix(".json")
    before = path.read_bytes()
    left = path.rename(path.with_name(f"{path.name}.0123abcd.part"))
    os.utime(left, (0, 0))
    requests = len(simulator.requests)
    assert first == await generate(make_job(), make_session())
    now, then = json.loads(path.read_bytes()), json.loads(before)
    assert now | {"finished": 0} == then | {"finished": 0}
    assert (False, requests) == (left.exists(), len(simulator.requests))


async def test_a_file_of_the_same_bytes_that_no_longer_opens_is_not_fetched_again_and_again(
    simulator, make_session, make_job
):
    """These are the host's own bytes: an older FFmpeg cannot open them, and says so."""
    session = make_session()
    first = await generate(make_job(), session)
    first.path.write_bytes(b"as the host made it")
    entry = session.journal.find_task(session.account.host_id, first.task_id)
    stored = VideoFile(entry.path, 19, sidecar.sha256_of(first.path))
    session.journal.finished(entry, stored)
    requests = len(simulator.requests)
    with pytest.raises(errors.InvalidVideo):
        await generate(make_job(), replace(session))
    assert (True, requests) == (first.path.is_file(), len(simulator.requests))

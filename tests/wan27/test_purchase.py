"""Prices, limits and notices of a purchase, and purchases when the journal or the disk fails."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from wan27 import errors
from wan27.api.key import choose_account
from wan27.collect import collect
from wan27.generate import generate, submit
from wan27.journal.journal import Journal
from wan27.journal.states import State
from wan27.medium import DeferredMedia
from wan27.money import Cost, DayLimits, parse_price

from .conftest import Run


async def test_a_price_set_by_the_user_is_used(make_session, make_job):
    """If no price is published, the user's own is shown, recorded and compared with the limit."""
    run = Run()
    session = make_session(run, prices={"720P": parse_price("0.10 USD")})
    result = await generate(make_job(duration=5), session)
    entry = session.journal.find_task(session.account.host_id, result.task_id)
    assert (Cost(Decimal("0.50"), "USD"), "about $0.50") == (entry.cost, str(run.reports[0].cost))
    message = r"would cost about \$0\.50, above your limit of 0\.4"
    with pytest.raises(errors.CostRefused, match=message):
        await generate(make_job(duration=5, seed=2), replace(session, max_cost=Decimal("0.4")))


@pytest.mark.v3
@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"max_cost": Decimal(1)}, '1 ("Maximum cost per video")'),
        ({"day_limits": DayLimits(Decimal(5), 60)}, '5 ("Maximum cost per day")'),
        (
            {"max_cost": Decimal(1), "day_limits": DayLimits(Decimal(5))},
            '1 ("Maximum cost per video") and that of 5 ("Maximum cost per day")',
        ),
        ({"day_limits": DayLimits(max_seconds=60)}, None),
    ],
)
async def test_a_notice_names_the_limits_that_cannot_be_enforced(
    make_session, make_job, limits, named
):
    """An unknown price cannot be compared: the notice says so, and which settings change it."""
    await submit(make_job(), make_session(run := Run(), **limits))
    notice = (
        f"the price is unknown, so the limit of {named} cannot be enforced; set"
        ' "Price per second at 720P" and "Price per second at 1080P" in the settings'
    )
    assert ((notice,) if named else ()) == run.reports[0].notices


def test_a_notice_names_audio_that_is_longer_than_the_video(make_job, image):
    """The API accepts it, so it is a notice and no error."""
    audio = DeferredMedia(lambda _: Path("sound.wav"), 12.0, "hash")
    media = {"first_frame": image, "driving_audio": audio}
    notice = "driving_audio lasts 12.0 s and the video 5 s: the rest of the audio is not used"
    assert (notice,) == make_job(media=media, duration=5).notices
    assert () == make_job(media=media, duration=12).notices


async def test_nothing_is_submitted_if_the_video_folder_cannot_be_created(
    simulator, make_session, make_job, tmp_path
):
    """The folder is checked before anything is sent."""
    (tmp_path / "videos").write_text("in the way")
    with pytest.raises(
        errors.NoRoom,
        match=r"Videos cannot be saved to .*videos .*Make that folder writable\. Nothing was sent",
    ):
        await generate(make_job(), make_session())
    assert [] == simulator.requests


async def test_a_paid_video_is_downloaded_without_a_journal(make_session, make_job, tmp_path):
    """A broken journal stops purchases, but never the download of a paid video."""
    task_id = await submit(make_job(), make_session())
    (tmp_path / "in the way").write_text("")
    broken = make_session(journal=Journal(tmp_path / "in the way" / "journal.sqlite3"))
    result = await collect(task_id, broken)
    assert (task_id, True) == (result.task_id, result.path.is_file())
    with pytest.raises(errors.JournalFailed, match="Nothing is submitted without the journal"):
        await submit(make_job(seed=2), broken)


class _FailingJournal(Journal):
    """A journal whose disk fails between the submission and its response."""

    def submitted(self, entry, task_id):  # noqa: ARG002
        raise errors.JournalFailed("The disk is gone.")


async def test_the_error_names_a_task_id_that_could_not_be_recorded(
    simulator, make_session, make_job, tmp_path
):
    """The user can collect it by hand, and the next Run does not silently buy it again."""
    path = tmp_path / "state" / "journal.sqlite3"
    with pytest.raises(errors.TaskNotRecorded) as raised:
        await submit(make_job(), make_session(journal=_FailingJournal(path)))
    [task] = simulator.tasks
    message = str(raised.value)
    assert f"Task {task.id} was submitted and charged, and could not be recorded. Note" in message
    assert [State.SUBMITTING] == [entry.state for entry in Journal(path).recent(10)]
    for _ in range(2):
        with pytest.raises(errors.SubmissionUncertain):
            await submit(make_job(), make_session())
    assert (await collect(task.id, make_session())).path.is_file()
    session = make_session()
    session.journal.attach(session.journal.in_state(State.UNCERTAIN)[0], task.id)
    assert task.id == (await generate(make_job(), session)).task_id
    assert 1 == len(simulator.tasks)


async def test_the_journal_forgets_details_after_keep_days_and_buys_nothing_again(
    simulator, make_session, make_job
):
    """The prompt goes; that the request was bought, and where its video is, stays."""
    first = await generate(make_job(), make_session())
    session = make_session(keep_days=0)
    await submit(make_job(seed=2), session)
    assert [State.RUNNING] == [entry.state for entry in session.journal.recent(10)]
    assert first == await generate(make_job(), session)
    first.path.unlink()
    assert first.task_id == (await generate(make_job(), session)).task_id
    assert 2 == len(simulator.tasks)


async def test_a_damaged_journal_stops_every_purchase_until_a_person_has_read_of_it(
    simulator, make_session, make_job, tmp_path
):
    """Tasks whose rows are readable are found all the while, and nothing else is bought."""
    first = await generate(make_job(), make_session())
    path = tmp_path / "state" / "journal.sqlite3"
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096  # the last page is an index: every row can still be read
    path.write_bytes(content)
    for _ in range(3):
        with pytest.raises(errors.JournalFailed, match="found damaged"):
            await generate(make_job(seed=2), make_session())
    assert first.task_id == (await generate(make_job(), make_session())).task_id
    assert 1 == len(simulator.tasks)
    make_session().journal.acknowledge_damage()
    await generate(make_job(seed=2), make_session())
    assert 2 == len(simulator.tasks)


@pytest.mark.v3
async def test_a_new_key_buys_nothing_a_second_time_at_another_host(
    simulator, make_session, make_job, tmp_path
):
    """Automatic is the first host that has a key; what another host has, a person decides."""
    keys = {"NOVITA_API_KEY": "sk-canary"}
    before = choose_account(keys.get)
    chosen = choose_account((keys | {"JIEKOU_API_KEY": "k", "WAN27_HOST": "jiekou"}).get)
    automatic = choose_account((keys | {"JIEKOU_API_KEY": "k"}).get)
    another = choose_account({"JIEKOU_API_KEY": "k"}.get)  # in place of the first one
    await generate(make_job(), make_session(account=before))
    lost = Journal(tmp_path / "new user folder" / "journal.sqlite3")
    for given in (  # without a journal, the sidecar beside the video knows
        {"account": automatic},
        {"account": another},
        {"account": automatic, "journal": lost},
    ):
        with pytest.raises(errors.InvalidSetting, match=r"to Novita.* bought a second time"):
            await generate(make_job(), make_session(**given))
    assert 1 == len(simulator.tasks)
    await generate(make_job(seed=2), make_session(account=automatic))
    await generate(make_job(), make_session(account=chosen))
    await generate(make_job(), make_session(account=automatic))  # what it has now
    assert 3 == len(simulator.tasks)

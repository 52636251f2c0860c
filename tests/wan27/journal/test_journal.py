"""The record of submissions: written before anything is sent, and one open entry a request."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest

from wan27.errors import CostRefused, DecisionRefused, JournalFailed
from wan27.journal.changes import AlreadyOpenError, VideoFile
from wan27.journal.entry import NewEntry, UploadRef
from wan27.journal.journal import Journal
from wan27.journal.listing import Query
from wan27.journal.owner import sending
from wan27.journal.states import ATTACHABLE, GROUPS, OPEN, TRANSITIONS, State
from wan27.money import Cost, DayLimits

THUMBNAIL = b"\xff\xd8 a thumbnail"
WORKFLOW = b"\x1f\x8b a workflow"
YEN = Cost(Decimal("3.00"), "CNY")
FILE = VideoFile(PurePosixPath("wan27/v.mp4"), 9, "0" * 64)
LATER = 1e12  # after everything that a test does


def new(fingerprint="f", **changes):
    given = {
        "fingerprint": fingerprint,
        "host": "novita",
        "parameters": {"prompt": "猫", "duration": 5},
        "cost": YEN,
    }
    return NewEntry(**given | changes)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "state" / "journal.sqlite3")


def all_entries(journal):
    with journal._database.transaction() as table:
        return table.select()


def test_a_submission_is_found_in_each_of_its_states(journal):
    """Begun, submitted, finished: the same row, read by another object on the same file."""
    entry = journal.begin(new())
    other = Journal(journal._database.path)
    assert (State.SUBMITTING, None) == (other.find("f").state, other.find("f").task_id)
    journal.submitted(entry, "t1")
    assert (State.RUNNING, "t1") == (other.find("f").state, other.find_task("novita", "t1").task_id)
    journal.finished(entry, FILE)
    found = other.find("f")
    assert (State.FINISHED, FILE.path, "猫", 5, YEN) == (
        found.state,
        found.path,
        found.parameters["prompt"],
        found.seconds,
        found.cost,
    )


def entry_in(journal, state, fingerprint="f"):
    """Return an entry that has come to this state."""
    entry = journal.begin(new(fingerprint))
    to_task = {State.RUNNING, State.FINISHED, State.LOST, State.ABANDONED}
    if state in to_task:
        entry = journal.submitted(entry, f"task of {fingerprint}")
    then = {
        State.FINISHED: lambda: journal.finished(entry, FILE),
        State.LOST: lambda: journal.lost(entry, "gone"),
        State.ABANDONED: lambda: journal.abandon(entry),
        State.FAILED: lambda: journal.failed(entry, "refused"),
        State.UNCERTAIN: lambda: journal.uncertain(entry, "no response"),
    }
    return then.get(state, lambda: entry)()


@pytest.mark.parametrize("state", OPEN)
def test_a_request_with_an_open_entry_cannot_begin(journal, state):
    """Not in this Run and in no later one: only a person ends uncertain and lost ones."""
    entry_in(journal, state)
    for _ in range(3):
        with pytest.raises(AlreadyOpenError):
            Journal(journal._database.path).begin(new())
        assert state is journal.find("f").state
    assert "g" == journal.begin(new("g")).fingerprint


@pytest.mark.parametrize("state", [state for state in State if state not in OPEN])
def test_a_refused_or_abandoned_request_can_begin_again(journal, state):
    """A refusal that never became a task leaves no row; what may have been bought does."""
    entry_in(journal, state)
    assert journal.find("f") is None
    journal.begin(new())
    left = [entry.state for entry in all_entries(journal)]
    assert [State.SUBMITTING, *([] if state is State.FAILED else [state])] == left


@pytest.mark.parametrize("start", State)
# No move leads to SUBMITTING: an entry begins there.
@pytest.mark.parametrize("end", [state for state in State if state is not State.SUBMITTING])
def test_a_move_outside_the_table_is_an_error_that_is_seen(journal, start, end):
    """It is never dropped without a word, and it changes nothing."""
    to = {
        State.RUNNING: lambda e: journal.submitted(e, "t"),
        State.FINISHED: lambda e: journal.finished(e, FILE),
        State.FAILED: lambda e: journal.failed(e, "no"),
        State.LOST: lambda e: journal.lost(e, "gone"),
        State.ABANDONED: journal.abandon,
        State.UNCERTAIN: lambda e: journal.uncertain(e, "no response"),
    }
    entry = entry_in(journal, start)
    if end is State.UNCERTAIN:  # a response may come before its loss is recorded
        expected = end if start is State.SUBMITTING else start
        assert expected is to[end](entry).state
    elif start is State.FINISHED and end is State.RUNNING:
        assert State.FINISHED is to[end](entry).state  # better news than this one
    elif (end in TRANSITIONS[start] or end is start) and (start, end) != (State.ABANDONED,) * 2:
        assert end is to[end](entry).state
    else:
        with pytest.raises((JournalFailed, DecisionRefused)):
            to[end](entry)
        [now] = all_entries(journal)
        assert (start, entry.task_id) == (now.state, now.task_id)


@pytest.mark.parametrize("state", [state for state in State if state is not State.SUBMITTING])
def test_a_late_response_is_recorded_in_every_state(journal, state):
    """Its id is never dropped: a task that was paid for must be found."""
    entry = journal.begin(new())
    if state is not State.RUNNING:
        moves = {
            State.UNCERTAIN: lambda: journal.uncertain(entry, "no response"),
            State.FAILED: lambda: journal.failed(entry, "refused"),
            State.ABANDONED: lambda: journal.abandon(journal.uncertain(entry, "no response")),
            State.LOST: lambda: journal.lost(journal.submitted(entry, "late"), "gone"),
            State.FINISHED: lambda: journal.finished(journal.submitted(entry, "late"), FILE),
        }
        moves[state]()
    recorded = journal.submitted(entry, "late")
    expected = State.FINISHED if state is State.FINISHED else State.RUNNING
    assert (expected, "late", entry.id) == (recorded.state, recorded.task_id, recorded.id)
    assert entry.id == journal.find("f").id


def test_a_late_response_beside_a_second_submission_is_the_second_task_of_its_request(journal):
    """A person gave the first up too early. Both are kept; the request's task is the newer one."""
    first = journal.begin(new())
    journal.abandon(journal.uncertain(first, "no response"))
    second = journal.submitted(journal.begin(new()), "second")
    late = journal.submitted(first, "first")
    assert (State.RUNNING, "first") == (late.state, late.task_id)
    assert second.id == journal.find("f").id
    journal.failed(second, "no face")
    assert late.id == journal.find("f").id  # a sibling takes the claim over: nothing is bought


def test_a_task_is_adopted_once(journal):
    """Two Task Polls of a foreign id share a row, and a known task keeps its own."""
    ours = journal.submitted(journal.begin(new()), "t")
    assert ours.id == journal.adopt(host="novita", task_id="t").id
    foreign = journal.adopt(host="novita", task_id="x")
    assert foreign.id == journal.adopt(host="novita", task_id="x").id
    assert foreign.id != journal.adopt(host="ppio", task_id="x").id


@pytest.mark.parametrize("state", [State.UNCERTAIN, State.LOST, State.RUNNING])
def test_a_person_names_the_task_of_a_request(journal, state):
    """Its entry runs with that id; a task that it had before stays known under its id alone."""
    entry = entry_in(journal, state)
    named = journal.attach(entry, "from the account")
    assert (State.RUNNING, "from the account", True) == (named.state, named.task_id, named.attached)
    assert (entry.id, "") == (journal.find("f").id, named.error)
    if entry.task_id:
        before = journal.find_task("novita", entry.task_id)
        assert (None, state) == (before.fingerprint, before.state)


@pytest.mark.parametrize("state", [state for state in State if state not in ATTACHABLE])
def test_a_task_cannot_be_given_to_what_needs_none(journal, state):
    """The words say what the request is; the routes answer with them."""
    with pytest.raises(DecisionRefused, match=f"This request is {state.value}"):
        journal.attach(entry_in(journal, state), "t")


def test_a_task_that_task_poll_collected_becomes_the_request_s_with_its_video(journal):
    """One entry in one transaction: the id, the file and the request."""
    journal.finished(journal.adopt(host="novita", task_id="t"), FILE)
    named = journal.attach(entry_in(journal, State.UNCERTAIN), "t")
    assert (State.FINISHED, FILE.path, FILE.sha256) == (named.state, named.path, named.sha256)
    assert [named] == all_entries(journal)


def test_a_task_of_another_request_is_refused_in_words(journal):
    """Nothing changes: the id was probably copied from the wrong line."""
    entry_in(journal, State.RUNNING, "g")
    entry = entry_in(journal, State.UNCERTAIN)
    with pytest.raises(DecisionRefused, match="belongs to another request. Check the id"):
        journal.attach(entry, "task of g")
    assert (State.UNCERTAIN, None) == (journal.find("f").state, journal.find("f").task_id)


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_task_that_was_given_by_mistake_is_taken_back(journal, is_finished):
    """The request is uncertain again; the task, and a video of it, stay under the id alone."""
    named = journal.attach(entry_in(journal, State.UNCERTAIN), "wrong")
    if is_finished:
        named = journal.finished(named, FILE)
    entry = journal.detach(named)
    assert (State.UNCERTAIN, None, None) == (entry.state, entry.task_id, entry.path)
    orphan = journal.find_task("novita", "wrong")
    kept = (State.FINISHED, FILE.path) if is_finished else (State.RUNNING, None)
    assert (None, *kept) == (orphan.fingerprint, orphan.state, orphan.path)
    assert State.RUNNING is journal.attach(entry, "right").state


def test_a_task_that_the_host_named_itself_cannot_be_taken_back(journal):
    """Only what a person gave can be given by mistake."""
    with pytest.raises(DecisionRefused, match="No task id was given"):
        journal.detach(entry_in(journal, State.RUNNING))


@pytest.mark.parametrize("state", [State.SUBMITTING, State.FINISHED, State.FAILED])
def test_what_is_not_in_doubt_cannot_be_given_up(journal, state):
    """A finished video is there, a refusal costs nothing, and a submission ends by itself."""
    with pytest.raises(DecisionRefused, match="cannot be given up"):
        journal.abandon(entry_in(journal, state))


def test_a_dead_submission_becomes_uncertain_and_a_living_one_stays(journal):
    """The lock of the request tells them apart."""
    entry = journal.begin(new())
    with sending(journal.locks, "f"):
        journal.settle(entry)
        assert State.SUBMITTING is journal.find("f").state
    journal.settle(entry)
    assert State.UNCERTAIN is journal.find("f").state


def test_a_submission_that_was_replaced_meanwhile_is_not_settled(journal):
    """It was refused, and the next attempt replaced its row: no error, and nothing is touched."""
    refused = journal.begin(new())
    journal.failed(refused, "refused")
    second = journal.submitted(journal.begin(new()), "t")
    journal.settle(refused)
    assert second == journal.find("f")


def test_a_lock_that_never_ends_does_not_block_for_ever(journal):
    """A child of the sender may keep it: after the longest submission the doubt is a question."""
    entry = journal.begin(new())
    with sending(journal.locks, "f"):
        journal.settle(entry, is_over=True)
    assert State.UNCERTAIN is journal.find("f").state


def test_of_many_threads_one_begins_a_request(journal):
    """The database decides, and not chance."""
    begun, refused = [], []

    def race():
        try:
            begun.append(journal.begin(new()))
        except AlreadyOpenError:
            refused.append(1)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, 7) == (len(begun), len(refused))


def _begin_elsewhere(path, results):
    try:
        Journal(path).begin(new())
        results.put("begun")
    except AlreadyOpenError:
        results.put("refused")


def test_of_two_processes_one_begins_a_request(journal):
    """The same is true across processes."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=_begin_elsewhere, args=(journal._database.path, results))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert ["begun", "refused"] == sorted(results.get(timeout=5) for _ in processes)
    results.close()
    results.join_thread()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes of this kind")
def test_only_the_user_can_read_the_journal(journal):
    """Folder 0700, file 0600."""
    journal.begin(new())
    assert (0o700, 0o600) == (
        journal._database.path.parent.stat().st_mode & 0o777,
        journal._database.path.stat().st_mode & 0o777,
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such folder")
def test_a_journal_that_cannot_be_opened_is_an_error():
    """The message names what is in the way, and says that nothing is submitted."""
    with pytest.raises(JournalFailed, match="/dev/null is a file, .*Nothing is submitted"):
        Journal(Path("/dev/null/journal.sqlite3")).begin(new())


def kept_files(journal):
    """Return the names of all thumbnails and workflows on the disk."""
    folder = journal._database.path.parent
    return {path.name for path in (*folder.glob("thumbnails/*"), *folder.glob("workflows/*"))}


@pytest.mark.parametrize("is_forgotten_by_hand", [True, False])
def test_thumbnail_and_workflow_are_kept_as_long_as_an_entry_needs_them(
    journal, is_forgotten_by_hand
):
    """They are stored once for all entries that use them, beside the database and not inside."""
    files = {"thumbnail": THUMBNAIL, "workflow": WORKFLOW}
    first, second = (journal.begin(new(name, **files)) for name in "fg")
    names = {first.thumbnail, first.workflow}
    assert (THUMBNAIL, WORKFLOW) == (
        journal.thumbnails.read(second.thumbnail),
        journal.workflows.read(second.workflow),
    )
    content = journal._database.path.read_bytes()
    assert (False, False) == (THUMBNAIL in content, WORKFLOW in content)
    for entry, left in ((first, names), (second, set())):
        assert names == kept_files(journal)
        journal.submitted(entry, f"task of {entry.fingerprint}")
        ended = journal.finished(entry, FILE)
        journal.forget(ended) if is_forgotten_by_hand else journal.prune(LATER)
        assert left == kept_files(journal)
        kept = journal.find(entry.fingerprint)
        assert ("", "", True) == (kept.thumbnail, kept.workflow, kept.forgotten)
    assert (b"", b"") == (
        journal.thumbnails.read(first.thumbnail),
        journal.workflows.read(first.workflow),
    )


@pytest.mark.parametrize("name", ["thumbnails", "workflows"])
def test_a_file_that_cannot_be_kept_fails_no_purchase(journal, name):
    """Its folder cannot be made, or it is larger than such a file can be."""
    journal._database.path.parent.mkdir()
    (journal._database.path.parent / name).write_text("in the way")
    entry = journal.begin(new(thumbnail=THUMBNAIL, workflow=WORKFLOW))
    names = {"thumbnails": entry.thumbnail, "workflows": entry.workflow}
    assert [name] == [folder for folder, file in names.items() if not file]
    large = bytes(5 * 1024 * 1024)
    entry = journal.begin(new("g", thumbnail=large, workflow=large))
    assert ("", "") == (entry.thumbnail, entry.workflow)
    assert 1 == len(kept_files(journal))


def test_a_refused_submission_keeps_no_file(journal):
    """Neither a limit nor an open entry leaves one behind."""
    journal.begin(new())
    with pytest.raises(AlreadyOpenError):
        journal.begin(new(workflow=WORKFLOW))
    with pytest.raises(CostRefused):
        journal.begin(new("g", workflow=WORKFLOW), DayLimits(max_seconds=1))
    assert set() == kept_files(journal)


def test_a_thumbnail_that_cannot_be_deleted_fails_no_run(journal, monkeypatch):
    """Windows keeps an open file, or another process deletes it first; the rest is deleted."""
    entries = [
        journal.begin(new(str(number), thumbnail=bytes([number]) * 100)) for number in range(3)
    ]
    for entry in entries:
        journal.failed(entry, "no")
    real, calls = Path.unlink, []

    def unlink(path, **options):
        calls.append(path)
        if len(calls) <= 2:
            raise PermissionError if len(calls) == 1 else FileNotFoundError
        real(path, **options)

    monkeypatch.setattr(Path, "unlink", unlink)
    journal.prune(LATER)
    left = list((journal._database.path.parent / "thumbnails").iterdir())
    assert (3, 2) == (len(calls), len(left))


@pytest.mark.parametrize("name", ["", "../journal.sqlite3", "nothing.jpg", "/etc/hostname"])
def test_no_name_escapes_the_folder_of_thumbnails(journal, name):
    """A row that was tampered with reads no other file."""
    journal.begin(new(thumbnail=THUMBNAIL))
    assert b"" == journal.thumbnails.read(name)


def test_the_newest_entries_come_first_and_in_pages(journal):
    """The list of recent tasks shows them this way."""
    entries = [journal.begin(new(str(number))) for number in range(5)]
    page = journal.recent(2)
    assert ["4", "3"] == [entry.fingerprint for entry in page]
    assert ["2", "1"] == [entry.fingerprint for entry in journal.recent(2, before=page[-1].id)]
    assert [entries[0]] == journal.recent(10, before=entries[1].id)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("GLIDES camera", [0]),
        ("émeu", [1]),
        ("ÉMEU", [1]),
        ("猫", [2]),
        ("4711", [1]),  # a seed
        ("task-2", [2]),
        ("100%", [0]),
        ("1_0", []),
        ("prompt", []),  # a name in the stored JSON, as is a negative prompt
        ("blurry", []),
        ('"seed"', []),
        ("camera 猫", []),
        ("", [2, 1, 0]),
    ],
)
def test_every_word_is_in_the_prompt_the_id_or_the_seed(journal, words, found):
    """In whatever case; signs of SQL and JSON mean themselves."""
    prompts = ["The camera glides 100%", "Un émeu", "猫"]
    for number, prompt in enumerate(prompts):
        parameters = {"prompt": prompt, "negative_prompt": "blurry", "seed": 4710 + number}
        entry = journal.begin(new(prompt, parameters=parameters))
        journal.submitted(entry, f"task-{number}")
    entries = journal.recent(9, None, Query(tuple(words.split())))
    assert [f"task-{number}" for number in found] == [entry.task_id for entry in entries]


def test_a_group_of_states_is_listed(journal):
    """What is running, waits for a decision, is finished, or failed."""
    for group, states in GROUPS.items():
        assert [] == journal.recent(9, None, Query(states=states)), group
    entry = journal.submitted(journal.begin(new()), "t")
    assert [entry] == journal.recent(9, None, Query(states=GROUPS["running"]))
    entry = journal.lost(entry, "gone")
    assert [entry] == journal.recent(9, None, Query(states=GROUPS["undecided"], task_id="t"))
    assert [] == journal.recent(9, None, Query(states=GROUPS["undecided"], task_id="u"))


def test_the_cost_of_a_day_is_summed_by_currency(journal):
    """Refusals are free; uncertain, abandoned and failed tasks count, with their seconds."""
    for number, cost in enumerate([YEN, YEN, Cost(Decimal("0.5"), "USD"), None]):
        journal.submitted(journal.begin(new(str(number), cost=cost)), str(number))
    entry_in(journal, State.UNCERTAIN, "uncertain")
    entry_in(journal, State.ABANDONED, "abandoned")
    entry_in(journal, State.FAILED, "refused")
    journal.failed(entry_in(journal, State.RUNNING, "failed"), "the host may bill it")
    journal.adopt(host="novita", task_id="bought elsewhere")
    spent = journal.spent(0)
    assert {"CNY": Decimal("15.00"), "USD": Decimal("0.5")} == spent.costs
    assert (7 * 5, {}) == (spent.seconds, journal.spent(LATER).costs)


def test_the_simulator_s_seconds_do_not_count(journal):
    """They are free, and so are its failed tasks."""
    free = journal.begin(new(cost=Cost(Decimal(0), "USD")))
    journal.failed(journal.submitted(free, "t"), "failed")
    assert (0, {}) == (journal.spent(0).seconds, journal.spent(0).costs)


def test_an_entry_of_the_future_counts_for_the_day(journal):
    """The clock was ahead for a while: a limit that forgets it would let twice as much through."""
    journal.begin(new())
    with sqlite3.connect(journal._database.path) as connection:
        connection.execute("UPDATE entries SET created = created + 3 * 3600")
    connection.close()
    assert 5 == journal.spent(time.time()).seconds


@pytest.mark.parametrize("limits", [DayLimits(max_seconds=40), DayLimits(Decimal("24.00"))])
def test_a_limit_of_the_day_holds_for_24_that_begin_together(journal, limits):
    """It is checked in the transaction that begins a submission: 8 of 5 s and ¥3 each pass."""
    refused = []

    def begin(number):
        try:
            Journal(journal._database.path).begin(new(str(number)), limits)
        except CostRefused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (8, 16) == (len(all_entries(journal)), len(refused))
    assert all("above your limit of" in each and "Nothing was sent" in each for each in refused)


def test_a_tombstone_of_a_finished_task_still_counts_and_still_blocks(journal):
    """Forgetting deletes the prompt and the thumbnail, never the fact that it was bought."""
    finished = entry_in(journal, State.FINISHED)
    journal.forget(finished)
    assert ([], {}) == (journal.recent(10), dict(journal.find("f").parameters))
    kept = journal.find("f")
    assert (FILE.path, FILE.sha256, "task of f") == (kept.path, kept.sha256, kept.task_id)
    assert (5, {"CNY": Decimal("3.00")}) == (journal.spent(0).seconds, journal.spent(0).costs)
    with pytest.raises(AlreadyOpenError):
        journal.begin(new())


def test_a_refused_request_is_forgotten_without_a_trace(journal):
    """It was free and blocks nothing."""
    journal.forget(entry_in(journal, State.FAILED))
    assert [] == all_entries(journal)


def test_a_forgotten_failed_task_still_counts_and_blocks_nothing(journal):
    """The host may have billed it; the next Run submits again."""
    journal.forget(journal.failed(entry_in(journal, State.RUNNING), "failed"))
    assert [] == journal.recent(10)
    assert (5, {"CNY": Decimal("3.00")}) == (journal.spent(0).seconds, journal.spent(0).costs)
    assert State.SUBMITTING is journal.begin(new()).state


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING, State.UNCERTAIN, State.LOST])
def test_what_is_not_over_is_neither_forgotten_nor_pruned(journal, state):
    """However old it is."""
    entry = entry_in(journal, state)
    with pytest.raises(DecisionRefused, match="keeps it from being bought twice"):
        journal.forget(entry)
    journal.prune(LATER)
    assert [entry] == journal.recent(10)


@pytest.mark.parametrize("state", [State.UNCERTAIN, State.ABANDONED])
def test_an_upload_of_a_task_in_doubt_is_kept_until_its_urls_expire(journal, state):
    """Also where another task that shared it ends meanwhile: the first may be reading it."""
    upload = UploadRef("s3://media/wan27", "x.png")
    doubtful = journal.uncertain(journal.begin(new("a", uploads=(upload,))), "no response")
    if state is State.ABANDONED:
        journal.abandon(doubtful)
    journal.failed(journal.begin(new("b", uploads=(upload,))), "refused")
    assert () == journal.end_uploads(0, not_needed)
    assert journal.is_needed("x.png")
    assert (upload,) == journal.end_uploads(LATER, not_needed)
    journal.forget_uploads([upload])
    assert not journal.is_needed("x.png")


def not_needed(_upload, needed):
    """The answer of an uploader that counts nothing, as after a restart."""
    return not needed


def test_an_upload_stays_recorded_until_it_is_deleted(journal):
    """Whatever becomes of its entry: pruned, forgotten, or replaced by the next attempt."""
    upload, other = (UploadRef("s3://media/old", name) for name in ("x.png", "y.png"))
    refused = journal.failed(journal.begin(new("a", uploads=(upload,))), "refused")
    journal.prune(LATER)
    journal.forget(refused)
    again = journal.begin(new("a", uploads=(other,)))
    assert ((other, upload), ()) == (again.uploads, journal.end_uploads(0, not_needed))
    again = journal.begin(new("a", uploads=(other,)), earlier=again)  # its next turn after a 429
    assert (other, upload) == again.uploads
    failed = journal.failed(again, "refused again")
    for _ in range(2):
        assert (other, upload) == journal.end_uploads(0, not_needed)
    journal.forget_uploads([other])
    assert (upload,) == journal.end_uploads(0, not_needed)
    assert failed.updated == journal.find_entry(failed.id, failed.created).updated


def test_a_task_that_ended_releases_a_shared_upload_once(journal):
    """The last to end deletes it; to try that again releases nothing more of the others."""
    upload = UploadRef("s3://media/wan27", "x.png")
    counts = {upload: 3}

    def is_last(one, needed):
        counts[one] -= 1
        return counts[one] <= 0 and not needed

    entries = [journal.begin(new(name, uploads=(upload,))) for name in "abc"]
    for left, entry in zip((2, 1), entries, strict=False):
        journal.failed(entry, "refused")
        for _ in range(2):
            assert ((), left) == (journal.end_uploads(0, is_last), counts[upload])
    journal.failed(entries[2], "refused")
    assert (upload,) == journal.end_uploads(0, is_last)


def test_a_video_is_restored_once_and_counts_for_no_limit(journal):
    """A lost journal is made again from what lies beside each video."""
    restored = journal.restore(new(), "t", FILE)
    assert restored == journal.restore(new(), "t", FILE) == journal.find("f")
    assert (State.FINISHED, "t", FILE.path) == (restored.state, restored.task_id, restored.path)
    assert 0 == journal.spent(1).seconds


def test_a_task_that_was_taken_back_is_not_restored_to_its_request(journal):
    """The sidecar beside its video is older than the person's decision."""
    named = journal.finished(journal.attach(entry_in(journal, State.UNCERTAIN), "wrong"), FILE)
    journal.abandon(journal.detach(named))
    assert (None, None) == (journal.restore(new(), "wrong", FILE), journal.find("f"))

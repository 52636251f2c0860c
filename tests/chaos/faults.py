"""Every fault of the simulated host, once, three times and without end, and the Runs it meets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from tests.simulator import WORDS, Fault, ScriptedSimulator
from wan27.journal.states import State

from .judge import judge
from .person import UNCERTAIN, decide, given_up
from .tally import Tally
from .trial import Trial
from .user import Outcome, Request, run_here

STATUSES = (302, 400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 502, 503, 504, 520, 524)
# After these the host may be running the request, although it did not say that it accepted it.
_OPEN = (302, 408, 500, 502, 503, 504, 520, 524)
_TIMES = (1, 3, None)
# The calls of a temporary upload come before all that costs money: a few faults of them are enough.
NOT_ASKED = ("models",)  # calls of the settings page alone
_UPLOAD_CALLS, _UPLOAD_STATUSES = ("policy", "upload"), (302, 401, 403, 429, 500)
# The advice of an error; one of these is in every message.
_ADVICE = (
    *("Run again", "Run,", "Run ", "Check", "check ", "Top up", "Change", "Ask the host", "Wait"),
    *("Look for", "Task Poll", "unset it"),
)
# How long the client waits for a silent host, and for one that is only slow on a busy machine.
_SILENT_SECONDS, _SLOW_SECONDS = 0.5, 30.0
_STALL_SECONDS = 0.05  # downloads and uploads have longer timeouts of their own


def all_faults() -> Iterator[Fault]:
    """Yield every fault, without the number of times."""
    for call, words in WORDS.items():
        if call in NOT_ASKED:
            continue
        if call in _UPLOAD_CALLS:
            yield from (Fault(on=call, do="status", status=each) for each in _UPLOAD_STATUSES)
            yield Fault(on=call, do="status_after_body", status=500)  # as "status" to the client
            words -= {"status", "status_after_body"}
        for word in sorted(words - {"pass"}):
            if word == "status":
                yield from (Fault(on=call, do=word, status=status) for status in STATUSES)
            elif word == "status_after_body":
                # A clear refusal ends the submission, so only the unclear ones are tried.
                statuses = _OPEN if call == "submit" else STATUSES
                yield from (Fault(on=call, do=word, status=status) for status in statuses)
            elif word == "stall":
                seconds = _STALL_SECONDS if call in {"download", "upload"} else None
                for after in (None, 10):
                    yield Fault(on=call, do=word, after_bytes=after, seconds=seconds)
            elif word in {"truncate", "wrong_length"}:
                yield from (Fault(on=call, do=word, after_bytes=after) for after in (None, 0))
            else:
                yield Fault(on=call, do=word, reason="ILLEGAL_PROMPT" if word == "fail" else "")


def name_of(fault: Fault) -> str:
    """Return the fault in words, for the names of the tests."""
    status = f" {fault.status}" if fault.do.startswith("status") else ""
    after = "" if fault.after_bytes is None else f" after {fault.after_bytes} bytes"
    times = {1: "once", None: "without end"}.get(fault.times, f"{fault.times} times")
    return f"{fault.on} {fault.do}{status}{after} {times}"


def matrix() -> list[Fault]:
    """Return every fault with every number of times."""
    return [
        replace(fault, times=times)
        for fault in all_faults()
        for times in _TIMES
        if times != 3 or fault.on not in _UPLOAD_CALLS
    ]


def run_into(fault: Fault, trial: Trial, host: ScriptedSimulator, tally: Tally) -> list[Outcome]:
    """Run a request with this fault until its video arrives; return the outcomes of its Runs."""
    name = name_of(fault)
    seconds = _SILENT_SECONDS if fault.do == "stall" else _SLOW_SECONDS
    request = trial.request(host, name, silence_seconds=seconds)
    if fault.on in _UPLOAD_CALLS:
        request = replace(request, host_name="alibaba")
    host.replace_script(trial.script(faults=[fault]))
    outcomes = asyncio.run(_until_done(request, host, fault))
    entries = request.journal.recent(99)
    failed = sum(entry.state is State.FAILED and entry.task_id is not None for entry in entries)
    before = tally.twice
    judge(tally, request, host, outcomes, trial.video.read_bytes())
    # A task that failed was reported and is free, so a new one is right.
    tally.twice -= min(failed, tally.twice - before)
    tally.notes["tasks that failed, which is free, and were submitted again"] += failed
    tally.notes["requests that a person gave up, which were submitted again"] += given_up(request)
    errors = [each for each in outcomes if each.error]
    tally.wrong += [f"{name}: {problem}" for each in errors for problem in _problems(each, request)]
    return outcomes


async def _until_done(request: Request, host: ScriptedSimulator, fault: Fault) -> list[Outcome]:
    """Run until the fault is used up; one without end is removed after the first Run.

    A person decides about a request without a response. A lost task is asked for again by the Run.
    """
    outcomes: list[Outcome] = []
    for _ in range((fault.times or 1) + 2):
        outcomes.append(await run_here(request))
        if outcomes[-1].task_id:
            break
        if fault.times is None:
            host.script.faults.clear()
        host.without_video.clear()  # the host has the video again
        if outcomes[-1].error == UNCERTAIN:
            decide(request, host)
    return outcomes


def _problems(outcome: Outcome, request: Request) -> Iterator[str]:
    """Yield what an error lacks: advice, and the task's id if there is a task.

    A busy machine may be silent for longer than this client waits: such a response is uncertain.
    """
    if not any(words in outcome.text for words in _ADVICE):
        yield f"{outcome.error} has no advice: {outcome.text}"
    tasks = [entry.task_id for entry in request.journal.recent(99) if entry.task_id]
    is_early = request.prompt.startswith(("submit", *_UPLOAD_CALLS))
    has_task = not is_early and outcome.error != UNCERTAIN
    if has_task and not any(task in outcome.text for task in tasks):
        yield f"{outcome.error} does not name the task: {outcome.text}"

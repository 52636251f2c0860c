"""Every fault that the simulated host knows, once, three times and for ever: what each costs, what it says, and that the next Run mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from wan27.entry import State
from wan27.simulator import Fault, Simulator
from wan27.simulator.faults import WORDS

from .judge import judge
from .tally import Tally
from .trial import Trial
from .user import Request, Said, run_here

STATUSES = (400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 502, 503, 504, 520, 524)
# After these the host may be at work on a request that it did not accept in words.
_OPEN = (408, 500, 502, 503, 504, 520, 524)
_TIMES = (1, 3, None)
# What each error must tell its reader to do; one of these is in every sentence.
_ADVICE = ("Run again", "Run,", "Run ", "Check", "Top up", "Change", "Ask the host", "Wait", "Look for", "Task Poll", "check ", "unset it")
_SILENCE_SECONDS = 0.25  # how long the client waits for a silent host here
_STALL_SECONDS = 0.05  # downloads have a time-out of their own, and outlast this


def all_faults() -> Iterator[Fault]:
    """The matrix without the number of times."""
    for place, words in WORDS.items():
        for word in sorted(words - {"pass"}):
            if word == "status":
                yield from (Fault(on=place, do=word, status=status) for status in STATUSES)
            elif word == "status_after_body":
                # A host that says no and does it all the same is believed: only where the word leaves it open can one be torn.
                yield from (Fault(on=place, do=word, status=status) for status in (_OPEN if place == "submit" else STATUSES))
            elif word == "stall":
                seconds = _STALL_SECONDS if place == "download" else None
                yield from (Fault(on=place, do=word, after_bytes=number, seconds=seconds) for number in (None, 10))
            elif word in {"truncate", "wrong_length"}:
                yield from (Fault(on=place, do=word, after_bytes=number) for number in (None, 0))
            else:
                yield Fault(on=place, do=word, reason="ILLEGAL_PROMPT" if word == "fail" else "")


def name_of(fault: Fault) -> str:
    """The fault in words, as rows and tests call it."""
    status = f" {fault.status}" if fault.do.startswith("status") else ""
    after = "" if fault.after_bytes is None else f" after {fault.after_bytes} bytes"
    times = {1: "once", None: "for ever"}.get(fault.times, f"{fault.times} times")
    return f"{fault.on} {fault.do}{status}{after} {times}"


def matrix() -> list[Fault]:
    """Every fault as often as it comes."""
    return [replace(fault, times=times) for fault in all_faults() for times in _TIMES]


def faults(trial: Trial, times: int | None = None) -> list[Tally]:
    """Short: a sample of the matrix; long: all of it (which the test suite has in full as well)."""
    chosen = matrix()
    chosen = trial.chance.sample(chosen, min(len(chosen), times or trial.times(60, len(chosen))))
    tally = Tally("a fault at the host, once, three times or for ever")
    with trial.host() as host:
        for fault in chosen:
            suffer(fault, trial, host, tally)
    return [tally]


def suffer(fault: Fault, trial: Trial, host: Simulator, tally: Tally) -> list[Said]:
    """Run a request into this fault until it has its video; return how its Runs ended."""
    name = name_of(fault)
    request = Request(host.base_url, trial.key, trial.folder / name.replace(" ", "-"), name, silence_seconds=_SILENCE_SECONDS)
    host.replace_script(trial.script(faults=[fault]))
    said = asyncio.run(_until_done(request, host, fault))
    given_up = sum(entry.state is State.FAILED and entry.task_id is not None for entry in request.journal.recent(99))
    before = tally.twice
    judge(tally, request, host, said, trial.video.read_bytes())
    tally.twice -= min(given_up, tally.twice - before)  # failed at the host, or forgotten by it: told, and bought anew
    tally.notes["tasks that failed or were forgotten, told, and bought anew"] += given_up
    tally.wrong += [f"{name}: {problem}" for each in said if each.error for problem in _problems(each, request)]
    return said


async def _until_done(request: Request, host: Simulator, fault: Fault) -> list[Said]:
    """Until the fault is used up; one that lasts for ever is mended after the first Run."""
    said: list[Said] = []
    for _ in range((fault.times or 1) + 2):
        said.append(await run_here(request))
        if said[-1].task_id:
            break
        if fault.times is None:
            host.script.faults.clear()
        for task in host.tasks:
            task.empty = False  # the host finds the video after all
    return said


def _problems(said: Said, request: Request) -> Iterator[str]:
    """What is wrong with a sentence: every one advises, and names the task where there is one."""
    if not any(words in said.text for words in _ADVICE):
        yield f"{said.error} does not say what to do: {said.text}"
    tasks = [entry.task_id for entry in request.journal.recent(99) if entry.task_id]
    if not request.prompt.startswith("submit") and not any(task in said.text for task in tasks):
        yield f"{said.error} does not name the task: {said.text}"

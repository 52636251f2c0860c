"""Each assumption beside what was seen: the calls, the request and the task.

A row that has nothing to compare with says "any", and is as assumed once something was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wan27.api.balance import BALANCE_CALLS
from wan27.api.hosts import Host

from .contract import Contract
from .facts import Facts
from .probes import BAD, is_fault_ignored

SAME, DIFFERS, UNKNOWN = "as assumed", "differs", "unknown"
_CALLS = {
    "no_key": "a call without a key",
    "wrong_key": "a call with a wrong key",
    "unknown_task": "a task that does not exist",
    "unknown_path": "a path that does not exist",
    "no_medium": "a request without an image",
}
_FAULTS = {
    "unknown_field": "an unknown field",
    "null_field": "a null",
    "wrong_type": "a number as text",
}


_UNTRIED = (
    "clip + last frame is accepted, clip + audio is refused",
    "data: is refused for clips and audio",
    "the host reads http and https URLs, follows 5 redirects and gives up after 30 s",
    "what it cannot read is INVALID_REQUEST_BODY, and the shape of an image INVALID_IMAGE_SIZE",
    "a continuation has `duration` seconds in all, and begins with the clip",
    "an expired URL is HTTP 403; how long tasks and videos are kept",
    "prompt_extend is true where it is not sent",
    "how many tasks may run at once; a webhook",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    section: str
    assumption: str
    seen: str
    verdict: str


def row(section: str, assumption: str, seen: str, same: bool | None) -> Row:
    """Return a row; `same` None where it cannot be told."""
    verdict = UNKNOWN if same is None else SAME if same else DIFFERS
    return Row(section, assumption, seen or "not seen", verdict)


NOT_TRIED = tuple(row("Not tried", assumption, "not tried", None) for assumption in _UNTRIED)


def call_rows(facts: Facts, contract: Contract, host: Host, key: bool | None) -> Iterator[Row]:
    """Yield the rows about key, balance and errors. `key`: whether the host accepts it."""
    words = {True: "accepted", False: "refused", None: "its answers do not tell"}
    yield row("Key", "the host accepts the key", words[key], key)
    call, balance = BALANCE_CALLS.get(host.name), facts["balance"]
    assumption = f"a number in {call.field}" if call else "no call for the balance is known"
    if balance is None:
        yield row("Key", assumption, "", None)
    elif balance["is_number"]:
        yield row("Key", assumption, f"a number in {balance['field']}", call is not None)
    else:
        yield row("Key", assumption, answer_text(balance), call is None)
    for name, what in _CALLS.items():
        status, reason = contract.answers[name]
        seen = facts[name]
        assumption = f"{what}: HTTP {status}{f', {reason}' if reason else ''}"
        same = None
        if seen and seen["status"]:
            same = seen["status"] == status and reason in ("", seen["reason"])
        yield row("Errors", assumption, answer_text(seen), same)
    for name in contract.free_calls:
        seen = facts[name]
        same = seen["status"] == 200 if seen and seen["status"] else None
        yield row("Key", f"the free call `{name}` answers HTTP 200", answer_text(seen), same)
    yield from _error_form_rows(facts, contract)
    yield from _busy_rows(facts)


def _error_form_rows(facts: Facts, contract: Contract) -> Iterator[Row]:
    # Not that of an unknown path, which another part of a host may answer.
    names = [name for name in (*_CALLS, *BAD) if name != "unknown_path"]
    answers = [facts[name] for name in names if facts[name]]
    refusals = [each for each in answers if each["status"] >= 400]
    forms = sorted({each["form"] for each in refusals})
    same = [contract.form] == forms if forms else None
    yield row("Errors", f"bodies are {contract.form}", ", ".join(forms), same)
    late = (facts["late_refusals"] or {}).values()
    texts = sorted({text for text in (*(each["message"] for each in refusals), *late) if text})
    seen = " · ".join(f"“{text}”" for text in texts[:4])
    yield row("Errors", "a text for people (any)", seen, True if texts else None)


def _fault_rows(facts: Facts) -> Iterator[Row]:
    """Yield whether a second fault changes the refusal of a request without an image."""
    for name, what in _FAULTS.items():
        text, is_ignored = "", is_fault_ignored(facts, name)
        same = None if is_ignored is None else not is_ignored
        if same is not None:
            told = (facts["late_refusals"] or {}).get(name) or facts[name]["message"]
            text = (
                f"refused: “{told}”"
                if same
                else "not looked at, or not before the image: the refusal is the same"
            )
        yield row("Request", f"{what} is refused", text, same)


def _doubt_rows(facts: Facts) -> Iterator[Row]:
    accepted, unclear = facts["accepted_bad_request"], facts["unclear_bad_request"]
    if accepted:
        seen = f"ACCEPTED ({accepted}): a task was created and may be charged"
        yield row("Request", "a request without an image creates no task", seen, False)
    elif unclear:
        seen = f"no clear refusal ({unclear}); no other was sent"
        yield row("Request", "a request without an image creates no task", seen, None)


def _busy_rows(facts: Facts) -> Iterator[Row]:
    busy = facts["busy"] or []
    headers = sorted({f"{name}: {value}" for each in busy for name, value in each.items()})
    seen = f"{len(busy)} times (429 or 503){', ' if headers else ''}{', '.join(headers)}"
    looked = facts["no_key"] is not None
    yield row(
        "Errors", "no rate limit is met", seen if busy else "none", not busy if looked else None
    )


def request_rows(facts: Facts) -> Iterator[Row]:
    """Yield the rows about requests: what is refused, and how an image is sent."""
    yield from _fault_rows(facts)
    yield from _doubt_rows(facts)
    submission, end = facts["submission"] or {}, facts["end"]
    way = submission.get("way", "data:")
    what = f"an image as {way}" if way == "data:" else f"an image through the {way}"
    what += " is accepted"
    if submission.get("outcome") == "refused":
        # Not a difference where it was refused for the balance, the key or a rate.
        same = False if submission["is_about_request"] else None
        yield row("Request", what, f"refused at submission: {answer_text(submission)}", same)
    elif end:
        same = False if end["is_about_request"] else None
        yield row("Request", what, f"accepted, and the task failed: “{end['reason']}”", same)
    else:
        is_done = bool(facts["download"] or facts["film"])
        yield row("Request", what, "accepted" if is_done else "", True if is_done else None)


def task_rows(facts: Facts, contract: Contract) -> Iterator[Row]:
    """Yield the rows about the life of the task."""
    if polls := facts["polls"]:
        yield from _poll_rows(polls, contract, has_gap=bool(facts["has_gap"]))
        yield from _task_rows(facts["task"] or {}, contract, has_failed=bool(facts["end"]))


def _poll_rows(polls: list[dict[str, Any]], contract: Contract, *, has_gap: bool) -> Iterator[Row]:
    words = list(dict.fromkeys(poll["word"] for poll in polls))
    others = [word for word in words if word not in contract.words]
    yield row("Task", f"statuses are {', '.join(contract.words)}", ", ".join(words), not others)
    if contract.name != "async_v3":
        yield _time_row(polls, contract, has_gap=has_gap)
        return
    percents = sorted({poll["percent"] for poll in polls if poll["percent"] is not None})
    shown = ", ".join(f"{percent:g}" for percent in percents[:12])
    same = None if not percents else 0 <= percents[0] <= percents[-1] <= 100
    yield row("Task", "progress is 0 to 100", shown, same)
    etas = sorted({poll["eta"] for poll in polls if poll["eta"] is not None})
    seen = ", ".join(f"{eta:g} s" for eta in etas[:12])
    yield row("Task", "a remaining time (any)", seen, True if etas else None)
    yield _time_row(polls, contract, has_gap=has_gap)


def _time_row(polls: list[dict[str, Any]], contract: Contract, *, has_gap: bool) -> Row:
    queued, whole = queue_seconds(polls, contract), polls[-1]["after"]
    seen = "" if has_gap else f"queued for {queued:g} s, done after {whole:g} s"
    return row("Task", "waiting and working time (any)", seen, True if seen else None)


def _task_rows(task: dict[str, Any], contract: Contract, *, has_failed: bool) -> Iterator[Row]:
    fields = task.get("fields") or []
    assumption = f"the result has the fields {', '.join(contract.fields)}"
    expected = set(contract.fields) - ({"usage"} if has_failed else set())
    same = set(fields) == expected if fields else None
    yield row("Task", assumption, ", ".join(fields), same)
    if contract.name == "async_v3":
        kind, seed = task.get("task_type") or "", task.get("seed") or ""
        yield row("Task", "a task_type (any)", kind, True if kind else None)
        yield row(
            "Task",
            "extra.seed is the seed that was sent",
            seed and "a seed",
            seed == "27" if seed else None,
        )


def queue_seconds(polls: list[dict[str, Any]], contract: Contract) -> float:
    """Return how long a task was queued, to the distance between two looks."""
    later = [poll["after"] for poll in polls if poll["word"] != contract.words[0]]
    return float(later[0] if later and len(later) < len(polls) else 0)


def answer_text(answer: dict[str, Any] | None) -> str:
    """Return an answer in words: "HTTP 404, TASK_NOT_FOUND"."""
    if not answer:
        return ""
    if not answer["status"]:
        return str(answer.get("form", ""))
    reason = answer["reason"] or (f"“{answer['message']}”" if answer["message"] else "")
    return f"HTTP {answer['status']}{f', {reason}' if reason else ''}"

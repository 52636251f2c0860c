"""What a protocol must offer: the calls of a host as pure functions, without I/O.

`hosts.py` names the protocol of each host. The client, the journal, retries and errors use this
port and do not know which protocol runs; another one is another module like `async_v3.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ...job import Job

PROMPTS = ("prompt", "negative_prompt")  # the fields of a request that the user writes


class Status(Enum):
    """The status of a task; each protocol has its own words for them, and guesses none."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the host reports it.

    `percent` 0..100 (hosts may leave it 0 to the end), `eta_seconds` None where the host gave none.
    `video_url` is set only on success; it is signed and short-lived, and never shown or stored.
    """

    status: Status
    percent: float
    eta_seconds: float | None
    reason: str
    video_url: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A GET that costs nothing: its path below the host's address, and its parameters."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The host's own words in a response that is not 2xx; "" for what it does not say.

    `reason` is its code for the error, `trace_id` finds the call in its logs, `details` are what
    it adds to the message. `is_json` is False for a gateway's page, whose title is the message.
    """

    reason: str
    message: str
    trace_id: str
    is_json: bool
    details: str = ""


@dataclass(frozen=True, slots=True)
class KeyProof:
    """A free call that proves a key.

    `parse` returns whether a 2xx proves it; with `by_missing_task` the host's answer that it has no
    such task does too.
    """

    query: Query
    parse: Callable[[bytes], bool]
    by_missing_task: bool = False


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol. The parsers raise `UnexpectedResponse` for an undocumented form.

    `prefix` begins all paths, and people paste it with an address. `build_request` has one URL for
    each role of the job's media; `submission_headers` are those of its body beside the key and the
    content type. `parse_submission` returns the task id.
    `failures` are the reasons of an error response that says that the task itself has failed.
    `parse_task` raises `TaskUnknown` where that is a 200 of the protocol. `key_proofs` are tried in
    order where one says nothing about the key.
    """

    submit_path: str
    prefix: str
    build_request: Callable[[Job, Mapping[str, str]], dict[str, Any]]
    submission_headers: Callable[[Mapping[str, Any]], dict[str, str]]
    parse_submission: Callable[[bytes], str]
    task_query: Callable[[str], Query]
    parse_task: Callable[[bytes], Task]
    parse_refusal: Callable[[bytes], Refusal]
    failures: frozenset[str]
    key_proofs: Callable[[], tuple[KeyProof, ...]]

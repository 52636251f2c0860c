"""The asynchronous v3 protocol of JieKou, Novita and PPIO: our objects to its JSON, and back.

No I/O, no guessing. Sources: https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v (request),
…/model-apis-task-result (task), …/basic-error-code (errors). Only documented fields are sent and
only the documented form is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ...errors import NoVideo, UnexpectedResponse
from ...job import Job
from ...limits import MEDIA
from ..host_text import spoken
from .port import KeyProof, Protocol, Query, Refusal, Status, Task
from .reading import (
    any_json_object,
    field_names,
    identifier,
    json_object,
    message_in,
    number,
    status_in,
    task_id_in,
    text,
)

SUBMIT_PATH = "/v3/async/wan2.7-i2v"
RESULT_PATH = "/v3/async/task-result"

_STATUSES = {
    "TASK_STATUS_QUEUED": Status.QUEUED,
    "TASK_STATUS_PROCESSING": Status.PROCESSING,
    "TASK_STATUS_SUCCEED": Status.SUCCEEDED,
    "TASK_STATUS_FAILED": Status.FAILED,
    # Not documented, but other clients of these hosts handle them; both can only mean: no video.
    "TASK_STATUS_CANCELED": Status.FAILED,
    "TASK_STATUS_CANCELLED": Status.FAILED,
}
_UNKNOWN_WORD = "TASK_STATUS_UNKNOWN"  # in the hosts' JavaScript SDK


def build_request(job: Job, urls: Mapping[str, str]) -> dict[str, Any]:
    """Return the flat body of a submission; `urls` has one for each role of the job's media."""
    body: dict[str, Any] = {MEDIA[role].field: urls[role] for role in job.media}
    body.update(job.parameters)
    return {field: value for field, value in body.items() if value != ""}


def parse_submission(body: bytes) -> str:
    """Return the task id of an accepted submission. Raises `UnexpectedResponse` without one."""
    response = json_object(body, "the submission")
    return task_id_in(response, response)


def parse_task(body: bytes) -> Task:
    """Return the task in a response. Raises `UnexpectedResponse` for an undocumented form."""
    response = json_object(body, "the task")
    task = response.get("task")
    if not isinstance(task, dict) or not isinstance(task.get("status"), str):
        raise UnexpectedResponse(
            "The host's response about the task has no task.status; it has"
            f" {field_names(response)}."
        )
    status = _status(task["status"])
    return Task(
        status=status,
        percent=min(max(number(task.get("progress_percent")) or 0.0, 0.0), 100.0),
        eta_seconds=number(task.get("eta")) or None,
        reason=spoken(task.get("reason")) or spoken(task.get("err_detail")),
        video_url=_video_url(response) if status is Status.SUCCEEDED else None,
    )


def parse_refusal(body: bytes) -> Refusal:
    """Return what a flat error body says. `body` may be any bytes."""
    found = any_json_object(body)
    response = found or {}
    metadata = response.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Refusal(
        reason=text(response.get("reason")),
        message=message_in(found, body),
        trace_id=identifier(metadata.get("trace_id")) or identifier(response.get("trace_id")),
        is_json=found is not None,
        details=spoken(metadata.get("details")),
    )


def _status(word: str) -> Status:
    if word == _UNKNOWN_WORD:
        raise NoVideo("The host reports that it no longer knows the task.")
    return status_in(_STATUSES, word)


def _video_url(response: Mapping[str, Any]) -> str:
    videos = response.get("videos")
    if not isinstance(videos, list) or not videos:
        raise NoVideo("The host reports that the task succeeded, but its response names no video.")
    video = videos[0]
    url = video.get("video_url") if isinstance(video, dict) else None
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise NoVideo(
            "The host reports that the task succeeded, but its video has no valid video_url."
        )
    if video.get("video_type") not in (None, "", "mp4"):
        raise NoVideo(
            f"The host made a file of type {str(video['video_type'])[:20]!r} instead of an mp4."
        )
    return url


def _task_query(task_id: str) -> Query:
    return Query(RESULT_PATH, {"task_id": task_id})


def _key_proofs() -> tuple[KeyProof, ...]:
    """Ask for a task that cannot exist: a host that returns one has proved nothing."""
    query = _task_query(str(uuid.uuid4()))
    return (KeyProof(query, lambda body: parse_task(body) is None, by_missing_task=True),)


ASYNC_V3 = Protocol(
    submit_path=SUBMIT_PATH,
    prefix="/v3/async",
    build_request=build_request,
    submission_headers=lambda _: {},
    parse_submission=parse_submission,
    task_query=_task_query,
    parse_task=parse_task,
    parse_refusal=parse_refusal,
    failures=frozenset({"TASK_FAILED"}),
    key_proofs=_key_proofs,
)

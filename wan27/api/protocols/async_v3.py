"""The asynchronous v3 protocol: pure functions between our objects and the API's JSON.

No I/O, no guessing. Sources: https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v (request),
…/model-apis-task-result (task). Only documented fields are sent and only the documented form is
read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...errors import NoVideo, UnexpectedResponse
from ...job import Job
from ...limits import MEDIA

SUBMIT_PATH = "/v3/async/wan2.7-i2v"
RESULT_PATH = "/v3/async/task-result"


class Status(Enum):
    """The status of a task. Any other word is an `UnexpectedResponse`, never a guess."""

    QUEUED = "TASK_STATUS_QUEUED"
    PROCESSING = "TASK_STATUS_PROCESSING"
    SUCCEED = "TASK_STATUS_SUCCEED"
    FAILED = "TASK_STATUS_FAILED"


# Not documented, but other clients of these hosts handle them; both can only mean: no video.
_FAILED_WORDS = {"TASK_STATUS_CANCELED", "TASK_STATUS_CANCELLED"}
_UNKNOWN_WORD = "TASK_STATUS_UNKNOWN"  # in the hosts' JavaScript SDK


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


def build_request(job: Job, urls: Mapping[str, str]) -> dict[str, Any]:
    """Return the flat body of a submission; `urls` has one for each role of the job's media."""
    body: dict[str, Any] = {MEDIA[role].field: urls[role] for role in job.media}
    body.update(job.parameters)
    return {field: value for field, value in body.items() if value != ""}


def parse_submission(body: bytes) -> str:
    """Return the task id of an accepted submission. Raises `UnexpectedResponse` without one."""
    response = _json_object(body, "the submission")
    task_id = response.get("task_id")
    if not isinstance(task_id, str) or not task_id.strip():
        raise UnexpectedResponse(
            "The host accepted the submission but returned no task_id; its response has"
            f" {_fields(response)}."
        )
    return task_id


def parse_task(body: bytes) -> Task:
    """Return the task in a response. Raises `UnexpectedResponse` for an undocumented form."""
    response = _json_object(body, "the task")
    task = response.get("task")
    if not isinstance(task, dict) or not isinstance(task.get("status"), str):
        raise UnexpectedResponse(
            f"The host's response about the task has no task.status; it has {_fields(response)}."
        )
    status = _status(task["status"])
    return Task(
        status=status,
        percent=min(max(_number(task.get("progress_percent")) or 0.0, 0.0), 100.0),
        eta_seconds=_number(task.get("eta")) or None,
        reason=_text(task.get("reason")) or _text(task.get("err_detail")),
        video_url=_video_url(response) if status is Status.SUCCEED else None,
    )


def _status(word: str) -> Status:
    if word in _FAILED_WORDS:
        return Status.FAILED
    if word == _UNKNOWN_WORD:
        raise NoVideo("The host reports that it no longer knows the task.")
    try:
        return Status(word)
    except ValueError:
        raise UnexpectedResponse(
            f"The host reports the status {word[:80]!r} for the task, unknown to this pack."
        ) from None


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


def _json_object(body: bytes, what: str) -> dict[str, Any]:
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(
            f"The host's response about {what} is not JSON; it begins with {body[:60]!r}."
        ) from None
    if not isinstance(response, dict):
        raise UnexpectedResponse(
            f"The host's response about {what} is a JSON {type(response).__name__} instead of an"
            " object."
        )
    return response


def _fields(response: Mapping[str, Any]) -> str:
    """Return the names of a response's fields: enough for a report, and no signed URL."""
    names = ", ".join(sorted(str(name)[:30] for name in response)[:10])
    return f"the fields {names}" if names else "no fields"


def _number(value: object) -> float | None:
    """Return a number, which some hosts send as a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e9 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

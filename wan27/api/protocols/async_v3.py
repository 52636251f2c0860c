"""What is said to the API and what it says back: pure functions between our objects and its JSON.

No I/O, no guessing.

Sources: https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v (request),
…/model-apis-task-result (task), …/basic-error-code (reasons). Only documented fields are sent and
only the documented form is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...errors import UnexpectedResponse
from ...job import Job
from ...limits import MEDIA


class Status(Enum):
    """The statuses that we act on.

    The host may add words: those end in `UnexpectedResponse`, never in a guess.
    """

    QUEUED = "TASK_STATUS_QUEUED"
    PROCESSING = "TASK_STATUS_PROCESSING"
    SUCCEED = "TASK_STATUS_SUCCEED"
    FAILED = "TASK_STATUS_FAILED"


# Documented nowhere, but handled by other clients of these hosts; both can only mean that no video
# will come.
_FAILED_WORDS = {"TASK_STATUS_CANCELED", "TASK_STATUS_CANCELLED"}


@dataclass(frozen=True, slots=True)
class Task:
    """One answer about a task.

    `percent` 0..100 (hosts may leave it 0 to the end), `eta_seconds` None where the host gave none.

    `video_url` is signed and short-lived: it is set only on success, and never shown or stored.
    """

    status: Status
    percent: float
    eta_seconds: float | None
    reason: str
    video_url: str | None


def build_request(job: Job, urls: Mapping[str, str]) -> dict[str, Any]:
    """Return the flat body of a submission.

    `urls` maps each role of the job's media to an address that the host can read.
    """
    body: dict[str, Any] = {MEDIA[role].field: urls[role] for role in job.media}
    body.update(job.parameters)
    return {field: value for field, value in body.items() if value != ""}


def parse_submission(body: bytes) -> str:
    """Return the task id of an accepted submission.

    Raises `UnexpectedResponse` where there is none.
    """
    answer = _json_object(body, "the submission")
    task_id = answer.get("task_id")
    if not isinstance(task_id, str) or not task_id.strip():
        raise UnexpectedResponse(
            f"The host accepted the submission but named no task_id; it answered {_shape(answer)}."
        )
    return task_id


def parse_task(body: bytes) -> Task:
    """Return what the host says of a task.

    Raises `UnexpectedResponse` saying what was seen where that is not the documented form.
    """
    answer = _json_object(body, "the task")
    task = answer.get("task")
    if not isinstance(task, dict) or not isinstance(task.get("status"), str):
        raise UnexpectedResponse(
            f"The host's answer about the task has no task.status; it answered {_shape(answer)}."
        )
    status = _status(task["status"])
    return Task(
        status=status,
        percent=min(max(_number(task.get("progress_percent")) or 0.0, 0.0), 100.0),
        eta_seconds=_number(task.get("eta")) or None,
        reason=_text(task.get("reason")) or _text(task.get("err_detail")),
        video_url=_video_url(answer) if status is Status.SUCCEED else None,
    )


def _status(word: str) -> Status:
    if word in _FAILED_WORDS:
        return Status.FAILED
    try:
        return Status(word)
    except ValueError:
        raise UnexpectedResponse(
            f"The host gives the task the status {word[:80]!r}, which this pack does not know."
        ) from None


def _video_url(answer: Mapping[str, Any]) -> str:
    videos = answer.get("videos")
    if not isinstance(videos, list) or not videos:
        raise UnexpectedResponse(
            "The host says that the task succeeded, but its answer names no video."
        )
    video = videos[0]
    url = video.get("video_url") if isinstance(video, dict) else None
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise UnexpectedResponse(
            "The host says that the task succeeded, but its video has no usable video_url."
        )
    if video.get("video_type") not in (None, "", "mp4"):
        raise UnexpectedResponse(
            f"The host made a file of type {str(video['video_type'])[:20]!r} where an mp4 was"
            " expected."
        )
    return url


def _json_object(body: bytes, what: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(
            f"The host's answer about {what} is not JSON; it begins {body[:60]!r}."
        ) from None
    if not isinstance(answer, dict):
        raise UnexpectedResponse(
            f"The host's answer about {what} is a JSON {type(answer).__name__} where an object was"
            " expected."
        )
    return answer


def _shape(answer: Mapping[str, Any]) -> str:
    """The names of an answer's fields: enough to report, and never a signed address."""
    names = ", ".join(sorted(str(name)[:30] for name in answer)[:10])
    return f"the fields {names}" if names else "an empty object"


def _number(value: object) -> float | None:
    """Numbers come as numbers or, in some examples of the hosts, as strings; anything else is not known."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e9 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

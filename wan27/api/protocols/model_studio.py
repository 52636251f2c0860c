"""The protocol of Alibaba Model Studio: our objects to its JSON, and back, and its upload policy.

No I/O, no guessing. Sources, all below https://help.aliyun.com/zh/model-studio/:
image-to-video-general-api-reference (request, result), manage-asynchronous-tasks (statuses; a task
is kept for 24 hours), error-code, get-temporary-file-url (upload). `/api/v1/models`: the host's own
Python package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ...errors import NoVideo, TaskUnknown, UnexpectedResponse
from ...job import Job
from ...limits import MEGABYTE
from ..host_text import spoken
from .port import PROMPTS, KeyProof, Protocol, Query, Refusal, Status, Task
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

# An upload is bound to the model's name, to the letter. There is a dated name of the same model,
# wan2.7-i2v-2026-04-25.
MODEL = "wan2.7-i2v"
SUBMIT_PATH = "/api/v1/services/aigc/video-generation/video-synthesis"
TASK_PATH = "/api/v1/tasks/"
TEMPORARY = "oss://"  # the scheme of what was uploaded to the temporary store

_ASYNC = {"X-DashScope-Async": "enable"}
_RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
_STATUSES = {
    "PENDING": Status.QUEUED,
    "RUNNING": Status.PROCESSING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "CANCELED": Status.FAILED,
}
_UNKNOWN_WORD = "UNKNOWN"  # an id that does not exist, or is older than 24 hours
_STORE = re.compile(r"http://[\w.-]+\.aliyuncs\.com/")
_POLICY = Query("/api/v1/uploads", {"action": "getPolicy", "model": MODEL})
_MODELS = Query("/api/v1/models", {"model": MODEL, "page_no": "1", "page_size": "1"})


def build_request(job: Job, urls: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of a submission; `urls` has one for each role of the job's media."""
    prompts = {name: job.parameters[name] for name in PROMPTS if job.parameters[name] != ""}
    media = [{"type": role, "url": urls[role]} for role in job.media]
    parameters = {name: value for name, value in job.parameters.items() if name not in PROMPTS}
    return {"model": MODEL, "input": {**prompts, "media": media}, "parameters": parameters}


def submission_headers(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a submission: an upload is resolved only where one asks for it."""
    media = body.get("input", {}).get("media", ())
    has_upload = any(medium["url"].startswith(TEMPORARY) for medium in media)
    return _ASYNC | _RESOLVE if has_upload else dict(_ASYNC)


def parse_submission(body: bytes) -> str:
    """Return the task id of an accepted submission. Raises `UnexpectedResponse` without one."""
    response = json_object(body, "the submission")
    output = response.get("output")
    return task_id_in(output if isinstance(output, dict) else {}, response)


def task_query(task_id: str) -> Query:
    """Return the call for a task."""
    return Query(TASK_PATH + quote(task_id, safe=""))


def parse_task(body: bytes) -> Task:
    """Return the task in a response.

    Raises `TaskUnknown` for the status of an unknown task, which is a 200, and
    `UnexpectedResponse` for an undocumented form.
    """
    response = json_object(body, "the task")
    output = response.get("output")
    word = output.get("task_status") if isinstance(output, dict) else None
    if not isinstance(output, dict) or not isinstance(word, str):
        raise UnexpectedResponse(
            "The host's response about the task has no output.task_status; it has"
            f" {field_names(response)}."
        )
    status = _status(word)
    return Task(
        status=status,
        percent=0.0,
        eta_seconds=None,
        reason=_reason(output) if status is Status.FAILED else "",
        video_url=_video_url(output) if status is Status.SUCCEEDED else None,
    )


def parse_refusal(body: bytes) -> Refusal:
    """Return what an error body says. `body` may be any bytes."""
    found = any_json_object(body)
    response = found or {}
    return Refusal(
        reason=text(response.get("code")),
        message=message_in(found, body),
        trace_id=identifier(response.get("request_id")),
        is_json=found is not None,
    )


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """The permission to upload: the store's address, the folder, and the fields of its form.

    `max_bytes` is the largest file, None where the host gives no limit.
    """

    store: str
    folder: str
    max_bytes: int | None
    fields: Mapping[str, str] = field(repr=False)  # signed: they are all that an upload needs

    def form(self, name: str) -> dict[str, str]:
        """Return the form for a file of that name, without the file itself, which is its last."""
        return {**self.fields, "key": self.key(name), "success_action_status": "200"}

    def key(self, name: str) -> str:
        """Return the file's key in the store."""
        return f"{self.folder}/{name}"


def policy_query() -> Query:
    """Return the call for an upload policy; it is free."""
    return _POLICY


def parse_policy(body: bytes) -> UploadPolicy:
    """Return the upload policy in a response. Raises `UnexpectedResponse` for another form."""
    response = json_object(body, "an upload")
    data = response.get("data")
    data = data if isinstance(data, dict) else {}
    names = ("upload_host", "upload_dir", "oss_access_key_id", "signature", "policy")
    values = {name: text(data.get(name)) for name in names}
    missing = [name for name, value in values.items() if not value or not value.isprintable()]
    if missing:
        raise UnexpectedResponse(
            f"The host's response about an upload has no usable {' and '.join(missing)}."
        )
    megabytes = number(data.get("max_file_size_mb"))
    return UploadPolicy(
        store=values["upload_host"],
        folder=values["upload_dir"].strip("/"),
        max_bytes=int(megabytes * MEGABYTE) if megabytes else None,
        fields={
            "OSSAccessKeyId": values["oss_access_key_id"],
            "Signature": values["signature"],
            "policy": values["policy"],
            # Both are required by the store, also where a response leaves one out.
            "x-oss-object-acl": text(data.get("x_oss_object_acl")) or "private",
            "x-oss-forbid-overwrite": text(data.get("x_oss_forbid_overwrite")) or "true",
        },
    )


def _status(word: str) -> Status:
    if word == _UNKNOWN_WORD:
        raise TaskUnknown(
            "The host does not know this task: it keeps a task for 24 hours, for the keys of one"
            " account. Check the task id, and use the host and a key of that account.",
            status=200,
            reason=_UNKNOWN_WORD,
        )
    return status_in(_STATUSES, word)


def _reason(output: Mapping[str, Any]) -> str:
    code, message = text(output.get("code")), spoken(output.get("message"))
    return f"{message.rstrip('.')} ({code})" if code and message else message or code


def _video_url(output: Mapping[str, Any]) -> str:
    url = output.get("video_url")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise NoVideo(
            "The host reports that the task succeeded, but its response has no valid video_url."
        )
    # The host's own store was seen as http too; the signature does not cover the scheme.
    return f"https{url[4:]}" if _STORE.match(url) else url


def _is_json_object(body: bytes) -> bool:
    return bool(json_object(body, "the key"))


MODEL_STUDIO = Protocol(
    submit_path=SUBMIT_PATH,
    prefix="/api/v1",
    build_request=build_request,
    submission_headers=submission_headers,
    parse_submission=parse_submission,
    task_query=task_query,
    parse_task=parse_task,
    parse_refusal=parse_refusal,
    failures=frozenset(),
    key_proofs=lambda: (
        KeyProof(_MODELS, _is_json_object),
        KeyProof(_POLICY, _is_json_object),
    ),
)

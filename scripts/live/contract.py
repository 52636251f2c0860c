"""What the two protocols are documented, or assumed, to do: the other side of each row.

Sources: wan27/api/protocols and the list in wan27/simulator/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wan27.api.hosts import Host
from wan27.api.protocols.async_v3 import ASYNC_V3
from wan27.api.protocols.model_studio import MODEL, MODEL_STUDIO
from wan27.api.protocols.port import Query

SECONDS, TIER = 2, "720P"  # the smallest video
PARAMETERS = {"duration": SECONDS, "resolution": TIER}
_PROMPT = "A request of `make live` without an image: please refuse it."
_SECONDS_OF_A_DAY = 24 * 3600


V3_FIELDS = ("code", "reason", "message")
STUDIO_FIELDS = ("code", "message", "request_id")


def flat_form(names: tuple[str, ...]) -> str:
    """Return the form of an error body with these fields, in words."""
    return f"flat JSON ({', '.join(names)})"


@dataclass(frozen=True, slots=True)
class Look:
    """A task as one response describes it, without judgement; None and "" for what is absent."""

    word: str = ""
    percent: float | None = None
    eta: float | None = None
    reason: str = ""
    url: str = ""
    ttl: str = ""
    task_type: str = ""
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """One protocol. `answers` are (HTTP status, reason) by the name of a free call.

    `words` are the documented statuses, in their order of life; `finals` those that end it.
    `refuses_late`: a bad request gets a task id, and its refusal at the first look.
    `free_calls` are others of this protocol that cost nothing and answer 200.
    """

    name: str
    unknown_path: str
    form: str
    answers: Mapping[str, tuple[int, str]]
    words: tuple[str, ...]
    finals: tuple[str, ...]
    fields: tuple[str, ...]
    url_seconds: int
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    look: Callable[[Mapping[str, Any]], Look]
    refuses_late: bool = False
    free_calls: Mapping[str, Query] = field(default_factory=dict)


def contract_of(host: Host) -> Contract:
    """Return the contract of a host's protocol."""
    return _V3 if host.protocol is ASYNC_V3 else _STUDIO


def _v3_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"prompt": _PROMPT, **PARAMETERS, **fields}


def _v3_look(response: Mapping[str, Any]) -> Look:
    task, extra = _object(response.get("task")), _object(response.get("extra"))
    videos = response.get("videos")
    video = _object(videos[0]) if isinstance(videos, list) and videos else {}
    return Look(
        word=_text(task.get("status")),
        percent=_number(task.get("progress_percent")),
        eta=_number(task.get("eta")),
        reason=_text(task.get("reason")) or _text(task.get("err_detail")),
        url=_text(video.get("video_url")),
        ttl=_text(video.get("video_url_ttl")),
        task_type=_text(task.get("task_type")),
        seed=_text(extra.get("seed")),
    )


def _studio_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {**PARAMETERS, **fields}
    return {"model": MODEL, "input": {"prompt": _PROMPT}, "parameters": parameters}


def _studio_look(response: Mapping[str, Any]) -> Look:
    output = _object(response.get("output"))
    reason = ": ".join(filter(None, (_text(output.get("code")), _text(output.get("message")))))
    return Look(
        word=_text(output.get("task_status")), reason=reason, url=_text(output.get("video_url"))
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _number(value: object) -> float | None:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


_V3_FINALS = ("TASK_STATUS_SUCCEED", "TASK_STATUS_FAILED")
_V3 = Contract(
    name="async_v3",
    unknown_path="/v3/async/wan27-live-no-such-path",
    form=flat_form(V3_FIELDS),
    answers={
        "no_key": (400, "MISSING_API_KEY"),
        "wrong_key": (403, "INVALID_API_KEY"),
        "unknown_task": (404, "TASK_NOT_FOUND"),
        "unknown_path": (404, "API_NOT_FOUND"),
        "no_medium": (400, "INVALID_REQUEST_BODY"),
    },
    words=("TASK_STATUS_QUEUED", "TASK_STATUS_PROCESSING", *_V3_FINALS),
    finals=_V3_FINALS,
    fields=("audios", "extra", "images", "task", "videos"),
    url_seconds=3600,
    body=_v3_body,
    look=_v3_look,
)
_STUDIO = Contract(
    name="model_studio",
    unknown_path="/api/v1/wan27-live-no-such-path",
    form=flat_form(STUDIO_FIELDS),
    answers={
        "no_key": (401, "InvalidApiKey"),
        "wrong_key": (401, "InvalidApiKey"),
        "unknown_task": (200, "UNKNOWN"),
        "unknown_path": (404, ""),
        "no_medium": (200, ""),
    },
    words=("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"),
    finals=("SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"),
    fields=("output", "request_id", "usage"),
    url_seconds=_SECONDS_OF_A_DAY,
    body=_studio_body,
    look=_studio_look,
    refuses_late=True,
    free_calls={
        name: proof.query
        for name, proof in zip(("models", "policy"), MODEL_STUDIO.key_proofs(), strict=True)
    },
)

"""The task result as JSON: always the keys extra, task, images, videos, audios (https://novita.ai/docs/api-reference/model-apis-task-result)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tasks import FAILED, SUCCEED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .script import Script
    from .tasks import Task

_TASK_TYPE = "SIMULATED_WAN2_7_I2V"  # the real word is documented nowhere; no client may look at it


def task_result(task: Task, now_seconds: float, script: Script, video_url: str) -> dict[str, Any]:
    """Return the result object of a task at a reading of the clock; `video_url` is used once the task has succeeded."""
    status = task.status(now_seconds)
    succeeded = status == SUCCEED
    shows_video = succeeded and not task.empty
    result = {
        "extra": {"seed": str(task.body["seed"])} if succeeded else {},
        "task": {
            "task_id": task.id,
            "task_type": _TASK_TYPE,
            "status": script.statuses.get(status, status),
            "reason": task.failure if status == FAILED else "",
            "eta": task.eta_seconds(now_seconds),
            "progress_percent": 0 if script.progress == "zero" else task.progress_percent(now_seconds),
        },
        "images": [],
        "videos": [{"video_url": video_url, "video_url_ttl": script.ttl, "video_type": "mp4"}] if shows_video else [],
        "audios": [],
    }
    return _overlaid(result, script.more)


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _overlaid(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged

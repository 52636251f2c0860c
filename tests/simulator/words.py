"""The same fault in the words of each protocol: a script names those of the v3 protocol."""

from __future__ import annotations

from wan27.simulator.error_answer import ErrorAnswer
from wan27.simulator.exchange import json_answer

# v3's reason -> HTTP status (None: as scripted) and code of Model Studio
_CODES = {
    "MISSING_API_KEY": (401, "InvalidApiKey"),
    "INVALID_API_KEY": (401, "InvalidApiKey"),
    "FAILED_TO_AUTH": (401, "InvalidApiKey"),
    "INVALID_REQUEST_BODY": (None, "InvalidParameter"),
    "BILLING_BALANCE_NOT_ENOUGH": (400, "Arrearage"),
    "NOT_ENOUGH_BALANCE": (400, "Arrearage"),
    "ILLEGAL_PROMPT": (None, "DataInspectionFailed"),
    "RATE_LIMIT_EXCEEDED": (None, "Throttling.RateQuota"),
    "CREATE_TASK_FAILED": (None, "InternalError"),
    "GET_RESULT_FAILED": (None, "InternalError"),
    "SERVICE_NOT_AVAILABLE": (None, "ServiceUnavailable"),
}
_TASKS = {"TASK_NOT_FOUND": "UNKNOWN", "TASK_FAILED": "FAILED"}


def is_model_studio(route):
    """Return whether a route is one of Model Studio."""
    return route.path.startswith("/api/v1/")


def error_answer(route, error):
    """Return an error that a script names as its route would answer it."""
    if not is_model_studio(route):
        return route.error(error)
    if error.reason in _TASKS:  # a task without a video is no error there
        output = {"task_id": "", "code": "InternalError", "message": str(error)}
        output["task_status"] = _TASKS[error.reason]
        return json_answer(200, {"request_id": "r", "output": output})
    status, code = _CODES.get(error.reason, (None, error.reason))
    return route.error(ErrorAnswer(status or error.status, code, str(error)))


def reworded(result, statuses, without_video):
    """Return the object of a task with other statuses, and without a video for some ids."""
    task, word = (
        (result["task"], "status") if "task" in result else (result["output"], "task_status")
    )
    task[word] = statuses.get(task[word], task[word])
    if task["task_id"] in without_video:
        result |= {"videos": []} if "videos" in result else {}
        task.pop("video_url", None)
    return result

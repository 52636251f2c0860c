"""The error that the page receives, with the action that helps."""

from __future__ import annotations

import pytest

CONSOLE = "https://host.example/keys"


@pytest.fixture
def payload(pack):
    """Return a function that returns the payload of an error of that class."""

    def payload(kind, task_id=None):
        kind = getattr(pack("wan27.errors"), kind)
        is_refusal = issubclass(kind, pack("wan27.errors").HostRefused)
        error = kind("It failed.", status=400) if is_refusal else kind("It failed.")
        return pack("host.status.events").error_payload(error, CONSOLE, task_id)

    return payload


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("MissingKey", "settings"),
        ("KeyRefused", "settings"),
        ("InvalidSetting", "settings"),
        ("CostRefused", "settings"),
        ("BalanceTooLow", "top_up"),
        ("SubmissionUncertain", "collect"),
        ("TaskNotRecorded", "collect"),
        ("StillRunning", "collect"),
        ("DownloadFailed", "collect"),
        ("VideoGone", None),
        ("TaskFailed", None),
        ("NotInstalled", None),
        ("ContentRefused", None),
    ],
)
def test_each_error_has_the_action_that_helps(payload, kind, action):
    """Only a top-up has a URL, the host's own."""
    url = CONSOLE if action == "top_up" else None
    expected = {"message": "It failed.", "action": action, "url": url, "task_id": None}
    assert expected == payload(kind)


@pytest.mark.parametrize(
    "kind", ["HostUnreachable", "HostFailed", "RateLimited", "UnexpectedResponse"]
)
def test_after_a_temporary_error_a_task_can_be_collected(payload, kind):
    """Without a task there is nothing to collect."""
    assert (None, "collect") == (payload(kind)["action"], payload(kind, "t1")["action"])


def test_without_a_server_no_event_is_sent(pack):
    """Tools that run nodes without a server do not fail because of it."""
    events = pack("host.status.events")
    events.send_tasks_changed()
    events.send_error(events.NO_NODE, pack("wan27.errors").MissingKey("No key."))

"""What the page is told of an error, and what helps."""

from __future__ import annotations

import pytest

CONSOLE = "https://host.example/keys"


@pytest.fixture
def described(pack):
    """Return a function that describes an error of that class."""

    def describe(kind, task_id=None):
        kind = getattr(pack("wan27.errors"), kind)
        error = (
            kind("It failed.", status=400)
            if issubclass(kind, pack("wan27.errors").HostRefused)
            else kind("It failed.")
        )
        return pack("host.status.events").described(error, CONSOLE, task_id)

    return describe


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
def test_each_error_has_the_action_that_helps(described, kind, action):
    """Only a top-up has an address, the host's own."""
    url = CONSOLE if action == "top_up" else None
    assert {"message": "It failed.", "action": action, "url": url, "task_id": None} == described(
        kind
    )


@pytest.mark.parametrize(
    "kind", ["HostUnreachable", "HostFailed", "RateLimited", "UnexpectedResponse"]
)
def test_passing_trouble_leaves_a_task_to_be_collected(described, kind):
    """And nothing to collect where none was submitted."""
    assert (None, "collect") == (described(kind)["action"], described(kind, "t1")["action"])


def test_without_a_server_nobody_is_told(pack):
    """Tools that run nodes without one do not fail for that."""
    pack("host.status.events").tasks_changed()
    pack("host.status.events").node_failed(
        pack("host.status.events").NOWHERE, pack("wan27.errors").MissingKey("No key.")
    )

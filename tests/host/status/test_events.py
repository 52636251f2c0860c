"""The error that the page receives, with the action that helps."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace

import pytest

CONSOLE, BILLING = "https://host.example/keys", "https://host.example/bills"
NO_DECISION = {"entry": None, "state": None, "actions": [], "host": None, "billing": None}


@pytest.fixture
def payload(pack):
    """Return a function that returns the payload of an error of that class."""

    def payload(kind, task_id=None, *, billing=BILLING, entry=None, error_task=None):
        host = pack("wan27.api.hosts").Host("h", "Host", "https://h", "H_KEY", CONSOLE, billing)
        kind = getattr(pack("wan27.errors"), kind)
        is_refusal = issubclass(kind, pack("wan27.errors").HostRefused)
        error = kind("It failed.", status=400) if is_refusal else kind("It failed.")
        error.entry, error.task_id = entry, error_task
        return pack("host.status.events").error_payload(error, host, task_id)

    return payload


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("MissingKey", "key"),
        ("KeyRefused", "replace_key"),
        ("InvalidSetting", "settings"),
        ("CostRefused", "settings"),
        ("BalanceTooLow", "top_up"),
        ("NotSent", "tasks"),
        ("JournalFailed", "tasks"),
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
    """Only a top-up has a URL, the host's own: its charges, or else its keys."""
    url = BILLING if action == "top_up" else None
    expected = {"message": "It failed.", "pages": [], "action": action, "url": url, "task_id": None}
    assert expected | {"switch": None, "setting": None} | NO_DECISION == payload(kind)
    assert (url and CONSOLE) == payload(kind, billing="")["url"]


@pytest.mark.parametrize(
    ("kind", "state", "task_id", "actions"),
    [
        ("SubmissionUncertain", "uncertain", None, ["attach", "abandon"]),
        ("TaskLost", "lost", "t1", ["collect", "attach", "abandon"]),
    ],
)
def test_an_error_that_a_person_must_decide_names_its_entry(payload, kind, state, task_id, actions):
    """With what the routes allow in its state, and the page that lists what was charged."""
    sent = payload(kind, entry=(7, 1.5), error_task=task_id)
    assert sent == {
        "message": "It failed.",
        "pages": [],
        "action": None,
        "switch": None,
        "setting": None,
        "url": None,
        "task_id": task_id,
        "entry": {"id": 7, "created": 1.5},
        "state": state,
        "actions": actions,
        "host": "Host",
        "billing": BILLING,
    }
    assert None is payload(kind, billing="", entry=(7, 1.5))["billing"]


@pytest.mark.parametrize(
    "kind", ["HostUnreachable", "HostFailed", "RateLimited", "UnexpectedResponse"]
)
def test_after_a_temporary_error_a_task_can_be_collected(payload, kind):
    """Without a task there is nothing to collect."""
    assert (None, "collect") == (payload(kind)["action"], payload(kind, "t1")["action"])


def test_the_pages_of_an_error_are_those_of_known_hosts(pack):
    """Never an address of a host's own text."""
    [host] = [host for host in pack("wan27.api.hosts").HOSTS if host.name == "novita"]
    error = pack("wan27.errors").TaskFailed(f"See https://a.example, then ({host.billing}).")
    sent = pack("host.status.events").error_payload(error, host, None)
    assert [host.billing] == sent["pages"]


def test_a_setting_that_helps_is_offered_unless_the_environment_decides_it(pack, monkeypatch):
    """A PNG over the limit can be sent as JPEG."""
    error = pack("wan27.medium").too_large("first_frame", 11_000_000, 10_000_000)
    monkeypatch.delenv("WAN27_JPEG", raising=False)
    payload = pack("host.status.events").error_payload
    sent = payload(error, None, None)
    assert ("switch", "WAN27_JPEG") == (sent["action"], sent["switch"])
    monkeypatch.setenv("WAN27_JPEG", "0")
    sent = payload(error, None, None)
    assert ("settings", None) == (sent["action"], sent["switch"])


def test_an_error_that_names_a_setting_leads_to_it_unless_the_environment_has_it(pack, monkeypatch):
    """The first one that can be changed in the settings."""
    error = pack("wan27.errors").InvalidInput("x", "is too large; set WAN27_UPLOAD or WAN27_JPEG.")
    payload = pack("host.status.events").error_payload
    places = []
    for name in ("", "WAN27_UPLOAD", "WAN27_JPEG"):
        if name:
            monkeypatch.setenv(name, "1")
        sent = payload(error, None, None)
        places.append((sent["action"], sent["setting"]))
    assert [("settings", "WAN27_UPLOAD"), ("settings", "WAN27_JPEG"), (None, None)] == places


def test_without_a_server_no_event_is_sent(pack):
    """Tools that run nodes without a server do not fail because of it."""
    events = pack("host.status.events")
    events.send_tasks_changed()
    events.send_error(events.NO_NODE, pack("wan27.errors").MissingKey("No key."))


def test_a_page_that_cannot_be_reached_ends_no_run(pack, monkeypatch, caplog):
    """Other packs replace `send_sync`, and some of them know ComfyUI's own events alone."""

    def refuse(event, *_):
        raise KeyError(event)

    server = SimpleNamespace(client_id="page", send_sync=refuse, send_progress_text=refuse)
    foreign = SimpleNamespace(PromptServer=SimpleNamespace(instance=server))
    monkeypatch.setitem(sys.modules, "server", foreign)
    events, text = pack("host.status.events"), pack("host.status.text")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            events.send_tasks_changed()
            events.send_status(events.NO_NODE, text.Status(text.Phase.QUEUED, "Host"))
            events.send_error(events.NO_NODE, pack("wan27.errors").MissingKey("No key."))
    for name in ("wan27.tasks", "wan27.status", "wan27.error"):
        assert 1 == caplog.text.count(f"KeyError('{name}')")

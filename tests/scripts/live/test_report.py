"""`make live` reports a host that follows the documentation as such, and each difference."""

from __future__ import annotations

import shutil

import pytest

from tests.simulator import Fault, Script
from tests.simulator.film import refilm

from .conftest import KEY

SUCCEED = "TASK_STATUS_SUCCEED"


@pytest.mark.parametrize(
    ("host", "different"), [("novita", ["a number in availableBalance"]), ("alibaba", [])]
)
def test_a_host_as_documented_has_no_difference_but_its_balance(
    play, rendered_video, host, different
):
    """Every assumption was looked at, or is listed as not tried."""
    simulator, live = play(host=host, video=str(rendered_video))
    assert 0 == live("--yes")
    assert different == live.different
    unknown = [row for row in live.data["rows"] if row["verdict"] == "unknown"]
    assert {"Not tried", "Cost"} == {row["section"] for row in unknown}
    assert ("60 frames, 2 s (60 frames expected)", "as assumed") == live.row("2 s to the frame")
    assert ("yes", "as assumed") == live.row("it begins with the image")
    assert 1 == len([task for task in simulator.tasks if task.path])


DEVIATIONS = {
    "no Range": ({"ranges": False}, "Range is honored", "HTTP 200, not those bytes"),
    "HEAD": ({"head": True}, "HEAD is refused", "HTTP 200"),
    "another word": (
        {"statuses": {"TASK_STATUS_PROCESSING": "TASK_STATUS_PAUSED"}},
        "statuses are",
        "TASK_STATUS_QUEUED, TASK_STATUS_PAUSED, TASK_STATUS_SUCCEED",
    ),
    "another final word": (
        {"statuses": {SUCCEED: "TASK_STATUS_DONE"}},
        "statuses are",
        "TASK_STATUS_QUEUED, TASK_STATUS_PROCESSING, TASK_STATUS_DONE",
    ),
    "403 for an unknown task": (
        {"errors": {"unknown_task": (403, "ACCESS_DENY")}},
        "a task that does not exist",
        "HTTP 403, ACCESS_DENY",
    ),
    "the same 403 for a wrong key and an unknown task": (
        {"errors": {"unknown_task": (403, "INVALID_API_KEY")}},
        "a task that does not exist",
        "HTTP 403, INVALID_API_KEY",
    ),
    "401 for a key": (
        {"errors": {"no_key": (401, "FAILED_TO_AUTH")}},
        "a call without",
        "HTTP 401",
    ),
    "404 of another name": (
        {"errors": {"unknown_path": (404, "PATH_NOT_FOUND")}},
        "a path that does not exist",
        "HTTP 404, PATH_NOT_FOUND",
    ),
    "the same URL again": ({"fresh_urls": False}, "a second look", "the same URL"),
    "a short life": ({"url_seconds": 60}, "its query gives it", "60 s (x-amz-expires)"),
    "a long life": ({"url_seconds": 604800}, "video_url_ttl is", "604800"),
    "unknown fields ignored": (
        {"unknown_fields": True},
        "an unknown field is refused",
        "not looked at, or not before the image",
    ),
    "HTML errors": ({"error_form": "html"}, "bodies are flat JSON", "HTML"),
    "redirects": ({"redirects": 2}, "no redirects", "2 redirects"),
    "429 at first": (
        {"faults": [Fault("task", "status", status=429, headers={"Retry-After": "3"}, times=2)]},
        "no rate limit is met",
        "2 times (429 or 503), retry-after: 3",
    ),
    "429 for a submission": (
        {"faults": [Fault("submit", "status", status=429)]},
        "no rate limit is met",
        "1 times (429 or 503)",
    ),
    "a weak ETag": (
        {"faults": [Fault("download", "pass", headers={"ETag": 'W/"1"'}, times=None)]},
        "the ETag is strong",
        "weak",
    ),
    "another type": (
        {
            "faults": [
                Fault(
                    "download", "pass", headers={"Content-Type": "binary/octet-stream"}, times=None
                )
            ]
        },
        "Content-Type is video/mp4",
        "binary/octet-stream",
    ),
}


@pytest.mark.parametrize(("changes", "row", "seen"), DEVIATIONS.values(), ids=DEVIATIONS.keys())
def test_each_difference_is_in_the_report(play, small_video, changes, row, seen):
    """One video is bought, found and kept, whatever differs."""
    simulator, live = play(video=small_video, **changes)
    assert 0 == live("--yes")
    found, verdict = live.row(row)
    assert "differs" == verdict
    assert found.startswith(seen)
    assert ("accepted", "as assumed") == live.row("the host accepts the key")
    assert 1 == len(simulator.tasks)
    assert 1 == len(list(live.folder.glob("output/wan27/*.mp4")))


STUDIO = {
    "another word": (
        {"statuses": {"RUNNING": "PROCESSING"}},
        "statuses are",
        "PENDING, PROCESSING, SUCCEEDED",
    ),
    "another final word": (
        {"statuses": {"SUCCEEDED": "DONE"}},
        "statuses are",
        "PENDING, RUNNING, DONE",
    ),
    "unknown fields ignored": (
        {"unknown_fields": True},
        "an unknown field is refused",
        "not looked at, or not before the image",
    ),
    "a URL of an hour": ({"url_seconds": 3600}, "its query gives it", "3600 s"),
    "403 for a wrong key": (
        {"errors": {"wrong_key": (403, "AccessDenied")}},
        "a call with a wrong key",
        "HTTP 403, AccessDenied",
    ),
}


@pytest.mark.parametrize(("changes", "row", "seen"), STUDIO.values(), ids=STUDIO.keys())
def test_each_difference_of_model_studio_is_in_the_report(play, small_video, changes, row, seen):
    """Bad requests are tasks that failed there, so the host may have more than one task."""
    simulator, live = play(host="alibaba", video=small_video, **changes)
    assert 0 == live("--yes")
    found, verdict = live.row(row)
    assert ("differs", True) == (verdict, found.startswith(seen))
    assert ("accepted", "as assumed") == live.row("an image through the temporary upload")
    assert 1 == len([task for task in simulator.tasks if not task.failure])
    ((name, value),) = changes.items()
    played = getattr(Script.from_report(live.data), name)
    assert value == played or value.items() <= played.items()


def test_without_a_policy_for_uploads_the_image_is_sent_inside(play, small_video):
    """The report says which of the two was tried."""
    faults = [Fault("policy", "status", status=404, reason="NotFound", times=None)]
    _, live = play(host="alibaba", video=small_video, faults=faults)
    assert 0 == live("--yes")
    assert "differs" == live.row("the free call `policy`")[1]
    assert ("accepted", "as assumed") == live.row("an image as data: is accepted")


def test_the_matrix_of_an_untagged_file_is_measured(play, rendered_video, tmp_path):
    """By the image that was sent; the sound is described beside it."""
    video = tmp_path / "untagged.mp4"
    shutil.copyfile(rendered_video, video)
    refilm(video, {"matrix": "untagged"})
    _, live = play(video=str(video))
    assert 0 == live("--yes")
    seen, verdict = live.row("tagged BT.709")
    assert ("differs", True) == (verdict, seen.startswith("matrix untagged"))
    assert ("BT.709", "as assumed") == live.row("colors without a tag")
    assert ("aac, 2 channels, 44.1 kHz", "as assumed") == live.row("AAC, stereo, 44.1 kHz")


def test_an_image_inside_the_request_may_be_refused(play, small_video):
    """At the submission, which costs nothing: the person is told what to set."""
    simulator, live = play(video=small_video, data="refused")
    assert 1 == live("--yes")
    seen, verdict = live.row("an image as data: is accepted")
    assert ("refused at submission: HTTP 400, INVALID_REQUEST_BODY", "differs") == (seen, verdict)
    assert 0 == len(simulator.tasks)


def test_an_image_inside_the_request_may_fail_as_a_task(play, small_video):
    """The report has the host's reason."""
    _, live = play(video=small_video, data="fails")
    assert 1 == live("--yes")
    seen, verdict = live.row("an image as data: is accepted")
    assert "differs" == verdict
    assert "the task failed: “failed to download image_url”" in seen


REASONS = {
    "the balance": {
        "faults": [Fault("submit", "pass")] * 4
        + [Fault("submit", "status", status=400, reason="BILLING_BALANCE_NOT_ENOUGH")]
    },
    "moderation": {"faults": [Fault("run", "fail", reason="DataInspectionFailed")]},
}


@pytest.mark.parametrize("changes", REASONS.values(), ids=REASONS.keys())
def test_a_refusal_for_another_reason_is_no_difference(play, small_video, changes):
    """It says nothing about images inside the request, and the simulator is not set by it."""
    _, live = play(video=small_video, **changes)
    assert 1 == live("--yes")
    assert "unknown" == live.row("an image as data: is accepted")[1]
    assert "data" not in live.data["script"]


FORMS = {
    "nested": ({"error": {"type": "bad", "message": "no image"}}, "JSON with the error inside"),
    "details": ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "JSON with detail"),
    "a page": ("<html><title>Attention Required!</title></html>", "HTML"),
    "XML": ("<?xml version='1.0'?><Error><Code>X</Code></Error>", "XML"),
    "text": ("upstream connect error", "text"),
    "nothing": ("", "empty"),
    "a list": ([1, 2], "text"),
}


@pytest.mark.parametrize(("body", "form"), FORMS.values(), ids=FORMS.keys())
def test_any_form_of_an_error_is_named(play, small_video, body, form):
    """What a gateway says for people is quoted."""
    faults = [Fault("submit", "status", status=422, body=body, times=4)]
    _, live = play(video=small_video, faults=faults)
    assert 0 == live("--yes")
    seen, verdict = live.row("bodies are flat JSON")
    assert ("differs", True) == (verdict, form in seen)
    assert ("accepted", "as assumed") == live.row("the host accepts the key")


def test_a_login_page_in_front_of_everything_is_no_host(play):
    """Nothing can be told, and the one request that was sent is a question to the person."""
    page = "<html><title>Log in to the network</title></html>"
    calls = ("task", "submit")
    faults = [Fault(on, "wrong_content", body=page, times=None) for on in calls]
    simulator, live = play(faults=faults)
    assert 1 == live("--yes")
    assert "unknown" == live.row("the host accepts the key")[1]
    assert 2 == len(simulator.submissions)


def test_a_charge_is_the_change_of_the_balance(play, small_video, monkeypatch):
    """It is compared with the price that the person gave; the balance itself is not shown."""
    monkeypatch.setenv("WAN27_PRICE_720P", "0.10 USD")
    _, live = play(video=small_video, balance=987650)
    assert 0 == live("--yes")
    assert ("$0.20", "as assumed") == live.row("2 s at 720P cost $0.20")
    assert ("a number in availableBalance", "as assumed") == live.row("a number in availableB")
    assert "987650" not in live.text + (live.folder / "facts.json").read_text("utf-8")


def test_a_slow_host_is_waited_for(play, small_video):
    """Its time to the first byte is recorded."""
    faults = [Fault("download", "pass"), Fault("download", "stall", seconds=0.3)]
    _, live = play(video=small_video, faults=faults)
    assert 0 == live("--yes")
    seen, _ = live.row("time to the first byte")
    assert 0.3 <= float(seen.split()[0]) < 20


HOST_SCRIPT = {
    "errors": {"unknown_task": (403, "ACCESS_DENY"), "wrong_key": (401, "FAILED_TO_AUTH")},
    "data": "accepted",
    "unknown_fields": True,
    "url_seconds": 86400,
    "fresh_urls": False,
    "ranges": False,
    "head": True,
    "redirects": 1,
    "balance": 4321,
    "film": {"fps": "24", "matrix": "BT.601", "sound": False},
    "statuses": {"TASK_STATUS_PROCESSING": "TASK_STATUS_RUNNING", SUCCEED: "TASK_STATUS_DONE"},
}


def test_a_simulator_set_by_a_report_is_reported_alike(play):
    """`Script.from_report` plays the host: a report of that simulator says the same."""
    _, live = play(**HOST_SCRIPT)
    assert 0 == live("--yes")
    path = live.folder / "novita.json"
    life = {"queued_seconds": 2, "working_seconds": 10}  # no time passed in the first one
    script = Script.from_report(path, keys=[KEY], **life)
    assert script.statuses == Script.from_report(live.data).statuses == HOST_SCRIPT["statuses"]
    _, again = play(script)
    assert 0 == again("--yes")
    assert live.different == again.different
    for row, seen in (("30 fps", "24 fps"), ("AAC", "no sound"), ("2 s to the", "48 frames")):
        assert live.row(row)[0].startswith(seen)
    assert live.row("tagged BT.709")[0].startswith("matrix BT.601")
    timed = ("time to the first byte", "waiting and working", "progress is", "a remaining time")
    rows = [
        [row for row in each.data["rows"] if not row["assumption"].startswith(timed)]
        for each in (live, again)
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("form", "data"), [("html", "refused"), ("flat", "refused"), ("flat", "fails")]
)
def test_a_host_that_refuses_is_played_too(play, small_video, form, data):
    """How an image inside the request ends, and the form of errors, come from the report."""
    _, live = play(video=small_video, error_form=form, data=data)
    assert 1 == live("--yes")
    script = Script.from_report(live.data, keys=[KEY])
    assert (form, data) == (script.error_form, script.data)

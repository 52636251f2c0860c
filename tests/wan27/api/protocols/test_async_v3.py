"""Requests and responses have the documented form; any other response is a named error."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.protocols.async_v3 import build_request, parse_submission, parse_task
from wan27.api.protocols.port import Status, Task
from wan27.errors import UnexpectedResponse
from wan27.job import Job
from wan27.limits import MEDIA
from wan27.medium import Link

URL = "https://bucket.example/v.mp4?X-Amz-Signature=secret"


def task_result(
    status="TASK_STATUS_SUCCEED",
    videos=({"video_url": URL, "video_url_ttl": "3600", "video_type": "mp4"},),
    **fields,
):
    """Return a task result as the hosts document it."""
    task = {
        "task_id": "t",
        "task_type": "?",
        "status": status,
        "reason": "",
        "eta": 0,
        "progress_percent": 0,
        **fields,
    }
    return json.dumps(
        {"extra": {}, "task": task, "images": [], "videos": list(videos), "audios": []}
    ).encode()


def test_the_body_is_flat_and_complete(full_job):
    """Every documented field is at the top level, with its documented type."""
    urls = {
        "first_frame": "https://a.example/1.png",
        "last_frame": "https://a.example/2.png",
        "driving_audio": "https://a.example/v.mp3",
    }

    assert {
        "image_url": "https://a.example/1.png",
        "last_frame_url": "https://a.example/2.png",
        "driving_audio_url": "https://a.example/v.mp3",
        "prompt": "a boat",
        "negative_prompt": "blur",
        "resolution": "1080P",
        "duration": 7,
        "seed": 3,
        "prompt_extend": False,
        "watermark": True,
    } == build_request(full_job, urls)


def test_empty_texts_are_left_out():
    """An empty prompt is no prompt; false and 0 are values and are sent."""
    body = build_request(
        Job(media={"first_clip": Link("https://a.example/c.mp4")}),
        {"first_clip": "https://a.example/c.mp4"},
    )

    assert {
        "first_clip_url",
        "resolution",
        "duration",
        "seed",
        "prompt_extend",
        "watermark",
    } == set(body)
    assert (0, False) == (body["seed"], body["watermark"])


def test_every_role_has_its_own_field():
    """The table of media names the four documented fields."""
    assert {"image_url", "last_frame_url", "first_clip_url", "driving_audio_url"} == {
        rules.field for rules in MEDIA.values()
    }


def test_a_submission_returns_a_task_id():
    """The id is an opaque string."""
    assert "5f1c-opaque" == parse_submission(b'{"task_id": "5f1c-opaque", "more": 1}')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"task_id": ""}',
        b'{"task_id": 7}',
        b'{"task_id": null}',
        b"\xff\xfe",
    ],
)
def test_a_submission_without_a_task_id_is_an_error(body):
    """No response raises a KeyError or a TypeError."""
    with pytest.raises(UnexpectedResponse):
        parse_submission(body)


def test_a_finished_task():
    """The video's URL is unchanged, to the letter."""
    assert Task(
        Status.SUCCEEDED, percent=0.0, eta_seconds=None, reason="", video_url=URL
    ) == parse_task(task_result())


def test_a_running_task():
    """Percent and ETA may be numbers or strings."""
    task = parse_task(
        task_result("TASK_STATUS_PROCESSING", videos=(), eta="60", progress_percent="35")
    )
    assert (Status.PROCESSING, 35.0, 60.0, None) == (
        task.status,
        task.percent,
        task.eta_seconds,
        task.video_url,
    )


@pytest.mark.parametrize(
    ("given", "percent"),
    [
        (-3, 0.0),
        (135, 100.0),
        (None, 0.0),
        ("?", 0.0),
        (float("nan"), 0.0),
        (True, 0.0),
        ([], 0.0),
        (10**400, 0.0),
    ],
)
def test_an_odd_percentage_is_harmless(given, percent):
    """A detail of the display never breaks a paid task."""
    assert (
        percent == parse_task(task_result("TASK_STATUS_PROCESSING", progress_percent=given)).percent
    )


@pytest.mark.parametrize(
    "word", ["TASK_STATUS_FAILED", "TASK_STATUS_CANCELED", "TASK_STATUS_CANCELLED"]
)
def test_a_failed_task_gives_its_reason(word):
    """Every status without a video is a failure."""
    task = parse_task(task_result(word, videos=(), reason="no face"))
    assert (Status.FAILED, "no face") == (task.status, task.reason)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (task_result("TASK_STATUS_PAUSED"), "TASK_STATUS_PAUSED"),
        (task_result("TASK_STATUS_SUCCEEDED"), "TASK_STATUS_SUCCEEDED"),
        (task_result(videos=()), "names no video"),
        (task_result(videos=({},)), "no valid video_url"),
        (task_result(videos=("x",)), "no valid video_url"),
        (task_result(videos=({"video_url": "ftp://a"},)), "no valid video_url"),
        (task_result(videos=({"video_url": URL, "video_type": "gif"},)), "'gif'"),
        (b"<html>502</html>", "not JSON"),
        (b"[" * 100000, "not JSON"),
        (b"[]", "JSON list"),
        (b'{"task": null}', "task.status"),
        (b'{"output": {"task_status": "SUCCEEDED"}}', "the fields output"),
        (b"{}", "no fields"),
    ],
)
def test_an_undocumented_response_is_an_error(body, says):
    """The message names what the response had; nothing is guessed."""
    with pytest.raises(UnexpectedResponse, match=says.replace(".", r"\.")):
        parse_task(body)


def test_no_error_shows_a_signed_url():
    """Whoever has a signed URL can read the file."""
    with pytest.raises(UnexpectedResponse) as raised:
        parse_task(task_result(videos=({"video_url": URL, "video_type": "gif"},)))
    assert "secret" not in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["task", "status", "videos", "video_url", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_task_or_an_error(value):
    """Fuzzed responses are parsed or raise the one error."""
    with suppress(UnexpectedResponse):
        assert isinstance(parse_task(json.dumps(value).encode()), Task)


@given(JSON, st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-8-sig"]))
def test_any_response_to_a_submission_is_an_id_or_a_short_error(value, encoding):
    """Quotations are short: an error fits on a screen."""
    body = json.dumps({"task_id": value} if isinstance(value, str) else value).encode(encoding)
    try:
        assert isinstance(parse_submission(body), str)
    except UnexpectedResponse as error:
        assert len(str(error)) < 600


@given(st.binary(max_size=200))
def test_any_bytes_are_an_error(body):
    """Fuzzed bytes raise the one error."""
    for parse in (parse_task, parse_submission):
        with pytest.raises(UnexpectedResponse):
            parse(body)

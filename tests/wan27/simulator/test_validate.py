"""The rules of the request body, each with the error that the host would give."""

from __future__ import annotations

import re

import pytest

URL = "https://media.invalid/a"

ILLEGAL = [
    # changes to a legal body, what the refusal must name
    ({"color": "red"}, "color"),
    ({"model": "wan2.7-i2v"}, "model"),
    ({"input": {"prompt": "x"}}, "input"),
    ({"duration": "5"}, "duration .*integer"),
    ({"duration": 5.0}, "duration .*5.0.*integer"),
    ({"duration": True}, "duration .*true.*integer"),
    ({"duration": None}, "duration .*null.*integer"),
    ({"duration": 1}, "duration .*1.* between 2 and 15"),
    ({"duration": 16}, "duration .*16.* between 2 and 15"),
    ({"seed": -1}, "seed .*-1.* between 0 and 2147483647"),
    ({"seed": 2147483648}, "seed .*2147483648"),
    ({"seed": "7"}, "seed .*integer"),
    ({"seed": False}, "seed .*integer"),
    ({"resolution": "720p"}, "resolution .*720p.*720P, 1080P"),
    ({"resolution": 720}, "resolution .*string"),
    ({"prompt_extend": 1}, "prompt_extend .*boolean"),
    ({"watermark": "false"}, "watermark .*boolean"),
    ({"prompt": 3}, "prompt .*string"),
    ({"prompt": "x" * 5001}, "prompt .*5001 characters.*5000"),
    ({"negative_prompt": "雨" * 501}, "negative_prompt .*501 characters.*500"),
    ({"image_url": ["https://a"]}, "image_url .*string"),
    ({"image_url": ""}, "image_url"),
    ({"image_url": ...}, "exactly one of image_url and first_clip_url .*neither"),
    ({"first_clip_url": URL}, "exactly one of image_url and first_clip_url"),
    ({"image_url": ..., "last_frame_url": URL}, "exactly one"),
    ({"image_url": ..., "driving_audio_url": URL}, "exactly one"),
    (
        {"image_url": ..., "first_clip_url": URL, "driving_audio_url": URL},
        "cannot be given together",
    ),
    (
        {"image_url": ..., "first_clip_url": URL, "last_frame_url": URL, "driving_audio_url": URL},
        "cannot be given together",
    ),
]


@pytest.mark.parametrize(("changes", "named"), ILLEGAL, ids=lambda value: str(value)[:40])
def test_an_illegal_body_is_refused_by_name(caller, changes, named):
    """The error is a flat 400 that names the field, its value and its limit; no task is made."""
    answer = caller.post(caller.body(**changes))
    error = answer.json()
    assert 400 == answer.status_code
    assert {"code": 400, "reason": "INVALID_REQUEST_BODY", "metadata": {}} == {
        key: error[key] for key in ("code", "reason", "metadata")
    }
    assert re.search(named, error["message"]), error["message"]
    assert 0 == len(caller.simulator.tasks)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "duration": 15,
            "resolution": "1080P",
            "seed": 0,
            "prompt_extend": False,
            "watermark": True,
        },
        {"duration": ..., "resolution": ...},
        {"seed": 2147483647, "prompt": "雨" * 5000, "negative_prompt": "x" * 500},
        {"prompt": "", "negative_prompt": ""},
    ],
    ids=str,
)
def test_a_legal_body_creates_one_task_and_returns_only_its_id(caller, changes):
    """The limits themselves are legal."""
    answer = caller.post(caller.body(**changes))
    assert (200, ["task_id"]) == (answer.status_code, list(answer.json()))
    assert [answer.json()["task_id"]] == [task.id for task in caller.simulator.tasks]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '"text"',
        "{",
        "{'a': 1}",
        '{"duration": NaN}',
        "[" * 100_000,
        "1" * 5000,
        "\xff",
    ],
    ids=lambda body: body[:12],
)
def test_a_body_that_is_not_an_object_is_refused(caller, body):
    """Broken, deep, endless and wrong JSON is an error and never a crash."""
    answer = caller.http.post(
        caller.simulator.base_url + "/v3/async/wan2.7-i2v",
        content=body.encode("latin-1"),
        headers={"Content-Type": "application/json"},
    )
    assert (400, "INVALID_REQUEST_BODY") == (answer.status_code, answer.json()["reason"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_is_required(caller, content_type):
    """The documentation lists the header as required."""
    answer = caller.post(caller.body(), headers={"Content-Type": content_type})
    assert 400 == answer.status_code
    assert "Content-Type" in answer.json()["message"]


def test_a_huge_value_is_not_repeated_whole(caller):
    """An image of megabytes in the wrong field is not in the message."""
    error = caller.post(caller.body(resolution="A" * 1_000_000)).json()
    assert len(error["message"]) < 300


def test_unknown_paths_and_methods_answer_in_the_same_shape(caller):
    """There are no other calls."""
    missing = caller.http.get(caller.simulator.base_url + "/v3/async/elsewhere")
    wrong = caller.http.get(caller.simulator.base_url + "/v3/async/wan2.7-i2v")
    assert (404, "API_NOT_FOUND") == (missing.status_code, missing.json()["reason"])
    assert (405, "API_NOT_FOUND") == (wrong.status_code, wrong.json()["reason"])

"""Model Studio's requests and responses have the documented form; any other is a named error."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.api.error_map import parse_error
from wan27.api.hosts import HOSTS
from wan27.api.protocols.model_studio import (
    build_request,
    parse_policy,
    parse_submission,
    parse_task,
    submission_headers,
    task_query,
)
from wan27.api.protocols.port import Status, Task
from wan27.errors import (
    BalanceTooLow,
    ContentRefused,
    HostFailed,
    KeyRefused,
    NotAllowed,
    RateLimited,
    RequestRefused,
    TaskUnknown,
    UnexpectedResponse,
)
from wan27.job import Job
from wan27.limits import COMBINATIONS
from wan27.medium import Link

from .conftest import IMAGE

URL = "https://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com/v.mp4?Expires=1&Signature=s"
SINGAPORE, BEIJING = (host for host in HOSTS if host.name.startswith("alibaba"))


def task_result(status="SUCCEEDED", **output):
    """Return a task as the host documents it."""
    output = {
        "task_id": "t",
        "task_status": status,
        "submit_time": "2026-04-25 10:00:00.000",
    } | output
    return json.dumps({"request_id": "r", "output": output, "usage": {"SR": 720}}).encode()


def media(*roles):
    """Return media for roles: images, or links where an image is none."""
    return {
        role: IMAGE if role.endswith("frame") else Link(f"https://a.example/{role}")
        for role in roles
    }


def test_the_body_has_three_parts(full_job):
    """Texts and media are the input, all else are parameters, with their documented types."""
    urls = {
        "first_frame": "oss://a/1.png",
        "last_frame": "oss://a/2.png",
        "driving_audio": "https://a",
    }
    assert {
        "model": "wan2.7-i2v",
        "input": {
            "prompt": "a boat",
            "negative_prompt": "blur",
            "media": [
                {"type": "first_frame", "url": "oss://a/1.png"},
                {"type": "last_frame", "url": "oss://a/2.png"},
                {"type": "driving_audio", "url": "https://a"},
            ],
        },
        "parameters": {
            "resolution": "1080P",
            "duration": 7,
            "seed": 3,
            "prompt_extend": False,
            "watermark": True,
        },
    } == build_request(full_job, urls)


@pytest.mark.parametrize("roles", [sorted(roles) for roles in COMBINATIONS], ids="+".join)
def test_each_combination_is_a_list_of_media(roles):
    """An empty prompt is no prompt; every medium has its role and its URL."""
    job = Job(media=media(*roles), duration=5)
    body = build_request(job, {role: f"oss://{role}" for role in roles})
    assert {"media"} == set(body["input"])
    assert {role: f"oss://{role}" for role in roles} == {
        medium["type"]: medium["url"] for medium in body["input"]["media"]
    }


def test_uploads_are_resolved_only_where_there_is_one():
    """The header asks for it; the other says that a task is wanted."""
    bodies = [
        build_request(Job(media=media("first_frame")), {"first_frame": url})
        for url in ("oss://a", "https://a", "data:image/png;base64,oss://")
    ]
    assert [True, False, False] == [
        "X-DashScope-OssResourceResolve" in submission_headers(body) for body in bodies
    ]
    assert {"enable"} == {submission_headers(body)["X-DashScope-Async"] for body in bodies}


def test_a_submission_returns_a_task_id():
    """The id is an opaque string."""
    body = b'{"output": {"task_status": "PENDING", "task_id": "5f1c"}, "request_id": "r"}'
    assert "5f1c" == parse_submission(body)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"task_id": "t"}', b'{"output": {"task_id": 7}}']
)
def test_a_submission_without_a_task_id_is_an_error(body):
    """It may have been accepted: the client makes it uncertain."""
    with pytest.raises(UnexpectedResponse):
        parse_submission(body)


@pytest.mark.parametrize(
    ("task_id", "path"), [("5f1c-a", "5f1c-a"), ("../models?x=1", "..%2Fmodels%3Fx%3D1")]
)
def test_a_task_id_is_one_part_of_the_path(task_id, path):
    """A person may paste anything as an id."""
    assert f"/api/v1/tasks/{path}" == task_query(task_id).path


@pytest.mark.parametrize(
    ("word", "status"),
    [("PENDING", Status.QUEUED), ("RUNNING", Status.PROCESSING), ("CANCELED", Status.FAILED)],
)
def test_a_status_has_its_meaning(word, status):
    """There is neither a percentage nor a time."""
    assert Task(status, 0.0, None, "", None) == parse_task(task_result(word))


def test_a_finished_task_has_its_url_unchanged():
    """It is signed."""
    assert URL == parse_task(task_result(video_url=URL)).video_url


def test_the_host_s_own_store_is_asked_by_https():
    """It was seen as http too; another server is asked as it was given."""
    assert URL == parse_task(task_result(video_url=URL.replace("https", "http"))).video_url
    other = "http://127.0.0.1:8788/aliyuncs.com/v.mp4"
    assert other == parse_task(task_result(video_url=other)).video_url


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"code": "InvalidParameter", "message": "No."}, "No (InvalidParameter)"),
        ({"code": "DataInspectionFailed"}, "DataInspectionFailed"),
        ({"message": "It broke"}, "It broke"),
        ({}, ""),
    ],
)
def test_a_failed_task_says_why(output, reason):
    """The message comes first, the code finds it in the documentation."""
    assert reason == parse_task(task_result("FAILED", **output)).reason


def test_an_unknown_task_is_a_status_of_its_own():
    """It is a 200 for an id that never was, or is older than a day."""
    with pytest.raises(TaskUnknown, match="24 hours"):
        parse_task(task_result("UNKNOWN"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (task_result("PAUSED"), "'PAUSED'"),
        (task_result(), "no valid video_url"),
        (task_result(video_url="oss://a"), "no valid video_url"),
        (b"<html>502</html>", "a web page"),
        (b"[]", "JSON list"),
        (b'{"task": {"status": "TASK_STATUS_QUEUED"}}', "output.task_status"),
    ],
)
def test_an_undocumented_response_is_an_error(body, says):
    """The message names what the response had; nothing is guessed."""
    with pytest.raises(UnexpectedResponse, match=says.replace(".", r"\.")):
        parse_task(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.just("http://[a"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["output", "task_status", "video_url", "code", "message", "data", "x"]),
            inner | st.sampled_from(["SUCCEEDED", "FAILED", "UNKNOWN"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_a_named_error(value):
    """Fuzzed responses are parsed or raise one of two errors."""
    body = json.dumps(value).encode()
    with suppress(UnexpectedResponse, TaskUnknown):
        assert isinstance(parse_task(body), Task)
    for parse in (parse_submission, parse_policy):
        with suppress(UnexpectedResponse):
            assert parse(body)


POLICY = {
    "policy": "p",
    "signature": "s",
    "upload_dir": "dashscope-instant/a/2026-11-29/b",
    "upload_host": "https://dashscope-file.oss-cn-beijing.aliyuncs.com",
    "expire_in_seconds": 300,
    "max_file_size_mb": 100,
    "capacity_limit_mb": 999999999,
    "oss_access_key_id": "k",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}


@pytest.mark.parametrize("most", [100, "100", 100.0])
def test_an_upload_policy_is_a_form(most):
    """Numbers come as texts too; the store requires the last two fields of the policy."""
    policy = parse_policy(json.dumps({"data": POLICY | {"max_file_size_mb": most}}).encode())
    assert 100 * 1024**2 == policy.max_bytes
    assert {
        "OSSAccessKeyId": "k",
        "Signature": "s",
        "policy": "p",
        "key": "dashscope-instant/a/2026-11-29/b/1.png",
        "x-oss-object-acl": "private",
        "x-oss-forbid-overwrite": "true",
        "success_action_status": "200",
    } == policy.form("1.png")
    assert "Signature" not in repr(policy)


@pytest.mark.parametrize("name", ["policy", "signature", "upload_dir", "upload_host"])
@pytest.mark.parametrize("value", [None, "", 7, "a\r\nb"])
def test_a_policy_without_a_field_is_an_error(name, value):
    """A line break would add a field to the form."""
    with pytest.raises(UnexpectedResponse, match=name):
        parse_policy(json.dumps({"data": POLICY | {name: value}}).encode())


@pytest.mark.parametrize("name", ["x_oss_object_acl", "x_oss_forbid_overwrite"])
def test_a_policy_may_leave_out_what_never_changes(name):
    """Responses without one of them were seen, from a store that requires it."""
    fields = {key: value for key, value in POLICY.items() if key != name}
    assert parse_policy(json.dumps({"data": POLICY}).encode()) == parse_policy(
        json.dumps({"data": fields}).encode()
    )


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "InvalidApiKey", KeyRefused),
        (400, "Arrearage", BalanceTooLow),
        (400, "DataInspectionFailed", ContentRefused),
        (400, "InvalidParameter.DataInspection", RequestRefused),
        (403, "AccessDenied.Unpurchased", NotAllowed),
        (403, "AllocationQuota.FreeTierOnly", NotAllowed),
        (403, "Model.AccessDenied", NotAllowed),
        (404, "ModelNotFound", NotAllowed),
        (429, "Throttling", RateLimited),
        (429, "Throttling.RateQuota", RateLimited),
        (429, "Throttling.AllocationQuota", RateLimited),
        (500, "InternalError.Timeout", HostFailed),
    ],
)
def test_each_code_is_an_error_of_ours(status, code, error):
    """The part before the dot decides; the request id finds the call at the host."""
    body = json.dumps({"code": code, "message": "m", "request_id": "r-1"}).encode()
    raised = parse_error(SINGAPORE, status, body)
    assert (error, code, "r-1") == (type(raised), raised.reason, raised.trace_id)


def test_a_key_of_the_other_region_is_told_as_such():
    """Key, address, region, and the host that takes it."""
    body = b'{"code": "InvalidApiKey", "message": "Invalid API-key provided."}'
    message = str(parse_error(SINGAPORE, 401, body))
    for part in (SINGAPORE.base_url, "Singapore", "choose the host Alibaba China for"):
        assert part in message
    message = str(parse_error(BEIJING, 401, body))
    for part in (BEIJING.base_url, "Beijing", "choose the host Alibaba for"):
        assert part in message

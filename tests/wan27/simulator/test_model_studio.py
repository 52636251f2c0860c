"""The simulator is as strict at Model Studio's calls as its documentation."""

from __future__ import annotations

import pytest

from .conftest import image_bytes

SUBMIT = "/api/v1/services/aigc/video-generation/video-synthesis"
ASYNC = {"X-DashScope-Async": "enable"}
RESOLVE = ASYNC | {"X-DashScope-OssResourceResolve": "enable"}
MODEL = "wan2.7-i2v"


class Studio:
    """A client of Model Studio that sends anything, with a key."""

    def __init__(self, caller):
        self.caller, self.http, self.keyless = caller, caller.http, caller.keyless
        self.base = caller.simulator.base_url

    def body(self, *media, model=MODEL, parameters=None, **given):
        """A legal body with changes."""
        listed = [{"type": role, "url": url} for role, url in media]
        return {"model": model, "input": {"media": listed, **given}, "parameters": parameters or {}}

    def post(self, body, headers=ASYNC, http=None):
        """Submit a body and return the answer."""
        return (http or self.http).post(self.base + SUBMIT, json=body, headers=headers)

    def submit(self, body, headers=ASYNC):
        """Submit a body and return the output of its task at the first look."""
        answer = self.post(body, headers)
        assert 200 == answer.status_code, answer.text
        return self.task(answer.json()["output"]["task_id"])

    def task(self, task_id):
        """Return the output of a task."""
        answer = self.http.get(f"{self.base}/api/v1/tasks/{task_id}")
        assert 200 == answer.status_code, answer.text
        return answer.json()["output"]

    def policy(self, model=MODEL):
        """Return a policy for uploads."""
        params = {"action": "getPolicy", "model": model}
        answer = self.http.get(f"{self.base}/api/v1/uploads", params=params)
        assert 200 == answer.status_code, answer.text
        return answer.json()["data"]

    def upload(self, given=None, name="a.png", content=None, key=None, **changes):
        """Upload a file and return the answer and its URL; a field set to `...` is left out."""
        policy = given or self.policy()
        key = key or f"{policy['upload_dir']}/{name}"
        fields = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": key,
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "200",
        }
        fields = {name: value for name, value in (fields | changes).items() if value is not ...}
        files = [(name, (None, value)) for name, value in fields.items()]
        files.append(("file", (name, content or image_bytes())))
        return self.keyless.post(policy["upload_host"], files=files), f"oss://{key}"


@pytest.fixture
def studio(caller):
    """A client of the shipped simulator, whose tasks succeed at once with the ready video."""
    return Studio(caller)


def test_an_uploaded_image_becomes_a_video(studio, film):
    """The whole way, as documented."""
    answer, url = studio.upload()
    assert 200 == answer.status_code, answer.text
    output = studio.submit(studio.body(("first_frame", url), prompt="a boat"), RESOLVE)
    assert ("SUCCEEDED", "a boat") == (output["task_status"], output["orig_prompt"])
    assert film.read_bytes() == studio.keyless.get(output["video_url"]).content


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 403, "AccessDenied"),
        (ASYNC | {"Content-Type": "text/plain"}, 400, "InvalidParameter"),
        (ASYNC | {"Authorization": ""}, 401, "InvalidApiKey"),
    ],
)
def test_a_wrong_header_is_refused_at_once(studio, inline, images, headers, status, code):
    """These are the few errors before there is a task."""
    body = studio.body(("first_frame", inline(images())))
    answer = studio.post(body, headers)
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert 0 == len(studio.caller.simulator.tasks)


def test_another_model_is_refused_at_once(studio):
    """The dated name is the same model."""
    assert 404 == studio.post(studio.body(model="wan2.5-i2v")).status_code
    assert 200 == studio.post(studio.body(model="wan2.7-i2v-2026-04-25")).status_code


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"input": {"prompt": "a"}}, "Field required: input.media"),
        ({"input": {"media": []}}, "Field required: input.media"),
        ({"input": 1}, "valid object: input"),
        ({"size": "x"}, 'Extra inputs are not permitted: "size"'),
        ({"parameters": {"size": "x"}}, "Extra inputs"),
        ({"parameters": {"duration": 16}}, "Duration should be between 2 and 15"),
        ({"parameters": {"duration": "5"}}, "valid integer: parameters.duration"),
        ({"parameters": {"duration": True}}, "valid integer"),
        ({"parameters": {"resolution": "720p"}}, "Input should be '1080P' or '720P'"),
        ({"parameters": {"seed": -1}}, "Seed should be between"),
        ({"input": {"media": [{"type": "first_frame"}]}}, "a type and a url"),
        ({"input": {"media": [{"type": "image", "url": "https://a"}]}}, "Input should be one of"),
    ],
)
def test_a_bad_body_is_a_task_that_failed(studio, change, says):
    """With a task id, as the host does; it shows at the first look."""
    output = studio.submit(studio.body() | change)
    assert ("FAILED", "InvalidParameter") == (output["task_status"], output["code"])
    assert says in output["message"]


def test_a_combination_outside_the_six_fails(studio, inline, images):
    """A second medium of a role too."""
    image = inline(images())
    for media in (
        [("last_frame", image)],
        [("first_frame", image), ("first_frame", image)],
        [("first_frame", image), ("first_clip", "https://a")],
    ):
        assert "FAILED" == studio.submit(studio.body(*media))["task_status"]


def test_an_upload_needs_its_header_account_and_model(studio):
    """And is gone after 48 hours."""
    _, url = studio.upload()
    body = studio.body(("first_frame", url))
    assert "valid" in studio.submit(body)["message"]
    other = RESOLVE | {"Authorization": "Bearer another"}
    assert "valid" in studio.submit(body, other)["message"]
    dated = body | {"model": "wan2.7-i2v-2026-04-25"}
    assert "valid" in studio.submit(dated, RESOLVE)["message"]
    assert "SUCCEEDED" == studio.submit(body, RESOLVE)["task_status"]
    studio.caller.simulator.clock.now += 48 * 3600
    assert "valid" in studio.submit(body, RESOLVE)["message"]


def test_a_bad_medium_is_named_by_its_role(studio):
    """A transparent PNG, for example."""
    _, url = studio.upload(content=image_bytes(mode="RGBA"))
    output = studio.submit(studio.body(("first_frame", url)), RESOLVE)
    assert output["message"].startswith("first_frame is a PNG with an alpha channel")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Signature": "x"}, 403, "SignatureDoesNotMatch"),
        ({"policy": "x"}, 403, "SignatureDoesNotMatch"),
        ({"OSSAccessKeyId": ...}, 400, "InvalidArgument"),
        ({"key": "elsewhere/a.png"}, 403, "AccessDenied"),
        ({"x-oss-object-acl": ...}, 403, "AccessDenied"),
        ({"x-oss-object-acl": "public-read"}, 403, "AccessDenied"),
        ({"x-oss-forbid-overwrite": ...}, 403, "AccessDenied"),
        ({"success_action_status": ...}, 204, ""),
        ({"unknown": "x"}, 400, "MalformedPOSTRequest"),
    ],
)
def test_a_form_that_its_policy_does_not_allow_is_refused(studio, changes, status, code):
    """In the words of the store."""
    answer, _ = studio.upload(**changes)
    assert (status, True) == (answer.status_code, code in answer.text)


def test_a_policy_expires(studio):
    """After five minutes."""
    policy = studio.policy()
    studio.caller.simulator.clock.now += 300
    answer, _ = studio.upload(policy)
    assert (403, True) == (answer.status_code, "Policy expired" in answer.text)


def test_a_name_is_taken_once(studio):
    """Nothing is overwritten; another name of the same policy is free."""
    policy = studio.policy()
    assert [200, 409, 200] == [
        studio.upload(policy, name)[0].status_code for name in ("a.png", "a.png", "b.png")
    ]


def test_the_file_is_the_last_field(studio):
    """A field after it is refused, and so is a key in the header."""
    policy = studio.policy()
    files = [("file", ("a.png", b"x")), ("key", (None, "a"))]
    answer = studio.keyless.post(policy["upload_host"], files=files)
    assert (400, True) == (answer.status_code, "must be the last" in answer.text)
    assert 400 == studio.http.post(policy["upload_host"], files=files).status_code


def test_a_task_is_unknown_after_a_day(studio, inline, images):
    """As one that never was: a status, and HTTP 200."""
    output = studio.submit(studio.body(("first_frame", inline(images()))))
    studio.caller.simulator.clock.now += 24 * 3600
    for task_id in (output["task_id"], "never"):
        assert "UNKNOWN" == studio.task(task_id)["task_status"]
    assert 403 == studio.keyless.get(output["video_url"]).status_code


def test_the_models_prove_a_key(studio):
    """A free call; without a key it is a 401."""
    url = f"{studio.base}/api/v1/models?model={MODEL}&page_no=1&page_size=1"
    assert [MODEL] == [each["model"] for each in studio.http.get(url).json()["output"]["models"]]
    assert 401 == studio.keyless.get(url).status_code

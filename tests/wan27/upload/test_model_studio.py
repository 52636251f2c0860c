"""Media in Model Studio's temporary store: the key at the API alone, and errors before money."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.simulator import Fault, Script, ScriptedSimulator
from tests.wan27.api.raw_host import RawHost, response
from wan27 import errors
from wan27.api.client import Client
from wan27.api.key import Account, choose_account
from wan27.api.protocols.model_studio import parse_policy
from wan27.simulator.temporary_store import parse_form
from wan27.upload import model_studio
from wan27.upload.model_studio import TemporaryUpload, Uploads

KEY = "sk-canary-3f9b71"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40 + b"\r\n--wan27\r\n"


@pytest.fixture
def host():
    """A host of the protocol that the simulator plays."""
    with ScriptedSimulator(Script()) as simulator:
        yield simulator


@dataclass
class Run:
    """One Run of a process, in an event loop of its own, and the waits between its attempts."""

    account: Account
    uploads: Uploads
    change: Callable[[Client], None] = lambda _: None
    waits: list = field(default_factory=list)

    def image(self, content=PNG, content_hash="a"):
        """Upload an image and return its URL."""
        return self.send("first_frame", content, "image/png", content_hash)

    def send(self, *given):
        """Upload a medium and return its URL."""
        return asyncio.run(self.upload(*given))

    async def upload(self, role="first_frame", content=PNG, kind="image/png", content_hash="a"):
        """Do the same in the running event loop."""
        client = Client(self.account)
        self.change(client)
        try:
            uploader = TemporaryUpload(client, self.uploads, self._pause)
            return (await uploader.upload(role, content, kind, content_hash)).url
        finally:
            await client.aclose()

    async def _pause(self, seconds):
        self.waits.append(seconds)
        await asyncio.sleep(0.001)


@pytest.fixture
def new_run(host):
    """Return a function that begins a Run; all Runs of a test are of one process."""
    uploads = Uploads()

    def new(base_url=host.base_url, key=KEY, **changes):
        get = {"DASHSCOPE_API_KEY": key, "WAN27_BASE_URL": base_url}.get
        return Run(choose_account(get), uploads, **changes)

    return new


def calls(host):
    """Return the calls that the host has seen."""
    return [request.call for request in host.requests]


def test_the_bytes_arrive_unchanged_and_without_the_key(host, new_run, tmp_path):
    """Bytes that look like the end of a form, too; the key is at the API alone."""
    clip = tmp_path / "clip ü.mp4"
    clip.write_bytes(PNG * 300)
    run = new_run()
    run.image()
    run.send("first_clip", clip, "video/mp4", "b")
    policies, forms = host.requests[::2], host.requests[1::2]
    assert ["policy", "upload"] * 2 == calls(host)
    assert {f"Bearer {KEY}"} == {request.headers["Authorization"] for request in policies}
    assert [] == [form for form in forms if "sk-canary" in str(dict(form.headers)) + str(form.raw)]
    received = [parse_form(form.headers["Content-Type"], form.raw)[1] for form in forms]
    assert [PNG, PNG * 300] == received


def test_names_are_generated_and_have_the_right_ending(host, new_run):
    """ASCII, another one for each upload, in the folder of the policy."""
    run = new_run()
    urls = [
        run.image(),
        run.image(content_hash="b"),
        run.send("driving_audio", b"RIFF", "audio/wav", "c"),
    ]
    assert [".png", ".png", ".wav"] == [url[-4:] for url in urls]
    assert 3 == len({url.rpartition("/")[2] for url in urls})
    assert all(url.isascii() and url.startswith("oss://dashscope-instant/") for url in urls)


def test_equal_content_is_sent_once_a_day(host, new_run, monkeypatch):
    """By all Runs of one key, as long as the store keeps it and a task may wait in a queue."""
    first = new_run().image()
    assert first == new_run().image()
    assert 1 == calls(host).count("upload")
    assert first != new_run(key="sk-of-another-account").image()
    monkeypatch.setattr(model_studio, "REUSE_SECONDS", 0)
    assert first != new_run().image()


async def test_equal_content_of_several_nodes_is_sent_once(host, new_run):
    """Each waits for the first of them."""
    urls = await asyncio.gather(*(new_run().upload() for _ in range(6)))
    assert (1, 1) == (len(set(urls)), calls(host).count("upload"))


async def test_a_canceled_upload_lets_the_next_one_send(host, new_run):
    """The second node takes over what the first broke off."""
    host.script.faults.append(Fault(on="upload", do="stall"))
    first = asyncio.ensure_future(new_run().upload())
    while "upload" not in calls(host):
        await asyncio.sleep(0.01)
    second = asyncio.ensure_future(new_run().upload())
    await asyncio.sleep(0)
    first.cancel()
    assert (await asyncio.wait_for(second, 20)).startswith("oss://")


EXPIRED = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired."


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_an_expired_policy_is_replaced_once(host, new_run, headers):
    """A second one that has expired too is an error, and nothing is sent."""
    expired = Fault(on="upload", do="status", status=403, body=EXPIRED, headers=headers)
    host.script.faults.append(expired)
    assert new_run().image().startswith("oss://")
    assert ["policy", "upload"] * 2 == calls(host)
    host.script.faults.extend([expired, expired])
    with pytest.raises(errors.UploadFailed, match="had expired.*Nothing was sent"):
        new_run().image(content_hash="b")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(on="policy", do="status", status=429),
        Fault(on="policy", do="status", status=503),
        Fault(on="policy", do="drop_after_body"),
        Fault(on="upload", do="status", status=503),
        Fault(on="upload", do="drop_before_body"),
        Fault(on="upload", do="drop_after_body"),
    ],
    ids=lambda fault: f"{fault.on}-{fault.do}-{fault.status}",
)
def test_a_passing_failure_is_retried_under_a_new_name(host, new_run, fault):
    """A name whose response was lost may be taken: the store forbids to overwrite it."""
    host.script.faults.append(fault)
    run = new_run()
    assert run.image().startswith("oss://")
    assert 1 == len(run.waits)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"on": "policy", "status": 429}, r"Too Many Requests.*Throttling\.RateQuota"),
        ({"on": "policy", "status": 500}, "HTTP 500"),
        ({"on": "upload", "status": 500}, r"the store 127\.0\.0\.1 failed"),
        (
            {"on": "upload", "status": 400, "reason": "EntityTooLarge"},
            "larger than the store takes",
        ),
        ({"on": "upload", "status": 403, "reason": "AccessDenied"}, "refused it.*AccessDenied"),
        ({"on": "upload", "status": 302}, "refused it.*302"),
    ],
)
def test_a_lasting_failure_is_one_sentence(host, new_run, fault, says):
    """Quota, refused file, broken store: the input is named, and nothing was sent."""
    host.script.faults.append(Fault(do="status", times=None, **fault))
    with pytest.raises(errors.UploadFailed, match=f"^first_frame could.*{says}.*Nothing was sent"):
        new_run().image()
    assert len(host.requests) <= 8


def test_a_file_above_the_policy_s_limit_is_not_sent(host, new_run, tmp_path):
    """The store would refuse it after it has arrived."""
    clip = tmp_path / "clip.mp4"
    with clip.open("wb") as file:
        file.truncate(101 * 1024**2)
    with pytest.raises(errors.UploadFailed, match="101.0 MB and the store takes 100 MB"):
        new_run().send("first_clip", clip, "video/mp4", "a")
    assert ["policy"] == calls(host)


def test_a_file_that_has_gone_is_named(new_run, tmp_path):
    """The operating system says why."""
    with pytest.raises(errors.UploadFailed, match="its file cannot be read"):
        new_run().send("first_clip", tmp_path / "gone.mp4", "video/mp4", "a")


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_region_without_uploads_takes_images_inside_the_request(host, new_run, tmp_path, status):
    """As documented; a clip and a sound need another way, said before anything is submitted."""
    refusal = {"code": "Unsupported", "message": "no upload here"}
    host.script.faults.append(Fault("policy", "status", status=status, body=refusal, times=None))
    assert new_run().image().startswith("data:image/png;base64,")
    (tmp_path / "clip.mp4").write_bytes(b"clip")
    with pytest.raises(errors.InvalidInput, match="Upload via.*first_clip_url.*Nothing was sent"):
        new_run().send("first_clip", tmp_path / "clip.mp4", "video/mp4", "a")


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (401, "INVALID_API_KEY", errors.KeyRefused),
        (400, "NOT_ENOUGH_BALANCE", errors.BalanceTooLow),
    ],
)
def test_a_refused_key_is_no_missing_upload(host, new_run, status, reason, error):
    """The image does not go inside a request that would be refused too."""
    host.script.faults.append(Fault("policy", "status", status=status, reason=reason))
    with pytest.raises(error):
        new_run().image()


def policy_at(store):
    """Return a response with a policy for a store at that address."""
    data = {"upload_host": store, "upload_dir": "d", "oss_access_key_id": "k"}
    data |= {"signature": "s", "policy": "p"}
    return response(json.dumps({"data": data}).encode())


@pytest.mark.parametrize(
    "store",
    [
        "http://store.example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:x@store.example.com",
        "file:///etc",
        "//store.example.com",
        "https://",
        "https://[::1",
        "127.0.0.1",
    ],
)
def test_only_a_secure_address_is_a_store(new_run, store):
    """Plain http is for a simulator on this machine."""
    with RawHost(lambda peer: peer.respond(policy_at(store))) as api:
        with pytest.raises(errors.UploadFailed, match="without a secure address.*Nothing was sent"):
            new_run(api.base_url).image()
        assert 1 == len(api.requests)


@pytest.mark.parametrize("store", ["https://127.0.0.1", "https://169.254.169.254", "https://[::1]"])
def test_a_store_in_this_network_gets_nothing(new_run, store):
    """A host on the internet has no store there: the checks are those of downloads."""
    policy = parse_policy(policy_at(store).partition(b"\r\n\r\n")[2])

    def change(client):
        client.read = lambda *_: asyncio.sleep(0, policy)

    with pytest.raises(errors.UploadFailed, match="internal address.*Nothing was sent"):
        new_run(None, change=change).image()


def test_an_unreachable_store_is_named(new_run):
    """Its name, not its signed form."""
    with RawHost(lambda peer: peer.respond(policy_at("http://127.0.0.1:9"))) as api:
        run = new_run(api.base_url)
        with pytest.raises(errors.UploadFailed, match=r"127\.0\.0\.1 did not respond") as raised:
            run.image()
    assert 3 == len(run.waits)
    assert "Signature" not in str(raised.value)

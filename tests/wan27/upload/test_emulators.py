"""Each kind of bucket against an emulator that others wrote, with every signature checked.

S3: moto, with signatures by botocore (emulators/s3.py). Google: gcp-storage-emulator, with
signatures by Google's own library (emulators/gs.py). Azure: Microsoft's Azurite.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import subprocess
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from scripts.emulators import azurite, emulators_python
from scripts.python import SetupFailed
from tests.skipped import skipped_without
from wan27.upload.bucket import Bucket

from .bucket_client import failure, get, upload, upload_image
from .made_up_keys import ACCOUNT_KEY, service_account

HERE = Path(__file__).parent / "emulators"
KINDS = ("s3", "gs", "az")
ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "gs": "GOOGLE_BASE_URL", "az": "AZURE_STORAGE_ENDPOINT"}


@contextlib.contextmanager
def running(command, **env):
    """Run a program; yield it. One that reads its input ends with it."""
    with subprocess.Popen(
        command,
        env=os.environ | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.terminate()


def prepared(prepare):
    """Return what an emulator needs; without it skip the test with the reason, and fail in CI."""
    with skipped_without("STORAGE EMULATOR", SetupFailed):
        return prepare()


@pytest.fixture(scope="session")
def s3():
    """The variables of moto's bucket `media`, whose key may write below `wan27` alone."""
    with running([prepared(emulators_python), HERE / "s3.py"]) as process:
        yield json.loads(process.stdout.readline())


@pytest.fixture(scope="session")
def gs():
    """The variables of the Google emulator's bucket `media`."""
    with running([prepared(emulators_python), HERE / "gs.py"]) as process:
        yield json.loads(process.stdout.readline())


@pytest.fixture(scope="session")
def az():
    """The variables of Azurite's container `media`."""
    flags = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent"]
    command = [*prepared(azurite), *flags, "--disableTelemetry"]
    with running(command, AZURITE_ACCOUNTS=f"wan27:{ACCOUNT_KEY}") as process:
        found = None
        while found is None:
            line = process.stdout.readline()
            assert line, "Azurite ended while starting."
            found = re.search(r"successfully listens on (http://\S+)", line)
        url = f"{found[1]}/wan27"
        make_container(url, "media")
        yield {
            "AZURE_STORAGE_ACCOUNT_NAME": "wan27",
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
            "AZURE_STORAGE_ENDPOINT": url,
        }


def make_container(url, name):
    """Make a container, which obstore cannot."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
    signed = [f"{key}:{value}" for key, value in headers.items()]
    text = "\n".join(["PUT", *[""] * 11, *signed, f"/wan27/wan27/{name}", "restype:container"])
    digest = hmac.digest(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey wan27:{base64.b64encode(digest).decode()}"
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.put(f"{url}/{name}", params={"restype": "container"}, headers=headers)
    assert 201 == answer.status_code, answer.text


@pytest.fixture(params=KINDS)
def kind(request, environment):
    """Each kind of bucket, with the variables of its emulator set."""
    for name, value in request.getfixturevalue(request.param).items():
        environment(name, value)
    return request.param


async def test_a_stranger_reads_what_was_put_by_its_signed_url(kind):
    """The bytes and the type, whole or in parts, without any header of ours."""
    url = await upload(f"{kind}://media/wan27")
    whole, part = await get(url), await get(url, {"Range": "bytes=0-1"})
    assert (200, b"png", "image/png") == (
        whole.status_code,
        whole.content,
        whole.headers["content-type"],
    )
    assert (206, b"pn", "bytes 0-1/3") == (
        part.status_code,
        part.content,
        part.headers["content-range"],
    )


async def test_without_its_signature_nothing_can_be_read(kind):
    """Nor with one that was altered, or that belongs to another object."""
    url, other = [await upload(f"{kind}://media/wan27") for _ in range(2)]
    signature = re.search(r"(Signature|sig)=(%..)*\w", url)[0]
    altered = url.replace(signature, signature[:-1] + ("1" if signature[-1] != "1" else "2"))
    swapped = f"{url.partition('?')[0]}?{other.partition('?')[2]}"
    assert 200 == (await get(url)).status_code
    for each in (url.partition("?")[0], altered, swapped):
        answer = await get(each)
        assert 400 <= answer.status_code < 500
        assert b"png" != answer.content


async def test_what_was_deleted_is_gone(kind):
    """A second deletion is no error: a lifecycle rule may have been faster."""
    bucket = Bucket.from_url(f"{kind}://media/wan27")
    done = await upload_image(bucket)
    await bucket.remove(done.name)
    assert 404 == (await get(done.url)).status_code
    await bucket.remove(done.name)


@pytest.mark.parametrize("kind", ["s3", "az"], indirect=True)
async def test_a_clip_is_put_together_from_its_parts(kind, tmp_path):
    """In the right order, whole. Google's emulator has no uploads in parts."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(os.urandom(12 * 1024 * 1024))
    answer = await get(await upload(f"{kind}://media/wan27", clip, "first_clip", "video/mp4"))
    assert ("video/mp4", True) == (
        answer.headers["content-type"],
        clip.read_bytes() == answer.content,
    )


@pytest.mark.parametrize(
    ("kind", "wrong", "says"),
    [
        ("s3", {"AWS_SECRET_ACCESS_KEY": "canary"}, "signature was refused, so check AWS_ACCESS"),
        ("s3", {"AWS_ACCESS_KEY_ID": "AKIACANARY"}, "signature was refused, so check AWS_ACCESS"),
        ("s3", {"AWS_SESSION_TOKEN": "canary"}, "the credentials have expired, so renew AWS_ACC"),
        (
            "gs",
            {"GOOGLE_SERVICE_ACCOUNT_KEY": service_account()},
            "signature was refused, so check GOOGLE_APPLICATION_CREDENTIALS",
        ),
        (
            "az",
            {"AZURE_STORAGE_ACCOUNT_KEY": base64.b64encode(b"canary").decode()},
            "so check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        ),
    ],
    indirect=["kind"],
)
async def test_a_wrong_key_is_named(kind, wrong, says, environment):
    """The sentence has the variables, and no value of theirs."""
    for name, value in wrong.items():
        environment(name, value)
    assert says in await failure(upload(f"{kind}://media/wan27"))


async def test_a_key_that_may_not_write_there_is_told_what_it_needs(s3, environment):
    """Its policy ends at another prefix."""
    for name, value in s3.items():
        environment(name, value)
    assert "lack a permission; they need s3:PutObject" in await failure(upload("s3://media/other"))


async def test_a_bucket_that_does_not_exist_is_named(kind):
    """And the setting that names it."""
    message = await failure(upload(f"{kind}://other/wan27"))
    assert f"to {kind}://other: there is no bucket of that name" in message
    assert 'so check the setting "Upload via"' in message


async def test_a_server_that_is_not_reachable_is_named(kind, environment, unused_tcp_port):
    """By the variable with its address."""
    environment(ENDPOINTS[kind], f"http://127.0.0.1:{unused_tcp_port}")
    message = await failure(upload(f"{kind}://media/wan27"))
    assert re.search(rf"is not reachable, so check .*{ENDPOINTS[kind]}, and the network", message)

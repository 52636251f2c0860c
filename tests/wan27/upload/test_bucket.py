"""A bucket: objects, signed URLs that expire, and each failure as one sentence without a secret.

obstore sends real HTTP to an S3 server of ours, which fails as a test tells it to (s3_server.py).
What others' emulators answer to the same is in test_emulators.py.
"""

from __future__ import annotations

import asyncio
import calendar
import os
import re
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from wan27.errors import InvalidSetting, UploadFailed
from wan27.upload.bucket import DAY_SECONDS, MAX_SECONDS, Bucket
from wan27.upload.cloud import BucketPath, parse_bucket_path

from .bucket_client import ADDRESS, failure, get, upload, upload_image
from .made_up_keys import ACCOUNT_KEY, service_account
from .s3_server import DOMAIN, S3Server

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def _no_other_clouds(environment):
    """Each test names its own."""


@pytest.fixture
def s3(environment):
    """An S3 server on loopback, with its key, secret, region and endpoint in the environment."""
    with S3Server() as server:
        environment("AWS_ACCESS_KEY_ID", server.access_key)
        environment("AWS_SECRET_ACCESS_KEY", server.secret)
        environment("AWS_REGION", server.region)
        environment("AWS_ENDPOINT_URL", server.url)
        yield server


@pytest.mark.parametrize(
    ("content_type", "suffix"),
    [
        ("image/png", "png"),
        ("video/mp4", "mp4"),
        ("video/quicktime", "mov"),
        ("audio/wav", "wav"),
        ("audio/mpeg", "mp3"),
    ],
)
async def test_an_upload_can_be_downloaded_from_its_signed_url(s3, content_type, suffix):
    """The host needs no header, and reads the same bytes, type and suffix."""
    url = await upload(content=b"\x00bytes", content_type=content_type)
    response = await get(url)
    assert (200, b"\x00bytes", content_type) == (
        response.status_code,
        response.content,
        response.headers["content-type"],
    )
    assert re.fullmatch(rf"/media/wan27/in/[0-9a-f]{{32}}\.{suffix}", urlsplit(url).path)


@pytest.mark.parametrize("prefix", ["", "/.x_1/a.b/c-d/"])
async def test_any_valid_prefix_can_be_signed(s3, prefix):
    """Nothing in it needs escaping, which a host could do in another way than it was signed."""
    url = await upload(f"s3://media{prefix}")
    assert 200 == (await get(url)).status_code
    assert urlsplit(url).path.startswith(f"/media{prefix or '/'}")


async def test_a_changed_or_expired_url_is_refused(s3):
    """The signature covers the name and the expiry: a day, or an hour more than WAN27_TIMEOUT."""
    url = await upload()
    assert 403 == (await get(url.replace("X-Amz-Expires=86400", "X-Amz-Expires=86401"))).status_code
    assert 403 == (await get(url.partition("?")[0])).status_code
    long = await upload_image(Bucket.from_url(ADDRESS, timeout_seconds=100_000))
    assert [["86400"], ["103600"]] == [
        parse_qs(urlsplit(each).query)["X-Amz-Expires"] for each in (url, long.url)
    ]
    brief = Bucket(parse_bucket_path(ADDRESS), Bucket.from_url(ADDRESS)._store, url_seconds=1)
    expired = await upload_image(brief)
    await asyncio.sleep(2.1)
    assert 403 == (await get(expired.url)).status_code


async def test_virtual_hosted_style_works_with_both_forms_of_endpoint(s3, environment):
    """OSS and COS need it; the endpoint may have the bucket in it, or not, as in their guides."""
    environment("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")
    # Names such as media.s3.test do not exist, so the server is also the proxy for them.
    environment("HTTP_PROXY", s3.url)
    for endpoint in (f"http://{DOMAIN}", f"http://media.{DOMAIN}"):
        environment("AWS_ENDPOINT_URL", endpoint)
        url = await upload()
        assert f"media.{DOMAIN}" == urlsplit(url).netloc
        assert b"png" == (await get(url, proxy=s3.url)).content


async def test_the_endpoint_of_s3_wins_over_the_common_one(s3, environment):
    """Other tools use AWS_ENDPOINT_URL_S3 for MinIO beside the rest of AWS."""
    environment("AWS_ENDPOINT_URL", "https://example.invalid")
    environment("AWS_ENDPOINT_URL_S3", s3.url)
    assert (await upload()).startswith(s3.url)


async def test_a_session_that_ends_soon_is_refused_before_anything_is_sent(s3, environment):
    """The URL dies with the credentials: a task would be paid for and find no image."""
    environment("AWS_SESSION_TOKEN", "token")
    environment("AWS_CREDENTIAL_EXPIRATION", str(int(time.time()) + 300))
    message = await failure(upload())
    assert "AWS_SESSION_TOKEN end in 5 minutes, so renew them. Nothing was sent." in message
    assert {} == s3.objects


async def test_a_session_says_how_long_its_upload_lives(s3, environment):
    """A day was signed for, and is not kept."""
    bucket = Bucket.from_url(ADDRESS)
    assert "" == (await upload_image(bucket)).notice
    environment("AWS_SESSION_TOKEN", "token")
    environment("AWS_CREDENTIAL_EXPIRATION", str(int(time.time()) + 3000))
    done = await upload_image(Bucket.from_url(ADDRESS))
    assert done.notice.startswith("The upload can be read for 50 minutes, until the credentials in")


async def test_a_session_token_is_part_of_requests_and_urls(s3, environment):
    """Temporary credentials do not work without it."""
    environment("AWS_SESSION_TOKEN", "token/+=")
    url = await upload()
    assert (["token/+="], 200) == (
        parse_qs(urlsplit(url).query)["X-Amz-Security-Token"],
        (await get(url)).status_code,
    )


async def test_the_same_content_is_sent_once(s3):
    """Four seeds of one image are one object; another content, or type, is another."""
    bucket = Bucket.from_url(ADDRESS)
    uploads = [await upload_image(bucket) for _ in range(4)]
    assert 1 == len({each.name for each in uploads})
    assert ["PUT", "HEAD", "HEAD", "HEAD"] == s3.methods()
    await bucket.upload("last_frame", b"other", "image/png", "2")
    assert 2 == len(s3.objects)


async def test_an_object_that_is_gone_or_changed_is_sent_again(s3):
    """A lifecycle rule may have deleted it in the meantime."""
    bucket = Bucket.from_url(ADDRESS)
    await upload_image(bucket)
    s3.objects.clear()
    assert b"png" == (await get((await upload_image(bucket)).url)).content
    next(iter(s3.objects.values())).path.write_bytes(b"longer")
    assert b"png" == (await get((await upload_image(bucket)).url)).content


async def test_an_object_is_deleted_with_its_last_task(s3):
    """A second task still reads it after the first; after both the content gets a new name."""
    bucket = Bucket.from_url(ADDRESS)
    uploads = [await upload_image(bucket) for _ in range(2)]
    assert [False, True] == [bucket.release(each.name, needed=False) for each in uploads]
    await bucket.remove(uploads[0].name)
    assert {} == s3.objects
    assert uploads[0].name != (await upload_image(bucket)).name


async def test_a_later_process_deletes_by_name(s3):
    """The name in the journal is enough after a crash; an object that is gone is no error."""
    done = await upload_image(Bucket.from_url(ADDRESS))
    later = Bucket.from_url(ADDRESS)
    assert later.release(done.name, needed=False)
    await later.remove(done.name)
    assert {} == s3.objects
    await later.remove(done.name)


@pytest.mark.parametrize(
    "name", ["data:image/png;base64,AAAA", "https://example.com/cat.png", "cat.png", ""]
)
def test_no_other_object_is_ever_deleted(s3, name):
    """Any other name is ignored."""
    assert not Bucket.from_url(ADDRESS).release(name, needed=False)


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ((404, "NoSuchBucket"), "there is no bucket of that name"),
        ((403, "AccessDenied"), "lack a permission; they need s3:PutObject"),
        ((403, "SignatureDoesNotMatch"), "its signature was refused, so check AWS_ACCESS_KEY_ID"),
        ((400, "ExpiredToken"), "the credentials have expired"),
        ((403, "RequestTimeTooSkewed"), "clock of this machine is wrong"),
        ((301, "PermanentRedirect"), "another region or at another endpoint, so check AWS_REGION"),
        ((403, "SecondLevelDomainForbidden"), "set AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true"),
        ((503, "SlowDown"), "returned an error \\(503, SlowDown\\)"),
        ((400, "Whatever"), "malformed"),
    ],
)
async def test_each_error_of_s3_is_one_sentence(s3, response, says):
    """It says what to do, and quotes nothing: the server repeats what it was sent."""
    s3.script = lambda _seen: response
    assert re.match(
        f"first_frame could not be uploaded to s3://media: .*{says}", await failure(upload())
    )


async def test_each_wrong_setting_is_named(s3, environment):
    """A wrong bucket, region, secret and key id, each with the variable to check."""
    assert "no bucket of that name" in await failure(upload("s3://other/x"))
    environment("AWS_REGION", "us-east-1")
    assert "check AWS_REGION and AWS_ENDPOINT_URL" in await failure(upload())
    environment("AWS_REGION", s3.region)
    environment("AWS_SECRET_ACCESS_KEY", "wrong-canary")
    assert "signature was refused" in await failure(upload())
    environment("AWS_ACCESS_KEY_ID", "AKIDcanary")
    assert "signature was refused" in await failure(upload())


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [("http://127.0.0.1:1", "is not reachable"), ("http://nowhere.invalid", "cannot be resolved")],
)
async def test_an_unreachable_server_is_an_error_within_seconds(s3, environment, endpoint, says):
    """After three retries."""
    environment("AWS_ENDPOINT_URL", endpoint)
    since = time.monotonic()
    assert f"{says}, so check AWS_REGION and AWS_ENDPOINT_URL, and the network" in await failure(
        upload()
    )
    assert time.monotonic() - since < 15


async def test_a_server_that_does_not_respond_is_an_error(s3, monkeypatch):
    """After two minutes and the time of the bytes on a slow line; here in less."""
    monkeypatch.setattr("wan27.upload.bucket._PATIENCE_SECONDS", 0.3)
    s3.script = lambda _seen: 1.5
    assert (
        "it took too long, so check AWS_REGION and AWS_ENDPOINT_URL, and the network"
        in await failure(upload())
    )


async def test_missing_credentials_are_named(s3, environment, monkeypatch):
    """Without keys obstore asks the cloud machine that it may run on; here there is none."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    environment("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    assert (
        "no credentials were found, so set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        in await failure(upload())
    )


async def test_temporary_errors_are_retried(s3):
    """Dropped connections and 5xx: an upload costs nothing."""
    failures = ["drop", (500, "InternalError"), (503, "SlowDown")]
    s3.script = lambda _seen: failures.pop(0) if failures else None
    assert 200 == (await get(await upload())).status_code


async def test_a_refused_deletion_is_an_error_and_not_retried(s3):
    """Many keys may write but not delete; the caller logs the error."""
    bucket = Bucket.from_url(ADDRESS)
    done = await upload_image(bucket)
    s3.script = lambda _seen: (403, "AccessDenied")
    assert re.fullmatch(
        r"[0-9a-f]{32}\.png could not be deleted from s3://media: .*s3:DeleteObject\.",
        await failure(bucket.remove(done.name)),
    )
    assert ["PUT", "DELETE"] == s3.methods()


async def test_a_large_file_is_sent_in_parts_and_never_whole_in_memory(s3, tmp_path):
    """60 MB need a few parts of 5 MB, here with the server's share in the same process."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(os.urandom(MEGABYTE) * 60)
    await upload()  # obstore's own memory does not count
    with peak_of_memory() as peak:
        url = await upload(content=clip, content_type="video/mp4", role="first_clip")
    assert peak.bytes < 40 * MEGABYTE
    assert 12 == s3.methods().count("PUT part")
    (stored,) = [each for each in s3.objects.values() if each.content_type == "video/mp4"]
    assert clip.read_bytes() == stored.path.read_bytes()
    assert url.partition("?")[0].endswith(".mp4")


async def test_a_missing_file_is_named(s3, tmp_path):
    """It is not confused with a missing object in the bucket."""
    with pytest.raises(
        UploadFailed,
        match="first_clip could not be uploaded to s3://media: its file cannot be read",
    ):
        await upload(content=tmp_path / "gone.mp4", content_type="video/mp4", role="first_clip")
    assert [] == s3.methods()


@pytest.mark.parametrize("megabytes", [0, 12])
async def test_a_cancel_ends_an_upload_at_once(s3, tmp_path, megabytes):
    """Within 0.25 s, whether it waits for a response or sends parts; the next starts again."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(bytes(megabytes * MEGABYTE + 1))
    s3.script = lambda _seen: 1.5
    bucket = Bucket.from_url(ADDRESS)
    task = asyncio.ensure_future(bucket.upload("first_clip", file, "video/mp4", "1"))
    await asyncio.sleep(0.3)
    since = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - since < 0.25
    assert {} == bucket._ref_counts._objects
    s3.script = lambda _seen: None
    done = await bucket.upload("first_clip", file, "video/mp4", "1")
    assert 200 == (await get(done.url)).status_code


def test_a_bucket_works_in_one_event_loop_after_another(s3):
    """Each prompt of ComfyUI has its own loop, and the bucket outlives them."""
    bucket = Bucket.from_url(ADDRESS)
    uploads = [asyncio.run(upload_image(bucket)) for _ in range(2)]
    assert (1, 2) == (len(s3.objects), len(uploads))


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("s3://media", BucketPath("s3", "media", "")),
        (" gs://my_media.example/a/b/ ", BucketPath("gs", "my_media.example", "a/b")),
        ("az://container/x-1", BucketPath("az", "container", "x-1")),
    ],
)
def test_an_address_is_a_scheme_a_bucket_and_a_prefix(url, path):
    """Slashes at the end and spaces around it are ignored."""
    assert path == parse_bucket_path(url)


@pytest.mark.parametrize(
    "url",
    [
        *("s3://", "s3:///prefix", "s3:bucket", "ftp://bucket", "bucket", "", "s3://[", "s3://b?c"),
        *("s3://bucket/a//b", "s3://bucket/../x", "s3://bucket/ä", "s3://bucket/a=b"),
        *("s3://bucket/a b", "s3://bucket:9000/x", "s3://-bucket/x"),
        *("s3://canary:canary@bucket", "gs://bucket/x?canary=1", "az://bucket#canary"),
    ],
)
def test_a_malformed_address_is_refused_without_quoting_it(url):
    """It may contain a key; the error shows the valid form instead."""
    with pytest.raises(
        InvalidSetting,
        match='^The setting "Upload via" .*it must look like s3://bucket/prefix, gs://',
    ) as caught:
        Bucket.from_url(url)
    assert "canary" not in str(caught.value)


def test_a_timeout_longer_than_any_signature_is_refused():
    """Clouds sign for seven days at most."""
    with pytest.raises(InvalidSetting, match="is longer .* at most 601200 seconds"):
        Bucket.from_url(ADDRESS, timeout_seconds=MAX_SECONDS)


def test_without_obstore_a_bucket_is_refused(monkeypatch):
    """It is in requirements.txt, but may not be installed."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(InvalidSetting, match="needs the package obstore: pip install"):
        Bucket.from_url(ADDRESS)


async def test_google_signs_with_a_service_account(environment, monkeypatch):
    """The key stays here, and the URL is valid for a day."""
    environment("GOOGLE_SERVICE_ACCOUNT_KEY", service_account())
    url = await signed(monkeypatch, "gs://media/wan27")
    query = parse_qs(urlsplit(url).query)
    assert re.match(r"https://storage\.googleapis\.com/media/wan27/[0-9a-f]{32}\.png\?", url)
    assert ["86400"] == query["X-Goog-Expires"]
    assert 512 == len(query["X-Goog-Signature"][0])


async def test_azure_signs_with_the_account_key(environment, monkeypatch):
    """The URL is a shared access signature for reading this one object."""
    environment("AZURE_STORAGE_ACCOUNT_NAME", "account")
    environment("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
    url = await signed(monkeypatch, "az://media/wan27")
    query = parse_qs(urlsplit(url).query)
    assert re.match(
        r"https://account\.blob\.core\.windows\.net/media/wan27/[0-9a-f]{32}\.png\?", url
    )
    assert (["r"], ["b"]) == (query["sp"], query["sr"])
    url_seconds = seconds(query["se"][0]) - seconds(query["st"][0])
    assert abs(url_seconds - DAY_SECONDS) < 3600


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ((404, "NoSuchBucket"), "there is no bucket of that name"),
        ((403, "AccessDenied"), "they need the role Storage Object User"),
        ((401, "Anything"), "check GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
async def test_each_error_of_google_is_named(environment, response, says):
    """Google's codes and settings."""
    with S3Server() as server:
        server.script = lambda _seen: response
        environment("GOOGLE_SERVICE_ACCOUNT_KEY", service_account())
        environment("GOOGLE_BASE_URL", server.url)
        assert says in await failure(upload("gs://media/wan27"))


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ((404, "ContainerNotFound"), "there is no bucket of that name"),
        (
            (403, "AuthenticationFailed"),
            "check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        ),
        (
            (403, "AuthorizationPermissionMismatch"),
            "they need the role Storage Blob Data Contributor",
        ),
        ((403, "AuthorizationFailure"), "and the network rules of the storage account"),
    ],
)
async def test_each_error_of_azure_is_named(environment, response, says):
    """Azure's codes and settings."""
    with S3Server() as server:
        server.script = lambda _seen: response
        environment("AZURE_STORAGE_ACCOUNT_NAME", "account")
        environment("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
        environment("AZURE_STORAGE_ENDPOINT", server.url)
        assert says in await failure(upload("az://media/wan27"))


async def test_credentials_that_cannot_sign_are_refused_before_anything_is_sent(environment):
    """A shared access signature of Azure can read and write, but not sign for others."""
    with S3Server() as server:
        environment("AZURE_STORAGE_ACCOUNT_NAME", "account")
        environment("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=canary")
        environment("AZURE_STORAGE_ENDPOINT", server.url)
        assert "cannot sign URLs, so set AZURE_STORAGE_ACCOUNT_NAME and" in await failure(
            upload("az://media/wan27")
        )
        assert [] == server.methods()


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("az://media", {}),
        (
            "az://media",
            {"AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_ACCOUNT_KEY": "canary!"},
        ),
        ("s3://media", {"AWS_ACCESS_KEY_ID": "canary"}),
        ("gs://media", {"GOOGLE_SERVICE_ACCOUNT": "/canary/gone.json"}),
        ("gs://media", {"GOOGLE_SERVICE_ACCOUNT_KEY": '{"private_key": "canary"}'}),
    ],
)
def test_settings_that_cannot_work_are_refused_before_any_network(environment, url, settings):
    """The error names the variables, not their values."""
    for name, value in settings.items():
        environment(name, value)
    with pytest.raises(
        InvalidSetting,
        match=f'"Upload via" is ({url}, which cannot be opened: check A|gs)',
    ) as caught:
        Bucket.from_url(url)
    assert "canary" not in str(caught.value)


async def signed(monkeypatch, url):
    """Return the URL of an upload that is not sent."""

    async def put(*_arguments, **_options):
        return {}

    monkeypatch.setattr("obstore.put_async", put)
    return await upload(url)


def seconds(moment):
    return calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))


class peak_of_memory:  # noqa: N801 - used as a function
    """Samples the memory of this process: tracemalloc would not see obstore's."""

    def __enter__(self):
        self._process, self._done = psutil.Process(), threading.Event()
        self._before, self.bytes = self._process.memory_info().rss, 0
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _sample(self):
        while not self._done.wait(0.005):
            self.bytes = max(self.bytes, self._process.memory_info().rss - self._before)

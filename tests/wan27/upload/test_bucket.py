"""A bucket: objects that come and go, addresses that are signed and die, and every failure as one sentence without a secret.

obstore talks real HTTP to an S3 that checks its signatures (s3_server.py); Google and Azure are
asked to sign, and to explain themselves.
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

import httpx
import psutil
import pytest

from wan27.errors import InvalidSetting, UploadFailed
from wan27.upload.bucket import DAY_SECONDS, MOST_SECONDS, Bucket
from wan27.upload.cloud import Place, parse_place

from .made_up_keys import ACCOUNT_KEY, service_account
from .s3_server import DOMAIN, S3Server

MEGABYTE = 1024 * 1024
ADDRESS = "s3://media/wan27/in"
CLOUD_VARIABLES = re.compile(r"(AWS|GOOGLE|AZURE)_|(https?|all|no)_proxy$", re.IGNORECASE)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No test sees this machine's own clouds or proxies."""
    for name in [name for name in os.environ if CLOUD_VARIABLES.match(name)]:
        monkeypatch.delenv(name)
    return monkeypatch.setenv


@pytest.fixture
def s3(environment):
    """An S3 on loopback whose key, secret, region and endpoint are in the environment."""
    with S3Server() as server:
        environment("AWS_ACCESS_KEY_ID", server.access_key)
        environment("AWS_SECRET_ACCESS_KEY", server.secret)
        environment("AWS_REGION", server.region)
        environment("AWS_ENDPOINT_URL", server.url)
        yield server


async def get(url, **options):
    async with httpx.AsyncClient(trust_env=False, **options) as client:
        return await client.get(url)


async def failure(call):
    """The message of an upload that fails, proved to be one sentence without what the server echoed."""
    with pytest.raises(UploadFailed) as caught:
        await call
    message = str(caught.value)
    assert 1 == message.count(". ") + message.endswith(".")
    assert not re.search(r"canary|echo|<|Debug|Signature=", message)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def upload(
    url=ADDRESS, content=b"png", role="first_frame", content_type="image/png", content_hash="1"
):
    return Bucket.from_url(url).upload(role, content, content_type, content_hash)


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
async def test_what_goes_up_comes_down_through_the_signed_address(s3, content_type, suffix):
    """The host reads the same bytes and type with no header of its own, and the name ends as the type asks."""
    url = await upload(content=b"\x00bytes", content_type=content_type)
    answer = await get(url)
    assert (200, b"\x00bytes", content_type) == (
        answer.status_code,
        answer.content,
        answer.headers["content-type"],
    )
    assert re.fullmatch(rf"/media/wan27/in/[0-9a-f]{{32}}\.{suffix}", urlsplit(url).path)


@pytest.mark.parametrize("prefix", ["", "/.x_1/a.b/c-d/"])
async def test_any_prefix_that_is_taken_can_be_signed(s3, prefix):
    """Nothing in it needs escaping, so no fetcher can escape it in another way than it was signed."""
    url = await upload(f"s3://media{prefix}")
    assert 200 == (await get(url)).status_code
    assert urlsplit(url).path.startswith(f"/media{prefix or '/'}")


async def test_an_address_is_of_no_use_when_changed_or_late(s3):
    """The signature covers the name, and the time until when: a day, or an hour more than WAN27_TIMEOUT."""
    url = await upload()
    assert 403 == (await get(url.replace("X-Amz-Expires=86400", "X-Amz-Expires=86401"))).status_code
    assert 403 == (await get(url.partition("?")[0])).status_code
    long = await Bucket.from_url(ADDRESS, timeout_seconds=100_000).upload(
        "first_frame", b"png", "image/png", "1"
    )
    assert [["86400"], ["103600"]] == [
        parse_qs(urlsplit(each).query)["X-Amz-Expires"] for each in (url, long)
    ]
    brief = Bucket(parse_place(ADDRESS), Bucket.from_url(ADDRESS)._store, life_seconds=1)
    dying = await brief.upload("first_frame", b"png", "image/png", "1")
    await asyncio.sleep(2.1)
    assert 403 == (await get(dying)).status_code


async def test_the_bucket_may_stand_in_the_name_of_the_host(s3, environment):
    """OSS and COS take only that style; the endpoint may be given without the bucket, as their guides do, or with it."""
    environment("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")
    environment(
        "HTTP_PROXY", s3.url
    )  # names such as media.s3.test are nobody's, so the server plays the proxy for them
    for endpoint in (f"http://{DOMAIN}", f"http://media.{DOMAIN}"):
        environment("AWS_ENDPOINT_URL", endpoint)
        url = await upload()
        assert f"media.{DOMAIN}" == urlsplit(url).netloc
        assert b"png" == (await get(url, proxy=s3.url)).content


async def test_the_endpoint_of_s3_alone_wins_over_the_common_one(s3, environment):
    """AWS_ENDPOINT_URL_S3 is how other tools are pointed at MinIO while the rest of AWS stays where it is."""
    environment("AWS_ENDPOINT_URL", "https://example.invalid")
    environment("AWS_ENDPOINT_URL_S3", s3.url)
    assert (await upload()).startswith(s3.url)


async def test_a_session_token_goes_into_requests_and_address(s3, environment):
    """Temporary credentials are worth nothing without it."""
    environment("AWS_SESSION_TOKEN", "token/+=")
    url = await upload()
    assert (["token/+="], 200) == (
        parse_qs(urlsplit(url).query)["X-Amz-Security-Token"],
        (await get(url)).status_code,
    )


async def test_the_same_content_is_sent_once(s3):
    """Four seeds of one picture are one object; another content, or type, is another."""
    bucket = Bucket.from_url(ADDRESS)
    urls = [await bucket.upload("first_frame", b"png", "image/png", "1") for _ in range(4)]
    assert 1 == len({urlsplit(url).path for url in urls})
    assert ["PUT", "HEAD", "HEAD", "HEAD"] == s3.methods()
    await bucket.upload("last_frame", b"other", "image/png", "2")
    assert 2 == len(s3.objects)


async def test_an_object_that_somebody_else_removed_is_sent_again(s3):
    """A lifecycle rule may have been there in between; an object of another size is none of ours either."""
    bucket = Bucket.from_url(ADDRESS)
    await bucket.upload("first_frame", b"png", "image/png", "1")
    s3.objects.clear()
    assert (
        b"png" == (await get(await bucket.upload("first_frame", b"png", "image/png", "1"))).content
    )
    next(iter(s3.objects.values())).path.write_bytes(b"longer")
    assert (
        b"png" == (await get(await bucket.upload("first_frame", b"png", "image/png", "1"))).content
    )


async def test_an_object_is_deleted_with_its_last_task(s3):
    """The second of two tasks still reads what the first is done with; afterwards the same content gets a new name."""
    bucket = Bucket.from_url(ADDRESS)
    first, second = [await bucket.upload("first_frame", b"png", "image/png", "1") for _ in range(2)]
    await bucket.forget(first)
    assert 200 == (await get(second)).status_code
    await bucket.forget(second)
    assert {} == s3.objects
    assert (
        urlsplit(first).path
        != urlsplit(await bucket.upload("first_frame", b"png", "image/png", "1")).path
    )


async def test_a_later_process_deletes_by_name_or_address(s3):
    """What was noted before a crash is enough; what is gone already is fine."""
    urls = [await upload(), await upload()]
    later = Bucket.from_url(ADDRESS)
    await later.forget(urls[0])
    await later.forget(urlsplit(urls[1]).path.rpartition("/")[2])
    assert {} == s3.objects
    await later.forget(urls[0])


async def test_what_is_not_ours_is_never_deleted(s3):
    """Addresses that a user gave, and pictures inside a request, pass through `forget` without a request."""
    for address in ("data:image/png;base64,AAAA", "https://example.com/cat.png", "cat.png", ""):
        await Bucket.from_url(ADDRESS).forget(address)
    assert [] == s3.methods()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((404, "NoSuchBucket"), "there is no bucket of that name"),
        ((403, "AccessDenied"), "may not do that there; they need s3:PutObject"),
        ((403, "SignatureDoesNotMatch"), "its signature was refused, so check AWS_ACCESS_KEY_ID"),
        ((400, "ExpiredToken"), "the credentials have expired"),
        ((403, "RequestTimeTooSkewed"), "clock is wrong"),
        ((301, "PermanentRedirect"), "another region or at another endpoint, so check AWS_REGION"),
        ((403, "SecondLevelDomainForbidden"), "set AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true"),
        ((503, "SlowDown"), "answered with an error \\(503, SlowDown\\)"),
        ((400, "Whatever"), "malformed"),
    ],
)
async def test_each_refusal_is_one_sentence(s3, said, told):
    """The sentence says what to do and quotes nothing of the server's, which repeats what it was sent."""
    s3.script = lambda _seen: said
    assert re.match(
        f"first_frame could not be uploaded to s3://media: .*{told}", await failure(upload())
    )


async def test_wrong_settings_are_told_apart(s3, environment):
    """Against true checks: a wrong bucket, region, secret and key id, each with what to look at."""
    assert "no bucket of that name" in await failure(upload("s3://other/x"))
    environment("AWS_REGION", "us-east-1")
    assert "check AWS_REGION and AWS_ENDPOINT_URL" in await failure(upload())
    environment("AWS_REGION", s3.region)
    environment("AWS_SECRET_ACCESS_KEY", "wrong-canary")
    assert "signature was refused" in await failure(upload())
    environment("AWS_ACCESS_KEY_ID", "AKIDcanary")
    assert "signature was refused" in await failure(upload())


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [("http://127.0.0.1:1", "cannot be reached"), ("http://nowhere.invalid", "cannot be resolved")],
)
async def test_an_unreachable_server_is_told_within_bounded_time(s3, environment, endpoint, told):
    """Three repetitions, then the sentence; the network may be gone for good."""
    environment("AWS_ENDPOINT_URL", endpoint)
    since = time.monotonic()
    assert f"{told}, so check AWS_REGION and AWS_ENDPOINT_URL, and the network" in await failure(
        upload()
    )
    assert time.monotonic() - since < 15


async def test_a_server_that_never_answers_is_told_too(s3, monkeypatch):
    """Two minutes and the time of the bytes on a poor line; less here, or nobody would run the tests."""
    monkeypatch.setattr("wan27.upload.bucket._PATIENCE_SECONDS", 0.3)
    s3.script = lambda _seen: 1.5
    assert (
        "it took too long, so check AWS_REGION and AWS_ENDPOINT_URL, and the network"
        in await failure(upload())
    )


async def test_no_credentials_is_a_sentence_too(s3, environment, monkeypatch):
    """Without keys obstore asks the cloud machine it might run on; here nobody answers."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    environment("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    assert (
        "no credentials were found, so set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        in await failure(upload())
    )


async def test_a_short_trouble_passes_unnoticed(s3):
    """Dropped connections and 5xx are repeated; nothing is paid for here."""
    troubles = ["drop", (500, "InternalError"), (503, "SlowDown")]
    s3.script = lambda _seen: troubles.pop(0) if troubles else None
    assert 200 == (await get(await upload())).status_code


async def test_a_refused_delete_is_told_and_not_repeated(s3):
    """Many keys may write and not delete; the caller logs the sentence."""
    bucket = Bucket.from_url(ADDRESS)
    url = await bucket.upload("first_frame", b"png", "image/png", "1")
    s3.script = lambda _seen: (403, "AccessDenied")
    assert re.fullmatch(
        r"[0-9a-f]{32}\.png could not be deleted from s3://media: .*s3:DeleteObject\.",
        await failure(bucket.forget(url)),
    )
    assert ["PUT", "DELETE"] == s3.methods()


async def test_a_large_file_goes_up_in_parts_and_never_whole_into_memory(s3, tmp_path):
    """60 MB cost some parts of 5 MB, here with the server's share in the same process."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(os.urandom(MEGABYTE) * 60)
    await upload()  # what obstore needs for itself is not counted
    with peak_of_memory() as peak:
        url = await upload(content=clip, content_type="video/mp4", role="first_clip")
    assert peak.bytes < 40 * MEGABYTE
    assert 12 == s3.methods().count("PUT part")
    (stored,) = [each for each in s3.objects.values() if each.content_type == "video/mp4"]
    assert clip.read_bytes() == stored.path.read_bytes()
    assert url.partition("?")[0].endswith(".mp4")


async def test_a_file_that_is_not_there_is_a_sentence(s3, tmp_path):
    """It is not taken for an object that is missing in the bucket."""
    with pytest.raises(
        UploadFailed,
        match="first_clip could not be uploaded to s3://media: its file cannot be read",
    ):
        await upload(content=tmp_path / "gone.mp4", content_type="video/mp4", role="first_clip")
    assert [] == s3.methods()


async def test_a_type_that_no_medium_has_is_refused(s3):
    """Hosts choose their decoder by it."""
    assert "text/plain is not among" in await failure(upload(content_type="text/plain"))


@pytest.mark.parametrize("megabytes", [0, 12])
async def test_a_cancel_leaves_at_once_and_holds_nothing(s3, tmp_path, megabytes):
    """Within 0.25 s, whether it waits for an answer or sends parts; the next upload begins anew."""
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
    assert {} == bucket._holding._held
    s3.script = lambda _seen: None
    assert 200 == (await get(await bucket.upload("first_clip", file, "video/mp4", "1"))).status_code


def test_a_bucket_serves_one_event_loop_after_another(s3):
    """Every prompt of ComfyUI has a loop of its own, and the bucket outlives them."""
    bucket = Bucket.from_url(ADDRESS)
    urls = [asyncio.run(bucket.upload("first_frame", b"png", "image/png", "1")) for _ in range(2)]
    assert (1, 2) == (len(s3.objects), len(urls))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://media", Place("s3", "media", "")),
        (" gs://my_media.example/a/b/ ", Place("gs", "my_media.example", "a/b")),
        ("az://container/x-1", Place("az", "container", "x-1")),
    ],
)
def test_an_address_is_a_kind_a_bucket_and_a_prefix(url, place):
    """Slashes at the end and spaces around it are forgiven."""
    assert place == parse_place(url)


@pytest.mark.parametrize(
    "url",
    [
        "s3://", "s3:///prefix", "s3:bucket", "ftp://bucket", "bucket", "", "s3://bucket/a//b", "s3://bucket/../x", "s3://bucket/ä", "s3://bucket/a=b", "s3://bucket/a b", "s3://b?c",
        "s3://canary:canary@bucket", "gs://bucket/x?canary=1", "az://bucket#canary", "s3://bucket:9000/x", "s3://[", "s3://-bucket/x",
    ],
)  # fmt: skip
def test_a_malformed_address_is_refused_without_being_quoted(url):
    """People put keys into addresses, so the sentence shows the form and not the value."""
    with pytest.raises(
        InvalidSetting, match="^WAN27_UPLOAD .*it must look like s3://bucket/prefix, gs://"
    ) as caught:
        Bucket.from_url(url)
    assert "canary" not in str(caught.value)


def test_a_timeout_that_no_signature_outlives_is_refused():
    """Clouds sign for seven days at most."""
    with pytest.raises(InvalidSetting, match="WAN27_TIMEOUT is longer .* at most 601200 seconds"):
        Bucket.from_url(ADDRESS, timeout_seconds=MOST_SECONDS)


def test_without_obstore_there_is_a_sentence(monkeypatch):
    """It comes with requirements.txt, but not everybody installs that."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(InvalidSetting, match="needs the package obstore: pip install"):
        Bucket.from_url(ADDRESS)


async def test_google_signs_with_a_service_account_alone(environment, monkeypatch):
    """The key stays here, and the address is good for a day."""
    environment("GOOGLE_SERVICE_ACCOUNT_KEY", service_account())
    url = await signed(monkeypatch, "gs://media/wan27")
    query = parse_qs(urlsplit(url).query)
    assert re.match(r"https://storage\.googleapis\.com/media/wan27/[0-9a-f]{32}\.png\?", url)
    assert ["86400"] == query["X-Goog-Expires"]
    assert 512 == len(query["X-Goog-Signature"][0])


async def test_azure_signs_with_the_account_key(environment, monkeypatch):
    """A shared access signature for reading this one object, over https."""
    environment("AZURE_STORAGE_ACCOUNT_NAME", "account")
    environment("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
    url = await signed(monkeypatch, "az://media/wan27")
    query = parse_qs(urlsplit(url).query)
    assert re.match(
        r"https://account\.blob\.core\.windows\.net/media/wan27/[0-9a-f]{32}\.png\?", url
    )
    assert (["r"], ["b"]) == (query["sp"], query["sr"])
    life = seconds(query["se"][0]) - seconds(query["st"][0])
    assert abs(life - DAY_SECONDS) < 3600


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((404, "NoSuchBucket"), "there is no bucket of that name"),
        ((403, "AccessDenied"), "they need the role Storage Object User"),
        ((401, "Anything"), "check GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
async def test_refusals_of_google_are_sentences(environment, said, told):
    """Google's names for the same troubles."""
    with S3Server() as server:
        server.script = lambda _seen: said
        environment("GOOGLE_SERVICE_ACCOUNT_KEY", service_account())
        environment("GOOGLE_BASE_URL", server.url)
        assert told in await failure(upload("gs://media/wan27"))


@pytest.mark.parametrize(
    ("said", "told"),
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
    ],
)
async def test_refusals_of_azure_are_sentences(environment, said, told):
    """Azure's names for the same troubles."""
    with S3Server() as server:
        server.script = lambda _seen: said
        environment("AZURE_STORAGE_ACCOUNT_NAME", "account")
        environment("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
        environment("AZURE_STORAGE_ENDPOINT", server.url)
        assert told in await failure(upload("az://media/wan27"))


async def test_credentials_that_cannot_sign_are_told_before_anything_is_sent(environment):
    """A shared access signature of Azure may read and write and yet not sign for others."""
    with S3Server() as server:
        environment("AZURE_STORAGE_ACCOUNT_NAME", "account")
        environment("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=canary")
        environment("AZURE_STORAGE_ENDPOINT", server.url)
        assert "cannot sign addresses, so set AZURE_STORAGE_ACCOUNT_NAME and" in await failure(
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
    """The sentence names the variables and nothing of their values."""
    for name, value in settings.items():
        environment(name, value)
    with pytest.raises(
        InvalidSetting,
        match=f"WAN27_UPLOAD is {url}, which cannot be opened: check A|WAN27_UPLOAD is gs",
    ) as caught:
        Bucket.from_url(url)
    assert "canary" not in str(caught.value)


async def signed(monkeypatch, url):
    """The address of an upload whose bytes go nowhere."""

    async def put(*_arguments, **_options):
        return {}

    monkeypatch.setattr("obstore.put_async", put)
    return await upload(url)


def seconds(moment):
    return calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))


class peak_of_memory:  # noqa: N801 - it reads as what it gives
    """Samples this process's memory: obstore's is not Python's, so tracemalloc would see none of it."""

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

"""Serving from this machine: files that come and go with their tasks, and a public address that is tried before anything is sent.

A small aiohttp server stands for ComfyUI and for whatever answers in its place: real files, real
HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import ssl
import stat
import subprocess

import httpx
import pytest
from aiohttp import web

from wan27.errors import InvalidSetting, UploadFailed
from wan27.limits import MEDIA
from wan27.upload.serve import Serve
from wan27.upload.serving import PATH, ServingFolder
from wan27.upload.uploader import choose_uploader

HOURS = 3600.0


@pytest.fixture
def folder(tmp_path):
    """Where files are served from; it does not exist yet."""
    return tmp_path / "serving"


@contextlib.asynccontextmanager
async def serving(answer, prefix="", tls=None):
    """A server whose every media path is answered by `answer(name)`; yields its address."""

    async def handle(request):
        return answer(request.match_info["name"])

    app = web.Application()
    app.router.add_get(prefix + PATH + "{name}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}{prefix}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def address(folder):
    """A server that gives what lies in the folder, as ComfyUI does."""
    async with serving(lambda name: web.FileResponse(folder / name)) as url:
        yield url


def upload(serve, content=b"png", role="first_frame", content_type="image/png", content_hash="1"):
    return serve.upload(role, content, content_type, content_hash)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


async def get(url):
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


async def failure(call):
    """The message of an upload that fails, proved to be one sentence."""
    with pytest.raises(UploadFailed) as caught:
        await call
    message = str(caught.value)
    assert 1 == message.count(". ") + message.endswith(".")
    return message


@pytest.mark.parametrize(
    ("content_type", "suffix"), [("image/png", "png"), ("video/mp4", "mp4"), ("audio/wav", "wav")]
)
async def test_what_is_placed_comes_down_from_the_address(address, folder, content_type, suffix):
    """The same bytes, under 128 random bits and the type's suffix."""
    url = await upload(Serve(address, folder), b"\x00bytes", content_type=content_type)
    assert b"\x00bytes" == (await get(url)).content
    assert re.fullmatch(rf"{address}/wan27/media/[0-9a-f]{{32}}\.{suffix}", url)


async def test_a_file_is_copied_and_the_original_stays_as_it_was(address, folder, tmp_path):
    """Scratch files vanish with the run, and a user's own clip keeps its permissions and may change."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x" * 3_000_000)
    clip.chmod(0o644)
    mode = clip.stat().st_mode
    url = await upload(Serve(address, folder), clip, "first_clip", "video/mp4")
    clip.write_bytes(b"changed")
    assert b"x" * 3_000_000 == (await get(url)).content
    assert mode == clip.stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
async def test_only_the_user_may_read_the_folder(address, folder):
    """Other accounts of the machine see neither the names nor the files."""
    await upload(Serve(address, folder))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]
    assert [0o700, 0o600] == modes


async def test_the_path_of_the_public_address_is_kept(folder):
    """Pods and notebooks give a ComfyUI a path below a common host."""
    async with serving(lambda name: web.FileResponse(folder / name), prefix="/proxy/8188") as url:
        placed = await upload(Serve(f" {url}/ ", folder))
    assert placed.startswith(f"{url}/wan27/media/")


async def test_what_tasks_share_lives_until_the_last(address, folder):
    """Two seeds of one picture are one file; another type is another."""
    serve = Serve(address, folder)
    one, two = await asyncio.gather(upload(serve), upload(serve))
    assert one == two
    assert one != await upload(serve, content_type="image/webp")
    left = []
    for _ in range(2):
        await serve.forget(one)
        left.append((await get(one)).status_code)
    assert [200, 404] == left


async def test_after_a_restart_the_file_is_served_until_nobody_needs_it(address, folder):
    """Another process knows nothing but the folder, the name and what the journal says."""
    before = Serve(address, folder)
    url = await upload(before)
    name = before.name_of(url)
    after = Serve(address, folder)
    left = []
    for needed in (True, False):
        await after.forget(name, needed=needed)
        left.append((await get(url)).status_code)
    assert [200, 404] == left


async def test_a_file_that_somebody_removed_is_placed_again(address, folder):
    """The folder is the truth, not what this process remembers."""
    serve = Serve(address, folder)
    url = await upload(serve)
    (folder / serve.name_of(url)).unlink()
    assert url == await upload(serve)
    assert b"png" == (await get(url)).content


async def test_what_is_not_ours_has_no_name_and_is_left_alone(address, folder, tmp_path):
    """Addresses from elsewhere, pictures inside the request, and paths out of the folder."""
    serve = Serve(address, folder)
    await upload(serve)
    other = tmp_path / ("0" * 32 + ".png")
    other.write_bytes(b"mine")
    for alien in (
        f"https://host.example/{other.name}",
        "data:image/png;base64,AAAA",
        f"{address}{PATH}../{other.name}",
        f"{address}{PATH}x",
    ):
        assert None is serve.name_of(alien)
        await serve.forget(alien)
    assert (1, b"mine") == (len(names(folder)), other.read_bytes())


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            lambda _: web.Response(status=404),
            (
                "it answered 404 Not Found, so check that the address, its port and its path lead"
                " to this"
            ),
        ),
        (
            lambda _: web.Response(status=401),
            (
                r"it wants a login or forbids the access \(401\), so let /wan27/media/ pass"
                r" without one"
            ),
        ),
        (lambda _: web.Response(status=403), r"it wants a login or forbids the access \(403\)"),
        (
            lambda _: web.Response(status=502),
            "it answered 502 Bad Gateway, so check that the tunnel or proxy runs",
        ),
        (
            lambda _: web.Response(text="<html>", content_type="text/html"),
            "a web page came instead, perhaps a login or a warning",
        ),
        (lambda _: web.Response(body=b"another file"), "12 bytes came instead of 3"),
        (
            lambda _: web.Response(
                status=302, headers={"Location": "https://login.example/?to=secret"}
            ),
            "another page at login.example, per",
        ),
        (
            lambda name: web.Response(
                status=308, headers={"Location": f"https://127.0.0.1{PATH}{name}"}
            ),
            "give the address in that form",
        ),
    ],
)
async def test_a_public_address_that_gives_something_else_is_refused(folder, answer, says):
    """One sentence says what was asked, what came and what to do; the file is gone again."""
    async with serving(answer) as url:
        said = await failure(upload(Serve(url, folder)))
    assert re.search(
        f"^first_frame cannot be had from 127.0.0.1, the public address in WAN27_UPLOAD: .*{says}",
        said,
    )
    assert "secret" not in said
    assert [] == names(folder)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: web.Response(body=b"png"),
        lambda _: web.Response(body=b"p", headers={"Content-Range": "x"}),
    ],
)
async def test_a_server_between_need_not_know_ranges(folder, answer):
    """The whole file is as good as its first byte; a size that contradicts is not."""
    async with serving(answer) as url, contextlib.AsyncExitStack() as stack:
        if "x" in answer("").headers.get("Content-Range", ""):
            stack.enter_context(pytest.raises(UploadFailed, match="1 bytes came instead of 3"))
        assert (await upload(Serve(url, folder))).startswith(url)


async def test_silence_is_told_in_the_log_and_refuses_nothing(folder, caplog, unused_tcp_port):
    """Some networks cannot reach their own public address, while the host can."""
    url = await upload(Serve(f"http://127.0.0.1:{unused_tcp_port}", folder))
    assert 1 == len(names(folder))
    (told,) = [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ]
    assert told.startswith(
        "Wan 2.7: first_frame was not to be had through the public address in WAN27_UPLOAD"
        " (127.0.0.1: "
    )
    assert url not in told


@pytest.fixture
def unsigned(tmp_path):
    """A TLS context with a certificate that nobody signed."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl is needed to make a certificate")
    made = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=pod",
        "-keyout",
        tmp_path / "key",
        "-out",
        tmp_path / "cert",
    ]
    subprocess.run([openssl, *made], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return context


async def test_a_certificate_that_nobody_signed_is_refused(folder, unsigned):
    """The host would not trust it either; that of an authority of one's own may be named in SSL_CERT_FILE."""
    async with serving(lambda name: web.FileResponse(folder / name), tls=unsigned) as url:
        assert "its certificate is not trusted, so give it one that is" in await failure(
            upload(Serve(url, folder))
        )
    assert [] == names(folder)


async def test_no_log_line_tells_an_address(address, folder, caplog):
    """ComfyUI's log goes into error reports, and who knows the address can read the file; other lines of httpx stay."""
    caplog.set_level(logging.INFO)
    url = await upload(Serve(address, folder))
    await get(f"{address}/elsewhere")
    assert (False, True) == (url.rpartition("/")[2] in caplog.text, "/elsewhere" in caplog.text)


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    address, folder, monkeypatch
):
    """A proxy cannot know what 127.0.0.1 means here; its refusal would be taken for an answer."""
    async with serving(lambda _: web.Response(status=403)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert (await upload(Serve(address, folder))).startswith(address)


async def test_a_cancel_leaves_nothing_behind(folder):
    """No task will read it."""
    arrived = asyncio.Event()

    def answer(_):
        arrived.set()
        return web.Response(body=iter_slowly())

    async def iter_slowly():
        await asyncio.sleep(30)
        yield b""

    async with serving(answer) as url:
        running = asyncio.ensure_future(upload(Serve(url, folder)))
        await arrived.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert [] == names(folder)


@pytest.mark.skipif(
    os.name == "nt", reason="Windows has no pipes with a path, which stand for a slow disk here"
)
async def test_a_cancel_while_the_file_is_written_leaves_nothing_behind(folder, tmp_path):
    """The thread that writes cannot be stopped, so it takes away what it has written."""
    os.mkfifo(tmp_path / "slow.mp4")
    running = asyncio.ensure_future(
        upload(
            Serve("http://127.0.0.1:9", folder), tmp_path / "slow.mp4", "first_clip", "video/mp4"
        )
    )
    while not (folder.exists() and names(folder)):
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (tmp_path / "slow.mp4").write_bytes(b"late")
    for _ in range(200):
        if not names(folder):
            break
        await asyncio.sleep(0.01)
    assert [] == names(folder)


async def test_a_disk_that_refuses_is_told(folder, address, tmp_path):
    """One sentence with the folder and the reason; nothing was sent."""
    folder.write_text("a file where the folder should be")
    said = await failure(upload(Serve(address, folder)))
    assert said.startswith(
        f"first_frame could not be copied into {folder}, where it would be served from ("
    )
    assert said.endswith("make the folder writable and free some disk space.")
    with pytest.raises(FileNotFoundError) as gone:
        (tmp_path / "gone.mp4").stat()
    missing = await failure(
        upload(Serve(address, tmp_path / "other"), tmp_path / "gone.mp4", "first_clip", "video/mp4")
    )
    assert f"({gone.value.strerror})" in missing  # each system has its own words


def test_what_crashes_leave_behind_is_swept_once_it_is_old(folder):
    """Files and parts of hours ago, unless an open task needs them; young ones may be about to be submitted."""
    place = ServingFolder(folder)
    needed, abandoned, young = (f"{number:032x}.png" for number in range(3))
    for name in (needed, abandoned, f"{abandoned}.0a1b2c3d.part", young):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"png")
        os.utime(folder / name, (0, 0) if name != young else (3 * HOURS, 3 * HOURS))
    place.sweep(lambda name: name == needed, 4 * HOURS)
    assert [needed, young] == names(folder)
    ServingFolder(folder / "missing").sweep(lambda _: False, 4 * HOURS)


def test_a_file_in_use_is_young_again(folder):
    """What one task has held for hours may be about to be submitted for another."""
    place = ServingFolder(folder)
    name = "0" * 32 + ".png"
    assert 3 == place.place(name, b"png")
    os.utime(folder / name, (0, 0))
    place.place(name, b"png")
    assert (folder / name).stat().st_mtime > HOURS


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret.png",
        "0" * 32,
        "0" * 32 + ".png.part",
        "0" * 32 + ".txt",
        "a" * 31 + "/.png",
    ],
)
def test_only_names_of_ours_are_found(folder, name):
    """No other name is even looked for."""
    folder.mkdir()
    (folder.parent / "secret.png").write_bytes(b"x")
    (folder / ("0" * 32)).write_bytes(b"x")
    (folder / ("0" * 32 + ".txt")).write_bytes(b"x")
    assert None is ServingFolder(folder).find(name)


@pytest.mark.parametrize(
    "value",
    [
        "https://",
        "https:///path",
        "https://user:canary@pod.example",
        "https://pod.example/?token=canary",
        "https://pod.example/#canary",
        "https://pod.example:99999",
        "https://[canary",
        "https://pod.example/can ary",
        "https://pod.example/c\u00e4nary",
    ],
)
def test_an_address_that_cannot_be_used_is_told_and_never_quoted(value, folder):
    """People put keys into URLs; what it must look like is said instead."""
    with pytest.raises(
        InvalidSetting,
        match=(
            "^WAN27_UPLOAD .*must look like https://public-address or https://public-address/path"
        ),
    ) as caught:
        choose_uploader(value, 3600, folder)
    assert "nary" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "https://pod.example/proxy/8188/",
        "http://192.168.1.5:8188",
        "HTTPS://Pod.Example",
        "http://[::1]:8188",
    ],
)
def test_an_address_of_the_web_means_serving(value, folder):
    """Plain http too, for a LAN; pictures may be as large as the API allows, and any medium is taken."""
    chosen = choose_uploader(value, 3600, folder)
    assert (Serve, MEDIA["first_frame"].max_bytes, None) == (
        type(chosen),
        chosen.max_image_bytes,
        chosen.refuse_file("first_clip"),
    )

"""Serving from this machine: files that live as long as their tasks, at a checked public address.

A small aiohttp server is ComfyUI, or whatever answers in its place: real files, real HTTP.
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

import pytest
from aiohttp import web

from wan27.errors import InvalidSetting, UploadFailed
from wan27.limits import MEDIA
from wan27.upload.choose import choose_uploader
from wan27.upload.serve import Serve
from wan27.upload.serving_folder import PATH, ServingFolder

from .bucket_client import failure, get

HOURS = 3600.0


@pytest.fixture
def folder(tmp_path):
    """The folder that is served; it does not exist yet."""
    return tmp_path / "serving"


@contextlib.asynccontextmanager
async def serving(answer, prefix="", tls=None):
    """Run a server that answers each media path with `answer(name)`; yield its address."""

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
    """A server of the files in the folder, as ComfyUI is."""
    async with serving(lambda name: web.FileResponse(folder / name)) as url:
        yield url


def upload(serve, content=b"png", role="first_frame", content_type="image/png", content_hash="1"):
    return serve.upload(role, content, content_type, content_hash)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("content_type", "suffix"), [("image/png", "png"), ("video/mp4", "mp4"), ("audio/wav", "wav")]
)
async def test_an_upload_can_be_downloaded_from_its_url(address, folder, content_type, suffix):
    """The name is 128 random bits and the suffix of the type."""
    url = (await upload(Serve(address, folder), b"\x00bytes", content_type=content_type)).url
    assert b"\x00bytes" == (await get(url)).content
    assert re.fullmatch(rf"{address}/wan27/media/[0-9a-f]{{32}}\.{suffix}", url)


async def test_a_file_is_copied_and_its_original_does_not_change(address, folder, tmp_path):
    """Scratch files vanish with the run, and a user may change their own clip."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x" * 3_000_000)
    clip.chmod(0o644)
    mode = clip.stat().st_mode
    url = (await upload(Serve(address, folder), clip, "first_clip", "video/mp4")).url
    clip.write_bytes(b"changed")
    assert b"x" * 3_000_000 == (await get(url)).content
    assert mode == clip.stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
async def test_only_the_user_may_read_the_folder(address, folder):
    """Other accounts of the machine cannot read the names or the files."""
    await upload(Serve(address, folder))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]
    assert [0o700, 0o600] == modes


async def test_a_public_address_may_have_a_path(folder):
    """Pods and notebooks have ComfyUI at a path of a shared host."""
    async with serving(lambda name: web.FileResponse(folder / name), prefix="/proxy/8188") as url:
        done = await upload(Serve(f" {url}/ ", folder))
    assert done.url.startswith(f"{url}/wan27/media/")


async def test_a_shared_file_lives_until_its_last_task_ends(address, folder):
    """Two seeds of one image are one file; another type is another."""
    serve = Serve(address, folder)
    one, two = await asyncio.gather(upload(serve), upload(serve))
    assert one == two
    assert one != await upload(serve, content_type="image/webp")
    assert [False, True] == [serve.release(one.name, needed=False) for _ in range(2)]
    await serve.remove(one.name)
    assert 404 == (await get(one.url)).status_code


async def test_after_a_restart_a_file_is_served_while_a_task_needs_it(address, folder):
    """Another process has only the folder, the name and the journal."""
    done = await upload(Serve(address, folder))
    after = Serve(address, folder)
    assert 200 == (await get(done.url)).status_code
    assert [False, True] == [after.release(done.name, needed=needed) for needed in (True, False)]
    await after.remove(done.name)
    assert 404 == (await get(done.url)).status_code


async def test_a_file_that_was_deleted_by_hand_is_written_again(address, folder):
    """The folder decides, not the memory of this process."""
    serve = Serve(address, folder)
    done = await upload(serve)
    (folder / done.name).unlink()
    assert done == await upload(serve)
    assert b"png" == (await get(done.url)).content


@pytest.mark.parametrize(
    "alien",
    [
        f"https://host.example{PATH}{'0' * 32}.png",
        "data:image/png;base64,AAAA",
        f"../{'0' * 32}.png",
        "x",
    ],
)
def test_no_other_file_is_ever_deleted(folder, alien):
    """URLs, names in another form, and paths out of the folder are ignored."""
    assert not Serve("https://comfyui.example", folder).release(alien, needed=False)


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
                r"it requires a login or forbids access \(401\), so allow /wan27/media/ without a"
                r" login"
            ),
        ),
        (lambda _: web.Response(status=403), r"it requires a login or forbids access \(403\)"),
        (
            lambda _: web.Response(status=502),
            "it answered 502 Bad Gateway, so check that the tunnel or proxy runs",
        ),
        (
            lambda _: web.Response(text="<html>", content_type="text/html"),
            "it returned a web page, perhaps a login or a warning",
        ),
        (lambda _: web.Response(body=b"another file"), "it returned 12 bytes instead of 3"),
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
async def test_a_public_address_that_returns_something_else_is_refused(folder, answer, says):
    """One sentence says what was received and what to do; the file is deleted again."""
    async with serving(answer) as url:
        message = await failure(upload(Serve(url, folder)))
    assert re.search(
        f'^first_frame is not reachable at 127.0.0.1, the public address in .*via": .*{says}',
        message,
    )
    assert "secret" not in message
    assert [] == names(folder)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: web.Response(body=b"png"),
        lambda _: web.Response(body=b"p", headers={"Content-Range": "x"}),
    ],
)
async def test_a_proxy_may_ignore_ranges(folder, answer):
    """The whole file is as good as its first byte; another size is not."""
    async with serving(answer) as url, contextlib.AsyncExitStack() as stack:
        if "x" in answer("").headers.get("Content-Range", ""):
            stack.enter_context(pytest.raises(UploadFailed, match="returned 1 bytes instead of 3"))
        assert (await upload(Serve(url, folder))).url.startswith(url)


async def test_no_response_is_logged_and_refuses_nothing(folder, caplog, unused_tcp_port):
    """Some networks cannot reach their own public address, while the host can."""
    done = await upload(Serve(f"http://127.0.0.1:{unused_tcp_port}", folder))
    assert 1 == len(names(folder))
    (message,) = [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ]
    assert message.startswith(
        "Wan 2.7: first_frame is not reachable from here at the public address in WAN27_UPLOAD"
        " (127.0.0.1: "
    )
    assert done.url not in message


@pytest.fixture
def unsigned(tmp_path):
    """A TLS context with a self-signed certificate."""
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


async def test_a_self_signed_certificate_is_refused(folder, unsigned):
    """The host would not trust it either; SSL_CERT_FILE may name the user's own authority."""
    async with serving(lambda name: web.FileResponse(folder / name), tls=unsigned) as url:
        assert "its certificate is not trusted, so use a trusted one" in await failure(
            upload(Serve(url, folder))
        )
    assert [] == names(folder)


async def test_no_log_line_has_a_url(address, folder, caplog):
    """Logs go into error reports, and the URL opens the file; other lines of httpx stay."""
    caplog.set_level(logging.INFO)
    done = await upload(Serve(address, folder))
    await get(f"{address}/elsewhere")
    assert (False, True) == (done.name in caplog.text, "/elsewhere" in caplog.text)


async def test_this_machine_is_not_reached_through_a_proxy(address, folder, monkeypatch):
    """For a proxy 127.0.0.1 is itself, so its response would be a wrong one."""
    async with serving(lambda _: web.Response(status=403)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert (await upload(Serve(address, folder))).url.startswith(address)


async def test_a_cancel_leaves_nothing_behind(folder):
    """No task will read the file."""
    arrived, ended = asyncio.Event(), asyncio.Event()

    def answer(_):
        arrived.set()
        return web.Response(body=iter_slowly())

    async def iter_slowly():
        await ended.wait()
        yield b""

    async with serving(answer) as url:
        running = asyncio.ensure_future(upload(Serve(url, folder)))
        await arrived.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        ended.set()
    assert [] == names(folder)


@pytest.mark.skipif(
    os.name == "nt", reason="Windows has no named pipe, which is the slow disk here"
)
async def test_a_cancel_while_the_file_is_written_leaves_nothing_behind(folder, tmp_path):
    """The thread that writes cannot be stopped, so it deletes what it has written."""
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


async def test_a_disk_error_is_an_upload_error(folder, address, tmp_path):
    """One sentence names the folder and the reason."""
    folder.write_text("a file where the folder should be")
    message = await failure(upload(Serve(address, folder)))
    assert message.startswith(
        f"first_frame could not be copied to {folder}, from where it is served ("
    )
    assert message.endswith("make the folder writable and free some disk space. Nothing was sent.")
    with pytest.raises(FileNotFoundError) as gone:
        (tmp_path / "gone.mp4").stat()
    missing = await failure(
        upload(Serve(address, tmp_path / "other"), tmp_path / "gone.mp4", "first_clip", "video/mp4")
    )
    assert f"({gone.value.strerror})" in missing  # each system has its own words


def test_old_files_that_no_task_needs_are_swept(folder):
    """Crashes leave files and parts; a young one may be about to be submitted."""
    served = ServingFolder(folder)
    needed, abandoned, young = (f"{number:032x}.png" for number in range(3))
    for name in (needed, abandoned, f"{abandoned}.0a1b2c3d.part", young):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"png")
        os.utime(folder / name, (0, 0) if name != young else (3 * HOURS, 3 * HOURS))
    served.sweep(lambda name: name == needed, 4 * HOURS)
    assert [needed, young] == names(folder)
    ServingFolder(folder / "missing").sweep(lambda _: False, 4 * HOURS)


def test_a_file_in_use_is_young_again(folder):
    """A file that one task has needed for hours may be about to be submitted for another."""
    served = ServingFolder(folder)
    name = "0" * 32 + ".png"
    assert 3 == served.put(name, b"png")
    os.utime(folder / name, (0, 0))
    served.put(name, b"png")
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
def test_only_object_names_are_found(folder, name):
    """The disk is not read for any other name."""
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
def test_an_invalid_address_is_refused_without_quoting_it(value, folder):
    """It may contain a key; the error shows the valid form instead."""
    with pytest.raises(
        InvalidSetting,
        match=(
            "^The setting .*must look like https://public-address or https://public-address/path"
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
def test_a_web_address_means_serving(value, folder):
    """Plain http too, for a LAN; images may be as large as the API allows, and any medium works."""
    chosen = choose_uploader(value, 3600, folder)
    assert (Serve, MEDIA["first_frame"].max_bytes, None) == (
        type(chosen),
        chosen.max_image_bytes,
        chosen.check_file("first_clip"),
    )

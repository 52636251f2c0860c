"""The check of a public address: tunnels that show a page, and ComfyUI's own certificate.

A small aiohttp server answers in the place of the tunnel.
"""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess

import pytest
from aiohttp import web

from wan27.errors import UploadFailed
from wan27.upload.public_address import check_reachable
from wan27.upload.tunnels import find_tunnel

FILE = b"\x89PNG"


@contextlib.asynccontextmanager
async def serving(answer, tls=None):
    """Run a server that answers every GET with `answer(request)`; yield the URL of a file."""

    async def handle(request):
        return answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/a.png"
    finally:
        await runner.cleanup()


def page(text, status=200, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(text=text, status=status, headers=named, content_type="text/html")


def redirect(to):
    return web.Response(status=302, headers={"Location": to})


PAGES = {
    "ngrok": (lambda: page("<html>…", ngrok_error_code="ERR_NGROK_6024"), "ERR_NGROK_6024"),
    "ngrok's text": (
        lambda: page("<!DOCTYPE html>ngrok-skip-browser-warning"),
        "paid plan of ngrok",
    ),
    "ngrok offline": (lambda: page("<html>ERR_NGROK_3200", 404), "check that ngrok runs"),
    "localtunnel": (lambda: page("<html>Tunnel Password", 511), "localtunnel asks"),
    "Access": (
        lambda: redirect("https://me.cloudflareaccess.com/?x=secret"),
        "Bypass",
    ),
    "Access's page": (
        lambda: page("<title>Sign in ・ Cloudflare Access</title>"),
        "Bypass policy",
    ),
    "1033": (lambda: page("<html>error code: 1033", 530), "start cloudflared"),
    "challenge": (lambda: page("<title>Just a moment...</title>", 403), "Bot Fight Mode"),
    "dev tunnel": (lambda: page("<p>X-Tunnel-Skip-AntiPhishing-Page"), "Port Visibility"),
    "zrok": (lambda: page("<html>skip_zrok_interstitial"), "zrok shows"),
    "serveo": (lambda: page("<html>serveo-skip-browser-warning"), "serveo shows"),
    "pinggy": (lambda: page("<html>X-Pinggy-No-Screen"), "pinggy shows"),
    "another": (lambda: page("\n <HTML>hello"), "perhaps a login or a warning"),
    "no type": (
        lambda: web.Response(body=b"<!doctype html>", content_type="image/png"),
        "a web page",
    ),
}


@pytest.mark.parametrize("kind", PAGES)
async def test_a_page_in_the_place_of_the_file_is_named_with_the_way_out(kind):
    """The tunnel by its page, its headers or its login."""
    answer, says = PAGES[kind]
    async with serving(lambda _: answer()) as url:
        with pytest.raises(UploadFailed) as caught:
            await check_reachable("first_frame", url, len(FILE))
    assert says in str(caught.value)
    assert ("secret" in str(caught.value), str(caught.value)[-17:]) == (False, "Nothing was sent.")


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("a-b.ngrok-free.dev", None),
        ("x.loca.lt", "localtunnel"),
        ("x-8188.euw.devtunnels.ms", "dev tunnel"),
        ("name-8188.app.github.dev", "GitHub"),
        ("abc.share.zrok.io", "zrok"),
        ("X.SERVEO.NET", "serveo"),
        ("serveo.net.example", None),
        ("pod.example", None),
    ],
)
def test_a_tunnel_is_known_by_its_address_too(host, says):
    """Where the page says nothing: a login, or a new text."""
    found = find_tunnel(host, {}, b"<html>")
    assert (says is None) == (found is None)
    assert found is None or says in found.shows


@pytest.mark.parametrize("kind", ["ngrok", "localtunnel", "dev tunnel", "zrok", "challenge"])
async def test_a_page_for_browsers_only_is_a_notice(kind):
    """The host's downloader may look like one; nobody knows before."""
    answer, _ = PAGES[kind]

    def choose(request):
        is_browser = "Mozilla" in request.headers["User-Agent"]
        return answer() if is_browser else web.Response(body=FILE)

    async with serving(choose) as url:
        notice = await check_reachable("first_frame", url, len(FILE))
    assert (True, True) == ("may be taken for one" in notice, "Nothing was sent" not in notice)


async def test_a_file_for_everybody_has_no_notice():
    """The usual case."""
    async with serving(lambda _: web.Response(body=FILE)) as url:
        assert "" == await check_reachable("first_frame", url, len(FILE))


@pytest.fixture
def make_certificate(tmp_path):
    """Make self-signed certificates: a TLS context and the file, as ComfyUI gets them."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl is needed to make a certificate")

    def make(name, *options):
        key, file = tmp_path / f"{name}.key", tmp_path / f"{name}.pem"
        made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        made += ["-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", file, *options]
        subprocess.run([openssl, *made], check=True, capture_output=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file, key)
        return context, file

    return make


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-addext", "basicConstraints=CA:FALSE"),
        ("-addext", "keyUsage=digitalSignature"),
    ],
)
async def test_the_own_certificate_of_this_comfyui_is_accepted(make_certificate, options):
    """Of any name, expired or not: whoever has its key is this machine. The host may differ."""
    tls, file = make_certificate("comfy.local", *options)
    async with serving(lambda _: web.Response(body=FILE), tls) as url:
        notice = await check_reachable("first_frame", url, len(FILE), file)
    assert "which the host may not accept" in notice


async def test_no_other_certificate_is_accepted(make_certificate, tmp_path):
    """Not one of the same name, not one that cannot be read, and none where the file is unknown."""
    tls, _ = make_certificate("comfy.local")
    _, other = make_certificate("other")
    async with serving(lambda _: web.Response(body=FILE), tls) as url:
        for file in (other, tmp_path / "none.pem", tmp_path, None):
            with pytest.raises(UploadFailed, match="its certificate is not trusted"):
                await check_reachable("first_frame", url, len(FILE), file)


async def test_a_certificate_that_the_own_one_signed_is_not_the_own_one(make_certificate, tmp_path):
    """A file that begins with the server's certificate and goes on with its authority's."""
    tls, authority = make_certificate("authority")
    _, own = make_certificate("own")
    chain = tmp_path / "chain.pem"
    chain.write_text(own.read_text() + authority.read_text())
    async with serving(lambda _: web.Response(body=FILE), tls) as url:
        with pytest.raises(UploadFailed, match="its certificate is not trusted"):
            await check_reachable("first_frame", url, len(FILE), chain)


async def test_the_check_goes_through_no_proxy(monkeypatch):
    """For a proxy, an address of this network is another one, and its answer a wrong one."""
    async with serving(lambda _: web.Response(status=403)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.removesuffix("/a.png"))
        monkeypatch.setenv("NO_PROXY", "fd07::/64")
        async with serving(lambda _: web.Response(body=FILE)) as url:
            elsewhere = url.replace("127.0.0.1", "localtest.invalid")
            assert "" == await check_reachable("first_frame", url, len(FILE))
            assert None is await check_reachable("first_frame", elsewhere, len(FILE))

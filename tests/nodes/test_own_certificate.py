"""ComfyUI over https with a certificate of its own making and a login, as in a home network."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from scripts.client import failure

pytestmark = pytest.mark.comfyui


@pytest.fixture
def tls_server(comfyui, tmp_path):
    """Return a ComfyUI with the simulator, a self-signed certificate, a login and a proxy."""
    from scripts.server import ComfyServer  # noqa: PLC0415 - it needs packages of ComfyUI

    from ..conftest import PROBES  # noqa: PLC0415

    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl is needed to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-subj", "/CN=comfy.local", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *made], check=True, capture_output=True)
    flags = ("--tls-keyfile", str(key), "--tls-certfile", str(certificate))
    env = {"WAN27_HOST": "simulator", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "fd07::/64"}
    login = {"login_pack": Path(__file__).parents[1] / "comfyui" / "login_pack"}
    server = ComfyServer(comfyui, tmp_path / "comfyui", env, flags, PROBES | login)
    server.url = server.url.replace("http://", "https://")
    trusting = ssl.create_default_context(cafile=certificate)
    trusting.check_hostname = False
    handler = urllib.request.HTTPSHandler(context=trusting)
    server._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
    with server:
        yield server


def test_the_simulator_reads_media_past_all_that_is_before_comfyui(tls_server, new_graph, wan):
    """Both sides are this machine: no certificate, login or proxy is on the way."""
    graph = new_graph(tls_server)
    image = np.full((1, 300, 400, 3), 0.5, np.float32)
    sound = graph.audio(np.zeros((1, 2, 44100 * 3), np.float32), 44100)
    graph.image_to_video(image, driving_audio=sound, **wan())
    assert None is failure(graph.run())

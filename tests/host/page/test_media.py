"""The port for media alone, when ComfyUI starts."""

from __future__ import annotations

import json
import socket

import pytest


@pytest.fixture
def start(pack, tmp_path, monkeypatch):
    """Do what ComfyUI's start does with these settings; return the module."""
    media = pack("host.page.media")
    monkeypatch.setattr(media, "serving_folder", lambda: tmp_path / "state" / "serving")
    monkeypatch.delenv("WAN27_SERVE_PORT", raising=False)

    async def started(**settings):
        if settings:
            (tmp_path / "state").mkdir()
            (tmp_path / "state" / "settings.json").write_text(json.dumps(settings))
        await media.open_serve_port(None)
        return media

    return started


async def test_without_the_setting_nothing_is_opened_and_no_folder_is_made(start, tmp_path, caplog):
    """Most users serve nothing."""
    await start()
    assert ([], "") == ([*tmp_path.iterdir()], caplog.text)


async def test_the_port_of_the_setting_is_open_before_any_run(start, unused_tcp_port, pack):
    """The tasks of before a restart read from it."""
    await start(WAN27_SERVE_PORT=unused_tcp_port)
    with socket.create_connection(("127.0.0.1", unused_tcp_port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"HTTP/1.1 404" == connection.recv(12)
    for port in pack("wan27.upload.media_port")._open.values():
        port.close()


@pytest.mark.parametrize("value", ["in use", "no port"])
async def test_a_port_that_cannot_be_opened_is_logged_and_comfyui_starts(start, caplog, value):
    """The next Run that needs it stops with the same sentence."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        given = other.getsockname()[1] if value == "in use" else value
        await start(WAN27_SERVE_PORT=given)
    (record,) = caplog.records
    assert record.getMessage().startswith('Wan 2.7: The setting "Port for media only" is ')


async def test_a_broken_settings_file_is_logged_and_comfyui_starts(start, tmp_path, caplog):
    """The first Run says the same."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "settings.json").write_text("{")
    await start()
    assert "settings.json cannot be read" in caplog.text

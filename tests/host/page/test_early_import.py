"""What a Run needs is imported when ComfyUI starts, before an update can replace it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace

from aiohttp import web

from scripts.environment import ROOT


async def test_a_package_that_is_missing_does_not_disturb_the_start(pack, monkeypatch):
    """The first Run explains it."""
    asked = []

    def find_spec(name, _path=None, _target=None):
        if name.endswith("-2_7.host.run"):
            asked.append(name)
            raise ModuleNotFoundError("No module named 'httpx'", name="httpx")

    monkeypatch.setattr(sys, "meta_path", [SimpleNamespace(find_spec=find_spec), *sys.meta_path])
    await pack("host.page.early_import").import_early(None)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert 1 == len(asked)


def test_comfyui_begins_it_at_the_start_of_its_server(pack, monkeypatch):
    """It does not wait for the first Run."""
    server = SimpleNamespace(routes=web.RouteTableDef(), app=web.Application())
    comfyui = SimpleNamespace(PromptServer=SimpleNamespace(instance=server))
    monkeypatch.setitem(sys.modules, "server", comfyui)
    pack("host.page.routes").add_routes()
    assert pack("host.page.early_import").import_early in server.app.on_startup


REQUEST = """
import asyncio, importlib, sys, types
import httpx

pack = sys.argv[1]
sys.modules[pack + ".host.run"] = types.ModuleType("run")  # it needs ComfyUI
importlib.import_module(pack + ".host.page.early_import")._import_all()
before = set(sys.modules)

async def answer(reader, writer):
    await reader.readline()
    writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n")
    writer.close()

async def request():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://127.0.0.1:{port}")

asyncio.run(request())
print(sorted(set(sys.modules) - before))
"""


def test_the_first_request_imports_nothing_more():
    """In a Python of its own: other tests of this process have made requests."""
    command = [sys.executable, "-c", REQUEST, ROOT.name]
    done = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()

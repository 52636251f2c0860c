"""What a Run needs is imported when ComfyUI starts, before an update can replace it."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace


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

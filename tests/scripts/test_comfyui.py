"""A ComfyUI is found: by the variable first, then around the checkout, else a copy is made."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from scripts import comfyui
from scripts.cached_copy import unpack
from scripts.python import SetupFailed


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a folder that looks like a ComfyUI, for which any Python will do."""
    folder = tmp_path / "my comfy" / "ComfyUI"
    folder.mkdir(parents=True)
    (folder / "main.py").touch()
    (folder / "comfyui_version.py").write_text('__version__ = "0.31.2"\n')
    for name in ("COMFYUI_PATH", "COMFYUI_PYTHON", "COMFYUI_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(comfyui, "missing_modules", lambda _python, _modules: [])
    return folder


def test_the_variables_name_a_comfyui_and_its_python(installed, monkeypatch):
    """`COMFYUI_PATH` and `COMFYUI_PYTHON` are used as given."""
    monkeypatch.setenv("COMFYUI_PATH", str(installed))
    monkeypatch.setenv("COMFYUI_PYTHON", sys.executable)
    assert comfyui.ComfyUI(installed, Path(sys.executable), "0.31.2") == comfyui.prepare()


def test_a_virtual_environment_beside_comfyui_is_found(installed, monkeypatch):
    """Without `COMFYUI_PYTHON`, the usual folders in and beside ComfyUI are searched."""
    monkeypatch.setenv("COMFYUI_PATH", str(installed))
    python = comfyui.venv_python(installed.parent / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    assert python == comfyui.prepare().python


def test_the_comfyui_around_the_checkout_is_found(installed, monkeypatch):
    """A checkout in custom_nodes runs in the ComfyUI that it was cloned into."""
    monkeypatch.setattr(comfyui, "ROOT", installed / "custom_nodes" / "ComfyUI-Wan27")
    monkeypatch.setattr(comfyui, "_with_our_requirements", lambda python: python)
    assert installed == comfyui.prepare().folder


def test_a_version_is_a_copy_even_inside_another_comfyui(installed, monkeypatch):
    """`COMFYUI_VERSION` is a copy of that version, not the ComfyUI around the checkout."""
    asked = []
    monkeypatch.setattr(comfyui, "ROOT", installed / "custom_nodes" / "ComfyUI-Wan27")
    copy = (installed, Path(sys.executable))
    monkeypatch.setattr(comfyui, "cached_copy", lambda version: asked.append(version) or copy)
    monkeypatch.setenv("COMFYUI_VERSION", "0.18.2")
    comfyui.prepare()
    assert ["0.18.2"] == asked


def test_an_unknown_version_is_refused(installed, monkeypatch):
    """The message lists the known ones, and how to use any other."""
    monkeypatch.setenv("COMFYUI_VERSION", "0.99.0")
    message = r"0\.99\.0, and must be 0\.18\.2.* Point COMFYUI_PATH at any other"
    with pytest.raises(SetupFailed, match=message):
        comfyui.prepare()


def test_a_folder_without_comfyui_is_refused(tmp_path, monkeypatch):
    """A wrong `COMFYUI_PATH` is an error, not a reason to download another ComfyUI."""
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    with pytest.raises(SetupFailed, match="is not a ComfyUI"):
        comfyui.prepare()


def test_a_python_that_lacks_torch_is_refused(installed, monkeypatch):
    """The message names what is missing, and the variable to set."""
    monkeypatch.setenv("COMFYUI_PATH", str(installed))
    monkeypatch.setattr(comfyui, "missing_modules", lambda _python, _modules: ["torch", "av"])
    with pytest.raises(SetupFailed, match=r"lacks torch, av\. Set COMFYUI_PYTHON"):
        comfyui.prepare()


def test_only_plain_files_below_the_source_are_unpacked(tmp_path):
    """Links, paths that lead out, absolute paths and other folders are left in the archive."""
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        outside = ("top/src/../../../evil.py", "/top/src/evil.py", "top/other.py")
        for name in ("top/src/main.py", *outside):
            member = tarfile.TarInfo(name)
            member.size = 2
            tar.addfile(member, io.BytesIO(b"hi"))
        link = tarfile.TarInfo("top/src/link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)

    unpack(archive, PurePosixPath("top/src"), tmp_path / "deep" / "out")

    files = [path for path in tmp_path.rglob("*") if not path.is_dir()]
    names = sorted(path.relative_to(tmp_path).as_posix() for path in files)
    assert ["a.tar.gz", "deep/out/main.py"] == names

"""The error for a package that is missing, broken or too old: its advice must help for it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest


@pytest.fixture
def packages(pack):
    return pack("host.missing_packages")


@pytest.fixture
def message(pack, packages):
    """Return a function that returns the message for what a block raised."""

    def of(act):
        with (
            pytest.raises(pack("wan27.errors").NotInstalled) as error,
            packages.explain_missing_packages(),
        ):
            act()
        return str(error.value)

    return of


def raising(error):
    def act():
        raise error

    return act


def missing(name):
    return raising(ModuleNotFoundError(f"No module named {name!r}", name=name))


def test_a_missing_package_of_ours_is_reported_with_the_command_that_installs_it(message):
    """The command names ComfyUI's own Python and this pack's requirements."""
    text = message(missing("httpx"))
    assert "The Python package httpx is not installed, so nothing was sent." in text
    python, file = text.rsplit(": ", 1)[1].split(" -m pip install -r ")
    assert (sys.executable, True) == (python.strip('"'), Path(file.strip('"')).is_file())


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("av", "-m pip install av"),
        ("psutil", "-m pip install psutil"),
        ("PIL", "-m pip install Pillow"),
        ("httpcore", "-m pip install httpcore"),
        ("torch", "install ComfyUI again as its README says."),
    ],
)
def test_a_missing_package_of_comfyui_is_installed_by_its_name(message, name, end):
    """This pack's requirements would not bring it; pip's torch may be for other hardware."""
    assert message(missing(name)).endswith(end)


@pytest.mark.parametrize("name", ["_sqlite3", "_ssl", "_ctypes"])
def test_a_missing_part_of_python_needs_another_python(message, name):
    """No package brings it."""
    text = message(missing(name))
    assert f"({sys.executable}) lacks its own part {name}" in text
    assert text.endswith("python.org or of your Linux distribution.")


@pytest.mark.parametrize(
    ("error", "package"),
    [
        (ImportError("cannot import name 'AsyncClient' from 'httpx'", name="httpx"), "httpx"),
        (ImportError("DLL load failed while importing _core", name="av._core"), "av"),
        (ModuleNotFoundError("No module named 'av.stream'", name="av.stream"), "av"),
    ],
)
def test_a_broken_package_is_quoted_and_installed_again(message, error, package):
    """Installing the requirements changes nothing: they are satisfied."""
    text = message(raising(error))
    assert f"does not work here ({type(error).__name__}: {error})" in text
    assert text.endswith(f"-m pip install --force-reinstall {package}")


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("import broken_av\nbroken_av.no_such_name", "--force-reinstall broken_av"),
        ("raise ValueError('numpy.dtype size changed')", "--force-reinstall broken_av"),
        ("raise OSError('libavcodec.so.61: cannot open')", "--force-reinstall broken_av"),
        ("raise ImportError('compiled using NumPy 1.x cannot be run')", '"numpy<2"'),
    ],
)
def test_whatever_a_broken_package_raises_on_import_is_explained(
    message, tmp_path, monkeypatch, source, end
):
    """The package is the one whose file raised it."""
    (tmp_path / "broken_av.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_av", raising=False)
    assert message(lambda: importlib.import_module("broken_av")).endswith(end)


@pytest.mark.parametrize("error", [ModuleNotFoundError, KeyError, AttributeError])
def test_what_is_wrong_in_the_pack_itself_is_not_blamed_on_a_package(pack, packages, error):
    """Installing packages would not mend it."""

    def act():
        if error is ModuleNotFoundError:
            pack("host.no_such_file")
        raise error

    with pytest.raises(error), packages.explain_missing_packages():
        act()


@pytest.mark.parametrize(
    ("python", "has_pip", "command"),
    [
        ("/a b/python_embeded/python.exe", True, '"/a b/python_embeded/python.exe" -s -m pip'),
        ("/venv/bin/python", True, "/venv/bin/python -m pip"),
        ("/desktop/python", False, "uv pip install --python /desktop/python --reinstall av"),
    ],
)
def test_the_command_works_for_the_python_that_runs_comfyui(
    message, monkeypatch, tmp_path, python, has_pip, command
):
    """The portable one, one with pip, and that of the desktop app, which has none."""
    monkeypatch.setattr(sys, "executable", python)
    (tmp_path / ("pip" if has_pip else "other")).mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert command in message(raising(ImportError("broken", name="av.x")))


HIDDEN = SimpleNamespace(unique_id="3", dynprompt=None, extra_pnginfo=None)


@pytest.fixture
def torch(monkeypatch):
    """Put a torch in place whose tensors become NumPy's by its `numpy`."""
    tensor = SimpleNamespace(numpy=lambda: None)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(zeros=lambda _: tensor))
    return tensor


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("av", "12.3.0", "av 12.3.0 does not work here (14.2 is needed)"),
        ("httpx", "0.24.1", "httpx 0.24.1 does not work here (0.27 is needed)"),
    ],
)
def test_a_package_that_is_too_old_is_refused_before_its_calls_fail(
    pack, packages, monkeypatch, torch, name, version, said
):
    """Its import succeeds, and what fails later could be after the purchase."""
    monkeypatch.setitem(sys.modules, name, SimpleNamespace(__version__=version))
    refused = pytest.raises(pack("wan27.errors").NotInstalled)
    with refused as error, packages.node_imports(HIDDEN):
        pass
    assert said in str(error.value)


def test_a_numpy_that_torch_cannot_use_is_refused_too(pack, packages, torch):
    """Torch says so only when a tensor is converted."""
    torch.numpy = raising(RuntimeError("Numpy is not available"))
    refused = pytest.raises(pack("wan27.errors").NotInstalled, match='-m pip install "numpy<2"')
    with refused, packages.node_imports(HIDDEN):
        pass


@pytest.mark.parametrize("module", [SimpleNamespace(__version__="15.0.0"), ModuleType("av")])
def test_a_package_that_is_new_enough_or_says_no_version_is_used(
    packages, monkeypatch, torch, module
):
    """A build of a distribution may have no version."""
    monkeypatch.setitem(sys.modules, "av", module)
    with packages.node_imports(HIDDEN) as node:
        assert "3" == node.node_id

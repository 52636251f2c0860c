"""`pip install -r requirements.txt` adds packages to a fresh ComfyUI and changes none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.pretended_packages import PipFailed, Pretended
from tests.skipped import skipped_without

pytestmark = pytest.mark.comfyui

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
OURS = {re.match(r"[\w-]+", line)[0] for line in REQUIREMENTS.read_text("utf-8").split()}
# The dependencies of httpx. ComfyUI has most of them, and a Python before 3.11 needs one more.
THEIRS = {
    "anyio",
    "certifi",
    "exceptiongroup",
    "h11",
    "httpcore",
    "idna",
    "sniffio",
    "typing-extensions",
}
# Gigabytes that have nothing in common with what is added: their presence is pretended.
LARGE = {"torch", "torchvision", "torchaudio"}
LEFT_OUT = LARGE | {"comfyui-workflow-templates", "comfyui-embedded-docs"}


@pytest.fixture(scope="module")
def fresh(comfyui, tmp_path_factory):
    """The packages that the requirements of ComfyUI alone install today, by pip's own report."""
    environment = Pretended.make(tmp_path_factory.mktemp("fresh") / "venv", comfyui.python)
    for name in LARGE:
        environment.add(name, "99.0")
    text = (comfyui.folder / "requirements.txt").read_text("utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    names = {line: re.match(r"[\w.-]+", line)[0].lower() for line in lines if line}
    wanted = [line for line, name in names.items() if name not in LEFT_OUT]
    unless_without_index(lambda: environment.add_all_of(wanted))
    return environment


def unless_without_index(work):
    """Do the work; without a package index the test is skipped with the reason, and fails in CI."""
    with skipped_without("PACKAGE INDEX", PipFailed):
        work()


@pytest.fixture
def environment(fresh, comfyui, tmp_path):
    """A fresh environment for one test."""
    own = Pretended.make(tmp_path / "venv", comfyui.python)
    shutil.copytree(
        fresh.packages,
        own.packages,
        ignore=shutil.ignore_patterns("pip*", "__pycache__", "_*"),
        dirs_exist_ok=True,
    )
    return own


def changes(environment):
    """Install ours; return the packages that changed, with both versions (None: absent)."""
    before = environment.versions()
    unless_without_index(lambda: environment.install(REQUIREMENTS))
    after = environment.versions()
    assert after.keys() >= OURS
    return {
        name: (before.get(name), after.get(name))
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    }


def test_a_fresh_comfyui_gets_httpx_and_obstore_and_loses_nothing(environment):
    """No package of ComfyUI is upgraded, downgraded or removed; new ones are ours or httpx's."""
    changed = changes(environment)
    assert {} == {name: versions for name, versions in changed.items() if versions[0] is not None}
    assert set() == changed.keys() - OURS - THEIRS
    assert {"aiohttp", "idna", "numpy", "pillow", "transformers"} <= environment.versions().keys()


def test_a_package_that_would_be_replaced_is_detected(environment):
    """Pip replaces one that is too old for httpx, so the test above can fail."""
    environment.add("h11", "0.9.0")
    assert "0.9.0" == changes(environment)["h11"][0]


def test_an_installed_package_keeps_its_version(environment):
    """An older httpx that is new enough, with its older dependencies, is not changed."""
    environment.add("h11", "0.14.0")
    environment.add("httpcore", "1.0.5", ["certifi", "h11<0.15,>=0.13"])
    environment.add("httpx", "0.27.0", ["anyio", "certifi", "httpcore==1.*", "idna", "sniffio"])
    environment.add("sniffio", "1.3.1")
    assert ["obstore"] == list(changes(environment))

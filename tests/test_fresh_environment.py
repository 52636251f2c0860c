"""`pip install -r requirements.txt` adds packages to a fresh ComfyUI and changes none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.cached_copy import THEIRS
from scripts.python import SetupFailed, pip, versions
from tests.pretended_packages import Pretended
from tests.skipped import skipped_without

pytestmark = pytest.mark.comfyui

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
OURS = {re.match(r"[\w-]+", line)[0] for line in REQUIREMENTS.read_text("utf-8").split()}
# The dependencies of httpx. ComfyUI has most of them, and a Python before 3.11 needs one more.
NEEDED_BY_HTTPX = {
    "anyio",
    "certifi",
    "exceptiongroup",
    "h11",
    "httpcore",
    "idna",
    "sniffio",
    "typing-extensions",
}


@pytest.fixture(scope="module")
def theirs(comfyui):
    """The packages of ComfyUI before ours were installed."""
    with skipped_without("COPY OF COMFYUI THAT THE SCRIPTS MADE", FileNotFoundError):
        return json.loads((comfyui.folder.parent / THEIRS).read_text())


@pytest.fixture
def environment(theirs, comfyui, tmp_path):
    """An environment with the same packages, for one test."""
    own = Pretended.make(tmp_path / "venv", comfyui.python)
    for name in theirs.keys() - versions(own.python).keys():
        own.add(name, theirs[name])
    return own


def changes(before, after):
    """Return the packages that changed, with both versions (None: absent)."""
    assert after.keys() >= OURS
    return {
        name: (before.get(name), after.get(name))
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name)
    }


def changes_by_pip(environment):
    """Install ours; return the packages that changed."""
    before = versions(environment.python)
    with skipped_without("PACKAGE INDEX", SetupFailed):
        pip(environment.python, "install", "-r", str(REQUIREMENTS))
    return changes(before, versions(environment.python))


def test_a_fresh_comfyui_gets_httpx_and_obstore_and_loses_nothing(theirs, comfyui):
    """No package of ComfyUI is upgraded, downgraded or removed; new ones are ours or httpx's."""
    changed = changes(theirs, versions(comfyui.python))
    assert {} == {name: pair for name, pair in changed.items() if pair[0] is not None}
    assert set() == changed.keys() - OURS - NEEDED_BY_HTTPX
    assert {"aiohttp", "idna", "numpy", "pillow", "transformers"} <= theirs.keys()


def test_a_package_that_would_be_replaced_is_detected(environment):
    """Pip replaces one that is too old for httpx, so the test above can fail."""
    environment.add("h11", "0.9.0")
    assert "0.9.0" == changes_by_pip(environment)["h11"][0]


def test_an_installed_package_keeps_its_version(environment):
    """An older httpx that is new enough, with its older dependencies, is not changed."""
    environment.add("h11", "0.14.0")
    environment.add("httpcore", "1.0.5", ["certifi", "h11<0.15,>=0.13"])
    environment.add("httpx", "0.27.0", ["anyio", "certifi", "httpcore==1.*", "idna", "sniffio"])
    environment.add("sniffio", "1.3.1")
    assert ["obstore"] == list(changes_by_pip(environment))

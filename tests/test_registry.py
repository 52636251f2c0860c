"""The registry's validator and packer, on a clean clone; their archive, in a real ComfyUI."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.parse
import zipfile
from pathlib import PurePosixPath

import pytest

from scripts.client import failure
from scripts.python import SetupFailed
from scripts.registry import comfy, registry_python
from scripts.workflow import to_prompt
from tests.archive import ROOT, expected_files, metadata, tracked
from tests.skipped import skipped_without

# ComfyUI Manager's name for the folder of the archive: the normalized name of the project.
FOLDER = re.sub(r"[-_.]+", "-", metadata("name")).lower()
NODES = {"Wan27ImageToVideo", "Wan27FirstLastFrame", "Wan27Continuation", "Wan27TaskPoll"}


@pytest.fixture(scope="module")
def python():
    """The Python with comfy-cli; without it tests are skipped with the reason, and fail in CI."""
    with skipped_without("COMFY-CLI", SetupFailed):
        return registry_python()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A clean clone with what is not committed yet: the packer takes its files from git."""
    folder = tmp_path_factory.mktemp("checkout") / "clone"
    for path in tracked():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    # A git hook that runs the tests sets variables of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    git = ["git", "-c", "core.autocrlf=false"]
    for command in ([*git, "init", "--quiet"], [*git, "add", "--all"]):
        subprocess.run(command, cwd=folder, env=environment, check=True)
    return folder


def test_the_validator_finds_nothing(python, checkout, tmp_path):
    """No error and no warning: only these lines."""
    lines = [
        "Validating node configuration...",
        "Running security checks...",
        "✓ All validation checks passed successfully",
    ]
    assert (0, lines) == comfy(python, checkout, tmp_path / "home", "node", "validate")


def test_the_validator_finds_unsafe_code(python, checkout, tmp_path):
    """What it regards as unsafe, or cannot read, fails the test above."""
    bad = tmp_path / "bad"
    shutil.copytree(checkout, bad)
    (bad / "unsafe.py").write_text('eval("1")\n')
    text = (bad / "pyproject.toml").read_text("utf-8")
    text = re.sub('requires-comfyui = ".*"', 'requires-comfyui = "newer than 0.18"', text)
    (bad / "pyproject.toml").write_text(text, "utf-8")
    output = "\n".join(comfy(python, bad, tmp_path / "home", "node", "validate")[1])
    assert "Invalid requires-comfyui format" in output
    assert "Security warnings found" in output
    assert "unsafe.py" in output


@pytest.fixture(scope="module")
def packed(python, checkout, tmp_path_factory):
    """The archive, and the packer's output."""
    result = comfy(python, checkout, tmp_path_factory.mktemp("home"), "node", "pack")
    return checkout / "node.zip", result


def test_the_packer_finds_nothing(packed):
    """No file of git's is missing, and no folder is included by force."""
    assert (0, ["Validating node configuration...", "Created zip file: node.zip"]) == packed[1]


def test_the_archive_has_the_expected_files(packed):
    """Those that .comfyignore does not exclude, byte for byte, and small together."""
    with zipfile.ZipFile(packed[0]) as archive:
        found = {PurePosixPath(name): archive.read(name) for name in archive.namelist()}
        assert len(found) == len(archive.namelist())
    assert expected_files() == set(found)
    assert [] == [path for path, content in found.items() if (ROOT / path).read_bytes() != content]
    assert packed[0].stat().st_size < 2_000_000


@pytest.fixture(scope="module")
def installed(packed, comfyui, tmp_path_factory):
    """A real ComfyUI with no pack but the archive, unpacked as by ComfyUI Manager."""
    # Late, because it needs packages that only ComfyUI has; the tests above run without them.
    from scripts.server import ComfyServer  # noqa: PLC0415

    base = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(packed[0]) as archive:
        archive.extractall(base / "custom_nodes" / FOLDER)
    with ComfyServer(comfyui, base, {"WAN27_HOST": "simulator"}, own={}) as server:
        yield server


@pytest.mark.comfyui
def test_the_archive_loads(installed):
    """All four nodes come from its folder, and the log has no error or warning."""
    info = installed.object_info()
    assert dict.fromkeys(NODES, f"custom_nodes.{FOLDER}") == {
        name: node["python_module"]
        for name, node in info.items()
        if node["python_module"].startswith("custom_nodes.")
    }
    assert [] == re.findall(
        r".*(?:IMPORT FAILED|Cannot import|Traceback|wan ?2\.?7.*(?:error|warning)).*",
        installed.log(),
        re.IGNORECASE,
    )


@pytest.mark.comfyui
def test_the_page_of_the_archive_is_served(installed):
    """Its script, every file of web/, help pages included, and its languages among ComfyUI's."""
    prefix = f"/extensions/{FOLDER}/"
    scripts = [name for name in installed.get("/extensions") if name.startswith(prefix)]
    assert [f"{prefix}wan27.js"] == scripts
    for path in sorted(path for path in expected_files() if path.parts[0] == "web"):
        served = installed.get_bytes(f"{prefix}{path.relative_to('web')}")
        assert (ROOT / path).read_bytes() == served, path
    languages = {path.parts[1] for path in expected_files() if path.parts[0] == "locales"}
    texts = installed.get("/i18n")
    assert [] == [code for code in languages if not texts[code]["nodeDefs"].keys() >= NODES]


@pytest.mark.comfyui
def test_the_templates_and_blueprints_of_the_archive_are_served(installed):
    """Each template with its image, each blueprint with its content."""
    templates = [path for path in expected_files() if path.parts[0] == "example_workflows"]
    listed = installed.get("/api/workflow_templates")
    workflows = {path.stem for path in templates if path.suffix == ".json"}
    assert workflows == set(listed[FOLDER])
    for path in templates:
        name = urllib.parse.quote(path.name)
        served = installed.get_bytes(f"/api/workflow_templates/{FOLDER}/{name}")
        assert (ROOT / path).read_bytes() == served, path
    blueprints = {
        entry["name"]: key
        for key, entry in installed.get("/global_subgraphs").items()
        if entry["source"] == "custom_node"
    }
    assert {path.stem for path in expected_files() if path.parts[0] == "subgraphs"} == set(
        blueprints
    )
    for name, key in blueprints.items():
        served = installed.get(f"/global_subgraphs/{key}")["data"]
        assert (ROOT / "subgraphs" / f"{name}.json").read_text("utf-8") == served


@pytest.mark.comfyui
def test_the_archive_makes_a_video(installed):
    """Its first template runs in its own simulator, and its folder is not written to."""
    # Late, for the same reason.
    from drawing.dusk import dusk  # noqa: PLC0415

    dusk().save(installed.base / "input" / "example.png")
    pack = installed.base / "custom_nodes" / FOLDER
    template = (pack / "example_workflows" / "Wan27 Image to Video.json").read_text("utf-8")
    prompt = to_prompt(json.loads(template), installed.object_info())
    for node in prompt.values():
        node["inputs"] |= {"duration": 2} if "duration" in node["inputs"] else {}
    entry = installed.run(prompt)
    assert None is failure(entry)
    kinds = [prompt[node_id]["class_type"] for node_id in entry["outputs"]]
    assert 1 == kinds.count("SaveVideo")
    files = [path for path in pack.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    found = {PurePosixPath(path.relative_to(pack).as_posix()) for path in files}
    assert expected_files() == found

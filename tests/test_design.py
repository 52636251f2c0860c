"""The project's own rules: versions, names, examples, docstrings of tests, lengths of files."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip(
        "tomllib", reason="the standard library reads TOML from Python 3.11 on"
    )

ROOT = Path(__file__).parent.parent
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
EXAMPLES = sorted((ROOT / "example_workflows").glob("*.json"))
NODES = ["Wan27ImageToVideo", "Wan27FirstLastFrame", "Wan27Continuation", "Wan27TaskPoll"]
SOURCES = ["wan27", "host", "nodes", "scripts", "benchmarks", "drawing"]


def test_every_test_has_a_docstring():
    """It says what a failure means."""
    assert [] == [name for path in TESTS for name in without_docstring(path)]


def without_docstring(path):
    """Yield the tests of a file that have none."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_test and node.name.startswith("test_") and not ast.get_docstring(node):
            yield f"{path.relative_to(ROOT)}: {node.name}"


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_version_is_the_newest_of_the_changelog(project):
    """Its newest entry is the version that is published."""
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    (newest, *_) = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.MULTILINE)
    assert project["project"]["version"] == newest


def test_the_dependencies_are_the_same_in_both_files(project):
    """ComfyUI Manager installs requirements.txt, the registry shows pyproject.toml."""
    installed = (ROOT / "requirements.txt").read_text("utf-8").split()
    assert project["project"]["dependencies"] == installed


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_workflow_has_no_key_and_names_the_packs_of_its_nodes(path):
    """By those names ComfyUI Manager finds a missing pack."""
    text = path.read_text("utf-8")
    nodes = [node for node in json.loads(text)["nodes"] if not node["type"].endswith("Note")]
    packs = {(node["type"][:5] == "Wan27", node["properties"].get("cnr_id")) for node in nodes}
    assert {(True, "wan27"), (False, "comfy-core")} == packs
    assert not re.search(r"sk[-_][A-Za-z0-9]{8}|api_key\"", text)


@pytest.mark.parametrize("node_id", NODES)
def test_each_node_has_a_help_page_and_a_literal_id(node_id):
    """ComfyUI finds the page by the id, and ComfyUI Manager finds the id in the source."""
    assert (ROOT / "web" / "docs" / f"{node_id}.md").read_text("utf-8").startswith("# Wan27 ")
    lines = (f"class {node_id}(io.ComfyNode)", f'io.Schema(\n            node_id="{node_id}"')
    sources = [path.read_text("utf-8") for path in (ROOT / "nodes").glob("*.py")]
    assert 1 == sum(all(line in source for line in lines) for source in sources)


def test_no_file_is_too_long_for_one_idea():
    """Our own sources have at most 300 lines."""
    sources = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in sources}
    assert {} == {path: length for path, length in lengths.items() if length > 300}

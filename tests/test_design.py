"""The tests of the project's own promises: names, files, and that every test says what it shows."""

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


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_has_its_sentence(path):
    """A test without a docstring does not say what a failure means."""
    tree = ast.parse(path.read_text("utf-8"))
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    assert [] == [test.name for test in tests if not ast.get_docstring(test)]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_version_is_the_changelogs(project):
    """The newest entry of the changelog is the version that is published."""
    (newest, *_) = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert project["project"]["version"] == newest


def test_the_dependencies_stand_in_both_places_alike(project):
    """ComfyUI Manager installs requirements.txt, the registry shows pyproject.toml."""
    assert (
        project["project"]["dependencies"] == (ROOT / "requirements.txt").read_text("utf-8").split()
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "example_workflows").glob("*.json")), ids=lambda path: path.name
)
def test_an_example_workflow_is_keyless_and_says_where_its_nodes_come_from(path):
    """Every node names its pack, so that ComfyUI Manager can find what is missing."""
    text = path.read_text("utf-8")
    nodes = [
        node for node in json.loads(text)["nodes"] if node["type"] not in {"MarkdownNote", "Note"}
    ]
    packs = {
        "wan27" if node["type"].startswith("Wan27") else "comfy-core": node["properties"].get(
            "cnr_id"
        )
        for node in nodes
    }
    assert {"wan27": "wan27", "comfy-core": "comfy-core"} == packs
    assert not re.search(r"sk[-_][A-Za-z0-9]{8}|api_key\"", text)


@pytest.mark.parametrize(
    "node_id", ["Wan27ImageToVideo", "Wan27FirstLastFrame", "Wan27Continuation", "Wan27TaskPoll"]
)
def test_each_node_has_a_help_page_and_a_literal_id(node_id):
    """The help page is found by the node's id, and ComfyUI Manager finds the id by reading the source."""
    assert (ROOT / "web" / "docs" / f"{node_id}.md").read_text("utf-8").startswith("# Wan 2.7")
    sources = [path.read_text("utf-8") for path in (ROOT / "nodes").glob("*.py")]
    assert 1 == sum(
        f"class {node_id}(io.ComfyNode)" in source
        and f'io.Schema(\n            node_id="{node_id}"' in source
        for source in sources
    )


def test_no_file_is_too_long_to_hold_one_idea():
    """Our own sources stay within 300 lines."""
    sources = [
        path
        for folder in ("wan27", "host", "nodes", "scripts", "benchmarks", "drawing")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [] == [str(path) for path in sources if len(path.read_text("utf-8").splitlines()) > 300]

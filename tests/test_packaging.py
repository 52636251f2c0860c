"""The published files: complete without our tools, and consistent with their metadata."""

from __future__ import annotations

import ast
import json
import posixpath
import re
import struct
import sys
from pathlib import PurePosixPath

import pytest

from scripts.cached_copy import SDISTS
from tests.archive import ROOT, expected_files, ignored, metadata

WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))
# The modules that every ComfyUI has.
COMFYUI = {"comfy", "comfy_api", "comfy_execution", "folder_paths", "server"}
COMFYUI |= {"aiohttp", "av", "numpy", "PIL", "psutil", "torch", "typing_extensions", "yarl"}


@pytest.fixture(scope="module")
def shipped():
    return expected_files()


def test_only_the_product_is_shipped(shipped):
    """Tests and tools are not: the registry's scanner would take them for what users run."""
    tops = {path.parts[0] for path in shipped}
    texts = {"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"}
    texts |= {"pyproject.toml", "requirements.txt"}
    folders = {"example_workflows", "host", "locales", "nodes", "subgraphs", "wan27", "web"}
    assert {"__init__.py"} | texts | folders == tops


def test_every_line_of_comfyignore_names_a_file():
    """A line without a file is a mistake or a leftover."""
    assert set() == {name for name in ignored() if not (ROOT / name).exists()}


def test_every_import_of_a_shipped_file_is_shipped(shipped):
    """The pack, simulator included, needs no tool and no package that is not installed."""
    ours = {re.match(r"\w+", line)[0] for line in requirements()}
    allowed = COMFYUI | set(sys.stdlib_module_names) | ours
    sources = [path for path in shipped if path.suffix == ".py"]
    assert [] == [each for path in sources for each in missing_imports(path, shipped, allowed)]
    assert PurePosixPath("wan27/simulator/__main__.py") in shipped


def requirements():
    return (ROOT / "requirements.txt").read_text("utf-8").split()


def missing_imports(path, shipped, allowed):
    """Yield the imports of a file that are not shipped."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (f"{path}: {name}" for name in names if name.split(".")[0] not in allowed)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            if node.module.split(".")[0] not in allowed:
                yield f"{path}: {node.module}"
        elif isinstance(node, ast.ImportFrom):
            for module in relative_modules(path, node):
                if shipped.isdisjoint({module.with_suffix(".py"), module / "__init__.py"}):
                    yield f"{path}: {module}"


def relative_modules(path, node):
    """Return the paths, without suffix, of the modules of a relative import."""
    parents = path.parent.parts
    folder = PurePosixPath(*parents[: len(parents) - node.level + 1])
    if node.module:
        return [folder.joinpath(*node.module.split("."))]
    return [folder / alias.name for alias in node.names if not is_defined_in(folder, alias.name)]


def is_defined_in(folder, name):
    """Return whether a package defines a name, instead of having a module of that name."""
    return re.search(rf"\b{name}\b", (ROOT / folder / "__init__.py").read_text("utf-8")) is not None


def test_no_shipped_file_has_code_that_the_registrys_scan_flags(shipped):
    """No process, no code from text, no object from bytes; base64 is decoded once, to an image."""
    sources = [path for path in shipped if path.suffix == ".py"]
    found = {(path.as_posix(), name) for path in sources for name in flagged(path)}
    assert {("wan27/simulator/fetch_media.py", "b64decode")} == found
    scripts = {"install.py", "prestartup_script.py", "setup.py"}
    assert [] == [str(path) for path in shipped if path.name in scripts]


# Modules, and attributes, mostly of os and base64.
FLAGGED_MODULES = {"ctypes", "importlib", "marshal", "multiprocessing", "pickle"}
FLAGGED_MODULES |= {"pty", "runpy", "shelve", "subprocess", "zipimport"}
FLAGGED = r"system|popen|fork|(exec|spawn)[lv]p?e?|(a85|b\d\d|\w+_b\d\d)decode"


def flagged(path):
    """Yield what a scanner would flag in a file: modules, bare calls, and attributes."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from FLAGGED_MODULES & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from FLAGGED_MODULES & {node.module.split(".")[0]}
        elif isinstance(node, ast.Name):
            yield from {"__import__", "compile", "eval", "exec"} & {node.id}
        elif isinstance(node, ast.Attribute) and re.fullmatch(FLAGGED, node.attr):
            yield node.attr


def test_no_shipped_page_makes_code_or_markup_of_text(shipped):
    """Text of nodes, hosts and workflows stays text, and nothing is loaded from elsewhere."""
    pattern = (
        r"\beval\(|new Function|(?:inner|outer)HTML|insertAdjacentHTML|document\.write|\batob\("
        r"|(?:import|fetch)\s*\(?[\"'`]https?:"
    )
    pages = [path for path in shipped if path.suffix in {".css", ".js", ".mjs"}]
    found = {path: re.findall(pattern, (ROOT / path).read_text("utf-8")) for path in pages}
    assert {} == {path: matches for path, matches in found.items() if matches}


def test_every_import_of_a_shipped_page_is_shipped(shipped):
    """A missing module breaks the whole page; ComfyUI's own scripts are not our files."""
    for path in shipped:
        if path.suffix in {".js", ".mjs"}:
            text = (ROOT / path).read_text("utf-8")
            names = re.findall(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", text)
            files = {PurePosixPath(posixpath.normpath(path.parent / name)) for name in names}
            comfyuis = {PurePosixPath("../scripts") / name for name in ("api.js", "app.js")}
            assert set() == files - set(shipped) - comfyuis, path


def test_every_image_of_a_shipped_text_is_shipped_and_small(shipped):
    """ComfyUI finds the images of every help page in `docs`; each has at most 60 KB."""
    docs = PurePosixPath("web/docs")
    pages = [path for path in shipped if docs in path.parents and path.suffix == ".md"]
    assert [] != pages
    for path in pages:
        images = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / path).read_text("utf-8"))
        assert [] != images, path
        assert set() == {name for name in images if docs / name not in shipped}, path
        assert [] == [name for name in images if (ROOT / docs / name).stat().st_size > 60_000]


def test_every_template_has_its_image(shipped):
    """ComfyUI finds a jpg of its name beside it; at most 100 KB."""
    templates = {path.stem for path in shipped if path.match("example_workflows/*.json")}
    images = {path.stem: ROOT / path for path in shipped if path.match("example_workflows/*.jpg")}
    assert templates == set(images)
    assert [] == [name for name, path in images.items() if path.stat().st_size > 100_000]
    assert {b"\xff\xd8"} == {path.read_bytes()[:2] for path in images.values()}


def test_the_registrys_images_have_their_shapes():
    """The icon is a square of at most 400 pixels, the banner 21:9; both are in this checkout."""
    (wide, tall), (width, height) = (png_size(metadata(field)) for field in ("Icon", "Banner"))
    assert wide == tall <= 400
    assert width * 9 == height * 21


def png_size(address):
    with (ROOT / address.partition("/main/")[2]).open("rb") as file:
        return struct.unpack(">II", file.read(24)[16:])


def test_every_image_and_page_of_the_readme_exists():
    """Its links have targets, and its images are small enough for a slow line: 150 KB each."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text("utf-8"))
    assert [] == [name for name in found if not (ROOT / name).is_file()]
    images = [ROOT / name for name in found if name.endswith(".webp")]
    assert [] == [image.name for image in images if image.stat().st_size > 150_000]


def test_the_oldest_comfyui_is_one_that_is_tested():
    """The version in pyproject.toml and in the README is the oldest of `make matrix`."""
    (oldest, *_) = SDISTS
    assert f">={oldest}" == metadata("requires-comfyui")
    assert f"ComfyUI {oldest} or newer" in (ROOT / "README.md").read_text("utf-8")
    assert oldest == min(SDISTS, key=lambda version: [int(part) for part in version.split(".")])


def test_ci_runs_every_version_of_the_matrix():
    """Its list is the table of versions."""
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    (listed,) = re.findall(r"comfyui: (\[.*\])", ci)
    assert list(SDISTS) == json.loads(listed)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned(path):
    """A tag of an action can be moved to other code; a commit cannot."""
    pinned = r"[\w/-]+@[0-9a-f]{40}|\./\.github/workflows/\w+\.yml"
    used = re.findall(r"uses: (\S+)", path.read_text("utf-8"))
    assert [] == [action for action in used if not re.fullmatch(pinned, action)]

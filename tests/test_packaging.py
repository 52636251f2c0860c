"""What the registry publishes: complete without the tools, harmless to ComfyUI's environment, and true to its own metadata."""

from __future__ import annotations

import ast
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from scripts.cached_copy import SDISTS
from scripts.environment import PACK_FOLDER
from scripts.python import make_venv, site_packages

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))
COMFYUI = {  # in every ComfyUI
    *(
        "aiohttp",
        "av",
        "comfy",
        "comfy_api",
        "comfy_execution",
        "folder_paths",
        "numpy",
        "PIL",
        "psutil",
        "server",
        "torch",
        "typing_extensions",
    ),
    "yarl",
}


def tracked():
    """Every file of the checkout that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [PurePosixPath(line) for line in listed if (ROOT / line).is_file()]


def ignored():
    """The first parts of the paths that .comfyignore leaves out; it holds nothing but those."""
    lines = [line for line in (ROOT / ".comfyignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [] == [line for line in lines if not re.fullmatch(r"/[\w.-]+/?", line)]
    return {line.strip("/") for line in lines}


@pytest.fixture(scope="module")
def shipped():
    left_out = ignored()
    return {path for path in tracked() if path.parts[0] not in left_out}


def metadata(name):
    """One value of pyproject.toml, which is read as text because Python 3.10 has no reader."""
    return re.search(rf'^{name} = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)[1]


def test_only_the_product_is_shipped(shipped):
    """Tests and tools stay at home: the registry's scanner takes them for what users run."""
    tops = {path.parts[0] for path in shipped}
    texts = {"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml", "requirements.txt"}
    folders = {"example_workflows", "host", "locales", "nodes", "subgraphs", "wan27", "web"}
    assert {"__init__.py"} | texts | folders == tops


def test_what_is_left_out_exists():
    """A line of .comfyignore that names nothing is a mistake or a leftover."""
    assert set() == {name for name in ignored() if not (ROOT / name).exists()}


def test_every_import_of_a_shipped_file_is_shipped(shipped):
    """The pack is whole without the tools, the simulator included, and needs no package that is not there."""
    allowed = COMFYUI | set(sys.stdlib_module_names) | {re.match(r"\w+", line)[0] for line in requirements()}
    missing = [found for path in shipped if path.suffix == ".py" for found in foreign(path, shipped, allowed)]
    assert [] == missing
    assert PurePosixPath("wan27/simulator/__main__.py") in shipped


def requirements():
    return (ROOT / "requirements.txt").read_text("utf-8").split()


def foreign(path, shipped, allowed):
    """Yield the imports of a file that lead out of what is shipped."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (f"{path}: {alias.name}" for alias in node.names if alias.name.split(".")[0] not in allowed)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from () if node.module.split(".")[0] in allowed else (f"{path}: {node.module}",)
        elif isinstance(node, ast.ImportFrom):
            folder = PurePosixPath(*path.parent.parts[: len(path.parent.parts) - node.level + 1], *(node.module or "").split("."))
            names = [folder] if node.module else [folder / alias.name for alias in node.names if not bound(folder, alias.name)]
            yield from (f"{path}: {name}" for name in names if shipped.isdisjoint({name.with_suffix(".py"), name / "__init__.py"}))


def bound(folder, name):
    """Whether a package itself knows a name, rather than having a module of that name."""
    return re.search(rf"\b{name}\b", (ROOT / folder / "__init__.py").read_text("utf-8")) is not None


def test_every_import_of_a_shipped_page_is_shipped(shipped):
    """A module of the page that is missing takes the whole page with it; ComfyUI's own scripts are no files of ours."""
    for path in shipped:
        if path.suffix in {".js", ".mjs"}:
            found = re.findall(r"""(?:from|import)\s*\(?["'](\./[^"']+)["']""", (ROOT / path).read_text("utf-8"))
            assert set() == {name for name in found if path.parent / name not in shipped}, path


def test_every_picture_of_a_shipped_text_is_shipped_and_small(shipped):
    """A help page's pictures lie beside it, each at most 60 KB."""
    pages = [path for path in shipped if path.parent == PurePosixPath("web/docs") and path.suffix == ".md"]
    for path in pages:
        pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / path).read_text("utf-8"))
        assert [] != pictures, path
        assert set() == {name for name in pictures if path.parent / name not in shipped}
        assert [] == [name for name in pictures if (ROOT / path.parent / name).stat().st_size > 60_000]


def test_every_template_has_its_picture(shipped):
    """ComfyUI looks for a jpg beside the workflow, under its name; at most 100 KB."""
    templates = {path.stem for path in shipped if path.match("example_workflows/*.json")}
    pictures = {path.stem: ROOT / path for path in shipped if path.match("example_workflows/*.jpg")}
    assert templates == set(pictures)
    assert [] == [name for name, path in pictures.items() if path.stat().st_size > 100_000 or path.read_bytes()[:2] != b"\xff\xd8"]


@pytest.mark.comfyui
def test_comfyui_serves_the_pictures(server):
    """Those of the templates where its template browser looks, those of the help pages beside them."""
    for path in sorted((ROOT / "example_workflows").glob("*.jpg")):
        assert path.read_bytes() == server.get_bytes(f"/api/workflow_templates/{PACK_FOLDER}/{path.name}")
    for path in sorted((ROOT / "web" / "docs").glob("*.jpg")):
        assert path.read_bytes() == server.get_bytes(f"/extensions/{PACK_FOLDER}/docs/{path.name}")


def test_the_registrys_pictures_have_their_shapes():
    """The icon is a square of at most 400 pixels, the banner 21:9, and both addresses end in files of this checkout."""
    (wide, tall), (width, height) = (png_size(metadata(field)) for field in ("Icon", "Banner"))
    assert wide == tall <= 400
    assert width * 9 == height * 21


def png_size(address):
    with (ROOT / address.partition("/main/")[2]).open("rb") as file:
        return struct.unpack(">II", file.read(24)[16:])


def test_the_oldest_comfyui_is_one_that_is_tested():
    """What the registry asks for is the oldest version of `make matrix`, and is what the README promises."""
    (oldest, *_) = SDISTS
    assert f">={oldest}" == metadata("requires-comfyui")
    assert f"ComfyUI {oldest} or newer" in (ROOT / "README.md").read_text("utf-8")
    assert oldest == min(SDISTS, key=lambda version: [int(part) for part in version.split(".")])


def test_ci_runs_every_version_of_the_matrix():
    """The list in its file is the table of versions."""
    (listed,) = re.findall(r"comfyui: (\[.*\])", (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    assert list(SDISTS) == json.loads(listed)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned(path):
    """A tag of an action can be moved to other code, a commit cannot."""
    used = re.findall(r"uses: (\S+)", path.read_text("utf-8"))
    assert [] == [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}|\./\.github/workflows/\w+\.yml", action)]


@pytest.mark.comfyui
def test_the_requirements_change_nothing_in_comfyuis_environment(comfyui, tmp_path):
    """Installing adds httpx, obstore and what only they need, and replaces nothing that ComfyUI has."""
    ours = {re.match(r"\w+", line)[0] for line in requirements()}
    python = make_venv(tmp_path / "venv")
    present = show_metadata(comfyui.python, Path(site_packages(python)[0]), ours)
    added = would_install(python)
    assert ours <= added
    assert set() == added & present


def show_metadata(python, target, hidden):
    """Make another Python's packages look installed, by their metadata alone, except `hidden`; return their names."""
    code = "import importlib.metadata as m; print(*{d.name + '|' + str(d._path) for d in m.distributions()}, sep=chr(10))"
    listed = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    found = {plain(name): Path(place) for name, _, place in (line.partition("|") for line in listed)}
    for name in found.keys() - hidden:
        if not (target / found[name].name).exists():
            (target / found[name].name).symlink_to(found[name])
    return found.keys() - hidden


def would_install(python):
    command = [str(python), "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-", "-r", str(ROOT / "requirements.txt")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0 and not os.environ.get("CI"):
        pytest.skip(f"NO PACKAGE INDEX, so this was not tested: {ran.stderr[-300:]}")
    assert 0 == ran.returncode, ran.stderr
    return {plain(package["metadata"]["name"]) for package in json.loads(ran.stdout)["install"]}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

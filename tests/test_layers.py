"""The direction of imports, proved: nodes → host → wan27, and inside wan27 the paid path knows neither torch nor ComfyUI."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "numpy", "PIL", "av"}
COMFYUI = {"comfy", "comfy_api", "comfy_execution", "folder_paths", "server", "nodes", "execution"}
LIBRARY = {"api", "upload", "media", "simulator"}

# What each part of wan27 may import of the rest of wan27; "" is any single-file part not listed.
MAY = {
    "errors": set(),
    "limits": set(),
    "medium": set(),
    "task_file": {"errors", "limits"},
    "cost": set(),
    "pictures": set(),
    "replace": set(),
    "owner": set(),
    "key": {"errors"},
    "too_large": {"errors", "limits"},
    "job": {"errors", "limits", "medium", "too_large"},
    "pricing": {"cost", "errors", "job", "limits"},
    "entry": {"cost"},
    "journal_rescue": {"entry"},
    "journal_file": {"errors", "journal_rescue", "replace"},
    "journal": {"cost", "entry", "journal_file", "owner", "pictures"},
    "api": {"errors", "job", "key", "limits"},
    "upload": {"errors", "limits", "replace", "too_large"},
    "media": {"errors", "limits", "medium", "too_large"},
    "session": {"api", "cost", "journal", "pricing", "upload"},
    "watch": {"api", "entry", "errors", "session"},
    "reach": {"api", "entry", "errors", "job", "medium", "session", "watch"},
    "collect": {"api", "entry", "errors", "media", "reach", "session", "task_file", "watch"},
    "generate": {
        "api",
        "collect",
        "entry",
        "errors",
        "job",
        "journal",
        "owner",
        "pricing",
        "reach",
        "session",
        "task_file",
    },
    "simulator": {"limits"},
}


def imports(path):
    """Yield (level, module) of every import of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from ((node.level, name) for name in names)


def files(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def resolved(path, level, module):
    """The imported module as seen from the pack's root, such as "wan27.api.wire"; None where it is not ours."""
    if level == 0:
        return None
    package = path.relative_to(ROOT).parent.parts
    return ".".join((*package[: len(package) - level + 1], module))


@pytest.mark.parametrize(
    "path", files("wan27", "host", "nodes"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_our_own_modules_are_imported_relatively(path):
    """ComfyUI loads the folder under a mangled name, and `nodes` is also a module of its own."""
    ours = {"wan27", "host", "nodes"} - (COMFYUI if path.is_relative_to(ROOT / "nodes") else set())
    assert [] == [
        module for level, module in imports(path) if level == 0 and module.split(".")[0] in ours
    ]


@pytest.mark.parametrize("path", files("wan27"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_knows_no_comfyui_and_its_parts_keep_their_direction(path):
    """Each part imports what the table allows, and only media and the simulator's pictures touch tensors and codecs."""
    part = path.relative_to(ROOT / "wan27").parts[0].removesuffix(".py")
    found = list(imports(path))
    tops = {module.split(".")[0] for level, module in found if level == 0}
    assert set() == tops & COMFYUI
    if part not in {"media", "simulator"}:
        assert set() == tops & HEAVY
    assert "torch" not in tops or part == "media"
    inside = {
        name.split(".")[1]
        for name in (resolved(path, *each) for each in found)
        if name and name.startswith("wan27.")
    }
    assert set() == inside - MAY.get(part, set()) - {part}


def test_nothing_above_is_known_below():
    """The host knows no nodes, and only the door knows the nodes."""
    for path in files("host"):
        assert [] == [
            name
            for name in (resolved(path, *each) for each in imports(path))
            if name and name.startswith("nodes")
        ]
    for path in files("nodes"):
        names = [resolved(path, *each) for each in imports(path)]
        assert [] == [
            name
            for name in names
            if name
            and name.startswith("wan27.")
            and name.split(".")[1] not in {"limits", "pricing"}
        ]


def test_the_paid_path_runs_without_torch_numpy_and_pillow():
    """Importing all of it loads none of them; av alone comes with the check of the downloaded file."""
    code = (
        "import sys; sys.path.insert(0, '.');"
        "import wan27.generate, wan27.upload.uploader, wan27.session;"
        "print([name for name in ('torch', 'numpy', 'PIL', 'obstore', 'comfy', 'folder_paths') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "[]" == done.stdout.strip()

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

# What each part of wan27 may import of the rest of it, and each room of what is inside it.
MAY = {
    "errors": set(),
    "limits": set(),
    "files": {"errors", "limits"},
    "medium": {"errors", "limits"},
    "job": {"errors", "limits", "medium"},
    "money": {"api", "errors", "limits"},
    "journal": {"errors", "files", "money"},
    "api": {"errors", "files", "job", "limits"},
    "upload": {"errors", "files", "limits", "medium"},
    "media": {"errors", "limits", "medium"},
    "session": {"api", "journal", "money", "upload"},
    "poll": {"api", "errors", "journal", "session"},
    "publish": {"api", "errors", "job", "journal", "medium", "poll", "session"},
    "collect": {"api", "errors", "journal", "media", "poll", "publish", "session"},
    "generate": {
        "api",
        "collect",
        "errors",
        "files",
        "job",
        "journal",
        "money",
        "publish",
        "session",
    },
    "simulator": {"limits"},
}
ROOMS = {
    "media": {
        "read": set(),
        "colour": set(),
        "decode": {"read", "colour"},
        "encode": {"read", "colour", "decode"},
    },
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


@pytest.mark.parametrize("room", ROOMS)
def test_the_rooms_inside_a_part_keep_their_direction(room):
    """Reading knows neither decoding nor encoding; encoding may use all three."""
    for path in files(f"wan27/{room}"):
        here = path.relative_to(ROOT / "wan27" / room).parts
        if len(here) < 2:
            continue
        names = [resolved(path, *each) for each in imports(path)]
        seen = {name.split(".")[2] for name in names if name and name.startswith(f"wan27.{room}.")}
        assert set() == (seen & set(ROOMS[room])) - ROOMS[room][here[0]] - {here[0]}, path


def test_no_modules_import_each_other_in_a_circle():
    """Not even for a type alone, and not even late: a circle is two files that are one idea."""
    graph = {}
    for path in files("wan27", "host", "nodes"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = {
            each for level, module in module_names(path) if (each := resolved(path, level, module))
        }
    graph = {
        name: {each for each in seen if each in graph} - {name} for name, seen in graph.items()
    }
    while free := {name for name, seen in graph.items() if not seen}:
        graph = {name: seen - free for name, seen in graph.items() if name not in free}
    assert {} == graph


def module_names(path):
    """Yield (level, module) for each module that a file imports, `from . import x` as x."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = f"{node.module}." if node.module else ""
            yield from ((node.level, f"{base}{alias.name}") for alias in node.names)
            if node.module:
                yield node.level, node.module


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
            if name and name.startswith("wan27.") and name.split(".")[1] not in {"limits", "money"}
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

"""The direction of imports: nodes → host → wan27, and inside wan27 as the tables say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "numpy", "PIL", "av"}
COMFYUI = {"comfy", "comfy_api", "comfy_execution", "folder_paths", "server", "nodes", "execution"}
NOT_ON_THE_PAID_PATH = ("torch", "numpy", "PIL", "obstore", "comfy", "folder_paths")

# The other parts that each part of wan27 may import, then the same for the rooms of a part.
MAY = {
    "errors": set(),
    "limits": set(),
    "files": {"errors", "limits"},
    "medium": {"errors", "limits"},
    "job": {"errors", "limits", "medium"},
    "money": {"api", "errors", "limits"},
    "journal": {"errors", "files", "money"},
    "api": {"errors", "files", "job", "limits"},
    "upload": {"api", "errors", "files", "limits", "medium"},
    "media": {"errors", "limits", "medium"},
    "session": {"api", "errors", "journal", "money", "upload"},
    "poll": {"api", "errors", "journal", "session"},
    "publish": {"api", "errors", "job", "journal", "medium", "poll", "session", "upload"},
    "collect": {"api", "errors", "files", "journal", "media", "poll", "publish", "session"},
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
        "colour": {"read"},
        "decode": {"read", "colour"},
        "encode": {"read", "colour", "decode"},
    },
}


def files(*folders):
    """Return the modules below these folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(path):
    """Yield (level, module) of every import of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from ((node.level, name) for name in names)


def foreign(path):
    """Return the first names of the modules that a file imports absolutely."""
    return {module.split(".")[0] for level, module in imports(path) if level == 0}


def own(path):
    """Return the modules of ours that a file imports, such as "wan27.api.client"."""
    package = path.relative_to(ROOT).parent.parts
    return {
        ".".join((*package[: len(package) - level + 1], module))
        for level, module in imports(path)
        if level
    }


def test_our_own_modules_are_imported_relatively():
    """ComfyUI loads the folder under a mangled name, and has a module `nodes` of its own."""
    for path in files("wan27", "host", "nodes"):
        ours = {"wan27", "host", "nodes"}
        if path.is_relative_to(ROOT / "nodes"):
            ours -= COMFYUI
        assert set() == foreign(path) & ours, path


def test_the_library_imports_no_comfyui():
    """Only media and the simulator use tensors and codecs, and only media uses torch."""
    for path in files("wan27"):
        allowed = {"media": HEAVY, "simulator": HEAVY - {"torch"}}.get(part_of(path), set())
        assert set() == foreign(path) & (HEAVY | COMFYUI) - allowed, path


def test_the_parts_of_the_library_keep_their_direction():
    """Each part imports no others than the table allows."""
    for path in files("wan27"):
        inside = {name.split(".")[1] for name in own(path) if name.startswith("wan27.")}
        part = part_of(path)
        assert set() == inside - MAY.get(part, set()) - {part}, path


def part_of(path):
    """Return the part of wan27 that a file belongs to."""
    return path.relative_to(ROOT / "wan27").parts[0].removesuffix(".py")


def test_the_rooms_inside_a_part_keep_their_direction():
    """`read` imports neither `decode` nor `encode`; `encode` may import all three."""
    for part, rooms in ROOMS.items():
        for path in files(*(f"wan27/{part}/{room}" for room in rooms)):
            room = path.relative_to(ROOT / "wan27" / part).parts[0]
            names = {name for name in own(path) if name.startswith(f"wan27.{part}.")}
            seen = {name.split(".")[2] for name in names} & set(rooms)
            assert set() == seen - rooms[room] - {room}, path


def test_no_modules_import_each_other_in_a_circle():
    """Not even for a type or inside a function: two files in a circle are one idea."""
    graph = {name_of(path): modules(path) for path in files("wan27", "host", "nodes")}
    graph = {name: (seen & set(graph)) - {name} for name, seen in graph.items()}
    while free := {name for name, seen in graph.items() if not seen}:
        graph = {name: seen - free for name, seen in graph.items() if name not in free}
    assert {} == graph


def name_of(path):
    """Return the name of a module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules(path):
    """Return each module of ours that a file imports, `from . import x` as x."""
    package, found = path.relative_to(ROOT).parent.parts, set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = ".".join(package[: len(package) - node.level + 1])
            if node.module:
                above = f"{above}.{node.module}"
                found.add(above)
            found |= {f"{above}.{alias.name}" for alias in node.names}
    return found


def test_no_layer_imports_those_above_it():
    """The host imports no nodes, and the nodes import only limits and money of the library."""
    for path in files("host"):
        assert [] == [name for name in own(path) if name.startswith("nodes")], path
    for path in files("nodes"):
        names = {name.split(".")[1] for name in own(path) if name.startswith("wan27.")}
        assert set() == names - {"limits", "money"}, path


def test_the_paid_path_runs_without_torch_numpy_and_pillow():
    """Importing it loads none of them; only av is needed, to check the downloaded file."""
    code = f"""import sys; sys.path.insert(0, ".")
import wan27.generate, wan27.upload.choose, wan27.session
print([name for name in {NOT_ON_THE_PAID_PATH} if name in sys.modules])"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()

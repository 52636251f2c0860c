"""The page's modules without a browser: behavior in Node, types, texts, and structure."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.cache import cached
from wan27.api.hosts import hosts_by_key
from wan27.errors import LABELS
from wan27.journal.states import State
from wan27.session import Phase

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WEB = ROOT / "web"
MODULES = sorted([*WEB.rglob("*.mjs"), *WEB.rglob("*.js")])
ROOMS = ["tasks", "nodes", "settings", "ui"]  # each room imports from itself and the rooms after it


def tool(name):
    """Return the path of a program; skip the test with a reason if it is missing. CI has it."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"NO {name.upper()}, so the page's modules were not tested")
    return found


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_modules_behave():
    """Every test of modules.test.mjs passes."""
    done = run(tool("node"), "--test", str(HERE / "modules.test.mjs"))
    assert 0 == done.returncode, done.stdout + done.stderr


def test_the_types_match_comfyuis_own(tmp_path):
    """Strict TypeScript accepts the modules with the types that ComfyUI publishes."""
    folder = cached("web-tools", (HERE / "package.json").read_text("utf-8"), install)
    tools = folder / "node_modules"
    types = "@comfyorg/comfyui-frontend-types"
    config = {
        "extends": str(HERE / "tsconfig.json"),
        "compilerOptions": {"paths": {types: [str(tools / types)]}},
        "files": [str(HERE / "comfyui.d.ts"), *map(str, MODULES)],
        "include": [],
    }
    file = tmp_path / "tsconfig.json"
    file.write_text(json.dumps(config))
    done = run(tool("node"), str(tools / "typescript" / "bin" / "tsc"), "-p", str(file))
    assert (0, "") == (done.returncode, done.stdout)


def install(folder):
    """Install the pinned tools into `folder`, without peers: those are Vue's own."""
    npm = tool("npm")
    shutil.copy(HERE / "package.json", folder)
    done = run(npm, "install", "--legacy-peer-deps", "--no-audit", "--no-fund", cwd=folder)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(done.stderr)
        reason = done.stderr.strip()[-300:]
        pytest.skip(f"NO PACKAGES FROM NPM, so the types were not checked: {reason}")


def test_every_language_has_every_text():
    """The English file equals the page's texts; translations have the same keys and values."""
    english = exported("ui/texts.mjs", "ENGLISH")
    files = {
        path.parent.name: json.loads(path.read_text("utf-8"))["wan27"]
        for path in sorted((ROOT / "locales").glob("*/main.json"))
    }
    assert english == files["en"]
    values = {language: names_of_values(texts) for language, texts in files.items()}
    assert dict.fromkeys(files, names_of_values(english)) == values


def test_the_dialog_labels_each_setting_as_the_errors_do():
    """An error names it so, and the user looks for it."""
    english = exported("ui/texts.mjs", "ENGLISH")
    keys = {host.key_variable: f"{host.title} API key" for host in hosts_by_key().values()}
    settings = {key: english[key] for key in english if re.fullmatch("WAN27_[A-Z0-9_]+", key)}
    assert LABELS == keys | settings


def exported(module, name):
    """Return a constant that a module exports."""
    program = f'import("./{module}").then((all) => console.log(JSON.stringify(all.{name})))'
    return json.loads(run(tool("node"), "-e", program, cwd=WEB).stdout)


def test_the_page_knows_every_phase_and_state_of_the_server():
    """The phases are the server's, and each phase and state has a text."""
    phases = exported("nodes/status_line.mjs", "PHASES")
    assert [phase.value for phase in Phase] == list(phases)
    keys = {*(f"phase_{phase}" for phase in phases), *(state.value for state in State)}
    assert set() == keys - set(exported("ui/texts.mjs", "ENGLISH"))


def names_of_values(texts):
    """Return the names in braces of each text."""
    return {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in texts.items()}


def test_comfyui_loads_one_script_by_itself():
    """ComfyUI imports every *.js below web at each start, so all others are *.mjs."""
    assert [WEB / "wan27.js"] == list(WEB.rglob("*.js"))


def test_no_text_becomes_html():
    """Prompts and host responses are untrusted."""
    pattern = re.compile("innerHTML|outerHTML|insertAdjacent")
    assert [] == [path for path in MODULES if pattern.search(path.read_text("utf-8"))]


def test_no_module_uses_what_front_ends_deprecate():
    """Front end 1.58 warns of each; ComfyUI uses them too, so the console does not tell whose."""
    pattern = re.compile(r"\.(links?|selected_nodes)\b")
    assert [] == [path for path in MODULES if pattern.search(path.read_text("utf-8"))]


def test_no_module_is_too_long():
    """At most 250 lines, as our other sources."""
    assert [] == [path for path in MODULES if len(path.read_text("utf-8").splitlines()) > 250]


def test_no_line_is_too_long():
    """At most 100 columns, as our other sources; long texts are wrapped, too."""
    files = [*MODULES, *WEB.rglob("*.css"), *HERE.glob("*.mjs"), *HERE.glob("*.ts")]
    lines = [(path.name, line) for path in files for line in path.read_text("utf-8").splitlines()]
    assert [] == [each for each in lines if len(each[1]) > 100]


def imports_of(path):
    """Return the modules that a module imports, for their types too."""
    found = re.findall(r"""(?:from |import |import\()["'](\.[^"']+)["']""", path.read_text("utf-8"))
    return {(path.parent / name).resolve() for name in found} & set(MODULES)


def test_every_room_imports_from_the_rooms_below_it():
    """Only wan27.js imports from all of them."""
    room = {path: path.parent.name for path in MODULES if path.parent != WEB}
    assert set(ROOMS) == set(room.values())
    arrows = [(path, each) for path in room for each in imports_of(path)]
    assert [] == [
        (path, each)
        for path, each in arrows
        if ROOMS.index(room[path]) > ROOMS.index(room.get(each, ROOMS[0]))
    ]


def test_no_import_comes_back():
    """Modules can be ordered so that each imports only those before it."""
    waiting = {path: imports_of(path) for path in MODULES}
    assert len(waiting[WEB / "wan27.js"]) > 10
    while ready := [path for path, imports in waiting.items() if not imports & set(waiting)]:
        for path in ready:
            del waiting[path]
    assert {} == waiting

"""The page's modules without a browser: their behaviour in Node, their types, their texts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.cache import cached

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WEB = ROOT / "web"


def tool(name):
    """The path of a program, or a skip that says why; CI has it."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"NO {name.upper()}, so the page's modules were not tested")
    return found


def test_the_modules_behave():
    """What modules.test.mjs states holds."""
    done = subprocess.run([tool("node"), "--test", str(HERE / "modules.test.mjs")], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_the_types_fit_comfyuis_own(tmp_path):
    """TypeScript, strict, finds nothing in the modules against the types that ComfyUI publishes."""
    tools = cached("web-tools", (HERE / "package.json").read_text("utf-8"), install) / "node_modules"
    types = {"@comfyorg/comfyui-frontend-types": [str(tools / "@comfyorg" / "comfyui-frontend-types")]}
    files = [str(HERE / "comfyui.d.ts"), *map(str, WEB.glob("*js"))]
    config = tmp_path / "tsconfig.json"
    config.write_text(
        json.dumps({"extends": str(HERE / "tsconfig.json"), "compilerOptions": {"paths": types}, "files": files, "include": []})
    )
    command = [tool("node"), str(tools / "typescript" / "bin" / "tsc"), "-p", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout)


def install(folder):
    """Put the pinned tools into `folder`; their peers are Vue's, which only the page itself needs."""
    npm = tool("npm")
    shutil.copy(HERE / "package.json", folder)
    done = subprocess.run(
        [npm, "install", "--legacy-peer-deps", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(done.stderr)
        pytest.skip(f"NO PACKAGES FROM NPM, so the types were not checked: {done.stderr.strip()[-300:]}")


def test_every_language_has_every_text():
    """The English file is the module's own texts, and each translation has the same keys and the same names to fill in."""
    program = 'import("./texts.mjs").then(({ENGLISH}) => console.log(JSON.stringify(ENGLISH)))'
    done = subprocess.run([tool("node"), "-e", program], cwd=WEB, capture_output=True, text=True, check=True)
    english = json.loads(done.stdout)
    files = {path.parent.name: json.loads(path.read_text("utf-8"))["wan27"] for path in sorted((ROOT / "locales").glob("*/main.json"))}
    assert english == files["en"]
    assert dict.fromkeys(files, places(english)) == {language: places(texts) for language, texts in files.items()}


def places(texts):
    """Which names each text has to fill in."""
    return {key: sorted(part.split("}")[0] for part in text.split("{")[1:]) for key, text in texts.items()}


def test_comfyui_loads_one_script_by_itself():
    """Every *.js below web is imported at each start of the page, so there is one; the rest are modules that it asks for."""
    assert ["wan27.js"] == [path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js")]


def test_no_text_becomes_html():
    """Prompts and answers of hosts are not to be trusted."""
    modules = [
        path for path in WEB.glob("*js") if any(word in path.read_text("utf-8") for word in ("innerHTML", "outerHTML", "insertAdjacent"))
    ]
    assert [] == modules


def test_no_module_is_too_long_to_hold_one_idea():
    """As our other sources, within 250 lines."""
    assert [] == [path.name for path in WEB.glob("*js") if len(path.read_text("utf-8").splitlines()) > 250]

"""Write the texts of the nodes, `locales/<language>/nodeDefs.json`, in every language.

Run it with ComfyUI's Python after a change of a tooltip, a limit or `nodes/*.json`. The English
texts come from the nodes themselves. ComfyUI reads the files with vue-i18n, in which `{ } @ |` have
a meaning.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from .comfyui import prepare
from .environment import unlink_packs
from .server import ComfyServer
from .translations import LOCALES, languages, translated


def node_texts(object_info: dict[str, Any]) -> dict[str, Any]:
    """Return the texts of our nodes in `/object_info`, in the shape of nodeDefs.json."""
    ours = sorted(node_id for node_id in object_info if node_id.startswith("Wan27"))
    return {node_id: _texts(object_info[node_id]) for node_id in ours}


def _texts(node: dict[str, Any]) -> dict[str, Any]:
    groups = [node["input"].get(group, {}) for group in ("required", "optional")]
    inputs = {name: spec for group in groups for name, spec in group.items()}
    outputs = enumerate(zip(node["output_name"], node["output_tooltips"], strict=True))
    return {
        "display_name": node["display_name"],
        "description": node["description"],
        "inputs": {name: _field(name, spec[1]["tooltip"]) for name, spec in inputs.items()},
        "outputs": {str(index): _field(*output) for index, output in outputs},
    }


def _field(name: str, tooltip: str) -> dict[str, str]:
    return {"name": name, "tooltip": tooltip}


def write_texts(path: Path, texts: dict[str, Any]) -> None:
    """Write a file of translations, in the form that all of them have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(texts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Read the nodes from a real ComfyUI, and write every language."""
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        with ComfyServer(prepare(), base) as server:
            english = node_texts(server.object_info())
        unlink_packs(base)
    write_texts(LOCALES / "en" / "nodeDefs.json", english)
    for language in languages():
        write_texts(LOCALES / language / "nodeDefs.json", translated(language, english))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write `locales/en/nodeDefs.json`, the English texts of the nodes, from the nodes themselves: run it with ComfyUI's Python after a change there.

The other languages have the same keys. Names of fields are the API's own in every language, as its errors and documents say them, so
inputs and outputs have a `tooltip` and no `name`. ComfyUI reads the texts with vue-i18n, to which `{ } @ |` are no plain characters.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from .comfyui import prepare
from .environment import ROOT, unlink_packs
from .server import ComfyServer

LOCALES = ROOT / "locales"


def node_texts(object_info: dict[str, Any]) -> dict[str, Any]:
    """Return the texts of our nodes out of `/object_info`, in the shape of nodeDefs.json."""
    return {
        node_id: _texts(node)
        for node_id, node in sorted(object_info.items())
        if node_id.startswith("Wan27")
    }


def _texts(node: dict[str, Any]) -> dict[str, Any]:
    inputs = {
        name: spec
        for group in ("required", "optional")
        for name, spec in node["input"].get(group, {}).items()
    }
    return {
        "display_name": node["display_name"],
        "description": node["description"],
        "inputs": {name: {"tooltip": spec[1]["tooltip"]} for name, spec in inputs.items()},
        "outputs": {
            str(place): {"tooltip": tooltip}
            for place, tooltip in enumerate(node["output_tooltips"])
        },
    }


def write_texts(path: Path, texts: dict[str, Any]) -> None:
    """Write one file of translations, as all of them are written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(texts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Ask a real ComfyUI for its nodes, and write the file."""
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        with ComfyServer(prepare(), base) as server:
            write_texts(LOCALES / "en" / "nodeDefs.json", node_texts(server.object_info()))
        unlink_packs(base)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the help pages, `web/docs/<node id>.md` and `web/docs/<node id>/<language>.md`: run it after a change of a tooltip or of `help/*.json`.

ComfyUI shows them in a panel of 200 to 400 pixels, so they are lists and no tables. It asks for the page in the user's language first and
complains in the console where there is none, so the English one is there twice. What a tooltip or the page says already is taken from
`locales/`; `help/<language>.json` holds only what is said nowhere else, as Markdown in which `{new_video}` is the text of the page by that key.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from .environment import ROOT

DOCS = ROOT / "web" / "docs"
HELP = ROOT / "scripts" / "help"
LOCALES = ROOT / "locales"

# What the texts of the nodes do not tell: which inputs are sockets (the others are widgets), the names of the outputs, and which socket may be left open.
SOCKETS = ["first_frame", "last_frame", "driving_audio", "first_clip", "clip_frames"]
OUTPUTS = ["frames", "audio", "fps", "video", "last_frame", "task_id"]
OPTIONAL = [
    ("Wan27ImageToVideo", "driving_audio"),
    ("Wan27FirstLastFrame", "driving_audio"),
    ("Wan27Continuation", "last_frame"),
]

_ALSO = {"first_frame": "picture", "last_frame": "picture", "seed": "seed"}
_PAGE = ["status", "cost", "seed", "frames", "menu", "tasks"]
_GOOD = ["again", "uncertain", "billed", "try", "upload"]
_SENTENCES = {
    "Wan27ImageToVideo": {"page": _PAGE, "good": _GOOD, "recipes": ["talking", "later"]},
    "Wan27FirstLastFrame": {"page": _PAGE, "good": _GOOD, "recipes": ["loop", "later"]},
    "Wan27Continuation": {"page": _PAGE, "good": _GOOD, "recipes": ["chain", "further"]},
    "Wan27TaskPoll": {
        "page": ["status", "frames", "menu", "tasks", "plus"],
        "good": ["old", "account", "try"],
        "recipes": ["later", "elsewhere"],
    },
}
_RIGHT_TO_LEFT = ["ar"]  # ComfyUI's own page stays left to right in every language


def pages() -> dict[str, str]:
    """Return every page by its path below `web/docs`."""
    made: dict[str, str] = {}
    for language in sorted(path.stem for path in HELP.glob("*.json")):
        texts = Texts(language)
        made |= {f"{node_id}/{language}.md": texts.page(node_id) for node_id in _SENTENCES}
    return made | {f"{node_id}.md": made[f"{node_id}/en.md"] for node_id in _SENTENCES}


class Texts:
    """What one language says of the nodes."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.nodes = json.loads((LOCALES / language / "nodeDefs.json").read_text(encoding="utf-8"))
        self.help = json.loads((HELP / f"{language}.json").read_text(encoding="utf-8"))
        self.words: dict[str, str] = json.loads(
            (LOCALES / language / "main.json").read_text(encoding="utf-8")
        )["wan27"]
        self.words |= {
            "poll": self._name("Wan27TaskPoll"),
            "image_to_video": self._name("Wan27ImageToVideo"),
        }

    def page(self, node_id: str) -> str:
        """Return the help page of a node."""
        node = self.nodes[node_id]
        picture = f"![{self.help['picture']}]({node_id}.jpg)"
        parts = [
            f"# {node['display_name']}",
            _markdown(node["description"]),
            picture,
            *self._fields(node_id, node),
        ]
        parts += [
            self._section(name, self._sentences(name, keys))
            for name, keys in _SENTENCES[node_id].items()
        ]
        if self.language in _RIGHT_TO_LEFT:
            parts = ['<div dir="rtl">', *parts, "</div>"]
        return "\n\n".join(filter(None, parts)) + "\n"

    def _fields(self, node_id: str, node: dict[str, Any]) -> list[str]:
        items = {
            name: self._item(node_id, name, text["tooltip"])
            for name, text in node["inputs"].items()
        }
        outputs = zip(OUTPUTS, node["outputs"].values(), strict=True)
        return [
            self._section("inputs", [item for name, item in items.items() if name in SOCKETS]),
            self._section("widgets", [item for name, item in items.items() if name not in SOCKETS]),
            self._section(
                "outputs", [self._said("item", name, text["tooltip"]) for name, text in outputs]
            ),
        ]

    def _item(self, node_id: str, name: str, tooltip: str) -> str:
        said = self._said("optional" if (node_id, name) in OPTIONAL else "item", name, tooltip)
        return f"{said}{self._gap}{self.help['also'][_ALSO[name]]}" if name in _ALSO else said

    def _said(self, pattern: str, name: str, tooltip: str) -> str:
        return str(self.help["items"][pattern]).format(name=name, text=_markdown(tooltip))

    def _sentences(self, section: str, keys: list[str]) -> list[str]:
        return [self.help[section][key].format(**self.words) for key in keys]

    def _section(self, name: str, items: list[str]) -> str:
        """Return a heading and its list, or nothing where the list is empty: Task Poll has no sockets."""
        return (
            "\n".join([f"## {self.help['headings'][name]}", "", *(f"* {item}" for item in items)])
            if items
            else ""
        )

    def _name(self, node_id: str) -> str:
        return str(self.nodes[node_id]["display_name"]).removeprefix("Wan 2.7 ")

    @property
    def _gap(self) -> str:
        """Between two sentences; after an ideographic full stop there is none."""
        return "" if self.language in {"ja", "zh", "zh-TW"} else " "


def _markdown(tooltip: str) -> str:
    """Return the plain text of a tooltip as Markdown: settings and folders as code, and the Korean `2~15` must not strike out what follows."""
    escaped = re.sub(r"([*~`<])", r"\\\1", tooltip)
    return re.sub(r"\b(WAN27_\w+|output/\w+)\b", r"`\1`", escaped, flags=re.ASCII)


def main() -> int:
    """Write them all."""
    for name, text in pages().items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the help pages, `web/docs/<node id>.md` and `web/docs/<node id>/<language>.md`.

Run it after a change of a tooltip or of `help/*.json`. ComfyUI shows the pages in a panel of 200 to
400 pixels, so they have lists and no tables. It requests the page in the user's language first and
logs an error if there is none, so the English one is there twice. The texts of tooltips and of the
page come from `locales/`. `help/<language>.json` has the rest, as Markdown in which `{new_video}`
is the page's text of that key, `{max_duration}` a limit of the pack, and `{label[wait]}` what the
page shows for that field. The lists have its id too: errors are in English and name it.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from .environment import ROOT
from .translations import LOCALES, labels, limit_texts, read

DOCS = ROOT / "web" / "docs"
HELP = ROOT / "scripts" / "help"

# Not in the texts of the nodes: which inputs are sockets (the others are widgets), and the sockets
# that may be left open.
SOCKETS = ["first_frame", "last_frame", "driving_audio", "first_clip", "clip_frames"]
OPTIONAL = [
    ("Wan27ImageToVideo", "driving_audio"),
    ("Wan27FirstLastFrame", "driving_audio"),
    ("Wan27Continuation", "last_frame"),
]

_ALSO = {"first_frame": "image", "last_frame": "image", "seed": "seed"}
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
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.nodes = read(LOCALES / language / "nodeDefs.json")
        self.help = read(HELP / f"{language}.json")
        main = read(LOCALES / language / "main.json")
        self.label = labels(language)
        self.words: dict[str, Any] = main["wan27"] | limit_texts() | {"label": self.label}
        for name, node_id in (("poll", "TaskPoll"), ("image_to_video", "ImageToVideo")):
            self.words[name] = self._name(f"Wan27{node_id}")

    def page(self, node_id: str) -> str:
        """Return the help page of a node."""
        node = self.nodes[node_id]
        image = f"![{self.help['image']}]({node_id}.jpg)"
        parts = [f"# {node['display_name']}", _markdown(node["description"]), image]
        parts += self._fields(node_id, node)
        sections = _SENTENCES[node_id].items()
        parts += [self._section(name, self._sentences(name, keys)) for name, keys in sections]
        if self.language in _RIGHT_TO_LEFT:
            parts = ['<div dir="rtl">', *parts, "</div>"]
        return "\n\n".join(filter(None, parts)) + "\n"

    def _fields(self, node_id: str, node: dict[str, Any]) -> list[str]:
        inputs, ids = node["inputs"], {label: name for name, label in self.label.items()}
        items = {name: self._item(node_id, name, inputs[name]["tooltip"]) for name in inputs}
        sockets = [item for name, item in items.items() if name in SOCKETS]
        widgets = [item for name, item in items.items() if name not in SOCKETS]
        outputs = node["outputs"].values()
        results = [self._line("item", ids[each["name"]], each["tooltip"]) for each in outputs]
        lists = {"inputs": sockets, "widgets": widgets, "outputs": results}
        return [self._section(name, lines) for name, lines in lists.items()]

    def _item(self, node_id: str, name: str, tooltip: str) -> str:
        line = self._line("optional" if (node_id, name) in OPTIONAL else "item", name, tooltip)
        if name not in _ALSO:
            return line
        also = str(self.help["also"][_ALSO[name]])
        return line + self._gap + also.format(**self.words)

    def _line(self, pattern: str, name: str, tooltip: str) -> str:
        label = self.label[name]
        shown = f"**{label}**" if label == name else f"**{label}** `{name}`"
        return str(self.help["items"][pattern]).format(name=shown, text=_markdown(tooltip))

    def _sentences(self, section: str, keys: list[str]) -> list[str]:
        return [self.help[section][key].format(**self.words) for key in keys]

    def _section(self, name: str, items: list[str]) -> str:
        """Return a heading and its list; nothing for an empty list: Task Poll has no sockets."""
        lines = [f"## {self.help['headings'][name]}", "", *(f"* {item}" for item in items)]
        return "\n".join(lines) if items else ""

    def _name(self, node_id: str) -> str:
        """Return the title without the pack's name in front and the remark in parentheses."""
        return re.sub(r"^Wan27 | \(.*\)$", "", str(self.nodes[node_id]["display_name"]))

    @property
    def _gap(self) -> str:
        """The space between two sentences; none after an ideographic full stop."""
        return "" if self.language in {"ja", "zh", "zh-TW"} else " "


def _markdown(tooltip: str) -> str:
    """Return the plain text of a tooltip as Markdown, with settings and folders as code.

    Without escapes the Korean `2~15` would strike out the text behind it.
    """
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

"""The documents are true: their files and functions exist, and prices and errors are the code's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from wan27.money import PRICES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
# A folder ends with a slash, a file with the suffix of a source or a text.
PATH = r"(?:[\w-]+/)+(?:[\w.-]+\.\w+)?|[\w-]+\.(?:css|js|json|md|mjs|py)"
OF_A_USER = (
    "credentials.json",
    "demo/",
    "output/",
    "serving/",
    "settings.json",
    "thumbnails/",
    "user/",
)


def test_every_path_of_the_map_exists():
    """Each line names a room and its parts; an indented one is inside the room above it."""
    room, missing = ROOT, []
    for line in re.search(r"```\n(.*?)```", CONTRIBUTING, re.DOTALL)[1].splitlines():
        first, *others = re.findall(PATH, line)
        inside = line.startswith(" ")
        folder = room / first if inside else ROOT / first
        room = room if inside else folder
        missing += [folder] * (not folder.exists())
        missing += [
            name
            for name in others
            if not any((base / name).exists() for base in (folder, folder.parent))
        ]
    assert [] == missing


def test_every_path_in_a_document_exists():
    """A path in backticks is relative to the checkout or to the folder of the page."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "wan27/upload/README.md"]
    quoted = [
        (page, name)
        for page in pages
        for text in re.findall(r"`([^`\n]+)`", page.read_text("utf-8"))
        for name in re.findall(rf"^(?:{PATH})$", text)
        if not name.startswith(OF_A_USER)
    ]
    assert quoted
    missing = [
        f"{page.name}: {name}"
        for page, name in quoted
        if not (ROOT / name).exists() and not (page.parent / name).exists()
    ]
    assert [] == missing


def test_every_function_in_where_is_exists():
    """A function that the table names is defined in the file beside it."""
    found = re.findall(r"`(?:\w+\.)?(\w+)` in `(\S+\.py)`", CONTRIBUTING)
    assert [] != found
    missing = [
        name for name, path in found if f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert [] == missing


def test_the_readme_is_short():
    """At most 140 lines, so that a new user reads it to the end."""
    assert len(README.splitlines()) <= 140


def test_the_prices_in_the_readme_are_those_of_the_table():
    """PPIO's row has the price of each resolution, and the day on which it was read."""
    (row,) = re.findall(r"^\| \[PPIO\].*$", README, re.MULTILINE)
    prices = [PRICES["ppio", "720P"], PRICES["ppio", "1080P"]]
    assert [] == [price for price in prices if f"{price} a second" not in row]
    assert prices[0].as_of in row


def test_the_errors_in_the_readme_are_those_of_the_code():
    """A user finds the words of an error in the table."""
    table = README.partition("| the error says |")[2].partition("\n\n")[0]
    quoted = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
    sources = [path for folder in ("wan27", "host") for path in (ROOT / folder).rglob("*.py")]
    texts = [
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    texts.append((ROOT / "web" / "ui" / "texts.mjs").read_text("utf-8"))
    assert quoted
    assert [] == [words for words in quoted if not any(words in text for text in texts)]

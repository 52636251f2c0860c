"""The documents are true: their files and functions exist, and prices and errors are the code's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from wan27.api.hosts import HOSTS
from wan27.api.retry import LONGEST_SUBMISSION_SECONDS
from wan27.journal.states import ABANDONABLE, OPEN, UNDECIDED, State
from wan27.money import PRICES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
HEADLESS = (ROOT / "docs" / "headless.md").read_text("utf-8")
RELIABILITY = (ROOT / "docs" / "reliability.md").read_text("utf-8")
# A folder ends with a slash, a file with the suffix of a source or a text.
PATH = r"(?:[\w-]+/)+(?:[\w.-]+\.\w+)?|[\w-]+\.(?:css|js|json|md|mjs|py)"
OF_A_USER = (
    "credentials.json",
    "demo/",
    "durations.json",
    "output/",
    "serving/",
    "settings.json",
    "submissions/",
    "thumbnails/",
    "user/",
    "workflows/",
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
    """A host's row has the price of each resolution, and the day on which it was read."""
    rows = {"ppio": r"\[PPIO\]", "alibaba": r"\[Alibaba\]", "alibaba-cn": "Alibaba, Beijing"}
    assert set(rows) == {host for host, _ in PRICES} - {"simulator"}
    for host, start in rows.items():
        (row,) = re.findall(rf"^\| {start}.*$", README, re.MULTILINE)
        prices = [PRICES[host, "720P"], PRICES[host, "1080P"]]
        assert [] == [price for price in prices if f"{price} a second" not in row]
        assert prices[0].as_of in row


def test_every_setting_is_in_the_readme():
    """Each variable that the code reads as a setting or a key has a row, and no other has one."""
    table = README.partition("| setting | variable | meaning |")[2].partition("\n\n")[0]
    cells = [row.split("|")[2] for row in table.splitlines() if row]
    rows = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    schema = (ROOT / "host" / "settings" / "schema.py").read_text("utf-8")
    own_page = (ROOT / "host" / "page" / "own_page.py").read_text("utf-8")
    settings = re.findall(r'Setting\("(\w+)"', schema) + re.findall(r'VARIABLE = "(\w+)"', own_page)
    documented = {name for name in rows if name.startswith("WAN27_") or name.endswith("_API_KEY")}
    assert {*settings, *(host.key_variable for host in HOSTS)} == documented


def test_every_route_in_a_document_exists():
    """A headless user copies it."""
    routes = (ROOT / "host" / "page" / "routes.py").read_text("utf-8")
    quoted = re.findall(r"(?<![a-z])/wan27/(?:tasks|journal)\b[a-z/]*", HEADLESS + RELIABILITY)
    assert quoted
    assert [] == [route for route in quoted if f'"{route}"' not in routes]


def test_the_states_in_the_reliability_page_are_those_of_the_table():
    """Closed ones are submitted by a Run, and a person decides about the undecided ones."""
    table = RELIABILITY.partition("| state |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]
    states = {State(row[0].strip("`")): row for row in rows}
    assert {*State} == {*states}
    assert {*State} - {*OPEN} == {state for state, row in states.items() if row[2] == "submits it"}
    assert {*UNDECIDED} == {state for state, row in states.items() if "name its task" in row[3]}
    assert {*ABANDONABLE} == {state for state, row in states.items() if "submit again" in row[3]}


def test_the_longest_wait_for_a_sender_is_that_of_the_code():
    """Where a lock says nothing, a Run waits this long."""
    assert f"({LONGEST_SUBMISSION_SECONDS / 60:.0f} minutes" in RELIABILITY


def test_a_decision_has_six_lines():
    """At most, so that a new engineer reads them all."""
    sections = (ROOT / "docs" / "decisions.md").read_text("utf-8").split("\n## ")[1:]
    assert sections
    assert [] == [text for text in sections if len(text.strip().splitlines()) > 7]


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

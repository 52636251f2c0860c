"""The help pages are made from our texts, complete in every language, and served by ComfyUI."""

from __future__ import annotations

import re

import pytest

from scripts.environment import PACK_FOLDER
from scripts.help_pages import DOCS, HELP, OPTIONAL, SOCKETS, Texts, pages

from ..test_locales import LANGUAGES, kept, texts_of

ENGLISH = texts_of(HELP / "en.json")


def test_the_pages_are_what_the_script_makes():
    """After a change of a tooltip or of the help, run `python -m scripts.help_pages`."""
    assert pages() == {
        path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in DOCS.rglob("*.md")
    }


def test_the_help_exists_in_every_language():
    """ComfyUI requests a page in the user's language first, and logs an error without one."""
    assert sorted(["en", *LANGUAGES]) == sorted(path.stem for path in HELP.iterdir())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing_superfluous_or_empty(language):
    """Each language has the sentences of the English file, in its order."""
    translated = texts_of(HELP / f"{language}.json")
    assert list(ENGLISH) == list(translated)
    assert [] == [
        keys for keys, text in translated.items() if not text.strip() or text != text.strip()
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_names_and_code_are_not_translated(language):
    """A translation has those of the English sentence, and one name in bold."""
    for keys, translated in texts_of(HELP / f"{language}.json").items():
        assert kept(ENGLISH[keys]) == kept(translated), keys
        assert sorted(re.findall("`[^`]+`", ENGLISH[keys])) == sorted(
            re.findall("`[^`]+`", translated)
        ), keys
        assert ENGLISH[keys].count("**") == translated.count("**"), keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_field_has_its_label_and_its_id(language):
    """The page shows the label, and an error names the id."""
    texts = Texts(language)
    for node_id, node in texts.nodes.items():
        page = texts.page(node_id)
        shown = {name: texts.label[name] for name in node["inputs"]}
        for name, label in shown.items():
            assert f"* **{label}**" + ("" if label == name else f" `{name}`") in page


def test_every_sentence_is_on_a_page():
    """A sentence that no page has is a leftover, in twelve languages."""
    words = Texts("en").words
    whole = "".join(pages().values())
    sentences = {keys: text.format(**words) for keys, text in ENGLISH.items() if keys[0] != "items"}
    assert [] == [keys for keys, text in sentences.items() if text not in whole]


def test_a_page_fits_a_narrow_panel():
    """No tables, which would be cut off, no unfilled name, and no Markdown shown as text."""
    lines = [(name, line) for name, page in pages().items() for line in page.splitlines()]
    assert [] == [line for line in lines if re.search(r"^\||\{\w+\}", line[1])]
    assert [] == [line for line in lines if re.search(r"\*\*[^*]*[^\w*]\*\*\w|(?<!\\)~", line[1])]


@pytest.mark.comfyui
def test_the_script_knows_the_nodes(server):
    """The sockets and those that may be left open, which the texts do not have."""
    info = server.object_info()
    nodes = {node_id: info[node_id] for node_id in info if node_id.startswith("Wan27")}
    inputs = [
        (node_id, group, *item)
        for node_id, node in nodes.items()
        for group, items in node["input"].items()
        for item in items.items()
    ]
    sockets = [tuple(names) for *names, spec in inputs if spec[0] in {"IMAGE", "AUDIO", "VIDEO"}]
    assert set(SOCKETS) == {name for _, _, name in sockets}
    clips = {"first_clip", "clip_frames"}  # of these, one input is needed
    optional = [(node_id, name) for node_id, group, name in sockets if group == "optional"]
    assert sorted(OPTIONAL) == sorted(pair for pair in optional if pair[1] not in clips)


@pytest.mark.comfyui
def test_comfyui_serves_every_page(server):
    """Those of each language, and those without one."""
    for name, text in pages().items():
        assert text == server.get_bytes(f"/extensions/{PACK_FOLDER}/docs/{name}").decode()

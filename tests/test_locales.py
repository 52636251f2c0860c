"""The languages have the same keys, keep numbers and names, and are served by ComfyUI."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

LOCALES = Path(__file__).parent.parent / "locales"
# ComfyUI's own codes, without English, which they translate.
LANGUAGES = ["ar", "de", "es", "fr", "ja", "ko", "pt-BR", "ru", "tr", "zh", "zh-TW"]
FILES = ["commands.json", "main.json", "nodeDefs.json", "settings.json"]
BY_COMFYUI = ["commands.json", "nodeDefs.json", "settings.json"]  # the other is read by our page
UNTRANSLATED = (
    r"\{[\w[\]]+\}|WAN27_\w+|PNG|JPEG|\bmp[34]\b|\bmov\b|\bwav\b|https|float32"
    r"|JieKou|Novita|PPIO|\b\w+://|output/\w+|¥"
)


def texts(language, file):
    """Return every text of a language's file by its path of keys."""
    return texts_of(LOCALES / language / file)


def texts_of(path):
    """Return every text of a file by its path of keys."""
    found = {}

    def walk(node, keys):
        if isinstance(node, str):
            found[keys] = node
        else:
            for key, value in node.items():
                walk(value, (*keys, key))

    walk(json.loads(path.read_text("utf-8")), ())
    return found


def test_the_languages_are_those_of_comfyui():
    """A folder with another code would not be read."""
    found = {path.name: sorted(file.name for file in path.iterdir()) for path in LOCALES.iterdir()}
    assert dict.fromkeys(["en", *LANGUAGES], FILES) == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_superfluous_or_empty(language):
    """Each file has the keys of the English one, in its order, and a text for each."""
    for file in FILES:
        translated = texts(language, file)
        assert list(texts("en", file)) == list(translated), file
        assert [] == [path for path, text in translated.items() if not text or text != text.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_and_names_are_not_translated(language):
    """Settings, formats, hosts and placeholders too are as often in a translation."""
    for file in FILES:
        translated = texts(language, file)
        for path, english in texts("en", file).items():
            assert kept(english) == kept(translated[path]), (file, path)


def kept(text):
    """Return the parts that are not translated, in any order."""
    return sorted(re.findall(UNTRANSLATED, text, re.ASCII)), sorted(re.findall(r"\d+", text))


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_text_is_syntax_to_comfyuis_page(language):
    """It reads these with vue-i18n, in which braces, @ and | have a meaning."""
    found = [text for file in BY_COMFYUI for text in texts(language, file).values()]
    assert [] == [text for text in found if re.search(r"[{}@|]", text)]


def test_no_line_of_french_begins_with_a_sign():
    """The space before it does not break, in the help pages either."""
    files = [*LOCALES.glob("fr/*.json"), *LOCALES.parent.glob("web/docs/*/fr.md")]
    french = "\n".join(file.read_text("utf-8") for file in files)
    assert [] == re.findall(r".{9} [;:?!»]|« .{9}", french)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_has_one_translation(language):
    """The nodes share inputs, and one thing has one word."""
    translated, by_english = texts(language, "nodeDefs.json"), defaultdict(set)
    for path, english in texts("en", "nodeDefs.json").items():
        by_english[english].add(translated[path])
    assert [] == [english for english, found in by_english.items() if len(found) > 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_node_has_one_name_everywhere(language):
    """The page and the tooltips call Task Poll by its name in that language."""
    nodes, page = texts(language, "nodeDefs.json"), texts(language, "main.json")
    names = {path[0]: text for path, text in nodes.items() if path[1:] == ("display_name",)}
    assert [] == [name for name in names.values() if not name.startswith("Wan27 ")]
    task_poll = names["Wan27TaskPoll"].removeprefix("Wan27 ")
    assert task_poll in page["wan27", "collect_hint"]
    assert task_poll in nodes["Wan27ImageToVideo", "inputs", "wait", "tooltip"]


@pytest.mark.comfyui
def test_the_english_texts_are_the_nodes_own(server):
    """After a change of a tooltip, run `python -m scripts.node_texts`, which writes the file."""
    from scripts.node_texts import node_texts  # noqa: PLC0415 - needs psutil, which ComfyUI has

    written = json.loads((LOCALES / "en" / "nodeDefs.json").read_text("utf-8"))
    assert node_texts(server.object_info()) == written


@pytest.mark.comfyui
def test_comfyui_serves_every_language(server):
    """Its route for translations has all four files for each language's code."""
    served = server.get("/i18n")
    for language in ["en", *LANGUAGES]:
        folder = LOCALES / language
        expected = json.loads((folder / "main.json").read_text("utf-8"))
        for name in BY_COMFYUI:
            expected[name.removesuffix(".json")] = json.loads((folder / name).read_text("utf-8"))
        assert expected == {name: served[language][name] for name in expected}, language


@pytest.mark.comfyui
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_node_is_found_by_the_words_of_its_title(server, language):
    """ComfyUI's search misses the end of a long title, and its page has no German."""
    info = server.object_info()
    for path, title in texts(language, "nodeDefs.json").items():
        if path[1:] == ("display_name",):
            name, _, key = title[6:].replace("İ", "i").rstrip(")").partition(" (")
            aliases = {alias.lower() for alias in info[path[0]]["search_aliases"]}
            assert {name.lower(), (key or name).lower()} <= aliases, title

"""The languages: the same keys in each, nothing lost that is no language (numbers, names of fields, placeholders), and ComfyUI serves them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

LOCALES = Path(__file__).parent.parent / "locales"
LANGUAGES = [
    "ar",
    "de",
    "es",
    "fr",
    "ja",
    "ko",
    "pt-BR",
    "ru",
    "tr",
    "zh",
    "zh-TW",
]  # ComfyUI's own codes; English is what they translate
FILES = ["commands.json", "main.json", "nodeDefs.json", "settings.json"]
UNTRANSLATED = r"\{\w+\}|WAN27_\w+|\b[a-z0-9]+_[a-z_]+\b|PNG|JPEG|\bmp[34]\b|\bmov\b|\bwav\b|https|float32|JieKou|Novita|PPIO|\b\w+://|output/\w+|¥"


def texts(language, file):
    """Every text of one of a language's files by its path of keys."""
    return texts_of(LOCALES / language / file)


def texts_of(path):
    """Every text of a file by its path of keys."""
    found = {}

    def walk(node, keys):
        if isinstance(node, str):
            found[keys] = node
        else:
            for key, value in node.items():
                walk(value, (*keys, key))

    walk(json.loads(path.read_text("utf-8")), ())
    return found


def test_the_languages_are_these():
    """A folder under another code would never be read."""
    assert ["en", *LANGUAGES] == sorted(
        (path.name for path in LOCALES.iterdir()), key=lambda code: (code != "en", code)
    )
    assert dict.fromkeys(["en", *LANGUAGES], FILES) == {
        path.name: sorted(file.name for file in path.iterdir()) for path in LOCALES.iterdir()
    }


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_superfluous_or_empty(language, file):
    """Each language has the keys of the English file, in its order, and says something under each."""
    translated = texts(language, file)
    assert list(texts("en", file)) == list(translated)
    assert [] == [
        path for path, text in translated.items() if not text.strip() or text != text.strip()
    ]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_language_is_kept(language, file):
    """Numbers, names of fields and settings, formats, hosts and placeholders are in a translation as often as in the English text."""
    translated = texts(language, file)
    for path, english in texts("en", file).items():
        assert kept(english) == kept(translated[path]), path


def kept(text):
    """The pieces that stay as they are, in any order, since languages have their own."""
    return sorted(re.findall(UNTRANSLATED, text, re.ASCII)), sorted(re.findall(r"\d+", text))


@pytest.mark.parametrize("file", ["commands.json", "nodeDefs.json", "settings.json"])
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_nothing_is_syntax_to_comfyuis_page(language, file):
    """It reads these with vue-i18n, where braces, @ and | have a meaning; our own page fills in `{names}` by itself."""
    assert [] == [text for text in texts(language, file).values() if re.search(r"[{}@|]", text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_is_translated_alike(language):
    """The nodes share inputs, and a word for one thing is one word."""
    translated, by_english = texts(language, "nodeDefs.json"), defaultdict(set)
    for path, english in texts("en", "nodeDefs.json").items():
        by_english[english].add(translated[path])
    assert [] == [english for english, found in by_english.items() if len(found) > 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_node_is_called_alike_everywhere(language):
    """The page says "Task Poll" by the name that the node has in that language."""
    names = {
        path[0]: text
        for path, text in texts(language, "nodeDefs.json").items()
        if path[1:] == ("display_name",)
    }
    assert [] == [name for name in names.values() if not name.startswith("Wan 2.7 ")]
    task_poll = names["Wan27TaskPoll"].removeprefix("Wan 2.7 ")
    assert task_poll in texts(language, "main.json")["wan27", "collect_hint"]
    assert (
        task_poll
        in texts(language, "nodeDefs.json")["Wan27ImageToVideo", "inputs", "wait", "tooltip"]
    )


@pytest.mark.comfyui
def test_the_english_texts_are_the_nodes_own(server):
    """The file is written by `python -m scripts.node_texts`, and must be again after a change of a tooltip."""
    from scripts.node_texts import node_texts  # noqa: PLC0415 - psutil, which only a ComfyUI brings

    assert node_texts(server.object_info()) == json.loads(
        (LOCALES / "en" / "nodeDefs.json").read_text("utf-8")
    )


@pytest.mark.comfyui
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_comfyui_serves_every_language(server, language):
    """Its route for translations has all four files under the language's code."""
    served = server.get("/i18n")[language]
    expected = json.loads((LOCALES / language / "main.json").read_text("utf-8"))
    for name in ("commands", "nodeDefs", "settings"):
        expected[name] = json.loads((LOCALES / language / f"{name}.json").read_text("utf-8"))
    assert expected == {name: served[name] for name in expected}

"""The texts of the nodes in other languages: made from one source each, with the pack's limits."""

from __future__ import annotations

import re

import pytest

from scripts import translations
from scripts.environment import ROOT
from scripts.help_pages import HELP
from scripts.translations import LOCALES, SOURCES, labels, languages, read, translated
from wan27 import limits, money

from ..test_locales import LANGUAGES, texts, texts_of

ENGLISH = read(LOCALES / "en" / "nodeDefs.json")


def test_every_language_has_a_source():
    """English has none: its texts are those of the nodes."""
    assert sorted(LANGUAGES) == languages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_what_the_script_makes(language):
    """After a change of a tooltip, a limit or a price: `python -m scripts.node_texts`."""
    assert translated(language, ENGLISH) == read(LOCALES / language / "nodeDefs.json")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_a_source_is_unused_or_empty(language):
    """Each text reaches a node."""
    whole = translated(language, ENGLISH)
    inputs = {name for node in whole.values() for name in node["inputs"]}
    outputs = {"frames", "audio", "fps", "video", "last_frame", "task_id"}
    used = {
        "labels": inputs | outputs,
        "nodes": set(whole),
        "inputs": inputs,
        "outputs": outputs,
        "rules": {"frame", "clip", "audio"},
    }
    source = read(SOURCES / f"{language}.json")
    assert used == {section: set(source[section]) for section in source}
    texts = texts_of(SOURCES / f"{language}.json")
    assert [] == [keys for keys, text in texts.items() if not text.strip() or text != text.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_field_is_named_by_its_label(language):
    """A tooltip, the help and the search name it as the page shows it, and no two look alike.

    The search has too little room for the label of a task id in each language.
    """
    shown, tooltips = labels(language), texts(language, "nodeDefs.json")
    assert len(shown) == len(set(shown.values()))
    for keys, english in texts_of(LOCALES / "en" / "nodeDefs.json").items():
        named = [name for name in words(english) & set(shown) if "_" in name]
        assert [] == [name for name in named if shown[name] not in tooltips[keys]], keys
    ids = {name for name, label in shown.items() if label != name}
    named_by_id = [*tooltips.values(), *texts_of(HELP / f"{language}.json").values()]
    assert [] == [text for text in named_by_id if ids & words(text)]
    search = texts(language, "main.json")["wan27", "search"].lower()
    searched = [shown[name].lower() for name in ("prompt", "seed")]
    assert [] == [label for label in searched if label not in search]


def words(text):
    """Return the words that could be the id of a field, without the placeholders of labels."""
    return set(re.findall(r"(?<!\[)\b[a-z_]+\b", text, re.ASCII))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_limit_and_price_is_taken_from_the_table(language, monkeypatch):
    """With other limits and prices the texts name those; the help names the range of seed."""
    names = [name for name in translations.limit_texts() if not name.endswith("_seed")]
    values = {name: f"<{name}>" for name in names}
    monkeypatch.setattr(translations, "limit_texts", values.copy)
    whole = str(translated(language, ENGLISH))
    assert [] == [value for value in values.values() if value not in whole]


def test_the_readme_has_the_prices_of_the_table():
    """And the day on which they were read."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [] == [text for text in _prices() if text not in readme]


def _prices():
    """Return each published price, and the day on which it was read."""
    published = [price for price in money.PRICES.values() if price.as_of]
    return {text for price in published for text in (str(price), price.as_of)}


@pytest.mark.parametrize(
    "name", ["example_workflows/Wan27 Talking Head.json", "subgraphs/Wan27 Talking Head.json"]
)
def test_the_talking_heads_name_the_limit_of_the_audio(name):
    """Templates and blueprints are files that ComfyUI reads as they are."""
    text = (ROOT / name).read_text("utf-8")
    assert f"a recording of {limits.MEDIA['driving_audio'].seconds_text}." in text

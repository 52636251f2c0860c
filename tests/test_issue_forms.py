"""The issue forms follow GitHub's rules: it shows no form, and no error, if they do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML comes with ComfyUI")

FOLDER = Path(__file__).parent.parent / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(set(FOLDER.glob("*.yml")) - {FOLDER / "config.yml"})
ATTRIBUTES = {
    "markdown": {"value"},
    "textarea": {"label", "description", "placeholder", "value", "render"},
    "input": {"label", "description", "placeholder", "value"},
    "dropdown": {"label", "description", "multiple", "options", "default"},
    "checkboxes": {"label", "description", "options"},
}


def test_there_is_a_form_for_bugs_hosts_and_wishes():
    """There is no way around them, except for what is not an issue of this pack."""
    assert ["bug.yml", "host.yml", "wish.yml"] == [path.name for path in FORMS]
    config = yaml.safe_load((FOLDER / "config.yml").read_text("utf-8"))
    assert {"blank_issues_enabled", "contact_links"} == set(config)
    assert [] == [link for link in config["contact_links"] if set(link) != {"name", "url", "about"}]
    assert "security/advisories/new" in config["contact_links"][0]["url"]


@pytest.fixture(params=FORMS, ids=lambda path: path.name)
def form(request):
    return yaml.safe_load(request.param.read_text("utf-8"))


def test_a_form_has_what_github_requires(form):
    """A name, a description and a question."""
    assert {"name", "description", "labels", "body"} == set(form)
    assert [] != [field for field in form["body"] if field["type"] != "markdown"]


def test_every_field_of_a_form_is_known_to_github(form):
    """Types, their attributes, and unique ids and labels."""
    for field in form["body"]:
        assert set(field) <= {"type", "id", "attributes", "validations"}
        assert field["attributes"].keys() <= ATTRIBUTES[field["type"]]
        assert field.get("validations", {}).keys() <= {"required"}
        assert "markdown" == field["type"] or field["attributes"]["label"]
    for kind in (
        [field["id"] for field in form["body"] if "id" in field],
        [field["attributes"].get("label") for field in form["body"]],
    ):
        assert len(kind) == len(set(kind))
        assert [] == [name for name in kind if name and not re.match(r"[\w-]", name)]


def test_every_choice_of_a_form_can_be_selected(form):
    """The options of a list are different texts; a box has a label."""
    for field in form["body"]:
        options = field["attributes"].get("options", [])
        if field["type"] == "dropdown":
            assert all(isinstance(option, str) for option in options)
            assert "none" not in [option.lower() for option in options]
            assert len(options) == len(set(options)) > 1
        if field["type"] == "checkboxes":
            assert [] == [option for option in options if not option["label"]]

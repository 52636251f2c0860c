"""The forms for issues: GitHub shows a form only where it follows these rules, and nobody is told where it does not."""

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


def test_there_is_a_form_for_faults_and_one_for_wishes():
    """And no way around them, but for what is no issue of this pack."""
    assert ["bug.yml", "wish.yml"] == [path.name for path in FORMS]
    config = yaml.safe_load((FOLDER / "config.yml").read_text("utf-8"))
    assert {"blank_issues_enabled", "contact_links"} == set(config)
    assert [] == [link for link in config["contact_links"] if set(link) != {"name", "url", "about"}]
    assert "security/advisories/new" in config["contact_links"][0]["url"]


@pytest.fixture(params=FORMS, ids=lambda path: path.name)
def form(request):
    return yaml.safe_load(request.param.read_text("utf-8"))


def test_a_form_says_what_it_is_for_and_asks_something(form):
    """A name, a description and a question are what GitHub wants at least."""
    assert {"name", "description", "labels", "body"} == set(form)
    assert [] != [field for field in form["body"] if field["type"] != "markdown"]


def test_every_field_of_a_form_is_one_that_github_knows(form):
    """Types, their attributes, and ids and labels that stand for one field each."""
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


def test_every_choice_of_a_form_can_be_made(form):
    """Options of a list are texts that differ; a box has a label."""
    for field in form["body"]:
        options = field["attributes"].get("options", [])
        if field["type"] == "dropdown":
            assert [] == [
                option
                for option in options
                if not isinstance(option, str) or option.lower() == "none"
            ]
            assert len(options) == len(set(options)) > 1
        assert "checkboxes" != field["type"] or [] == [
            option for option in options if not option["label"]
        ]

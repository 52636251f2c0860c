"""Two copies of the pack in one ComfyUI: one by its Manager and one by git."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from scripts.environment import PACK_FOLDER, ROOT

from .conftest import new_context
from .editor import Editor

pytestmark = pytest.mark.comfyui

MANAGED = "comfyui-wan27"


def test_the_page_says_which_of_two_copies_to_remove(start_server, browser):
    """It works meanwhile, and has each template and blueprint once."""
    own = dict.fromkeys((PACK_FOLDER, MANAGED), ROOT)
    server = start_server(env={"WAN27_HOST": "simulator"}, own=own)
    templates = {name for name in own if name in server.get("/workflow_templates")}
    assert 1 == len(templates)
    blueprints = server.get("/api/global_subgraphs").values()
    packs = {each["info"]["node_pack"] for each in blueprints if "Wan27" in each["name"]}
    assert {f"custom_nodes.{name}" for name in templates} == packs
    used, unused = *templates, *(own.keys() - templates)
    with new_context(browser) as context:
        editor = Editor(context.new_page(), server, nodes_2=True)
        card = editor.page.locator(".wan27-card", has_text="installed twice")
        expect(card).to_have_count(1)
        expect(card).to_contain_text(f"{unused}, keep")
        expect(card).to_contain_text(f"{used}, then restart ComfyUI")
        card.get_by_label("Dismiss").click()
        expect(card).to_have_count(0)
        editor.command("Comfy.BrowseTemplates")
        shown = editor.page.get_by_test_id("template-workflow-Wan27 Image to Video")
        expect(shown).to_have_count(1)
        assert [] == editor.faults

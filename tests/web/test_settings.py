"""The settings in the page, and its languages: they lie beside the graph, so one renderer will do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import both_front_ends

pytestmark = pytest.mark.comfyui

LOCALES = Path(__file__).parent.parent.parent / "locales"


def french():
    return json.loads((LOCALES / "fr" / "main.json").read_text("utf-8"))["wan27"]


@both_front_ends
def test_comfyuis_settings_lead_to_ours_and_an_error_stands_at_its_field(editor):
    """Typing works above ComfyUI's own dialog, which holds on to the focus; what the server refuses is told where it was typed."""
    page = editor.page
    editor.command("Comfy.ShowSettingsDialog")
    page.locator("[role=dialog]").get_by_text("Wan 2.7", exact=True).first.click()
    page.get_by_role("button", name="Open the settings").click()
    page.click("#wan27-WAN27_MAX_COST")
    page.keyboard.type("lots")
    page.keyboard.press("Tab")
    said = page.locator("#wan27-WAN27_MAX_COST-said")
    expect(said).to_contain_text("give a number")
    page.fill("#wan27-WAN27_MAX_COST", "")
    page.keyboard.press("Tab")
    expect(said).to_have_text("Saved.")


def test_what_the_environment_says_is_shown_as_locked(editor, host):
    """With its value, and with the name of the variable to change."""
    editor.command("Wan27.Settings")
    field = editor.page.locator("#wan27-WAN27_BASE_URL")
    expect(field).to_be_disabled()
    assert host.base_url == field.input_value()
    expect(editor.page.locator("#wan27-WAN27_BASE_URL-help")).to_contain_text("environment variable WAN27_BASE_URL")


def test_the_hint_of_the_first_minute_switches_to_the_simulator(editor, comfy):
    """One click, and Runs are free; nothing is asked of the user but that."""
    editor.load("image_to_video")
    editor.page.locator(".wan27-card").get_by_role("button", name="Try it free with the simulator").click()
    editor.wait_for_badge("Simulator")
    assert "simulator" == comfy.get("/wan27/settings")["host"]["name"]
    comfy.post("/wan27/settings", {"WAN27_HOST": None})


@both_front_ends
def test_the_page_speaks_the_language_of_comfyui(ready, comfy):
    """Its texts come from the pack's own locales, after a reload and at once when the language is chosen."""
    ready.open_tasks()
    try:
        ready.page.evaluate("() => app.extensionManager.setting.set('Comfy.Locale', 'fr')")
        title = ready.page.locator(".wan27-tasks h2")
        expect(title).to_have_text(french()["tasks"])
        ready.wait_for_badge(french()["about"].replace("{amount}", "¥1.20"))
        ready.reload()
        ready.open_tasks()
        expect(title).to_have_text(french()["tasks"])
    finally:
        comfy.post("/settings/Comfy.Locale", body="en")


@both_front_ends
def test_the_help_of_a_node_is_there_with_its_picture(ready):
    """ComfyUI shows it beside the graph, and the picture loads."""
    ready.page.evaluate(f"() => app.canvas.selectNode({ready.node()})")
    ready.page.get_by_test_id("info-button").click()
    expect(ready.page.get_by_role("heading", name="Wan 2.7 Image to Video", level=1)).to_be_visible()
    ready.page.wait_for_function(
        "() => [...document.images].some(({src, naturalWidth}) => src.endsWith('/docs/Wan27ImageToVideo.jpg') && naturalWidth)"
    )

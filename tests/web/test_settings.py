"""The settings dialog, the onboarding card and the page's languages, in one renderer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from PIL import Image
from playwright.sync_api import expect

from scripts.translations import labels
from tests.simulator import Fault

from .conftest import KEY, both_front_ends

pytestmark = pytest.mark.comfyui

LOCALES = Path(__file__).parent.parent.parent / "locales"
NEGATIVE_PROMPT = """({widgets}) => {
  const {label, element} = widgets.find(({name}) => name === "negative_prompt");
  return [label, element.placeholder];
}"""
HELP_IMAGE_LOADS = """() => [...document.images].some(
  ({src, naturalWidth}) => src.endsWith("/docs/Wan27ImageToVideo.jpg") && naturalWidth,
)"""

ADD_NODE = "() => app.graph.add(LiteGraph.createNode('Wan27ImageToVideo'))"
LAST_NODE = "app.graph.nodes.at(-1)"


def french():
    """Return the French texts of the page."""
    return json.loads((LOCALES / "fr" / "main.json").read_text("utf-8"))["wan27"]


@both_front_ends
def test_comfyuis_settings_open_ours_and_an_error_is_shown_at_its_field(editor):
    """Typing works above ComfyUI's own dialog, which traps the focus."""
    page = editor.page
    editor.command("Comfy.ShowSettingsDialog")
    page.locator("[role=dialog]").get_by_text("Wan27", exact=True).first.click()
    page.get_by_role("button", name="Open the settings").click()
    page.get_by_text("More settings").click()
    page.click("#wan27-WAN27_MAX_COST")
    page.keyboard.type("lots")
    page.keyboard.press("Tab")
    result = page.locator("#wan27-WAN27_MAX_COST-result")
    expect(result).to_contain_text("Set a number of 0 or more")
    page.fill("#wan27-WAN27_MAX_COST", "")
    page.keyboard.press("Tab")
    expect(result).to_have_text("Saved.")

    page.set_viewport_size({"width": 1100, "height": 700})
    key = page.locator("#wan27-PPIO_API_KEY")
    key.evaluate("(field) => field.scrollIntoView({block: 'end'})")
    key.fill(KEY)
    page.keyboard.press("Enter")
    expect(page.locator(".wan27-result", has_text="Saved.").first).to_be_in_viewport()


def test_a_setting_of_the_environment_is_locked(editor, host):
    """It shows the value, and the name of the variable to change."""
    editor.command("Wan27.Settings")
    field = editor.page.locator("#wan27-WAN27_BASE_URL")
    expect(field).to_be_disabled()
    assert host.base_url == field.input_value()
    help_text = editor.page.locator("#wan27-WAN27_BASE_URL-help")
    expect(help_text).to_contain_text("environment variable WAN27_BASE_URL")


def test_a_page_that_may_not_write_says_so_before_a_key_is_typed(editor):
    """The server's message is at the top, as soon as the settings open."""
    refusal = {"status": 403, "json": {"error": "Open ComfyUI by its IP address."}}
    editor.page.route("**/wan27/pages", lambda route: route.fulfill(**refusal))
    editor.command("Wan27.Settings")
    status = editor.page.locator(".wan27-status p")
    expect(status).to_have_text("Open ComfyUI by its IP address.")


def test_without_a_key_the_node_offers_to_add_one_or_the_simulator(editor, comfy):
    """Escape keeps a typed key that is not saved. The simulator ends the error.

    A new node gives the room of the hint back.
    """
    page, hint = editor.page, "Wan27 needs an API key, or its free simulator."
    editor.load("Wan27 Image to Video")
    expect(page.locator(".wan27-card", has_text=hint)).to_be_visible()
    editor.panel.get_by_role("button", name="Add a key").click()
    key = page.locator("#wan27-DASHSCOPE_API_KEY")
    expect(key).to_be_focused()
    page.keyboard.type("typed")
    page.keyboard.press("Escape")
    expect(key).to_have_value("typed")
    key.fill("")
    page.keyboard.press("Escape")
    expect(page.locator(".wan27-dialog")).to_have_count(0)
    editor.run()
    expect(page.locator(".wan27-card-error", has_text=hint)).to_be_visible()
    editor.panel.get_by_role("button", name="Try the simulator, free").click()
    editor.wait_for_badge("Simulator")
    expect(page.locator(".wan27-card")).to_have_count(0)
    expect(editor.panel).to_be_hidden()
    assert "simulator" == comfy.get("/wan27/settings")["host"]["name"]
    comfy.post("/wan27/settings", {"WAN27_HOST": None})
    editor.wait_for_badge("no API key")  # in a tab that did not change it

    page.evaluate(ADD_NODE)
    page.wait_for_function(f"() => {LAST_NODE}.size[1] > 560")  # with the hint
    tall = page.evaluate(f"() => {LAST_NODE}.size[1]")
    editor.command("Wan27.Settings")
    dialog = page.locator(".wan27-dialog")
    dialog.get_by_role("button", name="Try the simulator, free").click()
    expect(page.locator(".wan27-status p")).to_have_text("A Run uses Simulator.")
    expect(dialog.get_by_role("button", name="Add a key")).to_be_visible()  # and none to check
    expect(dialog.get_by_role("button", name="Check the key")).to_be_hidden()
    page.keyboard.press("Escape")  # with the focus on a button that is gone
    expect(dialog).to_have_count(0)
    page.wait_for_function(f"(tall) => {LAST_NODE}.size[1] < tall", arg=tall)
    comfy.post("/wan27/settings", {"WAN27_HOST": None})


def test_another_key_ends_the_error_of_a_refused_one(ready, comfy, host):
    """On the node and on the card: the next Run tells whether this one is accepted."""
    refusal = Fault(on="submit", do="status", status=403, reason="INVALID_API_KEY")
    host.script.faults.append(refusal)
    ready.run()
    expect(ready.page.locator(".wan27-card")).to_be_visible()
    expect(ready.panel).to_contain_text("Failed")
    comfy.post("/wan27/keys", {"name": "PPIO_API_KEY", "value": "sk-another"})
    expect(ready.panel).not_to_contain_text("Failed")
    expect(ready.page.locator(".wan27-card")).to_have_count(0)


def test_an_image_that_is_too_large_is_sent_as_jpeg_after_one_click(ready, comfy, host):
    """The card has the button and replaces that of an earlier error, and the setting stays."""
    refusal = Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE")
    host.script.faults.append(refusal)
    ready.run()
    expect(ready.page.locator(".wan27-card", has_text="Top up")).to_be_visible()
    noise = Image.effect_noise((2400, 2400), 100)
    Image.merge("RGB", [noise] * 3).save(comfy.base / "input" / "large.png")
    ready.load("Wan27 Image to Video", ["large.png"])
    ready.run()
    card = ready.page.locator(".wan27-card", has_text="can be sent inside a request")
    expect(card).to_be_visible()
    expect(ready.page.locator(".wan27-card")).to_have_count(1)
    card.get_by_role("button", name="Send as high-quality JPEG").click()
    expect(card).to_have_count(0)
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")
    assert host.submissions[-1]["image_url"].startswith("data:image/jpeg;base64,")
    comfy.post("/wan27/settings", {"WAN27_JPEG": None})


def test_an_error_that_a_setting_helps_with_opens_the_settings_there(ready):
    """Sound of one's own needs "Upload via", which is among the settings that are not shown."""
    ready.load("Wan27 Talking Head")
    ready.run()
    card = ready.page.locator(".wan27-card", has_text='Set "Upload via" in the settings')
    expect(ready.panel.get_by_role("button", name="Open the settings")).to_be_visible()
    card.get_by_role("button", name="Open the settings").click()
    expect(ready.page.locator("#wan27-WAN27_UPLOAD")).to_be_focused()
    expect(ready.page.locator("#wan27-WAN27_UPLOAD-help")).to_be_in_viewport()
    ready.page.keyboard.press("Escape")
    expect(ready.page.locator(".wan27-dialog")).to_have_count(0)


@both_front_ends
def test_the_page_uses_comfyuis_language(fresh):
    """It changes when the user chooses a language, and is the same after a reload."""
    fresh.open_tasks()
    try:
        fresh.choose_language("fr")
        title = fresh.page.locator(".wan27-tasks h2")
        expect(title).to_have_text(french()["tasks"])
        fresh.wait_for_badge(french()["about"].replace("{amount}", "¥1.20"))
        fresh.reload()
        fresh.open_tasks()
        expect(title).to_have_text(french()["tasks"])
        shown = fresh.page.evaluate(f"() => ({NEGATIVE_PROMPT})({fresh.node()})")
        assert [labels("fr")["negative_prompt"]] * 2 == shown
    finally:
        fresh.choose_language("en")


@both_front_ends
def test_the_help_of_a_node_is_shown_with_its_image(ready):
    """ComfyUI shows it beside the graph, and the image loads."""
    ready.page.evaluate(f"() => app.canvas.selectNode({ready.node()})")
    ready.page.get_by_test_id("info-button").click()
    title = ready.page.get_by_role("heading", name="Wan27 Image to Video (own key)", level=1)
    expect(title).to_be_visible()
    ready.page.wait_for_function(HELP_IMAGE_LOADS)

"""The page in a real browser, on a real ComfyUI, in both renderers; the host is the simulator on loopback.

`WAN27_FRONT_END_ROOT=…/comfyui_frontend_package/static` tests with another frontend than ComfyUI's own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect, sync_playwright

from scripts.picture import dusk
from wan27.simulator import Fault, Script, Simulator

pytestmark = pytest.mark.comfyui

ROOT = Path(__file__).parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
# With a graph: ComfyUI opens one of its own at the start, and would put it over ours.
READY = "() => !!(window.app?.vueAppReady && LiteGraph?.registered_node_types?.Wan27ImageToVideo && app.graph?.nodes?.length)"
NODE = "app.graph.nodes.find((node) => node.type === 'Wan27ImageToVideo')"
ONE_RENDERER = pytest.mark.parametrize("page", ["nodes 2.0"], indirect=True)  # for what is beside the graph
BADGES = f"() => {NODE}.badges.map((badge) => (badge instanceof LGraphBadge ? badge : badge()).text).join(' | ')"


@pytest.fixture(scope="module")
def host():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def comfy(start_server, host):
    """A ComfyUI without a key, on a disk of its own, with a picture to begin with."""
    front_end = os.environ.get("WAN27_FRONT_END_ROOT")
    server = start_server(env={"WAN27_BASE_URL": host.base_url}, args=("--front-end-root", front_end) if front_end else ())
    dusk().save(server.base / "input" / "example.png")
    server.post("/settings/Comfy.TutorialCompleted", body=True)
    return server


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("NO CHROMIUM, so the page was not tested")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(params=["canvas", "nodes 2.0"])
def page(request, comfy, host, browser):
    """The editor with the first template open, in one of the renderers, as a new user without a key has it."""
    host.replace_script(Script(queued_seconds=0, working_seconds=0))
    comfy.post("/settings/Comfy.VueNodes.Enabled", body=request.param != "canvas")
    comfy.post("/wan27/keys", {"name": "NOVITA_API_KEY", "value": None})
    context = browser.new_context(viewport={"width": 1500, "height": 950})
    page = context.new_page()
    page.set_default_timeout(15_000)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda line: faults.append(line.text) if line.type == "error" and "/extensions/" in line.location.get("url", "") else None,
    )
    page.goto(comfy.url)
    open_template(page, seed=len(host.tasks) + 1)
    yield page
    context.close()
    assert [] == faults


def open_template(page, seed):
    """Open it with a seed that no other test has: the journal would find its video."""
    page.wait_for_function(READY, timeout=60_000)
    workflow = json.loads((ROOT / "example_workflows" / "image_to_video.json").read_text("utf-8"))
    page.evaluate("(workflow) => app.loadGraphData(workflow)", workflow)
    page.evaluate(f"(seed) => {{ {NODE}.widgets.find(({{name}}) => name === 'seed').value = seed }}", seed)


def give_key(page, comfy):
    """Without the dialog, where the dialog is not what is tested."""
    comfy.post("/wan27/keys", {"name": "NOVITA_API_KEY", "value": "sk-canary-4d1f"})
    page.reload()


def run(page):
    page.click('[data-testid="queue-button"]')


def open_tasks(page):
    if not page.locator(".wan27-tasks").count():
        page.click("button:has(.pi-video)")


def first_task(page):
    return page.locator('.wan27-task[aria-posinset="1"]')


def test_a_key_is_pasted_once_and_the_node_says_what_a_run_costs(page):
    """The hint leads to the dialog; the key is gone from it once it is saved, and the badge knows the host at once."""
    page.wait_for_function(f"() => ({BADGES})().includes('no API key')")
    page.click(".wan27-card .wan27-button")
    page.fill("#wan27-NOVITA_API_KEY", "sk-canary-4d1f")
    page.keyboard.press("Enter")
    expect(page.locator(".wan27-status")).to_have_text("A Run uses Novita.")
    assert "" == page.input_value("#wan27-NOVITA_API_KEY")
    assert "sk-canary" not in page.content()
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => ({BADGES})().includes('Novita')")


@ONE_RENDERER
def test_comfyuis_settings_lead_to_ours_and_an_error_stands_at_its_field(page):
    """Typing works above ComfyUI's own dialog, which holds on to the focus; what the server refuses is told where it was typed."""
    page.locator(".wan27-card .wan27-icon").click()
    page.evaluate("() => app.extensionManager.command.execute('Comfy.ShowSettingsDialog')")
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


def test_a_seed_that_changes_by_itself_is_warned_of(page):
    """Each Run would be a new request, which is bought."""
    page.evaluate(f"() => {{ {NODE}.widgets.find(({{name}}) => name === 'seed').linkedWidgets[0].value = 'randomize' }}")
    assert "each Run buys a new video" in page.evaluate(BADGES)


def test_frames_are_decoded_only_where_somebody_takes_them(page):
    """The last link of `frames` switches decode_frames off, the first one on, and opening a workflow changes nothing."""
    widget = f"{NODE}.widgets.find(({{name}}) => name === 'decode_frames').value"
    assert page.evaluate(f"() => {widget}")
    page.evaluate(f"() => {NODE}.disconnectOutput(0)")
    page.wait_for_function(f"() => {widget} === false")
    page.evaluate(f"() => {NODE}.connect(0, app.graph.nodes.find((node) => node.type === 'ImageFromBatch'), 0)")
    page.wait_for_function(f"() => {widget} === true")
    page.evaluate(f"() => {{ {widget} = false; return app.loadGraphData(app.graph.serialize()) }}")
    assert page.evaluate(f"() => {widget}") is False


@ONE_RENDERER
def test_the_page_speaks_the_language_of_comfyui(page, comfy):
    """Its texts come from the pack's own locales."""
    comfy.post("/settings/Comfy.Locale", body="fr")
    page.reload()
    page.wait_for_function(READY, timeout=60_000)
    comfy.post("/settings/Comfy.Locale", body="en")
    open_tasks(page)
    french = json.loads((ROOT / "locales" / "fr" / "main.json").read_text("utf-8"))["wan27"]
    expect(page.locator(".wan27-tasks h2")).to_have_text(french["tasks"])


@ONE_RENDERER
def test_a_task_goes_on_through_a_reload_and_its_video_plays(page, comfy, host):
    """Run, see it in the list, reload, see it finish there without a click, play it, forget it."""
    host.script.working_seconds = 6
    give_key(page, comfy)
    open_template(page, seed=len(host.tasks) + 1)
    open_tasks(page)
    run(page)
    expect(first_task(page)).to_contain_text("Running")
    page.reload()
    page.wait_for_function(READY, timeout=60_000)
    open_tasks(page)
    expect(first_task(page)).to_contain_text("Finished", timeout=20_000)
    first_task(page).focus()
    page.keyboard.press("Enter")
    assert page.locator(".wan27-dialog video").evaluate(
        "(video) => new Promise((done) => { video.oncanplay = () => done(true); video.load() })"
    )
    page.keyboard.press("Escape")
    number = first_task(page).get_attribute("aria-labelledby")
    nodes = page.evaluate("() => app.graph.nodes.length")
    first_task(page).focus()
    page.keyboard.press("Delete")
    page.click(".wan27-danger")
    expect(page.locator(f"#{number}")).to_have_count(0)
    assert nodes == page.evaluate("() => app.graph.nodes.length")


@ONE_RENDERER
def test_a_cancelled_task_is_fetched_from_the_list(page, comfy, host):
    """A cancel leaves the task at the host; the list collects it without a Run."""
    host.script.working_seconds = 60
    give_key(page, comfy)
    open_template(page, seed=len(host.tasks) + 1)
    open_tasks(page)
    run(page)
    expect(first_task(page)).to_contain_text("Running")
    page.evaluate("() => app.api.interrupt()")
    for task in host.tasks:
        task.working_seconds = 0
    first_task(page).get_by_role("button", name=re.compile("Fetch")).click()
    expect(first_task(page)).to_contain_text("Finished", timeout=20_000)


@ONE_RENDERER
def test_an_error_is_told_with_what_helps(page, comfy, host):
    """The sentence stands on the page, with a button to the host's accounts."""
    host.script.faults.append(Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE"))
    give_key(page, comfy)
    open_template(page, seed=len(host.tasks) + 1)
    run(page)
    card = page.locator(".wan27-card", has_text="Top up")
    expect(card).to_be_visible()
    expect(card.get_by_role("button", name="Top up the account")).to_be_visible()

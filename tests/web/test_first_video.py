"""A new user's first clicks, in both front ends; the first video also in both renderers."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import both_front_ends, both_renderers, wait_for_clipboard

pytestmark = pytest.mark.comfyui

KEY = "sk-canary-4d1f"
TITLE = "Wan27 Image to Video (own key)"
PROGRESS = re.compile(r"Processing \d+ % · \d+ s · about \d+ s left · PPIO · about ¥1\.20")
GRAPH_ID = "() => (app.rootGraph ?? app.graph).id"
PLAYS = """async () => {
  const [video, second] = document.querySelectorAll("video");
  if (!video || second) return false;  // on the Save Video node alone
  video.muted = true;
  await video.play();
  return video.videoWidth > 0 && !video.paused;
}"""
# The panel has a border around its words, and no empty room.
FITS = """() => {
  const panel = document.querySelector('.wan27-panel');
  return panel.offsetHeight - panel.firstElementChild.offsetHeight <= 14;
}"""
# The box of Save Video, at its left edge, has one color from above its player to below it.
BOXED = """() => {
  const {canvas, ds} = app.canvas;
  const {pos: [x, y], size} = app.graph.nodes.find(({type}) => type === "SaveVideo");
  const scale = ds.scale * canvas.width / canvas.clientWidth;
  const color = (row) => canvas.getContext("2d").getImageData(
    (x + 3 + ds.offset[0]) * scale, (y + row + ds.offset[1]) * scale, 1, 1).data.join();
  return size[1] > 200 && color(10) === color(size[1] - 10);
}"""


@both_front_ends
def test_a_node_is_found_by_its_name_and_by_what_is_special_of_it(opened, comfy):
    """ComfyUI's partner nodes are called "Wan 2.7 Image to Video", too; ours has another title."""
    page = opened(KEY).page
    titles = [node["display_name"] for node in comfy.object_info().values()]
    assert 1 == titles.count(TITLE)
    for words in ("wan 2.7", "wan27", "own key", "clé", "свой ключ", "密钥", "novita", "alibaba"):
        page.evaluate("() => app.extensionManager.command.execute('Workspace.SearchBox.Toggle')")
        page.get_by_placeholder(re.compile("search|add a node", re.IGNORECASE)).last.fill(words)
        expect(page.get_by_text(TITLE).first).to_be_in_viewport()
        page.keyboard.press("Escape")


@both_front_ends
@both_renderers
def test_from_a_template_to_the_first_video(editor, host):
    """Key, cost, Run, status, a reload, the video and its task id; one video is bought."""
    page = editor.page
    host.script.working_seconds = 50  # until the page was reloaded, however long that takes
    editor.choose_template("Wan27 Image to Video")
    editor.wait_for_badge("no API key")
    editor.click_badge("no API key")
    page.fill("#wan27-PPIO_API_KEY", KEY)
    fields = page.locator(".wan27-field")
    before = [field.bounding_box() for field in fields.all()]
    page.keyboard.press("Enter")
    expect(page.locator(".wan27-status p")).to_have_text("A Run uses PPIO.")
    assert before == [field.bounding_box() for field in fields.all()]
    assert ("", False) == (page.input_value("#wan27-PPIO_API_KEY"), KEY in page.content())
    page.keyboard.press("Escape")
    editor.wait_for_badge("about ¥3.00 · PPIO")
    editor.set("duration", 2)
    editor.wait_for_badge("about ¥1.20 · PPIO")
    editor.set("seed", len(host.tasks) + 1)

    editor.run()
    expect(editor.panel).to_contain_text(PROGRESS)
    editor.reload()
    expect(editor.panel).to_contain_text("Processing")
    for task in host.tasks:
        task.working_seconds = 0
    expect(editor.panel).to_contain_text("Done · PPIO · about ¥1.20")
    task = list(host.tasks)[-1]
    page.wait_for_function(PLAYS)
    page.wait_for_function(f"() => {str(editor.nodes_2).lower()} || ({BOXED})()")
    page.wait_for_function(FITS)
    page.locator(".wan27-id").click()
    wait_for_clipboard(page, task.id)
    shown = editor.panel.inner_text()
    editor.reload()
    expect(editor.panel).to_have_text(shown)
    page.wait_for_function(PLAYS)
    open_again(editor)
    assert 1 == len(host.submissions)


def open_again(editor):
    """Open the workflow of the task beside a changed one, to which the user then returns."""
    page, seed, graph = editor.page, editor.get("seed"), editor.page.evaluate(GRAPH_ID)
    editor.set("seed", 4711)
    editor.open_tasks()
    editor.choose(editor.first_task, "Open workflow in new tab")
    page.wait_for_function(f"() => ({GRAPH_ID})() !== '{graph}'")
    expect(editor.panel).to_contain_text("Done · ")
    page.wait_for_function(PLAYS)
    assert (seed, 2) == (editor.get("seed"), editor.get("duration"))
    assert "camera glides" in editor.get("prompt")
    editor.command("Workspace.PreviousOpenedWorkflow")
    page.wait_for_function(f"() => ({GRAPH_ID})() === '{graph}'")
    expect(editor.panel).to_contain_text("Done · ")
    assert 4711 == editor.get("seed")


@both_renderers
def test_a_cancelled_task_keeps_running_and_is_bought_once(ready, host):
    """The node says so, an open list downloads the video, and the next Run finds it."""
    host.script.working_seconds = 60
    ready.run()
    expect(ready.panel).to_contain_text("Processing")
    ready.cancel()
    expect(ready.panel).to_contain_text("Stopped here.")
    ready.open_tasks()
    expect(ready.first_task).to_contain_text("Processing")
    for task in host.tasks:
        task.working_seconds = 0
    expect(ready.first_task).to_contain_text("Finished")
    ready.run()
    expect(ready.panel).to_contain_text("Done · nothing was bought")
    assert 1 == len(host.submissions)

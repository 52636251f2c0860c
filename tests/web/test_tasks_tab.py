"""The sidebar tab with all tasks, in one renderer."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.simulator import Fault

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import wait_for_clipboard

pytestmark = pytest.mark.comfyui

LOCALES = Path(__file__).parent.parent.parent / "locales"
MANY = 10_000
OLD = """INSERT INTO entries (host, state, task_id, mode, parameters, seconds, cost, uploads,
    created, updated, path, size, sha256, error, thumbnail, attached, forgotten)
VALUES ('ppio', 'failed', ?, 'first_frame', ?, 5, '', '[]', ?, ?, '', 0, '', '', '', 0, 0)"""
HAS_THUMBNAIL = "() => document.querySelector('.wan27-task img').naturalWidth > 0"
CAN_PLAY = "(video) => new Promise((done) => { video.oncanplay = () => done(true); video.load() })"
POLLS = """() => app.graph.nodes
  .filter(({type}) => type === 'Wan27TaskPoll')
  .map((node) => [node.widgets[0].value, node.getOutputNodes(3)[0].type])"""
OVERLAPS = """() => app.graph.nodes.flatMap(({id, pos: [x, y], size: [width, height]}) =>
  app.graph.nodes
    .filter(({id: other, pos, size}) => other > id && pos[0] < x + width && x < pos[0] + size[0]
      && pos[1] < y + height && y < pos[1] + size[1])
    .map((other) => [id, other.id]))"""
# The room below the buttons of the question, what is cut of it, and of what one can search for.
FITS = """([width, search]) => {
  const list = document.querySelector('.wan27-tasks');
  const row = list?.querySelector('.wan27-task');
  const [question, buttons] = ['.wan27-question', '.wan27-decisions'].map((name) =>
    row?.querySelector(name));
  if (!question || !buttons) return false;  // the list is made again for another language
  list.style.width = `${width}px`;
  const below = row.getBoundingClientRect().bottom - buttons.getBoundingClientRect().bottom;
  const isCut = (element) => element.scrollHeight > element.clientHeight;
  const field = document.querySelector('.wan27-search input');
  const words = document.createElement('canvas').getContext('2d');
  words.font = getComputedStyle(field).font;
  const room = field.clientWidth - 2 * parseFloat(getComputedStyle(field).paddingLeft);
  return Math.abs(below - 8) < 1 && !isCut(question) && !isCut(buttons)
    && field.placeholder === search && words.measureText(search).width <= room;
}"""
FOCUSED = "Number(document.activeElement?.closest('.wan27-task')?.getAttribute('aria-posinset'))"


def buy(ready):
    """Buy one video with the list open."""
    ready.open_tasks()
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")
    expect(ready.first_task).to_contain_text("now")
    expect(ready.first_task).to_contain_text("Finished")


def focused(page):
    """Return the number, from 1, of the task that the keyboard is on."""
    return page.evaluate(f"() => {FOCUSED}")


def watch(ready, task, task_id):
    """Look at the video where the pointer is, play it by a click and by Enter, and save it."""
    page = ready.page
    preview, thumbnail = page.locator(".wan27-task video"), task.locator(".wan27-thumbnail")
    expect(preview).to_have_count(0)
    thumbnail.hover()
    assert preview.evaluate(CAN_PLAY)
    ready.panel.hover()
    expect(preview).to_have_count(0)
    thumbnail.click()
    assert page.locator(".wan27-dialog video").evaluate(CAN_PLAY)
    page.keyboard.press("Escape")
    task.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".wan27-dialog video")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        task.get_by_role("button", name="Download to this computer").click()
    assert f"{task_id}.mp4" == download.value.suggested_filename


def use_settings(ready, task):
    """Put the settings into the selected node, take that back, and put them into a new node."""
    page = ready.page
    seed = ready.get("seed")
    ready.set("seed", 1)
    ready.set("prompt", "another")
    page.evaluate(f"() => app.canvas.selectNode({ready.node()})")
    task.get_by_role("button", name="Use these settings").click()
    assert (seed, True) == (ready.get("seed"), "camera glides" in ready.get("prompt"))
    page.locator("#graph-canvas").press("Control+z")
    page.wait_for_function(f"() => {ready.node()}.widgets.some(({{value}}) => value === 'another')")
    assert 1 == ready.get("seed")
    page.evaluate("() => app.canvas.deselectAll()")
    nodes = page.evaluate("() => app.graph.nodes.length")
    task.get_by_role("button", name="Use these settings").click()
    assert nodes + 1 == page.evaluate("() => app.graph.nodes.length")
    expect(page.get_by_text("Connect its inputs, then Run.")).to_have_count(1)
    task.get_by_role("button", name="Use these settings").click()  # the new node is selected
    page.wait_for_timeout(500)  # the first one leaves
    toasts = page.get_by_text("The settings of this task are in the node")
    expect(toasts).to_have_count(2)  # it was replaced


def test_a_task_can_be_read_played_located_collected_and_forgotten(ready, comfy, host):
    """The row shows what was bought, its buttons work, and forgetting asks first."""
    buy(ready)
    page, task = ready.page, ready.first_task
    for part in ("Finished", "PPIO", "The camera glides", "720P · 2 s · about ¥1.20", "now"):
        expect(task).to_contain_text(part)
    expect(page.locator(".wan27-today")).to_contain_text("Today: about ¥")
    page.wait_for_function(HAS_THUMBNAIL)

    watch(ready, task, list(host.tasks)[-1].id)
    task_id = list(host.tasks)[-1].id
    ready.choose(task, "Show the file location")
    path = comfy.base / "output" / "wan27" / f"{task_id}.mp4"
    assert (str(path), True) == (page.locator(".wan27-path").inner_text(), path.is_file())
    page.get_by_role("button", name="Copy the path").click()
    wait_for_clipboard(page, str(path))
    page.keyboard.press("Escape")

    ready.choose(task, "Add a Task Poll node")
    assert task_id == ready.get("task_id", "Wan27TaskPoll")
    canvas, point = page.locator("#graph-canvas"), {"x": 900, "y": 300}
    task.locator("img").drag_to(canvas, target_position=point, force=True)
    assert [[task_id, "SaveVideo"]] * 2 == page.evaluate(POLLS)
    assert [] == page.evaluate(OVERLAPS)

    use_settings(ready, task)
    row = page.locator(f"#{task.get_attribute('aria-labelledby')}")
    nodes = page.evaluate("() => app.graph.nodes.length")
    task.focus()
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")
    expect(row).to_have_count(1)
    task.focus()
    page.keyboard.press("Delete")
    page.click(".wan27-danger")
    expect(row).to_have_count(0)
    assert (nodes, True) == (page.evaluate("() => app.graph.nodes.length"), path.is_file())


def test_ten_thousand_tasks_need_few_elements_and_the_keyboard_reaches_each(ready, comfy):
    """Only the tasks in view are elements of the page; End, Home and the arrow keys reach all."""
    buy(ready)
    tasks = [
        (f"old{number}", f'{{"prompt": "video {number}"}}', number, number)
        for number in range(1, MANY + 1)
    ]
    path = comfy.base / "user" / "__wan27" / "journal.sqlite3"
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.executemany(OLD, tasks)
    page = ready.page
    page.get_by_role("button", name="Try again").click()
    expect(ready.first_task).to_contain_text(f"video {MANY}")
    ready.first_task.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert 4 == focused(page)
    assert "-2px" == page.evaluate("getComputedStyle(document.activeElement).outlineOffset")
    page.keyboard.press("End")
    page.wait_for_function(f"() => {FOCUSED} > {MANY}")
    assert page.locator(".wan27-task").count() < 40
    page.keyboard.press("Home")
    assert 1 == focused(page)
    numbers = "(rows) => rows.map((row) => Number(row.getAttribute('aria-posinset')))"
    shown = page.locator(".wan27-task").evaluate_all(numbers)
    assert list(range(1, len(shown) + 1)) == shown  # in the order of the list
    page.get_by_role("searchbox").fill("9995 video")
    expect(page.locator(".wan27-task")).to_have_count(1)
    expect(ready.first_task).to_contain_text("video 9995")
    page.get_by_label("Which tasks to show").select_option("Finished")
    expect(page.locator(".wan27-note")).to_have_text("No task matches.")
    page.get_by_role("searchbox").fill("")
    expect(ready.first_task).to_contain_text("Finished")
    page.get_by_label("Which tasks to show").select_option(index=0)


def test_a_question_and_the_search_are_whole_in_each_language_and_width(fresh, host):
    """Its row has no room that is empty, and its card asks in that language, too."""
    host.script.faults.append(Fault(on="submit", do="drop_after_body"))
    fresh.run()
    expect(fresh.panel).to_contain_text("Failed")
    fresh.open_tasks()
    try:
        for language in ("en", "fr", "ru", "zh"):
            fresh.choose_language(language)
            texts = json.loads((LOCALES / language / "main.json").read_text("utf-8"))
            for width in (250, 400, 800):
                fresh.page.wait_for_function(FITS, arg=[width, texts["wan27"]["search"]])
        fresh.panel.locator(".wan27-link").dispatch_event("click")
        question = texts["wan27"]["uncertain_help"].format(host="PPIO")
        expect(fresh.page.locator(".wan27-card")).to_contain_text(question)
    finally:
        fresh.choose_language("en")


def test_a_task_that_no_node_follows_ends_in_the_open_list(ready, host):
    """Without a click, and nothing is submitted."""
    host.script.working_seconds = 60
    ready.set("wait", False)
    ready.open_tasks()
    ready.run()
    expect(ready.panel).to_contain_text("Submitted")
    expect(ready.first_task).to_contain_text("Processing")
    list(host.tasks)[-1].working_seconds = 0
    expect(ready.first_task).to_contain_text("Finished")
    assert 1 == len(host.submissions)


def test_a_damaged_journal_is_shown_until_the_user_has_read_of_it(ready, comfy):
    """A Run is refused until then, and its card leads to the list."""
    buy(ready)
    page = ready.page
    (comfy.base / "user" / "__wan27" / "journal.sqlite3").write_bytes(b"no database" * 1000)
    ready.set("seed", 4711)
    ready.run()
    card = page.locator(".wan27-card", has_text="The journal of paid tasks was found damaged")
    card.get_by_role("button", name="Open the recent tasks").click()
    page.get_by_role("button", name="Try again").first.click()
    damage = page.locator(".wan27-damage")
    expect(damage).to_contain_text("check your account at the host first")
    damage.get_by_role("button", name="I have read this").click()
    expect(damage).to_be_hidden()
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")


def test_the_list_stays_when_the_server_does_not_respond(ready):
    """It shows a message with a way to try again."""
    buy(ready)
    page = ready.page
    page.route("**/wan27/tasks?*", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    note = page.locator(".wan27-note")
    expect(note).to_contain_text("The tasks could not be loaded.")
    expect(ready.first_task).to_contain_text("Finished")
    page.unroute("**/wan27/tasks?*")
    note.get_by_role("button", name="Try again").click()
    expect(note).to_be_hidden()

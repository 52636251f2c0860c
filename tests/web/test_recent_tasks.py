"""The sidebar tab of all tasks: it lies beside the graph, so one renderer will do."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

pytestmark = pytest.mark.comfyui

MANY = 10_000
OLD = """INSERT INTO entries (host, account, state, task_id, mode, parameters, cost, uploads, owner, created, updated, path, error)
VALUES ('ppio', '', 'failed', ?, 'first_frame', ?, '', '[]', '', ?, ?, '', '')"""


def buy(ready):
    """One video, finished, with the list open."""
    ready.open_tasks()
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")
    expect(ready.first_task).to_contain_text("now")
    expect(ready.first_task).to_contain_text("Finished")


def focused(page):
    """The place of the task that the keyboard is at."""
    return page.evaluate("() => Number(document.activeElement?.closest('.wan27-task')?.getAttribute('aria-posinset'))")


def test_a_task_says_what_it_is_and_lets_itself_be_played_shown_collected_and_forgotten(ready, comfy, host):
    """Picture, state, prompt, tier, seconds, cost and age; its video plays, its file is named, a node collects it, and only a yes forgets it."""
    buy(ready)
    page, task = ready.page, ready.first_task
    for part in ("Finished", host.base_url.partition("//")[2], "The camera glides", "720P · 2 s · about ¥1.20", "now"):
        expect(task).to_contain_text(part)
    expect(page.locator(".wan27-today")).to_contain_text("Today: ¥")
    page.wait_for_function("() => document.querySelector('.wan27-task img').naturalWidth > 0")

    task.focus()
    page.keyboard.press("Enter")
    assert page.locator(".wan27-dialog video").evaluate(
        "(video) => new Promise((done) => { video.oncanplay = () => done(true); video.load() })"
    )
    page.keyboard.press("Escape")

    task_id = list(host.tasks)[-1].id
    task.get_by_role("button", name="Where the file is").click()
    path = comfy.base / "output" / "wan27" / f"{task_id}.mp4"
    assert (str(path), True) == (page.locator(".wan27-path").inner_text(), path.is_file())
    page.get_by_role("button", name="Copy the path").click()
    page.wait_for_function("async (path) => (await navigator.clipboard.readText()) === path", arg=str(path))
    page.keyboard.press("Escape")

    task.get_by_role("button", name="Add a Task Poll node").click()
    assert task_id == ready.get("task_id", "Wan27TaskPoll")

    number, nodes = task.get_attribute("aria-labelledby"), page.evaluate("() => app.graph.nodes.length")
    task.focus()
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")
    expect(page.locator(f"#{number}")).to_have_count(1)
    task.focus()
    page.keyboard.press("Delete")
    page.click(".wan27-danger")
    expect(page.locator(f"#{number}")).to_have_count(0)
    assert (nodes, True) == (page.evaluate("() => app.graph.nodes.length"), path.is_file())


def test_ten_thousand_tasks_are_as_few_elements_and_every_one_is_reached_by_keyboard(ready, comfy):
    """Only those in sight are elements of the page; End, Home and the arrows go anywhere."""
    buy(ready)
    with closing(sqlite3.connect(comfy.base / "user" / "__wan27" / "journal.sqlite3")) as journal, journal:
        journal.executemany(OLD, [(f"old{number}", f'{{"prompt": "video {number}"}}', number, number) for number in range(1, MANY + 1)])
    page = ready.page
    page.get_by_role("button", name="Try again").click()
    expect(ready.first_task).to_contain_text(f"video {MANY}")
    ready.first_task.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert 4 == focused(page)
    page.keyboard.press("End")
    page.wait_for_function(f"() => document.activeElement?.closest('.wan27-task')?.getAttribute('aria-posinset') > {MANY}")
    assert page.locator(".wan27-task").count() < 40
    page.keyboard.press("Home")
    assert 1 == focused(page)


def test_a_server_that_is_gone_is_told_in_the_list(ready):
    """What was there stays in sight, with a way to try again."""
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

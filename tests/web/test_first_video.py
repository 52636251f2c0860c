"""What a new user does, click by click, in both renderers; the first video in both front ends."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import both_front_ends, both_renderers

pytestmark = [pytest.mark.comfyui, both_renderers]

KEY = "sk-canary-4d1f"
PLAYS = """async (id) => {
  const video = [...document.querySelectorAll("video")].find(({src}) => src.includes(id));
  if (!video) return false;
  video.muted = true;
  await video.play();
  return video.videoWidth > 0 && !video.paused;
}"""


@both_front_ends
def test_from_the_first_minute_to_the_first_video(editor, host):
    """Template, key, cost, Run, status, a reload in the middle, the video on the node, and the task's id by a click; one video is bought."""
    page = editor.page
    host.script.working_seconds = 8
    editor.choose_template("image_to_video")
    editor.wait_for_badge("no API key")
    card = page.locator(".wan27-card", has_text="needs an API key")
    card.get_by_role("button", name="Open the settings").click()
    page.fill("#wan27-PPIO_API_KEY", KEY)
    page.keyboard.press("Enter")
    expect(page.locator(".wan27-status")).to_have_text("A Run uses PPIO.")
    assert ("", False) == (page.input_value("#wan27-PPIO_API_KEY"), KEY in page.content())
    page.keyboard.press("Escape")
    editor.wait_for_badge("about ¥3.00 · PPIO")
    editor.set("duration", 2)
    editor.wait_for_badge("about ¥1.20 · PPIO")
    editor.set("seed", len(host.tasks) + 1)

    editor.run()
    expect(editor.panel).to_contain_text(re.compile(r"Processing \d+ % · \d+ s · about \d+ s left · PPIO · about ¥1\.20"))
    editor.reload()
    expect(editor.panel).to_contain_text("Processing")
    expect(editor.panel).to_contain_text("Done · PPIO · about ¥1.20")
    task = list(host.tasks)[-1]
    page.wait_for_function(PLAYS, arg=task.id)
    page.locator(".wan27-id").click()
    page.wait_for_function("async (id) => (await navigator.clipboard.readText()) === id", arg=task.id)
    assert 1 == len(host.submissions)


def test_a_cancelled_task_goes_on_and_is_bought_once(ready, host):
    """The node says so, the list fetches it without a Run, and the next Run finds it."""
    host.script.working_seconds = 60
    ready.run()
    expect(ready.panel).to_contain_text("Processing")
    ready.cancel()
    expect(ready.panel).to_contain_text("Stopped here.")
    ready.open_tasks()
    expect(ready.first_task).to_contain_text("Running")
    for task in host.tasks:
        task.working_seconds = 0
    ready.first_task.get_by_role("button", name="Fetch").click()
    expect(ready.first_task).to_contain_text("Finished")
    ready.run()
    expect(ready.panel).to_contain_text("Done · nothing was bought")
    assert 1 == len(host.submissions)

"""What only a person can decide: a lost response, decided on the card and in the recent tasks."""

from __future__ import annotations

import pytest

from tests.simulator import Fault

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import KEY, both_renderers

pytestmark = [pytest.mark.comfyui, both_renderers]


@pytest.fixture
def lost(ready, host):
    """Run a request whose task is created and whose response is lost; return its card."""
    host.script.faults.append(Fault(on="submit", do="drop_after_body"))
    ready.run()
    return ready.page.locator(".wan27-card", has_text="PPIO did not answer")


def button(place, name):
    """Return the button with exactly this label."""
    return place.get_by_role("button", name=name, exact=True)


def test_a_task_id_given_on_the_card_is_collected_and_can_be_taken_back(ready, host, lost):
    """The next Run submits nothing; the list takes a wrong id back and asks again."""
    page = ready.page
    expect(button(lost, "See the charges at PPIO")).to_be_visible()
    expect(lost.get_by_role("link", name="https://ppio.com/billing", exact=True)).to_be_visible()
    button(lost, "This is its task…").click()
    dialog = page.locator(".wan27-dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Paste the task id first.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    button(lost, "This is its task…").click()
    expect(dialog).to_contain_text("in your PPIO account")
    expect(dialog.get_by_role("link", name="See the charges at PPIO")).to_be_visible()
    task_id = list(host.tasks)[-1].id
    button(dialog, "This is its task").click()
    expect(dialog).to_contain_text("Paste the task id first.")
    page.keyboard.type("the one of noon")  # the field has the focus again
    button(dialog, "This is its task").click()
    expect(dialog).to_contain_text("task_id is not the id of a task: 'the one of noon'.")
    dialog.get_by_label("Task id").fill(f'"task_id": "{task_id}",')
    button(dialog, "This is its task").click()
    expect(page.locator("body")).to_contain_text(f"collects task {task_id}, free of charge")
    expect(lost).to_have_count(0)
    expect(ready.panel).to_contain_text(f"collects task {task_id}, free of charge")
    ready.run()
    expect(ready.panel).to_contain_text("Done · nothing was bought")
    assert 1 == len(host.submissions)

    ready.open_tasks()
    task, asking = ready.first_task, page.locator(".wan27-task", has_text="Uncertain")
    expect(task).to_contain_text("Finished")
    before = asking.count()  # of earlier tests
    ready.choose(task, "This is not its video")
    button(dialog, "This is not its video").click()
    expect(asking).to_have_count(before + 1)
    expect(button(ready.panel, "Submit again")).to_be_visible()  # it asks again, too
    expect(ready.panel.locator(".wan27-id")).to_be_hidden()


def test_submit_again_asks_first_and_the_next_run_submits(ready, opened, host, lost):
    """The dialog says what may be paid twice; it sends nothing itself.

    The card and the node say at once what was decided in the list, in another tab of the browser
    too.
    """
    expect(lost).to_be_visible()
    other = opened(KEY)
    other.load("Wan27 Image to Video")
    other.set("duration", 2)
    other.set("seed", ready.get("seed"))
    other.run()
    expect(button(other.panel, "Submit again")).to_be_visible()
    ready.open_tasks()
    page, task = ready.page, ready.first_task
    expect(task).to_contain_text("did not answer, so you may have been charged")
    button(task, "Submit again").click()
    dialog = page.locator(".wan27-dialog")
    expect(dialog).to_contain_text("you pay twice (2 × ¥1.20)")
    expect(dialog).to_contain_text("Nothing is sent now")
    button(dialog, "Cancel").click()
    expect(task).to_contain_text("Uncertain")
    button(task, "Submit again").click()
    button(dialog, "Submit again").click()
    expect(task).to_contain_text("Given up")
    for each in (ready, other):
        expect(each.page.locator(".wan27-card")).to_have_count(0)
        expect(each.panel).to_have_text("Given up · The next Run of this request submits it again.")
    assert 1 == len(host.submissions)
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO · about ¥1.20")
    assert 2 == len(host.submissions)

"""What the page adds to nodes in the graph, in both renderers: badges, the seed's warning, decode_frames, errors."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from wan27.simulator import Fault

from .conftest import both_renderers

pytestmark = [pytest.mark.comfyui, both_renderers]

OUTSIDE = "app.graph.nodes[0]"  # of a blueprint


def test_a_seed_that_changes_by_itself_is_warned_of(ready):
    """Each Run would be a new request, which is bought."""
    ready.page.evaluate(f"() => {{ {ready.node()}.widgets.find(({{name}}) => name === 'seed').linkedWidgets[0].value = 'randomize' }}")
    assert "⚠ each Run buys a new video" in ready.badges()


def test_frames_are_decoded_only_where_somebody_takes_them(ready):
    """The last link of `frames` switches decode_frames off, the first one on, and opening a workflow changes nothing."""
    decodes = f"() => {ready.node()}.widgets.find(({{name}}) => name === 'decode_frames').value"
    assert ready.get("decode_frames") is True
    ready.page.evaluate(f"() => {ready.node()}.disconnectOutput(0)")
    ready.page.wait_for_function(f"() => !({decodes})()")
    ready.page.evaluate(f"() => {ready.node()}.connect(0, {ready.node('ImageFromBatch')}, 0)")
    ready.page.wait_for_function(decodes)
    ready.set("decode_frames", value=False)
    ready.page.evaluate("() => app.loadGraphData(app.graph.serialize())")
    assert ready.get("decode_frames") is False


def test_a_subgraph_says_what_all_its_videos_cost(ready):
    """By the widgets on its outside where those are linked through."""
    ready.load("subgraphs/Wan 2.7 Long Shot")
    ready.wait_for_badge("about ¥14.40 · PPIO", OUTSIDE)
    ready.page.evaluate(f"() => {{ {OUTSIDE}.widgets.find(({{name}}) => name === 'duration_1').value = 6 }}")
    ready.wait_for_badge("about ¥15.60 · PPIO", OUTSIDE)


def test_a_panel_is_neither_saved_nor_run(ready, host):
    """A graph stays what it was, whatever was shown on its nodes."""
    saved = f"() => {ready.node()}.serialize().widgets_values"
    sent = f"async () => Object.keys((await app.graphToPrompt()).output[{ready.node()}.id].inputs)"
    before = ready.page.evaluate(saved)
    ready.run()
    expect(ready.panel).to_contain_text("Done")
    assert before == ready.page.evaluate(saved)
    assert [] == [name for name in ready.page.evaluate(sent) if "panel" in name]
    assert 1 == len(host.submissions)


def test_a_status_stays_with_its_workflow(ready, host):
    """Nodes of another workflow have the same numbers; back in the first one its node has gone on."""
    host.script.working_seconds = 60
    ready.run()
    expect(ready.panel).to_contain_text("Processing")
    ready.choose_template("first_last_frame")
    ready.page.wait_for_timeout(2500)
    expect(ready.panel).to_have_count(0)
    for task in host.tasks:
        task.working_seconds = 0
    ready.command("Workspace.PreviousOpenedWorkflow")
    expect(ready.panel).to_contain_text("Done · PPIO")


def test_an_error_is_told_on_the_node_and_beside_it_with_what_helps(ready, host):
    """The sentence, and a button to the host's accounts; both go with the next Run."""
    host.script.faults.append(Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE"))
    ready.run()
    card = ready.page.locator(".wan27-card", has_text="Top up the account, then Run again.")
    expect(card.get_by_role("button", name="Top up the account")).to_be_visible()
    expect(ready.panel).to_contain_text("PPIO refused: ")
    assert "error" == ready.panel.get_attribute("data-tone")
    ready.run()
    expect(ready.panel).to_contain_text("Done")
    expect(card).to_have_count(0)

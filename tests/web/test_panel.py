"""The size of a node and of its panel, in both renderers."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import both_renderers

pytestmark = [pytest.mark.comfyui, both_renderers]

LOWEST = "() => { NODE.setSize([400, NODE.computeSize()[1]]) }"
NARROW = """() => {
  NODE.widgets.find(({name}) => name === 'wan27_panel').width = 100;
  app.canvas.setDirty(true, true);
}"""
ADD = """() => {
  app.graph.clear();
  for (const kind of ['ImageToVideo', 'FirstLastFrame', 'Continuation']) {
    app.graph.add(LiteGraph.createNode(`Wan27${kind}`));
  }
}"""
HEIGHTS = "() => app.graph.nodes.map(({size}) => Math.round(size[1]))"
MORE_LINES = """() => {
  const line = document.querySelector('.wan27-panel p');
  line.textContent = line.textContent.repeat(4);
}"""


def test_a_node_grows_with_its_panel_and_shrinks_with_it(ready):
    """Also where the same words take more lines, as while ComfyUI lays the panel out."""
    page, node = ready.page, ready.node()
    page.evaluate(LOWEST.replace("NODE", node))

    def wait_for(relation, height):
        page.wait_for_function(f"(height) => {node}.size[1] {relation} height", arg=height)
        return page.evaluate(f"() => {node}.size[1]")

    lowest = page.evaluate(f"() => {node}.size[1]")
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")
    done = wait_for(">", lowest)
    page.evaluate(MORE_LINES)
    wait_for(">", done)
    ready.run()
    expect(ready.panel).to_contain_text("Done · nothing was bought")
    wait_for("===", done)


def test_a_new_node_is_as_high_as_when_it_is_opened_again(ready):
    """Where it grew, it would cover the node below it."""
    page = ready.page
    page.evaluate(ADD)
    page.wait_for_timeout(300)  # the renderer measures it
    new = page.evaluate(HEIGHTS)
    page.evaluate("() => app.loadGraphData(app.graph.serialize())")
    page.wait_for_timeout(300)
    assert new == page.evaluate(HEIGHTS)


def test_a_panel_is_as_wide_as_its_node_whatever_comfyui_sets(ready):
    """Its list of the node's parameters sets the width that the list has."""
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")
    before = ready.panel.bounding_box()["width"]
    ready.page.evaluate(NARROW.replace("NODE", ready.node()))
    ready.page.wait_for_timeout(300)
    assert before == ready.panel.bounding_box()["width"]

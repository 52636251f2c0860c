"""The page's additions to the graph, in both renderers: badges, decode_frames, panels, errors."""

from __future__ import annotations

import pytest

from tests.simulator import Fault

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from .conftest import both_renderers

pytestmark = [pytest.mark.comfyui, both_renderers]

FAILED = "Failed: see the message"
SUBGRAPH = "app.graph.nodes[0]"  # of a blueprint


def widget(node, name):
    """Return a JavaScript expression for a widget of a node."""
    return f"{node}.widgets.find(({{name}}) => name === '{name}')"


def test_a_seed_that_changes_after_each_run_shows_a_warning(ready):
    """Each Run would be a new request, which is bought."""
    seed = widget(ready.node(), "seed")
    ready.page.evaluate(f"() => {{ {seed}.linkedWidgets[0].value = 'randomize' }}")
    assert "⚠ each Run buys a new video" in ready.badges()
    mode = "app.extensionManager.queueSettings.mode"  # Run (On Change)
    ready.page.evaluate(f"() => {{ {mode} = 'change' }}")
    assert "⚠ each change buys a video" in ready.badges()
    ready.page.evaluate(f"() => {{ {mode} = 'disabled' }}")
    assert "each change" not in ready.badges()


COPY = """() => {
  app.canvas.selectItems([NODE]);
  app.canvas.copyToClipboard();
  app.canvas.pasteFromClipboard();
}"""
COPIES = "app.graph.nodes.filter(({type}) => type === 'Wan27ImageToVideo').slice(1)"
VALUES = f"""() => {COPIES}.map(
  ({{widgets}}) => widgets.find(({{name}}) => name === 'decode_frames').value)"""


def test_decode_frames_follows_the_links_of_frames(ready):
    """The last link turns it off, the first turns it on, loading a workflow changes nothing.

    A new node and a pasted one have no link yet.
    """
    decodes = f"() => {widget(ready.node(), 'decode_frames')}.value"
    ready.load("Wan27 Video Frames")
    target = ready.node("ImageScaleBy")
    assert ready.get("decode_frames") is True
    ready.page.evaluate("() => app.graph.add(LiteGraph.createNode('Wan27ImageToVideo'))")
    ready.page.evaluate(COPY.replace("NODE", ready.node()))
    assert [False, False] == ready.page.evaluate(VALUES)
    ready.page.evaluate(f"() => {COPIES}.forEach((node) => app.graph.remove(node))")
    ready.page.evaluate(f"() => {ready.node()}.disconnectOutput(0)")
    ready.page.wait_for_function(f"() => !({decodes})()")
    ready.page.evaluate(f"() => {ready.node()}.connect(0, {target}, 0)")
    ready.page.wait_for_function(decodes)
    ready.set("decode_frames", value=False)
    ready.page.evaluate("() => app.loadGraphData(app.graph.serialize())")
    assert ready.get("decode_frames") is False


CONTINUES = f"""() => {{
  const inner = {SUBGRAPH}.subgraph.nodes.find(({{type}}) => type === 'Wan27Continuation');
  const node_id = `${{{SUBGRAPH}.id}}:${{inner.id}}`;
  const detail = {{node_id, workflow_id: app.graph.id, phase: 'processing', host: 'PPIO',
    price: null, bought: true, task_id: null, notices: []}};
  comfyAPI.api.api.dispatchEvent(new CustomEvent('wan27.status', {{detail}}));
}}"""


def test_a_subgraph_shows_the_cost_of_all_its_videos(ready):
    """A widget of the subgraph replaces the widgets that are linked to it.

    While one of them is made, it says which.
    """
    ready.load("subgraphs/Wan27 Long Shot")
    ready.wait_for_badge("about ¥14.40 · PPIO", SUBGRAPH)
    ready.page.evaluate(f"() => {{ {widget(SUBGRAPH, 'duration_1')}.value = 6 }}")
    ready.wait_for_badge("about ¥15.60 · PPIO", SUBGRAPH)
    ready.page.evaluate(CONTINUES)
    ready.wait_for_badge("Processing · shot 2 of 3", SUBGRAPH)


def test_the_cost_of_a_node_that_a_list_feeds_is_per_video(ready):
    """Each item of the list is bought, and their number is known only at the Run."""
    ready.wait_for_badge("about ¥1.20 · PPIO")
    ready.page.evaluate(
        f"""() => {{
          const list = LiteGraph.createNode('RebatchImages');
          app.graph.add(list);
          {ready.node("LoadImage")}.connect(0, list, 0);
          list.connect(0, {ready.node()}, 'first_frame');
        }}"""
    )
    ready.wait_for_badge("about ¥1.20 per video · PPIO")


def test_a_panel_is_neither_saved_nor_run(ready, host):
    """The workflow stays as it was, whatever its panels showed."""
    saved = f"() => {ready.node()}.serialize().widgets_values"
    inputs = f"(await app.graphToPrompt()).output[{ready.node()}.id].inputs"
    before = ready.page.evaluate(saved)
    ready.run()
    expect(ready.panel).to_contain_text("Done")
    assert before == ready.page.evaluate(saved)
    names = ready.page.evaluate(f"async () => Object.keys({inputs})")
    assert [] == [name for name in names if "panel" in name]
    assert 1 == len(host.submissions)


def test_a_run_that_comfyui_answers_from_its_cache_says_that_nothing_was_bought(ready, host):
    """The price of the Run before would look like a second one. A reload keeps that."""
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO · about ¥1.20")
    ready.run()
    expect(ready.panel).to_contain_text("Done · nothing was bought")
    ready.reload()
    expect(ready.panel).to_contain_text("Done · nothing was bought")
    assert 1 == len(host.submissions)


def test_a_status_stays_with_its_workflow(ready, host):
    """A second workflow with the same node ids shows no panel; the first one shows its result."""
    host.script.working_seconds = 60
    ready.run()
    expect(ready.panel).to_contain_text("Processing")
    ready.choose_template("Wan27 Video from First and Last Frame")
    ready.page.wait_for_timeout(2500)
    expect(ready.panel).to_have_count(0)
    for task in host.tasks:
        task.working_seconds = 0
    ready.command("Workspace.PreviousOpenedWorkflow")
    expect(ready.panel).to_contain_text("Done · PPIO")


def test_an_error_is_shown_on_the_node_and_on_a_card_with_its_remedy(ready, host):
    """The card says it, the node that it failed; both have the button, and go at the next Run."""
    refusal = Fault(on="submit", do="status", status=400, reason="NOT_ENOUGH_BALANCE")
    host.script.faults.append(refusal)
    ready.run()
    card = ready.page.locator(".wan27-card", has_text="Top up the account, then Run again.")
    for place in (card, ready.panel):
        expect(place.get_by_role("button", name="Top up the account")).to_be_visible()
    assert "error" == ready.panel.get_attribute("data-tone")
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_count(0)
    ready.panel.get_by_role("button", name=FAILED).click()
    expect(card).to_have_count(1)
    ready.load("Wan27 Video Frames")
    expect(card).to_have_count(0)  # it is about a node of another workflow
    ready.command("Workspace.PreviousOpenedWorkflow")
    expect(ready.panel).to_contain_text(FAILED)
    ready.run()
    expect(ready.panel).to_contain_text("Done")
    expect(card).to_have_count(0)


FULL = """() => {
  const store = Storage.prototype.setItem;
  Storage.prototype.setItem = function (key, value) {
    if (key.startsWith('wan27')) throw new DOMException('full', 'QuotaExceededError');
    store.call(this, key, value);
  };
}"""


def test_a_full_storage_hides_no_error(ready, host):
    """ComfyUI keeps workflows there, and fails in its own way. The task id is shown, too."""
    ready.page.evaluate(FULL)
    host.script.faults.append(Fault(on="run", do="fail", reason="no face"))
    ready.run()
    expect(ready.page.locator(".wan27-card", has_text="no face")).to_be_visible()
    expect(ready.panel).to_contain_text(FAILED)
    expect(ready.panel.locator(".wan27-id")).to_have_text(list(host.tasks)[-1].id)
    ready.reload()


def test_a_template_that_is_opened_again_shows_no_status_of_the_first(ready):
    """Each time it is a workflow with an id of its own."""
    ready.run()
    expect(ready.panel).to_contain_text("Done · PPIO")
    ready.load("Wan27 Image to Video")
    expect(ready.panel).to_be_hidden()


MAKE_LOOP = """([seed, folder]) => {
  app.graph.clear();
  const [image, loop, save] = ['LoadImage', 'ProbeExpand', 'ProbeSave'].map((type) => {
    const node = LiteGraph.createNode(type);
    app.graph.add(node);
    return node;
  });
  const set = (node, values) => node.widgets.forEach((widget) => {
    if (widget.name in values) widget.value = values[widget.name];
  });
  set(image, {image: 'example.png'});
  set(loop, {prompt: 'a loop', seed, control_after_generate: 'fixed', depth: 1});
  set(save, {folder});
  loop.pos = [500, 100];
  save.pos = [900, 100];
  image.connect(0, loop, 'image');
  loop.connect(0, save, 'task_id');
}"""
WRAP = """() => {
  const node = app.graph.nodes.find(({type, subgraph}) => type === 'ProbeExpand' || subgraph);
  app.graph.convertToSubgraph(new Set([node]));
}"""
OPEN = "() => app.canvas.setGraph(app.graph.nodes.find(({subgraph}) => subgraph).subgraph)"
AROUND = "app.graph.nodes.find(({subgraph}) => subgraph)"


def test_the_status_of_a_made_node_is_on_the_node_that_made_it(ready, host, tmp_path):
    """A loop of another pack has no node of ours on the page; it gets the panel."""
    ready.page.evaluate(MAKE_LOOP, [len(host.tasks) + 1, str(tmp_path)])
    host.script.working_seconds = 60
    ready.run()
    expect(ready.panel).to_contain_text("Processing")
    for task in host.tasks:
        task.working_seconds = 0
    expect(ready.panel).to_contain_text("Done · PPIO · about ¥1.20")
    host.script.working_seconds = 0
    host.script.faults.append(Fault(on="run", do="fail", reason="no face"))
    ready.page.evaluate(MAKE_LOOP, [len(host.tasks) + 1, str(tmp_path)])
    ready.run()
    expect(ready.page.locator(".wan27-card", has_text="no face")).to_be_visible()
    expect(ready.panel).to_contain_text(FAILED)
    assert "error" == ready.panel.get_attribute("data-tone")


def test_a_subgraph_in_a_subgraph_shows_what_runs_inside(ready, host, tmp_path):
    """Each one around shows it, and after an error that it failed, and so does the node inside."""
    ready.page.evaluate(MAKE_LOOP, [len(host.tasks) + 1, str(tmp_path)])
    ready.page.evaluate(WRAP)
    ready.page.evaluate(WRAP)
    host.script.working_seconds = 60
    host.script.faults.append(Fault(on="run", do="fail", reason="no face"))
    ready.run()
    ready.wait_for_badge("Processing", AROUND)
    for task in host.tasks:
        task.working_seconds = 0
    ready.wait_for_badge("⚠ Failed", AROUND)
    ready.page.evaluate(OPEN)
    inner = AROUND.replace("app.graph", "app.canvas.graph")
    ready.wait_for_badge("⚠ Failed", inner)
    ready.page.evaluate(OPEN.replace("app.graph", "app.canvas.graph"))
    expect(ready.panel).to_contain_text(FAILED)
    ready.page.evaluate("() => app.canvas.setGraph(app.rootGraph)")


# As they were saved while the widgets were still required inputs.
EARLIER = {
    "Wan27ImageToVideo": {"driving_audio_url": "https://a.example/a.mp3"},
    "Wan27FirstLastFrame": {"driving_audio_url": "https://a.example/b.mp3"},
    "Wan27Continuation": {"clip_fps": 24.5, "first_clip_url": "https://a.example/c.mp4"},
}
SHARED = {
    "prompt": "a boat",
    "negative_prompt": "rain",
    "resolution": "1080P",
    "duration": 7,
    "seed": 123,
    "control_after_generate": "increment",
    "prompt_extend": False,
    "watermark": True,
    "decode_frames": False,
    "wait": False,
}


@pytest.mark.parametrize("kind", EARLIER)
def test_a_workflow_of_before_keeps_its_values(ready, kind):
    """They are saved by position: on the widgets, in what is saved again, and in what is run.

    The advanced ones are shown, since they differ from a new node's.
    """
    named = SHARED | EARLIER[kind]
    values = list(named.values())
    node = {"id": 1, "type": kind, "pos": [300, 100], "widgets_values": values}
    workflow = {"nodes": [node], "links": [], "version": 0.4, "last_node_id": 1, "last_link_id": 0}
    ready.page.evaluate("(workflow) => app.loadGraphData(workflow)", workflow)
    shown = f"() => {ready.node(kind)}.widgets.map(({{value}}) => value)"
    assert values == ready.page.evaluate(shown)
    assert ready.page.evaluate(f"() => {ready.node(kind)}.showAdvanced")
    saved = f"() => {ready.node(kind)}.serialize().widgets_values"
    assert values == ready.page.evaluate(saved)
    inputs = ready.page.evaluate("async () => (await app.graphToPrompt()).output[1].inputs")
    assert named.items() - {("control_after_generate", "increment")} == inputs.items()

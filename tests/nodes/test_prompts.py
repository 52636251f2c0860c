"""Prompts in API format that programs write: short, misspelled, of the wrong type."""

from __future__ import annotations

import pytest

from scripts.client import PromptRefused, failure

from .conftest import saved

pytestmark = pytest.mark.comfyui

DEFAULTS = {
    "resolution": "720P",
    "duration": 5,
    "seed": 0,
    "prompt_extend": True,
    "watermark": False,
}


def sent(simulator):
    """Return the parameters of the last request."""
    body = simulator.submissions[-1]
    return {name: body.get(name) for name in DEFAULTS}


def test_an_image_and_a_prompt_are_enough(simulator, new_graph, image, request):
    """All else has the default of its widget; the outputs are those of a full prompt."""
    graph = new_graph()
    folder = graph.image_to_video(image, prompt=request.node.name)
    assert None is failure(graph.run())
    assert saved(folder)["task_id"] == list(simulator.tasks)[-1].id
    assert DEFAULTS == sent(simulator)
    poll = new_graph()
    folder = poll.save(poll.add("Wan27TaskPoll", task_id=saved(folder)["task_id"]), "frames")
    assert None is failure(poll.run())
    assert 60 == saved(folder)["frames"]["shape"][0]
    assert 1 == len(simulator.submissions)


def test_a_continuation_needs_no_widget(simulator, new_graph, request):
    """A URL of a clip is the least that it can begin with; this host cannot download it."""
    graph = new_graph()
    graph.continuation(first_clip_url="https://clip.invalid/a.mp4", prompt=request.node.name)
    assert "first_clip_url" in failure(graph.run())
    assert DEFAULTS == sent(simulator)
    graph = new_graph()
    graph.continuation()
    assert "first_clip is missing. Set exactly one of" in failure(graph.run())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"promt": "a boat"}, "promt is not an input of this node. Did you mean prompt?"),
        ({"prompt": None}, "prompt is null. Give text"),
        ({"watermark": "false"}, 'watermark is "false". Give true or false'),
        ({"duration": 5.9}, "duration is 5.9. Give a whole number"),
        ({"first_frame": None}, "first_frame is missing. Connect it"),
    ],
)
def test_a_wrong_prompt_is_refused_before_money(simulator, new_graph, wan, image, given, message):
    """With the name, also where ComfyUI drops or converts it in silence."""
    graph = new_graph()
    graph.image_to_video(image, **wan())
    graph.prompt["2"]["inputs"] |= given
    error = failure(graph.run())
    assert message in error
    assert error.endswith("Nothing was sent.")
    assert [] == simulator.submissions


def test_a_misspelled_link_is_refused_like_a_misspelled_value(simulator, new_graph, wan, image):
    """ComfyUI hands it over, unlike a value."""
    graph = new_graph()
    graph.image_to_video(image, **wan(last_frames=graph.image(image)))
    error = failure(graph.run())  # the name is of another node, and what it brings was meant
    assert error.startswith("last_frames is connected and is not an input of this node. Its inputs")
    graph = new_graph()
    graph.image_to_video(image, **wan(first_frames=graph.image(image)))
    assert "Did you mean first_frame? Nothing was sent." in failure(graph.run())
    assert [] == simulator.submissions


@pytest.mark.parametrize("given", [{"duration": None}, {"seed": "seven"}, {"resolution": "4K"}])
def test_what_comfyui_itself_refuses_never_runs(simulator, new_graph, wan, image, given):
    """Its own message names the input."""
    graph = new_graph()
    graph.image_to_video(image, **wan(**given))
    with pytest.raises(PromptRefused, match=next(iter(given))):
        graph.run()


def test_names_that_other_packs_add_are_named_and_the_run_goes_on(
    simulator, new_graph, wan, image, paid_server
):
    """On the node, from its first status to its last, and in the log."""
    notice = "speak_and_recognation, ratio: not an input of this node, ignored"
    graph = new_graph()
    extra = {"speak_and_recognation": {"__value__": [False, True]}, "ratio": "16:9"}
    graph.image_to_video(image, **wan(**extra))
    with paid_server.events() as events:
        assert None is failure(graph.run())
        events.wait_for_end()
        notices = [event.data["notices"] for event in events.of("wan27.status")]
    assert [[notice]] * len(notices) == notices
    assert f"Wan 2.7: {notice}" in paid_server.log()
    assert 1 == len(simulator.submissions)

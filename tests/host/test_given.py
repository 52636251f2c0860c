"""What a prompt gives to a node: left out, of the wrong type, or under a name it does not have."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

TYPES = {
    "first_frame": ("IMAGE", None),
    "prompt": ("STRING", ""),
    "negative_prompt": ("STRING", ""),
    "resolution": ("COMBO", "720P"),
    "duration": ("INT", 5),
    "seed": ("INT", 0),  # here it is no optional input
    "clip_fps": ("FLOAT", 30.0),
    "watermark": ("BOOLEAN", False),
    "wait": ("BOOLEAN", True),
    "driving_audio": ("AUDIO", None),
}
DEFAULTS = {name: default for name, (_, default) in TYPES.items()}
ODD = st.sampled_from([None, True, [], ["5", 0], {}, {"__value__": 5}, object(), b"", 1j])
VALUES = ODD | st.integers() | st.floats() | st.text(max_size=5)


def socket(name, kind, default):
    optional = name not in ("first_frame", "seed")
    return SimpleNamespace(
        id=name, optional=optional, default=default, get_io_type=lambda kind=kind: kind
    )


SCHEMA = SimpleNamespace(inputs=[socket(name, *each) for name, each in TYPES.items()])


@pytest.fixture(scope="module")
def module(pack):
    return pack("host.given")


@pytest.fixture(scope="module")
def given(module):
    """Return a function that makes a `Given` of what ComfyUI hands over."""

    def make(*unknown, converted=None, **linked):
        prompt = {"inputs": dict.fromkeys([*linked, *unknown])}
        return module.Given(SCHEMA, linked, prompt | ({"wan27_converted": converted or {}}))

    return make


@pytest.fixture(scope="module")
def refusal(pack):
    return pack("wan27.errors").InvalidInput


def test_what_is_left_out_has_its_default(given):
    """The most minimal prompt names an image and text; nodes of a loop get nothing else."""
    values = given(first_frame="image", prompt="a boat").values()
    assert DEFAULTS | {"first_frame": "image", "prompt": "a boat"} == values
    assert 30.0 == given(first_frame="image", clip_fps="30").values()["clip_fps"]


def test_an_open_socket_is_missing_unless_it_is_optional(given, refusal):
    """A node before it may hand over nothing, as for a video without sound."""
    assert None is given(first_frame="image", driving_audio=None).values()["driving_audio"]
    for linked in ({}, {"first_frame": None}):
        with pytest.raises(refusal, match=r"first_frame is missing\. Connect it, .* was sent\."):
            given(**linked).values()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("prompt", None, "prompt is null. Give text, or leave it out for its default."),
        ("prompt", 5, "prompt is 5. Give text"),
        ("resolution", ["720P"], 'resolution is ["720P"]. Give one of its options'),
        ("duration", 5.5, "duration is 5.5. Give a whole number"),
        ("duration", True, "duration is true. Give a whole number"),
        ("duration", float("nan"), "duration is NaN. Give a whole number"),
        ("clip_fps", "fast", 'clip_fps is "fast". Give a number'),
        ("watermark", "false", 'watermark is "false". Give true or false'),
        ("wait", None, "wait is null. Give true or false"),
        ("wait", object(), "wait is object. Give true or false"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(given, refusal, name, value, said):
    """Whether it comes over a link, or ComfyUI has converted it already."""
    asked = [
        given(first_frame="image", **{name: value}),
        given(first_frame="image", converted={name: value}),
    ]
    for each in asked:
        with pytest.raises(refusal) as error:
            each.values()
        assert str(error.value).startswith(said)
        assert str(error.value).endswith("Nothing was sent.")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("promt", "prompt"),
        ("Prompt", "prompt"),
        ("negativePrompt", "negative_prompt"),
        ("negative-prompt", "negative_prompt"),
        ("watermarks", "watermark"),
        ("durations", "duration"),
        ("first_frames", "first_frame"),
        ("Negative", "negative_prompt"),
        ("audio", "driving_audio"),
        ("frame", "first_frame"),
    ],
)
def test_a_misspelled_name_is_refused(given, refusal, name, meant):
    """ComfyUI would drop it, and the video would be bought without its value."""
    said = f"{name} is not an input of this node. Did you mean {meant}? Nothing was sent."
    for each in (given(name, first_frame="image"), given(first_frame="image", **{name: 1})):
        with pytest.raises(refusal) as error:
            each.values()
        assert (said, ()) == (str(error.value), each.notices())


@pytest.mark.parametrize(
    "name", ["speak_and_recognation", "noise_seed", "ratio", "image", "width", "", "提示词"]
)
def test_any_other_name_is_a_notice_and_the_run_goes_on(given, name):
    """Other packs add widgets to every node."""
    asked = given(name, "upload", first_frame="image")
    assert "image" == asked.values()["first_frame"]
    assert (f"{name}, upload: not an input of this node, ignored",) == asked.notices()


def test_an_unknown_name_with_a_link_is_refused(given, refusal):
    """What is connected was meant, and the video would be bought without it."""
    with pytest.raises(refusal, match="^ratio is connected and is not an input of this node. Its"):
        given(first_frame="image", ratio=1).values()


def test_only_an_input_with_a_default_may_be_left_out(given, refusal):
    """The advice would not help for the others."""
    for name, advice in (("seed", ""), ("duration", ", or leave it out for its default")):
        with pytest.raises(refusal, match=f"Give a whole number{advice}. Nothing was sent.") as e:
            given(first_frame="image", **{name: "x"}).values()
        assert str(e.value).startswith(name)


def test_the_prompt_keeps_what_comfyui_would_convert(module, monkeypatch):
    """Only for our nodes, and only what would change its meaning; links stay links."""
    keep = []
    server = SimpleNamespace(add_on_prompt_handler=keep.append)
    monkeypatch.setattr(module, "prompt_server", lambda: server)
    module.keep_wrong_values({"Wan27": SCHEMA})
    wrong = {"prompt": None, "duration": 5.9, "watermark": "false"}
    fine = {"wait": 1, "clip_fps": 24, "negative_prompt": ["5", 0], "resolution": "720P"}
    prompt = {
        "1": {"class_type": "Wan27", "inputs": wrong | fine | {"first_frame": ["2", 0]}},
        "2": {"class_type": "Other", "inputs": wrong},
        "3": {"class_type": "Wan27", "inputs": fine},
    }
    assert [wrong, None, None] == [
        node.get("wan27_converted") for node in keep[0]({"prompt": prompt})["prompt"].values()
    ]
    for odd in ({}, {"prompt": None}, {"prompt": {"1": None, "2": {"class_type": []}}}):
        assert odd == keep[0](odd)


@settings(deadline=None)  # another machine may be slow
@examples(st.dictionaries(st.sampled_from([*TYPES, "promt", "other"]), VALUES))
def test_no_prompt_gives_anything_but_its_types_or_a_sentence(given, refusal, linked):
    """Whatever a program sends."""
    try:
        values = given(**linked).values()
    except refusal as error:
        assert str(error).endswith("Nothing was sent.")
    else:
        kinds = {"STRING": str, "COMBO": str, "INT": int, "FLOAT": float, "BOOLEAN": bool}
        wrong = {
            name: value
            for name, value in values.items()
            if type(value) is not kinds.get(TYPES[name][0], type(value))
        }
        assert {} == wrong

"""Every rule of the API is checked before anything is sent, and a fingerprint means the request and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27 import limits
from wan27.errors import InvalidInput
from wan27.job import Job
from wan27.medium import DeferredMedia, ImageFile, Link


def picture(width=1280, height=720, size=1000, content_hash="a" * 64):
    return ImageFile(data=b"x" * size, width=width, height=height, content_hash=content_hash)


def job(**given):
    return Job(**{"media": {"first_frame": picture()}, **given})


CLIP = Link("https://media.example/clip.mp4")
SOUND = Link("https://media.example/voice.mp3")


@pytest.mark.parametrize(
    ("media", "mode"),
    [
        ({"first_frame": picture()}, "first_frame"),
        ({"first_frame": picture(), "driving_audio": SOUND}, "first_frame"),
        ({"first_frame": picture(), "last_frame": picture()}, "first_last_frame"),
        (
            {"first_frame": picture(), "last_frame": picture(), "driving_audio": SOUND},
            "first_last_frame",
        ),
        ({"first_clip": CLIP}, "continuation"),
        ({"first_clip": CLIP, "last_frame": picture()}, "continuation"),
    ],
)
def test_the_six_legal_combinations_are_accepted(media, mode):
    """Each combination that upstream calls legal makes a job of the right mode."""
    assert mode == Job(media=media).mode


@pytest.mark.parametrize(
    ("media", "says"),
    [
        ({}, "first_frame is missing"),
        ({"last_frame": picture()}, "first_frame is missing"),
        ({"driving_audio": SOUND}, "first_frame is missing"),
        ({"first_frame": picture(), "first_clip": CLIP}, "exclude each other"),
        (
            {"first_clip": CLIP, "driving_audio": SOUND},
            "driving_audio cannot be combined with a clip",
        ),
        (
            {"first_clip": CLIP, "last_frame": picture(), "driving_audio": SOUND},
            "driving_audio cannot be combined with a clip",
        ),
    ],
)
def test_any_other_combination_is_refused_in_words(media, says):
    """A combination that upstream does not know names the input that is too much or missing."""
    with pytest.raises(InvalidInput, match=says):
        Job(media=media)


@pytest.mark.parametrize(
    ("width", "height", "accepted"),
    [
        (240, 240, True),
        (8000, 8000, True),
        (239, 400, False),
        (400, 239, False),
        (8001, 8000, False),
        (240, 1920, True),
        (240, 1921, False),
        (1920, 240, True),
        (1921, 240, False),
    ],
)
def test_a_picture_must_have_sides_and_shape_within_the_limits(width, height, accepted):
    """240 to 8000 pixels a side and 1:8 to 8:1, the bounds included; a refusal names input, value and limit."""
    media = {"first_frame": picture(), "last_frame": picture(width, height)}
    if accepted:
        assert (width, height) == (Job(media=media).media["last_frame"].width, height)
    else:
        with pytest.raises(
            InvalidInput,
            match=rf"^last_frame is {width} × {height} pixels; .*(240 to 8000|1:8 and 8:1)",
        ):
            Job(media=media)


def test_a_picture_file_may_have_20_megabytes_and_no_more():
    """The limit is the API's, counted on the PNG."""
    most = limits.MEDIA["first_frame"].max_bytes
    assert most == len(job(media={"first_frame": picture(size=most)}).media["first_frame"].data)
    with pytest.raises(
        InvalidInput, match=r"first_frame is 20\.0 MB as PNG; the API takes at most 20 MB"
    ):
        job(media={"first_frame": picture(size=most + 1)})


@pytest.mark.parametrize(("name", "most"), [("prompt", 5000), ("negative_prompt", 500)])
def test_prompts_are_counted_in_characters(name, most):
    """A Chinese character or an emoji counts as one, whatever its bytes; one too many is refused with both numbers."""
    assert most == len(getattr(job(**{name: "猫" * most}), name))
    assert most == len(getattr(job(**{name: "🐈" * most}), name))
    with pytest.raises(
        InvalidInput, match=rf"^{name} has {most + 1} characters; the API takes at most {most}"
    ):
        job(**{name: "猫" * (most + 1)})


def test_half_a_character_is_refused():
    """A lone surrogate cannot be sent as UTF-8 and would otherwise fail in the middle of the submission."""
    with pytest.raises(InvalidInput, match="prompt holds half a character at position 3"):
        job(prompt="ab\ud83d")


@pytest.mark.parametrize("duration", [1, 16, 0, -5, 2.5, 5.0, True, "5", None])
def test_duration_is_a_whole_number_from_2_to_15(duration):
    """Nothing else passes, not even a float or a bool that equals a legal number."""
    with pytest.raises(InvalidInput, match="^duration is .*whole seconds from 2 to 15"):
        job(duration=duration)


@given(seconds=st.floats(2, 10), duration=st.integers(2, 15))
def test_a_duration_is_longer_than_its_clip(seconds, duration):
    """It counts the clip, too; where it is refused, the least that is named is the least that passes."""

    def ask(whole_seconds):
        media = {
            "first_clip": DeferredMedia(
                make=lambda _: Path("c.mp4"), seconds=seconds, content_hash="c"
            )
        }
        return Job(media=media, duration=whole_seconds)

    try:
        ask(duration)
    except InvalidInput as refused:
        least = int(str(refused).split("Set it to ")[1].split(" to 15")[0])
        assert duration < least <= 11
        assert least == ask(least).duration
        with pytest.raises(InvalidInput, match="^duration is .* the clip alone lasts"):
            ask(least - 1)
    else:
        assert duration > seconds


@pytest.mark.parametrize("seed", [-1, 2147483648, 1.0, False])
def test_seed_is_a_whole_number_within_31_bits(seed):
    """Nothing else passes."""
    with pytest.raises(InvalidInput, match="^seed is .*from 0 to 2147483647"):
        job(seed=seed)


def test_resolution_is_one_of_two_words():
    """The API spells them with a capital P."""
    with pytest.raises(InvalidInput, match="resolution is '720p'; choose 720P or 1080P"):
        job(resolution="720p")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "clip.mp4",
        "file:///c.mp4",
        "ftp://a/b.mp4",
        "https://",
        "https://a b/c",
        "data:video/mp4;base64,AA",
        "http://[::1",
    ],
)
def test_an_address_must_be_http(url):
    """What the host could never fetch is refused here."""
    with pytest.raises(InvalidInput, match="^first_clip_url is .*public address"):
        Job(media={"first_clip": Link(url)})


def test_the_fingerprint_is_the_request_and_nothing_else():
    """Equal requests are equal; every field, every medium, the host and the account each make another."""
    first = job(prompt="a")
    same = job(
        prompt="a", media={"first_frame": picture(size=7)}
    )  # another compression of the same pixels
    others = [
        job(prompt="b"),
        job(prompt="a", negative_prompt="c"),
        job(prompt="a", seed=1),
        job(prompt="a", duration=6),
        job(prompt="a", resolution="1080P"),
        job(prompt="a", prompt_extend=False),
        job(prompt="a", watermark=True),
        job(prompt="a", media={"first_frame": picture(content_hash="b" * 64)}),
        job(prompt="a", media={"first_frame": picture(), "last_frame": picture()}),
    ]
    prints = [other.fingerprint("novita", "me") for other in (first, *others)]
    prints += [first.fingerprint("ppio", "me"), first.fingerprint("novita", "you")]

    assert first.fingerprint("novita", "me") == same.fingerprint("novita", "me")
    assert len(prints) == len(set(prints))


def test_the_fingerprint_does_not_change_between_versions():
    """A new value here would make every finished video of every user unknown, and a Run would buy it again."""
    frozen = "3a9b18a9964d2dbe6ec7bca4acb3bd79731238a40bbd0cf7f1c9e6453a147f42"
    assert frozen == job(prompt="猫", seed=7).fingerprint("novita", "0123456789abcdef")


@given(st.text(max_size=60), st.integers(), st.integers())
def test_a_job_is_legal_or_refused_by_name(prompt, duration, seed):
    """Whatever a workflow holds ends in a legal job or in a sentence that names an input."""
    try:
        made = job(prompt=prompt, duration=duration, seed=seed)
    except InvalidInput as error:
        assert error.name in {"prompt", "duration", "seed"}
    else:
        assert replace(made) == made

"""A job checks every rule of the API, and its fingerprint is that of the request alone."""

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


def image(width=1280, height=720, size=1000, content_hash="a" * 64):
    return ImageFile(data=b"x" * size, width=width, height=height, content_hash=content_hash)


def job(**given):
    return Job(**{"media": {"first_frame": image()}, **given})


CLIP = Link("https://media.example/clip.mp4")
AUDIO = Link("https://media.example/voice.mp3")


@pytest.mark.parametrize(
    ("media", "mode"),
    [
        ({"first_frame": image()}, "first_frame"),
        ({"first_frame": image(), "driving_audio": AUDIO}, "first_frame"),
        ({"first_frame": image(), "last_frame": image()}, "first_last_frame"),
        (
            {"first_frame": image(), "last_frame": image(), "driving_audio": AUDIO},
            "first_last_frame",
        ),
        ({"first_clip": CLIP}, "continuation"),
        ({"first_clip": CLIP, "last_frame": image()}, "continuation"),
    ],
)
def test_the_six_legal_combinations_are_accepted(media, mode):
    """Each legal combination makes a job of the right mode."""
    assert mode == Job(media=media).mode


@pytest.mark.parametrize(
    ("media", "message"),
    [
        ({}, "first_frame is missing"),
        ({"last_frame": image()}, "first_frame is missing"),
        ({"driving_audio": AUDIO}, "first_frame is missing"),
        ({"first_frame": image(), "first_clip": CLIP}, "exclude each other"),
        (
            {"first_clip": CLIP, "driving_audio": AUDIO},
            "driving_audio cannot be combined with a clip",
        ),
        (
            {"first_clip": CLIP, "last_frame": image(), "driving_audio": AUDIO},
            "driving_audio cannot be combined with a clip",
        ),
    ],
)
def test_any_other_combination_is_refused(media, message):
    """The message names the input that is missing or must go."""
    with pytest.raises(InvalidInput, match=message):
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
def test_the_size_and_aspect_of_an_image_are_limited(width, height, accepted):
    """240 to 8000 pixels a side and 1:8 to 8:1, inclusive.

    The error has the input, value and limit.
    """
    media = {"first_frame": image(), "last_frame": image(width, height)}
    if accepted:
        assert (width, height) == (Job(media=media).media["last_frame"].width, height)
    else:
        with pytest.raises(
            InvalidInput,
            match=rf"^last_frame is {width} × {height} pixels; .*(240 to 8000|1:8 to 8:1)",
        ):
            Job(media=media)


def test_an_image_file_has_at_most_20_megabytes():
    """The API limits the bytes of the PNG."""
    limit = limits.MEDIA["first_frame"].max_bytes
    assert limit == len(job(media={"first_frame": image(size=limit)}).media["first_frame"].data)
    with pytest.raises(
        InvalidInput, match=r"first_frame is 20\.0 MB as PNG; the API takes at most 20 MB"
    ):
        job(media={"first_frame": image(size=limit + 1)})


@pytest.mark.parametrize(("name", "limit"), [("prompt", 5000), ("negative_prompt", 500)])
def test_prompts_are_counted_in_characters(name, limit):
    """A Chinese character or an emoji counts as one, whatever its size in bytes."""
    assert limit == len(getattr(job(**{name: "猫" * limit}), name))
    assert limit == len(getattr(job(**{name: "🐈" * limit}), name))
    with pytest.raises(
        InvalidInput, match=rf"^{name} has {limit + 1} characters; the API takes at most {limit}"
    ):
        job(**{name: "猫" * (limit + 1)})


def test_half_a_character_is_refused():
    """A lone surrogate cannot be sent as UTF-8, so it would fail during the submission."""
    with pytest.raises(InvalidInput, match="prompt contains half a character at position 3"):
        job(prompt="ab\ud83d")


@pytest.mark.parametrize("duration", [1, 16, 0, -5, 2.5, 5.0, True, "5", None])
def test_duration_is_a_whole_number_from_2_to_15(duration):
    """A float or a bool that equals a legal number is refused too."""
    with pytest.raises(InvalidInput, match="^duration is .*whole seconds from 2 to 15"):
        job(duration=duration)


@given(seconds=st.floats(2, 10), duration=st.integers(2, 15))
def test_a_duration_is_longer_than_its_clip(seconds, duration):
    """The error names the shortest duration that is accepted."""

    def make(whole_seconds):
        media = {
            "first_clip": DeferredMedia(
                make=lambda _: Path("c.mp4"), seconds=seconds, content_hash="c"
            )
        }
        return Job(media=media, duration=whole_seconds)

    try:
        make(duration)
    except InvalidInput as refused:
        shortest = int(str(refused).split("Set it to ")[1].split(" to 15")[0])
        assert duration < shortest <= 11
        assert shortest == make(shortest).duration
        with pytest.raises(InvalidInput, match="^duration is .* the clip alone lasts"):
            make(shortest - 1)
    else:
        assert duration > seconds + 0.09


@pytest.mark.parametrize(
    ("seconds", "duration", "shortest"),
    [(2.07, 2, 3), (2.0, 2, 3), (4.95, 5, 6), (9.95, 10, 11), (4.9, 5, None), (4.901, 5, None)],
)
def test_a_duration_leaves_a_tenth_of_a_second_to_the_host(seconds, duration, shortest):
    """Hosts measure a clip longer than its frames; the error has both lengths and the way out."""
    clip = DeferredMedia(make=lambda _: Path("c.mp4"), seconds=seconds, content_hash="c")
    if shortest is None:
        assert duration == Job(media={"first_clip": clip}, duration=duration).duration
        return
    message = (
        f"^duration is {duration} s and the clip alone lasts {seconds:g} s; .* at least 0.1 s"
        f" longer. Set it to {shortest} to 15, or use a shorter clip. Nothing was sent.$"
    )
    with pytest.raises(InvalidInput, match=message):
        Job(media={"first_clip": clip}, duration=duration)


def test_a_job_has_the_notices_of_its_media():
    """They are shown on the node."""
    clip = DeferredMedia(lambda _: Path("c.mp4"), 3.0, "c", notices=("the clip is HDR",))
    assert ("the clip is HDR",) == Job(media={"first_clip": clip}).notices


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, False])
def test_seed_is_a_whole_number(seed):
    """A float or a bool is refused too."""
    with pytest.raises(InvalidInput, match="^seed is .*from 0 to 18446744073709551615"):
        job(seed=seed)


def test_a_seed_that_a_sampler_takes_is_sent_as_its_last_31_bits():
    """One seed node feeds the sampler and this; the same number is the same video."""
    made = job(seed=1125899906842624 + 7)
    assert 7 == made.parameters["seed"]
    assert ("seed 1125899906842631 is above 2147483647 and sent as 7",) == made.notices
    assert job(seed=7).fingerprint("novita") == made.fingerprint("novita")
    assert () == job(seed=2147483647).notices


def test_resolution_is_one_of_the_two_words_of_the_api():
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
def test_a_media_url_must_be_http(url):
    """A URL that no host can download is refused before anything is sent."""
    with pytest.raises(InvalidInput, match="^first_clip_url is .*public URL"):
        Job(media={"first_clip": Link(url)})


def test_the_fingerprint_depends_on_the_request_alone():
    """Every field, every medium, the host and the account change it; compression does not."""
    first = job(prompt="a")
    # The same pixels, compressed by another version of Pillow.
    same = job(prompt="a", media={"first_frame": image(size=7)})
    different = [
        job(prompt="b"),
        job(prompt="a", negative_prompt="c"),
        job(prompt="a", seed=1),
        job(prompt="a", duration=6),
        job(prompt="a", resolution="1080P"),
        job(prompt="a", prompt_extend=False),
        job(prompt="a", watermark=True),
        job(prompt="a", media={"first_frame": image(content_hash="b" * 64)}),
        job(prompt="a", media={"first_frame": image(), "last_frame": image()}),
    ]
    prints = [other.fingerprint("novita") for other in (first, *different)]
    prints.append(first.fingerprint("ppio"))

    assert first.fingerprint("novita") == same.fingerprint("novita")
    assert len(prints) == len(set(prints))


def test_the_fingerprint_does_not_change_between_versions():
    """Otherwise every finished video would be unknown, and a Run would buy it again."""
    frozen = "08cd50870690208a9f8d5e99820ea4b406875ce66871306d714fbf2e2ddf3dd4"
    assert frozen == job(prompt="猫", seed=7).fingerprint("novita")


@given(st.text(max_size=60), st.integers(), st.integers())
def test_any_values_make_a_valid_job_or_an_error_with_the_input(prompt, duration, seed):
    """The error names the input."""
    try:
        made = job(prompt=prompt, duration=duration, seed=seed)
    except InvalidInput as error:
        assert error.name in {"prompt", "duration", "seed"}
    else:
        assert replace(made) == made

"""The clip and the audio of a request: recognized by their bytes, checked against the limits."""

from __future__ import annotations

import pytest

from wan27 import limits
from wan27.simulator.check_media import format_of

from .made_media import clip_bytes, mp3_bytes, wav_bytes


def refusal(answer):
    """The reason of an error answer."""
    assert 400 == answer.status_code, answer.text
    return answer.json()["reason"]


@pytest.mark.parametrize(
    "audio", [wav_bytes(2), wav_bytes(30), mp3_bytes(3)], ids=["wav-2", "wav-30", "mp3-3"]
)
def test_a_driving_audio_within_the_limits_is_accepted(caller, shelf, audio):
    """2 to 30 seconds of wav or mp3, with one image or two."""
    url = shelf("voice", audio)
    assert 200 == caller.post(caller.body(driving_audio_url=url)).status_code
    assert (
        200
        == caller.post(
            caller.body(driving_audio_url=url, last_frame_url=caller.body()["image_url"])
        ).status_code
    )


@pytest.mark.parametrize(
    "audio",
    [
        wav_bytes(1.9),
        wav_bytes(30.1),
        wav_bytes(2).ljust(15 * limits.MEGABYTE + 1, b"\0"),
        b"OggS" + bytes(100),
        b"ID3" + bytes(100),
    ],
    ids=["short", "long", "heavy", "ogg", "broken"],
)
def test_a_driving_audio_outside_the_limits_is_refused(caller, shelf, audio):
    """Length, size and format, each as INVALID_AUDIO_FILE."""
    assert "INVALID_AUDIO_FILE" == refusal(
        caller.post(caller.body(driving_audio_url=shelf("voice", audio)))
    )


@pytest.mark.parametrize(
    "clip",
    [clip_bytes(2), clip_bytes(10), clip_bytes(container_format="mov")],
    ids=["mp4-2", "mp4-10", "mov"],
)
def test_a_clip_within_the_limits_is_accepted(caller, shelf, clip):
    """2 to 10 seconds of mp4 or mov, alone or with a last frame."""
    url = shelf("clip", clip)
    assert 200 == caller.post(caller.body(image_url=..., first_clip_url=url)).status_code
    assert (
        200
        == caller.post(
            caller.body(
                image_url=..., first_clip_url=url, last_frame_url=caller.body()["image_url"]
            )
        ).status_code
    )


@pytest.mark.parametrize(
    "clip",
    [
        clip_bytes(1.9),
        clip_bytes(10.1),
        clip_bytes(size=(320, 238)),
        clip_bytes(size=(2176, 256)),
        clip_bytes(container_format="matroska"),
        clip_bytes()[:-200],
        wav_bytes(3),
    ],
    ids=["short", "long", "low", "flat", "mkv", "cut", "wav"],
)
def test_a_clip_outside_the_limits_is_refused(caller, shelf, clip):
    """Length, sides, aspect and container; a clip has no reason of its own."""
    answer = caller.post(caller.body(image_url=..., first_clip_url=shelf("clip", clip)))
    assert "INVALID_REQUEST_BODY" == refusal(answer)
    assert "first_clip_url" in answer.json()["message"]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf3\x40\x00", "mp3"),
        (b"\xff\xf1\x50\x80", ""),  # AAC in ADTS
        (b"\0\0\0\x14ftypqt  ", "mov"),
        (b"\0\0\0\x20ftypisom", "mp4"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
        (b"RIFF\0\0\0\0AVI ", ""),
        (b"\x1a\x45\xdf\xa3", ""),
        (b"", ""),
    ],
)
def test_formats_are_known_by_their_first_bytes(head, name):
    """The name and the Content-Type of a file do not count."""
    assert name == format_of(head)

"""The words of hosts, and of the model behind them, lead to what a user can do."""

from __future__ import annotations

import json

import pytest

from wan27.api.error_map import parse_error
from wan27.api.hosts import HOSTS
from wan27.api.words import failure_advice, kind_of

JIEKOU = HOSTS[0]

# Failures that users of these hosts, and of the model behind them, have seen.
SEEN = {
    "Field required: input.media": "did not arrive at the model",
    "Failed to download https://b.example/a.png": "could not read",
    "Unable to download the media resource during the data inspection process.": "could not read",
    "url error, please check url!": "could not read",
    "The provided URL does not appear to be valid": "could not read",
    "图片下载失败": "could not read",
    "Duration should be between 2 and 15": "Set duration to 2 to 15 seconds",
    "Input should be '1080P' or '720P'": "Set resolution to 720P or 1080P",
    "Input data may contain inappropriate content.": "Change the prompt or the image",
    "Output data may contain inappropriate content": "Change the prompt or the image",
    "DataInspectionFailed": "Change the prompt or the image",
    "输入内容违规": "Change the prompt or the image",
    "IPInfringementSuspect": "protected character",
    "Arrearage": "in arrears",
    "first_clip duration (5.16s after trim) must be less than the requested duration (3s)": (
        "Set duration longer than the clip"
    ),
    "duration should be at most 10s, got 14.2s": "Make first_clip 2 to 10 seconds long",
    "task not found": "no longer knows the task",
    "Throttling.RateQuota": "Wait a minute",
    "InternalError.Timeout": "few minutes",
    "系统繁忙": "few minutes",
    "算法服务异常": "few minutes",
}


@pytest.mark.parametrize(("words", "advice"), SEEN.items())
@pytest.mark.parametrize(
    "spell", [str, str.upper, str.lower, lambda words: f"400 - {words} (request x)"]
)
def test_a_failure_that_was_seen_has_an_advice(words, advice, spell):
    """In any case of letters, and with other words around it."""
    text = failure_advice(spell(words), JIEKOU, inline=False)
    assert (True, True) == (advice in text, "Run again to submit a new task" in text)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "something new",
        "the frame rate limit of the decoder",
        "white balance",
        "parameter is case sensitive",
    ],
)
def test_an_unknown_failure_has_the_general_advice(words):
    """Nothing is guessed."""
    assert kind_of(words) is None
    assert "if the reason is about them" in failure_advice(words, JIEKOU, inline=True)


@pytest.mark.parametrize(
    "words",
    [
        "image_url must be a valid URL",
        "Failed to download data:…",
        "Unable to download the media resource during the data inspection process.",
        "Field required: input.media",
        "IMAGE_URL: STRING TOO LONG",
        "invalid image format",
        "cannot decode image",
        "图片链接无效",
        "图片加载失败",
        'unsupported protocol scheme "data"',
        "dial tcp: lookup data: no such host",
        "get media info failed",
        "image is required",
        "Invalid parameter: image",
        "request body too large",
    ],
)
def test_a_host_that_wants_a_url_is_told_how_to_get_one(words):
    """Only where the request had images inside."""
    hint = "JieKou seems to want a URL instead of an image inside the request. Set "
    assert hint in failure_advice(words, JIEKOU, inline=True)
    quoted = "data:…" in words  # then it had
    assert quoted == (hint in failure_advice(words, JIEKOU, inline=False))
    answer = json.dumps({"reason": "INVALID_REQUEST_BODY", "message": words}).encode()
    assert hint in str(parse_error(JIEKOU, 400, answer, inline=True))


@pytest.mark.parametrize(
    "words",
    [
        "balance not enough to process image_url",
        "Input data: inappropriate content",
        "api key has no access to url",
        "Duration should be between 2 and 15",
        "the prompt is too long",
        "invalid image size",
        "Image width must be between 240 and 8000",
    ],
)
def test_other_trouble_is_not_blamed_on_the_images(words):
    """A URL would not help."""
    assert "wants a URL" not in failure_advice(words, JIEKOU, inline=True)
    assert "WAN27_UPLOAD" not in failure_advice(words, JIEKOU, inline=True)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("https://b.example/a.png?… could not be downloaded", "could not read"),
        ("Max retries exceeded with url: /a.png", "could not read"),
        ("403 Client Error: Forbidden for url: https://b.example/a.png", "could not read"),
        ("audio duration should be between 2 and 30", "Make driving_audio 2 to 30 seconds"),
        ("the image resolution is too low", "Change the size or shape of the image"),
        ("image_url: image width 100 is too small", "Change the size or shape of the image"),
        ("图片分辨率过低", "Change the size or shape of the image"),
        ("model not found", "no such model"),
    ],
)
def test_words_that_were_taken_for_others_have_their_own_advice(words, advice):
    """The nearer word decides: an image's resolution is not the video's."""
    assert advice in failure_advice(words, JIEKOU, inline=False)


@pytest.mark.parametrize(
    "words", ["driving_audio_url is invalid", "Failed to download https://b.example/song.mp3"]
)
def test_a_sound_is_never_said_to_be_inside_the_request(words):
    """It was sent as a URL, so a URL is not what is missing."""
    advice = failure_advice(words, JIEKOU, inline=True)
    assert (True, False) == ("could not read" in advice, "instead of an image" in advice)


PROMPT = "A download of the url, with a balance and a rate limit\n in the audio duration"


@pytest.mark.parametrize("words", ["prompt '{}' is bad", "{}", "bad text: {}…", "a {} b {} c"])
@pytest.mark.parametrize("length", [30, None])
def test_a_quoted_prompt_is_no_word_of_the_host(words, length):
    """Whole or cut, in a refusal or a failure."""
    said = words.format(*[" ".join(PROMPT.split())[:length]] * 2)
    general = "if the reason is about them"
    assert general in failure_advice(said, JIEKOU, inline=True, given=[PROMPT, "blur"])
    answer = json.dumps({"message": said}).encode()
    error = parse_error(JIEKOU, 400, answer, inline=True, given=[PROMPT])
    assert (True, False) == ("the input that the message names" in str(error), error.by_words)


@pytest.mark.parametrize("given", [PROMPT, "url", ""])
def test_the_words_around_a_quoted_prompt_still_count(given):
    """A short prompt may be a word of the host's own, so it is left in."""
    said = f"image_url for '{' '.join(given.split())}' is invalid"
    assert "seems to want a URL" in failure_advice(said, JIEKOU, inline=True, given=[given])

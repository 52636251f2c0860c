"""Which inputs of a node make which media; what contradicts itself is refused."""

from __future__ import annotations

import pytest
import torch

URL = "https://a.example/clip.mp4"
FRAMES = torch.zeros(60, 240, 320, 3)
SOUND = {"waveform": torch.zeros(1, 1, 48000), "sample_rate": 16000}


@pytest.mark.parametrize(
    ("frames", "url", "message"),
    [
        (None, " ", "^first_clip is missing. Set exactly one of first_clip, clip_frames, first_cl"),
        (FRAMES, URL, "^first_clip has 2 sources. Keep only one of clip_frames, first_clip_url"),
    ],
)
def test_a_continuation_needs_exactly_one_clip(inputs, refused, session, frames, url, message):
    """None is refused, and so are two."""
    with pytest.raises(refused, match=message):
        inputs.clip_media(None, frames, 30.0, url, None, session, lambda: None)
    media = inputs.clip_media(None, None, 30.0, f" {URL} ", None, session, lambda: None)
    assert {"first_clip": URL} == {role: medium.url for role, medium in media.items()}


def test_audio_has_one_source(inputs, refused, session, monkeypatch):
    """A socket and a URL for the same audio are refused."""
    monkeypatch.setattr(inputs, "_image", lambda *_: "an image")
    with pytest.raises(refused, match="^driving_audio and driving_audio_url are both set"):
        inputs.image_media(None, None, SOUND, URL, session, lambda: None)
    media = inputs.image_media(None, None, None, f" {URL} ", session, lambda: None)
    assert URL == media["driving_audio"].url

"""The audio of the simulated video."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from wan27.simulator.render import Order, render

from .video_content import decoded_audio


@pytest.mark.parametrize("given_seconds", [1, 5])
def test_the_driving_audio_is_the_audio(folder, first, given_seconds):
    """Silence follows a shorter one, a longer one is cut; a tone on the left stays there."""
    voice, path = folder / f"voice{given_seconds}.wav", folder / f"voiced{given_seconds}.mp4"
    time_line = np.arange(given_seconds * 22050) / 22050
    tone = (np.sin(2 * np.pi * 440 * time_line) * 12000).astype("<i2")
    with wave.open(str(voice), "wb") as file:
        file.setparams((2, 2, 22050, 0, "NONE", ""))
        file.writeframes(np.stack([tone, np.zeros_like(tone)], axis=1).tobytes())
    media = {"first_frame": first, "driving_audio": voice}
    render(Order(media, "720P", 2, watermark=False), path)
    audio, seconds = decoded_audio(path)
    assert [True, given_seconds > 1] == [loudness(audio, at) > 0.2 for at in (0.3, 1.4)]
    assert np.abs(audio[1]).max() < 0.05
    assert 2.0 == pytest.approx(seconds, abs=0.03)


def loudness(audio, at_seconds):
    """The loudest left sample of 0.3 s."""
    return np.abs(audio[0, int(at_seconds * 44100) : int((at_seconds + 0.3) * 44100)]).max()


def test_without_driving_audio_the_video_has_a_soft_chord(between):
    """It is neither silent nor loud."""
    audio, seconds = decoded_audio(between)
    assert 0.02 < np.abs(audio).max() < 0.4
    assert 2.0 == pytest.approx(seconds, abs=0.03)

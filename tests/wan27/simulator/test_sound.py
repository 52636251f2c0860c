"""The sound of the simulated video."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from wan27.simulator.render import Order, render

from .seen import heard


@pytest.mark.parametrize("given_seconds", [1, 5])
def test_the_driving_audio_is_the_sound(folder, first, given_seconds):
    """A shorter one is followed by silence, a longer one is cut; a tone on the left ear stays there."""
    voice, path = folder / f"voice{given_seconds}.wav", folder / f"voiced{given_seconds}.mp4"
    time_line = np.arange(given_seconds * 22050) / 22050
    tone = (np.sin(2 * np.pi * 440 * time_line) * 12000).astype("<i2")
    with wave.open(str(voice), "wb") as file:
        file.setparams((2, 2, 22050, 0, "NONE", ""))
        file.writeframes(np.stack([tone, np.zeros_like(tone)], axis=1).tobytes())
    render(Order({"first_frame": first, "driving_audio": voice}, "720P", 2, watermark=False), path)
    sound, seconds = heard(path)
    loud = [np.abs(sound[0, int(at * 44100) : int((at + 0.3) * 44100)]).max() > 0.2 for at in (0.3, 1.4)]
    assert [True, given_seconds > 1] == loud
    assert np.abs(sound[1]).max() < 0.05
    assert 2.0 == pytest.approx(seconds, abs=0.03)


def test_without_one_there_is_a_soft_sound(way):
    """Not silence, and nothing that hurts."""
    sound, seconds = heard(way)
    assert 0.02 < np.abs(sound).max() < 0.4
    assert 2.0 == pytest.approx(seconds, abs=0.03)

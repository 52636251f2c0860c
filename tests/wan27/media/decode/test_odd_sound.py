"""Sound that is damaged, jittered or changes midway: silent there or resampled, and in step."""

from __future__ import annotations

import numpy as np
import pytest

from wan27.media.decode.sound import decode_audio, decode_sound
from wan27.media.encode.clip import encode_video_clip
from wan27.media.read.clip import check_complete, no_op
from wan27.media.read.damage import Damage
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from ..decoded import audio_of
from ..make_video import Sound, make_video, numbered_frames, tone
from ..odd_video import damaged, rates_midway, stamped_by_end


def _decode(path):
    clip, damage = probe(path), Damage()
    check_complete(clip)
    audio = decode_audio(clip, no_op, damage)
    return audio["waveform"][0].numpy(), audio["sample_rate"], damage


@pytest.mark.parametrize(("numbers", "silent"), [([40], 0.021), ([40, 41, 60], 0.064), ([0], 0)])
def test_a_packet_that_cannot_be_decoded_is_silent(tmp_path, numbers, silent):
    """What comes after it stays in step, though a packet is shorter than the jitter of times."""
    sound = tone(2)
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(60), sound=Sound(sound))
    waveform, rate, damage = _decode(
        damaged(whole, tmp_path, *(("audio", number) for number in numbers))
    )
    assert ((2, 96000), 48000) == (waveform.shape, rate)
    assert silent == pytest.approx(damage.silent_seconds, abs=0.001)
    if silent:
        assert f"{damage.silent_seconds:.2g} s of this video's sound" in damage.notices()[0]
    loudness = np.abs(waveform[0, 4096:90112]).reshape(-1, 64).max(axis=1)
    assert bool(silent) == (loudness.min() < 0.02)
    after = slice(70000, 90000)
    assert np.abs(waveform[:, after] - sound[:, after]).max() < 0.08


def test_sound_without_a_packet_that_can_be_decoded_is_silence(tmp_path):
    """The frames are none the worse."""
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(10), sound=Sound(tone(0.33)))
    path = damaged(whole, tmp_path, *(("audio", number) for number in range(17)))
    waveform, _, damage = _decode(path)
    assert (0, True) == (np.abs(waveform).max(), damage.silent_seconds > 0.3)


@pytest.mark.parametrize(
    "formats",
    [
        [(44100, "stereo"), (48000, "stereo")],
        [(48000, "stereo"), (22050, "stereo")],
        [(48000, "mono"), (48000, "stereo")],
        [(44100, "stereo"), (48000, "mono"), (44100, "stereo")],
    ],
)
def test_sound_that_changes_midway_is_resampled(tmp_path, formats):
    """To the rate and the channels that it begins with; length and pitch stay."""
    path = rates_midway(tmp_path / "clip.ts", formats)
    waveform, rate, damage = _decode(path)
    channels = {"mono": 1, "stereo": 2}[formats[0][1]]
    assert ((channels, len(formats) * formats[0][0]), formats[0][0]) == (waveform.shape, rate)
    for number in range(len(formats)):
        inner = waveform[0, round((number + 0.2) * rate) : round((number + 0.8) * rate)]
        strongest = np.abs(np.fft.rfft(inner)).argmax() / len(inner) * rate
        assert (440, True) == (pytest.approx(strongest, abs=3), np.abs(inner).max() > 0.3)
    source, target = formats[1], formats[0]
    words = f"resampled from {source[0]} Hz {source[1]} to {target[0]} Hz {target[1]}."
    assert (f"The sound of this video changes midway: {words}",) == damage.notices()


def test_a_made_clip_keeps_sound_that_changes_midway(tmp_path):
    """Also where the part begins behind the change."""
    path = rates_midway(tmp_path / "clip.ts", [(44100, "stereo"), (48000, "stereo")])
    clip = probe(path)
    for number, (start, rate) in enumerate([(0.5, 44100), (1.5, 48000)]):
        target = tmp_path / f"{number}.mp4"
        encode_video_clip(window_of(clip, clip.start_seconds + start), target, no_op)
        audio = audio_of(target)
        assert rate == audio["sample_rate"]
        assert audio["waveform"][0, 0, rate // 5 : rate // 3].abs().max() > 0.3


def test_times_that_wander_are_no_gaps(tmp_path):
    """Vorbis in WebM is stamped by the end of its packets, of different lengths."""
    path = stamped_by_end(tmp_path / "clip.mkv", 2)
    waveform, rate, damage = _decode(path)
    jumps = np.abs(np.diff(waveform[0, 4096:90000]))
    # A sine of 440 Hz and 0.8 moves by 0.046 from sample to sample.
    assert (48000, True, ()) == (rate, jumps.max() < 0.06, damage.notices())


def test_a_part_of_sound_that_a_seek_misses_is_read_from_the_start(tmp_path):
    """In a file without an index a seek may lead behind the part."""
    path = make_video(
        tmp_path / "clip.ts",
        numbered_frames(60),
        options={"preset": "veryfast", "bf": "0", "g": "60"},
        sound=Sound(tone(2)),
    )
    clip = probe(path)
    part = decode_sound(clip, clip.start_seconds + 1, 0.5, no_op, Damage())
    assert part is not None
    assert np.abs(part.samples[:, :100]).max() > 0.2

"""Files that others made: counted, timed and decoded as players show them."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
import torch

from wan27.errors import InvalidVideo
from wan27.media.decode.frames import decode_frames, decode_last_frame
from wan27.media.encode.clip import encode_video_clip
from wan27.media.encode.prepare import check_source
from wan27.media.read.clip import check_complete, no_op
from wan27.media.read.damage import Damage
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from ..decoded import frames_of, last_frame_of
from ..make_video import cut, make_video, numbered_frames, numbers_in
from ..odd_video import damaged, early, hidden_frames, remuxed, without_sync_samples

B_FRAMES = {"preset": "medium", "g": "12", "bf": "3", "x264-params": "open-gop=1"}


def _check(path, numbers, fps=30):
    """Check count, rate, length, order, last frame, a made clip, and that it counts as complete."""
    clip = probe(path)
    check_complete(clip)
    frames = frames_of(path)
    assert (numbers, len(numbers), fps) == (numbers_in(frames), clip.frame_count, clip.fps)
    assert len(numbers) / fps == pytest.approx(clip.seconds, abs=0.002)
    assert torch.equal(frames[-1:], last_frame_of(path))
    made = path.with_name("made.mp4")
    encode_video_clip(window_of(clip), made, no_op)
    assert numbers == numbers_in(frames_of(made))
    assert (len(numbers), clip.seconds) == (
        probe(made).frame_count,
        pytest.approx(probe(made).seconds, abs=0.002),
    )


@pytest.mark.parametrize("skipped", [3, 14])
def test_time_begins_at_the_first_frame_that_can_be_decoded(tmp_path, skipped):
    """A stream that was cut out begins with packets that give no picture."""
    whole = make_video(tmp_path / "whole.ts", numbered_frames(60), options=B_FRAMES)
    count = iter(range(100))
    path = remuxed(whole, tmp_path / "clip.ts", lambda each: each if next(count) >= skipped else [])
    first = numbers_in(frames_of(path))[0]
    clip = probe(path)
    assert (True, True) == (0 < first <= 24, clip.skipped_frames > 0)
    _check(path, list(range(first, 60)))


def test_avi_with_b_frames_has_even_times(tmp_path):
    """It stores no other times than the order of its packets."""
    _check(make_video(tmp_path / "clip.avi", numbered_frames(50), options=B_FRAMES), [*range(50)])


@pytest.mark.parametrize("late", [0, 1])
def test_hidden_frames_do_not_count(tmp_path, late):
    """VP8 has packets that are never shown."""
    path = hidden_frames(tmp_path / "clip.webm", 40, late)
    with av.open(str(path)) as container:
        assert sum(bool(packet.size) for packet in container.demux(video=0)) > 40
    _check(path, list(range(40)))


@pytest.mark.parametrize("count", [1, 2, 3, 30])
@pytest.mark.parametrize("duration", [0, 1])
def test_a_last_frame_without_duration_lasts_as_long_as_the_others(tmp_path, count, duration):
    """FLV and some writers of mp4 and mkv give it none, or one unit."""

    def shorten(packet):
        packet.duration = duration
        return packet

    whole = make_video(tmp_path / "whole.mkv", numbered_frames(count), options={"bf": "0"})
    for name in ("clip.mkv", "clip.flv"):
        clip = probe(remuxed(whole, tmp_path / name, shorten))
        if count > 1:
            assert (count, 30) == (clip.frame_count, clip.fps)
            assert count / 30 == pytest.approx(clip.seconds, abs=0.002)


@pytest.mark.parametrize("flags", ["dash", "dash+global_sidx"])
def test_a_fragmented_file_that_starts_late_is_complete(tmp_path, flags):
    """Its header counts from 0, wherever the first frame is; a cut one is still found out."""
    flags = f"frag_keyframe+empty_moov+{flags}"
    frames, options = numbered_frames(60), {"preset": "medium", "g": "10", "bf": "2"}
    path = make_video(tmp_path / "clip.mp4", frames, options=options, movflags=flags)
    assert 2 / 30 == pytest.approx(probe(path).start_seconds)
    _check(path, list(range(60)))
    with pytest.raises(InvalidVideo, match="is cut short"):
        check_complete(probe(cut(path, 0.5, tmp_path)))


def test_a_file_whose_times_are_all_negative(tmp_path):
    """Its trim begins with its first frame, and its length is positive."""
    frames, options = numbered_frames(60), {"preset": "medium", "bf": "2"}
    flags = "frag_keyframe+delay_moov"
    path = early(make_video(tmp_path / "clip.mp4", frames, options=options, movflags=flags), 5)
    assert -5 == pytest.approx(probe(path).start_seconds, abs=0.1)
    _check(path, list(range(60)))


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_a_seek_that_leads_to_no_key_frame_begins_at_the_start(tmp_path, codec):
    """Without a table of key frames, every frame claims to be one."""
    options = {"g": "25", "b": "2M"} if codec == "mpeg4" else {"preset": "veryfast", "g": "25"}
    path = make_video(tmp_path / "clip.mp4", numbered_frames(40), codec=codec, options=options)
    without_sync_samples(path)
    _check(path, list(range(40)))
    clip, made = probe(path), tmp_path / "end.mp4"
    encode_video_clip(window_of(clip, 1.0), made, no_op)
    assert list(range(30, 40)) == numbers_in(frames_of(made))


@pytest.mark.parametrize("number", [7, 20, 38, 59])
@pytest.mark.parametrize("bf", ["0", "2"])
def test_a_frame_that_cannot_be_decoded_repeats_the_one_before(tmp_path, number, bf):
    """The file passes the check of a download, nothing is out of step, and a notice says so."""
    options = {"preset": "veryfast", "g": "20", "bf": bf}
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(60), options=options)
    path, damage = damaged(whole, tmp_path, ("video", number)), Damage()
    clip = probe(path)
    check_complete(clip)
    frames = decode_frames(clip, no_op, None, damage)
    assert (60, 30, 2.0) == (clip.frame_count, clip.fps, clip.seconds)
    assert (60, 1) == (len(frames), damage.repeated_frames)
    assert torch.equal(frames[-1:], decode_last_frame(clip, no_op))
    assert ("In this video, 1 frame cannot be decoded and is replaced by the one before.",) == (
        damage.notices()
    )
    if bf == "0":
        assert torch.equal(frames[number], frames[number - 1])
    made = tmp_path / "made.mp4"
    encode_video_clip(window_of(clip), made, no_op)
    assert 60 == probe(made).frame_count


def test_a_frame_that_cannot_be_decoded_takes_no_others_away(tmp_path):
    """HEVC refers to it from every frame after it; players show those with its traces."""
    options = {"preset": "ultrafast", "x265-params": "log-level=none:bframes=0"}
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(30), codec="libx265", options=options)
    path, damage = damaged(whole, tmp_path, ("video", 5)), Damage()
    frames = decode_frames(probe(path), no_op, None, damage)
    assert (30, 1, 24) == (len(frames), damage.repeated_frames, damage.damaged_frames)
    assert not torch.equal(frames[-1], frames[4])


def test_a_clip_with_a_key_frame_that_cannot_be_decoded_is_encoded(tmp_path):
    """A host may refuse what our decoder refuses."""
    options = {"preset": "veryfast", "g": "20", "bf": "0"}
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(60, 320, 240), options=options)
    source = check_source(window_of(probe(damaged(whole, tmp_path, ("video", 20)))), tick=no_op)
    assert "one of its frames cannot be decoded" == source.reason


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_avi_stays_in_step_after_frames_that_cannot_be_decoded(tmp_path, codec):
    """Though its times are known by the order of its packets alone."""
    frames = numbered_frames(60, pixel_format="yuvj420p" if codec == "mjpeg" else "yuv420p")
    whole = make_video(tmp_path / "clip.avi", frames, codec=codec, options={"g": "5"})
    path = damaged(whole, tmp_path, *(("video", number) for number in (11, 12, 13, 45)))
    numbers = numbers_in(frames_of(path))
    assert (60, [10, 10, 10, 10], [*range(15, 45)], [*range(50, 60)]) == (
        len(numbers),
        numbers[10:14],
        numbers[15:45],
        numbers[50:],
    )


def test_a_file_whose_first_frames_cannot_be_decoded_begins_later(tmp_path):
    """At the next key frame; what comes before is told."""
    options = {"preset": "veryfast", "g": "20", "bf": "0"}
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(60), options=options)
    clip = probe(damaged(whole, tmp_path, ("video", 0)))
    check_complete(clip)
    numbers = numbers_in(decode_frames(clip, no_op))
    assert (numbers[-1], len(numbers), 60 - len(numbers)) == (
        59,
        clip.frame_count,
        clip.skipped_frames,
    )
    assert (len(numbers) / 30, clip.skipped_frames / 30) == pytest.approx(
        (clip.seconds, clip.start_seconds)
    )


def test_a_file_without_a_frame_that_can_be_decoded_is_a_video_without_frames(tmp_path):
    """It is kept, as what was paid for, and its frames are an error."""
    whole = make_video(tmp_path / "clip.mp4", numbered_frames(10), options={"bf": "0"})
    clip = probe(damaged(whole, tmp_path, *(("video", number) for number in range(10))))
    check_complete(clip)
    assert (False, 10, Fraction(30)) == (clip.is_decodable, clip.frame_count, clip.fps)
    for decode in (decode_frames, decode_last_frame):
        with pytest.raises(InvalidVideo, match="no frame can be decoded"):
            decode(clip, no_op)
    with pytest.raises(InvalidVideo, match="no frame can be decoded"):
        encode_video_clip(window_of(clip), tmp_path / "made.mp4", no_op)


def test_an_encrypted_file_is_refused(tmp_path):
    """Its samples would be decoded to noise."""
    path = tmp_path / "clip.mp4"
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "7" * 32}
    key["encryption_kid"] = "a" * 32
    whole = make_video(tmp_path / "whole.mp4", numbered_frames(10), options={"bf": "0"})
    with pytest.raises(InvalidVideo, match=r"^clip\.mp4 is encrypted by its copy protection\."):
        probe(remuxed(whole, path, **key))


def test_a_video_of_an_unknown_codec_is_measured_and_not_decoded(tmp_path):
    """PyAV of some Linux distributions lacks H.264: what was paid for is still a video."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(10))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xvc9"))
    clip = probe(path)
    check_complete(clip)
    assert (False, 10, Fraction(30)) == (clip.is_decodable, clip.frame_count, clip.fps)
    with pytest.raises(InvalidVideo, match="has no decoder for it"):
        decode_frames(clip, no_op)
    with pytest.raises(InvalidVideo, match="no frame can be decoded"):
        check_source(window_of(clip))
    with pytest.raises(InvalidVideo, match="cut short"):
        check_complete(probe(cut(path, 0.9, tmp_path)))


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_files_that_were_joined_as_they_are_are_refused_as_a_clip(tmp_path, suffix):
    """Their times begin again, so the length would be that of a part; times that go on are fine."""
    parts = [
        make_video(
            tmp_path / f"{number}.{suffix}", numbered_frames(80, 256, 240), options={"bf": "2"}
        )
        for number in range(2)
    ]
    joined = tmp_path / f"joined.{suffix}"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert [False, True] == [probe(path).has_restart for path in (parts[0], joined)]
    check_source(window_of(probe(parts[0])))
    with pytest.raises(InvalidVideo, match="was joined of parts .* Join them with a video editor"):
        check_source(window_of(probe(joined)))

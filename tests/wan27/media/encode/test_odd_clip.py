"""Clips as cameras and editors make them: odd pixels, HDR, interlaced, turned, joined."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from wan27.errors import InvalidInput, InvalidVideo
from wan27.media.encode.content_hash import hash_of_clip
from wan27.media.encode.prepare import check_source, prepare_clip
from wan27.media.read.clip import no_op
from wan27.media.read.orientation import UPRIGHT
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of

from ..make_video import Sound, make_video, numbered_frames, tone, turn

BT2020, PQ, HLG = 9, 16, 18


def source_of(path, start_seconds=0.0, duration_seconds=0.0):
    return check_source(window_of(probe(path), start_seconds, duration_seconds))


def write(path, frames, codec="libx264", options=None, **properties):
    """Write frames at 24 a second; `properties` are set on the codec context."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, 24, options=options or {"preset": "ultrafast"})
        first = frames[0]
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
        for name, value in properties.items():
            setattr(stream.codec_context, name, value)
        for frame in [*frames, None]:
            container.mux(stream.encode(frame))
    return path


@pytest.mark.parametrize("aspect", [Fraction(16, 15), Fraction(32, 27), Fraction(8, 9)])
@pytest.mark.parametrize("quarter_turns", [0, 1])
def test_pixels_that_are_not_square_keep_their_shape(tmp_path, aspect, quarter_turns):
    """DV and DVD look as players show them, upright too."""
    frames = numbered_frames(60, 320, 256)
    path = write(tmp_path / "clip.mp4", frames, sample_aspect_ratio=aspect)
    source = source_of(turn(path, quarter_turns), 0.25)
    made = probe(prepare_clip(source, tmp_path / "made.mp4", no_op))
    assert (source.window.clip.displayed_aspect, UPRIGHT) == (
        made.displayed_aspect,
        made.orientation,
    )


@pytest.mark.parametrize(("aspect", "is_refused"), [(Fraction(1), True), (Fraction(1, 2), False)])
def test_the_limit_of_the_aspect_is_of_what_is_shown(tmp_path, aspect, is_refused):
    """A frame of 9:1 with narrow pixels is shown as 4.5:1, which the API takes."""
    frames = numbered_frames(50, 2160, 240)
    path = write(tmp_path / "clip.mp4", frames, sample_aspect_ratio=aspect)
    if is_refused:
        with pytest.raises(InvalidInput, match="first_clip is 2160 × 240 pixels; width to height"):
            source_of(path)
    else:
        assert source_of(path).reason is None


def test_a_shape_only_shown_too_wide_is_refused(tmp_path):
    """The message has the shape that breaks the rule."""
    frames = numbered_frames(50, 1920, 256)
    path = write(tmp_path / "clip.mp4", frames, sample_aspect_ratio=Fraction(2))
    with pytest.raises(InvalidInput, match="1920 × 256 pixels, shown as 15.00:1; width to height"):
        source_of(path)


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv422p", "yuv420p10le"])
def test_pixels_that_not_every_host_decodes_are_encoded(tmp_path, pixel_format):
    """H.264 of 4:4:4, 4:2:2 or 10 bits becomes plain yuv420p."""
    path = make_video(tmp_path / "a.mp4", numbered_frames(50, 256, 240, pixel_format), fps=24)
    source = source_of(path)
    made = prepare_clip(source, tmp_path / "made.mp4", no_op)
    assert (f"its pixels are {pixel_format} instead of yuv420p", "yuv420p", 50) == (
        source.reason,
        probe(made).pixel_format,
        probe(made).frame_count,
    )


def test_a_clip_that_is_stored_turned_is_sent_upright(tmp_path):
    """Not every reader obeys the turn in the header."""
    path = turn(make_video(tmp_path / "a.mp4", numbered_frames(50, 320, 240), fps=24), 1)
    source = source_of(path)
    made = probe(prepare_clip(source, tmp_path / "made.mp4", no_op))
    assert ("it is stored turned or mirrored", (240, 320), UPRIGHT) == (
        source.reason,
        (made.width, made.height),
        made.orientation,
    )


@pytest.mark.parametrize(("transfer", "name"), [(PQ, "PQ"), (HLG, "HLG")])
def test_hdr_is_sent_as_it_is_with_a_notice(tmp_path, transfer, name):
    """A phone's HEVC stays itself; what is encoded keeps its tags."""
    hdr = {"color_primaries": BT2020, "color_trc": transfer, "colorspace": BT2020}
    options = {"preset": "ultrafast", "x265-params": "log-level=none"}
    frames = numbered_frames(50, 256, 240, "yuv420p10le")
    path = write(tmp_path / "a.mp4", frames, "libx265", options, **hdr)
    source = source_of(path)
    trimmed = probe(prepare_clip(source_of(path, 0, 2.05), tmp_path / "made.mp4", no_op))
    assert (None, transfer) == (source.reason, trimmed.transfer)
    assert [True] == [f"the clip is HDR ({name})" in notice for notice in source.notices]


def test_ten_bits_without_hdr_are_encoded(tmp_path):
    """They gain nothing, and fewer hosts read them."""
    options = {"preset": "ultrafast", "x265-params": "log-level=none"}
    frames = numbered_frames(50, 256, 240, "yuv420p10le")
    source = source_of(write(tmp_path / "a.mp4", frames, "libx265", options))
    assert ("its pixels are yuv420p10le instead of yuv420p", ()) == (source.reason, source.notices)


def test_an_interlaced_clip_has_a_notice(tmp_path):
    """It is sent as ComfyUI shows it."""
    options = {"preset": "ultrafast", "x264-params": "interlaced=1"}
    source = source_of(write(tmp_path / "a.mp4", numbered_frames(50, 256, 256), options=options))
    assert [True] == ["is interlaced" in notice for notice in source.notices]


def joined(path, sizes):
    """Write a mp4 whose frames change their size, as some joiners of clips leave it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *sizes[0], "yuv420p"
        number = 0
        for width, height in sizes:
            # Without a container its parameters are in the stream itself.
            encoder = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
            encoder.framerate, encoder.time_base = Fraction(24), Fraction(1, 24)
            encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
            for frame in [*numbered_frames(40, width, height), None]:
                for packet in encoder.encode(frame):
                    packet.stream, packet.pts, packet.dts = stream, number, number
                    packet.time_base, number = Fraction(1, 24), number + 1
                    container.mux(packet)
    return path


def test_a_clip_that_changes_its_size_is_refused(tmp_path):
    """Before it is sent: ComfyUI cannot show it either, and a host would stretch it or fail."""
    assert source_of(joined(tmp_path / "same.mp4", [(320, 240), (320, 240)])).reason is None
    path = joined(tmp_path / "changed.mp4", [(320, 240), (256, 240)])
    with pytest.raises(InvalidVideo, match="from 320 × 240 to 256 × 240 pixels midway. Re-encode"):
        source_of(path)


@pytest.mark.parametrize(
    ("seconds", "reason"), [(2.5, None), (3.0, "its sound is longer than its frames")]
)
def test_sound_longer_than_the_frames_is_cut(tmp_path, seconds, reason):
    """A host that measures the longest stream would find the clip too long."""
    frames = numbered_frames(60, 256, 240)
    path = make_video(tmp_path / "a.mp4", frames, fps=24, sound=Sound(tone(seconds)))
    assert reason == source_of(path).reason


def with_comment(path, comment, folder):
    """Copy a file packet by packet, with another text and another order inside."""
    target = folder / f"{comment}.mp4"
    options = {"movflags": "faststart"} if comment == "b" else {"movflags": "use_metadata_tags"}
    with av.open(str(path)) as given, av.open(str(target), "w", options=options) as container:
        container.metadata["comment"] = comment * 1000
        container.metadata["creation_time"] = f"2026-11-{len(comment) + 10}T10:00:00Z"
        streams = {s.index: container.add_stream_from_template(s) for s in given.streams}
        for packet in given.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                container.mux(packet)
    return target


def test_the_same_frames_in_other_bytes_are_the_same_request(tmp_path):
    """Programs write the time and the workflow into each file they save."""
    path = make_video(tmp_path / "clip.mp4", numbered_frames(60, 256, 240), sound=Sound(tone(2)))
    files = [with_comment(path, comment, tmp_path) for comment in ("a", "b", "long")]
    assert 3 == len({file.read_bytes() for file in files})
    assert 1 == len({hash_of_clip(window_of(probe(file)), no_op) for file in files})


def test_each_change_of_what_is_shown_is_another_request(tmp_path):
    """Another part, frame, sound, turn or shape of the pixels."""
    frames, sound = numbered_frames(60, 256, 240), Sound(tone(2))
    other = [*frames[:-1], numbered_frames(61, 256, 240)[-1]]
    path = make_video(tmp_path / "0.mp4", frames, sound=sound)
    turned = turn(make_video(tmp_path / "1.mp4", frames, sound=sound), 2)
    quiet = Sound(np.ascontiguousarray(tone(2) / 2))
    wide = write(tmp_path / "5.mp4", numbered_frames(60, 256, 240), sample_aspect_ratio=Fraction(2))
    windows = [
        window_of(probe(wide)),
        window_of(probe(path)),
        window_of(probe(path), 0.5),
        window_of(probe(path), 0.5, 1),
        window_of(probe(turned)),
        window_of(probe(make_video(tmp_path / "2.mp4", other, sound=sound))),
        window_of(probe(make_video(tmp_path / "3.mp4", frames))),
        window_of(probe(make_video(tmp_path / "4.mp4", frames, sound=quiet))),
    ]
    assert len(windows) == len({hash_of_clip(window, no_op) for window in windows})
    assert hash_of_clip(window_of(probe(path), -1, 9), no_op) == hash_of_clip(windows[1], no_op)

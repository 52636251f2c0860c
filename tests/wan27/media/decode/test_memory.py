"""Frames that do not fit into memory are refused before it is allocated."""

from __future__ import annotations

import threading

import pytest

from wan27.errors import InvalidVideo, NotEnoughMemory
from wan27.media.decode import memory
from wan27.media.decode.frames import decode_frames
from wan27.media.decode.memory import Reservation, allocate_frames
from wan27.media.decode.sound import decode_audio
from wan27.media.read.clip import no_op
from wan27.media.read.probe import probe

from ..decoded import audio_of, frames_of, last_frame_of
from ..make_video import Sound, tone
from ..stopping import Stopped, stop_at

FRAME_BYTES = 128 * 64 * 3 * 4


@pytest.fixture
def sixty_percent(numbered, monkeypatch):
    """A clip whose frames need 60 % of the free memory, which stays as it is."""
    clip = probe(numbered(30))
    monkeypatch.setattr(memory, "available_bytes", lambda: 50 * FRAME_BYTES)
    yield clip
    assert 0 == Reservation._all_bytes


def test_two_decoders_do_not_get_the_same_memory(sixty_percent):
    """The second is refused while the first has not touched its memory, and not after that."""
    is_allocated, may_go_on = threading.Event(), threading.Event()

    def tick():
        if Reservation._all_bytes and not is_allocated.is_set():
            is_allocated.set()
            assert may_go_on.wait(20)

    first = threading.Thread(target=decode_frames, args=(sixty_percent, tick))
    first.start()
    assert is_allocated.wait(20)
    with pytest.raises(NotEnoughMemory, match="turn decode_frames off"):
        decode_frames(sixty_percent, no_op)
    may_go_on.set()
    first.join()
    assert 30 == len(decode_frames(sixty_percent, no_op))


def test_of_many_that_ask_at_once_one_gets_the_memory(sixty_percent):
    """The check and the reservation are one step."""
    together, granted, refused = threading.Barrier(8), [], []

    def ask():
        together.wait()
        try:
            granted.append(allocate_frames(sixty_percent, 30)[1])
        except NotEnoughMemory as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, 7) == (len(granted), len(refused))
    with granted[0]:
        pass


def test_touched_memory_is_not_counted_twice(sixty_percent):
    """The system counts what is touched; the rest of the reservation still counts."""
    with allocate_frames(sixty_percent, 30)[1] as reservation:
        reservation.touched(10 * FRAME_BYTES)
        assert 20 * FRAME_BYTES == Reservation._all_bytes
        with allocate_frames(sixty_percent, 30)[1] as second:
            second.touched(99 * FRAME_BYTES)  # more than there is
            assert 20 * FRAME_BYTES == Reservation._all_bytes


@pytest.mark.parametrize("at", [5, 20, 35])
def test_a_canceled_decoder_gives_its_reservation_back(sixty_percent, at):
    """Wherever the cancel comes."""
    with pytest.raises(Stopped):
        decode_frames(sixty_percent, stop_at(at)[0])
    assert 0 == Reservation._all_bytes


def test_a_failed_decoder_gives_its_reservation_back(sixty_percent, monkeypatch):
    """A frame that cannot be converted ends the work."""

    def fail(*_):
        raise InvalidVideo("broken")

    monkeypatch.setattr("wan27.media.decode.frames.FrameWriter.write", fail)
    with pytest.raises(InvalidVideo):
        decode_frames(sixty_percent, no_op)
    assert 0 == Reservation._all_bytes


def test_the_reservation_of_sound_is_given_back(numbered, monkeypatch):
    """At the end, without sound, and after a cancel."""
    seen = []
    monkeypatch.setattr(memory, "available_bytes", lambda: seen.append(1) or 10**9)
    with_sound = probe(numbered(30, sound=Sound(tone(1))))
    assert 1 == len(decode_audio(with_sound, no_op)["waveform"])
    audio_of(numbered(30))
    with pytest.raises(Stopped):
        decode_audio(with_sound, stop_at(15)[0])
    assert (3, 0) == (len(seen), Reservation._all_bytes)


def test_a_clip_that_does_not_fit_is_refused_with_what_to_do(numbered, monkeypatch):
    """Both sizes, the switch that helps, that the video is saved; the last frame still comes."""
    path = numbered(30)
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000)
    with pytest.raises(
        NotEnoughMemory,
        match=(
            r"^Decoding 30 frames of clip\.mp4 needs 0\.0 GB of memory, and 0\.0 GB is free\. Your"
            r" video is saved: turn decode_frames off"
        ),
    ):
        frames_of(path)
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000)
    assert 1 == len(last_frame_of(path))


def test_a_failed_allocation_gives_the_same_error(numbered, monkeypatch):
    """A limit of the process shows only when memory is allocated."""

    def refuse(*_):
        raise MemoryError

    path = numbered(30)
    monkeypatch.setattr(memory.np, "empty", refuse)
    with pytest.raises(NotEnoughMemory, match="turn decode_frames off"):
        frames_of(path)


def test_the_free_memory_is_known():
    """A positive number of bytes."""
    assert memory.available_bytes() > 0

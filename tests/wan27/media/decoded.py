"""The tensors of a video file, in one call."""

from __future__ import annotations

from wan27.media.decode.frames import decode_frames, decode_last_frame
from wan27.media.decode.sound import decode_audio
from wan27.media.read.clip import no_op
from wan27.media.read.probe import probe


def frames_of(path, thumbnail=None):
    return decode_frames(probe(path), no_op, thumbnail)


def last_frame_of(path, thumbnail=None):
    return decode_last_frame(probe(path), no_op, thumbnail)


def audio_of(path):
    return decode_audio(probe(path), no_op)

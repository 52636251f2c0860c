"""The content hash of a local clip or sound, for the fingerprint of a job.

Of what reaches the encoder, 8-bit pixels and 16-bit samples: equal media are one request, whatever
tensors they came in. Taken before anything is encoded: encoders differ, the content does not. Of a
file, its compressed frames and sound: programs write the time or a workflow beside them, another
at each save.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from ..read.container import open_video
from ..read.window import window_of
from .tensors import as_images, eight_bits, floats_of, opaque
from .waveform import sixteen_bits, sound_of, sound_of_clip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

    import torch
    from av.packet import Packet
    from av.stream import Stream

    from ..decode.sound import Sound
    from ..read.window import Window

_CHUNK_SAMPLES = 1024 * 1024


def hash_of_clip(window: Window, tick: Callable[[], None]) -> str:
    """Return the SHA-256 (hex) of the packets of a video file, and of the window that is used.

    What says how they are shown counts too: times, turns, shape and color. Nothing is decoded, as
    decoders differ in broken files; a file of another encoder is another clip. Reads the file once.
    """
    clip = window.clip
    shown = f"{clip.upright_size} {clip.sample_aspect} {tuple(clip.orientation)} {clip.transfer}"
    part = "all" if window == window_of(clip) else f"{window.start_seconds} {window.seconds}"
    digest = hashlib.sha256(f"clip {clip.codec} {clip.pixel_format} {shown} {part}\n".encode())
    with open_video(clip.path) as opened:
        streams: list[Stream] = [opened.video, *([opened.audio] if opened.audio else [])]
        # One for each: files interleave their streams differently.
        parts = {stream.index: hashlib.sha256() for stream in streams}
        first: dict[int, int] = {}
        packet: Packet[Stream]
        for packet in opened.container.demux(streams):
            tick()
            if packet.size:
                index = packet.stream.index
                time = (packet.pts or 0) - first.setdefault(index, packet.pts or 0)
                seconds = time * (packet.time_base or 0)
                parts[index].update(f"{seconds} {packet.is_discard} {packet.size}\n".encode())
                parts[index].update(bytes(packet))
    for index in sorted(parts):
        digest.update(parts[index].digest())
    return digest.hexdigest()


def hash_of_frames(
    frames: torch.Tensor,
    fps: Fraction | float,
    audio: Mapping[str, Any] | None,
    tick: Callable[[], None],
    name: str = "clip_frames",
) -> str:
    """Return the SHA-256 (hex) of frames (F, H, W, C), their rate and their sound.

    One frame at a time; sound that is longer than the frames is not sent and does not count. Raises
    `InvalidInput` naming `name` for what the encoder would refuse.
    """
    frames = as_images(frames, name)
    count, height, width, _ = frames.shape
    digest = hashlib.sha256(f"frames {count} {width}x{height} RGB8 {float(fps)}\n".encode())
    for frame in frames:
        tick()
        digest.update(eight_bits(opaque(floats_of(frame, name), name)).data)
    # Without a rate there is no length: the encoder refuses it.
    if sound := sound_of_clip(audio, name, float(count / fps) if fps else math.inf):
        digest.update(_hash_of_samples(sound, tick).encode())
    return digest.hexdigest()


def hash_of_sound(
    audio: Mapping[str, Any], tick: Callable[[], None], name: str = "driving_audio"
) -> str:
    """Return the SHA-256 (hex) of an AUDIO: its 16-bit samples, their channels and their rate.

    More channels than two count before they are mixed down, as another FFmpeg mixes otherwise.
    Raises as `sound_of` does.
    """
    return _hash_of_samples(sound_of(audio, name), tick)


def _hash_of_samples(sound: Sound, tick: Callable[[], None]) -> str:
    channels, count = sound.samples.shape
    digest = hashlib.sha256(f"sound {channels}x{count} s16 {sound.rate}\n".encode())
    for start in range(0, count, _CHUNK_SAMPLES):
        tick()
        digest.update(sixteen_bits(sound.samples[:, start : start + _CHUNK_SAMPLES]).T.tobytes())
    return digest.hexdigest()

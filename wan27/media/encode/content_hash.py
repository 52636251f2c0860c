"""The content hash of a local clip or sound, for the fingerprint of a job.

Of what reaches the encoder, 8-bit pixels and 16-bit samples: equal media are one request, whatever
tensors they came in. Taken before anything is encoded: encoders differ, the content does not.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from .tensors import eight_bits, no_image, one_image, opaque, sixteen_bits, sound_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction
    from pathlib import Path

    import torch

_CHUNK_BYTES = 4 * 1024 * 1024
_CHUNK_SAMPLES = 1024 * 1024


def hash_of_file(
    path: Path, start_seconds: float, duration_seconds: float, tick: Callable[[], None]
) -> str:
    """Return the SHA-256 (hex) of a video file and its trim range; 0, 0 means all of it."""
    digest = hashlib.sha256(f"file {start_seconds} {duration_seconds}\n".encode())
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            tick()
            digest.update(chunk)
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
    `InvalidInput` naming `name` or "audio" for what the encoder would refuse.
    """
    if frames.ndim != 4 or not frames.numel():
        raise no_image(frames, name)
    count, height, width, _ = frames.shape
    digest = hashlib.sha256(f"frames {count} {width}x{height} RGB8 {float(fps)}\n".encode())
    for frame in frames:
        tick()
        digest.update(eight_bits(opaque(one_image(frame, name), name)).contiguous().numpy().data)
    if audio:
        # Without a rate there is no length: the encoder refuses it.
        seconds = float(count / fps) if fps else math.inf
        digest.update(hash_of_sound(audio, tick, "audio", seconds).encode())
    return digest.hexdigest()


def hash_of_sound(
    audio: Mapping[str, Any],
    tick: Callable[[], None],
    name: str = "driving_audio",
    max_seconds: float = math.inf,
) -> str:
    """Return the SHA-256 (hex) of an AUDIO: its 16-bit samples, their channels and their rate.

    More channels than two count before they are mixed down, as another FFmpeg mixes otherwise.
    Raises as `sound_of` does.
    """
    sound = sound_of(audio, name, max_seconds)
    channels, count = sound.samples.shape
    digest = hashlib.sha256(f"sound {channels}x{count} s16 {sound.rate}\n".encode())
    for start in range(0, count, _CHUNK_SAMPLES):
        tick()
        digest.update(sixteen_bits(sound.samples[:, start : start + _CHUNK_SAMPLES]).T.tobytes())
    return digest.hexdigest()

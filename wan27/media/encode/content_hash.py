"""The content hash of a local clip or sound, for the fingerprint of a job.

Taken before anything is encoded: encoders differ, the content does not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction
    from pathlib import Path

    import torch

_CHUNK_BYTES = 4 * 1024 * 1024


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
) -> str:
    """Return the SHA-256 (hex) of frames (F, H, W, C), their rate and their sound.

    Of the 8-bit pixels that are encoded, one frame at a time.
    """
    digest = hashlib.sha256(f"frames {tuple(frames.shape)} {float(fps)}\n".encode())
    for frame in frames:
        tick()
        # 255 times a half-precision value would be rounded twice.
        pixels = frame.float() if frame.element_size() < 4 else frame
        digest.update(pixels.mul(255).round().clamp(0, 255).byte().cpu().contiguous().numpy().data)
    if audio is not None:
        digest.update(hash_of_sound(audio, tick).encode())
    return digest.hexdigest()


def hash_of_sound(audio: Mapping[str, Any], tick: Callable[[], None]) -> str:
    """Return the SHA-256 (hex) of an AUDIO: its samples, their shape and their rate."""
    waveform: torch.Tensor = audio["waveform"].float().cpu().contiguous()
    digest = hashlib.sha256(f"sound {tuple(waveform.shape)} {audio['sample_rate']}\n".encode())
    samples = waveform.numpy().data.cast("B")
    for start in range(0, len(samples), _CHUNK_BYTES):
        tick()
        digest.update(samples[start : start + _CHUNK_BYTES])
    return digest.hexdigest()

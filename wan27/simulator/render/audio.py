"""The audio of the video: the driving audio, cut or padded to the duration, or else a soft chord.

Upstream cuts longer audio, follows shorter by silence, and without one makes its own
(https://help.aliyun.com/zh/model-studio/image-to-video-general-api-reference).
AAC, stereo, 44.1 kHz was measured on one file of wan2.6.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from itertools import count
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SAMPLES_PER_SECOND = 44100
_BLOCK_SAMPLES = 1024
_CHORD_HERTZ = (220.0, 277.18, 329.63)
_CHORD_LOUDNESS = 0.06
_CHORD_SWELL_SECONDS = 1.0

_Blocks = Generator[NDArray[np.float32], None, None]


def audio_blocks(driving_audio: Path | None, seconds: int) -> Generator[av.AudioFrame, None, None]:
    """Yield exactly `seconds` of stereo audio, float32 planar in -1..1, up to 1024 samples each."""
    wanted = seconds * SAMPLES_PER_SECOND
    given = 0
    with closing(_endless(driving_audio, seconds)) as blocks:
        while given < wanted:
            block = next(blocks)[:, : wanted - given]
            yield _frame(block, given)
            given += block.shape[1]


def _endless(driving_audio: Path | None, seconds: int) -> _Blocks:
    """Yield (2, n) blocks without end."""
    if driving_audio is None:
        yield from _chord(seconds)
    else:
        yield from _decoded(driving_audio)
    while True:
        yield np.zeros((2, _BLOCK_SAMPLES), np.float32)


def _decoded(path: Path) -> _Blocks:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLES_PER_SECOND)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            for resampled in resampler.resample(frame):
                yield resampled.to_ndarray().astype(np.float32, copy=False)
        for resampled in resampler.resample(None):
            yield resampled.to_ndarray().astype(np.float32, copy=False)


def _chord(seconds: int) -> _Blocks:
    for start in count(0, _BLOCK_SAMPLES):
        time = np.arange(start, start + _BLOCK_SAMPLES) / SAMPLES_PER_SECOND
        swell = np.clip(np.minimum(time, seconds - time) / _CHORD_SWELL_SECONDS, 0, 1)
        waves = np.sum([np.sin(2 * np.pi * hertz * time) for hertz in _CHORD_HERTZ], axis=0)
        yield np.tile((swell * _CHORD_LOUDNESS * waves).astype(np.float32), (2, 1))


def _frame(block: NDArray[np.float32], start: int) -> av.AudioFrame:
    flat = np.ascontiguousarray(block)
    frame = av.AudioFrame.from_ndarray(flat, format="fltp", layout="stereo")
    frame.sample_rate = SAMPLES_PER_SECOND
    frame.pts = start
    return frame

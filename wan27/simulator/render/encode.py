"""The mp4 as the real host is documented to make it: its size, its frame rate, its codecs.

Size: pixels near the tier's, the aspect of the input, sides multiples of 16 (750 × 1000 at 720P is
816 × 1104: https://help.aliyun.com/zh/model-studio/image-to-video-general-api-reference).
30 frames a second: https://docs.together.ai/docs/wan2.7-quickstart
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import isqrt
from pathlib import Path

import av
from typing_extensions import Self

from ... import limits
from .audio import SAMPLES_PER_SECOND
from .still import Still

FRAMES_PER_SECOND = 30
_MULTIPLE = 16
_BT709 = 1  # AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709 are all 1
_LIMITED = 1  # AVCOL_RANGE_MPEG
_X264 = {"preset": "veryfast", "crf": "17"}


def output_size(width: int, height: int, resolution: str) -> tuple[int, int]:
    """Return (width, height) of the video, in pixels, for an input of that size."""
    pixels = limits.TIER_PIXELS[resolution]
    return _floored(isqrt(pixels * width // height)), _floored(isqrt(pixels * height // width))


def _floored(side: int) -> int:
    return side // _MULTIPLE * _MULTIPLE


class Encoder:
    """An mp4 that is being written: H.264 yuv420p tagged BT.709 limited range, and AAC.

    Use as a context manager; leaving it flushes the encoders and closes the file.
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        options = {"movflags": "+faststart"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        self._video = self._container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_X264)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        self._audio = self._container.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="stereo")
        self._frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._container.mux(self._video.encode(None))
                self._container.mux(self._audio.encode(None))
        finally:
            self._container.close()

    def add_frame(self, still: Still) -> None:
        """Add one frame."""
        frame = still.frame()
        frame.pts, frame.time_base = self._frames, Fraction(1, FRAMES_PER_SECOND)
        self._frames += 1
        self._container.mux(self._video.encode(frame))

    def add_audio(self, frame: av.AudioFrame) -> None:
        """Add a block: float32 planar, stereo, 44.1 kHz, its time in samples."""
        frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
        self._container.mux(self._audio.encode(frame))


def encode(
    path: Path,
    size: tuple[int, int],
    stills: Iterator[Still],
    blocks: Iterator[av.AudioFrame],
    tick: Callable[[int], None],
) -> None:
    """Write the video; `tick` gets the number of frames done after each and may raise to stop.

    Audio keeps pace with the frames, so that the muxer buffers only moments of either.
    """
    audio_seconds = 0.0
    with Encoder(path, size) as encoder:
        for done, still in enumerate(stills, 1):
            encoder.add_frame(still)
            while audio_seconds < done / FRAMES_PER_SECOND and (block := next(blocks, None)):
                encoder.add_audio(block)
                audio_seconds += block.samples / SAMPLES_PER_SECOND
            tick(done)
        for block in blocks:
            encoder.add_audio(block)

"""Pictures and sound into an mp4: H.264 yuv420p tagged BT.709 limited range, AAC. One frame of each in memory at a time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av

from .size import FRAMES_PER_SECOND
from .sound import SAMPLES_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typing_extensions import Self

    from .still import Still

_BT709 = 1  # AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709 are all 1
_LIMITED = 1  # AVCOL_RANGE_MPEG
_X264 = {"preset": "veryfast", "crf": "17"}


class Encoder:
    """An mp4 being written. Use as a context manager; leaving it flushes the encoders and closes the file."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._video = self._container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_X264)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        self._audio = self._container.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="stereo")
        self._pictures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._container.mux(self._video.encode(None))
                self._container.mux(self._audio.encode(None))
        finally:
            self._container.close()

    def picture(self, still: Still) -> None:
        """Add one picture."""
        frame = still.frame()
        frame.pts, frame.time_base = self._pictures, Fraction(1, FRAMES_PER_SECOND)
        self._pictures += 1
        self._container.mux(self._video.encode(frame))

    def sound(self, frame: av.AudioFrame) -> None:
        """Add one block of sound; float32 planar, stereo, 44.1 kHz, with its time in samples."""
        frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
        self._container.mux(self._audio.encode(frame))


def encode(
    path: Path, size: tuple[int, int], pictures: Iterator[Still], blocks: Iterator[av.AudioFrame], tick: Callable[[int], None]
) -> None:
    """Write the video; `tick` is told the number of pictures done after each and may raise to stop.

    Sound keeps pace with the pictures, so that the muxer never holds more than moments of either.
    """
    heard_seconds = 0.0
    with Encoder(path, size) as encoder:
        for done, still in enumerate(pictures, 1):
            encoder.picture(still)
            while heard_seconds < done / FRAMES_PER_SECOND and (block := next(blocks, None)):
                encoder.sound(block)
                heard_seconds += block.samples / SAMPLES_PER_SECOND
            tick(done)
        for block in blocks:
            encoder.sound(block)

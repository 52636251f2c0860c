"""The frames of a clip for a continuation, in the size and at the frame rate of the video."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from .encode import FRAMES_PER_SECOND
from .still import Still, still_from_frame

# SWS_BILINEAR | SWS_ACCURATE_RND as a number, which every PyAV takes (docs/performance.md).
_EXACT_BILINEAR = 2 | 0x40000
_BT709, _UNSPECIFIED = 1, 2  # AVCOL_SPC_BT709, AVCOL_SPC_UNSPECIFIED
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG


def clip_stills(path: Path, size: tuple[int, int], most: int) -> Generator[Still, None, None]:
    """Yield the clip as images at 30 a second, from its first frame on, at most `most` of them.

    Raises av's errors for a clip that breaks off.
    """
    reformatter = VideoReformatter()
    made = 0
    with av.open(str(path)) as container, closing(_timed_frames(container)) as frames:
        for frame, until in frames:
            still = None
            while made < most and made / FRAMES_PER_SECOND < until:
                still = still or still_from_frame(_reformatted(reformatter, frame, size))
                yield still
                made += 1
            if made >= most:
                return


def _timed_frames(
    container: av.container.InputContainer,
) -> Generator[tuple[av.VideoFrame, float], None, None]:
    """Yield each frame and when the next one follows, in seconds from the clip's first frame."""
    stream = container.streams.video[0]
    length = 1 / float(stream.average_rate or FRAMES_PER_SECOND)
    earlier: av.VideoFrame | None = None
    start = 0.0
    for frame in container.decode(stream):
        if earlier is None:
            start = frame.time or 0.0
        else:
            # A little before the next frame's time: 1/30 is not a round number of any clock.
            yield earlier, (frame.time or 0.0) - start - 1e-4
        earlier = frame
    if earlier is not None:
        yield earlier, (earlier.time or 0.0) - start + length - 1e-4


def _reformatted(
    reformatter: VideoReformatter, frame: av.VideoFrame, size: tuple[int, int]
) -> av.VideoFrame:
    return reformatter.reformat(
        frame,
        *size,
        "yuv420p",
        src_colorspace=_colorspace(frame),
        dst_colorspace=Colorspace.ITU709,
        interpolation=_EXACT_BILINEAR,
        src_color_range=ColorRange.JPEG if frame.color_range == _FULL_RANGE else ColorRange.MPEG,
        dst_color_range=ColorRange.MPEG,
    )


def _colorspace(frame: av.VideoFrame) -> Colorspace:
    """Return the matrix of a clip; an untagged one is read as players read it."""
    high_definition = frame.width >= 1280 or frame.height > 576
    if frame.colorspace == _BT709 or (frame.colorspace == _UNSPECIFIED and high_definition):
        return Colorspace.ITU709
    return Colorspace.ITU601

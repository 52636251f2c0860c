"""A clip's own frames for a continuation: scaled to the size of the video and brought to its frame rate, one at a time."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from .size import FRAMES_PER_SECOND
from .still import still_of_frame

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from .still import Still

_EXACT_BILINEAR = 2 | 0x40000  # SWS_BILINEAR | SWS_ACCURATE_RND as a number: every PyAV takes it so (performance.md, 2)
_BT709, _UNSPECIFIED = 1, 2  # AVCOL_SPC_BT709, AVCOL_SPC_UNSPECIFIED
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG


def clip_stills(path: Path, size: tuple[int, int], most: int) -> Generator[Still, None, None]:
    """Yield at most `most` pictures of the clip at 30 a second, from its first on. Raises av's errors for a clip that breaks off."""
    reformatter = VideoReformatter()
    made = 0
    with av.open(str(path)) as container, closing(_timed_frames(container)) as frames:
        for frame, until in frames:
            still = still_of_frame(_reformatted(reformatter, frame, size)) if made / FRAMES_PER_SECOND < until else None
            while still and made < most and made / FRAMES_PER_SECOND < until:
                yield still
                made += 1
            if made >= most:
                return


def _timed_frames(container: av.container.InputContainer) -> Generator[tuple[av.VideoFrame, float], None, None]:
    """Yield each frame and when the next one takes over, in seconds from the clip's first frame."""
    stream = container.streams.video[0]
    length = 1 / float(stream.average_rate or FRAMES_PER_SECOND)
    earlier: av.VideoFrame | None = None
    start = 0.0
    for frame in container.decode(stream):
        if earlier is None:
            start = frame.time or 0.0
        else:
            # Half a tick less than the next frame's time: 1/30 is not a round number of any clock.
            yield earlier, (frame.time or 0.0) - start - 1e-4
        earlier = frame
    if earlier is not None:
        yield earlier, (earlier.time or 0.0) - start + length - 1e-4


def _reformatted(reformatter: VideoReformatter, frame: av.VideoFrame, size: tuple[int, int]) -> av.VideoFrame:
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
    """Return the matrix a clip was made with; untagged files are taken as players take them (performance.md, 2)."""
    high_definition = frame.width >= 1280 or frame.height > 576
    if frame.colorspace == _BT709 or (frame.colorspace == _UNSPECIFIED and high_definition):
        return Colorspace.ITU709
    return Colorspace.ITU601

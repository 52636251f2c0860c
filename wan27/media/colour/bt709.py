"""Into the one colour that every host reads alike: 8-bit yuv420p, BT.709, limited range, tagged; exact to rounding on PyAV 14 to 18.

The way back of `colour.py`, with its flags and for its reasons. Thumbnails that are so already pass
untouched; all others go through 8-bit RGB planes, so that a clip that is cut, sent and continued
again and again keeps its colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from .rgb import matrix_of, range_of, to_rgb_planes

if TYPE_CHECKING:
    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

BT709, LIMITED = (
    1,
    1,
)  # AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic have the same 1; AVColorRange MPEG
_EXACT = 0x2 | 0x40000  # SWS_BILINEAR | SWS_ACCURATE_RND, as in `colour.py`


class Bt709Converter:
    """Brings pictures of any kind to yuv420p BT.709.

    Belongs to one thread; its frames are the caller's to keep.
    """

    def __init__(self) -> None:
        self._to_rgb, self._to_yuv = VideoReformatter(), VideoReformatter()

    def from_frame(self, frame: VideoFrame, quarter_turns: int) -> VideoFrame:
        """A decoded `frame`, turned counter-clockwise by `quarter_turns`; the very same frame where nothing is to be done."""
        if (
            not quarter_turns
            and frame.format.name == "yuv420p"
            and matrix_of(frame) == Colorspace.ITU709
            and range_of(frame) == LIMITED
        ):
            return frame
        rgb = to_rgb_planes(frame, self._to_rgb)
        return self.from_rgb(_turned(rgb, quarter_turns) if quarter_turns else rgb)

    def from_rgb(self, frame: VideoFrame) -> VideoFrame:
        """`frame`, 8-bit `gbrp` of even sides, as yuv420p."""
        converted = self._to_yuv.reformat(
            frame,
            format="yuv420p",
            src_colorspace=int(
                Colorspace.ITU601
            ),  # RGB has no matrix; PyAV up to 16 does nothing where both are called the same
            dst_colorspace=int(Colorspace.ITU709),
            interpolation=_EXACT,
            src_color_range=int(ColorRange.JPEG),
            dst_color_range=int(ColorRange.MPEG),
        )
        converted.colorspace, converted.color_range = (
            BT709,
            LIMITED,
        )  # PyAV up to 16 does not tag what it made
        return converted


def pixels_of(plane: VideoPlane) -> NDArray[np.uint8]:
    """The plane's bytes as (height, width), without the padding of its lines: a view, which can be written to."""
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]


def _turned(frame: VideoFrame, quarter_turns: int) -> VideoFrame:
    width, height = (
        (frame.height, frame.width) if quarter_turns % 2 else (frame.width, frame.height)
    )
    turned = VideoFrame(width, height, frame.format.name)
    for source, target in zip(frame.planes, turned.planes, strict=True):
        pixels_of(target)[:] = np.rot90(pixels_of(source), quarter_turns)
    return turned

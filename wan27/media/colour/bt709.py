"""Frames to the one color format that every host reads alike: 8-bit yuv420p, BT.709, limited range.

The reverse of rgb.py, with the same flags, exact to rounding on PyAV 14 to 18. Frames in this
format pass unchanged; all others go through 8-bit RGB, so that a clip that is cut, sent and
continued again and again keeps its colors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from ..read.orientation import UPRIGHT
from .pixels import rgb_of, upright
from .rgb import EXACT, RgbConverter, matrix_of, range_of

if TYPE_CHECKING:
    from ..read.orientation import Orientation

BT709 = 1  # AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic have the same number
LIMITED = 1  # AVColorRange MPEG


class Bt709Converter:
    """Converts frames of any format to yuv420p BT.709.

    Belongs to one thread; the caller may keep its frames.
    """

    def __init__(self) -> None:
        self._to_rgb, self._to_yuv = RgbConverter(), VideoReformatter()

    def from_frame(self, frame: VideoFrame, orientation: Orientation) -> VideoFrame:
        """Convert a decoded `frame`, upright; unchanged if it can be."""
        if (
            orientation == UPRIGHT
            and frame.format.name == "yuv420p"
            and matrix_of(frame) == Colorspace.ITU709
            and range_of(frame) == LIMITED
        ):
            return frame
        rgb = self._to_rgb.convert(frame)
        return self.from_rgb(rgb if orientation == UPRIGHT else _upright(rgb, orientation))

    def from_rgb(self, frame: VideoFrame) -> VideoFrame:
        """Convert `frame`, `rgb24` with even sides."""
        converted = self._to_yuv.reformat(
            frame,
            format="yuv420p",
            # RGB has no matrix, but with the same name for both PyAV up to 16 converts nothing.
            src_colorspace=int(Colorspace.ITU601),
            dst_colorspace=int(Colorspace.ITU709),
            interpolation=EXACT,
            src_color_range=int(ColorRange.JPEG),
            dst_color_range=int(ColorRange.MPEG),
        )
        # PyAV up to 16 does not tag what it converted.
        converted.colorspace, converted.color_range = BT709, LIMITED
        return converted


def _upright(frame: VideoFrame, orientation: Orientation) -> VideoFrame:
    pixels = upright(rgb_of(frame), orientation)
    height, width, _ = pixels.shape
    turned = VideoFrame(width, height, "rgb24")
    rgb_of(turned)[:] = pixels
    return turned

"""Decoded frames to 8-bit RGB, exact to rounding on PyAV 14 to 18.

swscale's defaults are fast and dark: a frame loses 1 to 1.5 of 255 in each pass, and chained clips
fade. `BILINEAR | ACCURATE_RND` into planar `gbrp` is within 0.5 of the ideal, and interleaving its
planes to `rgb24` is a copy. Straight to `rgb24` with full chroma gives the same bytes in twice the
time, as swscale has no vector code for it. Matrix and range are
always named, because PyAV up to 16 ignores the frame's own tags, and converts nothing where source
and destination have the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# SWS_BILINEAR | SWS_ACCURATE_RND of libswscale/swscale.h. An integer, because PyAV before 18 has no
# name for the second and cannot combine them.
EXACT = 0x2 | 0x40000
# From PyAV 17 on, a converter has a thread for each core by default; frames.py has its own workers.
_ONE_THREAD: dict[str, Any] = {"threads": 1} if int(av.__version__.partition(".")[0]) >= 17 else {}
_BT2020 = 9  # SWS_CS_BT2020, which PyAV before 18 has no name for

# AVColorSpace of libavutil/pixfmt.h (H.273, table 4) -> swscale's matrix. Any other tag
# (unspecified, reserved) means nothing.
_MATRIX_OF_TAG = {
    1: int(Colorspace.ITU709),
    4: int(Colorspace.FCC),
    5: int(Colorspace.ITU601),  # BT.470 BG
    6: int(Colorspace.ITU601),  # SMPTE 170M
    7: int(Colorspace.SMPTE240M),
    9: _BT2020,
}


def tagged_matrix_of(frame: VideoFrame) -> int | None:
    """Return the YUV matrix of the frame's tag, as swscale's number; None without a tag."""
    return _MATRIX_OF_TAG.get(int(frame.colorspace))


def matrix_of(frame: VideoFrame, untagged: int | None = None) -> int:
    """Return the YUV matrix of `frame`, as swscale's number.

    Without a tag it is `untagged`, where that is known (matrix.py), or what players assume: BT.709
    for HD (width >= 1280 or height > 576), BT.601 below, the rule of mpv and of Chromium. A wrong
    guess is off by up to 24 of 255.
    """
    tagged = tagged_matrix_of(frame)
    if tagged is not None:
        return tagged
    if untagged is not None:
        return untagged
    is_hd = frame.width >= 1280 or frame.height > 576
    return int(Colorspace.ITU709 if is_hd else Colorspace.ITU601)


def range_of(frame: VideoFrame) -> int:
    """Return the color range: full by its tag or format (`yuvj420p`), else limited, as in H.273."""
    is_full = int(frame.color_range) == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    return int(ColorRange.JPEG if is_full else ColorRange.MPEG)


class RgbConverter:
    """Converts decoded frames to `rgb24`, not turned. Belongs to one thread."""

    def __init__(self) -> None:
        self._to_planes, self._to_pixels = VideoReformatter(), VideoReformatter()

    def convert(self, frame: VideoFrame, untagged: int | None = None) -> VideoFrame:
        """Return `frame` as `rgb24`, of the same size; `untagged` as in `matrix_of`."""
        planes = self._planes_of(frame, untagged)
        return self._to_pixels.reformat(planes, format="rgb24", **_ONE_THREAD)

    def _planes_of(self, frame: VideoFrame, untagged: int | None) -> VideoFrame:
        # RGB has no matrix; only its layout changes.
        if frame.format.is_rgb:
            return self._to_planes.reformat(
                frame, format="gbrp", interpolation=EXACT, **_ONE_THREAD
            )
        matrix = matrix_of(frame, untagged)
        return self._to_planes.reformat(
            frame,
            format="gbrp",
            src_colorspace=matrix,
            dst_colorspace=_other_than(matrix),
            interpolation=EXACT,
            src_color_range=range_of(frame),
            dst_color_range=int(ColorRange.JPEG),
            **_ONE_THREAD,
        )


def _other_than(matrix: int) -> int:
    """Return any other matrix: RGB has none, but PyAV up to 16 converts nothing between equals."""
    return int(Colorspace.ITU601 if matrix == Colorspace.ITU709 else Colorspace.ITU709)

"""Which YUV matrix an untagged video was made with: settled by the picture that was sent, because the video begins with it.

The picture says what the first frame should hold under BT.709 and under BT.601, and the frame lies
somewhere on the line between the two: 0 is 709, 1 is 601. What hosts may change besides
(brightness, contrast, saturation, tint, a slight crop or shift) is left free in one fit by least
squares, so only what none of these can imitate counts as evidence. A luma that is wrong for its hue
is the best of it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PIL import Image

from .bt709 import pixels_of
from .rgb import range_of, tagged_matrix_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    Cells = NDArray[
        np.float64
    ]  # (3, _SIDE, _SIDE): Y, Cb, Cr in steps of 1/255, or R, G, B in 0..255

_WEIGHTS = {
    int(Colorspace.ITU709): (0.2126, 0.0722),
    int(Colorspace.ITU601): (0.299, 0.114),
}  # of red and blue in luma; H.273, table 4
# both pictures are averaged down to 24 × 24 cells: a crop of 4 % moves its edge by half a cell,
# which a gradient still describes
_SIDE = 24
_AREA = 0x20 | 0x40000  # SWS_AREA | SWS_ACCURATE_RND of libswscale/swscale.h

# Measured on 289 photographs, drawings and rendered pictures, each coded both ways by x264 at crf
# 18 to 35 in 480P to 1080P, with crops up to 4 %, shifts and changed colours: 2312 frames, none
# settled wrongly, nor one of 5184 frames of another scene. 0.10 of error lets one through.
# mean difference of the two guesses, in 1/255: below it the picture is as good as grey, and the
# guess hardly matters
_LEAST_SIGNAL = 0.3
# standard error of the place on the line; neighbouring cells err alike, so it is really some times
# larger
_MOST_ERROR = 0.08
# from 0 or from 1: what lies in the middle or far outside was changed in a way that is not
# described here
_MOST_DISTANCE = 0.25
# share of the frame's contrast that is not the picture's: above it the host has drawn another scene
_MOST_STRANGE = 0.2
_MOST_SIDE = (
    1024  # pixels; what was sent is kept at a quarter of that, and what claims more is not ours
)


def settle_matrix(first: VideoFrame, quarter_turns: int, thumbnail: bytes | None) -> int | None:
    """The matrix of an untagged video as swscale's number, judged by its `first` frame; None where that cannot be known.

    `thumbnail` is a small JPEG file of the picture that was sent; one that cannot be read, or is
    empty, counts as none. A tag is the file's own word: then nothing is settled here. Takes 2 to 4
    ms.
    """
    if not thumbnail or first.format.is_rgb or tagged_matrix_of(first) is not None:
        return None
    frame = np.rot90(_cells_of_frame(first), quarter_turns, axes=(1, 2))
    upright = (first.height, first.width) if quarter_turns % 2 else (first.width, first.height)
    picture = _cells_of_picture(thumbnail, upright[0] / upright[1])
    return None if picture is None else _nearest(frame, picture)


def _nearest(frame: Cells, picture: Cells) -> int | None:
    """The matrix under which `picture` (R, G, B) is `frame` (Y, Cb, Cr); None where neither is clearly it."""
    bt709, bt601 = (
        _to_ycc(picture, *_WEIGHTS[int(matrix)])
        for matrix in (Colorspace.ITU709, Colorspace.ITU601)
    )
    seen = np.stack([bt601 - bt709, frame - bt709], axis=-1).reshape(-1, 2)
    free = _free_changes((bt709 + bt601) / 2)
    line, point = (seen - free @ np.linalg.lstsq(free, seen, rcond=None)[0]).T
    signal = _rms(line)
    if signal < _LEAST_SIGNAL:
        return None
    place = (line @ point) / (line @ line)
    rest = _rms(point - place * line)
    contrast = _rms(frame - frame.mean(axis=(1, 2), keepdims=True))
    is_unsure = (
        rest > _MOST_ERROR * signal * np.sqrt(len(line))
        or min(abs(place), abs(place - 1)) > _MOST_DISTANCE
    )
    if is_unsure or rest > _MOST_STRANGE * contrast:
        return None
    return int(Colorspace.ITU601 if place > 0.5 else Colorspace.ITU709)


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _free_changes(cells: Cells) -> NDArray[np.float64]:
    """What a host may do to a picture (Y, Cb, Cr), one column each: (3 · _SIDE², 10)."""
    y, cb, cr = cells
    one, none = np.ones_like(y), np.zeros_like(y)
    colour = [
        (one, none, none),  # brightness
        (y, none, none),  # contrast
        (y * y, none, none),  # gamma
        (none, one, none),  # tint
        (none, none, one),
        (none, cb, cr),  # saturation
    ]
    down, across = np.gradient(cells, axis=(1, 2))
    ramp = np.linspace(-1, 1, _SIDE)
    place = [
        across,
        down,
        across * ramp,
        down * ramp[:, None],
    ]  # a shift, and a crop or stretch around the middle
    return np.stack([*map(np.stack, colour), *place], axis=-1).reshape(-1, len(colour) + len(place))


def _to_ycc(rgb: Cells, of_red: float, of_blue: float) -> Cells:
    """R'G'B' as Y'CbCr, all in steps of 1/255 and Cb and Cr around 0 (ITU-R BT.601 and BT.709, analogue form)."""
    red, green, blue = rgb
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    return np.stack([luma, (blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)])


def _cells_of_frame(frame: VideoFrame) -> Cells:
    """The frame's own Y, Cb and Cr, averaged; no matrix has a part in it."""
    same = int(Colorspace.ITU601)
    small = VideoReformatter().reformat(
        frame,
        width=_SIDE,
        height=_SIDE,
        format="yuv444p",
        src_colorspace=same,
        dst_colorspace=same,
        interpolation=_AREA,
        src_color_range=range_of(frame),
        dst_color_range=int(ColorRange.MPEG),
    )
    y, cb, cr = (pixels_of(plane).astype(np.float64) for plane in small.planes)
    return np.stack([(y - 16) * (255 / 219), (cb - 128) * (255 / 224), (cr - 128) * (255 / 224)])


def _cells_of_picture(file: bytes, aspect: float) -> Cells | None:
    """R, G and B of a JPEG file, averaged over its middle of that `aspect` (width / height); None where it cannot be read."""
    try:
        with Image.open(io.BytesIO(file), formats=["JPEG"]) as opened:
            if max(opened.size) > _MOST_SIDE:
                return None
            picture = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    width, height = (
        min(picture.width, picture.height * aspect),
        min(picture.height, picture.width / aspect),
    )
    left, top = (picture.width - width) / 2, (picture.height - height) / 2
    cells = picture.resize(
        (_SIDE, _SIDE), Image.Resampling.BOX, box=(left, top, left + width, top + height)
    )
    return np.moveaxis(np.asarray(cells, np.float64), -1, 0)

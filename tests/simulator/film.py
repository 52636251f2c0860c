"""A rendered video as another host might make it: frame rate, color tags, sound."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import Colorspace

_UNTAGGED = 2
# The name in a report -> swscale's matrix and the tag of H.273.
_MATRICES = {
    "BT.709": (Colorspace.ITU709, 1),
    "BT.601": (Colorspace.ITU601, 6),
    "untagged": (Colorspace.ITU709, _UNTAGGED),
}


def refilm(path: Path, film: Mapping[str, Any]) -> None:
    """Replace a file of the simulator (30 fps, BT.709, sound) by one with other properties."""
    rate = Fraction(film.get("fps", 30))
    matrix, tag = _MATRICES[film.get("matrix", "BT.709")]
    target = path.with_suffix(".refilmed.mp4")
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        frames = list(source.decode(video=0))
        stream = output.add_stream("libx264", rate, options={"preset": "ultrafast", "crf": "17"})
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = tag
        context.color_range = 1 if tag != _UNTAGGED else 0
        sound = source.streams.audio[0] if film.get("sound", True) else None
        copied = output.add_stream_from_template(sound) if sound else None
        for number in range(round(len(frames) / 30 * rate)):
            frame = frames[min(int(number * 30 / rate), len(frames) - 1)].reformat(
                format="yuv420p", src_colorspace=Colorspace.ITU709, dst_colorspace=matrix
            )
            frame.pts, frame.time_base = number, 1 / rate
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if sound and copied:
            source.seek(0)
            for packet in source.demux(sound):
                if packet.dts is not None:
                    packet.stream = copied
                    output.mux(packet)
    target.replace(path)

"""What is in the file of a video: its streams, their tags, and its length to the frame."""

from __future__ import annotations

from typing import Any

from wan27.errors import InvalidVideo
from wan27.media.colour.matrix import settle_matrix
from wan27.media.read.clip import Clip
from wan27.media.read.container import OpenVideo, decoded_frames, open_video
from wan27.media.read.fit import begins_with

# AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic of H.273, by their numbers.
_MATRICES = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020"}
_UNTAGGED = "untagged"
_SWSCALE = {1: "BT.709", 5: "BT.601"}


def film_facts(clip: Clip, thumbnail: bytes) -> dict[str, Any]:
    """Return the facts; `thumbnail` is of the image that the video should begin with. Blocks."""
    with open_video(clip.path) as opened:
        sound = _sound(opened)
        stream, context = opened.video, opened.video.codec_context
        first = next(decoded_frames(opened, lambda: None), None)
        if first is None:
            raise InvalidVideo("The video has no frames.")
        measured = settle_matrix(first, clip.orientation, thumbnail)
        return {
            "codec": clip.codec,
            "profile": str(getattr(stream, "profile", None) or context.profile or ""),
            "format": str(first.format.name),
            "width": clip.upright_size[0],
            "height": clip.upright_size[1],
            "degrees": 90 * clip.orientation.quarter_turns,
            "is_mirrored": clip.orientation.is_mirrored,
            "sample_aspect": str(clip.sample_aspect),
            "fps": str(clip.fps),
            "frames": clip.frame_count,
            "seconds": round(clip.seconds, 3),
            "matrix": _MATRICES.get(int(first.colorspace), _tag(int(first.colorspace))),
            "primaries": _tag(int(context.color_primaries)),
            "transfer": _tag(int(context.color_trc)),
            "range": {1: "limited", 2: "full"}.get(int(first.color_range), _UNTAGGED),
            "measured_matrix": "" if measured is None else _SWSCALE.get(measured, str(measured)),
            "sound": sound,
            "begins_with_image": begins_with(clip, thumbnail),
        }


def _tag(number: int) -> str:
    return _UNTAGGED if number in (0, 2) else {1: "BT.709"}.get(number, f"H.273 number {number}")


def _sound(opened: OpenVideo) -> dict[str, Any] | None:
    stream = opened.audio
    if stream is None:
        return None
    unit = stream.time_base or 0
    return {
        "codec": stream.codec_context.name,
        "rate": stream.codec_context.sample_rate,
        "channels": stream.codec_context.channels,
        "seconds": None if stream.duration is None else round(float(stream.duration * unit), 3),
    }

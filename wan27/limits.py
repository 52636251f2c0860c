"""Every limit and default of the Wan 2.7 image-to-video API, once, as data.

Source of all numbers unless a line says otherwise: the hosts' own page of `wan2.7-i2v`
(https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v; the pages of Novita and PPIO agree).
`job.py` turns these into checks, the nodes into widgets, the simulator into a strict host.
"""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024

PROMPT_CHARACTERS = 5000
NEGATIVE_PROMPT_CHARACTERS = 500
RESOLUTIONS = ("720P", "1080P")
DURATION_SECONDS = (2, 15)
SEED = (0, 2147483647)

# the API's own default is 1080P; the cheaper tier is the safer one to start a graph with
DEFAULT_RESOLUTION = "720P"
DEFAULT_DURATION_SECONDS = 5
DEFAULT_SEED = 0
DEFAULT_PROMPT_EXTEND = True
DEFAULT_WATERMARK = False

ASPECT = (1 / 8, 8.0)  # width / height, for pictures and clips


@dataclass(frozen=True, slots=True)
class MediumLimits:
    """What the API accepts of one medium: its file, its sides in pixels, its length in seconds; None where no rule exists."""

    field: str  # the API's name of the field that carries its URL
    formats: tuple[str, ...]
    max_bytes: int
    side_pixels: tuple[int, int] | None = None
    seconds: tuple[float, float] | None = None


_PICTURE_FORMATS = ("jpeg", "png", "bmp", "webp")

MEDIA = {
    # role (the node's input, and upstream's `media.type`) -> limits
    "first_frame": MediumLimits(
        "image_url", _PICTURE_FORMATS, 20 * MEGABYTE, side_pixels=(240, 8000)
    ),
    "last_frame": MediumLimits(
        "last_frame_url", _PICTURE_FORMATS, 20 * MEGABYTE, side_pixels=(240, 8000)
    ),
    "first_clip": MediumLimits(
        "first_clip_url", ("mp4", "mov"), 100 * MEGABYTE, side_pixels=(240, 4096), seconds=(2, 10)
    ),
    "driving_audio": MediumLimits(
        "driving_audio_url", ("wav", "mp3"), 15 * MEGABYTE, seconds=(2, 30)
    ),
}

# The six combinations that upstream calls legal; any other is an error there
# (https://help.aliyun.com/zh/model-studio/image-to-video-general-api-reference).
COMBINATIONS = (
    frozenset({"first_frame"}),
    frozenset({"first_frame", "driving_audio"}),
    frozenset({"first_frame", "last_frame"}),
    frozenset({"first_frame", "last_frame", "driving_audio"}),
    frozenset({"first_clip"}),
    frozenset({"first_clip", "last_frame"}),
)

DEFAULT_CLIP_FPS = (
    30.0  # what the hosts' own videos have (https://docs.together.ai/docs/wan2.7-quickstart)
)

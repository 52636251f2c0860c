"""Every limit and default of the Wan 2.7 image-to-video API, once, as data.

Source of all numbers unless a line says otherwise: the hosts' own page of `wan2.7-i2v`
(https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v; the pages of Novita and PPIO agree).
`job.py` makes checks of them, the nodes make widgets and tooltips, the simulator a strict host. A
text that names a limit takes it from here.
"""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024

PROMPT_CHARACTERS = 5000
NEGATIVE_PROMPT_CHARACTERS = 500
RESOLUTIONS = ("720P", "1080P")
# Pixels of a video, about; its shape is that of the input.
TIER_PIXELS = {"720P": 1280 * 720, "1080P": 1920 * 1080}
DURATION_SECONDS = (2, 15)
SEED = (0, 2147483647)
ANY_SEED = (0, 2**64 - 1)  # of ComfyUI's own nodes and of packs, one of which may feed several

# The API's own default is 1080P; the cheaper tier is the safer one to start a workflow with.
DEFAULT_RESOLUTION = "720P"
DEFAULT_DURATION_SECONDS = 5
DEFAULT_SEED = 0
DEFAULT_PROMPT_EXTEND = True
DEFAULT_WATERMARK = False
# The hosts' own videos have 30 (https://docs.together.ai/docs/wan2.7-quickstart).
DEFAULT_CLIP_FPS = 30.0

ASPECT = (1 / 8, 8.0)  # width / height of images and clips
ASPECT_TEXT = f"1:{1 / ASPECT[0]:g} to {ASPECT[1]:g}:1"

# Some containers round times to a millisecond.
ROUNDING_SECONDS = 0.002
# A host measured 2.07 s for a clip of nominally 2 s, and failed it with a duration of 2 s.
LONGER_THAN_CLIP_SECONDS = 0.1

# Ours, for money and time that a person or a host gives: 1e999999999 has as many digits.
LARGEST_NUMBER = 10**12

# The largest image file inside a request. The three hosts document it for the sister model wan2.6
# (https://novita.ai/docs/api-reference/model-apis-wan2.6-i2v) and say nothing of it for wan2.7.
INLINE_IMAGE_BYTES = 10 * MEGABYTE


@dataclass(frozen=True, slots=True)
class MediumLimits:
    """The API's limits for one medium; None where it has no rule."""

    field: str  # the API's name of the field that carries its URL
    formats: tuple[str, ...]
    max_bytes: int
    side_pixels: tuple[int, int] | None = None
    seconds: tuple[float, float] | None = None

    @property
    def max_megabytes(self) -> int:
        """The largest file, for texts."""
        return self.max_bytes // MEGABYTE

    @property
    def side_text(self) -> str:
        """The limits of each side for texts, "240 to 8000 pixels"; "" where there is no rule."""
        return f"{_range(self.side_pixels)} pixels" if self.side_pixels else ""

    @property
    def seconds_text(self) -> str:
        """The limits of the length for texts, "2 to 10 s"; "" where there is no rule."""
        return f"{_range(self.seconds)} s" if self.seconds else ""


def shown_seconds(seconds: float) -> str:
    """Return a length for texts, with enough digits to see why 10.01 is not 10."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _range(limits: tuple[float, float]) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"


_IMAGE_FORMATS = ("jpeg", "png", "bmp", "webp")

MEDIA = {
    # role (the node's input, and upstream's `media.type`) -> limits
    "first_frame": MediumLimits(
        "image_url", _IMAGE_FORMATS, 20 * MEGABYTE, side_pixels=(240, 8000)
    ),
    "last_frame": MediumLimits(
        "last_frame_url", _IMAGE_FORMATS, 20 * MEGABYTE, side_pixels=(240, 8000)
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

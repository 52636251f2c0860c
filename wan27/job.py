"""The job: what the user asks, checked against every rule of the API before anything is sent."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import limits
from .errors import InvalidInput
from .medium import DeferredMedia, ImageFile, Link, Medium, too_large

# A change here makes every finished video unknown, and a Run would buy it again: only on purpose.
_FINGERPRINT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One video to make.

    Raises `InvalidInput`, naming input, value and limit, where a rule is broken.

    `media` maps roles ("first_frame", "last_frame", "first_clip", "driving_audio") to media. Other
    field names, units and limits are the API's own (`limits.py`): `duration` in whole seconds of
    the finished video, prompts in characters.
    """

    media: Mapping[str, Medium]
    prompt: str = ""
    negative_prompt: str = ""
    resolution: str = limits.DEFAULT_RESOLUTION
    duration: int = limits.DEFAULT_DURATION_SECONDS
    seed: int = limits.DEFAULT_SEED
    prompt_extend: bool = limits.DEFAULT_PROMPT_EXTEND
    watermark: bool = limits.DEFAULT_WATERMARK

    def __post_init__(self) -> None:
        _check_combination(self.media)
        for role, medium in self.media.items():
            _check_medium(role, medium)
        _check_text("prompt", self.prompt, limits.PROMPT_CHARACTERS)
        _check_text("negative_prompt", self.negative_prompt, limits.NEGATIVE_PROMPT_CHARACTERS)
        _check_whole_number("duration", self.duration, limits.DURATION_SECONDS, "whole seconds")
        _check_whole_number("seed", self.seed, limits.ANY_SEED, "a whole number")
        if isinstance(clip := self.media.get("first_clip"), DeferredMedia):
            _check_longer_than_clip(clip.seconds, self.duration)
        if self.resolution not in limits.RESOLUTIONS:
            raise InvalidInput(
                "resolution", f"is {self.resolution!r}; choose {' or '.join(limits.RESOLUTIONS)}."
            )

    @property
    def mode(self) -> str:
        """The one of the API's three tasks that this is."""
        if "first_clip" in self.media:
            return "continuation"
        return "first_last_frame" if "last_frame" in self.media else "first_frame"

    @property
    def parameters(self) -> dict[str, str | int | bool]:
        """Every field of the request but its media, under the API's names."""
        return {
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "resolution": self.resolution,
            "duration": self.duration,
            "prompt_extend": self.prompt_extend,
            "watermark": self.watermark,
            "seed": self.seed % (limits.SEED[1] + 1),
        }

    @property
    def thumbnail(self) -> bytes:
        """The thumbnail of the first frame or clip, a JPEG file; b"" where it is a URL."""
        medium = self.media.get("first_frame") or self.media.get("first_clip")
        return b"" if medium is None or isinstance(medium, Link) else medium.thumbnail

    @property
    def notices(self) -> tuple[str, ...]:
        """Short texts about what breaks no rule but may surprise."""
        local = [medium for medium in self.media.values() if isinstance(medium, DeferredMedia)]
        notices = tuple(notice for medium in local for notice in medium.notices)
        if self.seed > limits.SEED[1]:
            sent = self.parameters["seed"]
            notices += (f"seed {self.seed} is above {limits.SEED[1]} and sent as {sent}",)
        audio = self.media.get("driving_audio")
        if (
            not isinstance(audio, DeferredMedia)
            or audio.seconds <= self.duration + limits.ROUNDING_SECONDS
        ):
            return notices
        return (
            *notices,
            (
                f"driving_audio lasts {audio.seconds:.1f} s and the video {self.duration} s: the"
                " rest of the audio is not used"
            ),
        )

    def fingerprint(self, host: str) -> str:
        """Return the SHA-256 (hex) of what the request means.

        Two jobs with one fingerprint are one video, which is bought once.
        """
        meaning = {
            "version": _FINGERPRINT_VERSION,
            "host": host,
            "mode": self.mode,
            "parameters": self.parameters,
            "media": {role: medium.content_hash for role, medium in self.media.items()},
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def _check_combination(media: Mapping[str, Medium]) -> None:
    given = frozenset(media)
    if given in limits.COMBINATIONS:
        return
    if not given & {"first_frame", "first_clip"}:
        raise InvalidInput(
            "first_frame",
            "is missing: a video begins with an image (first_frame) or a clip (first_clip).",
        )
    if {"first_frame", "first_clip"} <= given:
        raise InvalidInput(
            "first_clip",
            "and first_frame exclude each other: a video begins with an image or a clip. Disconnect"
            " one of them.",
        )
    if {"first_clip", "driving_audio"} <= given:
        raise InvalidInput(
            "driving_audio",
            "cannot be combined with a clip: the API takes audio only with a first frame.",
        )
    raise InvalidInput(", ".join(sorted(given)), "cannot be combined: the API does not support it.")


def _check_medium(role: str, medium: Medium) -> None:
    if isinstance(medium, Link):
        _check_link(f"{role}_url", medium.url)
    elif isinstance(medium, ImageFile):
        _check_image(role, medium)


def _check_link(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_usable = False
    if not is_usable or not url.isprintable() or " " in url:
        shown = url if len(url) <= 80 else url[:80] + "…"
        raise InvalidInput(
            name,
            f"is {shown!r}; give a public URL that begins with https:// and that the host can"
            " download.",
        )


def _check_image(role: str, image: ImageFile) -> None:
    rules = limits.MEDIA[role]
    size = f"is {image.width} × {image.height} pixels"
    if rules.side_pixels is not None:
        low, high = rules.side_pixels
        if min(image.width, image.height) < low or max(image.width, image.height) > high:
            raise InvalidInput(
                role,
                f"{size}; each side must be {rules.side_text}. Resize it first, for example with"
                ' "Upscale Image".',
            )
    narrow, wide = limits.ASPECT
    if not narrow <= image.width / image.height <= wide:
        raise InvalidInput(
            role,
            f"{size}; width to height must be {limits.ASPECT_TEXT}. Crop it first, for example with"
            ' "Crop Image".',
        )
    if len(image.data) > rules.max_bytes:
        raise too_large(
            role,
            len(image.data),
            rules.max_bytes,
            content_type=image.content_type,
            pixels=(image.width, image.height),
        )


def _check_text(name: str, text: str, max_characters: int) -> None:
    if len(text) > max_characters:
        raise InvalidInput(
            name,
            f"has {len(text)} characters; the API takes at most {max_characters}. Shorten it by"
            f" {len(text) - max_characters}.",
        )
    broken = next(
        (index for index, letter in enumerate(text) if "\ud800" <= letter <= "\udfff"), None
    )
    if broken is not None:
        raise InvalidInput(
            name,
            f"contains half a character at position {broken + 1} (a broken emoji?). Delete it or"
            " type it again.",
        )


def _check_whole_number(name: str, value: int, limit: tuple[int, int], what: str) -> None:
    low, high = limit
    if type(value) is not int or not low <= value <= high:
        raise InvalidInput(name, f"is {value!r}; it must be {what} from {low} to {high}.")


def _check_longer_than_clip(clip_seconds: float, duration: int) -> None:
    """Refuse a video that is not longer than its clip by what the hosts ask for.

    The finished video begins with the clip, whose seconds count and are paid (source: as
    `COMBINATIONS` in limits.py).
    """
    needed_seconds = clip_seconds + limits.LONGER_THAN_CLIP_SECONDS - limits.ROUNDING_SECONDS
    if duration >= needed_seconds:
        return
    raise InvalidInput(
        "duration",
        f"is {duration} s and the clip alone lasts {limits.shown_seconds(clip_seconds)} s;"
        " duration is the length of the whole video, clip included, and must be at least"
        f" {limits.LONGER_THAN_CLIP_SECONDS:g} s longer. Set it to {math.ceil(needed_seconds)} to"
        f" {limits.DURATION_SECONDS[1]}, or use a shorter clip.",
    )

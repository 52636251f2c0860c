"""What the user asks for, checked against every rule of the API before a byte or a cent leaves."""

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

# A change here makes every finished video unknown, and a Run would buy it again: only ever raise it
# on purpose.
_FINGERPRINT_VERSION = 1

_FORGIVEN_SECONDS = 0.002  # some containers round times to a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One video to make.

    Raises `InvalidInput`, naming input, value and limit, where a rule is broken.

    `media` maps roles ("first_frame", "last_frame", "first_clip", "driving_audio") to what was
    given. Other field names, units and limits are the API's own (`limits.py`): `duration` in whole
    seconds of the finished video, prompts in characters.
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
        _check_whole_number("seed", self.seed, limits.SEED, "a whole number")
        if isinstance(clip := self.media.get("first_clip"), DeferredMedia):
            _check_total(clip.seconds, self.duration)
        if self.resolution not in limits.RESOLUTIONS:
            raise InvalidInput(
                "resolution", f"is {self.resolution!r}; choose {' or '.join(limits.RESOLUTIONS)}."
            )

    @property
    def mode(self) -> str:
        """Which of the API's three tasks this is."""
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
            "seed": self.seed,
        }

    @property
    def thumbnail(self) -> bytes:
        """A small copy of the picture that the video begins with, as a file; b"" where only an address of it is known."""
        medium = self.media.get("first_frame") or self.media.get("first_clip")
        return b"" if medium is None or isinstance(medium, Link) else medium.thumbnail

    @property
    def notices(self) -> tuple[str, ...]:
        """What no rule forbids and may yet surprise, in short sentences."""
        sound = self.media.get("driving_audio")
        if (
            not isinstance(sound, DeferredMedia)
            or sound.seconds <= self.duration + _FORGIVEN_SECONDS
        ):
            return ()
        return (
            (
                f"driving_audio lasts {sound.seconds:.1f} s, the video {self.duration} s: the rest"
                " of the sound is not heard"
            ),
        )

    def fingerprint(self, host: str, account: str) -> str:
        """SHA-256 (hex) of what the request means.

        Two jobs with one fingerprint are one video, and it is bought once.
        """
        meaning = {
            "version": _FINGERPRINT_VERSION,
            "host": host,
            "account": account,
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
            "is missing: a video begins with a picture (first_frame) or with a clip (first_clip).",
        )
    if {"first_frame", "first_clip"} <= given:
        raise InvalidInput(
            "first_clip",
            "and first_frame exclude each other: the API takes a picture or a clip to begin with,"
            " not both.",
        )
    if {"first_clip", "driving_audio"} <= given:
        raise InvalidInput(
            "driving_audio",
            "cannot be combined with a clip: the API takes sound only with a first frame.",
        )
    raise InvalidInput(
        ", ".join(sorted(given)),
        "cannot be combined: the API does not know this combination of media.",
    )


def _check_medium(role: str, medium: Medium) -> None:
    if isinstance(medium, Link):
        _check_link(f"{role}_url", medium.url)
    elif isinstance(medium, ImageFile):
        _check_picture(role, medium)


def _check_link(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        shown = url if len(url) <= 80 else url[:80] + "…"
        raise InvalidInput(
            name,
            f"is {shown!r}; give a public address that begins with https:// and that the host can"
            " fetch.",
        )


def _check_picture(role: str, picture: ImageFile) -> None:
    rules = limits.MEDIA[role]
    size = f"is {picture.width} × {picture.height} pixels"
    if rules.side_pixels is not None:
        low, high = rules.side_pixels
        if min(picture.width, picture.height) < low or max(picture.width, picture.height) > high:
            raise InvalidInput(
                role,
                f"{size}; each side must be {low} to {high} pixels. Resize it first, for example"
                ' with "Upscale Image".',
            )
    narrow, wide = limits.ASPECT
    if not narrow <= picture.width / picture.height <= wide:
        raise InvalidInput(
            role,
            f"{size}; width to height must be between 1:8 and 8:1. Crop it first, for example with"
            ' "Crop Image".',
        )
    if len(picture.data) > rules.max_bytes:
        pixels = (picture.width, picture.height)
        raise too_large(
            role,
            len(picture.data),
            rules.max_bytes,
            content_type=picture.content_type,
            pixels=pixels,
        )


def _check_text(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidInput(
            name,
            f"has {len(text)} characters; the API takes at most {most}. Shorten it by"
            f" {len(text) - most}.",
        )
    broken = next(
        (place for place, letter in enumerate(text) if "\ud800" <= letter <= "\udfff"), None
    )
    if broken is not None:
        raise InvalidInput(
            name,
            f"holds half a character at position {broken + 1} (a broken emoji?). Type that place"
            " again.",
        )


def _check_whole_number(name: str, value: int, limit: tuple[int, int], what: str) -> None:
    low, high = limit
    if type(value) is not int or not low <= value <= high:
        raise InvalidInput(name, f"is {value!r}; it must be {what} from {low} to {high}.")


def _check_total(clip_seconds: float, duration: int) -> None:
    """The finished video begins with the clip, and the clip's seconds count and are paid (source as `COMBINATIONS` in limits.py)."""
    if duration > clip_seconds + _FORGIVEN_SECONDS:
        return
    least, most = math.floor(clip_seconds + _FORGIVEN_SECONDS) + 1, limits.DURATION_SECONDS[1]
    raise InvalidInput(
        "duration",
        f"is {duration} s, and the clip alone lasts {clip_seconds:.4g} s; duration counts the whole"
        f" video, the clip included. Set it to {least} to {most}, or use a shorter clip.",
    )

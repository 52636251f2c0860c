"""What of a video could not be decoded and was replaced, and the notices that say so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Damage:
    """Counted while a file is decoded. All zero: it was as its writer meant it.

    `repeated_frames` could not be decoded: the frame before each is shown again. `damaged_frames`
    were decoded in part. `skipped_frames` came before the first that could be decoded,
    `missing_frames` would come after the last.
    `silent_seconds` of the sound could not be decoded. `resampled` is what the sound was resampled
    from and to, where it changes midway.
    """

    repeated_frames: int = 0
    damaged_frames: int = 0
    skipped_frames: int = 0
    missing_frames: int = 0
    silent_seconds: float = 0.0
    resampled: str = ""

    def notices(self) -> tuple[str, ...]:
        """Return a sentence for each kind of damage."""
        kinds = (
            (self.skipped_frames, "{} at the start cannot be decoded and {} left out."),
            (self.repeated_frames, "{} cannot be decoded and {} replaced by the one before."),
            (self.damaged_frames, "{} can be decoded only in part and {} handed out so."),
        )
        frames = [
            f"In this video, {text.format(*_frames(count))}" for count, text in kinds if count
        ]
        sound = []
        if self.silent_seconds:
            sound.append(
                f"{self.silent_seconds:.2g} s of this video's sound cannot be decoded and are"
                " silent."
            )
        if self.resampled:
            sound.append(f"The sound of this video changes midway: resampled {self.resampled}.")
        if self.missing_frames:
            count, are = _frames(self.missing_frames)
            frames.append(
                f"This video is cut short at the host: about {count} at its end {are} missing."
                " Delete its file and Run again to download it once more, free of charge."
            )
        return (*frames, *sound)


def _frames(count: int) -> tuple[str, str]:
    return (f"{count} frames", "are") if count > 1 else ("1 frame", "is")

"""A video file's properties, and what must be true of them. `probe.py` reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...errors import InvalidVideo
from .orientation import Orientation

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame


# FFmpeg's one name for mp4 and mov.
MP4_CONTAINER = "mov,mp4,m4a,3gp,3g2,mj2"


def no_op() -> None:
    """Do nothing: the tick of work that no one cancels."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file that opens and has frames.

    `width` and `height` are pixels as stored; `orientation` turns and mirrors the stored frame
    upright. `fps` is the real average rate. `time_unit` is one unit of the video stream's times, in
    seconds. `start_seconds` is the time in the file of the first frame that can be decoded,
    `seconds` the length of the video from there, `declared_seconds` the same by the header (None:
    not given). `skipped_frames` come before the first. `is_recounted`: by decoding, as its packets
    are no frames. `has_restart`: its times begin again midway. Where not `is_decodable`, no frame
    can be decoded at all. `missing_frames` are about as many as a file lacks at its end that is
    taken as it is. `last_key_time` is where to seek for the last frame, in units of `time_unit`
    (None: decode from the start). `broken_packets` counts those whose bytes end too early. `codec`
    and `container` are FFmpeg's names ("h264", "mov,mp4,m4a,3gp,3g2,mj2"). `sample_aspect` is the
    width to the height of one stored pixel: 1 unless the file says otherwise. `pixel_format`
    ("yuv420p10le") and `primaries` and `transfer` (the numbers of the color tags) are FFmpeg's too.
    """

    path: Path
    width: int
    height: int
    orientation: Orientation
    frame_count: int
    fps: Fraction
    time_unit: Fraction
    start_seconds: float
    seconds: float
    declared_seconds: float | None
    last_key_time: int | None
    broken_packets: int
    has_audio: bool
    codec: str
    container: str
    sample_aspect: Fraction = Fraction(1)
    pixel_format: str = "yuv420p"
    transfer: int = 2
    is_interlaced: bool = False
    primaries: int = 2
    skipped_frames: int = 0
    is_recounted: bool = False
    has_restart: bool = False
    is_decodable: bool = True
    missing_frames: int = 0

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in pixels as the video is meant to be seen."""
        stored = self.width, self.height
        return (stored[1], stored[0]) if self.orientation.swaps_sides else stored

    @property
    def upright_sample_aspect(self) -> Fraction:
        """Width to height of one pixel of the upright frame."""
        return 1 / self.sample_aspect if self.orientation.swaps_sides else self.sample_aspect

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height in square pixels, where players show no stored pixel smaller."""
        (width, height), aspect = self.upright_size, self.upright_sample_aspect
        return round(width * max(aspect, Fraction(1))), round(height / min(aspect, Fraction(1)))

    @property
    def displayed_aspect(self) -> Fraction:
        """Width to height of the frame on a screen."""
        width, height = self.upright_size
        return Fraction(width, height) * self.upright_sample_aspect


def check_complete(clip: Clip) -> None:
    """Raise `InvalidVideo` where frames are missing at the end.

    A fast-start mp4 that was cut opens, and decodes as far as it goes, without an error. Times are
    compared, not counts, so a variable frame rate is fine. One missing frame passes, since some
    writers give the last one no length. Where the header has no length (mkv, ts, fragments), only a
    packet that ends too early shows the cut.
    """
    declared_seconds, fps = clip.declared_seconds or 0.0, float(clip.fps)
    if clip.broken_packets or (declared_seconds - clip.seconds) * fps > 1.5:
        expected = max(round(declared_seconds * fps), clip.frame_count)
        whole = clip.frame_count - clip.broken_packets
        raise InvalidVideo(
            f"{clip.path.name} is cut short: it has {whole} of about {expected} frames. Download it"
            " again."
        )


def as_it_is(clip: Clip) -> Clip:
    """Return a clip that is cut short as one that is complete, with its `missing_frames`."""
    expected = round((clip.declared_seconds or 0.0) * float(clip.fps))
    missing = max(expected - clip.frame_count + clip.broken_packets, 1)
    return replace(clip, declared_seconds=None, broken_packets=0, missing_frames=missing)


def require_mp4(clip: Clip) -> None:
    """Raise `InvalidVideo` for any other container: a text may name a neighbor's file as video."""
    if clip.container != MP4_CONTAINER:
        raise InvalidVideo(f"{clip.path.name} is {clip.container}, not an mp4.")


def check_frame_size(frame: VideoFrame, clip: Clip) -> None:
    """Raise `InvalidVideo` where `frame` has another size than its clip.

    Scaling it, as an encoder would without notice, changes pixels.
    """
    if (frame.width, frame.height) != (clip.width, clip.height):
        sizes = f"from {clip.width} × {clip.height} to {frame.width} × {frame.height}"
        raise InvalidVideo(
            f"{clip.path.name} changes its size {sizes} pixels midway. Re-encode it at one size."
        )

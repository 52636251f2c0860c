"""Opening a video file. FFmpeg's errors become `InvalidVideo`.

Imports PyAV, and neither torch nor numpy. Only local files are read: a text file that FFmpeg takes
for a playlist cannot make it open a URL.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition

from ...errors import InvalidVideo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Not as `options`: PyAV before 18 passes those to streams that FFmpeg has not found yet, and FLV
# crashes the process.
_LOCAL = {"protocol_whitelist": "file"}
# Metadata in another encoding than UTF-8 must not raise UnicodeDecodeError. PyAV 19 and later
# replace such text without being asked.
_METADATA: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
)


@dataclass(frozen=True, slots=True)
class OpenVideo:
    """An open file with its streams; `audio` is None where FFmpeg can decode no audio stream.

    `video` has no codec context where FFmpeg cannot decode it, and that was asked for.
    """

    container: InputContainer
    video: VideoStream
    audio: AudioStream | None


@contextmanager
def open_video(
    path: Path, *, careful: bool = False, any_codec: bool = False
) -> Iterator[OpenVideo]:
    """Open `path` for reading; every FFmpeg error inside the `with` block becomes `InvalidVideo`.

    With `careful` the decoder takes one frame after another, so that an error belongs to the packet
    that it is raised for. `any_codec`: also one whose video cannot be decoded. Opening decodes a
    few frames to learn what they are: 0.1 s at 1080P.
    """
    try:
        with av.open(str(path), container_options=_LOCAL, **_METADATA) as container:
            video = _video_stream(container, path)
            if video.codec_context is None:
                if not any_codec:
                    raise unreadable(path, "ComfyUI's PyAV has no decoder for it")
            elif careful:
                video.thread_type, video.thread_count = "NONE", 1
            else:
                # PyAV's default, SLICE, decodes a file of one slice per frame on one core.
                video.thread_type = "AUTO"
            yield OpenVideo(container, video, _audio_stream(container))
    except IndexError as error:  # PyAV: a stream appears that the header did not announce
        raise unreadable(path, "its streams change midway") from error
    except av.FFmpegError as error:
        raise unreadable(path, error.strerror or "unknown error") from error


def unreadable(path: Path, reason: str) -> InvalidVideo:
    """Return the error for a file that cannot be read as a video."""
    return InvalidVideo(
        f"{path.name} cannot be read as a video ({reason}). Download it again, or use another file."
    )


def check_not_encrypted(packet: Packet[VideoStream], path: Path) -> None:
    """Raise `InvalidVideo` for a packet of a protected file, which would be decoded to noise."""
    key_of_webm = packet.stream.metadata.get("enc_key_id")
    # PyAV before 15 cannot look for it.
    has_sidedata = getattr(packet, "has_sidedata", None)
    if key_of_webm or (has_sidedata and has_sidedata("encryption_info")):
        raise InvalidVideo(
            f"{path.name} is encrypted by its copy protection. Use a copy without it."
        )


def decoded_frames(opened: OpenVideo, tick: Callable[[], None]) -> Iterator[VideoFrame | None]:
    """Decode from the current position to the end, in display order, ticking for each frame.

    Yields None where a frame cannot be decoded; `pictures.py` replaces it.
    """
    # The last packet is empty and flushes the decoder: it must be decoded too.
    for packet in opened.container.demux(opened.video):
        tick()
        frames = frames_of(packet)
        for frame in [None] if frames is None else frames:
            tick()
            yield frame


def frames_of(packet: Packet[Any]) -> list[Any] | None:
    """Return the frames that a packet completes; None where it cannot be decoded."""
    try:
        return packet.decode()
    except MemoryError:  # av.MemoryError too
        raise
    except av.FFmpegError:
        return None


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    # To FFmpeg, the cover art of a song is a video stream.
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise unreadable(path, "it has no video stream")
    return next((stream for stream in streams if stream.codec_context is not None), streams[0])


def _audio_stream(container: InputContainer) -> AudioStream | None:
    # FFmpeg gives no codec context to what it cannot decode, and PyAV crashes on such a packet.
    return next(
        (stream for stream in container.streams.audio if stream.codec_context is not None), None
    )

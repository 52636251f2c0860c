"""Opening a media file, with FFmpeg's errors told in our words.

Imports av, and neither torch nor numpy.

Only local files are read: a text file that FFmpeg takes for a playlist cannot make it open an
address.
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
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Metadata in a foreign encoding says nothing about the pictures: it must not raise
# UnicodeDecodeError. From 19 on PyAV sees to that itself.
_TAGS: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
)


@dataclass(frozen=True, slots=True)
class OpenVideo:
    """An open file with the streams that this pack reads; `audio` is None where there is no sound FFmpeg can decode."""

    container: InputContainer
    video: VideoStream
    audio: AudioStream | None


@contextmanager
def open_video(path: Path) -> Iterator[OpenVideo]:
    """Open `path` for reading; every FFmpeg error inside the `with` block becomes `InvalidVideo`."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}, **_TAGS) as container:
            video = _video_stream(container, path)
            # PyAV's default, SLICE, decodes a file of one slice a frame on one core
            video.thread_type = "AUTO"
            yield OpenVideo(container, video, _audio_stream(container))
    except (
        IndexError
    ) as problem:  # PyAV's, where a stream appears on the way that the header did not announce
        raise InvalidVideo(
            f"{path.name} is not a video that can be read (its streams change on the way); use"
            " another file."
        ) from problem
    except av.FFmpegError as problem:
        raise InvalidVideo(
            f"{path.name} is not a video that can be read ({problem.strerror}); fetch the file"
            " again, or use another one."
        ) from problem


def decoded_frames(opened: OpenVideo, tick: Callable[[], None]) -> Iterator[VideoFrame]:
    """The pictures of an open file from where it stands to its end, in the order they are shown; `tick` is called at least once each."""
    for packet in opened.container.demux(
        opened.video
    ):  # the last, empty packet flushes the decoder: it must be decoded too
        tick()
        for frame in packet.decode():
            tick()
            yield frame


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    for stream in container.streams.video:
        is_cover = bool(
            stream.disposition & Disposition.attached_pic
        )  # a song's cover art is a video stream to FFmpeg
        if stream.codec_context is not None and not is_cover:
            return stream
    raise InvalidVideo(
        f"{path.name} is not a video that can be read (it holds no video stream); use a file that"
        " has pictures."
    )


def _audio_stream(container: InputContainer) -> AudioStream | None:
    # FFmpeg gives no codec context to what it cannot decode; touching such a packet would crash the
    # process.
    return next(
        (stream for stream in container.streams.audio if stream.codec_context is not None), None
    )

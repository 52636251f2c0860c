"""A video's pictures as one tensor, in the memory of one tensor, about as fast as the decoder runs.

The frames are counted first, the memory is taken once and filled as they come. The decoder keeps
its own threads; two workers convert. A third would only take cores from the decoder, and the queue
between them is short, because each waiting frame is memory.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from av.video.reformatter import VideoReformatter

from ...errors import InvalidVideo
from ..colour.matrix import settle_matrix
from ..colour.rgb import to_rgb_planes
from ..read.clip import open_complete
from ..read.container import decoded_frames
from .memory import take_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

    from ..read.clip import Clip


_WORKERS = 2
_QUEUE = _WORKERS + 2  # frames that are converted or wait for it


def decode_frames(
    path: Path, tick: Callable[[], None], thumbnail: bytes | None = None
) -> torch.Tensor:
    """All pictures of `path`, (F, H, W, 3) float32 in 0..1, contiguous, upright, in the order they are shown.

    `thumbnail` is a small copy (`small.py`) of the picture that the video was asked to begin with:
    it settles the colours of a file that does not say what they mean, and is not looked at
    otherwise.

    Blocks, so call it in a thread. `tick` is called at least once a frame; what it raises ends the
    work at once, gives the memory back and is passed on. Raises `InvalidVideo` for a file that
    cannot be read, is cut short or changes its size, and `NotEnoughMemory`.
    """
    more: list[
        NDArray[np.float32]
    ] = []  # beyond the count: two fields in one packet, say; rare, so it may cost a copy
    count = 0
    with open_complete(path, tick) as (clip, opened, first):
        writer = PixelWriter(clip, settle_matrix(first, clip.quarter_turns, thumbnail))
        frames = take_memory(clip, clip.frame_count)
        try:
            with _workers() as submit:
                for count, frame in enumerate(decoded_frames(opened, tick), start=1):
                    if count > clip.frame_count:
                        more.append(take_memory(clip, 1)[0])
                    submit(writer.write, frame, more[-1] if more else frames[count - 1])
        except BaseException:
            del (
                frames,
                more,
            )  # gigabytes, which the traceback would hold for as long as someone looks at it
            raise
    _require_some(clip, count)
    return torch.from_numpy(np.concatenate([frames, more]) if more else frames[:count])


def decode_last_frame(
    path: Path, tick: Callable[[], None], thumbnail: bytes | None = None
) -> torch.Tensor:
    """The last picture of `path`, (1, H, W, 3) float32 in 0..1: equal to the bit to the last one of `decode_frames`.

    Decodes from the last key frame on and holds one picture at a time. `tick`, `thumbnail` and
    errors as in `decode_frames`.
    """
    with open_complete(path, tick) as (clip, opened, first):
        writer = PixelWriter(clip, settle_matrix(first, clip.quarter_turns, thumbnail))
        if clip.last_key_time is not None:
            opened.container.seek(clip.last_key_time, stream=opened.video)
        last = deque(decoded_frames(opened, tick), maxlen=1)
        _require_some(clip, len(last))
        pixels = take_memory(clip, 1)
        writer.write(last.pop(), pixels[0])
    return torch.from_numpy(pixels)


@contextmanager
def _workers() -> Iterator[Callable[..., None]]:
    """A `submit(task, *arguments)` that blocks while the queue is full and raises what a task raised; all are done at the end.

    Where the block fails, waiting tasks are dropped and running ones awaited: a few milliseconds,
    and no thread is left.
    """
    pending: deque[Future[None]] = deque()
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="wan27-convert")

    def submit(task: Callable[..., None], *arguments: object) -> None:
        if len(pending) == _QUEUE:
            pending.popleft().result()
        pending.append(pool.submit(task, *arguments))

    try:
        yield submit
        for task in pending:
            task.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _require_some(clip: Clip, count: int) -> None:
    if not count:
        raise InvalidVideo(
            f"{clip.path.name} is not a video that can be read (no frame could be decoded); fetch"
            " the file again."
        )


_ROWS = 64


class PixelWriter(threading.local):
    """Writes the frames of one clip, upright.

    Each thread that calls it has a reformatter of its own.

    `untagged` is the matrix of frames that do not name theirs, where it is known (`matrix.py`).
    """

    def __init__(self, clip: Clip, untagged: int | None = None) -> None:
        self._clip = clip
        self._untagged = untagged
        self._reformatter = VideoReformatter()

    def write(self, frame: VideoFrame, place: NDArray[np.float32]) -> None:
        """Fill `place`, (height, width, 3) of the upright picture, with `frame`.

        Raises `InvalidVideo` where the frame is of another size than the clip: to scale it would
        change pixels unannounced.
        """
        clip = self._clip
        if (frame.width, frame.height) != (clip.width, clip.height):
            sizes = f"from {clip.width} × {clip.height} to {frame.width} × {frame.height}"
            raise InvalidVideo(
                f"{clip.path.name} changes its size {sizes} pixels on the way; re-encode it at one"
                " size."
            )
        green, blue, red = (
            self._upright(plane)
            for plane in to_rgb_planes(frame, self._reformatter, self._untagged).planes
        )
        for top in range(0, place.shape[0], _ROWS):
            rows = slice(top, top + _ROWS)
            block = place[rows]
            block[..., 0], block[..., 1], block[..., 2] = red[rows], green[rows], blue[rows]
            np.divide(block, 255, out=block)

    def _upright(self, plane: VideoPlane) -> NDArray[np.uint8]:
        """The plane's pixels without the padding of its lines, as a view."""
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return np.rot90(lines[: plane.height, : plane.width], self._clip.quarter_turns)

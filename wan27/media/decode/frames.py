"""A video's frames as one tensor, in the memory of one tensor, about as fast as the decoder runs.

The number of frames is known, so the memory is allocated once and filled as they come. The decoder
has its own threads, and half of the cores convert: a frame costs as much computing here as there.
More would take cores from the decoder, and the queue between them is short, because each waiting
frame takes memory.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..colour.matrix import settle_matrix
from ..colour.pixels import copy_to_floats, rgb_of, upright
from ..colour.rgb import RgbConverter
from ..read.clip import check_complete, check_frame_size
from ..read.container import unreadable
from ..read.damage import Damage
from ..read.pictures import Seek, pictures
from .cores import usable_cores
from .memory import allocate_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from ..read.clip import Clip


_MOST_WORKERS = 4  # each takes 30 MB at 1080P, and a processor has little more bandwidth


def decode_frames(
    clip: Clip,
    tick: Callable[[], None],
    thumbnail: bytes | None = None,
    damage: Damage | None = None,
) -> torch.Tensor:
    """Return all frames of `clip` in display order, upright: (F, H, W, 3) float32 in 0..1.

    The tensor is contiguous. `thumbnail` is a small JPEG file of the image that the video was asked
    to begin with: it decides the colors of a file without color tags, and only of such a file. What
    cannot be decoded repeats the frame before it, and is added to `damage`.

    Blocks, so call it in a thread. `tick` is called at least once a frame; what it raises ends the
    work at once, frees the memory and is passed on. Raises `InvalidVideo` for a file that cannot be
    read, is cut short or changes its size, and `NotEnoughMemory`.
    """
    # Frames beyond the count: rare, so they may cost a copy.
    more: list[NDArray[np.float32]] = []
    count = 0
    with _open(clip, tick, damage) as (first, rest):
        writer = _writer(clip, first, thumbnail)
        pixels, reservation = allocate_frames(clip, clip.frame_count)

        def write(frame: VideoFrame, out: NDArray[np.float32]) -> None:
            writer.write(frame, out)
            reservation.touched(out.nbytes)

        try:
            with reservation, _workers() as submit:
                for count, frame in enumerate(chain([first], rest), start=1):
                    if count > clip.frame_count:
                        more.append(_one_more(clip))
                    submit(write, frame, more[-1] if more else pixels[count - 1])
        except BaseException:
            # The traceback would keep these gigabytes alive.
            del pixels, more
            raise
    return torch.from_numpy(np.concatenate([pixels, more]) if more else pixels[:count])


def decode_last_frame(
    clip: Clip,
    tick: Callable[[], None],
    thumbnail: bytes | None = None,
    damage: Damage | None = None,
) -> torch.Tensor:
    """Return the last frame of `clip`, (1, H, W, 3) float32 in 0..1, as `decode_frames` decodes it.

    Decodes from the last key frame on and keeps one frame at a time. `tick`, `thumbnail`, `damage`
    and errors as in `decode_frames`.
    """
    with _open(clip, tick, None) as (first, _):
        writer = _writer(clip, first, thumbnail)
    seek = None if clip.last_key_time is None else Seek(clip.last_key_time)
    with closing(pictures(clip, tick, damage or Damage(), seek)) as shown:
        last = deque(shown, maxlen=1)
    if not last:
        raise unreadable(clip.path, "no frame can be decoded")
    pixels, reservation = allocate_frames(clip, 1)
    with reservation:
        writer.write(last.pop().frame, pixels[0])
    return torch.from_numpy(pixels)


def _one_more(clip: Clip) -> NDArray[np.float32]:
    """Return memory for one frame, which is touched in a moment: it needs no reservation."""
    pixels, reservation = allocate_frames(clip, 1)
    with reservation:
        frame: NDArray[np.float32] = pixels[0]
    return frame


@contextmanager
def _open(
    clip: Clip, tick: Callable[[], None], damage: Damage | None
) -> Iterator[tuple[VideoFrame, Iterator[VideoFrame]]]:
    """Open a complete clip at its start; yield its first frame, and an iterator of the rest."""
    check_complete(clip)
    with closing(pictures(clip, tick, damage or Damage())) as shown:
        first = next(shown, None)
        if first is None:
            raise unreadable(clip.path, "no frame can be decoded")
        yield first.frame, (picture.frame for picture in shown)


def _writer(clip: Clip, first: VideoFrame, thumbnail: bytes | None) -> FrameWriter:
    return FrameWriter(clip, settle_matrix(first, clip.orientation, thumbnail))


@contextmanager
def _workers() -> Iterator[Callable[..., None]]:
    """Yield `submit(task, *arguments)`, which blocks while the queue is full.

    It raises what an earlier task raised; all tasks are done at the end. If the block fails,
    waiting tasks are dropped and running ones awaited, a few milliseconds: no thread is left.
    """
    pending: deque[Future[None]] = deque()
    count = min(usable_cores() // 2 + 1, _MOST_WORKERS)
    pool = ThreadPoolExecutor(count, thread_name_prefix="wan27-convert")

    def submit(task: Callable[..., None], *arguments: object) -> None:
        if len(pending) == count + 2:
            pending.popleft().result()
        pending.append(pool.submit(task, *arguments))

    try:
        yield submit
        for task in pending:
            task.result()
    finally:
        pool.shutdown(cancel_futures=True)


class FrameWriter(threading.local):
    """Writes the frames of one clip to a tensor, upright.

    Each thread that calls it gets a converter of its own. `untagged` is the matrix of frames
    without a tag, where it is known (matrix.py).
    """

    def __init__(self, clip: Clip, untagged: int | None = None) -> None:
        self._clip = clip
        self._untagged = untagged
        self._converter = RgbConverter()

    def write(self, frame: VideoFrame, out: NDArray[np.float32]) -> None:
        """Fill `out`, (H, W, 3) upright, with `frame`; raise `InvalidVideo` if its size differs."""
        check_frame_size(frame, self._clip)
        rgb = rgb_of(self._converter.convert(frame, self._untagged))
        copy_to_floats(upright(rgb, self._clip.orientation), out)

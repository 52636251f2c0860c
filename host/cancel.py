"""One cancel for all our runs of a prompt: the nodes of a graph and the items of a list.

ComfyUI's own check clears its flag, and then one item of a list stops while the others buy. So the
flag is only read here, and whatever stops one of our runs is kept for the whole prompt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from comfy.model_management import InterruptProcessingException, processing_interrupted
from comfy_execution.utils import get_executing_context

from ..wan27.session import Batch

# By event loop, then by prompt: ComfyUI gives each prompt a loop, and old cores repeat prompt ids.
_batches: dict[asyncio.AbstractEventLoop, dict[str, PromptBatch]] = {}


class PromptBatch(Batch):
    """What our runs of one prompt share. `canceled` may be called from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        super().__init__(canceled=self._look)

    def cancel(self) -> None:
        """Stop everything of this prompt that was not sent yet."""
        self._event.set()

    def raise_if_canceled(self) -> None:
        """Raise ComfyUI's own interruption after a cancel; it is shown as a cancel, no error."""
        if self._look():
            raise InterruptProcessingException

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep a cancel that leaves the block: what raised it may have cleared ComfyUI's flag."""
        try:
            yield
        except InterruptProcessingException:  # an Exception before ComfyUI 0.20
            self.cancel()
            raise
        except Exception:  # an error of this run alone
            raise
        except BaseException:
            self.cancel()
            raise

    def _look(self) -> bool:
        if processing_interrupted():
            self._event.set()
        return self._event.is_set()


class _Threads(ThreadPoolExecutor):
    """The threads of an event loop, whose end does not wait for what a cancel left in them.

    Such work (a name that is looked up, a disk that hangs, a lock) would keep ComfyUI's next prompt
    waiting. It runs to its end, and then its threads end.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End the threads once they are idle."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


def batch_of_prompt() -> PromptBatch:
    """Return what our runs of the running prompt share. Called at the start of a node's run."""
    for ended in [loop for loop in _batches if loop.is_closed()]:
        del _batches[ended]
    loop = asyncio.get_running_loop()
    if loop not in _batches:
        loop.set_default_executor(_Threads(thread_name_prefix="wan27"))
    batches = _batches.setdefault(loop, {})
    return batches.setdefault(running_prompt(), PromptBatch())


def running_prompt() -> str:
    """Return the id of the prompt whose node is running here."""
    context = get_executing_context()
    return "" if context is None else str(context.prompt_id)

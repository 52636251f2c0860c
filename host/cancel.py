"""One cancel for all our runs of a prompt: the nodes of a graph and the items of a list.

ComfyUI's flag is read and never taken: its own check clears the flag, and then one item of a list
stops while the others buy. The first of our runs that sees the cancel keeps it for the whole prompt.
"""

from __future__ import annotations

import asyncio
import threading
import weakref

import comfy.model_management
from comfy_execution.utils import get_executing_context

from ..wan27.session import Batch

# By event loop, then by prompt: ComfyUI gives each prompt a loop, and old cores repeat prompt ids.
_batches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, PromptBatch]]
_batches = weakref.WeakKeyDictionary()


class PromptBatch(Batch):
    """What our runs of one prompt share. `canceled` may be called from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        super().__init__(canceled=self._look)

    def cancel(self) -> None:
        """Stop everything of this prompt that was not sent yet."""
        self._event.set()

    def raise_if_canceled(self) -> None:
        """Raise ComfyUI's own interruption after a cancel; it is shown as a cancel, not an error."""
        if self._look():
            raise comfy.model_management.InterruptProcessingException

    def _look(self) -> bool:
        if comfy.model_management.processing_interrupted():
            self._event.set()
        return self._event.is_set()


def batch_of_prompt() -> PromptBatch:
    """Return what our runs of the running prompt share. Called at the start of a node's run."""
    context = get_executing_context()
    prompt_id = "" if context is None else context.prompt_id
    batches = _batches.setdefault(asyncio.get_running_loop(), {})
    return batches.setdefault(prompt_id, PromptBatch())

"""A node pack for tests: exact tensors in and out of a graph, failing nodes and slow nodes."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from .probe_expand import ProbeExpand
from .probe_in import ProbeAudio, ProbeImage, ProbeVideo
from .probe_memory import ProbeMemory
from .probe_out import ProbeSave
from .probe_time import ProbeFail, ProbeSleep


class ProbeExtension(ComfyExtension):
    """The probes."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return every probe."""
        inputs = [ProbeImage, ProbeAudio, ProbeVideo]
        return [*inputs, ProbeExpand, ProbeSave, ProbeMemory, ProbeFail, ProbeSleep]


async def comfy_entrypoint() -> ProbeExtension:
    """Return the extension."""
    return ProbeExtension()

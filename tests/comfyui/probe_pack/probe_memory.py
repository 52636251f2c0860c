"""A node for a machine with little memory."""

from __future__ import annotations

import importlib
import sys

from comfy_api.latest import io

_real = []  # the pack's own function comes first


class ProbeMemory(io.ComfyNode):
    """Lets the pack find this many free bytes from now on; 0: those of the machine again."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """An output node, so that it runs unconnected; never cached."""
        inputs = [io.Int.Input("free", default=0, min=0, max=2**40)]
        return io.Schema(
            node_id="ProbeMemory",
            category="probe",
            inputs=inputs,
            is_output_node=True,
            not_idempotent=True,
        )

    @classmethod
    def execute(cls, free: int) -> io.NodeOutput:
        """Replace what the pack asks the system with."""
        (errors,) = (name for name in sys.modules if name.endswith(".wan27.errors"))
        memory = importlib.import_module(errors.replace(".errors", ".media.decode.memory"))
        _real.append(memory.available_bytes)
        memory.available_bytes = (lambda: free) if free else _real[0]
        return io.NodeOutput()

"""Nodes for what happens at the same time: one that fails, one that blocks the loop or waits."""

from __future__ import annotations

import asyncio
import time

from comfy_api.latest import io


class ProbeFail(io.ComfyNode):
    """Raises RuntimeError("the probe failed") after some seconds."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """An output node, so that it runs unconnected."""
        inputs = [io.Float.Input("seconds", default=0, min=0, max=600)]
        return io.Schema(node_id="ProbeFail", category="probe", inputs=inputs, is_output_node=True)

    @classmethod
    async def execute(cls, seconds: float) -> io.NodeOutput:
        """Wait, then fail."""
        await asyncio.sleep(seconds)
        raise RuntimeError("the probe failed")


class ProbeSleep(io.ComfyNode):
    """Sleeps: on the event loop's thread, as a sampler does (`blocking`), or awaiting."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """An output node, so that it runs unconnected; never cached."""
        inputs = [
            io.Float.Input("seconds", default=1, min=0, max=600),
            io.Boolean.Input("blocking", default=False),
        ]
        return io.Schema(
            node_id="ProbeSleep",
            category="probe",
            inputs=inputs,
            is_output_node=True,
            not_idempotent=True,
        )

    @classmethod
    async def execute(cls, seconds: float, blocking: bool) -> io.NodeOutput:
        """Sleep."""
        if blocking:
            time.sleep(seconds)  # noqa: ASYNC251 - as a sampler does
        else:
            await asyncio.sleep(seconds)
        return io.NodeOutput()

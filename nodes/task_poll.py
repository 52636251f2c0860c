"""Task Poll."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from . import inputs, search_aliases


class Wan27TaskPoll(io.ComfyNode):
    """Collect a task that was submitted before."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Return the sockets and widgets, whose order workflows save."""
        return io.Schema(
            node_id="Wan27TaskPoll",
            display_name="Wan27 Task Poll",
            category=inputs.CATEGORY,
            description=(
                "Waits for a task of your account and outputs its video. It never buys anything."
            ),
            search_aliases=search_aliases.TASK_POLL,
            inputs=[
                io.String.Input(
                    "task_id",
                    default="",
                    tooltip=(
                        "The id from a node with wait off, from an error message, or from your"
                        " account at the host. Free of charge."
                    ),
                ),
                inputs.decode_frames(),
            ],
            outputs=inputs.outputs(),
            hidden=inputs.hidden(),
            **inputs.stays_in_history(),
        )

    @classmethod
    def fingerprint_inputs(cls, **_given: Any) -> int:
        """Let the node run again after its video was deleted; `_given` may lack anything."""
        return inputs.generation(cls.hidden)

    @classmethod
    async def execute(cls, **given: Any) -> io.NodeOutput:
        """Wait for the task and output its video. It is free."""
        from ..host.missing_packages import node_imports

        with node_imports(cls.hidden) as node:
            from ..host import run
        return await run.collect_task(node, cls, given)

"""A task that was submitted before is collected."""

from __future__ import annotations

from comfy_api.latest import io

from . import inputs


class Wan27TaskPoll(io.ComfyNode):
    """Wan 2.7 Task Poll."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Sockets and widgets as design fixes them; their order is saved in graphs."""
        return io.Schema(
            node_id="Wan27TaskPoll",
            display_name="Wan 2.7 Task Poll",
            category=inputs.CATEGORY,
            description=(
                "Waits for a task of your account and hands out its video. It never buys anything."
            ),
            search_aliases=["wan 2.7", "collect", "resume", "task id", "novita", "jiekou", "ppio"],
            inputs=[
                io.String.Input(
                    "task_id",
                    default="",
                    tooltip=(
                        "The id that a node with wait off handed out, that an error named, or that"
                        " stands in your account. Costs nothing."
                    ),
                ),
                inputs.decode_frames(),
            ],
            outputs=inputs.outputs(),
            hidden=inputs.hidden(),
        )

    @classmethod
    async def execute(cls, task_id: str, decode_frames: bool = True) -> io.NodeOutput:
        """Wait for the task, and hand its video out."""
        from ..host.missing_packages import node_imports

        with node_imports(cls.hidden) as node:
            from ..host import run
        return await run.collect_task(node, task_id=task_id, decode_frames=decode_frames)

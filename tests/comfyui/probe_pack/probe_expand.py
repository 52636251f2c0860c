"""A node that makes nodes of ours while it runs, as the loops of other packs do."""

from __future__ import annotations

from comfy_api.latest import io
from comfy_execution.graph_utils import GraphBuilder


class ProbeExpand(io.ComfyNode):
    """Makes an Image to Video for its prompt, below `depth` more nodes of its own kind."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """An image and a prompt in, the task id out.

        `shown_as` is the node that the made ones are shown as, as in a loop that repeats it.
        """
        return io.Schema(
            node_id="ProbeExpand",
            category="probe",
            inputs=[
                io.Image.Input("image"),
                io.String.Input("prompt"),
                io.Int.Input("seed", default=0),
                io.Int.Input("depth", default=0, min=0, max=9),
                io.String.Input("shown_as", default=""),
            ],
            outputs=[io.String.Output("task_id")],
            enable_expand=True,
        )

    @classmethod
    def execute(
        cls, image: object, prompt: str, seed: int, depth: int, shown_as: str
    ) -> io.NodeOutput:
        """Expand."""
        graph = GraphBuilder()
        if depth:
            given = {"image": image, "prompt": prompt, "seed": seed, "shown_as": shown_as}
            node, output = graph.node("ProbeExpand", **given, depth=depth - 1), 0
        else:
            wan = {"prompt": prompt, "seed": seed, "duration": 2, "decode_frames": False}
            node, output = graph.node("Wan27ImageToVideo", first_frame=image, **wan), 5
            if shown_as:
                node.set_override_display_id(shown_as)
        return io.NodeOutput(node.out(output), expand=graph.finalize())

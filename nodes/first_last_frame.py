"""First-Last-Frame to Video."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from . import inputs, search_aliases


class Wan27FirstLastFrame(io.ComfyNode):
    """Make the video from one image to another."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Return the sockets and widgets, whose order workflows save."""
        return io.Schema(
            node_id="Wan27FirstLastFrame",
            display_name="Wan27 First-Last-Frame (own key)",
            category=inputs.CATEGORY,
            description=(
                "Makes a video that begins with one image and ends with another; the same image"
                " twice makes a loop. Billed per second of video; the same inputs are never bought"
                " twice."
            ),
            search_aliases=[*search_aliases.WITH_A_KEY, *search_aliases.FIRST_LAST_FRAME],
            inputs=[
                inputs.first_frame(),
                inputs.last_frame(),
                *inputs.parameters(),
                *inputs.driving_audio(),
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
        """Buy the video, or collect the one that was bought before."""
        from ..host.missing_packages import node_imports

        with node_imports(cls.hidden) as node:
            from ..host import run
        return await run.generate_from_images(node, cls, given)

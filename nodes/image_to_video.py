"""A picture becomes a video."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from . import inputs


class Wan27ImageToVideo(io.ComfyNode):
    """Wan 2.7 Image to Video."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Sockets and widgets as design fixes them; their order is saved in graphs."""
        return io.Schema(
            node_id="Wan27ImageToVideo",
            display_name="Wan 2.7 Image to Video",
            category=inputs.CATEGORY,
            description=(
                "Turns a picture into a video with sound, at the host whose key you set (JieKou,"
                " Novita or PPIO). Billed per second of video; the same inputs are never bought"
                " twice."
            ),
            search_aliases=["wan 2.7", "i2v", "image to video", "novita", "jiekou", "ppio"],
            inputs=[inputs.first_frame(), *inputs.parameters(), *inputs.driving_audio()],
            outputs=inputs.outputs(),
            hidden=inputs.hidden(),
        )

    @classmethod
    async def execute(cls, first_frame: Any, **given: Any) -> io.NodeOutput:
        """Buy or find the video, and hand it out."""
        from ..host.missing_packages import node_imports

        with node_imports(cls.hidden) as node:
            from ..host import run
        return await run.generate_from_images(node, first_frame=first_frame, **given)

"""A clip goes on."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..wan27 import limits
from . import inputs


class Wan27Continuation(io.ComfyNode):
    """Wan 2.7 Video Continuation."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Sockets and widgets as design fixes them; their order is saved in graphs."""
        low, high = limits.MEDIA["first_clip"].seconds or (0, 0)
        clip = (
            f"The clip to continue: {low} to {high} s, 240 to 4096 pixels a side, at most 100 MB."
            " Give exactly one of the three ways."
        )
        return io.Schema(
            node_id="Wan27Continuation",
            display_name="Wan 2.7 Video Continuation",
            category=inputs.CATEGORY,
            description=(
                "Continues a clip. duration is the length of the whole result, clip included, and"
                " all of it is billed. The same inputs are never bought twice."
            ),
            search_aliases=[
                "wan 2.7",
                "extend video",
                "continue video",
                "novita",
                "jiekou",
                "ppio",
            ],
            inputs=[
                *inputs.parameters(),
                io.Video.Input(
                    "first_clip",
                    optional=True,
                    tooltip=(
                        f"{clip} A result of these nodes is passed by its own address; any other"
                        " needs WAN27_UPLOAD."
                    ),
                ),
                io.Image.Input(
                    "clip_frames",
                    optional=True,
                    tooltip=f"{clip} As frames, encoded once; needs WAN27_UPLOAD.",
                ),
                io.Float.Input(
                    "clip_fps",
                    default=limits.DEFAULT_CLIP_FPS,
                    min=1.0,
                    max=120.0,
                    optional=True,
                    tooltip="Frames per second of clip_frames.",
                ),
                io.String.Input(
                    "first_clip_url",
                    default="",
                    optional=True,
                    tooltip=f"{clip} As a public https address of an mp4 or mov file.",
                ),
                inputs.last_frame(optional=True),
            ],
            outputs=inputs.outputs(),
            hidden=inputs.hidden(),
        )

    @classmethod
    async def execute(cls, **given: Any) -> io.NodeOutput:
        """Buy or find the video, and hand it out."""
        from ..host.missing_packages import node_imports

        with node_imports(cls.hidden) as node:
            from ..host import run
        return await run.generate_from_clip(node, **given)

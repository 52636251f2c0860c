"""Video Continuation."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..wan27 import limits
from . import inputs, search_aliases


class Wan27Continuation(io.ComfyNode):
    """Continue a clip."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Return the sockets and widgets, whose order workflows save."""
        clip = limits.MEDIA["first_clip"]
        rules = (
            f"The clip to continue: {clip.seconds_text}, {clip.side_text} a side, at most"
            f" {clip.max_megabytes} MB. Use exactly one of the three clip inputs."
        )
        return io.Schema(
            node_id="Wan27Continuation",
            display_name="Wan27 Continuation (own key)",
            category=inputs.CATEGORY,
            description=(
                "Continues a clip. duration is the length of the whole result including the clip,"
                " and all of it is billed. The same inputs are never bought twice."
            ),
            search_aliases=[*search_aliases.WITH_A_KEY, *search_aliases.CONTINUATION],
            inputs=[
                *inputs.parameters(),
                io.Video.Input(
                    "first_clip",
                    optional=True,
                    tooltip=(
                        f"{rules} A result of these nodes is sent by its own URL; any other clip"
                        " needs “Upload via”, except at Alibaba."
                    ),
                ),
                io.Image.Input(
                    "clip_frames",
                    optional=True,
                    tooltip=f"{rules} As frames, encoded once; needs “Upload via”, except at"
                    " Alibaba.",
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
                    advanced=True,
                    tooltip=f"{rules} As a public https URL of an mp4 or mov file.",
                ),
                inputs.last_frame(optional=True),
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
        return await run.generate_from_clip(node, cls, given)

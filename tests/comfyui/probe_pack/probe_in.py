"""Nodes that load exact values: any size, any channels, values outside 0..1.

No core node does that.
"""

from __future__ import annotations

import numpy as np
import torch
from comfy_api.latest import InputImpl, io


class ProbeImage(io.ComfyNode):
    """Loads a .npy file (B, H, W, C) as IMAGE, unchanged."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """One path in, one IMAGE out."""
        return io.Schema(
            node_id="ProbeImage",
            category="probe",
            inputs=[io.String.Input("path")],
            outputs=[io.Image.Output()],
        )

    @classmethod
    def execute(cls, path: str) -> io.NodeOutput:
        """Load."""
        return io.NodeOutput(torch.from_numpy(np.load(path)))


class ProbeAudio(io.ComfyNode):
    """Loads a .npy file (B, C, T) as AUDIO."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """One path and a rate in, one AUDIO out."""
        inputs = [
            io.String.Input("path"),
            io.Int.Input("sample_rate", default=44100, min=1, max=1_000_000),
        ]
        return io.Schema(
            node_id="ProbeAudio", category="probe", inputs=inputs, outputs=[io.Audio.Output()]
        )

    @classmethod
    def execute(cls, path: str, sample_rate: int) -> io.NodeOutput:
        """Load."""
        return io.NodeOutput(
            {"waveform": torch.from_numpy(np.load(path)), "sample_rate": sample_rate}
        )


class ProbeVideo(io.ComfyNode):
    """Outputs the video file at a path, of any kind, as VIDEO."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """One path in, one VIDEO out."""
        return io.Schema(
            node_id="ProbeVideo",
            category="probe",
            inputs=[io.String.Input("path")],
            outputs=[io.Video.Output()],
        )

    @classmethod
    def execute(cls, path: str) -> io.NodeOutput:
        """Wrap."""
        return io.NodeOutput(InputImpl.VideoFromFile(path))

"""A node that saves its inputs unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from comfy_api.latest import io


class ProbeSave(io.ComfyNode):
    """Saves the connected inputs in `folder`: tensors as .npy, the rest in probe.json."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """The six outputs of our nodes, each optional."""
        optional = [
            io.Image.Input("frames", optional=True),
            io.Audio.Input("audio", optional=True),
            io.Float.Input("fps", optional=True, force_input=True),
            io.Video.Input("video", optional=True),
            io.Image.Input("last_frame", optional=True),
            io.String.Input("task_id", optional=True, force_input=True),
        ]
        inputs = [io.String.Input("folder"), *optional]
        return io.Schema(
            node_id="ProbeSave",
            category="probe",
            inputs=inputs,
            is_output_node=True,
            not_idempotent=True,
        )

    @classmethod
    def execute(cls, folder: str, **given: Any) -> io.NodeOutput:
        """Write."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        record = {name: _record(value, target / f"{name}.npy") for name, value in given.items()}
        (target / "probe.json").write_text(json.dumps(record))
        return io.NodeOutput()


def _record(value: Any, file: Path) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict):
        return {"sample_rate": value["sample_rate"]} | _tensor(value["waveform"], file)
    return _tensor(value, file) if hasattr(value, "numpy") else _video(value)


def _tensor(value: Any, file: Path) -> dict[str, Any]:
    np.save(file, value.numpy())
    return {
        "shape": list(value.shape),
        "dtype": str(value.dtype),
        "device": str(value.device),
        "contiguous": value.is_contiguous(),
    }


def _video(value: Any) -> dict[str, Any]:
    source = value.get_stream_source()
    return {
        "path": source if isinstance(source, str) else None,
        "type": type(value).__name__,
        "dimensions": list(value.get_dimensions()),
        "duration": value.get_duration(),
    }

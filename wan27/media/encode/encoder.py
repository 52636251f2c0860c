"""FFmpeg's encoders, which a build of PyAV may lack: a distribution's own, or a small one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import av
from av.codec.codec import UnknownCodecError

from ...errors import NotInstalled

if TYPE_CHECKING:
    from av.container import OutputContainer


def add_encoder(container: OutputContainer, name: str, **settings: Any) -> Any:
    """Return a new stream of the container, `settings` are those of `add_stream`.

    Raises `NotInstalled` where FFmpeg has no encoder of that name, before anything is sent.
    """
    try:
        av.codec.Codec(name, "w")
        return container.add_stream(name, **settings)
    except UnknownCodecError as error:
        raise NotInstalled(
            f"The FFmpeg of PyAV {av.__version__} has no encoder {name}, which this input needs, so"
            " nothing was sent. Install PyAV's own build into the Python that runs ComfyUI, then"
            f' restart ComfyUI: "{sys.executable}" -m pip install --force-reinstall --only-binary'
            " av av"
        ) from error

"""Where things live.

ComfyUI's folders can be moved by its command line, so they are asked for at every run, never
remembered.
"""

from __future__ import annotations

from pathlib import Path

import folder_paths

from ..wan27.errors import JournalFailed

VIDEOS = "wan27"


def state_folder() -> Path:
    """`user/__wan27`, which no HTTP route of ComfyUI serves (folders that begin with `__` are for its own use).

    Raises `JournalFailed`.
    """
    folder = Path(folder_paths.get_system_user_directory("wan27"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalFailed(
            f"The folder for the record of paid tasks, {folder}, cannot be made ({error.strerror})."
            " Make the folder above it writable. Nothing was sent."
        ) from error
    return folder


def serving_folder() -> Path:
    """`user/__wan27/serving`: the media of running tasks, where they are served from this ComfyUI."""
    return Path(folder_paths.get_system_user_directory("wan27")) / "serving"


def output_folder() -> Path:
    """What ComfyUI's page can play and show."""
    return Path(folder_paths.get_output_directory())


def videos_folder() -> Path:
    """`output/wan27`: paid videos are kept, and temp is emptied at every start."""
    return output_folder() / VIDEOS


def temporary_folder() -> Path:
    """ComfyUI's temp folder, which it empties at every start."""
    folder = Path(folder_paths.get_temp_directory())
    folder.mkdir(parents=True, exist_ok=True)
    return folder

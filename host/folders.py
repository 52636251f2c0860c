"""The folders of this ComfyUI. Command line options move them, so each call asks ComfyUI."""

from __future__ import annotations

from pathlib import Path

import folder_paths

from ..wan27.errors import JournalFailed

VIDEOS = "wan27"


def state_folder() -> Path:
    """Return `user/__wan27`, created if missing; no route of ComfyUI serves `__` folders.

    Raises `JournalFailed`.
    """
    folder = Path(folder_paths.get_system_user_directory("wan27"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalFailed(
            f"The folder for the journal, {folder}, cannot be created ({error.strerror}). Make its"
            " parent folder writable. Nothing was sent."
        ) from error
    return folder


def serving_folder() -> Path:
    """Return `user/__wan27/serving`, for media of running tasks that this ComfyUI serves."""
    return Path(folder_paths.get_system_user_directory("wan27")) / "serving"


def output_folder() -> Path:
    """Return ComfyUI's output folder; its page plays videos only from there."""
    return Path(folder_paths.get_output_directory())


def videos_folder() -> Path:
    """Return `output/wan27`, for videos that were paid for."""
    return output_folder() / VIDEOS


def temporary_folder() -> Path:
    """Return ComfyUI's temp folder, created if missing; ComfyUI empties it when it starts."""
    folder = Path(folder_paths.get_temp_directory())
    folder.mkdir(parents=True, exist_ok=True)
    return folder

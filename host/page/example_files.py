"""The example files of the templates, put where ComfyUI's loaders find them."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

import folder_paths
from aiohttp import web

from ...wan27.files import atomic_replace, part_path

VOICE = Path(__file__).parents[2] / "example_workflows" / "wan27_voice.mp3"

logger = logging.getLogger(__name__)


async def put_example_files(_app: web.Application) -> None:
    """Copy them to ComfyUI's input folder when it starts: a template then runs as it opens."""
    try:
        await asyncio.to_thread(lambda: put(VOICE, Path(folder_paths.get_input_directory())))
    except OSError as error:  # such as a read-only folder; the template asks for a file then
        logger.info("Wan 2.7: %s was not copied to the input folder. %s", VOICE.name, error)


def put(source: Path, folder: Path) -> None:
    """Copy a file into a folder unless it has one of that name. Raises `OSError`."""
    target = folder / source.name
    if target.exists():
        return
    part = part_path(target)
    try:
        shutil.copyfile(source, part)
        atomic_replace(part, target)
    finally:
        part.unlink(missing_ok=True)

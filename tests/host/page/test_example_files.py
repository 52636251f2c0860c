"""The example files of the templates in ComfyUI's input folder."""

from __future__ import annotations

import pytest


@pytest.fixture
def start(pack, tmp_path, monkeypatch):
    """Do what ComfyUI's start does; return the voice in the input folder."""
    examples = pack("host.page.example_files")
    folder = tmp_path / "input"
    get = lambda: str(folder)  # noqa: E731
    monkeypatch.setattr(examples.folder_paths, "get_input_directory", get, raising=False)

    async def started():
        await examples.put_example_files(None)
        return folder / "wan27_voice.mp3"

    return started


async def test_the_voice_is_copied_once_and_never_over_a_users_file(start, tmp_path):
    """Nothing else is left in the folder."""
    (tmp_path / "input").mkdir()
    voice = await start()
    assert ([voice], True) == (list(voice.parent.iterdir()), voice.stat().st_size > 10_000)
    voice.write_bytes(b"the user's")
    assert b"the user's" == (await start()).read_bytes()


async def test_comfyui_starts_without_a_folder_to_write_to(start):
    """The template asks for a recording then."""
    assert not (await start()).exists()

"""A task id from the host is not trusted as a file name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan27.files import video_path

FOLDER = Path("videos")


@pytest.mark.parametrize("task_id", ["5f1c1d6e-0000-4000-8000-000000000001", "t1", "Task_9"])
def test_a_plain_id_is_the_file_name(task_id):
    """Ids as the hosts create them stay readable."""
    assert FOLDER / f"{task_id}.mp4" == video_path(FOLDER, task_id)


@pytest.mark.parametrize(
    "task_id",
    [
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "C:x",
        "nul",
        "COM1",
        "",
        ".",
        "..",
        "a.",
        "x" * 101,
        "猫",
        "a\x00b",
        "-rf",
    ],
)
def test_any_other_id_becomes_a_hash(task_id):
    """Paths, drive letters, device names of Windows and overlong names never reach the disk."""
    path = video_path(FOLDER, task_id)
    assert (FOLDER, True, 41) == (path.parent, path.name.startswith("task-"), len(path.name))


@given(st.text())
def test_no_id_escapes_the_folder(task_id):
    """Whatever the host sends, the file is an mp4 in the folder."""
    path = video_path(FOLDER, task_id)
    assert (FOLDER, ".mp4") == (path.parent, path.suffix)

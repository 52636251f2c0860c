"""What other packs hand out on a VIDEO socket: taken where it is clear, else one sentence."""

from __future__ import annotations

import io
import os
from collections import UserDict
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import numpy as np
import pytest
import torch


class Text(os.PathLike):
    """A path of another library."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return os.fspath(self.path)


@pytest.fixture(autouse=True)
def _folders(clip, inputs, pack, monkeypatch):
    """ComfyUI's input folder is that of the clip."""
    folders = {"input": str(clip.parent), "output": str(clip.parent.parent)}.get
    module = pack("host.inputs.video_files")
    monkeypatch.setattr(
        module, "folder_paths", SimpleNamespace(get_directory_by_type=folders), raising=False
    )


@pytest.mark.parametrize(
    "form",
    [
        str,
        Path,
        PurePosixPath,
        Text,
        lambda path: f' "{path}"\n',
        lambda path: path.as_uri(),
        lambda path: path.name,
        lambda path: f"{path.name} [input]",
        lambda path: {"video": str(path)},
        lambda path: {"path": path, "fps": 24},
        lambda path: UserDict(video=path),
        lambda path: {"filename": path.name, "subfolder": "", "type": "input"},
        lambda path: {"filename": path.name, "subfolder": path.parent.name, "type": "output"},
        lambda path: {"filename": "x", "subfolder": "", "type": "temp", "fullpath": str(path)},
        lambda path: {"gifs": [{"filename": path.name, "subfolder": "", "type": "input"}]},
        lambda path: [path],
        lambda path: (True, [str(path)]),
        lambda path: (True, [str(path.with_suffix(".png")), str(path)]),
        lambda path: [{"video": SimpleNamespace(get_stream_source=lambda: path)}],
    ],
)
def test_a_path_in_any_form_is_the_file(form, clip, first_clip):
    """The file itself is sent, and it is one request."""
    medium = first_clip(form(clip))
    assert (clip, first_clip(str(clip)).content_hash) == (medium.original, medium.content_hash)


def test_the_last_of_the_files_of_one_video_has_the_sound(clip, first_clip, tmp_path):
    """VHS saves an image, the video, and the video with sound."""
    files = [tmp_path / name for name in ("a_1.png", "a_1.mp4", "a_1-audio.mp4")]
    for file in files:
        file.write_bytes(clip.read_bytes())
    assert files[-1] == first_clip((False, [str(file) for file in files])).original


@pytest.mark.parametrize("position", [0, 7, None])
@pytest.mark.parametrize("kind", ["memory", "file", "inside a VIDEO", "bytes"])
def test_an_open_file_is_read_from_its_beginning(kind, position, clip, first_clip):
    """It is put back where it was: another node may be reading it."""
    content = clip.read_bytes()
    with clip.open("rb") as opened:
        stream = opened if kind in ("file", "inside a VIDEO") else io.BytesIO(content)
        stream.seek(*((0, io.SEEK_END) if position is None else (position,)))
        before = stream.tell()
        value = {
            "inside a VIDEO": SimpleNamespace(get_stream_source=lambda: stream),
            "bytes": content,
        }.get(kind, stream)
        medium = first_clip(value)
        assert (before, None) == (stream.tell(), medium.original)
    assert first_clip(str(clip)).content_hash == medium.content_hash


class Failing(UserDict):
    """A mapping that loads when it is read."""

    def __contains__(self, key):
        raise RuntimeError("the loader failed")


def closed(path):
    with path.open("rb") as file:
        pass
    return file


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda _: object(), r"is not a VIDEO \(it is object\)"),
        (lambda _: 5, r"is not a VIDEO \(it is int\)"),
        (lambda _: True, r"is not a VIDEO \(it is bool\)"),
        (lambda _: "", "is an empty path"),
        (lambda _: [], "has no video file in it"),
        (lambda _: (True, []), "has no video file in it"),
        (lambda path: [path, path.parent / "other.mp4"], "has 2 videos; one is needed"),
        (lambda _: {}, "is a dict of nothing"),
        (lambda _: {"a": 1, "b": 2}, "is a dict of a, b, not a VIDEO"),
        (lambda _: Failing(), "cannot be loaded .the loader failed"),
        (lambda _: {"filename": "x.mp4", "type": "attic"}, "is in the unknown folder 'attic'"),
        (lambda _: torch.zeros(60, 8, 8, 3), "has frames without a frame rate .* clip_frames"),
        (lambda _: np.zeros((60, 8, 8, 3)), "has frames without a frame rate .* clip_frames"),
        (lambda path: path.with_name("none.mp4"), "is the file .*none.mp4, which does not exist"),
        (lambda _: "none.mp4", "is the file .*none.mp4, which does not exist"),
        (lambda path: path.parent, "is the file .* which is a folder"),
        (lambda _: "/dev/null", "is the file /dev/null, which is not a file"),
        (lambda _: "a\0b", "is the file .*, which (does not exist|cannot be read)"),
        (lambda _: r"\\server\share\clip.mp4", "is the file .*, which does not exist"),
        (lambda _: "https://example.org/a.mp4?key=secret", "is a URL instead of a VIDEO. Use fir"),
        (lambda _: "data:video/mp4;base64,AAAA", "is a URL instead of a VIDEO"),
        (lambda _: io.BytesIO(), "is an open file without content"),
        (lambda _: b"", "is an open file without content"),
        (lambda _: io.BytesIO(b"x" * 99), "cannot be used: its content cannot be read as a vi"),
        (lambda _: io.StringIO("text"), "is a file that was opened as text"),
        (lambda _: io.TextIOWrapper(io.BytesIO(b"\xff")), "is a file that was opened as text"),
        (closed, "is an open file that cannot be read .*closed file"),
        (lambda _: SimpleNamespace(get_stream_source=lambda: 7), "is not a VIDEO .it is int"),
        (
            lambda path: SimpleNamespace(get_stream_source=lambda: path.with_name("gone.mp4")),
            "is the file .*gone.mp4, which does not exist",
        ),
    ],
)
def test_what_is_not_clear_is_one_sentence(value, message, clip, first_clip, refused):
    """It names the input, says what to do, and is never a raw error."""
    with pytest.raises(refused, match=f"^first_clip {message}") as error:
        first_clip(value(clip))
    assert str(error.value).endswith("Nothing was sent.")
    assert "secret" not in str(error.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has this device")
def test_a_full_drive_is_not_blamed_on_the_video(clip, first_clip, session, pack):
    """An open file is copied to the temp folder."""
    (session.scratch / "its content").symlink_to("/dev/full")
    with pytest.raises(pack("wan27.errors").NoRoom, match="first_clip could not be copied to Comf"):
        first_clip(io.BytesIO(clip.read_bytes()))


def test_a_file_that_is_sent_as_it_is_needs_no_temp_folder(clip, inputs):
    """It may be missing or read-only."""
    media = inputs.clip_media(str(clip), None, 30.0, "", None, object(), lambda: None)
    assert clip == media["first_clip"].make(lambda: None)


def test_an_empty_file_is_refused(tmp_path, first_clip, refused):
    """A program that was stopped leaves one."""
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(refused, match=r"empty.mp4, which is empty\. Connect a VIDEO"):
        first_clip(path)


def test_none_counts_as_unconnected(first_clip, refused):
    """A switch before the node may hand it on."""
    with pytest.raises(refused, match="first_clip is missing. Set exactly one of first_clip, "):
        first_clip(None)

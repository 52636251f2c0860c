"""Files that are broken or lie: our own error, a bounded memory and time, and never a dead process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..hostile_video import lying_files, whole_files

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the memory of a process is read as Linux tells it"
)

MEMORY_BYTES = 1.5e9
SECONDS = 30  # for five ways to read one file; half a second is usual
ROOT = Path(__file__).parents[4]
WEIRD = [
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\x00\x00\x00\x00",
    b"\x01",
    b"\x00\x01",
]


class Reader:
    """`read_hostile` in another process; a new one where the last one died."""

    def __init__(self, folder):
        self.folder, self._process = folder, None

    def read(self, name, content):
        """Return what each way said.

        Fails where the process died, took too long or too much, or raised what is not ours.
        """
        (self.folder / name).write_bytes(content)
        if self._process is None:
            command = [sys.executable, "-m", "tests.wan27.media.read_hostile", str(self.folder)]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        answer = self._ask(name)
        assert answer, f"reading {name} ended the process with {self.stop()}"
        said, taken = json.loads(answer)
        assert taken < MEMORY_BYTES, f"reading {name} took {taken / 1e9:.1f} GB: {said}"
        assert [] == [each for each in said.values() if each.startswith("WRONG")], said
        return said

    def _ask(self, name):
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        watchdog = threading.Timer(SECONDS, self._process.kill)
        watchdog.start()
        try:
            return self._process.stdout.readline()
        finally:
            watchdog.cancel()

    def stop(self):
        process, self._process = self._process, None
        if process is None:
            return None
        process.stdin.close()
        process.stdout.close()
        return process.wait(SECONDS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The honest files."""
    return whole_files(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """One process for many files; memory is counted by its peak."""
    made = Reader(tmp_path_factory.mktemp("hostile"))
    yield made
    made.stop()


def test_honest_files_are_read(reader, whole):
    """The files that are broken below are whole before."""
    for name, content in whole.items():
        assert {""} == set(reader.read(name, content).values()), name


def test_no_lie_does_harm(reader, whole):
    """Absurd sizes, counts, lengths, rates and channels: each file is read or refused, in our words."""
    for name, content in lying_files(whole).items():
        reader.read(name, content)


@pytest.mark.parametrize("name", ["plain.mp4", "fragments.mp4", "clip.webm"])
def test_no_cut_does_harm(reader, whole, name):
    """Cut off at any place, a file is read as far as it is whole, or refused; an mp4 with its index at the end is always refused."""
    content = whole[name]
    for part in range(40):
        said = reader.read(name, content[: len(content) * part // 40])
        assert name != "plain.mp4" or {"InvalidVideo"} == set(said.values()), part


CHANGES = st.lists(
    st.tuples(
        st.booleans(), st.floats(0, 1), st.sampled_from(WEIRD) | st.binary(min_size=1, max_size=4)
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=250, deadline=None, derandomize=True
)  # the same bytes each time: what another FFmpeg does with them can be compared
@given(
    name=st.sampled_from(
        ["plain.mp4", "fragments.mp4", "pcm.mov", "clip.mkv", "clip.webm", "clip.ts", "clip.avi"]
    ),
    changes=CHANGES,
)
def test_no_flip_does_harm(reader, whole, *, name, changes):
    """Whatever bytes are overwritten, mostly in the headers."""
    content = bytearray(whole[name])
    header = (
        range(len(content) - 3000, len(content))
        if name in ("plain.mp4", "pcm.mov")
        else range(3000)
    )
    for in_header, place, value in changes:
        at = (
            header[int(place * (len(header) - 1))]
            if in_header
            else int(place * (len(content) - len(value)))
        )
        content[at : at + len(value)] = value
    reader.read(name, bytes(content))

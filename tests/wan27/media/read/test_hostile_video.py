"""Broken and false files: our own error, bounded memory and time, and never a dead process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..hostile_video import false_files, intact_files

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the memory of a process is read from Linux's /proc"
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
        """Return the outcome of each way.

        Fails where the process died, took too much time or memory, or raised an error not ours.
        """
        (self.folder / name).write_bytes(content)
        if self._process is None:
            command = [sys.executable, "-m", "tests.wan27.media.read_hostile", str(self.folder)]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        answer = self._ask(name)
        assert answer, f"reading {name} ended the process with {self.stop()}"
        outcomes, taken = json.loads(answer)
        assert taken < MEMORY_BYTES, f"reading {name} took {taken / 1e9:.1f} GB: {outcomes}"
        assert [] == [each for each in outcomes.values() if each.startswith("WRONG")], outcomes
        return outcomes

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
def intact(tmp_path_factory):
    """The files that the tests break."""
    return intact_files(tmp_path_factory.mktemp("intact"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """One process for many files; its peak memory counts."""
    reader = Reader(tmp_path_factory.mktemp("hostile"))
    yield reader
    reader.stop()


def test_intact_files_are_read(reader, intact):
    """Before they are broken below."""
    for name, content in intact.items():
        assert {""} == set(reader.read(name, content).values()), name


def test_a_false_header_does_no_harm(reader, intact):
    """Absurd sizes, counts, lengths, rates and channels: each file is read, or refused by us."""
    for name, content in false_files(intact).items():
        reader.read(name, content)


@pytest.mark.parametrize("name", ["plain.mp4", "fragments.mp4", "clip.webm"])
def test_a_cut_does_no_harm(reader, intact, name):
    """A file cut anywhere is read or refused, and always refused without its index."""
    content = intact[name]
    for part in range(40):
        outcomes = reader.read(name, content[: len(content) * part // 40])
        assert name != "plain.mp4" or {"InvalidVideo"} == set(outcomes.values()), part


CHANGES = st.lists(
    st.tuples(
        st.booleans(), st.floats(0, 1), st.sampled_from(WEIRD) | st.binary(min_size=1, max_size=4)
    ),
    min_size=1,
    max_size=8,
)


# The same bytes each time, so that the outcomes of two versions of FFmpeg can be compared.
@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(
        ["plain.mp4", "fragments.mp4", "pcm.mov", "clip.mkv", "clip.webm", "clip.ts", "clip.avi"]
    ),
    changes=CHANGES,
)
def test_changed_bytes_do_no_harm(reader, intact, *, name, changes):
    """Whatever is overwritten, mostly in the headers."""
    content = bytearray(intact[name])
    header = (
        range(len(content) - 3000, len(content))
        if name in ("plain.mp4", "pcm.mov")
        else range(3000)
    )
    for in_header, part, value in changes:
        offset = (
            header[int(part * (len(header) - 1))]
            if in_header
            else int(part * (len(content) - len(value)))
        )
        content[offset : offset + len(value)] = value
    reader.read(name, bytes(content))

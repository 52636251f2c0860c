"""Chaos tests: kills, faults and races, against the simulated host over real HTTP.

`--chaos` chooses how many cases there are, and `--seed` repeats the random choices of a run.
`make torture` prints the results as the table of docs/reliability.md.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.machine import machine
from scripts.comfyui import prepare
from tests.nodes.numbered_video import numbered_video
from tests.wan27.upload.s3_server import S3Server

from .key_search import in_files
from .table import save, table
from .tally import Tally
from .trial import FRAMES, Trial

SEEN: list[Tally] = []  # the tallies of this run


def pytest_generate_tests(metafunc):
    """Parametrize a test marked with `cases` with as many numbers as the size of the run has."""
    if marker := metafunc.definition.get_closest_marker("cases"):
        cases = marker.kwargs[metafunc.config.getoption("chaos")]
        numbers = range(max(cases, 1))
        metafunc.parametrize("number", numbers, ids=lambda number: f"{number} of {cases}")
        if "cases" in metafunc.fixturenames:
            metafunc.parametrize("cases", [cases], ids=[""])


def pytest_collection_modifyitems(config, items):
    """Leave out the tests that have no case in a run of this size."""
    size = config.getoption("chaos")
    markers = [(item, item.get_closest_marker("cases")) for item in items]
    left_out = [item for item, marker in markers if marker and not marker.kwargs[size]]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def size(pytestconfig):
    """The size of the run: "few", "short" or "long"."""
    return pytestconfig.getoption("chaos")


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """The video of every task, of the shape of the images."""
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    return numbered_video(path, FRAMES, size=(640, 480))


@pytest.fixture(scope="module")
def new_trial(tmp_path_factory, video, request):
    """Return a function that makes a trial for several tests."""
    return lambda: Trial(tmp_path_factory.mktemp("trial"), video, chance_of(request, "module"))


@pytest.fixture
def trial(tmp_path, video, request, record_property):
    """The folder, key and host of one test; at the end, every file is searched for the key."""
    trial = Trial(tmp_path / "trial", video, chance_of(request, request.node.name))
    yield trial
    tally = key_tally(tmp_path, trial.key)
    record_property("tally", tally.plain)
    assert [] == tally.broken


@pytest.fixture
def tally(record_property):
    """The counts of one test, for the table."""
    tally = Tally()
    yield tally
    record_property("tally", tally.plain)


@pytest.fixture
def s3():
    """A bucket that checks signatures."""
    with S3Server() as server:
        yield server


@pytest.fixture(autouse=True)
def _own_environment():
    """Restore the environment: a Run in this process sets the bucket's variables there."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def chance_of(request, name):
    """Return the random choices of one test: the same for the same seed."""
    seed = request.config.getoption("seed")
    return random.Random(f"{seed} {request.module.__name__} {name}")  # noqa: S311 - no secrets


def key_tally(folder, key):
    """Search for a key in every file below a folder."""
    files = sum(path.is_file() for path in folder.rglob("*"))
    return Tally("the key, searched for in every file", files, wrong=in_files(folder, key))


def pytest_runtest_logreport(report):
    """Collect the tallies of all tests, also of those that ran in another worker."""
    if report.when == "teardown":
        values = [value for name, value in report.user_properties if name == "tally"]
        SEEN.extend(Tally(**value | {"notes": Counter(value["notes"])}) for value in values)


def pytest_terminal_summary(terminalreporter, config):
    """Print the table, unless this is a run of all tests."""
    if config.getoption("chaos") == "few" or not SEEN:
        return
    how = f"seed {config.getoption('seed')}, {config.getoption('chaos')}"
    text = f"{machine(prepare().version)}; {how}.\n\n{table(SEEN)}"
    terminalreporter.write_line(text)
    if config.getoption("save_table"):
        save(text, Path(config.getoption("save_table")))

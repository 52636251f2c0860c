"""Options and fixtures of all tests: a real ComfyUI, and a server for the whole session."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from scripts.comfyui import prepare
from scripts.python import SetupFailed
from tests.skipped import skipped_without

# The fixtures that start one server for many tests.
SERVERS = ("crash_server", "keyless_server", "server", "stage", "paid_server")
# The longest groups are two, cut before the file with this name, so that no worker ends long after
# the others.
CUTS = {"paid_server": "test_e", "the page in its own front end": "test_g"}
CHAOS = ("few", "short", "long")
PROBES = {"probe_pack": Path(__file__).parent / "comfyui" / "probe_pack"}


def pytest_addoption(parser):
    """Add the options of the chaos tests; docs/reliability.md describes them."""
    group = parser.getgroup("chaos")
    group.addoption("--chaos", choices=CHAOS, default="few", help="how many cases (default: few)")
    group.addoption("--seed", type=int, help="of their random choices (default: a new one)")
    group.addoption("--save-table", metavar="FILE", help="put the table into this page")


def pytest_configure(config):
    """Choose the seed, which all workers of this run share; a run of all tests has a fixed one."""
    if hasattr(config, "workerinput"):
        config.option.seed = config.workerinput["seed"]
    elif config.option.seed is None:
        is_random = config.option.chaos != "few"
        config.option.seed = random.randrange(10**6) if is_random else 7  # noqa: S311 - no secret


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Give a worker of pytest-xdist the seed that the summary will name."""
    node.workerinput["seed"] = node.config.option.seed


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Group the tests for the workers of pytest-xdist, and put the longest groups first.

    All tests that use one server are one group, so that it is started once. Others are grouped by
    file, and chaos tests, which share nothing, run one by one.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    for item in items:
        if group := group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: rank(group_of(item)))


def pytest_collection_finish(session):
    """Fail if pytest-xdist ignores the groups, as 3.8 does with pytest 9.2."""
    items = session.items
    if items and getattr(session.config.option, "loadgroup", False):
        grouped = [item for item in items if item.get_closest_marker("xdist_group")]
        if not all("@" in item.nodeid for item in grouped):
            raise pytest.UsageError("This pytest-xdist does not group tests with this pytest.")


def group_of(item):
    """Return the server that a test uses, or else its file; empty for a test that runs alone."""
    server = next((name for name in SERVERS if name in item.fixturenames), None)
    if "comfy" in item.fixturenames:
        server = f"the page in {item.callspec.params['comfy']}"
    elif server is None and "new_graph" in item.fixturenames:
        server = "paid_server"
    if server in CUTS:
        return f"{server}, {'first' if item.path.stem < CUTS[server] else 'second'} half"
    is_alone = server is None and item.get_closest_marker("chaos")
    return server or ("" if is_alone else item.path.relative_to(item.config.rootpath).as_posix())


def rank(group):
    """Return the position of a group in the queue."""
    return 0 if group.startswith("the page") else 1 + (not group.startswith(SERVERS))


@pytest.fixture(scope="session")
def comfyui():
    """A prepared ComfyUI; without one the test is skipped with the reason, and fails in CI."""
    with skipped_without("COMFYUI", SetupFailed):
        return prepare()


@pytest.fixture(scope="session")
def start_server(comfyui, tmp_path_factory):
    """Return a function that starts a server; all are stopped at the end of the session."""
    # Late, because it needs packages that only ComfyUI has; the other tests run without them.
    from scripts.server import ComfyServer  # noqa: PLC0415

    servers = []

    def start(env=None, args=(), base=None, **options):
        base = base or tmp_path_factory.mktemp("comfyui")
        server = ComfyServer(comfyui, base, env, args, PROBES, **options)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.kill()  # at once: nothing reads their folders any more


@pytest.fixture(scope="session")
def server(start_server):
    """A server with the simulator as its host, for tests that do not change it.

    Its user wants no metadata in files.
    """
    return start_server(env={"WAN27_HOST": "simulator"}, args=("--disable-metadata",))

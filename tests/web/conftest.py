"""The page in a real browser, on a real ComfyUI, in both renderers and two front ends.

The host is the simulator on loopback.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tests.simulator import Script, ScriptedSimulator

pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT, so the page was not tested")

from playwright.sync_api import expect

from drawing.dusk import dusk
from scripts.front_end import NEWEST, front_end
from scripts.python import SetupFailed
from tests.skipped import skipped_without

from ..nodes.numbered_video import numbered_video
from .editor import Editor, NoBrowser, launched

KEY = "sk-canary-4d1f"
OWN = "its own front end"
RENDERERS = ["canvas", "nodes 2.0"]

expect.set_options(timeout=30_000)  # CI has two cores, and a browser beside the server


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """Return a video for the host to serve: rendering one takes it seconds."""
    return numbered_video(tmp_path_factory.mktemp("numbered") / "video.mp4")


@pytest.fixture(scope="session")
def host():
    with ScriptedSimulator() as simulator:
        yield simulator


@pytest.fixture(scope="session", params=[OWN])
def comfy(request, start_server, host):
    """Start a ComfyUI without a key, in an empty folder, with an image for the templates.

    The parameter is the front end. With the newest one, ComfyUI has its partner nodes, as users do.
    """
    server = start_server(
        env={"WAN27_BASE_URL": host.base_url},
        args=flags(request.param),
        partner_nodes=request.param == NEWEST,
    )
    dusk().save(server.base / "input" / "example.png")
    yield server
    server.stop()


def flags(version):
    """Return ComfyUI's flags for a front end."""
    if version == OWN:
        return ()
    with skipped_without(f"FRONT END {version}", SetupFailed):
        return ("--front-end-root", str(front_end(version)))


@pytest.fixture(scope="module")
def browser():
    """Start a browser for a file: its event loop would disturb other tests of this process."""
    with skipped_without("BROWSER", NoBrowser), launched() as started:
        yield started


@pytest.fixture(scope="module", params=["nodes 2.0"])
def renderer(request):
    return request.param


@contextmanager
def new_context(browser):
    """Make a context, in which nothing of an earlier visit is stored."""
    context = browser.new_context(
        viewport={"width": 1500, "height": 950}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(30_000)
    yield context
    context.close()


def open_editor(context, comfy, renderer, key):
    """Open the editor with a key, or without one for None."""
    comfy.post("/wan27/keys", {"name": "PPIO_API_KEY", "value": key})
    return Editor(context.new_page(), comfy, nodes_2=renderer != "canvas")


@pytest.fixture
def fresh_host(host, video):
    """Make the host do its tasks at once and forget the earlier requests."""
    host.replace_script(Script(queued_seconds=0, working_seconds=0, video=str(video)))
    host.submissions.clear()
    return host


@pytest.fixture
def opened(renderer, comfy, fresh_host, browser):
    """Return a function that opens the editor with a key, or without one for None.

    Fails if our scripts wrote errors to the console.
    """
    editors = []
    with new_context(browser) as context:

        def open_one(key):
            editors.append(open_editor(context, comfy, renderer, key))
            return editors[-1]

        yield open_one
    assert [] == [fault for editor in editors for fault in editor.faults]


@pytest.fixture
def editor(opened):
    """Open the editor as a new user, without a key."""
    return opened(None)


@pytest.fixture
def fresh(opened, host):
    """Open the first template with a key of PPIO in a page of its own."""
    return with_template(opened(KEY), host)


@pytest.fixture(scope="module")
def visit(renderer, comfy, browser):
    """Open the editor once for the tests of a file."""
    with new_context(browser) as context:
        yield open_editor(context, comfy, renderer, KEY)


@pytest.fixture
def ready(visit, comfy, fresh_host):
    """Open the first template with a key of PPIO, whose price is known.

    The page is that of the file's other tests: loading one takes seconds. Each closes its dialogs.
    """
    comfy.post("/wan27/keys", {"name": "PPIO_API_KEY", "value": KEY})
    visit.faults.clear()
    yield with_template(visit, fresh_host)
    assert [] == visit.faults


def with_template(editor, host):
    """Load the first template, with a seed of its own: the journal finds earlier videos."""
    editor.load("Wan27 Image to Video")
    editor.set("duration", 2)
    editor.set("seed", len(host.tasks) + 1)
    return editor


both_renderers = pytest.mark.parametrize("renderer", RENDERERS, indirect=True, scope="module")
both_front_ends = pytest.mark.parametrize("comfy", [OWN, NEWEST], indirect=True)


def wait_for_clipboard(page, text):
    """Wait until the clipboard has this text."""
    same = "async (text) => (await navigator.clipboard.readText()) === text"
    page.wait_for_function(same, arg=text)

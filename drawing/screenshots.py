"""Take the screenshots of the README (`assets/`) and of the help pages (`web/docs/<node id>.jpg`).

They show a real ComfyUI, its real page in Chromium, and videos of the simulator, which are marked.
Only the host's address is replaced, in the journal, by the name of the host that is simulated.
"""

from __future__ import annotations

import io
import itertools
import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import av
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from scripts.comfyui import prepare
from scripts.environment import ROOT, unlink_packs
from scripts.server import ComfyServer
from tests.web.editor import Editor, launched
from wan27.simulator import Settings, Simulator
from wan27.simulator.error_answer import ErrorAnswer
from wan27.simulator.tasks import Task

from .dusk import dusk
from .scenes import morning, night, portrait

_ASSETS, _HELP = ROOT / "assets", ROOT / "web" / "docs"
_SCENES: tuple[Callable[[], Image.Image], ...] = (dusk, night, morning, portrait)
_HELP_PAGES = {
    "Wan27ImageToVideo": ("Wan27 Image to Video", ["dusk"]),
    "Wan27FirstLastFrame": ("Wan27 Video from First and Last Frame", ["dusk", "night"]),
    "Wan27Continuation": ("Wan27 Video Continuation", ["morning"]),
    "Wan27TaskPoll": ("Wan27 Submit Now and Collect Later", ["night"]),
}
_MINUTE = 60_000
_SEED = """(seed) => app.graph.nodes
  .flatMap((node) => (node.widgets ?? []).filter(({name}) => name === "seed"))
  .forEach((widget) => { widget.value = seed; })"""
_CENTER = """() => {
  const node = NODE;
  app.canvas.ds.scale = 0.9;
  app.canvas.ds.offset = [200 - node.pos[0], 120 - node.pos[1]];
  app.canvas.setDirty(true, true);
}"""
_LOADED = "[...document.querySelectorAll('video')].every((video) => video.readyState > 1)"


class Host(Simulator):
    """The simulator, with an account that can be empty."""

    is_empty = False

    def new_task(self, body: dict[str, Any]) -> Task:
        """Create a task unless the account is empty."""
        if self.is_empty:
            raise ErrorAnswer(400, "NOT_ENOUGH_BALANCE", "Your balance is not enough.")
        return super().new_task(body)


class Studio:
    """A ComfyUI and its page, which is photographed."""

    def __init__(self, server: ComfyServer, host: Host, browser: Browser) -> None:
        self.server, self.host = server, host
        size: Any = {"width": 1480, "height": 900}
        page = browser.new_context(viewport=size, device_scale_factor=1.5).new_page()
        page.set_default_timeout(_MINUTE)
        self.editor = Editor(page, server, nodes_2=True)
        self.page = page
        self.seeds = itertools.count(1)

    def open(self, template: str, scenes: list[str]) -> None:
        """Open a template with these scenes as its frames, as a new request."""
        self.editor.load(template, [f"{name}.png" for name in scenes])
        self.page.evaluate(_SEED, next(self.seeds))

    def run(self) -> None:
        """Press Run, and wait for the end."""
        self.editor.run()
        self.finish()

    def finish(self) -> None:
        """Wait until the queue is empty, videos show a frame, and ComfyUI's notices are gone."""
        queue = self.page.get_by_test_id("queue-overlay-toggle")
        expect(queue).to_contain_text(re.compile("[1-9] active"))
        expect(queue).to_contain_text("0 active", timeout=_MINUTE)
        self.page.wait_for_function(_LOADED)
        self.page.wait_for_timeout(7000)

    def node(self, kind: str) -> Locator:
        """Return the node of a type, in the middle of the page and enlarged."""
        self.page.evaluate(_CENTER.replace("NODE", self.editor.node(kind)))
        self.page.wait_for_timeout(500)
        number = self.page.evaluate(f"() => {self.editor.node(kind)}.id")
        return self.page.locator(f'[data-node-id="{number}"]')

    def keep(self, name: str, what: Locator | None = None) -> None:
        """Save a screenshot of the page, or of an element, for the README."""
        shot = (what or self.page).screenshot()
        with Image.open(io.BytesIO(shot)) as image:
            image.save(_ASSETS / f"{name}.webp", quality=82, method=6)

    def keep_help(self, kind: str) -> None:
        """Save a screenshot of a node for its help page, at most 60 KB."""
        with Image.open(io.BytesIO(self.node(kind).screenshot())) as image:
            image.convert("RGB").save(_HELP / f"{kind}.jpg", quality=80, optimize=True)


def first_minute(studio: Studio) -> None:
    """Enter a key in the page's settings."""
    studio.open("Wan27 Image to Video", ["dusk"])
    studio.page.get_by_test_id("close-minimap-button").click()
    studio.page.locator(".wan27-card").get_by_role("button", name="Add a key").click()
    studio.page.fill("#wan27-PPIO_API_KEY", "sk-simulated")
    studio.page.keyboard.press("Enter")
    expect(studio.page.locator(".wan27-status p")).to_have_text("A Run uses PPIO.")
    studio.keep("settings", studio.page.locator(".wan27-dialog"))
    studio.page.keyboard.press("Escape")


def editor(studio: Studio) -> None:
    """Run the first template: while it works, and when it is done."""
    studio.open("Wan27 Image to Video", ["dusk"])
    studio.editor.wait_for_badge("about ¥3.00 · PPIO")
    studio.editor.run()
    expect(studio.editor.panel).to_contain_text(re.compile(r"Processing \d\d %"), timeout=_MINUTE)
    studio.keep("running", studio.node("Wan27ImageToVideo"))
    studio.finish()
    studio.open("Wan27 Image to Video", ["portrait"])
    studio.run()
    studio.keep("editor")


def help_pages(studio: Studio) -> None:
    """Show each node with a result."""
    for kind, (template, scenes) in _HELP_PAGES.items():
        studio.open(template, scenes)
        studio.run()
        studio.keep_help(kind)


def error(studio: Studio) -> None:
    """Show the error of an empty account."""
    studio.host.is_empty = True
    studio.open("Wan27 Image to Video", ["morning"])
    studio.editor.run()
    card = studio.page.locator(".wan27-card")
    expect(card).to_contain_text("Top up")
    studio.keep("error", card)
    studio.host.is_empty = False


def tasks(studio: Studio) -> None:
    """Show the list of tasks, one of them running."""
    studio.open("Wan27 Image to Video", ["night"])
    studio.editor.run()
    studio.editor.open_tasks()
    expect(studio.editor.first_task).to_contain_text("Processing", timeout=30_000)
    studio.page.wait_for_timeout(2000)
    path = studio.server.base / "user" / "__wan27" / "journal.sqlite3"
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.execute("UPDATE entries SET host = 'ppio'")
    studio.page.locator(".wan27-tasks header button").click()
    expect(studio.editor.first_task).to_contain_text("PPIO")
    studio.page.wait_for_timeout(500)
    studio.keep("tasks", studio.page.locator(".wan27-tasks"))


def clip(videos: Path) -> None:
    """Save three seconds of the first video, small enough for a README."""
    newest_last = sorted(videos.glob("*.mp4"), key=lambda path: path.stat().st_mtime)
    with av.open(str(newest_last[0])) as container:
        chosen = itertools.islice(container.decode(video=0), 0, 90, 3)
        frames: list[Any] = [frame.to_image(width=480, height=270) for frame in chosen]  # type: ignore[no-untyped-call]
    options = {"duration": 100, "loop": 0, "quality": 70, "method": 6}
    frames[0].save(_ASSETS / "clip.webp", save_all=True, append_images=frames[1:], **options)


def main() -> int:
    """Take all of them."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        Host(Settings(queued_seconds=1, working_seconds=10)) as host,
    ):
        base = Path(temporary)
        with (
            ComfyServer(prepare(), base, {"WAN27_BASE_URL": host.base_url}) as server,
            launched() as browser,
        ):
            for scene in _SCENES:
                scene().save(base / "input" / f"{scene.__name__}.png")
            studio = Studio(server, host, browser)
            for take in (first_minute, editor, help_pages, error, tasks):
                take(studio)
            clip(base / "output" / "wan27")
        unlink_packs(base)
    return 0


if __name__ == "__main__":
    sys.exit(main())

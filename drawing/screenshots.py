"""Take the pictures of the page in the README (`assets/`) and of each node in its help page (`web/docs/<node id>.jpg`).

Everything in them happened: the real ComfyUI, its real page in Chromium, and videos of the simulator, which say so. Only the host's address
is replaced, in the record of the tasks, by the name of the host that the simulator plays.
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
    "Wan27ImageToVideo": ("image_to_video", ["dusk"]),
    "Wan27FirstLastFrame": ("first_last_frame", ["dusk", "night"]),
    "Wan27Continuation": ("continuation", ["morning"]),
    "Wan27TaskPoll": ("submit_now_collect_later", ["night"]),
}
_MINUTE = 60_000
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
    """A ComfyUI whose page is photographed."""

    def __init__(self, server: ComfyServer, host: Host, browser: Browser) -> None:
        self.server, self.host = server, host
        page = browser.new_context(
            viewport={"width": 1480, "height": 900}, device_scale_factor=1.5
        ).new_page()
        page.set_default_timeout(_MINUTE)
        self.editor = Editor(page, server, nodes_2=True)
        self.page = page
        self.seeds = itertools.count(1)

    def open(self, template: str, pictures: list[str]) -> None:
        """Open a template that begins with these pictures, as a request that was never made before."""
        self.editor.load(template, [f"{name}.png" for name in pictures])
        code = "(seed) => app.graph.nodes.forEach((node) => node.widgets?.filter(({name}) => name === 'seed').forEach((widget) => widget.value = seed))"
        self.page.evaluate(code, next(self.seeds))

    def run(self) -> None:
        """Press Run, and wait until all is done."""
        self.editor.run()
        self.finish()

    def finish(self) -> None:
        """Wait until the queue is empty, every video shows its first frame, and ComfyUI's own notices are gone."""
        queue = self.page.get_by_test_id("queue-overlay-toggle")
        expect(queue).to_contain_text(re.compile("[1-9] active"))
        expect(queue).to_contain_text("0 active", timeout=_MINUTE)
        self.page.wait_for_function(_LOADED)
        self.page.wait_for_timeout(7000)

    def node(self, kind: str) -> Locator:
        """The node of a type, as Nodes 2.0 draws it, in the middle of the page and a little larger."""
        self.page.evaluate(
            f"() => {{ const node = {self.editor.node(kind)}; app.canvas.ds.scale = 0.9; app.canvas.ds.offset = "
            "[200 - node.pos[0], 120 - node.pos[1]]; app.canvas.setDirty(true, true); }"
        )
        self.page.wait_for_timeout(500)
        number = self.page.evaluate(f"() => {self.editor.node(kind)}.id")
        return self.page.locator(f'[data-node-id="{number}"]')

    def keep(self, name: str, what: Locator | None = None) -> None:
        """Keep a picture of the page, or of an element, for the README."""
        shot = (what or self.page).screenshot()
        with Image.open(io.BytesIO(shot)) as picture:
            picture.save(_ASSETS / f"{name}.webp", quality=82, method=6)

    def keep_help(self, kind: str) -> None:
        """Keep a picture of a node for its help page, at most 60 KB."""
        with Image.open(io.BytesIO(self.node(kind).screenshot())) as picture:
            picture.convert("RGB").save(_HELP / f"{kind}.jpg", quality=80, optimize=True)


def first_minute(studio: Studio) -> None:
    """The key is given in the page's own dialog."""
    studio.open("image_to_video", ["dusk"])
    studio.page.get_by_test_id("close-minimap-button").click()
    studio.page.locator(".wan27-card").get_by_role("button", name="Open the settings").click()
    studio.page.fill("#wan27-PPIO_API_KEY", "sk-simulated")
    studio.page.keyboard.press("Enter")
    expect(studio.page.locator(".wan27-status")).to_have_text("A Run uses PPIO.")
    studio.keep("settings", studio.page.locator(".wan27-dialog"))
    studio.page.keyboard.press("Escape")


def editor(studio: Studio) -> None:
    """The first template, while it works and when it is done."""
    studio.open("image_to_video", ["dusk"])
    studio.editor.wait_for_badge("about ¥3.00 · PPIO")
    studio.editor.run()
    expect(studio.editor.panel).to_contain_text(re.compile(r"Processing \d\d %"), timeout=_MINUTE)
    studio.keep("running", studio.node("Wan27ImageToVideo"))
    studio.finish()
    studio.open("image_to_video", ["portrait"])
    studio.run()
    studio.keep("editor")


def help_pages(studio: Studio) -> None:
    """Each node with a result."""
    for kind, (template, pictures) in _HELP_PAGES.items():
        studio.open(template, pictures)
        studio.run()
        studio.keep_help(kind)


def error(studio: Studio) -> None:
    """What an empty account looks like."""
    studio.host.is_empty = True
    studio.open("image_to_video", ["morning"])
    studio.editor.run()
    card = studio.page.locator(".wan27-card")
    expect(card).to_contain_text("Top up")
    studio.keep("error", card)
    studio.host.is_empty = False


def tasks(studio: Studio) -> None:
    """The list of all of them, one of which still works."""
    studio.open("image_to_video", ["night"])
    studio.editor.run()
    studio.editor.open_tasks()
    expect(studio.editor.first_task).to_contain_text("Running")
    studio.page.wait_for_timeout(2000)
    with (
        closing(
            sqlite3.connect(studio.server.base / "user" / "__wan27" / "journal.sqlite3")
        ) as journal,
        journal,
    ):
        journal.execute("UPDATE entries SET host = 'ppio'")
    studio.page.locator(".wan27-tasks header button").click()
    expect(studio.editor.first_task).to_contain_text("PPIO")
    studio.page.wait_for_timeout(500)
    studio.keep("tasks", studio.page.locator(".wan27-tasks"))


def clip(videos: Path) -> None:
    """Three seconds of the first video that was made, small enough for a README."""
    newest_last = sorted(videos.glob("*.mp4"), key=lambda path: path.stat().st_mtime)
    with av.open(str(newest_last[0])) as container:
        frames = [frame.to_image(width=480, height=270) for frame in container.decode(video=0)][
            :90:3
        ]  # type: ignore[no-untyped-call]
    frames[0].save(
        _ASSETS / "clip.webp",
        save_all=True,
        append_images=frames[1:],
        duration=100,
        loop=0,
        quality=70,
        method=6,
    )


def main() -> int:
    """Take them all."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        Host(Settings(queued_seconds=1, working_seconds=6)) as host,
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

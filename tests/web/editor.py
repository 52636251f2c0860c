"""ComfyUI's page in a real browser, for the tests of the page and for `drawing/screenshots.py`."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from scripts.client import Client
from scripts.environment import ROOT

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
# With a graph: ComfyUI opens one of its own at the start, which would replace ours.
_READY = """() => !!(window.app?.vueAppReady
  && LiteGraph?.registered_node_types?.Wan27ImageToVideo && app.graph?.nodes?.length)"""
_BADGES = """(node) => node.badges
  .map((badge) => (badge instanceof LGraphBadge ? badge : badge()).text).filter(Boolean)
  .join(' | ')"""
_BADGE_AT = """(text) => {
  const {canvas, ds} = app.canvas;
  const node = NODE;
  const badges = node.badges.map((badge) => (badge instanceof LGraphBadge ? badge : badge()));
  const [x, y, width, height] = badges.find((badge) => badge.text === text).boundingRect;
  const {left, top} = canvas.getBoundingClientRect();
  return [
    left + (node.pos[0] + x + width / 2 + ds.offset[0]) * ds.scale,
    top + (node.pos[1] + y + height / 2 + ds.offset[1]) * ds.scale,
  ];
}"""
_SET = """(value) => {
  const widget = NODE.widgets.find(({name}) => name === 'WIDGET');
  widget.value = value;
  widget.callback?.(value);
}"""
_BOOT_MILLISECONDS = 60_000


class NoBrowser(Exception):
    """There is no Chromium on this machine; the message says how to install it."""


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield the machine's own Chromium, without a window. Raises NoBrowser."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise NoBrowser("There is no Chromium: on Debian and Ubuntu, `apt install chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


class Editor:
    """The editor on one page. `nodes_2` chooses the renderer: Nodes 2.0, or the canvas.

    `faults` are the errors of our scripts, and those of the page about our events.
    """

    def __init__(self, page: Page, server: Client, *, nodes_2: bool) -> None:
        """Open ComfyUI in a page of a new context, without the state of an earlier visit."""
        self.page = page
        self.server = server
        self.nodes_2 = nodes_2
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note_error)
        server.post("/settings/Comfy.TutorialCompleted", body=True)
        server.post("/settings/Comfy.VueNodes.Enabled", body=nodes_2)
        page.goto(server.url)
        self.wait()

    def _note_error(self, line: Any) -> None:
        is_ours = "/extensions/" in line.location.get("url", "") or "wan27" in line.text
        if line.type == "error" and is_ours:
            self.faults.append(line.text)

    def wait(self) -> None:
        """Wait until a graph can be edited."""
        self.page.wait_for_function(_READY, timeout=_BOOT_MILLISECONDS)

    def reload(self) -> None:
        """Press F5."""
        self.page.reload()
        self.wait()

    def choose_template(self, name: str) -> None:
        """Open one of our templates from ComfyUI's own window of templates."""
        self.command("Comfy.BrowseTemplates")
        self.page.get_by_test_id(f"template-workflow-{name}").click()
        self.page.get_by_test_id(f"template-workflow-{name}").wait_for(state="detached")
        self.page.wait_for_function(
            "() => app.graph.nodes.some((node) => node.type.startsWith('Wan27'))"
        )

    def load(self, name: str, images: Sequence[str] = ("example.png",)) -> None:
        """Open a template, or a blueprint (subgraphs/Wan27 Loop), without clicks.

        Its Load Image nodes get these files.
        """
        path = ROOT / f"{name}.json" if "/" in name else ROOT / "example_workflows" / f"{name}.json"
        workflow = json.loads(path.read_text(encoding="utf-8"))
        loaders = [node for node in workflow["nodes"] if node["type"] == "LoadImage"]
        for node, image in zip(loaders, itertools.cycle(images), strict=False):
            node["widgets_values"][0] = image
        self.page.evaluate("(workflow) => app.loadGraphData(workflow)", workflow)

    def node(self, kind: str = "Wan27ImageToVideo") -> str:
        """Return the first node of a type, as an expression of JavaScript."""
        return f"app.graph.nodes.find((node) => node.type === '{kind}')"

    def set(self, widget: str, value: object, kind: str = "Wan27ImageToVideo") -> None:
        """Set a widget as the user would."""
        code = _SET.replace("NODE", self.node(kind)).replace("WIDGET", widget)
        self.page.evaluate(code, value)

    def get(self, widget: str, kind: str = "Wan27ImageToVideo") -> Any:
        """Return the value of a widget."""
        return self.page.evaluate(
            f"() => {self.node(kind)}.widgets.find(({{name}}) => name === '{widget}').value"
        )

    def badges(self, node: str | None = None) -> str:
        """Return the texts of the badges on a node, in one line."""
        return str(self.page.evaluate(f"() => ({_BADGES})({node or self.node()})"))

    def wait_for_badge(self, text: str, node: str | None = None) -> None:
        """Wait for the text of a badge; the cost is requested a moment after a widget's change."""
        self.page.wait_for_function(
            f"(text) => ({_BADGES})({node or self.node()}).includes(text)", arg=text
        )

    def click_badge(self, text: str) -> None:
        """Click a badge on the node: an element of Nodes 2.0, a place on the canvas."""
        if self.nodes_2:
            self.page.get_by_text(text, exact=True).first.click()
        else:
            self.page.mouse.click(*self.page.evaluate(_BADGE_AT.replace("NODE", self.node()), text))

    def command(self, name: str) -> None:
        """Call one of the editor's commands."""
        self.page.evaluate("(name) => { app.extensionManager.command.execute(name) }", name)

    def choose_language(self, code: str) -> None:
        """Set ComfyUI's language, as its settings do."""
        self.page.evaluate("(c) => app.extensionManager.setting.set('Comfy.Locale', c)", code)

    def run(self) -> None:
        """Press Run."""
        self.page.get_by_test_id("queue-button").click()

    def cancel(self) -> None:
        """Press Cancel."""
        self.page.get_by_label("Cancel current run").click()

    def open_tasks(self) -> None:
        """Open our sidebar tab, if it is not open already."""
        if not self.page.locator(".wan27-tasks").count():
            self.page.click("button:has(.pi-video)")

    @property
    def panel(self) -> Locator:
        """The panel on the node."""
        return self.page.locator(".wan27-panel")

    @property
    def first_task(self) -> Locator:
        """The newest task of the list."""
        return self.page.locator('.wan27-task[aria-posinset="1"]')

    def choose(self, task: Locator, action: str) -> None:
        """Choose an action of a task from its menu."""
        task.get_by_role("button", name="More actions").click()
        self.page.get_by_role("menuitem", name=action, exact=True).click()

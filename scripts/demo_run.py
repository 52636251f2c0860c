"""The demo, in ComfyUI's Python: start a server, run the example workflow, keep its video."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from drawing.contact_sheet import contact_sheet
from drawing.dusk import dusk

from .client import PromptRefused, failure
from .comfyui import ComfyUI, prepare
from .environment import ROOT, unlink_packs
from .server import ComfyServer, ServerDied
from .status_line import StatusLine
from .widgets import WorkflowUnfit
from .workflow import to_prompt

DEMO = ROOT / "demo"
WORKFLOW = ROOT / "example_workflows" / "Wan27 Image to Video.json"
_PASSED_ON = (
    *("JIEKOU_API_KEY", "NOVITA_API_KEY", "PPIO_API_KEY", "DASHSCOPE_API_KEY"),
    *("WAN27_HOST", "WAN27_BASE_URL"),
)
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_TIMEOUT_SECONDS = 4000  # a little more than the node itself waits
_FREE = "No key is set: the API is simulated on this machine. Nothing is sent, nothing is charged."
_REAL = """\
THE REAL API: {host} is asked for a video, and your account is charged; the node shows the estimate.
The journal is in {journal}, so that the same demo is not bought twice.
Ctrl-C stops. WAN27_HOST=simulator is free of charge."""


class DemoFailed(Exception):
    """The graph failed; the message is the node's."""


def server_environment() -> dict[str, str]:
    """Return the server's settings: the simulator, or the user's host, key and network settings."""
    chosen = {name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)}
    if not chosen or chosen.get("WAN27_HOST") == "simulator":
        return {"WAN27_HOST": "simulator"}
    ours = {name for name in os.environ if name.startswith("WAN27_") or name.upper() in _NETWORK}
    return chosen | {name: os.environ[name] for name in ours}


def run(comfyui: ComfyUI) -> None:
    """Run the workflow once and leave the video and its contact sheet in `demo/`."""
    env = server_environment()
    is_free = env == {"WAN27_HOST": "simulator"}
    base = DEMO / ("simulator" if is_free else "api")
    print(_FREE if is_free else _real(base), flush=True)
    if is_free:
        shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True, exist_ok=True)
    workflow = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    server = ComfyServer(comfyui, base, env)
    try:
        _save_images(workflow, base / "input")
        print(f"Starting ComfyUI {comfyui.version} …", flush=True)
        with server:
            entry = _watch(server, to_prompt(workflow, server.object_info()))
    finally:
        unlink_packs(base)
    _keep(entry, base)


def _real(base: Path) -> str:
    host = os.environ.get("WAN27_BASE_URL") or os.environ.get("WAN27_HOST")
    journal = f"{base.relative_to(ROOT)}/user"
    return _REAL.format(host=host or "the host whose key is set", journal=journal)


def _save_images(workflow: dict[str, Any], folder: Path) -> None:
    loaders = [node for node in workflow["nodes"] if node["type"] == "LoadImage"]
    for node in loaders:
        dusk().save(folder / node["widgets_values"][0])


def _watch(server: ComfyServer, prompt: dict[str, Any]) -> dict[str, Any]:
    line = StatusLine({node_id: node["_meta"]["title"] for node_id, node in prompt.items()})
    started = time.monotonic()
    with server.events(line.show):
        entry = server.run(prompt, _TIMEOUT_SECONDS)
    line.end()
    if problem := failure(entry):
        raise DemoFailed(problem)
    print(f"The graph ran in {time.monotonic() - started:.1f} s.", flush=True)
    return entry


def _keep(entry: dict[str, Any], base: Path) -> None:
    """Copy the saved video to `demo/`, and draw its contact sheet."""
    prompt, outputs = entry["prompt"][2], entry["outputs"]
    # The workflow's own Save Video comes first, then the previews of other nodes.
    nodes = sorted(outputs, key=lambda node: prompt[node]["class_type"] != "SaveVideo")
    lists = [files for node in nodes for files in outputs[node].values()]
    saved = [file for files in lists for file in files if isinstance(file, dict)]
    video = next((file for file in saved if str(file.get("filename", "")).endswith(".mp4")), None)
    if video is None:
        raise DemoFailed("The workflow ended without saving a video.")
    target, sheet = DEMO / video["filename"], DEMO / "contact_sheet.png"
    shutil.copyfile(base / video["type"] / video["subfolder"] / video["filename"], target)
    print(f"Video:         {target.relative_to(ROOT)}  ({contact_sheet(target, sheet)})")
    print(f"Contact sheet: {sheet.relative_to(ROOT)}")


def main() -> int:
    """Return 1 if the graph fails, 130 after Ctrl-C."""
    try:
        run(prepare())
    except (DemoFailed, PromptRefused, ServerDied, TimeoutError, WorkflowUnfit) as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The server has ended.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

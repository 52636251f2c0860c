"""The second half of the demo, in ComfyUI's Python: start the server, run the workflow, keep what came out."""

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

from .comfyui import ComfyUI, prepare
from .environment import ROOT, unlink_packs
from .server import ComfyServer, ServerDied
from .status_line import StatusLine
from .talk import PromptRefused, failure
from .widgets import WorkflowUnfit
from .workflow import to_prompt

DEMO = ROOT / "demo"
WORKFLOW = ROOT / "example_workflows" / "image_to_video.json"
_PASSED_ON = ("JIEKOU_API_KEY", "NOVITA_API_KEY", "PPIO_API_KEY", "WAN27_HOST", "WAN27_BASE_URL")
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_TIMEOUT_SECONDS = 4000  # a little more than the node itself waits


class DemoFailed(Exception):
    """The graph did not run to its end; the message is the node's own sentence."""


def server_environment() -> dict[str, str]:
    """Return what the server is told: the simulator, or the host and the network settings that the user has set."""
    chosen = {name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)}
    if not chosen or chosen.get("WAN27_HOST") == "simulator":
        return {"WAN27_HOST": "simulator"}
    names = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("WAN27_") or name.upper() in _NETWORK
    }
    return chosen | names


def run(comfyui: ComfyUI) -> None:
    """Run the workflow once and leave the video and the contact sheet in `demo/`."""
    env = server_environment()
    simulated = env == {"WAN27_HOST": "simulator"}
    base = DEMO / ("simulator" if simulated else "api")
    print(_opening(simulated, base), flush=True)
    if simulated:
        shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True, exist_ok=True)
    workflow = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    server = ComfyServer(comfyui, base, env)
    try:
        _put_pictures(workflow, base / "input")
        print(f"Starting ComfyUI {comfyui.version} …", flush=True)
        with server:
            entry = _watch(server, to_prompt(workflow, server.object_info()))
    finally:
        unlink_packs(base)
    _keep(entry, base)


def _opening(simulated: bool, base: Path) -> str:
    if simulated:
        return "No key is set, so the API is simulated on this machine: nothing is sent and nothing costs anything."
    host = (
        os.environ.get("WAN27_BASE_URL")
        or os.environ.get("WAN27_HOST")
        or "the host whose key is set"
    )
    return (
        f"THE REAL API: this asks {host} for a video, and the account is charged for it; the node shows the estimate. "
        f"Its journal is in {base.relative_to(ROOT)}/user, so the same demo is not bought twice. Ctrl-C stops; WAN27_HOST=simulator is free."
    )


def _put_pictures(workflow: dict[str, Any], folder: Path) -> None:
    names = [node["widgets_values"][0] for node in workflow["nodes"] if node["type"] == "LoadImage"]
    for name in names:
        dusk().save(folder / name)


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
    prompt = entry["prompt"][2]
    # The workflow's own Save Video comes first, then what a node shows of itself.
    nodes = sorted(
        entry["outputs"], key=lambda node_id: prompt[node_id]["class_type"] != "SaveVideo"
    )
    saved = [
        file
        for node_id in nodes
        for files in entry["outputs"][node_id].values()
        for file in files
        if isinstance(file, dict)
    ]
    video = next((file for file in saved if str(file.get("filename", "")).endswith(".mp4")), None)
    if video is None:
        raise DemoFailed("The workflow ended without saving a video.")
    target = DEMO / video["filename"]
    shutil.copyfile(base / video["type"] / video["subfolder"] / video["filename"], target)
    sheet = DEMO / "contact_sheet.png"
    print(
        f"Video:         {target.relative_to(ROOT)}  ({contact_sheet(target, sheet)})\nContact sheet: {sheet.relative_to(ROOT)}"
    )


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

"""What happens to a user's files, clocks, keys and host between two Runs of one request."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.simulator import Fault, ScriptedSimulator

from .person import decide, given_up
from .user import Outcome, Request, run

_CLOCK_SECONDS = (0.0, 1.0, -1.0, 3 * 3600.0, -3 * 3600.0, 40 * 24 * 3600.0)


@dataclass
class Desk:
    """A user's desk: the request as it is run now, the host, and the random choices of a case."""

    request: Request
    host: ScriptedSimulator
    chance: random.Random

    @property
    def video(self) -> Path | None:
        """The finished video, None before there is one."""
        files = self.request.videos.glob("*.mp4")
        return next((path for path in files if "." not in path.stem), None)  # none set aside


def run_by_clock(request: Request, ahead_seconds: float) -> Outcome:
    """Run the request in this process with its clock that far ahead."""
    real = time.time
    time.time = lambda: real() + ahead_seconds
    try:
        return run(request)
    finally:
        time.time = real


def any_clock(desk: Desk) -> float:
    """Return how far ahead the clock of the next Run is: suspend, NTP, another machine."""
    return desk.chance.choice(_CLOCK_SECONDS)


def lose_the_response(desk: Desk) -> None:
    """The host makes the task, and a gateway answers instead of it."""
    status = desk.chance.choice([302, 408, 500, 502, 504])
    fault = Fault(on="submit", do="status_after_body", status=status)
    desk.host.script.faults.append(desk.chance.choice([fault, Fault("submit", "drop_after_body")]))


def forget_the_task_for_a_while(desk: Desk) -> None:
    """The host answers 404 for as long as one Run asks."""
    desk.host.script.faults.append(
        Fault(on="task", do="status", status=404, reason="TASK_NOT_FOUND", times=6)
    )


def break_the_file(desk: Desk) -> None:
    """The finished video is cut, emptied or deleted."""
    if desk.video is None or not _is_known(desk):
        return
    how = desk.chance.choice(["cut", "empty", "delete"])
    if how == "delete":
        desk.video.unlink()
    else:
        content = desk.video.read_bytes()
        desk.video.write_bytes(content[: len(content) // 2] if how == "cut" else b"")


def lose_the_user_folder(desk: Desk) -> None:
    """The journal is gone, and a finished video with its sidecar stays: enough to find it."""
    state = desk.request.folder / "state"
    if _is_whole(desk) and state.exists() and not given_up(desk.request):
        shutil.rmtree(state)


def delete_the_sidecar(desk: Desk) -> None:
    """The user tidies up; the journal knows all that it said."""
    if desk.video is not None and _is_known(desk):
        desk.video.with_suffix(".json").unlink(missing_ok=True)


def move_everything(desk: Desk) -> None:
    """ComfyUI's folder moves to another drive."""
    folder = desk.request.folder
    moved = folder.with_name(f"{folder.name}-moved")
    if folder.exists():
        folder.rename(moved)
        desk.request = replace(desk.request, folder=moved)


def replace_the_key(desk: Desk) -> None:
    """The account gets a new key, and the old one is deleted."""
    desk.request = replace(desk.request, key=f"{desk.request.key}x")


def let_the_person_decide(desk: Desk) -> None:
    """A person decides, if something waits for a decision."""
    if (desk.request.folder / "state").exists():
        decide(desk.request, desk.host)


MISHAPS: tuple[Callable[[Desk], None], ...] = (
    lose_the_response,
    forget_the_task_for_a_while,
    break_the_file,
    lose_the_user_folder,
    delete_the_sidecar,
    move_everything,
    replace_the_key,
    let_the_person_decide,
)


def _is_known(desk: Desk) -> bool:
    """Return False where a Run was killed before it knew a found video: then two files say it all.

    A user who deletes the journal and then the sidecar as well leaves nothing that could know.
    """
    return (desk.request.folder / "state").exists() and bool(desk.request.journal.recent(1))


def _is_whole(desk: Desk) -> bool:
    video = desk.video
    if video is None or not video.with_suffix(".json").exists():
        return False
    return video.read_bytes() == Path(str(desk.host.script.video)).read_bytes()

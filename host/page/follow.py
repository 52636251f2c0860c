"""Running tasks that no node follows, collected while a page shows the list of tasks.

A node that was canceled or that does not wait, and a ComfyUI that was started again, leave them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from ...wan27.errors import StillRunning, Wan27Error
from ...wan27.journal.entry import Entry
from ...wan27.journal.states import State
from ...wan27.session import Phase, Progress
from ..folders import open_journal, state_folder
from ..settings.store import Settings
from ..status.events import send_task_changed
from ..status.following import following, reports_of
from .collect import account_of
from .http import HttpError

_AT_ONCE = 3  # the others wait for their turn, which ends after a while
_TURN_SECONDS = 60.0
_PAUSE_SECONDS = 60.0  # after an error

logger = logging.getLogger(__name__)


class _LeftAloneError(Exception):
    """The list was closed, or a node follows the task now."""


class Follower:
    """The tasks that are followed for the list, a few at a time. `clock` is for tests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open_until = 0.0
        self._work: dict[int, asyncio.Task[None]] = {}
        self._next_turn: dict[int, float] = {}
        self._problems: dict[int, str] = {}

    def problem(self, entry: Entry) -> str:
        """Return why a running task is left alone, "" where nothing is known."""
        return self._problems.get(entry.id, "") if entry.state is State.RUNNING else ""

    async def look(self, seconds: float) -> None:
        """Follow what is running, for some seconds: an open list calls this again and again."""
        self._open_until = max(self._open_until, self._clock() + seconds)
        entries, settings = await asyncio.to_thread(_running_tasks)
        ids = {entry.id for entry in entries}
        for known in (self._next_turn, self._problems):
            for ended in known.keys() - ids:
                del known[ended]
        now = self._clock()
        due = [each for each in entries if self._next_turn.get(each.id, 0.0) <= now]
        for entry in sorted(due, key=lambda each: self._next_turn.get(each.id, 0.0)):
            if len(self._work) == _AT_ONCE:
                return
            if entry.id not in self._work and not reports_of(entry.host, entry.task_id):
                self._start(entry, settings)

    def _start(self, entry: Entry, settings: Settings) -> None:
        work = asyncio.get_running_loop().create_task(self._follow(entry, settings))
        self._work[entry.id] = work
        work.add_done_callback(lambda _: self._work.pop(entry.id))

    async def _follow(self, entry: Entry, settings: Settings) -> None:
        pause, problem = _PAUSE_SECONDS, ""
        try:
            await self._take_turn(entry, settings)
        except (StillRunning, _LeftAloneError):
            pause = 0.0
        except (Wan27Error, HttpError) as error:
            logger.info("Wan 2.7: task %s is left alone. %s", entry.task_id, error)
            problem = str(error)
        except Exception:
            logger.exception("Wan 2.7: task %s was not followed", entry.task_id)
        self._problems[entry.id], self._next_turn[entry.id] = problem, self._clock() + pause

    async def _take_turn(self, entry: Entry, settings: Settings) -> None:
        # Late: httpx may not be installed.
        from ...wan27.collect import collect  # noqa: PLC0415
        from ..session import session_of  # noqa: PLC0415

        task_id = str(entry.task_id)
        account = await asyncio.to_thread(account_of, entry, settings)

        def tick() -> None:
            reports = reports_of(entry.host, task_id)
            is_read = any(each.phase is Phase.DOWNLOADING for each in reports)
            if len(reports) > 1 or (self._clock() > self._open_until and not is_read):
                raise _LeftAloneError

        with following(entry.host) as report:
            report(Progress(Phase.LOOKING_UP, time.time(), task_id=task_id))
            async with session_of(account, settings, tick, report) as session:
                turn = replace(session, timeout_seconds=_TURN_SECONDS)
                await collect(task_id, turn, believe_unknown=False)
        send_task_changed(entry)


def _running_tasks() -> tuple[list[Entry], Settings]:
    running = open_journal().in_state(State.RUNNING)
    return [each for each in running if each.task_id], Settings(state_folder())

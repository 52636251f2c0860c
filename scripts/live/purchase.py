"""The one video: submitted and collected by the library, and watched on the way.

Its journal is that of every Run: what was submitted is collected by the next run of the command.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from wan27.api.advice import CONTENT
from wan27.api.download import Download
from wan27.api.words import kind_of
from wan27.collect import Result, collect
from wan27.errors import HostRefused, RequestRefused, StillRunning, TaskFailed, Wan27Error
from wan27.files import video_path
from wan27.generate import submit
from wan27.job import Job
from wan27.journal.entry import Entry
from wan27.session import Session

from .contract import Contract, Look
from .facts import Facts
from .raw import Raw, Seen, now
from .redactor import Redactor

NAMES = ("submission", "polls", "end", "task", "has_gap")
_FIRST_WAIT_SECONDS, _WAIT_SECONDS, _GROWTH = 1.0, 5.0, 1.3
_MISSING_SECONDS = 120.0  # a host may not find a new task for a moment
_ENDED = ("FAIL", "ERROR", "CANCEL")


class Purchase:
    """The paid part, up to the file on disk."""

    def __init__(
        self, session: Session, contract: Contract, raw: Raw, facts: Facts, redactor: Redactor
    ) -> None:
        self._session, self._contract, self._raw = session, contract, raw
        self._facts, self._redactor = facts, redactor
        self._is_new = False
        redactor.keep_out(*session.uploader.place.split("/"))

    @property
    def is_new(self) -> bool:
        """Whether this run bought the video."""
        return self._is_new

    def entry(self, job: Job) -> Entry | None:
        """Return the open entry of the request: what an earlier run bought, or may have bought."""
        return self._session.journal.find(job.fingerprint(self._session.account.host_id))

    async def submit(self, job: Job) -> str:
        """Return the task of the request, submitted now or earlier.

        Raises what `wan27.generate.submit` raises.
        """
        is_new = self.entry(job) is None
        if is_new:
            self._facts.forget(NAMES)
        began, way = now(), self._way()
        try:
            task_id = await submit(job, self._session)
        except HostRefused as error:
            self._facts["submission"] = {
                "way": way,
                "outcome": "refused",
                "status": error.status,
                "reason": self._redactor.clean(error.reason),
                "message": self._redactor.clean(error),
                "is_about_request": isinstance(error, RequestRefused),
            }
            raise
        self._redactor.keep_out(task_id)
        self._is_new = is_new
        if is_new:
            seconds = round(now() - began, 1)
            self._facts["submission"] = {"way": way, "outcome": "accepted", "seconds": seconds}
        return task_id

    def _way(self) -> str:
        """Return how the image is sent: a host without a policy for uploads gets it inside."""
        policy = self._facts["policy"]
        has_store = self._session.account.host.has_temporary_upload and policy is not None
        if has_store and not os.environ.get("WAN27_UPLOAD"):
            return "temporary upload" if policy["status"] == 200 else "data:"
        return "data:" if self._session.uploader.sends_inline else "bucket"

    async def watch(self, task_id: str, since: float) -> Look:
        """Return the task once it has ended, and record every change on the way.

        `since` is when it was submitted (epoch seconds). Raises `StillRunning`.
        """
        deadline, wait = now() + self._session.timeout_seconds, _FIRST_WAIT_SECONDS
        polls = self._facts["polls"] or []
        if not self._is_new and (not polls or polls[-1]["word"] not in self._contract.finals):
            self._facts["has_gap"] = True  # no one looked meanwhile: its times are not known
        while now() < deadline:
            seen = await self._raw.get(self._query(task_id))
            look = self._contract.look(seen.json)
            if look.word and seen.status == 200:
                self._note(look, seen.json, time.time() - since)
                if self._is_over(look):
                    return look
            elif 400 <= seen.status < 500 and time.time() - since > _MISSING_SECONDS:
                return Look(word=f"HTTP {seen.status}")
            await self._session.sleep(wait)
            wait = min(wait * _GROWTH, _WAIT_SECONDS)
        raise StillRunning("The task is still running. Run the same command again to collect it.")

    async def collect(self, task_id: str, look: Look) -> Result:
        """Return the video, recorded in the journal. Raises what `wan27.collect.collect` raises."""
        if look.url and look.word not in self._contract.words:
            # Our client refuses such a word; a paid video on disk is found by it all the same.
            await self._download(task_id, look.url)
        try:
            return await collect(task_id, self._session)
        except TaskFailed:
            self._facts["end"] = {
                "word": look.word,
                "reason": self._redactor.clean(look.reason),
                "is_about_request": kind_of(look.reason) is not CONTENT,
            }
            raise

    async def look_again(self, task_id: str) -> tuple[Look, Seen]:
        """Return the task as it is now."""
        seen = await self._raw.get(self._query(task_id))
        look = self._contract.look(seen.json)
        if look.url:
            self._redactor.keep_url_out(look.url)
        return look, seen

    def _query(self, task_id: str) -> Any:
        return self._session.account.host.protocol.task_query(task_id)

    def _is_over(self, look: Look) -> bool:
        is_final = look.word in self._contract.finals
        return is_final or bool(look.url) or any(part in look.word.upper() for part in _ENDED)

    def _note(self, look: Look, response: dict[str, Any], age_seconds: float) -> None:
        """Record a look that differs from the one before."""
        if look.url:
            self._redactor.keep_url_out(look.url)
        polls = self._facts["polls"] or []
        word, age = self._redactor.clean(look.word), round(age_seconds, 1)
        poll = {"word": word, "percent": look.percent, "eta": look.eta}
        if not polls or polls[-1]["word"] != word:
            print(f"  {word}", flush=True)
        if not polls or {**polls[-1], "after": 0} != {**poll, "after": 0}:
            self._facts["polls"] = [*polls, {**poll, "after": age}]
        self._facts["task"] = {
            "fields": sorted(self._redactor.clean(name) for name in response),
            "task_type": self._redactor.clean(look.task_type),
            "seed": look.seed,
            "reason": self._redactor.clean(look.reason),
        }

    async def _download(self, task_id: str, url: str) -> None:
        async def fresh_url() -> str:
            look, _ = await self.look_again(task_id)
            return look.url

        async def verify(_: Path) -> None:
            """Accept any file: `collect` looks at it."""

        client, path = self._session.client, video_path(self._session.folder, task_id)
        download = Download(client.http, url, fresh_url, verify, lambda _: None)
        await download.to(path, self._session.sleep)


def advice(error: Wan27Error, command: str) -> str:
    """Return what to do where a person must decide; the error's own text is for ComfyUI."""
    if error.entry is None:
        return ""
    return (
        f'If the task is in your account: {command} ARGS="--task ID". If it is not:'
        f" {command} ARGS=--submit-again, which buys it."
    )

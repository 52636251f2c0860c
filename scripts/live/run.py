"""The command itself: the free part, the question, the one video, and the report of both.

Each part has its own event loop, so that Ctrl-C at the question ends it at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum
from urllib.parse import urlsplit

from wan27 import money
from wan27.api.balance import Balance
from wan27.api.hosts import SIMULATOR
from wan27.errors import Wan27Error
from wan27.session import Phase, Progress, Session

from .contract import SECONDS, TIER, Look, contract_of
from .delivery import host_time, inspect, url_facts
from .facts import Facts
from .film import film_facts
from .options import Options, account_of, missing, parse
from .probes import BAD, NAMES, Probes, limits_in
from .purchase import Purchase, advice
from .raw import Raw
from .redactor import Redactor
from .report import script_of, write_report
from .rows import NOT_TRIED, Row, call_rows, request_rows, task_rows
from .video_rows import cost_rows, film_rows, url_rows
from .workplace import open_session, own_prices, smallest_job, with_simulator

Pause = Callable[[float], Awaitable[None]]
_SIGNING_SECONDS = 2.0  # signatures count in whole seconds
_BILLING_SECONDS = 10.0
_SHOWN = (Phase.UPLOADING, Phase.SUBMITTING, Phase.DOWNLOADING)


class Stage(Enum):
    """How far a run is, as the sentence for Ctrl-C."""

    FREE = "Nothing was bought."
    SUBMITTING = (
        "The request may be on its way: its answer is still recorded, if it comes. Run the same"
        " command again: it goes on from there, and buys nothing twice."
    )
    WAITING = (
        "The task is recorded and keeps running at the host. Run the same command again to collect"
        " it, free of charge."
    )
    LOOKING = "The video is saved. Run the same command again for the rest, free of charge."


class Trial:
    """One run of the command. `pause` sleeps, `ask` puts a question to the person."""

    def __init__(self, options: Options, pause: Pause, ask: Callable[[str], str]) -> None:
        """Raises `InvalidSetting`."""
        self._options, self._pause, self._ask = options, pause, ask
        self._account = with_simulator(account_of(options, os.environ))
        host = self._account.host
        self._folder = options.folder_of(self._account)
        self._facts = Facts(self._folder / "facts.json")
        self._contract = contract_of(host)
        self._redactor = Redactor(str if host.name == SIMULATOR.name else self._account.key.scrub)
        name = urlsplit(host.base_url).hostname or ""
        self._redactor.keep_out(str(self._folder), host.base_url, name)
        self._cost = money.estimate(TIER, SECONDS, host.name, own_prices(os.environ))
        self._balance: Balance | None = None
        self._key: bool | None = None
        self._job = smallest_job()
        self.stage = Stage.FREE

    @property
    def command(self) -> str:
        """The command of this run, without its key."""
        return f"make live HOST={self._options.host}"

    def run(self) -> int:
        """Run all that is wanted; return the exit code. Raises `Wan27Error`."""
        print(f"Journal, video and report: {self._folder}\n{self._price()}", flush=True)
        is_bought = asyncio.run(self._free())
        if self._key is False:
            host = self._account.host
            print(f"{host.title_first} refuses the key in {host.key_variable}. {host.key_hint}")
            print("Nothing was bought.")
            return 1
        if self._options.free:
            print("Stopped before money was spent (--free).")
            return 0
        if self._facts["accepted_bad_request"]:
            print("The host accepted a request without an image, so no video was bought.")
            return 1
        if is_bought:
            print("A task of an earlier run is collected: nothing is bought.")
        elif not self._agreed():
            print("Nothing was bought.")
            return 0
        return asyncio.run(self._paid())

    def report(self) -> None:
        """Write the report of what was seen, and say where it is."""
        host, facts, contract = self._account.host, self._facts, self._contract
        estimate = self._cost.price if self._cost else ""
        rows: list[Row] = [
            *call_rows(facts, contract, host, self._key),
            *request_rows(facts),
            *task_rows(facts, contract),
            *url_rows(facts, contract, is_local=host.is_local),
            *film_rows(facts),
            *cost_rows(facts, estimate),
            *NOT_TRIED,
        ]
        script = script_of(facts, contract)
        for path in write_report(self._folder, host, rows, script, self._redactor):
            print(f"Report: {path}")

    def _price(self) -> str:
        """Return the sentence on the most that this run can cost."""
        title, cost, is_free = self._account.host.title_first, self._cost, self._options.free
        bad = f"{len(BAD)} requests without an image are sent, which the host must refuse"
        once = f"the price of {SECONDS} s ({title} publishes none that is known)"
        twice = f"that of {2 * SECONDS} s"
        if cost is not None and not cost.amount:
            return "Nothing costs anything here."
        if cost is not None:
            both = money.Cost(cost.amount * 2, cost.currency)
            once, twice = str(cost), str(both)
        if is_free:
            return f"Nothing is bought. {bad}; should it accept and charge one: {once}."
        return (
            f"One video of {SECONDS} s at {TIER}: {once}. {bad}; should it accept and charge one,"
            f" the most is {twice}."
        )

    def _agreed(self) -> bool:
        if self._options.yes or (self._cost is not None and not self._cost.amount):
            return True
        cost = str(self._cost) if self._cost else "an unknown amount"
        with suppress(EOFError):
            answer = self._ask(f"Buy one video for {cost} now? Type yes: ")
            return answer.strip().lower() in ("y", "yes")
        return False

    async def _free(self) -> bool:
        """Ask all that is free; return whether an earlier run has bought the video."""
        facts, contract = self._facts, self._contract
        print("Asking what is free …", flush=True)
        facts.forget(NAMES)
        raw = Raw(self._account, self._pause)
        probes = Probes(self._account, contract, raw, facts, self._redactor)
        try:
            async with open_session(self._account, self._folder, _show, self._pause) as session:
                await probes.ask()
                await probes.send_bad_requests(
                    lambda task_id: session.journal.adopt(
                        host=self._account.host_id, task_id=task_id
                    )
                )
                self._balance, _ = await probes.balance()
                purchase = Purchase(session, contract, raw, facts, self._redactor)
                entry = purchase.entry(self._job)
                if entry is not None and self._options.task:
                    entry = session.journal.attach(entry, self._options.task)
                elif entry is not None and self._options.submit_again:
                    session.journal.abandon(entry)
                    entry = None
                return entry is not None
        finally:
            facts["busy"] = [limits_in(headers) for headers in raw.busy]
            self._key = probes.key_verdict()
            await raw.aclose()

    async def _paid(self) -> int:
        """Buy or collect the video, and look at all of it."""
        raw = Raw(self._account, self._pause)
        self.stage = Stage.SUBMITTING
        try:
            async with open_session(self._account, self._folder, _show, self._pause) as session:
                purchase = Purchase(session, self._contract, raw, self._facts, self._redactor)
                task_id = await purchase.submit(self._job)
                self.stage = Stage.WAITING
                entry = purchase.entry(self._job)
                look = Look()
                if entry is None or entry.path is None:
                    look = await purchase.watch(task_id, entry.created if entry else 0.0)
                result = await purchase.collect(task_id, look)
                self.stage = Stage.LOOKING
                print(f"Video: {result.path}", flush=True)
                self._facts["film"] = await asyncio.to_thread(
                    film_facts, result.clip, self._job.thumbnail
                )
                await self._look_at_url(session, purchase, task_id)
                if purchase.is_new:
                    await self._look_at_charge(raw)
        finally:
            busy = [limits_in(headers) for headers in raw.busy]
            self._facts["busy"] = [*(self._facts["busy"] or []), *busy]
            await raw.aclose()
        return 0

    async def _look_at_url(self, session: Session, purchase: Purchase, task_id: str) -> None:
        first, _ = await purchase.look_again(task_id)
        if not first.url:
            print("The host no longer gives a URL: what an earlier run saw of it stays.")
            return
        await self._pause(_SIGNING_SECONDS)
        second, seen = await purchase.look_again(task_id)
        url = second.url or first.url
        base_url = self._account.host.base_url
        for name, value in (await inspect(session.client.http, url, base_url)).items():
            self._facts[name] = value
        self._facts["url"] = url_facts(url, second.ttl, first.url, host_time(seen.headers))

    async def _look_at_charge(self, raw: Raw) -> None:
        """Record by how much the balance went down; the bill is the host's own."""
        if self._balance is None:
            return
        probes = Probes(self._account, self._contract, raw, self._facts, self._redactor)
        for _ in range(2):
            left, _answer = await probes.balance()
            if left is None or left.amount != self._balance.amount:
                break
            await self._pause(_BILLING_SECONDS)
        if left is not None:
            spent, currency = self._balance.amount - left.amount, left.currency
            text = money.format_money(spent, currency) if currency else f"{spent:f} (no unit)"
            self._facts["charged"] = text if spent else ""


def _show(progress: Progress) -> None:
    """Print the phases that `Purchase.watch` does not see."""
    if progress.phase in _SHOWN and not progress.percent:
        print(f"  {progress.phase.value}", flush=True)


def main(
    arguments: list[str] | None = None,
    pause: Pause = asyncio.sleep,
    ask: Callable[[str], str] = input,
) -> int:
    """Return 0, 1 after an error, 2 where something must be set first, 130 after Ctrl-C."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    if problem := missing(options, os.environ):
        print(problem, file=sys.stderr)
        return 2
    trial = None
    try:
        trial = Trial(options, pause, ask)
        return trial.run()
    except KeyboardInterrupt:
        print(f"\nStopped. {trial.stage.value if trial else Stage.FREE.value}", file=sys.stderr)
        return 130
    except Wan27Error as error:
        help_text = advice(error, trial.command) if trial else ""
        print(f"{error} {help_text}".strip(), file=sys.stderr)
        return 1
    finally:
        if trial is not None:
            trial.report()


if __name__ == "__main__":
    sys.exit(main())

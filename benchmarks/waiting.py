"""How long a finished task waits to be noticed: 1,000 lives of tasks, by a clock that is a number.

They vary as the hosts' may: nobody has published how long such tasks take. What a task takes is
lognormal around 90 s at 720P and 180 s at 1080P, the hosts are faster on one day than on another,
and one task in twenty is queued for minutes. A third of the hosts names a percent, which does not
grow evenly; a third says nothing; a third says "1 s left" from its beginning to its end.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean, quantiles

from wan27.api.protocols.port import Status, Task
from wan27.api.watch import Watch

from .bench import Bench
from .figure import Figure

_LIVES, _SEED, _KEPT = 1000, 27, 8
_TASKS_A_DAY, _QUEUE_SECONDS, _LONG_QUEUES = 25, 5.0, 0.05
_SECONDS = {"720P": 90.0, "1080P": 180.0}
_HOSTS = {
    "percent": "hosts with a percent",
    "silent": "silent hosts",
    "stuck": "hosts stuck at 1 s left",
}
# By how much (standard deviation of the logarithm) tasks of one day vary, and the days.
_USUAL, _WILD = (0.10, 0.05), (0.20, 0.15)


@dataclass(frozen=True)
class Life:
    """A task: `queued` and `working` are seconds, its percent grows with time to the `bend`."""

    host: str
    tier: str
    queued: float
    working: float
    bend: float

    @property
    def end(self) -> float:
        """When the host is done."""
        return self.queued + self.working

    def at(self, now: float) -> Task:
        """Return what the host says before the end."""
        if now < self.queued:
            return Task(Status.QUEUED, 0.0, None, "", None)
        share = ((now - self.queued) / self.working) ** self.bend
        percent = float(int(100 * share)) if self.host == "percent" else 0.0
        eta = 1.0 if self.host == "stuck" else None
        return Task(Status.PROCESSING, percent, eta, "", None)


@dataclass(frozen=True)
class Noticed:
    """How a life was noticed: the wait after its end, the requests, what the journal keeps."""

    wait: float
    requests: int
    took: float | None = None


def waiting(bench: Bench) -> list[Figure]:
    """Compare with the rhythm of earlier versions, which looked at nothing."""
    count = 100 if bench.is_quick else _LIVES
    lives = list(_lives(count, *_USUAL))
    figures = [_wait("all hosts", lives, at_most=1.0), _requests(lives)]
    for host, name in _HOSTS.items():
        figures.append(_wait(name, [each for each in lives if each.host == host]))
    wild = "all hosts, but tasks and days vary by 20 % and 15 %"
    return [*figures, _wait(wild, list(_lives(count, *_WILD)))]


def _wait(name: str, lives: list[Life], at_most: float | None = None) -> Figure:
    ours, before = _watched(lives), _steady(lives)
    detail = f"{_words(ours)}; every 5 s it was {_average(before):.2f} s, {_words(before)}"
    return Figure(f"Wait after a task's end, {name}", _average(ours), "s", at_most, detail=detail)


def _requests(lives: list[Life]) -> Figure:
    ours, before = _total(_watched(lives)), _total(_steady(lives))
    detail = f"{ours:,} / {before:,} for {len(lives):,} tasks"
    return Figure("Requests of all hosts: ours / every 5 s", ours / before, "", 1.0, detail=detail)


def _average(noticed: list[Noticed]) -> float:
    return mean(each.wait for each in noticed)


def _total(noticed: list[Noticed]) -> int:
    return sum(each.requests for each in noticed)


def _words(noticed: list[Noticed]) -> str:
    late = quantiles((each.wait for each in noticed), n=20)[-1]
    most = max(each.requests for each in noticed)
    return f"p95 {late:.1f} s, {_total(noticed):,} requests, at most {most} for a task"


def _lives(count: int, spread: float, day_spread: float) -> Iterator[Life]:
    chance = random.Random(_SEED)  # noqa: S311 - not a secret
    speed: dict[str, float] = {}
    for number in range(count):
        if number % _TASKS_A_DAY == 0:
            speed = {host: chance.lognormvariate(0, day_spread) for host in _HOSTS}
        host, tier = chance.choice(list(_HOSTS)), chance.choice(list(_SECONDS))
        queued = chance.expovariate(1 / _QUEUE_SECONDS)
        if chance.random() < _LONG_QUEUES:
            queued += chance.uniform(30, 240)
        working = _SECONDS[tier] * speed[host] * chance.lognormvariate(0, spread)
        yield Life(host, tier, queued, working, chance.uniform(0.7, 1.4))


def _watched(lives: list[Life]) -> list[Noticed]:
    """Watch each life as a node does, with what the lives before it took."""
    chance = random.Random(_SEED)  # noqa: S311
    history: dict[tuple[str, str], list[float]] = defaultdict(list)
    noticed = []
    for life in lives:
        kind = history[life.host, life.tier]
        noticed.append(_watch(life, kind[-_KEPT:], lambda s: s * chance.uniform(0.8, 1.2)))
        if (took := noticed[-1].took) is not None:
            kind.append(took)
    return noticed


def _watch(life: Life, history: list[float], jitter: Callable[[float], float]) -> Noticed:
    watch, now, requests = Watch(0.0, 0.0, history), 0.0, 0
    while True:
        now += watch.next_wait(now, jitter=jitter)
        requests += 1
        if now >= life.end:
            return Noticed(now - life.end, requests, watch.took(now))
        watch.saw(life.at(now), now)


def _steady(lives: list[Life]) -> list[Noticed]:
    """Ask after 1 s, then later and later up to every 5 s."""
    chance = random.Random(_SEED)  # noqa: S311
    noticed = []
    for life in lives:
        now, requests, wait = 0.0, 0, 1.0
        while now < life.end:
            now += wait * chance.uniform(0.8, 1.2)
            requests, wait = requests + 1, min(wait * 1.5, 5.0)
        noticed.append(Noticed(now - life.end, requests))
    return noticed

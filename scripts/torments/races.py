"""One request, many hands at one moment: processes, threads, a Run pressed twice, and some of them killed."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wan27.simulator import Simulator

from .child import Child
from .judge import finish, judge
from .tally import Tally
from .trial import Trial
from .user import Request, Said, run, run_here

_MOST_HANDS = 6
_TOGETHER_SECONDS = 0.15  # what all need to be ready


def races(trial: Trial, times: int | None = None) -> list[Tally]:
    """One row for each kind of hands."""
    times = times or trial.times(5, 40)
    with trial.host(working_seconds=0.02) as host:
        return [
            _row("one request, 2 to 6 processes at once", _processes, trial, host, times),
            _row("the same, one of them killed", _with_a_kill, trial, host, times),
            _row("one request, 2 to 6 threads at once", _threads, trial, host, times),
            _row("one request, Run pressed 2 to 6 times", _presses, trial, host, times),
        ]


def _row(name: str, torment: object, trial: Trial, host: Simulator, times: int) -> Tally:
    tally = Tally(name)
    for number in range(times):
        prompt = f"{name} {number}"
        request = Request(host.base_url, trial.key, trial.folder / Path(prompt.replace(" ", "-").replace(",", "")), prompt)
        is_killed = torment is _with_a_kill
        said: list[Said] = torment(request, trial.chance.randint(2, _MOST_HANDS), trial)  # type: ignore[operator]
        if not is_killed and len(set(said)) != 1:
            tally.wrong.append(f"{prompt}: the hands ended differently: {set(said)}")
        judge(tally, request, host, said + finish(request), trial.video.read_bytes(), parts_may_stay=is_killed)
    return tally


def run_at(request: Request, moment: float) -> Said:
    """Run it when the clock (`time.time`) says so."""
    time.sleep(max(0.0, moment - time.time()))
    return run(request)


def _processes(request: Request, hands: int, _trial: Trial) -> list[Said]:
    moment = time.time() + _TOGETHER_SECONDS
    return _alive([Child(run_at, request, moment) for _ in range(hands)])


def _with_a_kill(request: Request, hands: int, trial: Trial) -> list[Said]:
    moment = time.time() + _TOGETHER_SECONDS
    children = [Child(run_at, request, moment) for _ in range(hands)]
    time.sleep(max(0.0, moment - time.time()) + trial.chance.uniform(0, 0.3))
    trial.chance.choice(children).kill()
    return _alive(children)


def _threads(request: Request, hands: int, _trial: Trial) -> list[Said]:
    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(lambda _: asyncio.run(run_here(request)), range(hands)))


def _presses(request: Request, hands: int, _trial: Trial) -> list[Said]:
    async def pressed() -> list[Said]:
        return list(await asyncio.gather(*(run_here(request) for _ in range(hands))))

    return asyncio.run(pressed())


def _alive(children: list[Child[Said]]) -> list[Said]:
    return [said for said in (child.end() for child in children) if said]

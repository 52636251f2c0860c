"""When a task will end, and when to ask for it next. No clock and no I/O: `now` is given.

What a host says of the end is checked against what it said before, and what earlier tasks took may
be of another day. A wrong forecast costs some requests or some seconds, and both are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from .protocols.port import Status, Task
from .retry import jittered

LEAST_SECONDS = 1.0  # between two requests for one task
MOST_SECONDS = 15.0
_REQUESTS_A_SECOND = 20  # of all tasks of one prompt together
# Without a forecast the wait grows from one second by a half of the time so far, up to this.
_STEADY_SECONDS = 5.0
# A task has so many requests at once, and in its first five minutes as many as without a forecast.
_SPARE_REQUESTS, _FIRST_SECONDS, _FIRST_REQUESTS = 40, 300.0, 62
# The wait where half of such tasks have ended is twice this share of what the end varies by.
_SHARE = 0.07

_LOG_LOGISTIC = math.pi / math.sqrt(3)
_LEAST_SPREAD = 0.03
_USUAL_SPREAD, _USUAL_TASKS = 0.25, 3  # counts like so many tasks beside those of the history
_LEAST_PERCENT = 5  # fewer say little of the whole
# By how much a host's end is put off while a second passes: not known yet, and worth nothing.
_UNPROVED_SLIP, _USELESS_SLIP = 0.35, 0.9
_TOLERANCE = 0.25  # of the seconds left: a shown end stays for less


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long such tasks are processed: half of them less than `middle` seconds.

    `spread` is the standard deviation of its logarithm; the curve is log-logistic.
    """

    middle: float
    spread: float

    def wait(self, age: float) -> float:
        """Return the seconds between two requests at that age: short around `middle`."""
        shape = _LOG_LOGISTIC / self.spread
        exponent = min(abs(shape * math.log(self.middle / age)), 100.0)
        ended = 1 / (1 + math.exp(exponent))  # or not ended: the curve is symmetrical
        return _SHARE * age / shape / math.sqrt(ended * (1 - ended))


def forecast_of_history(durations: Iterable[float]) -> Forecast | None:
    """Return what the durations of such tasks say, None without any."""
    logarithms = [math.log(max(each, LEAST_SECONDS)) for each in durations]
    if not logarithms:
        return None
    middle = median(logarithms)
    deviations = sum(1.25 * abs(each - middle) for each in logarithms)
    spread = (_USUAL_SPREAD * _USUAL_TASKS + deviations) / (_USUAL_TASKS + len(logarithms))
    return Forecast(math.exp(middle), spread)


class Watch:
    """What one run has seen of a task: when to ask again, and when it will probably end.

    `since` is when the task was created and `now` when this run looks at it first, in seconds of
    one clock, which `now` never turns back. Its age counts from the last time that it was seen in
    the queue, so that a long queue spoils no forecast.
    """

    def __init__(self, since: float, now: float, durations: Iterable[float] = ()) -> None:
        self.ends: float | None = None  # the end to show; the user sees no other
        self._since, self._first = since, now
        self._is_whole = 0 <= now - since < _STEADY_SECONDS  # no part of the processing was missed
        self._began = since
        self._is_queued = True
        self._last: float | None = None  # when it was last seen unfinished
        self._requests = 0
        self._patience = 0.0
        self._said: list[tuple[float, float]] = []  # when, and the end by the host
        self._history = forecast_of_history(durations)
        self._show_end(now)

    def next_wait(
        self, now: float, tasks: int = 1, jitter: Callable[[float], float] = jittered
    ) -> float:
        """Return the seconds until the next request; `tasks` is how many the prompt waits for."""
        if not self._requests:
            return jitter(LEAST_SECONDS) if self._is_whole else 0.0
        watched, age = max(now - self._first, 0.0), self._age(now)
        forecast = self._forecast()
        if self._is_queued or forecast is None:
            wait = min(_STEADY_SECONDS, LEAST_SECONDS + watched / 2)
        else:
            wait = min(forecast.wait(age), MOST_SECONDS, age)
        shared = tasks / _REQUESTS_A_SECOND
        return max(jitter(wait), LEAST_SECONDS, shared, self._patience, self._due() - watched)

    def saw(self, task: Task, now: float, asked_seconds: float = 0.0) -> None:
        """Remember a response of the host that the task is not done.

        `asked_seconds` is how long the request took, with its retries: a host that asks for
        patience (429) gets it for the next one too.
        """
        self._requests += 1
        self._patience = min(asked_seconds, MOST_SECONDS)
        self._is_queued, self._last = task.status is Status.QUEUED, now
        if self._is_queued:
            self._began, self._is_whole = now, True
        left = task.eta_seconds or self._left_by_percent(task.percent, now)
        if left:
            self._said.append((now, now + left))
        self._show_end(now)

    def took(self, now: float) -> float | None:
        """Return how long the task, which has ended now, was processed; None where unknown."""
        if self._last is None or not self._is_whole or now - self._last > 2 * MOST_SECONDS:
            return None
        return max((self._last + now) / 2 - self._began, LEAST_SECONDS)

    def _age(self, now: float) -> float:
        return max(now - self._began, LEAST_SECONDS)

    def _due(self) -> float:
        """Return when the next request is allowed, in seconds since the first look."""
        number = self._requests + 1
        pace = _FIRST_SECONDS / (_FIRST_REQUESTS - _SPARE_REQUESTS)
        spared = (number - _SPARE_REQUESTS) * pace
        return min(spared, _FIRST_SECONDS + (number - _FIRST_REQUESTS) * _STEADY_SECONDS)

    def _left_by_percent(self, percent: float, now: float) -> float | None:
        if self._is_queued or not _LEAST_PERCENT <= percent < 100:
            return None
        return self._age(now) * (100 - percent) / percent

    def _forecast(self) -> Forecast | None:
        """Return the sharper one of what the host says and what earlier tasks took."""
        known = [each for each in (self._host(), self._history) if each is not None]
        return min(known, key=lambda each: each.spread, default=None)

    def _host(self) -> Forecast | None:
        """Return what the host says, None where that is worth nothing.

        It counts by how far the end was put off since the middle of the time that this run looked:
        a host that says "1 s left" for minutes puts it off by a second in each.
        """
        if not self._said:
            return None
        (first, _), (now, end) = self._said[0], self._said[-1]
        then, then_end = next(each for each in reversed(self._said) if each[0] <= (first + now) / 2)
        slip = abs(end - then_end) / (now - then) if now > then else _UNPROVED_SLIP
        if slip >= _USELESS_SLIP:
            return None
        middle = max(end - self._began, LEAST_SECONDS)
        return Forecast(middle, max((end - now) * slip / (1 - slip) / middle, _LEAST_SPREAD))

    def _show_end(self, now: float) -> None:
        """Keep the shown end while it fits: a number that jumps says nothing."""
        forecast = self._forecast()
        if forecast is None or (
            self._is_queued  # for longer than usual, and no one knows for how long
            and forecast is self._history
            and now - self._since > _TOLERANCE * forecast.middle
        ):
            self.ends = None
            return
        end = self._began + forecast.middle
        tolerance = max(_STEADY_SECONDS, _TOLERANCE * (end - now))
        if self.ends is None or abs(end - self.ends) > tolerance:
            self.ends = end

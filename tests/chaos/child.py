"""A process that can be killed, and what it returned if it was not.

Where the platform allows it, it is forked from a small server that has imported everything and runs
nothing: a few hundredths of a second each.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_all_start_methods, get_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_CONTEXT: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
_CONTEXT.set_forkserver_preload(["tests.chaos.batches", "tests.chaos.lines", "obstore"])


class Child(Generic[T]):
    """`work(*arguments)` in a process of its own, begun at once."""

    def __init__(self, work: Callable[..., T], *arguments: object) -> None:
        self._result, result = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_work, args=(result, work, arguments), daemon=True)
        self._process.start()
        result.close()

    def kill(self) -> None:
        """End it as a crash does, at once (SIGKILL)."""
        self._process.kill()

    def is_over(self, within_seconds: float) -> bool:
        """Wait at most this long; return whether it has ended."""
        self._process.join(within_seconds)
        return self._process.exitcode is not None

    def end(self) -> T | None:
        """Return what the work returned, None if it was killed. Raises RuntimeError with its error."""
        try:
            result, problem = self._result.recv()
        except EOFError:
            result, problem = None, ""
        self._result.close()
        self._process.join()
        self._process.close()
        if problem:
            raise RuntimeError(problem)
        value: T | None = result
        return value


def _work(result: Any, work: Callable[..., T], arguments: tuple[object, ...]) -> None:
    try:
        result.send((work(*arguments), ""))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent raises it
        result.send((None, f"{type(error).__name__}: {error}"))

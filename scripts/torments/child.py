"""A process that can be killed, and what it had to say if it was not.

Where the platform can, it is forked from a small server that has imported everything and runs nothing: a few hundredths of a second each.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_all_start_methods, get_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_CONTEXT: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
_CONTEXT.set_forkserver_preload(["scripts.torments.__main__", "obstore"])


class Child(Generic[T]):
    """`work(*arguments)` in a process of its own, begun at once."""

    def __init__(self, work: Callable[..., T], *arguments: object) -> None:
        self._answer, answer = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_work, args=(answer, work, arguments), daemon=True)
        self._process.start()
        answer.close()

    def kill(self) -> None:
        """End it as a crash does, at once (SIGKILL)."""
        self._process.kill()

    def is_over(self, within_seconds: float) -> bool:
        """Wait so long, and say whether it has ended meanwhile."""
        self._process.join(within_seconds)
        return self._process.exitcode is not None

    def end(self) -> T | None:
        """What the work returned, None where it was killed. Raises RuntimeError with what it raised."""
        try:
            said, problem = self._answer.recv()
        except EOFError:
            said, problem = None, ""
        self._answer.close()
        self._process.join()
        self._process.close()
        if problem:
            raise RuntimeError(problem)
        value: T | None = said
        return value


def _work(answer: Any, work: Callable[..., T], arguments: tuple[object, ...]) -> None:
    try:
        answer.send((work(*arguments), ""))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        answer.send((None, f"{type(error).__name__}: {error}"))

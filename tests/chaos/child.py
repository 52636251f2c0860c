"""A process that can be killed, and the result of its work if it was not killed.

Where the platform allows it, the process is forked from a small server that has imported everything
and runs nothing: a few hundredths of a second each.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_all_start_methods, get_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_CONTEXT: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
_CONTEXT.set_forkserver_preload(["tests.chaos.batches", "tests.chaos.lines", "obstore"])


class Child(Generic[T]):
    """`work(*arguments)` in a process of its own, which starts at once."""

    def __init__(self, work: Callable[..., T], *arguments: object) -> None:
        self._result, result = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_work, args=(result, work, arguments), daemon=True)
        self._process.start()
        result.close()

    def kill(self) -> None:
        """Kill the process at once, as a crash does (SIGKILL)."""
        self._process.kill()

    def has_ended(self, within_seconds: float) -> bool:
        """Wait at most this long, and return whether the process has ended."""
        self._process.join(within_seconds)
        return self._process.exitcode is not None

    def end(self) -> T | None:
        """Return the result of the work, None if it was killed.

        Raises RuntimeError with its error.
        """
        try:
            result, error = self._result.recv()
        except EOFError:
            result, error = None, ""
        self._result.close()
        self._process.join()
        self._process.close()
        if error:
            raise RuntimeError(error)
        value: T | None = result
        return value


def _work(result: Any, work: Callable[..., T], arguments: tuple[object, ...]) -> None:
    try:
        result.send((work(*arguments), ""))
    except Exception as error:  # noqa: BLE001 - the parent raises it, whatever it is
        result.send((None, f"{type(error).__name__}: {error}"))

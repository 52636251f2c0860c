"""What the nodes say while they work, in a terminal: one line that changes, or one line per change where it is not a terminal."""

from __future__ import annotations

import sys

from .events import Event


class StatusLine:
    """Prints the status texts of a run."""

    def __init__(self, titles: dict[str, str]) -> None:
        """`titles` are the nodes' names by id."""
        self._titles = titles
        self._shown = ""
        self._is_terminal = sys.stdout.isatty()

    def show(self, event: Event) -> None:
        """Print a status text; every other event passes silently."""
        if event.kind != "progress_text":
            return
        title = self._titles.get(event.data["node"], event.data["node"])
        text = f"  {title}: {' · '.join(event.data['text'].splitlines())}"
        if self._is_terminal:
            self._rewrite(text)
        elif _step(text) != _step(self._shown):
            print(text, flush=True)
        self._shown = text

    def _rewrite(self, text: str) -> None:
        """Let a tick of the clock or another percentage replace the line; a new phase keeps the old line above it."""
        same_phase = _phase(text) == _phase(self._shown)
        print(
            ("\r\033[2K" if same_phase else "\n" if self._shown else "") + text, end="", flush=True
        )

    def end(self) -> None:
        """Finish the line."""
        if self._shown and self._is_terminal:
            print(flush=True)


def _step(text: str) -> str:
    return text.partition(" · ")[0]


def _phase(text: str) -> str:
    return "".join(letter for letter in _step(text) if not letter.isdigit())

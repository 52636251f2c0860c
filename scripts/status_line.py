"""The status texts of the nodes, in a terminal.

A terminal gets one line that changes; anything else one line for each change.
"""

from __future__ import annotations

import sys

from .events import Event


class StatusLine:
    """Prints the status texts of a run. `titles` are the nodes' names by id."""

    def __init__(self, titles: dict[str, str]) -> None:
        self._titles = titles
        self._shown = ""
        self._is_terminal = sys.stdout.isatty()

    def show(self, event: Event) -> None:
        """Print a status text; ignore every other event."""
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
        """Replace the line, or begin a new one for a new phase."""
        is_same_phase = _phase(text) == _phase(self._shown)
        before = "\r\033[2K" if is_same_phase else "\n" if self._shown else ""
        print(f"{before}{text}", end="", flush=True)

    def end(self) -> None:
        """Finish the line."""
        if self._shown and self._is_terminal:
            print(flush=True)


def _step(text: str) -> str:
    return text.partition(" · ")[0]


def _phase(text: str) -> str:
    return "".join(letter for letter in _step(text) if not letter.isdigit())

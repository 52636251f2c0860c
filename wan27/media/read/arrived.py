"""The check of a downloaded file: a whole mp4, or the same cut one twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import CutShort, InvalidVideo
from .clip import as_it_is, check_complete, require_mp4
from .probe import probe

if TYPE_CHECKING:
    from pathlib import Path

    from .clip import Clip


class Arrival:
    """What arrives for one target, however often it is downloaded; `clip` once it is accepted."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._cut_sizes: set[int] = set()
        self.clip: Clip | None = None

    def check(self, part: Path) -> None:
        """Accept a part file as the clip of the target. Blocking.

        Raises `CutShort` for a file that ends too early. What ends at the same byte again is so at
        the host, and was paid for: it is taken as it is. Raises `InvalidVideo` for what does not
        open as an mp4.
        """
        clip = probe(part)
        require_mp4(clip)
        try:
            check_complete(clip)
        except InvalidVideo as error:
            size = part.stat().st_size
            if size not in self._cut_sizes:
                self._cut_sizes.add(size)
                problem = str(error).replace(part.name, self._target.name)
                raise CutShort(f"The download is incomplete: {problem}") from error
            clip = as_it_is(clip)
        self.clip = replace(clip, path=self._target)

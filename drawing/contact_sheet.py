"""A video as one image: twelve of its frames, spread evenly, each with its time."""

from __future__ import annotations

import sys
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

_COLUMNS, _ROWS = 4, 3
_WIDTH, _GAP, _LABEL = 320, 8, 22
_PAPER, _INK = (24, 24, 28), (214, 214, 220)


def contact_sheet(video: Path, target: Path) -> str:
    """Draw the sheet and return the video's size, frames, seconds and sound, in words."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        times = [float(frame.time or 0) for frame in container.decode(stream)]
    chosen = _spread(len(times))
    frames = _frames(video, set(chosen))
    width, height = frames[chosen[0]].size
    small = (_WIDTH, round(_WIDTH * height / width))
    across, down = _WIDTH + _GAP, small[1] + _LABEL + _GAP
    sheet = Image.new("RGB", (_COLUMNS * across + _GAP, _ROWS * down + _GAP), _PAPER)
    for cell, index in enumerate(chosen):
        left, top = _GAP + cell % _COLUMNS * across, _GAP + cell // _COLUMNS * down
        sheet.paste(frames[index].resize(small, Image.Resampling.LANCZOS), (left, top))
        label, under = f"{times[index]:.2f} s   frame {index + 1}", (left, top + small[1] + 4)
        ImageDraw.Draw(sheet).text(under, label, _INK, ImageFont.load_default(13))
    sheet.save(target)
    return f"{width} × {height}, {len(times)} frames, {_seconds(video):.2f} s, {_sound(video)}"


def _spread(count: int) -> list[int]:
    """Return twelve indices from the first to the last frame, repeated if there are fewer."""
    cells = _COLUMNS * _ROWS
    return [round(cell * (count - 1) / (cells - 1)) for cell in range(cells)]


def _frames(video: Path, wanted: set[int]) -> dict[int, Image.Image]:
    # In a second pass: the first counts the frames, and all of them at once would be gigabytes.
    # The av for Python 3.10 has no type for to_image.
    with av.open(str(video)) as container:
        return {
            index: frame.to_image()
            for index, frame in enumerate(container.decode(video=0))
            if index in wanted
        }  # type: ignore[no-untyped-call]


def _seconds(video: Path) -> float:
    with av.open(str(video)) as container:
        return (container.duration or 0) / av.time_base


def _sound(video: Path) -> str:
    with av.open(str(video)) as container:
        return "with sound" if container.streams.audio else "silent"


if __name__ == "__main__":
    print(contact_sheet(Path(sys.argv[1]), Path(sys.argv[2])))

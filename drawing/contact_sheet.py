"""A video on one page: twelve of its frames, spread evenly over it, each with its time."""

from __future__ import annotations

import sys
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

_COLUMNS, _ROWS = 4, 3
_WIDTH, _GAP, _LABEL = 320, 8, 22
_PAPER, _INK = (24, 24, 28), (214, 214, 220)


def contact_sheet(video: Path, target: Path) -> str:
    """Draw the sheet and return the video's description: size, frames, seconds, sound."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        times = [float(frame.time or 0) for frame in container.decode(stream)]
    chosen = _spread(len(times))
    pictures = _pictures(video, set(chosen))
    width, height = pictures[chosen[0]].size
    small = (_WIDTH, round(_WIDTH * height / width))
    sheet = Image.new(
        "RGB",
        (_COLUMNS * (_WIDTH + _GAP) + _GAP, _ROWS * (small[1] + _LABEL + _GAP) + _GAP),
        _PAPER,
    )
    for place, index in enumerate(chosen):
        corner = (
            _GAP + place % _COLUMNS * (_WIDTH + _GAP),
            _GAP + place // _COLUMNS * (small[1] + _LABEL + _GAP),
        )
        sheet.paste(pictures[index].resize(small, Image.Resampling.LANCZOS), corner)
        label = f"{times[index]:.2f} s   frame {index + 1}"
        ImageDraw.Draw(sheet).text(
            (corner[0], corner[1] + small[1] + 4), label, _INK, ImageFont.load_default(13)
        )
    sheet.save(target)
    return f"{width} × {height}, {len(times)} frames, {_seconds(video):.2f} s, {_sound(video)}"


def _spread(count: int) -> list[int]:
    """Return twelve indices from the first to the last frame (the same one again where there are fewer)."""
    places = _COLUMNS * _ROWS
    return [round(place * (count - 1) / (places - 1)) for place in range(places)]


def _pictures(video: Path, wanted: set[int]) -> dict[int, Image.Image]:
    # A second pass, since only the first tells how many frames there are, and all at once would be gigabytes.
    # The av that Python 3.10 gets has no type for to_image.
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

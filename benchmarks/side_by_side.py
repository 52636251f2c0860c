"""Six tasks of one graph against one: nodes that wait must wait together."""

from __future__ import annotations

from wan27.simulator import Settings, Simulator

from .bench import Bench, interleaved, medians
from .figure import Figure
from .film import film
from .graph import comfyui, from_picture, seconds_of

_TASKS = 6
# The third look finds it done, whatever the jitter of the waits makes of them.
_WORKING_SECONDS = 3.3


def side_by_side(bench: Bench) -> list[Figure]:
    """In a real ComfyUI, frames not decoded; the host needs the same time for each task."""
    video = film(bench.folder, 1, 640, 352)
    settings = Settings(
        queued_seconds=0,
        working_seconds=0.2 if bench.is_quick else _WORKING_SECONDS,
        video=str(video),
    )
    with (
        Simulator(settings) as simulator,
        comfyui(bench, "six", simulator.base_url) as server,
    ):
        seconds_of(server, from_picture(decode_frames=False))
        ways = {
            "one": lambda: seconds_of(server, from_picture(decode_frames=False)),
            "six": lambda: seconds_of(server, from_picture(_TASKS, decode_frames=False)),
        }
        wall = medians(interleaved(ways, bench.repeats))
    detail = f"{wall['six']:.1f} s / {wall['one']:.1f} s, in ComfyUI; each wait has a jitter of 20 %, and six end with the slowest"
    return [
        Figure(
            "Six tasks in one graph / one task",
            wall["six"] / wall["one"],
            at_most=1.15,
            detail=detail,
        )
    ]

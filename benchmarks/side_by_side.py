"""Six tasks of one graph against one: nodes that wait must wait together."""

from __future__ import annotations

from wan27.simulator import Settings, Simulator

from .bench import Bench, interleaved, medians
from .figure import Figure
from .graph import comfyui, from_image, seconds_of
from .sample import sample_video

_TASKS = 6
# The third poll finds it done, whatever the jitter of the pauses.
_WORKING_SECONDS = 2.6


def side_by_side(bench: Bench) -> list[Figure]:
    """Measure in a real ComfyUI, without decoding; the host needs the same time for each task."""
    video = sample_video(bench.folder, 1, 640, 352)
    working = 0.2 if bench.is_quick else _WORKING_SECONDS
    settings = Settings(queued_seconds=0, working_seconds=working, video=str(video))
    with (
        Simulator(settings) as simulator,
        comfyui(bench, "six", simulator.base_url) as server,
    ):
        seconds_of(server, from_image(decode_frames=False))
        ways = {
            "one": lambda: seconds_of(server, from_image(decode_frames=False)),
            "six": lambda: seconds_of(server, from_image(_TASKS, decode_frames=False)),
        }
        wall = medians(interleaved(ways, bench.repeats))
    how = "in ComfyUI; each pause has a jitter of 20 %, and six end with the slowest"
    detail = f"{wall['six']:.1f} s / {wall['one']:.1f} s, {how}"
    ratio = wall["six"] / wall["one"]
    return [Figure("Six tasks in one graph / one task", ratio, at_most=1.15, detail=detail)]

"""Read files in every way that the pack does, in a process of its own that FFmpeg may crash.

Started with a folder; reads one name a line, answers each with one line of JSON: the outcome of
each way, and the process's peak memory so far.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import av

from wan27.errors import InvalidInput, InvalidVideo, NotEnoughMemory
from wan27.media.decode.frames import decode_frames, decode_last_frame
from wan27.media.decode.sound import decode_audio
from wan27.media.encode.prepare import check_source, prepare_clip
from wan27.media.read.clip import check_complete, no_op
from wan27.media.read.probe import probe
from wan27.media.read.window import window_of


def _peak_kilobytes():
    # Its own peak: on Linux `ru_maxrss` includes that of the parent process.
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return own[0] if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


WAYS = {
    "check_complete": lambda clip, _: check_complete(clip),
    "decode_frames": lambda clip, _: decode_frames(clip, no_op),
    "decode_audio": lambda clip, _: decode_audio(clip, no_op),
    "decode_last_frame": lambda clip, _: decode_last_frame(clip, no_op),
    "prepare_clip": lambda clip, target: prepare_clip(
        check_source(window_of(clip, 0.1)), target, no_op
    ),
}


def read(path, target):
    """Return the outcome of each way: "" for success, the name of our error, or any other one."""
    outcome, clip = _outcome(probe, path)
    if clip is None:
        return dict.fromkeys(WAYS, outcome)
    return {name: _outcome(way, clip, target)[0] for name, way in WAYS.items()}


def _outcome(work, *arguments):
    try:
        return "", work(*arguments)
    except (InvalidInput, InvalidVideo, NotEnoughMemory) as error:
        return type(error).__name__, None
    except Exception as error:  # noqa: BLE001 - the test reports it, whatever it is
        return f"WRONG: {error!r}", None


def main():
    """Answer until the input ends."""
    av.logging.set_level(None)
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        outcomes = read(folder / line.strip(), folder / "made.mp4")
        print(json.dumps([outcomes, _peak_kilobytes() * 1024]), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()

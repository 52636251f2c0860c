"""Reads files in every way that the pack does, in a process of its own: a crash of FFmpeg must be seen, not suffered.

Started with a folder; reads a name a line, answers with one line of JSON for each: what each way
said, and the process's memory so far.
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
from wan27.media.encode.prepare import prepare_clip
from wan27.media.read.clip import check_complete, probe


def _peak_kilobytes():
    """Its own peak: Linux counts that of the process that started it into `ru_maxrss`."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return own[0] if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def no_tick():
    """Go on."""


WAYS = {
    "probe": lambda path, _: check_complete(probe(path)),
    "decode_frames": lambda path, _: decode_frames(probe(path), no_tick),
    "decode_audio": lambda path, _: decode_audio(probe(path), no_tick),
    "decode_last_frame": lambda path, _: decode_last_frame(probe(path), no_tick),
    "prepare_clip": lambda path, target: prepare_clip(path, target, no_tick, start_seconds=0.1),
}


def read(path, target):
    """What each way made of the file: "" for what it could read, the name of our error, or what else was raised, in full."""
    said = {}
    for name, way in WAYS.items():
        try:
            way(path, target)
            said[name] = ""
        except (InvalidInput, InvalidVideo, NotEnoughMemory) as error:
            said[name] = type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            said[name] = f"WRONG: {error!r}"
    return said


def main():
    """Answer until there are no more names."""
    av.logging.set_level(None)
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        said = read(folder / line.strip(), folder / "made.mp4")
        kilobytes = _peak_kilobytes()
        print(json.dumps([said, kilobytes * 1024]), flush=True)  # noqa: T201 - that is the answer


if __name__ == "__main__":
    main()

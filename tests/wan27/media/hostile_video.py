"""Files with false headers: real videos that were rewritten.

ISO 14496-12 for mp4, RFC 9559 for webm, RFC 2083 for png.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from .make_video import Sound, make_video, numbered_frames, tone

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
_HUGE = 0x7FFFFFFF


FRAMES = 30
SOUND = Sound(tone(2.5))


def intact_files(folder: Path) -> dict[str, bytes]:
    """Return one small video with sound for each family of containers, by name."""
    return {
        # Without fast-start the index comes last, so that it can grow without moving the frames.
        "plain.mp4": _video(folder / "plain.mp4", SOUND, movflags=""),
        "fragments.mp4": _video(
            folder / "fragments.mp4", SOUND, movflags="frag_keyframe+empty_moov"
        ),
        "pcm.mov": _video(
            folder / "pcm.mov",
            Sound(SOUND.samples, 48000, "pcm_s16le", "s16"),
            movflags="",
        ),
        "clip.mkv": _video(folder / "clip.mkv", SOUND, movflags=""),
        "clip.webm": _video(
            folder / "clip.webm",
            Sound(SOUND.samples, 48000, "libopus", "flt"),
            movflags="",
            codec="libvpx",
        ),
        "clip.ts": _video(folder / "clip.ts", SOUND, movflags=""),
        "clip.avi": _video(folder / "clip.avi", None, movflags="", codec="mpeg4"),
    }


def _video(path, sound, *, movflags, codec="libx264"):
    options = {
        "libx264": {"preset": "ultrafast", "g": "12"},
        "libvpx": {"deadline": "realtime"},
        "mpeg4": {"threads": "1"},
    }[codec]
    return make_video(
        path,
        numbered_frames(FRAMES, 256, 240),
        fps=12,
        codec=codec,
        options=options,
        sound=sound,
        movflags=movflags,
    ).read_bytes()


def false_files(intact: dict[str, bytes]) -> dict[str, bytes]:
    """Return files that no honest program writes, by name."""
    mp4, mov, webm = intact["plain.mp4"], intact["pcm.mov"], intact["clip.webm"]
    return {
        "empty.mp4": b"",
        "text.mp4": b"Once upon a time.\n" * 100,
        "zeros.mp4": bytes(5000),
        "no_frames.mp4": _table(_table(mp4, b"stsz", 0, 0), b"stts"),
        "a_webm.mp4": webm,
        "an_mp4.webm": mp4,
        "an_image.mp4": _png(256, 240),
        "sides_of_65535.mp4": _field(mp4, b"stsd", 40, b"\xff\xff\xff\xff"),
        "sides_of_100000_in_track.mp4": _field(
            mp4, b"tkhd", 76, struct.pack(">II", 0xFFFF0000, 0xFFFF0000)
        ),
        "sides_of_100000_in_stream.mp4": _sized(mp4, 100_000, 100_000),
        "sides_of_16384_in_stream.mp4": _sized(mp4, 16384, 8192),
        "sides_of_8192_in_stream.mp4": _sized(mp4, 8192, 8192),
        "sides_of_100000.png": _png(100_000, 100_000),
        "sides_of_16384.png": _png(16384, 16384),
        "sides_of_65535.webm": _sized_webm(webm),
        "a_billion_frames.mp4": _table(_table(mp4, b"stsz", 1, 10**9), b"stsc", 1, 1, 10**9, 1),
        "a_billion_in_the_table.mp4": _table(mp4, b"stsz", 0, 10**9),
        "a_billion_times.mp4": _table(mp4, b"stts", 1, 10**9, 1),
        "frames_of_2_gigabytes.mp4": _field(
            mp4, b"stsz", 12, struct.pack(">II", _HUGE, 0xFFFFFFFF)
        ),
        "frames_of_ten_days.mp4": _table(mp4, b"stts", 1, FRAMES, _HUGE),
        "frames_of_an_hour.mp4": _table(mp4, b"stts", 1, FRAMES, 12288 * 3600),
        "frames_of_no_time.mp4": _table(mp4, b"stts", 1, FRAMES, 0),
        "header_of_ten_days.mp4": _field(mp4, b"mdhd", 16, struct.pack(">I", 0xFFFFFFF0)),
        "no_time_scale.mp4": _field(mp4, b"mdhd", 12, bytes(4)),
        "a_time_scale_of_1.mp4": _field(mp4, b"mdhd", 12, struct.pack(">I", 1)),
        "an_absurd_time_scale.mp4": _field(mp4, b"mdhd", 12, b"\xff" * 4),
        "an_edit_far_away.mp4": _field(mp4, b"elst", 8, struct.pack(">II", _HUGE, _HUGE)),
        "turned_by_nothing.mp4": _field(mp4, b"tkhd", 40, bytes(36)),
        "64_channels.mov": _field(mov, b"stsd", 32, b"\x00\x40", track=1),
        "9_channels.mov": _field(mov, b"stsd", 32, b"\x00\x09", track=1),
        "sound_of_0_hertz.mov": _field(mov, b"stsd", 40, bytes(4), track=1),
        "sound_of_no_rate.webm": _rated_webm(webm, float("nan")),
        "sound_of_2_gigahertz.webm": _rated_webm(webm, 2e9),
    }


def _boxes(content, start=0, end=None):
    """Yield each box as kind, start and end, depth first."""
    end = len(content) if end is None else end
    while start + 8 <= end:
        stop = start + max(8, int.from_bytes(content[start : start + 4], "big"))
        kind = bytes(content[start + 4 : start + 8])
        yield kind, start, stop
        if kind in _PARENTS:
            yield from _boxes(content, start + 8, stop)
        start = stop


def _find(content, kind, track):
    return [(start, stop) for each, start, stop in _boxes(content) if each == kind][track]


def _field(content, kind, offset, value, track=0):
    """Overwrite `value` at `offset` of a box's content; track 0 is the video, 1 the sound."""
    at = _find(content, kind, track)[0] + 8 + offset
    return content[:at] + value + content[at + len(value) :]


def _table(content, kind, *numbers):
    """Replace a table of the video track; a table of entries begins with their count."""
    body = struct.pack(f">{1 + len(numbers or (0,))}I", 0, *(numbers or (0,)))
    return _replaced(content, kind, body)


def _replaced(content, kind, body):
    start, stop = _find(content, kind, 0)
    grown = 8 + len(body) - (stop - start)
    changed = bytearray(content)
    for parent, begins, ends in _boxes(content):
        if parent in _PARENTS and begins < start and stop <= ends:
            changed[begins : begins + 4] = struct.pack(">I", ends - begins + grown)
    changed[start:stop] = struct.pack(">I", 8 + len(body)) + kind + body
    return bytes(changed)


def _sized(content, width, height):
    """Give the H.264 stream itself another size: a new sequence parameter set in its `avcC` box."""
    start, stop = _find(content, b"stsd", 0)
    body = content[start + 8 : stop]
    at = body.index(b"avcC") - 4
    old = body[at : at + int.from_bytes(body[at : at + 4], "big")]
    parameters = _sequence_parameters(width, height)
    rest = old[16 + int.from_bytes(old[14:16], "big") :]
    new = old[4:14] + struct.pack(">H", len(parameters)) + parameters + rest
    entry = struct.pack(">I", len(body) - 8 + 4 + len(new) - len(old)) + body[12:at]
    return _replaced(
        content,
        b"stsd",
        body[:8] + entry + struct.pack(">I", 4 + len(new)) + new + body[at + len(old) :],
    )


def _sequence_parameters(width, height):
    """ITU-T H.264, 7.3.2.1.1: constrained baseline, level 6.2, one reference, nothing optional."""
    fields = "010000101100000000111110" + "".join(map(_golomb, (0, 0, 2, 1))) + "0"
    fields += _golomb(width // 16 - 1) + _golomb(height // 16 - 1) + "1100" + "1"
    fields += "0" * (-len(fields) % 8)
    raw = int(fields, 2).to_bytes(len(fields) // 8, "big")
    return b"\x67" + raw.replace(b"\0\0\1", b"\0\0\3\1").replace(b"\0\0\0", b"\0\0\3\0")


def _golomb(value):
    return "0" * ((value + 1).bit_length() - 1) + format(value + 1, "b")


def _png(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    written = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def _sized_webm(content):
    at = content.index(b"\xb0\x82") + 2  # PixelWidth, in two bytes
    return content[:at] + b"\xff\xff" + content[at + 2 :]


def _rated_webm(content, rate):
    at = content.index(b"\xb5\x88") + 2  # SamplingFrequency, in eight bytes
    return content[:at] + struct.pack(">d", rate) + content[at + 8 :]

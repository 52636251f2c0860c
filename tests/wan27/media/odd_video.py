"""Videos as others leave them: cut, damaged, without times, with packets that are no frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from .make_video import Sound, make_video, numbered_frames, tone


def damaged(path: Path, folder: Path, *packets: tuple[str, int], keep: int = 0) -> Path:
    """Overwrite packets ("video" or "audio", and a number in decoding order) with 0xFF.

    The first `keep` bytes of each stay.
    """
    content = bytearray(path.read_bytes())
    for kind, number in packets:
        with av.open(str(path)) as container:
            found = [each for each in container.demux(**{kind: 0}) if each.size][number]
        content[found.pos + keep : found.pos + found.size] = b"\xff" * (found.size - keep)
    target = folder / f"damaged_{path.name}"
    target.write_bytes(content)
    return target


def remuxed(source: Path, target: Path, change=lambda packet: packet, **options: str) -> Path:
    """Copy packets as they are; `change` returns the packet to write, several, or none."""
    with av.open(str(source)) as old, av.open(str(target), "w", options=options) as new:
        streams = {
            each.index: new.add_stream_from_template(each)
            for each in old.streams
            if each.type in {"video", "audio"}
        }
        for packet in old.demux():
            index, changed = packet.stream_index, change(packet) if packet.size else []
            for each in changed if isinstance(changed, list) else [changed]:
                each.stream = streams[index]
                new.mux(each)
    return target


def without_sync_samples(path: Path) -> Path:
    """Rename the table of key frames of an mp4: all samples then count as key frames."""
    path.write_bytes(path.read_bytes().replace(b"stss", b"free"))
    return path


def early(path: Path, seconds: int) -> Path:
    """Move all times of a fragmented mp4 to before 0, by its edit list (ISO 14496-12, 8.6.6)."""
    content = bytearray(path.read_bytes())
    scale = int.from_bytes(content[(at := content.index(b"mdhd") + 16) : at + 4], "big")
    start = content.index(b"elst") + 16
    content[start : start + 4] = (seconds * scale).to_bytes(4, "big")
    path.write_bytes(content)
    return path


def rates_midway(target: Path, formats: list[tuple[int, str]], seconds: float = 1.0) -> Path:
    """Write a transport stream whose sound changes: each of `formats` is (rate, layout)."""
    parts = [
        _adts(target.with_name(f"{number}.aac"), rate, layout, seconds)
        for number, (rate, layout) in enumerate(formats)
    ]
    frames = numbered_frames(round(30 * seconds * len(parts)))
    video = make_video(target.with_name("frames.ts"), frames, options={"bf": "0"})
    with av.open(str(video)) as old:
        start = min(each.pts for each in old.demux(video=0) if each.size)
    with (
        av.open(str(parts[0])) as first,
        av.open(str(video)) as old,
        av.open(str(target), "w", format="mpegts") as new,
    ):
        track = new.add_stream_from_template(old.streams.video[0])
        sound = new.add_stream_from_template(first.streams.audio[0])
        packets = [each for each in old.demux(video=0) if each.size]
        for packet in packets:
            packet.stream = track
        packets += _sound_packets(parts, formats, sound, start)
        for packet in sorted(packets, key=lambda each: each.pts):
            new.mux(packet)
    return target


def _sound_packets(parts, formats, stream, start):
    time = start / 90000
    for part, (rate, _) in zip(parts, formats, strict=True):
        with av.open(str(part)) as container:
            for packet in container.demux(audio=0):
                if packet.size:
                    packet.stream, packet.time_base = stream, Fraction(1, 90000)
                    packet.pts = packet.dts = round(time * 90000)
                    packet.duration = round(1024 / rate * 90000)
                    time += 1024 / rate
                    yield packet


def _adts(path, rate, layout, seconds):
    channels = {"mono": 1, "stereo": 2}[layout]
    wave = tone(seconds, channels, rate)
    with av.open(str(path), "w", format="adts") as container:
        stream = container.add_stream("aac", rate=rate, layout=layout)
        for at in range(0, wave.shape[1] // 1024 * 1024, 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(wave[:, at : at + 1024]), format="fltp", layout=layout
            )
            frame.sample_rate, frame.pts = rate, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def hidden_frames(path: Path, count: int, late: int) -> Path:
    """Write VP8 with hidden frames, which have packets of their own, `late` ms after others."""
    plain = make_video(
        path.with_name("plain.webm"),
        numbered_frames(count, 320, 192),
        codec="libvpx",
        options={"g": "1", "deadline": "realtime"},
        movflags="",
    )

    def add_hidden(packet):
        hidden = av.Packet(bytes([bytes(packet)[0] & ~0x10]) + bytes(packet)[1:])  # RFC 6386, 9.1
        hidden.time_base, hidden.is_keyframe = packet.time_base, True
        hidden.pts = hidden.dts = packet.pts + late
        return [packet, hidden] if packet.pts // 33 % 4 == 1 else packet

    return remuxed(plain, path, add_hidden)


def stamped_by_end(path: Path, seconds: float) -> Path:
    """Write sound whose packets have times that wander by 20 ms, as Vorbis in WebM has."""
    plain = make_video(
        path.with_name("plain.mkv"),
        numbered_frames(round(30 * seconds)),
        sound=Sound(tone(seconds), codec="ac3"),
        movflags="",
    )

    def wander(packet):
        if packet.stream.type == "audio":
            packet.pts += (0, 13, -19, 20, -7)[packet.pts // 32 % 5] if packet.pts > 100 else 0
            packet.dts = packet.pts
        return packet

    return remuxed(plain, path, wander)

"""Audio and clips for requests, as bytes."""

from __future__ import annotations

import io
import wave

import av
import numpy as np


def wav_bytes(seconds):
    """Silence as wav."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(round(seconds * 8000) * 2))
    return file.getvalue()


def mp3_bytes(seconds):
    """Silence as mp3."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, seconds * 44100), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def clip_bytes(seconds=2, size=(320, 240), container_format="mp4"):
    """A clip of gray, ten frames a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _ in range(round(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(
                np.full((size[1] * 3 // 2, size[0]), 128, np.uint8), format="yuv420p"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()

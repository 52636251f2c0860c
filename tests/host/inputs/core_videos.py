"""The VIDEO classes of ComfyUI, version by version, played for tests: what each can tell and show.

0.18: no method for the trim. 0.23: `get_active_trim_window`. Between: `crop` is an argument and
only the size tells. About 0.36: `as_cropped`, `as_resized` and `has_pending_frame_edits`, while
`get_stream_source` still gives the file without edits.
"""

from __future__ import annotations

import io
from fractions import Fraction
from types import SimpleNamespace

import av
import torch


class VideoInput:
    """The base: it renders itself for all that a class does not do better."""

    def get_stream_source(self):
        buffer = io.BytesIO()
        self.save_to(buffer)
        buffer.seek(0)
        return buffer

    def get_dimensions(self):
        raise AssertionError("all frames would be decoded for a size")

    get_frame_count = get_duration = get_frame_rate = get_dimensions


class VideoFromComponents(VideoInput):
    """Frames that are tensors already."""

    def __init__(self, images, fps=24, audio=None):
        self.parts = SimpleNamespace(images=images, audio=audio, frame_rate=Fraction(fps))

    def get_components(self):
        return self.parts


class Oldest(VideoInput):
    """A file, and its trim in private attributes."""

    def __init__(self, file, *, start_time=0, duration=0):
        self._VideoFromFile__file = file
        self._VideoFromFile__start_time = start_time
        self._VideoFromFile__duration = duration

    def get_stream_source(self):
        return self._VideoFromFile__file

    def get_dimensions(self):
        with av.open(self._VideoFromFile__file) as container:
            stream = container.streams.video[0]
            return stream.width, stream.height

    def get_duration(self):
        with av.open(self._VideoFromFile__file) as container:
            return container.duration / av.time_base

    def as_trimmed(self, start_time=0, duration=0):
        return type(self)(self._VideoFromFile__file, start_time=start_time, duration=duration)

    def get_components(self):
        with av.open(self._VideoFromFile__file) as container:
            frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
            rate = container.streams.video[0].average_rate
        images = torch.stack([torch.from_numpy(frame) / 255 for frame in frames])
        return SimpleNamespace(images=self.edit(images), audio=None, frame_rate=rate)

    def edit(self, images):
        return images

    def save_to(self, target):
        parts = self.get_components()
        write(target, parts.images, parts.frame_rate)


class Trimmable(Oldest):
    """It reports its trim."""

    def get_active_trim_window(self):
        return self._VideoFromFile__start_time, self._VideoFromFile__duration


class Croppable(Trimmable):
    """It crops lazily, and only its size tells."""

    def __init__(self, file, *, crop=None, **trim):
        super().__init__(file, **trim)
        self._VideoFromFile__crop = crop

    def get_dimensions(self):
        crop = self._VideoFromFile__crop
        return super().get_dimensions() if crop is None else crop[2:]

    def edit(self, images):
        if self._VideoFromFile__crop is None:
            return images
        x, y, width, height = self._VideoFromFile__crop
        return images[:, y : y + height, x : x + width]


class Editable(Croppable):
    """It says that edits are pending."""

    def has_pending_frame_edits(self):
        return self._VideoFromFile__crop is not None


for kind in (VideoInput, VideoFromComponents, Oldest, Trimmable, Croppable, Editable):
    kind.__module__ = "comfy_api.latest._input_impl.video_types"


def write(target, images, fps, comment=""):
    """Write frames as ComfyUI saves a video, with a text in the header."""
    options = {"movflags": "use_metadata_tags"}
    with av.open(target, "w", format="mp4", options=options) as container:
        container.metadata["comment"] = comment
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.height, stream.width = images.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for image in images:
            pixels = image.mul(255).round().byte().contiguous().numpy()
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())

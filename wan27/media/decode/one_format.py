"""All sound of a file at the rate and in the channels that it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.resampler import AudioResampler

from ...errors import InvalidVideo

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from numpy.typing import NDArray

    from ..read.clip import Clip
    from ..read.damage import Damage


class OneFormat:
    """Converts audio frames to floats; those unlike `first` are resampled, which `damage` notes."""

    def __init__(self, clip: Clip, first: AudioFrame, damage: Damage) -> None:
        self._clip, self._damage = clip, damage
        self._layout, self._rate = first.layout, first.sample_rate
        self._source = _format_of(first)
        # Only the sample format is converted, so it delays nothing. Packed, not planar: PyAV reads
        # past the planes of eight channels, and the process crashes.
        self._resampler = AudioResampler(format="flt")

    def samples_of(self, frame: AudioFrame) -> NDArray[np.float32]:
        """Return the samples of the next frame, (channels, N) float32 in -1..1.

        Raises `InvalidVideo` for channels that FFmpeg cannot mix.
        """
        try:
            parts: list[AudioFrame] = []
            if _format_of(frame) != self._source:
                parts += self._resampler.resample(None)  # what it kept back
                self._source = _format_of(frame)
                self._resampler = AudioResampler("flt", self._layout, self._rate)
                self._note(frame)
            parts += self._resampler.resample(frame)
        except (av.FFmpegError, ValueError) as error:
            raise InvalidVideo(
                f"{self._clip.path.name} changes its audio channels midway to some that cannot be"
                " mixed. Re-encode its sound."
            ) from error
        samples = [part.to_ndarray().reshape(-1, self._layout.nb_channels).T for part in parts]
        if not samples:
            return np.zeros((self._layout.nb_channels, 0), np.float32)
        return np.concatenate(samples, axis=1).astype(np.float32, copy=False)

    def _note(self, frame: AudioFrame) -> None:
        was, now = (
            f"{rate} Hz {layout.name}"
            for layout, rate in ((frame.layout, frame.sample_rate), (self._layout, self._rate))
        )
        if was != now and not self._damage.resampled:
            self._damage.resampled = f"from {was} to {now}"


def _format_of(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate

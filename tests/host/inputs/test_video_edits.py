"""What the artist sees of a VIDEO is what is sent, and what the fingerprint means."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from . import core_videos
from .core_videos import Croppable, Editable, Oldest, Trimmable, VideoFromComponents, write


@pytest.mark.parametrize("kind", [Oldest, Trimmable, Croppable, Editable])
def test_a_video_without_edits_is_its_file(kind, clip, first_clip):
    """In every version of ComfyUI it is sent as it is."""
    medium = first_clip(kind(str(clip)))
    assert (clip, 2.5) == (medium.original, medium.seconds)
    assert first_clip(str(clip)).content_hash == medium.content_hash


@pytest.mark.parametrize("kind", [Oldest, Trimmable, Croppable, Editable])
@pytest.mark.parametrize(
    ("start", "duration", "seconds"), [(0.25, 0, 2.25), (0, 2.0, 2.0), (0.25, 2.1, 2.1)]
)
def test_a_trim_is_sent(kind, start, duration, seconds, clip, first_clip, size_of):
    """By its method, or by the attributes of a ComfyUI that has none."""
    medium = first_clip(kind(str(clip), start_time=start, duration=duration))
    assert (480, 240, seconds) == size_of(medium)
    assert first_clip(str(clip)).content_hash != medium.content_hash


def test_a_start_before_the_end_is_counted_from_there(clip, first_clip):
    """ComfyUI before 0.23 leaves the arithmetic to the reader."""
    assert pytest.approx(2.25, abs=0.05) == first_clip(Oldest(str(clip), start_time=-2.25)).seconds
    assert 2.5 == first_clip(Oldest(str(clip), start_time=-9)).seconds


@pytest.mark.parametrize("kind", [Croppable, Editable])
def test_a_pending_crop_is_sent_and_is_another_request(kind, clip, first_clip, size_of):
    """The file behind it is the whole one."""
    whole, left = first_clip(kind(str(clip))), kind(str(clip), crop=(0, 0, 240, 240))
    right = first_clip(kind(str(clip), crop=(240, 0, 240, 240)))
    assert (240, 240, 2.5) == size_of(right)
    hashes = {whole.content_hash, first_clip(left).content_hash, right.content_hash}
    assert (3, None) == (len(hashes), right.original)


def test_an_edit_to_the_same_size_is_believed_where_the_video_applies_it(clip, first_clip):
    """A resize to the size that it has, or a zoom."""
    medium = first_clip(Editable(str(clip), crop=(0, 0, 480, 240)))
    assert (None, 2.5) == (medium.original, medium.seconds)


class OnlyComponents(Trimmable):
    """A class on top of ComfyUI's whose crop only its components show; `save_to` knows nothing."""

    __module__ = "some_pack"

    def has_pending_frame_edits(self):
        return True

    def get_dimensions(self):
        return 240, 240

    def get_components(self):
        parts = super().get_components()
        parts.images = parts.images[:, :, 240:]
        return parts


class OnlySays(Trimmable):
    """It says that edits are pending, and gives no way to see them."""

    __module__ = "some_pack"

    def has_pending_frame_edits(self):
        return True


class CannotTell(OnlySays):
    """Its answer fails."""

    def has_pending_frame_edits(self):
        raise RuntimeError("no idea")


class OtherSize(Trimmable):
    """Its size is not that of its file, and nothing that it renders has it."""

    __module__ = "some_pack"

    def get_dimensions(self):
        return 240, 480


class OtherLength(OtherSize):
    """Twice as fast, says it."""

    get_dimensions = Trimmable.get_dimensions

    def get_duration(self):
        return 1.25


class OtherRate(OtherLength):
    """Another rate."""

    get_duration = Trimmable.get_duration

    def get_frame_rate(self):
        return 48


class OtherCount(OtherRate):
    """Fewer frames."""

    get_frame_rate = Trimmable.get_frame_rate

    def get_frame_count(self):
        return 30


class CropAttribute(Trimmable):
    """A crop that only an attribute shows."""

    __module__ = "some_pack"
    crop = None

    def __init__(self, file):
        super().__init__(file)
        self.crop = (240, 0, 240, 240)


def test_edits_that_only_the_components_show_are_sent(clip, first_clip, size_of):
    """`save_to` is of an older class, which knows nothing of them."""
    medium = first_clip(OnlyComponents(str(clip)))
    assert (240, 240, 2.5) == size_of(medium)
    assert first_clip(str(clip)).content_hash != medium.content_hash


class Mirrored(Trimmable):
    """A class on top of ComfyUI's that says nothing of what its components are."""

    __module__ = "some_pack"

    def get_components(self):
        parts = super().get_components()
        parts.images = parts.images.flip(2)
        return parts


class SavesMirrored(Trimmable):
    """The same, by `save_to`."""

    __module__ = "some_pack"

    def save_to(self, target):
        write(target, self.get_components().images.flip(2), 24)


class SavedByComfyUI(Trimmable):
    """Its `save_to` needs all that "Save Video" gives."""

    __module__ = "some_pack"

    def save_to(self, target, format, codec):  # noqa: A002, ARG002 - as ComfyUI's
        assert codec in ("auto", "h264")
        write(target, self.get_components().images.flip(2), 24)


@pytest.mark.parametrize("kind", [Mirrored, SavesMirrored, SavedByComfyUI])
def test_a_class_that_renders_itself_is_believed(kind, clip, first_clip, size_of):
    """`get_stream_source` is of the class that it is built on, which knows nothing of it."""
    medium = first_clip(kind(str(clip)))
    assert (480, 240, 2.5) == size_of(medium)
    assert first_clip(str(clip)).content_hash != medium.content_hash
    mirrored = Image.open(io.BytesIO(medium.thumbnail)).convert("L")
    left, right = (mirrored.getpixel((x, 5)) for x in (5, mirrored.width - 5))
    assert left > 200
    assert right < 50


@pytest.mark.parametrize(
    "kind", [OnlySays, CannotTell, OtherSize, OtherLength, OtherRate, OtherCount, CropAttribute]
)
def test_what_cannot_be_known_is_refused_with_the_way_out(kind, clip, first_clip, refused):
    """The wrong frames would be paid for."""
    with pytest.raises(refused, match='^first_clip has edits .* "Create Video" in between'):
        first_clip(kind(str(clip)))


@pytest.mark.parametrize("crop", [None, (), (0, 0, 0, 0), (0, 0, 480, 240), "disabled"])
def test_a_crop_attribute_of_the_whole_is_no_edit(crop, clip, first_clip):
    """Packs keep their default values."""
    video = CropAttribute(str(clip))
    video.crop = crop
    assert clip == first_clip(video).original


def test_edits_that_need_more_memory_than_is_free_are_refused(
    clip, first_clip, refused, pack, monkeypatch
):
    """All frames would be in memory twice."""
    monkeypatch.setattr(pack("host.inputs.video_edits"), "available_bytes", lambda: 1e8)
    with pytest.raises(refused, match="first_clip has edits, .* needs 0.2 GB of memory"):
        first_clip(OnlyComponents(str(clip)))


def test_a_trim_that_is_not_reported_is_rendered_or_refused(clip, first_clip, refused, size_of):
    """A class that can be trimmed and tells nothing may be trimmed."""
    trimmed = SimpleNamespace(
        get_stream_source=lambda: str(clip),
        as_trimmed=None,
        save_to=lambda target: write(target, torch.zeros(54, 240, 480, 3), 24),
    )
    assert (480, 240, 2.25) == size_of(first_clip(trimmed))
    del trimmed.save_to
    with pytest.raises(refused, match="first_clip has edits"):
        first_clip(trimmed)


def test_a_video_that_gives_nothing_is_refused_with_its_own_reason(first_clip, refused):
    """Without a file there are no edits to speak of."""

    def fail(*_):
        raise RuntimeError("CUDA is\nout of memory")

    for video in (SimpleNamespace(get_components=fail), SimpleNamespace(save_to=fail)):
        with pytest.raises(refused, match="gives no video .RuntimeError: CUDA is out of memory"):
            first_clip(video)
    with pytest.raises(refused, match="first_clip is a SimpleNamespace that gives no video. Check"):
        first_clip(SimpleNamespace(save_to=lambda _: None))


def test_a_video_that_only_saves_itself_is_taken(clip, first_clip, size_of):
    """Other methods are missing, or fail."""

    def fail():
        raise RuntimeError("not saved yet")

    video = SimpleNamespace(
        get_stream_source=fail,
        save_to=lambda target: write(target, torch.zeros(60, 240, 240, 3), 24),
    )
    assert (240, 240, 2.5) == size_of(first_clip(video))
    del video.get_stream_source
    assert (240, 240, 2.5) == size_of(first_clip(video))


def test_a_video_that_saves_other_bytes_each_time_is_one_request(first_clip, tmp_path):
    """The frames are the same: programs write the time and the workflow beside them."""
    images = torch.rand(60, 240, 240, 3, generator=torch.Generator().manual_seed(1))
    saved = []

    def save(target):
        write(target, images, 24, comment=f"{len(saved)} " * 50 * len(saved))
        saved.append(target)

    hashes = {first_clip(SimpleNamespace(save_to=save)).content_hash for _ in range(3)}
    assert (1, 3) == (len(hashes), len(saved))


def test_frames_that_are_tensors_are_taken_as_they_are(first_clip, size_of):
    """As a node of ComfyUI makes them; an empty sound is none."""
    empty = {"waveform": torch.zeros(1, 2, 0), "sample_rate": 44100}
    images = torch.rand(60, 240, 240, 3)
    with_sound = first_clip(VideoFromComponents(images, audio=empty))
    assert (240, 240, 2.5) == size_of(with_sound)
    assert first_clip(VideoFromComponents(images)).content_hash == with_sound.content_hash


def test_tensors_of_hdr_are_rendered_by_comfyui(clip, first_clip):
    """Only it knows how to encode them; the clip has a notice."""

    class Hdr(VideoFromComponents):
        def get_color_space(self):
            return "HDR PQ"

        def save_to(self, target):
            target.write(clip.read_bytes())

    video = Hdr(torch.rand(60, 240, 480, 3))
    assert first_clip(str(clip)).content_hash == first_clip(video).content_hash


def test_a_file_in_memory_is_the_same_request_as_on_disk(clip, first_clip):
    """By its content; only a file on disk can be a result with a URL of its own."""
    medium = first_clip(Trimmable(io.BytesIO(clip.read_bytes())))
    assert (first_clip(str(clip)).content_hash, None) == (medium.content_hash, medium.original)


@pytest.mark.parametrize("rate", [0, None, "fast", float("nan"), 5000])
def test_a_rate_that_is_none_is_refused(rate, first_clip, refused):
    """Tensors without a usable rate have no length."""
    video = VideoFromComponents(torch.rand(60, 240, 240, 3))
    video.parts.frame_rate = rate
    with pytest.raises(refused, match="^first_clip has no frame rate between 1 and 1000"):
        first_clip(video)


def test_the_played_classes_count_as_those_of_comfyui():
    """Their module is what tells them from those of other packs."""
    assert core_videos.Editable.__module__.startswith("comfy_api.")

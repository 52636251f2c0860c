"""Videos that several tests only read, rendered once."""

from __future__ import annotations

import pytest

from .make_video import make_video, numbered_frames


@pytest.fixture(scope="session")
def numbered(tmp_path_factory):
    """Return a function from a recipe to its video of numbered frames. Not to be changed."""
    videos = {}

    def video(count, width=128, height=64, *, name="clip.mp4", **recipe):
        key = (count, width, height, name, repr(sorted(recipe.items())))
        if key not in videos:
            path = tmp_path_factory.mktemp("numbered") / name
            videos[key] = make_video(path, numbered_frames(count, width, height), **recipe)
        return videos[key]

    return video

"""The error classes have one base, and the module's docstring draws all of them."""

from __future__ import annotations

import inspect

from wan27 import errors

CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass)]


def test_every_error_is_a_wan27_error():
    """Catching Wan27Error catches all of them."""
    assert [] == [each for each in CLASSES if not issubclass(each, errors.Wan27Error)]


def test_comfyui_shows_every_error_as_one_of_this_pack():
    """It shows the module in front of the class, and ours would be the path of a folder."""
    assert {"Wan27"} == {each.__module__ for each in CLASSES}


def test_the_docstring_draws_every_class():
    """The tree in the module's docstring is the tree of the code."""
    assert [] == [each.__name__ for each in CLASSES if each.__name__ not in (errors.__doc__ or "")]


def test_every_message_can_be_logged():
    """A file name from a system with another encoding is no valid Unicode text."""
    error = errors.InvalidInput("first_clip", "is the file \udcff.mp4.")
    assert b"first_clip is the file \\udcff.mp4. Nothing was sent." == str(error).encode()


def test_every_error_class_has_a_docstring():
    """It describes when the error is raised."""
    assert [] == [each.__name__ for each in CLASSES if not (each.__doc__ or "").strip()]

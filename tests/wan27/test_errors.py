"""The tree of errors is whole: one base, every class drawn in the docstring."""

from __future__ import annotations

import inspect

from wan27 import errors

CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if each.__module__ == errors.__name__
]


def test_every_error_descends_from_one_base():
    """Whoever catches Wan27Error catches all of them."""
    assert [] == [each for each in CLASSES if not issubclass(each, errors.Wan27Error)]


def test_the_drawing_shows_every_class():
    """The tree in the module's docstring is the tree of the code."""
    assert [] == [each.__name__ for each in CLASSES if each.__name__ not in (errors.__doc__ or "")]


def test_every_class_says_what_it_means():
    """Each error has a docstring of its own."""
    assert [] == [each.__name__ for each in CLASSES if not (each.__doc__ or "").strip()]

"""The simulated video: what the real host is documented to make, from the user's own media and without a model. Not a copy of its art."""

from __future__ import annotations

from .film import Order, Stopped, render

__all__ = ["Order", "Stopped", "render"]

"""The simulated video: from the user's media, in the documented form, without a model."""

from __future__ import annotations

from .film import Order, Stopped, render

__all__ = ["Order", "Stopped", "render"]

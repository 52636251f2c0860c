"""Around a node's import of `host.run`: a package that is missing is an error that a person reads at the node, and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..wan27.errors import NotInstalled
from .events import node_failed
from .requirements import required


@contextmanager
def installed(node_id: str) -> Iterator[None]:
    """Raise `NotInstalled`, and tell the page so, where an import inside the block finds a package missing."""
    try:
        with required():
            yield
    except NotInstalled as error:
        node_failed(node_id, error)
        raise

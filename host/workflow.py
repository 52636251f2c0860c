"""The workflow that buys a video, kept with its task so that the page can open it again."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

from .status.events import NodeRef


def pack_workflow(node: NodeRef) -> bytes:
    """Return the workflow of a node and the node's id in it as gzipped JSON, b"" to keep nothing.

    A program sends no workflow, and ComfyUI's --disable-metadata asks that none is stored.
    """
    from comfy.cli_args import args  # noqa: PLC0415 - the tests have no ComfyUI

    if not node.workflow or args.disable_metadata:
        return b""
    content = {"node_id": node.node_id, "workflow": node.workflow}
    try:
        text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):  # another node has put an object into it
        return b""
    return gzip.compress(text.encode(), mtime=0)


def unpack_workflow(content: bytes) -> dict[str, Any] | None:
    """Return what was packed, None for b"" and for a damaged file."""
    try:
        packed: dict[str, Any] = json.loads(gzip.decompress(content))
    except (OSError, EOFError, zlib.error, ValueError):
        return None
    return packed

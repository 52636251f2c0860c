"""How the simulator inside the pack gets local media without any setting, so that every node can be tried for free."""

from __future__ import annotations

from pathlib import Path

from comfy.cli_args import args
from server import PromptServer

from ..wan27.upload.inline import MAX_BYTES, Inline
from ..wan27.upload.serve import Serve

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what ComfyUI listens at, and how it is then reached from here


class DryRun(Serve):
    """Pictures travel inside the request, under the rules of a real host; clips and sound, which no host takes so, from this ComfyUI."""

    picture_bytes = MAX_BYTES

    def __init__(self, folder: Path) -> None:
        """At this server's own address: the simulator runs in the same process."""
        super().__init__(_own_address(), folder)
        self._inline = Inline()

    async def upload(self, role: str, content: bytes | Path, content_type: str, sha256: str) -> str:
        """Return an address that the simulator can read. Raises `InvalidInput` or `UploadFailed`."""
        if content_type.startswith("image/"):
            return await self._inline.upload(role, content, content_type, sha256)
        return await super().upload(role, content, content_type, sha256)


def _own_address() -> str:
    name = _EVERYWHERE.get(PromptServer.instance.address, PromptServer.instance.address)
    scheme = "https" if args.tls_keyfile and args.tls_certfile else "http"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{PromptServer.instance.port}"

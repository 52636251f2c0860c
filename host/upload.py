"""How local media reach the host of an account, by the user's settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..wan27.api.addresses import is_loopback
from ..wan27.api.key import Account
from ..wan27.errors import InvalidSetting
from ..wan27.limits import INLINE_IMAGE_BYTES
from ..wan27.upload.inline import Inline
from ..wan27.upload.serve import Serve
from ..wan27.upload.uploader import Uploader, choose_uploader
from .settings.store import Settings


def uploader(
    settings: Settings,
    account: Account | None,
    serving: Path,
    choose: Callable[..., Uploader] = choose_uploader,
) -> Uploader:
    """Return what WAN27_UPLOAD names.

    Raises `InvalidSetting` for what it cannot be, and for what the account's host could not reach.

    `serving` is the folder that ComfyUI serves; `choose` may remember what it returned, as the
    default does not.
    """
    chosen = choose(settings.get("WAN27_UPLOAD"), settings.timeout_seconds, serving)
    if (
        account is not None
        and isinstance(chosen, Serve)
        and is_loopback(chosen.address)
        and not account.host.is_local
    ):
        raise InvalidSetting(
            f"WAN27_UPLOAD is an address of this very machine, which {account.host.title} cannot"
            " reach: give the public one, as the tunnel or the pod calls it."
        )
    return chosen


_EVERYWHERE = {
    "0.0.0.0": "127.0.0.1",
    "::": "::1",
}  # noqa: S104 - what ComfyUI listens at, and how it is then reached from here


class DryRun(Serve):
    """Thumbnails travel inside the request, under the rules of a real host; clips and sound, which no host takes so, from this ComfyUI."""

    max_image_bytes = INLINE_IMAGE_BYTES

    def __init__(self, folder: Path) -> None:
        """At this server's own address: the simulator runs in the same process."""
        super().__init__(_own_address(), folder)
        self._inline = Inline()

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> str:
        """Return an address that the simulator can read. Raises `InvalidInput` or `UploadFailed`."""
        if content_type.startswith("image/"):
            return await self._inline.upload(role, content, content_type, content_hash)
        return await super().upload(role, content, content_type, content_hash)


def _own_address() -> str:
    from comfy.cli_args import (
        args,
    )  # noqa: PLC0415 - the settings are also checked where no ComfyUI runs
    from server import PromptServer  # noqa: PLC0415

    name = _EVERYWHERE.get(PromptServer.instance.address, PromptServer.instance.address)
    scheme = "https" if args.tls_keyfile and args.tls_certfile else "http"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{PromptServer.instance.port}"

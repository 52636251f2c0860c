"""How local media reach the host of an account, by the user's settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..wan27.api.hosts import Account, is_loopback
from ..wan27.errors import InvalidSetting
from .requirements import required
from .settings import Settings

if TYPE_CHECKING:
    from ..wan27.upload.uploader import Uploader


def uploader(settings: Settings, account: Account | None, serving: Path, choose: Callable[..., Uploader] | None = None) -> Uploader:
    """Return what WAN27_UPLOAD names. Raises `InvalidSetting` for what it cannot be, and for what the account's host could not reach.

    `serving` is the folder that ComfyUI serves; `choose` may remember what it returned, as the default does not.
    """
    with required():
        from ..wan27.upload.serve import Serve  # noqa: PLC0415 - httpx, which may not be installed
        from ..wan27.upload.uploader import choose_uploader  # noqa: PLC0415
    chosen = (choose or choose_uploader)(settings.get("WAN27_UPLOAD"), settings.timeout_seconds, serving)
    if account is not None and isinstance(chosen, Serve) and is_loopback(chosen.address) and not account.host.is_local:
        raise InvalidSetting(
            f"WAN27_UPLOAD is an address of this very machine, which {account.host.title} cannot reach: give the public one, as the tunnel or "
            "the pod calls it."
        )
    return chosen

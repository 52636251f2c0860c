"""The uploader of a Run: how local media reach the API host."""

from __future__ import annotations

import atexit
import functools
import threading
from dataclasses import replace
from pathlib import Path

from ..wan27.api.addresses import is_loopback
from ..wan27.api.client import Client
from ..wan27.api.hosts import SIMULATOR
from ..wan27.api.key import Account
from ..wan27.errors import InvalidSetting
from ..wan27.files import help_with_files
from ..wan27.limits import INLINE_IMAGE_BYTES
from ..wan27.upload.choose import choose_uploader, is_public_address
from ..wan27.upload.inline import Inline
from ..wan27.upload.media_port import Address, MediaPort
from ..wan27.upload.model_studio import TemporaryUpload
from ..wan27.upload.ref_counts import ref_counts_at
from ..wan27.upload.serve import Serve
from ..wan27.upload.serving_folder import SERVED
from ..wan27.upload.uploader import Upload, Uploader
from .folders import serving_folder
from .page.media import serve_port
from .settings.store import Settings


def uploader_for(account: Account, client: Client, settings: Settings) -> Uploader:
    """Return the uploader that WAN27_UPLOAD names, or the one of the host, or of a dry run.

    What several nodes send is uploaded once. Raises `InvalidSetting`.
    """
    value = settings.get("WAN27_UPLOAD")
    is_unset = not (value or "").strip()
    if is_unset and account.host_id == SIMULATOR.name:
        return _dry_run(serving_folder())
    if is_unset and account.host.has_temporary_upload:
        return TemporaryUpload(client)
    serving = serving_folder()
    port = serve_port(settings, serving) if is_public_address(value) else None
    uploader = _shared_uploader(value, settings.timeout_seconds, serving, own_certificate(), port)
    _refuse_loopback(uploader, account)
    return uploader


def check_upload(settings: Settings, account: Account | None, serving: Path) -> None:
    """Raise `InvalidSetting` if no Run of this account could use WAN27_UPLOAD."""
    value = settings.get("WAN27_UPLOAD")
    _refuse_loopback(choose_uploader(value, settings.timeout_seconds, serving), account)


_shared_uploader = functools.lru_cache(maxsize=4)(choose_uploader)


def _dry_run(folder: Path) -> Uploader:
    try:
        with _starting:
            return _shared_dry_run(folder)
    except OSError as error:
        helps = help_with_files(error) or "Restart ComfyUI."
        raise InvalidSetting(
            f"The simulator cannot open a port for media ({error.strerror}). {helps} Nothing was"
            " sent."
        ) from error


@functools.lru_cache(maxsize=4)
def _shared_dry_run(folder: Path) -> Uploader:
    return DryRun(folder)


_starting = threading.Lock()  # the cache has none, and the items of a list begin in threads


def _refuse_loopback(uploader: Uploader, account: Account | None) -> None:
    if (
        account is not None
        and isinstance(uploader, Serve)
        and is_loopback(uploader.address)
        and not account.host.is_local
    ):
        raise InvalidSetting(
            "The setting WAN27_UPLOAD is an address of this machine, which"
            f" {account.host.title} cannot reach. Set the public address of your tunnel or pod."
            " Nothing was sent."
        )


class DryRun(Serve):
    """The simulator's uploader: images inside the request as for a real host, the rest served.

    From a port of its own: a pack may put a login before ComfyUI's routes.
    """

    max_image_bytes = INLINE_IMAGE_BYTES
    sends_inline = True

    def __init__(self, folder: Path) -> None:
        """Open the port, which only this machine reaches."""
        port = MediaPort(Address("127.0.0.1", 0), folder)
        atexit.register(port.close)
        super().__init__(f"http://{port.address}", folder, ref_counts_at(SERVED))
        self._inline = Inline()

    async def upload(
        self, role: str, content: bytes | Path, content_type: str, content_hash: str
    ) -> Upload:
        """Return an upload that the simulator can read. Raises `InvalidInput` or `UploadFailed`."""
        if content_type.startswith("image/"):
            return await self._inline.upload(role, content, content_type, content_hash)
        upload = await super().upload(role, content, content_type, content_hash)
        return replace(upload, notice="")  # what the simulator accepts


def own_certificate() -> Path | None:
    """Return the certificate that ComfyUI was started with, None where it serves plain http."""
    # Late: the settings are also checked where no ComfyUI runs.
    from comfy.cli_args import args  # noqa: PLC0415

    return Path(args.tls_certfile) if args.tls_keyfile and args.tls_certfile else None

"""What the paid part works with: the library's own session, in a folder of this command."""

from __future__ import annotations

import asyncio
import functools
import io
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from drawing.dusk import dusk
from wan27.api.client import Client
from wan27.api.hosts import SIMULATOR
from wan27.api.key import Account
from wan27.errors import InvalidSetting
from wan27.job import Job
from wan27.journal.journal import Journal
from wan27.medium import ImageFile
from wan27.money import Price, parse_price
from wan27.session import Progress, Session
from wan27.upload.choose import choose_uploader
from wan27.upload.model_studio import TemporaryUpload, Uploads
from wan27.upload.uploader import Uploader

from .contract import SECONDS, TIER

TIMEOUT_SECONDS = 3600.0
# 3:4, so that the size of the video shows how its sides are rounded.
_SIZE = (480, 640)
# It names the image in the fingerprint: another Pillow may draw and compress another one, and it
# must stay the same request, or a second run would buy it again.
_IMAGE = "the image of make live, version 1"


@functools.cache
def picture() -> ImageFile:
    """Return the image that is sent: a part of the demo's, 480 × 640, as PNG."""
    image = dusk()
    left = (image.width - image.height * _SIZE[0] // _SIZE[1]) // 2
    image = image.crop((left, 0, image.width - left, image.height)).resize(_SIZE)
    files = [io.BytesIO(), io.BytesIO()]
    image.save(files[0], "png")
    image.save(files[1], "jpeg", quality=90)
    png, thumbnail = (file.getvalue() for file in files)
    return ImageFile(png, *_SIZE, content_hash=_IMAGE, thumbnail=thumbnail)


def smallest_job() -> Job:
    """Return the one request that may cost money: 2 s at 720P."""
    return Job(
        media={"first_frame": picture()},
        prompt="The sun sets behind the lake, gentle waves, a steady camera.",
        seed=27,
        prompt_extend=False,
        duration=SECONDS,
        resolution=TIER,
    )


@asynccontextmanager
async def open_session(
    account: Account,
    folder: Path,
    report: Callable[[Progress], None],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Session]:
    """Yield a session whose journal and videos are in `folder`. Raises `InvalidSetting`."""
    videos = folder / "output" / "wan27"
    videos.mkdir(parents=True, exist_ok=True)
    client = Client(account)
    try:
        with tempfile.TemporaryDirectory(prefix="wan27-live-") as scratch:
            yield Session(
                account=account,
                client=client,
                journal=Journal(folder / "journal.sqlite3"),
                uploader=_uploader(client, Path(scratch)),
                folder=videos,
                make_scratch=lambda: Path(scratch),
                tick=lambda: None,
                report=report,
                timeout_seconds=TIMEOUT_SECONDS,
                max_cost=_max_cost(os.environ),
                prices=own_prices(os.environ),
                pause=pause,
            )
    finally:
        await client.aclose()


def with_simulator(account: Account) -> Account:
    """Return the account with the address of a simulator of this process, if that is its host."""
    if account.host != SIMULATOR:
        return account
    from wan27.simulator.shared import simulator_url  # noqa: PLC0415 - aiohttp

    return replace(account, host=replace(account.host, base_url=simulator_url()))


def own_prices(environment: Mapping[str, str]) -> dict[str, Price]:
    """Return WAN27_PRICE_720P, the user's own price. Raises `InvalidSetting`."""
    name = f"WAN27_PRICE_{TIER}"
    value = environment.get(name)
    if not value:
        return {}
    price = parse_price(value)
    if price is None:
        raise InvalidSetting(
            f'{name} is {value!r}. Set the price per second and its currency, such as "0.10 USD".'
        )
    return {TIER: price}


def _uploader(client: Client, scratch: Path) -> Uploader:
    """Return the bucket of WAN27_UPLOAD, else the host's own store, else the request itself."""
    value = os.environ.get("WAN27_UPLOAD")
    if value and value.strip().lower().startswith(("http://", "https://")):
        raise InvalidSetting(
            "WAN27_UPLOAD is an address that a ComfyUI serves from, and none runs here. Set it to"
            " a bucket (s3://, gs://, az://), or unset it to send the image inside the request."
        )
    if not (value or "").strip() and client.host.has_temporary_upload:
        return TemporaryUpload(client, Uploads())
    return choose_uploader(value, TIMEOUT_SECONDS, scratch)


def _max_cost(environment: Mapping[str, str]) -> Decimal | None:
    value = environment.get("WAN27_MAX_COST")
    if not value:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        raise InvalidSetting(f"WAN27_MAX_COST is {value!r}. Set a number such as 3.5.") from None

"""Every setting that is no key: how the page may show it, and how a Run would judge it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...wan27.api.hosts import HOSTS, SIMULATOR
from ...wan27.api.key import Account, choose_account
from ...wan27.errors import InvalidSetting, MissingKey
from .store import Settings

HOST_NAMES = tuple(host.name for host in (*HOSTS, SIMULATOR))


@dataclass(frozen=True, slots=True)
class Setting:
    """One row.

    `kind` is choice, text, number or switch; `check` raises `InvalidSetting` for a value that no
    Run could use.

    `outside` marks what only the environment or the file may say: it decides where the key is sent,
    and whoever reaches ComfyUI's routes may use the key, but never have it.
    """

    name: str
    kind: str
    check: Callable[[Settings, Path], object]
    choices: tuple[str, ...] | None = None
    outside: bool = False


def _host(settings: Settings, _serving: Path) -> None:
    with suppress(MissingKey):  # the key may come later
        choose_account({"WAN27_HOST": settings.get("WAN27_HOST")}.get)


def _base_url(settings: Settings, _serving: Path) -> None:
    choose_account(
        {"WAN27_HOST": SIMULATOR.name, "WAN27_BASE_URL": settings.get("WAN27_BASE_URL")}.get
    )


def rows(check_upload: Callable[[Settings, Account | None, Path], None]) -> tuple[Setting, ...]:
    """Return every setting.

    `check_upload` judges WAN27_UPLOAD: it needs packages that may not be installed.
    """

    def upload(settings: Settings, serving: Path) -> None:
        account = None
        with suppress(MissingKey, InvalidSetting):  # reported by the setting that causes it
            account = choose_account(settings.get)
        check_upload(settings, account, serving)

    return (
        Setting("WAN27_HOST", "choice", _host, ("", *HOST_NAMES)),
        Setting("WAN27_UPLOAD", "text", upload),
        Setting("WAN27_JPEG", "switch", lambda settings, _: settings.allow_jpeg),
        Setting("WAN27_MAX_COST", "number", lambda settings, _: settings.max_cost),
        Setting("WAN27_PRICE_720P", "text", lambda settings, _: settings.price("720P")),
        Setting("WAN27_PRICE_1080P", "text", lambda settings, _: settings.price("1080P")),
        Setting("WAN27_KEEP_DAYS", "number", lambda settings, _: settings.keep_days),
        Setting("WAN27_TIMEOUT", "number", lambda settings, _: settings.timeout_seconds),
        Setting("WAN27_BASE_URL", "text", _base_url, outside=True),
    )

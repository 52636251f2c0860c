"""Every setting that is not a key: its kind, and the check that a Run would make of its value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...wan27.api.hosts import HOST_NAMES, SIMULATOR
from ...wan27.api.key import choose_account
from ...wan27.errors import LABELS, InvalidSetting, MissingKey
from ..missing_packages import explain_missing_packages
from .store import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    `kind` is "choice", "text", "number" or "switch". `check` takes the settings and the serving
    folder, and raises `InvalidSetting` for a value that no Run could use. `read_only` is for a
    setting that decides where the key is sent: a user of ComfyUI's page may use the key, but must
    not be able to read it.
    """

    name: str
    kind: str
    check: Callable[[Settings, Path], object]
    choices: tuple[str, ...] | None = None
    read_only: bool = False

    @property
    def label(self) -> str:
        """Its name in English texts for people."""
        return LABELS[self.name]


def _check_host(settings: Settings, _serving: Path) -> None:
    with suppress(MissingKey):  # the key may be set later
        choose_account({"WAN27_HOST": settings.get("WAN27_HOST")}.get)


def _check_base_url(settings: Settings, _serving: Path) -> None:
    choose_account(
        {"WAN27_HOST": SIMULATOR.name, "WAN27_BASE_URL": settings.get("WAN27_BASE_URL")}.get
    )


def _check_upload(settings: Settings, serving: Path) -> None:
    with explain_missing_packages():
        from ..upload import check_upload  # noqa: PLC0415 - httpx

    account = None
    with suppress(MissingKey, InvalidSetting):  # reported by the setting that causes it
        account = choose_account(settings.get)
    check_upload(settings, account, serving)


def _check_serve_port(settings: Settings, serving: Path) -> None:
    from ..page.media import serve_port  # noqa: PLC0415 - aiohttp

    serve_port(settings, serving)


SETTINGS = (
    Setting("WAN27_HOST", "choice", _check_host, ("", *HOST_NAMES)),
    Setting("WAN27_UPLOAD", "text", _check_upload),
    Setting("WAN27_SERVE_PORT", "text", _check_serve_port),
    Setting("WAN27_JPEG", "switch", lambda settings, _: settings.allow_jpeg),
    Setting("WAN27_MAX_COST", "number", lambda settings, _: settings.max_cost),
    Setting("WAN27_MAX_COST_DAY", "number", lambda settings, _: settings.max_cost_day),
    Setting("WAN27_MAX_SECONDS_DAY", "number", lambda settings, _: settings.max_seconds_day),
    Setting("WAN27_PRICE_720P", "text", lambda settings, _: settings.price("720P")),
    Setting("WAN27_PRICE_1080P", "text", lambda settings, _: settings.price("1080P")),
    Setting("WAN27_KEEP_DAYS", "number", lambda settings, _: settings.keep_days),
    Setting("WAN27_TIMEOUT", "number", lambda settings, _: settings.timeout_seconds),
    Setting("WAN27_BASE_URL", "text", _check_base_url, read_only=True),
)

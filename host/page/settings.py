"""The settings as the page shows and changes them.

A key goes in and never comes out; what the environment says cannot be changed here.

Blocking. Knows nothing of ComfyUI: `folder` holds the files, `serving` is the folder that ComfyUI
serves (uploading.py).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from ...wan27.api.hosts import HOSTS
from ...wan27.api.key import Account, Key, choose_account
from ...wan27.errors import (
    InvalidSetting,
    Wan27Error,
)
from ..folders import serving_folder, state_folder
from ..missing_packages import required
from ..settings.schema import HOST_NAMES, Setting, rows
from ..settings.store import CREDENTIALS, SETTINGS, Settings, store
from ..status.text import host_title
from .http import Refused

_KEYS = {host.key_variable: host for host in HOSTS}


def _check_upload(settings: Settings, account: Account | None, serving: Path) -> None:
    with required():
        from ..upload import uploader  # noqa: PLC0415 - httpx, which may not be installed

    uploader(settings, account, serving)


_ROWS = rows(_check_upload)
_BY_NAME = {setting.name: setting for setting in _ROWS}


def view(folder: Path, serving: Path) -> dict[str, Any]:
    """What GET /wan27/settings answers: the host, what is wrong, which keys are set, and every other setting."""
    try:
        settings, problem = Settings(folder), None
    except InvalidSetting as error:
        settings, problem = Settings(None), str(error)
    return {
        "host": _host(settings),
        "problem": problem or _problem(settings, serving),
        "keys": [_key_row(name, settings) for name in _KEYS],
        "settings": [_row(row, settings) for row in _ROWS],
    }


def change_settings(folder: Path, serving: Path, body: Mapping[str, Any]) -> None:
    """Write settings.

    All or nothing: raises `Refused` where one cannot be changed, or holds what no Run could use.
    """
    values = {name: _text(name, value) for name, value in body.items()}
    settings = Settings(folder)
    for name in values:
        _refuse_unchangeable(name, settings)
    changed = settings.changed(values)
    for name in values:
        try:
            _BY_NAME[name].check(changed, serving)
        except InvalidSetting as error:
            raise Refused(400, str(error)) from None
    store(folder, SETTINGS, values)


def change_key(folder: Path, body: Mapping[str, Any]) -> None:
    """Write or remove a key. Raises `Refused`, which never quotes it."""
    name, value = body.get("name"), body.get("value")
    if not isinstance(name, str) or name not in _KEYS:
        raise Refused(400, f"Name one of {', '.join(_KEYS)}.")
    if Settings(folder).is_locked(name):
        raise _locked(name)
    if not isinstance(value, str | None):
        raise Refused(400, f"{name} must be a text, or null to remove it.")
    if value:
        try:
            Key(value, name)
        except InvalidSetting as error:
            raise Refused(400, str(error)) from None
    store(folder, CREDENTIALS, {name: value})


def _refuse_unchangeable(name: str, settings: Settings) -> None:
    if name in _KEYS:
        raise Refused(
            400, f"{name} is a key, which is kept apart: give it as a key, not as a setting."
        )
    if name not in _BY_NAME:
        raise Refused(
            400, f"{name[:80]} is no setting of this pack. There are {', '.join(_BY_NAME)}."
        )
    if settings.is_locked(name):
        raise _locked(name)
    if _BY_NAME[name].outside:
        raise Refused(
            409,
            f"{name} decides where your key is sent. Set it in the environment or in settings.json,"
            " and not from a page.",
        )


def _locked(name: str) -> Refused:
    return Refused(
        409,
        f"{name} is set in the environment of ComfyUI, which wins. Change it there and restart"
        " ComfyUI.",
    )


def _text(name: str, value: object) -> str | None:
    """A JSON value as a file holds it; None where it is to be removed."""
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return str(value)
    raise Refused(400, f"{name[:80]} must be a text, a number, true or false, or null to unset it.")


def _host(settings: Settings) -> dict[str, str] | None:
    with suppress(Wan27Error):
        name = choose_account(settings.get).host.name
        return {"name": name, "title": host_title(name)}
    return None


def _problem(settings: Settings, serving: Path) -> str | None:
    try:
        choose_account(settings.get)
        for row in _ROWS:
            row.check(settings, serving)
    except Wan27Error as error:
        return str(error)
    return None


def _key_row(name: str, settings: Settings) -> dict[str, Any]:
    host = _KEYS[name]
    is_set, locked = settings.get(name) is not None, settings.is_locked(name)
    return {
        "name": name,
        "host": host.name,
        "title": host.title,
        "set": is_set,
        "locked": locked,
        "console": host.console,
    }


def _row(row: Setting, settings: Settings) -> dict[str, Any]:
    value = settings.get(row.name)
    return {
        "name": row.name,
        "kind": row.kind,
        "choices": row.choices and list(row.choices),
        "value": None if value is None else _shown(row, value.strip(), settings),
        "locked": row.outside or settings.is_locked(row.name),
    }


def _shown(row: Setting, value: str, settings: Settings) -> str:
    """A value as the page may know it: its form where several say the same, and nothing of an address that could be a secret."""
    if row.kind == "choice":
        return value.lower() if value.lower() in HOST_NAMES else value
    if row.kind == "switch":
        with suppress(InvalidSetting):
            return "1" if settings.allow_jpeg else "0"
    return _without_secrets(value) if row.name in {"WAN27_UPLOAD", "WAN27_BASE_URL"} else value


def _without_secrets(address: str) -> str:
    """An address without user, password, query and fragment; people have been seen to put keys there, or a key alone."""
    scheme, mark, rest = re.split("[?#]", address)[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if mark else "…"


async def get_settings(_request: web.Request | None = None) -> dict[str, Any]:
    """GET /wan27/settings."""
    return await asyncio.to_thread(lambda: view(state_folder(), serving_folder()))


async def post_settings(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/settings."""
    await asyncio.to_thread(lambda: change_settings(state_folder(), serving_folder(), body))
    return await get_settings()


async def post_key(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/keys."""
    await asyncio.to_thread(lambda: change_key(state_folder(), body))
    return await get_settings()


async def post_check(_body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/check."""
    from .key_check import check_key  # noqa: PLC0415 - httpx, which may not be installed

    return await check_key(await asyncio.to_thread(lambda: Settings(state_folder())))

"""The settings as the page shows and changes them.

A key is written and never returned. What the environment sets cannot be changed here. `folder` is
where the files are, `serving` the folder that ComfyUI serves.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from ...wan27.api.hosts import HOST_NAMES, HOSTS, hosts_by_key
from ...wan27.api.key import Key, choose_account
from ...wan27.errors import LABELS, InvalidSetting, MissingKey, Wan27Error
from ..folders import serving_folder, state_folder
from ..settings.schema import SETTINGS, Setting
from ..settings.store import CREDENTIALS_FILE, SETTINGS_FILE, Settings, save
from ..status.events import send_settings_changed
from ..status.text import host_title
from .http import HttpError

# First the key that needs no bucket beside it: a newcomer begins there.
_KEYS = dict(sorted(hosts_by_key().items(), key=lambda each: not each[1].has_temporary_upload))
_TITLES = {host.name: host.title for host in HOSTS}
_BY_NAME = {setting.name: setting for setting in SETTINGS}


async def get_settings(_request: web.Request | None = None) -> dict[str, Any]:
    """GET /wan27/settings: see `view`."""
    return await asyncio.to_thread(lambda: view(state_folder(), serving_folder()))


async def post_settings(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/settings: values by name; null unsets one."""
    await asyncio.to_thread(lambda: change_settings(state_folder(), serving_folder(), body))
    send_settings_changed()
    return await get_settings()


async def post_key(body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/keys: the `name` and `value` of one key; null removes it."""
    await asyncio.to_thread(lambda: change_key(state_folder(), body))
    send_settings_changed()
    return await get_settings()


async def post_check(_body: dict[str, Any]) -> dict[str, Any]:
    """POST /wan27/check: check the key that a Run would use."""
    from .key_check import check_key  # noqa: PLC0415 - httpx, which may not be installed

    return await check_key(await asyncio.to_thread(lambda: Settings(state_folder())))


def view(folder: Path, serving: Path) -> dict[str, Any]:
    """Return the host, the first problem, which keys are set, and all other settings.

    A missing key is no problem but where everyone begins: there is no host then.
    """
    try:
        settings, problem = Settings(folder), None
    except InvalidSetting as error:
        settings, problem = Settings(None), str(error)
    return {
        "host": _host(settings),
        "problem": problem or _problem(settings, serving),
        "keys": [_key_row(name, settings) for name in _KEYS],
        "settings": [_row(setting, settings) for setting in SETTINGS],
    }


def change_settings(folder: Path, serving: Path, body: Mapping[str, Any]) -> None:
    """Write all settings of `body`; raise `HttpError` and write nothing if one is refused."""
    values = {name: _text(name, value) for name, value in body.items()}
    settings = Settings(folder)
    for name in values:
        _require_writable(name, settings)
    changed = settings.changed(values)
    for name in values:
        try:
            _BY_NAME[name].check(changed, serving)
        except InvalidSetting as error:
            raise HttpError(400, str(error)) from None
    save(folder, SETTINGS_FILE, values)


def change_key(folder: Path, body: Mapping[str, Any]) -> None:
    """Write or remove a key. Raises `HttpError`, which never quotes it."""
    name, value = body.get("name"), body.get("value")
    if not isinstance(name, str) or name not in _KEYS:
        raise HttpError(400, f"name must be one of {', '.join(_KEYS)}.")
    if Settings(folder).is_locked(name):
        raise _locked(name)
    if not isinstance(value, str | None):
        raise HttpError(400, f"{name} must be a text, or null to remove it.")
    if value:
        try:
            Key(value, name)
        except InvalidSetting as error:
            raise HttpError(400, str(error)) from None
    save(folder, CREDENTIALS_FILE, {name: value})


def _require_writable(name: str, settings: Settings) -> None:
    if name in _KEYS:
        raise HttpError(400, f"{name} is an API key. Enter it as a key, not as a setting.")
    if name not in _BY_NAME:
        raise HttpError(
            400, f"{name[:80]} is not a setting. The settings are {', '.join(_BY_NAME)}."
        )
    if settings.is_locked(name):
        raise _locked(name)
    if _BY_NAME[name].read_only:
        raise HttpError(
            409,
            f'The setting "{_BY_NAME[name].label}" decides where your key is sent, so no page can'
            f" change it. Set {name} in the environment or in settings.json.",
        )


def _locked(name: str) -> HttpError:
    return HttpError(
        409,
        f'"{LABELS[name]}" is set by the environment variable {name}. Change it there, then restart'
        " ComfyUI.",
    )


def _text(name: str, value: object) -> str | None:
    """Return a JSON value as the files store it; None removes it."""
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return str(value)
    raise HttpError(
        400, f"{name[:80]} must be a text, a number, true or false, or null to unset it."
    )


def _host(settings: Settings) -> dict[str, str] | None:
    with suppress(Wan27Error):
        host = choose_account(settings.get).host
        return {"name": host.name, "title": host_title(host.name), "key": host.key_variable}
    return None


def _problem(settings: Settings, serving: Path) -> str | None:
    """Return the error that a Run would end with because of the settings; None for no key."""
    try:
        with suppress(MissingKey):
            choose_account(settings.get)
        for setting in SETTINGS:
            setting.check(settings, serving)
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
        "is_enough": host.has_temporary_upload,
    }


def _row(setting: Setting, settings: Settings) -> dict[str, Any]:
    value = settings.get(setting.name)
    return {
        "name": setting.name,
        "kind": setting.kind,
        "choices": setting.choices and list(setting.choices),
        "titles": _TITLES if setting.name == "WAN27_HOST" else {},
        "value": None if value is None else _shown(setting, value.strip(), settings),
        "locked": setting.read_only or settings.is_locked(setting.name),
    }


def _shown(setting: Setting, value: str, settings: Settings) -> str:
    """Return a value in its one spelling, and an address without anything secret."""
    if setting.kind == "choice":
        return value.lower() if value.lower() in HOST_NAMES else value
    if setting.kind == "switch":
        with suppress(InvalidSetting):
            return "1" if settings.allow_jpeg else "0"
    return _without_secrets(value) if setting.name in {"WAN27_UPLOAD", "WAN27_BASE_URL"} else value


def _without_secrets(address: str) -> str:
    """Return an address without user, password, query and fragment; "…" if it is not an address."""
    scheme, separator, rest = re.split("[?#]", address)[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else "…"

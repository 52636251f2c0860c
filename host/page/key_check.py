"""The check of the chosen host's key: it asks for a task that cannot exist, which is free."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import Any

from ...wan27.api.client import Client
from ...wan27.api.hosts import SIMULATOR
from ...wan27.api.key import Account, choose_account
from ...wan27.api.retry import READ
from ...wan27.errors import (
    BalanceTooLow,
    HostRefused,
    KeyRefused,
    NotAllowed,
    TaskUnknown,
    Wan27Error,
)
from ..settings.store import Settings

# A person waits for it.
_PATIENCE = replace(READ, connect_seconds=10.0, read_seconds=15.0, call_seconds=20.0)


async def check_key(settings: Settings) -> dict[str, Any]:
    """`ok` only where the host's answer shows that it knows the key; `message` says what was found, or that it proves nothing."""
    try:
        account = choose_account(settings.get)
        if account.host == SIMULATOR:
            return _found("The simulator needs no key, and every Run is free.", ok=True)
        return await _asked(account)
    except Wan27Error as error:
        return _found(str(error))


async def _asked(account: Account) -> dict[str, Any]:
    client = await asyncio.to_thread(Client, account, reading=_PATIENCE)  # it reads certificates
    title = account.host.title
    try:
        task = await client.task(str(uuid.uuid4()))
    except TaskUnknown:
        return _found(f"{title} accepts the key in {_source(account)}.", ok=True)
    except BalanceTooLow as error:
        return _found(f"{title} accepts the key in {_source(account)}, but: {error}")
    except (KeyRefused, NotAllowed) as error:
        return _found(str(error))
    except HostRefused as error:
        return _found(f"This proves nothing about the key: {error}")
    except Wan27Error as error:
        return _found(f"The key could not be tried. {error}")
    finally:
        await client.aclose()
    return _found(
        f"This proves nothing about the key: {title} answered for a task that does not exist"
        f" ({task.status.name.lower()})."
    )


def _source(account: Account) -> str:
    return account.host.key_variable


def _found(message: str, *, ok: bool = False) -> dict[str, Any]:
    return {"ok": ok, "message": message}

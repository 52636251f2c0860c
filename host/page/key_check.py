"""The check of the chosen host's key by a free call of its protocol.

A key that works is shown with what is left on the account, where the host says so.
"""

from __future__ import annotations

import asyncio
import logging
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
    Wan27Error,
)
from ...wan27.money import format_money
from ..settings.store import Settings

logger = logging.getLogger(__name__)

# The user waits for it.
_POLICY = replace(READ, connect_seconds=10.0, read_seconds=15.0, call_seconds=20.0)
_BALANCE_SECONDS = 5.0  # it only adds to the message


async def check_key(settings: Settings) -> dict[str, Any]:
    """Return `ok` and a `message`; `ok` is True only if the response proves that the key works."""
    try:
        account = choose_account(settings.get)
        if account.host == SIMULATOR:
            return _result("The simulator needs no key, and every Run is free.", ok=True)
        return await _ask(account)
    except Wan27Error as error:
        return _result(str(error))


async def _ask(account: Account) -> dict[str, Any]:
    client = await asyncio.to_thread(Client, account, reading=_POLICY)  # it reads certificates
    title = account.host.title
    try:
        if await client.prove_key():
            balance = await _balance(client, title)
            return _result(f"{title} accepts the key.{balance}", ok=True)
    except BalanceTooLow as error:
        return _result(f"{title} accepts the key, but: {error}")
    except (KeyRefused, NotAllowed) as error:
        return _result(str(error))
    except HostRefused as error:
        return _result(f"The key was not checked: {error}")
    except Wan27Error as error:
        return _result(f"The key was not checked. {error}")
    finally:
        await client.aclose()
    return _result(f"The key was not checked: {title} returned a task that does not exist.")


async def _balance(client: Client, title: str) -> str:
    """Return the sentence on what is left, "" where the host does not say: no key fails by it."""
    try:
        balance = await asyncio.wait_for(client.balance(), _BALANCE_SECONDS)
    except (Wan27Error, asyncio.TimeoutError) as error:
        logger.info("Wan 2.7: %s did not say what is left on the account. %s", title, error)
        return ""
    if balance is None:
        return ""
    if not balance.currency:
        return f" Balance: {balance.amount:f}, in {title}'s own unit."
    return f" Balance: {format_money(balance.amount, balance.currency)}."


def _result(message: str, *, ok: bool = False) -> dict[str, Any]:
    return {"ok": ok, "message": message}

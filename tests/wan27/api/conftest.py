"""Clients of raw hosts, closed when the test is over."""

from __future__ import annotations

import asyncio

import pytest

from wan27.api.client import Client
from wan27.api.key import choose_account

KEY = "canary-3f/9+c=b~71"


@pytest.fixture
def make_client():
    """Make clients of a base URL with the canary key; a test may shorten their timeouts."""
    clients = []

    def make(base_url, **policies):
        clients.append(
            Client(
                choose_account({"NOVITA_API_KEY": KEY, "WAN27_BASE_URL": base_url}.get), **policies
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        asyncio.run(client.aclose())

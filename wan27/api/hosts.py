"""The hosts of the API, one row each, with the protocol that each speaks.

Addresses and key variables: the hosts' own pages
(https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v,
https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v,
https://ppio.com/docs/models/reference-wan2.7-i2v).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .addresses import is_loopback
from .protocols.async_v3 import ASYNC_V3
from .protocols.port import Protocol


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the API.

    `name` is its value in WAN27_HOST, `title` its name in texts, `console` the page of its keys,
    `billing` the page that lists what was charged ("" where none is known). `failures_are_free`:
    the host documents that a failed task is not charged.
    """

    name: str
    title: str
    base_url: str
    key_variable: str
    console: str
    billing: str = ""
    failures_are_free: bool = False
    protocol: Protocol = field(default=ASYNC_V3, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the API runs on this machine (a simulator, a test host)."""
        return is_loopback(self.base_url)

    @property
    def title_first(self) -> str:
        """The title as the first words of a sentence: "The simulator"."""
        return self.title[:1].upper() + self.title[1:]


HOSTS = (
    Host(
        "jiekou",
        "JieKou",
        "https://api.jiekou.ai",
        "JIEKOU_API_KEY",
        "https://jiekou.ai",
        "https://jiekou.vip/billing/details",
    ),
    Host(
        "novita",
        "Novita",
        "https://api.novita.ai",
        "NOVITA_API_KEY",
        "https://novita.ai/settings/key-management",
        "https://novita.ai/billing/details",
    ),
    Host(
        "ppio",
        "PPIO",
        "https://api.ppio.com",
        "PPIO_API_KEY",
        "https://ppio.com/settings/key",
        "https://ppio.com/billing",
    ),
)
SIMULATOR = Host("simulator", "the simulator", "", "", "", failures_are_free=True)


def billing_page(host_id: str) -> str:
    """Return the page that lists what a host charged; "" where none is known.

    None is known for an address of the user's own (WAN27_BASE_URL).
    """
    return next((host.billing for host in HOSTS if host.name == host_id), "")

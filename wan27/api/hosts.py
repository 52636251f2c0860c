"""The hosts of the API, one row each.

Addresses and key variables: the hosts' own pages
(https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v,
https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v,
https://ppio.com/docs/models/reference-wan2.7-i2v).
"""

from __future__ import annotations

from dataclasses import dataclass

from .addresses import is_loopback


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the API.

    `name` is its word in WAN27_HOST, `title` its name for people, `console` where its account page
    lives.
    """

    name: str
    title: str
    base_url: str
    key_variable: str
    console: str

    @property
    def is_local(self) -> bool:
        """Whether the API runs on this machine (a simulator, a test host), which can fetch what no host outside could."""
        return is_loopback(self.base_url)


HOSTS = (
    Host("jiekou", "JieKou", "https://api.jiekou.ai", "JIEKOU_API_KEY", "https://jiekou.ai"),
    Host(
        "novita",
        "Novita",
        "https://api.novita.ai",
        "NOVITA_API_KEY",
        "https://novita.ai/settings/key-management",
    ),
    Host("ppio", "PPIO", "https://api.ppio.com", "PPIO_API_KEY", "https://ppio.com/settings/key"),
)
SIMULATOR = Host("simulator", "the simulator", "", "", "")

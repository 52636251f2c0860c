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

    `name` is its value in WAN27_HOST, `title` its name in texts, `console` its account page.
    """

    name: str
    title: str
    base_url: str
    key_variable: str
    console: str

    @property
    def is_local(self) -> bool:
        """Whether the API runs on this machine (a simulator, a test host)."""
        return is_loopback(self.base_url)

    @property
    def title_first(self) -> str:
        """The title as the first words of a sentence: "The simulator"."""
        return self.title[:1].upper() + self.title[1:]


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

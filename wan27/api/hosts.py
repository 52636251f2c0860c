"""The hosts of the API, one row each, with the protocol that each speaks.

Addresses and key variables: the hosts' own pages
(https://novita.ai/docs/api-reference/model-apis-wan2.7-i2v,
https://docs.jiekou.ai/en/docs/models/reference-wan2.7-i2v,
https://ppio.com/docs/models/reference-wan2.7-i2v,
https://www.alibabacloud.com/help/en/model-studio/image-to-video-general-api-reference and its
Chinese twin at help.aliyun.com).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .addresses import is_loopback
from .protocols.async_v3 import ASYNC_V3
from .protocols.model_studio import MODEL_STUDIO
from .protocols.port import Protocol


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the API.

    `name` is its value in WAN27_HOST, `title` its name in texts, `console` the page of its keys,
    `billing` the page that lists what was charged ("" where none is known). `failures_are_free`:
    the host documents that a failed task is not charged. `region` is where its keys are valid,
    "" where they have none; `domains` are other names of that region, or ends of names.
    `has_temporary_upload`: it stores media for a while (upload/).
    """

    name: str
    title: str
    base_url: str
    key_variable: str
    console: str
    billing: str = ""
    failures_are_free: bool = False
    region: str = ""
    domains: tuple[str, ...] = ()
    has_temporary_upload: bool = False
    protocol: Protocol = field(default=ASYNC_V3, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the API runs on this machine (a simulator, a test host)."""
        return is_loopback(self.base_url)

    @property
    def title_first(self) -> str:
        """The title as the first words of a sentence: "The simulator"."""
        return self.title[:1].upper() + self.title[1:]

    def owns(self, address: str) -> bool:
        """Return whether an address is known to be this host's own."""
        try:
            name = urlsplit(address.strip()).hostname or ""
        except ValueError:  # brackets that cannot be read
            return False
        return name == urlsplit(self.base_url).hostname or name.endswith(self.domains)

    @property
    def key_hint(self) -> str:
        """What to know of a refused key whose host has a region; "" where it has none."""
        if not self.region:
            return ""
        others = " or ".join(
            f"{host.title} for a key of {host.region}"
            for host in HOSTS
            if host.key_variable == self.key_variable and host.name != self.name
        )
        return (
            f"It must be a key of the region of {self.base_url}, {self.region}: choose the host"
            f" {others}."
        )


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
    Host(
        "alibaba",
        "Alibaba",
        "https://dashscope-intl.aliyuncs.com",
        "DASHSCOPE_API_KEY",
        "https://modelstudio.console.alibabacloud.com/",
        "https://modelstudio.console.alibabacloud.com/",
        failures_are_free=True,
        region="Singapore",
        domains=(".ap-southeast-1.maas.aliyuncs.com",),
        has_temporary_upload=True,
        protocol=MODEL_STUDIO,
    ),
    Host(
        "alibaba-cn",
        "Alibaba China",
        "https://dashscope.aliyuncs.com",
        "DASHSCOPE_API_KEY",
        "https://bailian.console.aliyun.com/",
        "https://bailian.console.aliyun.com/?tab=costing-balance#/costing-balance/usage-statistics",
        failures_are_free=True,
        region="Beijing",
        domains=(".cn-beijing.maas.aliyuncs.com",),
        has_temporary_upload=True,
        protocol=MODEL_STUDIO,
    ),
)
SIMULATOR = Host("simulator", "the simulator", "", "", "", failures_are_free=True)
HOST_NAMES = tuple(host.name for host in (*HOSTS, SIMULATOR))


def hosts_by_key() -> dict[str, Host]:
    """Return a host for each key variable: the first where two share one."""
    hosts: dict[str, Host] = {}
    for host in HOSTS:
        hosts.setdefault(host.key_variable, host)
    return hosts

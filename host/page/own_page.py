"""Which pages may write: those of this very ComfyUI, under a name that DNS rebinding cannot fake.

A page of another name can make its name lead to this machine; then Origin and Host agree although
the page is foreign. It cannot do so with an IP address, with a name that only the local network
resolves, or over https, since it has no certificate for its name here. Everything else must be
named in WAN27_PAGE_HOSTS. X-Forwarded-Host is never trusted: a page can set it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ...wan27.api.addresses import LOCAL_SUFFIXES

VARIABLE = "WAN27_PAGE_HOSTS"

_PORTS = {"http": 80, "https": 443}

_FOREIGN = (
    "This request came from another site. Use ComfyUI's own page. A proxy in front of it must pass"
    f" on the Host header with its port, or serve it over https; else set {VARIABLE} to the page's"
    " name in the environment of ComfyUI."
)

GetSetting = Callable[[str], str | None]


def write_problem(headers: Mapping[str, str], get_setting: GetSetting) -> str:
    """Return why the page that sent these headers may not write; "" if it may.

    No page can set these headers. Without an Origin it is not a browser. Over https the browser's
    own word is enough: the proxies of rented machines pass on another Host.
    """
    origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site", "none")
    if site not in {"none", "same-origin"}:
        return _FOREIGN
    is_same_site = site == "same-origin"
    if origin is None or (is_same_site and origin.startswith("https://")):
        return ""
    return _origin_problem(origin, headers.get("Host", ""), get_setting, is_same_site=is_same_site)


def _origin_problem(origin: str, host: str, get_setting: GetSetting, *, is_same_site: bool) -> str:
    """Return why a page of this origin may not write to the server of that Host; "" if it may."""
    try:
        page, server = urlsplit(origin), urlsplit(f"//{host}")
        default = _PORTS.get(page.scheme)
        # Many a proxy's Host has no port (`$host` of nginx), and a page of another port has another
        # owner, so the browser or the user must say that it is this one.
        is_known = is_same_site or page.hostname in _trusted(get_setting)
        is_same_port = (server.port or default) == (page.port or default)
        is_same_port |= server.port is None and is_known
        is_same = page.hostname is not None and page.hostname == server.hostname and is_same_port
    except ValueError:  # not a URL
        is_same = False
    if not is_same:
        return _FOREIGN
    name = str(page.hostname)
    if page.scheme == "https" or _is_local(name) or name in _trusted(get_setting):
        return ""
    return (
        f"Settings and tasks cannot be changed from http://{name}, because another site could"
        f" pretend to have that name. Open ComfyUI by its IP address or by https, or set"
        f" {VARIABLE}={name} in the environment of ComfyUI."
    )


def _is_local(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(LOCAL_SUFFIXES)
    return True


def _trusted(get_setting: GetSetting) -> set[str]:
    names = {name.strip().lower() for name in (get_setting(VARIABLE) or "").split(",")}
    upload = get_setting("WAN27_UPLOAD") or ""
    # With a port for media alone, no page of ComfyUI is at that address.
    if upload.startswith(("http://", "https://")) and not get_setting("WAN27_SERVE_PORT"):
        names.add(urlsplit(upload).hostname or "")
    return names - {""}

"""Tunnels and logins that answer with a page instead of the file: which one, and the way out.

Sources: the pages of each (ngrok's ERR_NGROK_6024, Microsoft's dev tunnels "security", zrok's
"interstitial pages"), and reports of their users.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .serving_folder import PATH

_ELSE = "or use another tunnel (cloudflared), or set WAN27_UPLOAD to a bucket"


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One kind of page: what people see, and what to do about it.

    `hosts` are ends of the public address, `marks` a pattern in the page, its headers or the URL
    that it redirects to; one of the two is enough. `for_browsers`: others may get the file.
    """

    shows: str
    way_out: str
    hosts: tuple[str, ...] = ()
    marks: str = r"(?!)"
    for_browsers: bool = False


# The first that fits: what the page itself says comes before where it was.
_TUNNELS = (
    Tunnel(
        "ngrok shows browsers a warning page (ERR_NGROK_6024)",
        f"use a paid plan of ngrok, which shows none, {_ELSE}",
        marks="err_ngrok_6024|ngrok-skip-browser-warning",
        for_browsers=True,
    ),
    Tunnel(
        "ngrok reports an error of its own instead of the file",
        "check that ngrok runs, leads to the port of this ComfyUI and is within its limits",
        marks=r"err_ngrok_\d+",
    ),
    Tunnel(
        "Cloudflare Access requires a login",
        f"add a Bypass policy for {PATH} there, or set WAN27_UPLOAD to a bucket",
        marks=r"cloudflareaccess\.com|cloudflare access|cdn-cgi/access",
    ),
    Tunnel(
        "the Cloudflare tunnel is not connected",
        "start cloudflared, and check that it leads to the port of this ComfyUI",
        marks=r"error (?:code: ?)?1033|(?:argo|cloudflare) tunnel error",
    ),
    Tunnel(
        "Cloudflare checks whether a browser is used",
        f"switch that off for {PATH} (Security → WAF, or Bot Fight Mode), or set WAN27_UPLOAD to a"
        " bucket",
        marks=r"cf-mitigated: ?challenge|just a moment\.\.\.|challenges\.cloudflare\.com",
        for_browsers=True,
    ),
    Tunnel(
        "localtunnel asks browsers for a password",
        "use another tunnel (cloudflared), or set WAN27_UPLOAD to a bucket",
        (".loca.lt", ".localtunnel.me"),
        "mytunnelpassword|bypass-tunnel-reminder|tunnel password",
        for_browsers=True,
    ),
    Tunnel(
        "the dev tunnel requires a login or shows browsers a warning page",
        "make its port public (VS Code: Port Visibility → Public; devtunnel: --allow-anonymous),"
        f" {_ELSE}",
        (".devtunnels.ms",),
        "x-tunnel-skip-antiphishing-page|tunnel_phishing",
        for_browsers=True,
    ),
    Tunnel(
        "GitHub requires a login for this port",
        "make it public (Ports → Port Visibility → Public), or set WAN27_UPLOAD to a bucket",
        (".app.github.dev", ".githubpreview.dev", ".github.dev"),
    ),
    Tunnel(
        "zrok shows browsers a warning page",
        f"verify your zrok account with a card, which ends it, or host zrok yourself, {_ELSE}",
        (".zrok.io",),
        "zrok_interstitial",
        for_browsers=True,
    ),
    Tunnel(
        "serveo shows browsers a warning page",
        f"use a paid plan of serveo, {_ELSE}",
        (".serveo.net", ".serveousercontent.com"),
        "serveo-skip-browser-warning",
        for_browsers=True,
    ),
    Tunnel(
        "pinggy shows browsers a warning page",
        f"use a paid plan of pinggy, {_ELSE}",
        (".pinggy.link", ".pinggy.online", ".pinggy.io"),
        "x-pinggy-no-screen",
        for_browsers=True,
    ),
    Tunnel(
        "this address is open only to the browser that is logged in to the notebook",
        "run a tunnel in the notebook (cloudflared), or set WAN27_UPLOAD to a bucket",
        (".colab.dev", ".colab.googleusercontent.com", ".kaggle.net"),
    ),
)


def find_tunnel(host: str, headers: Mapping[str, str], page: bytes) -> Tunnel | None:
    """Return the tunnel that answered for `host` with a page, None where none is known.

    `page` is its beginning; a redirect's target is among the headers.
    """
    lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
    text = f"{lines}\n{page.decode('utf-8', 'replace')}".lower()
    by_marks = (tunnel for tunnel in _TUNNELS if re.search(tunnel.marks, text))
    by_host = (tunnel for tunnel in _TUNNELS if f".{host.lower()}".endswith(tunnel.hosts))
    return next(by_marks, None) or next(by_host, None)

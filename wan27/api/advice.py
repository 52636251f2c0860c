"""Kinds of refusals and failures: for each, our error and what the user can do.

The hosts' documented reasons lead here (error_map.py), and so do their words: many failures come
without a reason, or pass on the words of the model behind the host. `{console}` is the page of the
host's keys, `{billing}` that of its charges, `{host}` its name, `{region}` what to know of its
keys, `{again}` how to try again. Sources of the words: the API's own pages, and failures that users
of these hosts and of the model behind them reported.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import errors
from ..errors import HostRefused
from ..limits import DURATION_SECONDS, MEDIA, RESOLUTIONS
from .hosts import Host


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: the error of a refused request, and the advice for a refusal or a failed task."""

    error: type[HostRefused]
    advice: str

    def sentence(self, host: Host, again: str = "Run again") -> str:
        """Return the advice as it is shown."""
        hint = f" {host.key_hint}" if host.key_hint else ""
        return self.advice.format(
            console=host.console,
            billing=host.billing or host.console,
            host=host.title_first,
            again=again,
            region=hint,
        ).strip()


KEY = Kind(
    errors.KeyRefused,
    "Check the key: it must be from this host, complete and not revoked.{region} {console}",
)
MONEY = Kind(errors.BalanceTooLow, "Top up the account, then {again}. {billing}")
CONTENT = Kind(errors.ContentRefused, "Change the prompt or the image, then {again}.")
MEDIUM = Kind(
    errors.RequestRefused, "Change the image or audio that the message names, then {again}."
)
REQUEST = Kind(errors.RequestRefused, "Change the input that the message names, then {again}.")
ALLOWED = Kind(errors.NotAllowed, "Ask the host to enable this model for your account. {console}")
QUOTA = Kind(
    errors.NotAllowed,
    "The free quota is used up: allow paid use in the host's console, then {again}. {console}",
)
IDENTITY = Kind(errors.NotAllowed, "Verify your identity at the host, then {again}. {console}")
MODEL = Kind(
    errors.NotAllowed,
    "The host has no such model at this address: check WAN27_HOST and WAN27_BASE_URL in the"
    " settings.",
)
ADDRESS = Kind(
    errors.RequestRefused,
    "The host has no such call at this address: check WAN27_HOST and WAN27_BASE_URL in the"
    " settings.",
)
TASK = Kind(
    errors.TaskUnknown,
    "Check the task id, and use the host and the key it was submitted with. Hosts delete old tasks"
    " after a while, and some also one that failed.",
)
RATE = Kind(errors.RateLimited, "Wait a minute, or run fewer videos at once.")
HOST = Kind(errors.HostFailed, "This is an error at the host. {again} in a few minutes.")
# A 403 that says nothing: hosts answer so to a bad key, an empty account and too many requests.
FORBIDDEN = Kind(
    errors.KeyRefused,
    "The host does not say which of three it is: check the key (from this host, complete and not"
    " revoked), check that the account has money, and if both are right wait a minute, since it may"
    " be the limit of requests. {console}",
)
# JieKou documents that a 403 which speaks of the balance may be its rate limit.
MONEY_OR_RATE = Kind(
    errors.BalanceTooLow,
    "Top up the account, then {again}. If it has enough, wait a minute: some hosts answer so to too"
    " many requests. {billing}",
)
UPSTREAM = Kind(
    errors.BalanceTooLow,
    "An account is in arrears: top up yours. If it has money, it is the host's own account, so tell"
    " its support. {billing}",
)
BLOCKED = Kind(
    errors.RequestRefused,
    "A protection in front of the host blocked this network, not your key. Switch off the VPN or"
    " proxy, or use another network, then {again}.",
)
LOGIN = Kind(
    errors.RequestRefused,
    "A network or proxy on the way answered instead of the host. Open any web page in a browser on"
    " this computer and log in there, then {again}.",
)
PROXY = Kind(
    errors.RequestRefused,
    "The proxy on the way requires a login: set HTTPS_PROXY to http://user:password@host:port.",
)
PROTECTED = Kind(
    errors.ContentRefused,
    "The prompt or an image seems to show a protected character, brand, work or person. Change it,"
    " then {again}.",
)
DOWNLOAD = Kind(
    errors.RequestRefused,
    "The host could not read an image, a clip or a sound at its URL. Check that the URL opens from"
    " anywhere without a login, or set WAN27_UPLOAD in the settings to a bucket, then {again}.",
)
NO_MEDIA = Kind(
    errors.RequestRefused,
    "The image or clip did not arrive at the model. Set WAN27_UPLOAD in the settings to a bucket so"
    " that it is sent as a URL; if it is one already, tell the host's support.",
)
SHAPE = Kind(
    errors.RequestRefused,
    "Change the size or shape of the image that the message is about, then {again}.",
)
SOUND_LENGTH = Kind(
    errors.RequestRefused,
    "Make driving_audio {:g} to {:g} seconds long, then {{again}}.".format(
        *(MEDIA["driving_audio"].seconds or ())
    ),
)
CLIP_AS_LONG = Kind(
    errors.RequestRefused,
    "The clip is as long as the whole video. Set duration longer than the clip, or shorten"
    " first_clip, then {again}.",
)
CLIP_LENGTH = Kind(
    errors.RequestRefused,
    "Make first_clip {:g} to {:g} seconds long, then {{again}}.".format(
        *(MEDIA["first_clip"].seconds or ())
    ),
)
DURATION = Kind(
    errors.RequestRefused,
    "Set duration to {} to {} seconds, then {{again}}.".format(*DURATION_SECONDS),
)
RESOLUTION = Kind(
    errors.RequestRefused, f"Set resolution to {' or '.join(RESOLUTIONS)}, then {{again}}."
)
BUSY = Kind(errors.HostFailed, "The host is overloaded or failed. {again} in a few minutes.")
GONE = Kind(
    errors.RequestRefused,
    "The host no longer knows the task: it is too old, belongs to another key, or failed (JieKou"
    " forgets failed tasks after 30 minutes).",
)
# Images were sent inside the request, and the host speaks of their URL.
URL_WANTED = Kind(
    errors.RequestRefused,
    "{host} seems to want a URL instead of an image inside the request. Set WAN27_UPLOAD in the"
    " settings to your own bucket (s3://…, gs://…, az://…) or to the public address of this ComfyUI"
    " (https://…), then {again}.",
)

"""The options of the command, and what a person must set before it can start."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wan27.api.hosts import HOST_NAMES, HOSTS
from wan27.api.key import Account, choose_account
from wan27.errors import InvalidSetting, MissingKey

from ..cache import cache_folder

_NAMES = ", ".join(HOST_NAMES)


@dataclass(frozen=True, slots=True)
class Options:
    """The options; `folder` None is the one in the user's cache."""

    host: str
    free: bool = False
    yes: bool = False
    folder: Path | None = None
    task: str = ""
    submit_again: bool = False

    def folder_of(self, account: Account) -> Path:
        """Return the folder of the journal, the video and the report: one for each host."""
        if self.folder is not None:
            return self.folder.expanduser().absolute()
        name = account.host.name
        if account.host_id != name:  # WAN27_BASE_URL
            name += "-" + hashlib.sha256(account.host_id.encode()).hexdigest()[:8]
        return cache_folder() / "live" / name


def parse(arguments: list[str]) -> Options:
    """Return the options in a command line."""
    parser = argparse.ArgumentParser(prog="make live", description=__doc__)
    add = parser.add_argument
    add("--host", default="", help=f"one of {_NAMES}")
    add("--free", action="store_true", help="stop before money is spent")
    add("--yes", action="store_true", help="do not ask before money is spent")
    add("--folder", type=Path, help="journal, video and report (default: in your cache)")
    add("--task", default="", metavar="ID", help="the task of a submission without a response")
    add("--submit-again", action="store_true", help="give up a submission without a response")
    given = parser.parse_args(arguments)
    return Options(**{**vars(given), "host": given.host.strip().lower()})


def missing(options: Options, environment: Mapping[str, str]) -> str:
    """Return the sentence on what to set, "" where nothing is missing."""
    if not options.host:
        return (
            f"Choose a host and set its key: {HOSTS[0].key_variable}=… make live"
            f" HOST={HOSTS[0].name} (hosts: {_NAMES}; ARGS=--free stops before money is spent)."
        )
    host = next((host for host in HOSTS if host.name == options.host), None)
    try:
        account_of(options, environment)
    except MissingKey:
        assert host is not None  # noqa: S101 - the simulator needs no key
        return (
            f"No key of {host.title} is set: {host.key_variable}=… make live HOST={host.name}"
            f" (create one at {host.console})."
        )
    except InvalidSetting as error:
        text = str(error)
        return text.replace('The setting "Host" is', "HOST is") if host is None else text
    return ""


def account_of(options: Options, environment: Mapping[str, str]) -> Account:
    """Return the account at the host. Raises `MissingKey` or `InvalidSetting`."""
    return choose_account({**environment, "WAN27_HOST": options.host}.get)

"""Who began a submission, so that another process can tell one that is under way from one that died in the middle."""

from __future__ import annotations

import functools
import os
import secrets
import socket
import time

import psutil

# A submission that began longer ago than any answer can take is over, whoever began it
# (SUBMIT.call_seconds in api/retry.py).
LEASE_SECONDS = 600


@functools.cache
def this_process() -> str:
    """A name for this process that no other one, now or later, shares."""
    return (
        f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"
        f" {secrets.token_hex(4)}"
    )


def is_alive(owner: str, began: float) -> bool:
    """Whether the process of that name may still be at work on a submission that began at `began` (seconds since the epoch).

    "" names nobody: a submission that its sender has let go.
    """
    if not owner or time.time() - began > LEASE_SECONDS:
        return False
    machine, pid, created, _ = owner.rsplit(" ", 3)
    if machine != socket.gethostname():
        return True  # another machine on the same drive: only the clock can tell
    try:
        process = psutil.Process(int(pid))
        # A killed one that its parent has not reaped (in a container often nobody does) still has
        # its number, and will never answer.
        return (
            f"{process.create_time():.2f}" == created and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:  # gone, or its number now belongs to a process of somebody else
        return False

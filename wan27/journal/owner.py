"""The process that began a submission: tells one that is still waiting from one that died."""

from __future__ import annotations

import functools
import os
import secrets
import socket
import time

import psutil

# A submission older than any response can take is over, whichever process began it
# (SUBMIT.call_seconds in api/retry.py).
LEASE_SECONDS = 600


@functools.cache
def this_process() -> str:
    """Return a name for this process that no other one, now or later, has."""
    created = psutil.Process().create_time()
    return f"{socket.gethostname()} {os.getpid()} {created:.2f} {secrets.token_hex(4)}"


def is_alive(owner: str, began: float) -> bool:
    """Return True where that process may still wait for the response to a submission.

    `began` is when it was sent (epoch seconds). "" is no process: its sender has given it up.
    """
    if not owner or time.time() - began > LEASE_SECONDS:
        return False
    machine, pid, created, _ = owner.rsplit(" ", 3)
    if machine != socket.gethostname():
        return True  # another machine on the same drive: only the lease can tell
    try:
        process = psutil.Process(int(pid))
        # A killed process that its parent has not reaped (common in containers) keeps its number.
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return f"{process.create_time():.2f}" == created and not is_zombie
    except psutil.Error:  # it ended, or its number now belongs to another user's process
        return False

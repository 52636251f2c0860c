"""Whether the process that sends a submission may still be alive."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from wan27.journal.owner import LEASE_SECONDS, is_alive, this_process


def test_this_process_is_alive_and_keeps_its_name():
    """Every call returns the same name."""
    assert this_process() == this_process()
    assert is_alive(this_process(), time.time())


def test_an_ended_process_is_not_alive():
    """The id is unused, or it has another start time, as after a restart in a container."""
    assert not is_alive(f"{socket.gethostname()} 999999999 1.00 abcd", time.time())
    assert not is_alive(f"{socket.gethostname()} {os.getpid()} 1.00 abcd", time.time())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that wait to be reaped")
def test_a_zombie_is_not_alive():
    """In a container often no one reaps it, and its id and start time are still there."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    name = f"{socket.gethostname()} {child.pid} {psutil.Process(child.pid).create_time():.2f} abcd"
    assert is_alive(name, time.time())
    child.kill()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert not is_alive(name, time.time())
    child.wait()


def test_an_empty_name_is_not_alive():
    """A submission that its process released waits for no one."""
    assert not is_alive("", time.time())


def test_a_process_of_another_machine_is_alive_until_its_lease_ends():
    """On a shared drive only the clock can tell."""
    assert is_alive("elsewhere 1 1.00 abcd", time.time())
    assert not is_alive("elsewhere 1 1.00 abcd", time.time() - LEASE_SECONDS - 1)
    assert not is_alive(this_process(), time.time() - LEASE_SECONDS - 1)

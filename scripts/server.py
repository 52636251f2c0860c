"""A real ComfyUI server as a child process, with this checkout as one of its node packs."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psutil
from typing_extensions import Self

from .comfyui import ComfyUI
from .environment import PACK_FOLDER, ROOT, prepare_base, scrubbed_environment
from .events import Event, Events
from .talk import Talk

_BOOT_SECONDS = 180
_STOP_SECONDS = 4


class ServerDied(Exception):
    """ComfyUI ended, or never answered; the message ends with the tail of its log."""


class ComfyServer(Talk):
    """ComfyUI on the CPU, on a free loopback port, with everything it writes below `base`.

    Use it in a `with` block, or call `start` and `stop`. `kill` and then `start` is a crash and a restart on the same folders.
    """

    def __init__(
        self,
        comfyui: ComfyUI,
        base: Path,
        env: dict[str, str] | None = None,
        args: tuple[str, ...] = (),
        packs: dict[str, Path] | None = None,
        own: dict[str, Path] | None = None,
    ) -> None:
        """`env` is added to a scrubbed environment, `args` to ComfyUI's flags, `packs` (folder name → source) to our own pack.

        `own` says where that comes from, and under which name, where it is not this checkout.
        """
        super().__init__(f"http://127.0.0.1:{_free_port()}")
        self.base = base
        self.log_file = base / "comfyui.log"
        self._comfyui = comfyui
        self._env = env or {}
        self._args = args
        self._process: subprocess.Popen[bytes] | None = None
        prepare_base(base, ({PACK_FOLDER: ROOT} if own is None else own) | (packs or {}))

    def __enter__(self) -> Self:
        """Start and wait until the server answers."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> Self:
        """Start the server (again, on the same folders and port) and wait until `/object_info` answers."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.base,
                env=scrubbed_environment() | self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is ours to pass on, so that the server is asked only once.
                start_new_session=True,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.kill()
            raise
        return self

    def _command(self) -> list[str]:
        flags = [
            "--cpu",
            "--listen",
            "127.0.0.1",
            "--port",
            self.url.rsplit(":", 1)[1],
            "--base-directory",
            str(self.base),
        ]
        # Without a database in memory ComfyUI locks a file in its own folder, and two servers cannot run side by side.
        flags += [
            "--disable-auto-launch",
            "--disable-api-nodes",
            "--database-url",
            "sqlite:///:memory:",
        ]
        return [
            str(self._comfyui.python),
            str(self._comfyui.folder / "main.py"),
            *flags,
            *self._args,
        ]

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + _BOOT_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                raise ServerDied(
                    f"ComfyUI ended while starting. Its log ends with:\n{self.log_tail()}"
                )
            with contextlib.suppress(OSError):
                self.object_info()
                return
            time.sleep(0.1)
        raise ServerDied(
            f"ComfyUI did not answer within {_BOOT_SECONDS} s. Its log ends with:\n{self.log_tail()}"
        )

    def is_running(self) -> bool:
        """Tell whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the server as Ctrl-C does, and kill it where it does not go."""
        if self._process is None:
            return
        # Asked twice, since a library now and then swallows the first KeyboardInterrupt.
        for _ in range(2):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.send_signal(
                    signal.SIGTERM if sys.platform == "win32" else signal.SIGINT
                )
                self._process.wait(_STOP_SECONDS)
                break
        self.kill()

    def kill(self) -> None:
        """End the server as a crash does: at once, without a chance to tidy up (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def events(self, on_event: Callable[[Event], None] | None = None) -> Events:
        """Listen to the websocket in a `with` block; prompts submitted inside report to it. One at a time."""
        return Events(self.url, self.client_id, on_event)

    def log(self) -> str:
        """Return all that the server has written since it was first started."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of the log."""
        return "\n".join(self.log().splitlines()[-lines:])

    def process(self) -> psutil.Process:
        """Return the process, for measuring."""
        if self._process is None:
            raise ServerDied("The server is not running.")
        return psutil.Process(self._process.pid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

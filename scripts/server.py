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

from .client import Client
from .comfyui import ComfyUI
from .environment import PACK_FOLDER, ROOT, prepare_base, scrubbed_environment
from .events import Event, Events

_BOOT_SECONDS = 180
_STOP_SECONDS = 4


class ServerDied(Exception):
    """ComfyUI ended, or did not answer; the message ends with the end of its log."""


class ComfyServer(Client):
    """ComfyUI on the CPU, on a free loopback port, with everything it writes below `base`.

    Use it in a `with` block, or call `start` and `stop`. `kill` and then `start` are a crash and a
    restart on the same folders.
    """

    def __init__(
        self,
        comfyui: ComfyUI,
        base: Path,
        env: dict[str, str] | None = None,
        args: tuple[str, ...] = (),
        packs: dict[str, Path] | None = None,
        own: dict[str, Path] | None = None,
        *,
        partner_nodes: bool = False,
    ) -> None:
        """Make its folders.

        `env` is added to a scrubbed environment, `args` to ComfyUI's flags, and `packs` (from
        folder name to source) to our own pack, which `own` replaces if it is not this checkout.
        Without `partner_nodes` ComfyUI is offline: it starts faster, and its page is stricter.
        """
        super().__init__(f"http://127.0.0.1:{_free_port()}")
        self.base = base
        self.log_file = base / "comfyui.log"
        self._comfyui = comfyui
        self._env = env or {}
        self._args = args if partner_nodes else ("--disable-api-nodes", *args)
        self._process: subprocess.Popen[bytes] | None = None
        prepare_base(base, ({PACK_FOLDER: ROOT} if own is None else own) | (packs or {}))

    def __enter__(self) -> Self:
        """Start, and wait until the server answers."""
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
        """Start the server, or start it again, and wait until `/object_info` answers."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.base,
                env=scrubbed_environment() | self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal reaches the server through `stop` alone.
                start_new_session=True,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.kill()
            raise
        return self

    def _command(self) -> list[str]:
        flags = ["--cpu", "--listen", "127.0.0.1", "--port", self.url.rsplit(":", 1)[1]]
        flags += ["--base-directory", str(self.base), "--disable-auto-launch"]
        # Another database locks a file in ComfyUI's own folder, and allows one server at a time.
        flags += ["--database-url", "sqlite:///:memory:"]
        main = self._comfyui.folder / "main.py"
        return [str(self._comfyui.python), str(main), *flags, *self._args]

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + _BOOT_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                raise ServerDied(f"ComfyUI ended while starting. Its log:\n{self.log_tail()}")
            with contextlib.suppress(OSError):
                self.object_info()
                return
            time.sleep(0.1)
        problem = f"ComfyUI did not answer within {_BOOT_SECONDS} s."
        raise ServerDied(f"{problem} Its log:\n{self.log_tail()}")

    def is_running(self) -> bool:
        """Return whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server as Ctrl-C does, and kill it if it stays."""
        if self._process is None:
            return
        interrupt = signal.SIGTERM if sys.platform == "win32" else signal.SIGINT
        # Twice, since a library now and then swallows the first KeyboardInterrupt.
        for _ in range(2):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.send_signal(interrupt)
                self._process.wait(_STOP_SECONDS)
                break
        self.kill()

    def kill(self) -> None:
        """End the server as a crash does: at once (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def events(self, on_event: Callable[[Event], None] | None = None) -> Events:
        """Receive the websocket's messages in a `with` block, one block at a time."""
        return Events(self.url, self.client_id, on_event)

    def log(self) -> str:
        """Return the whole log since the first start."""
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

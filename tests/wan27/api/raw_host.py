"""A host made of plain sockets: it breaks a connection, byte by byte, as no HTTP server would."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time

RESPONSE = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"task_id":'
    b' "t1"}'
)


class RawHost:
    """Runs `play(peer)` for each connection in a thread; `requests` has what was read of each."""

    def __init__(self, play=None):
        self.play = play or (lambda peer: peer.respond(RESPONSE))
        self.requests = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._stopped = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def posts(self):
        """The number of submissions that began: a single byte counts."""
        return sum(bytes(request[:1]) == b"P" for request in self.requests)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopped:
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        request = bytearray()
        self.requests.append(request)
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            self.play(Peer(connection, request))

    def stop(self):
        """Accept no more connections, and wait for the open ones."""
        self._stopped = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            pass
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Peer:
    """One connection and what has been read of its request."""

    def __init__(self, connection, request):
        self.connection, self.request = connection, request

    def read(self, number):
        """Read this many bytes in all, and no more."""
        while len(self.request) < number:
            chunk = self.connection.recv(number - len(self.request))
            if not chunk:
                return
            self.request += chunk

    def read_request(self, pause_seconds=0.0):
        """Read one whole request; with a pause after each piece, as at the end of a slow line."""
        self.request.clear()
        while b"\r\n\r\n" not in self.request:
            if not self._more():
                return False
        head, _, _ = bytes(self.request).partition(b"\r\n\r\n")
        lengths = [
            line.split(b":")[1]
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        whole = len(head) + 4 + (int(lengths[0]) if lengths else 0)
        while len(self.request) < whole:
            if not self._more():
                return False
            time.sleep(pause_seconds)
        return True

    def respond(self, response, to_get=None):
        """Read the request, send the response, and close the connection.

        `to_get` is the response to a GET, if it is another one.
        """
        if self.read_request():
            is_get = self.request.startswith(b"GET")
            self.send(to_get if is_get and to_get is not None else response)
            self.close()

    def send(self, response):
        self.connection.sendall(response)

    def drip(self, response, seconds):
        """Send a byte at a time."""
        for number in range(len(response)):
            self.send(response[number : number + 1])
            time.sleep(seconds)

    def close(self):
        """Close with FIN: nothing that was sent is lost."""
        self.connection.shutdown(socket.SHUT_WR)
        while self.connection.recv(65536):
            pass

    def reset(self):
        """Close with RST, as a killed process does."""
        self.connection.setsockopt(
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            struct.pack("hh" if os.name == "nt" else "ii", 1, 0),
        )
        self.connection.close()

    def _more(self):
        chunk = self.connection.recv(65536)
        self.request += chunk
        return bool(chunk)


def response(body, status="200 OK", *headers, length=True):
    """Return a response in bytes; without a length it ends with the connection."""
    sized = [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([f"HTTP/1.1 {status}", *sized, *headers, "", ""]).encode("latin-1") + body

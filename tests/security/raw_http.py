"""What a client does that is none: bytes over a socket, whole or in part, well formed or not."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit


def connected(url: str, seconds: float = 10) -> socket.socket:
    """A connection to a server of this machine."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=seconds)


def said(url: str, sent: str | bytes, *, ended: bool = True) -> bytes:
    """All that a server says to some bytes before it closes the connection, or is silent for a while.

    Args:
        url: Where the server is.
        sent: What is sent.
        ended: Whether the client says that nothing more comes.
    """
    received = b""
    with connected(url) as connection, suppress(ConnectionError):
        with suppress(OSError):
            connection.sendall(sent.encode("latin-1") if isinstance(sent, str) else sent)
            if ended:
                connection.shutdown(socket.SHUT_WR)
        connection.settimeout(3)
        with suppress(TimeoutError):
            while piece := connection.recv(65536):
                received += piece
    return received


def status(received: bytes) -> int:
    """The status of the first answer; 0 when there is none."""
    return next(iter(statuses(received)), 0)


def statuses(received: bytes) -> list[int]:
    """The statuses of all answers."""
    return [int(line.split()[1]) for line in received.splitlines() if line.startswith(b"HTTP/1.")]

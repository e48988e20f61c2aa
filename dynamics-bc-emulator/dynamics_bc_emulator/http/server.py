"""How the application is put on a port: loopback, its own dates, connections that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.h11_impl import H11Protocol

from dynamics_bc_emulator.http.app import make_app
from dynamics_bc_emulator.http.request_log import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from dynamics_bc_emulator.http.emulator import Emulator


# Standard output is for the ready line; whoever reads that one alone must not keep the rest waiting.
_LOGS: dict[str, Any] = deepcopy(LOGGING_CONFIG)
_LOGS["handlers"]["access"]["stream"] = "ext://sys.stderr"
_LOGS["handlers"]["access"]["filters"] = ["without_secrets"]
_LOGS["filters"] = {"without_secrets": {"()": "dynamics_bc_emulator.http.server.WithoutSecrets"}}


class WithoutSecrets(logging.Filter):
    """Takes what is secret out of the addresses that the log of requests shows."""

    def filter(self, record: logging.LogRecord) -> bool:
        """A record of uvicorn has the client, the verb, the address, the version and the status."""
        if isinstance(record.args, tuple) and len(record.args) > 2:
            client, verb, address, *rest = record.args
            record.args = (client, verb, without_secrets(str(address)), *rest)
        return True


class Connections:
    """Open connections by the client's address, so that one can be cut without a response."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """The HTTP protocol that keeps this list."""
        connections = self._open

        class Watched(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[tuple(transport.get_extra_info("peername")[:2])] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(tuple(self.transport.get_extra_info("peername")[:2]), None)
                super().connection_lost(exc)

        return Watched

    async def drop(self, scope: Scope) -> None:
        """Cut the connection of a request."""
        transport = self._open.get(tuple(scope["client"]))
        if transport is None:
            return
        # What was sent already is not taken back.
        while isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        transport.abort()
        # The server must have noticed the loss before the application returns, or it answers in its place.
        await asyncio.sleep(0.01)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes any free one.

    Raises:
        OSError: The address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # Head and body of a response are two writes; without this the second waits for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    """The address that a listening socket is reached at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    emulator: Emulator,
    listener: socket.socket,
    *,
    verbose: bool,
    ready: Callable[[], None],
    wait: Callable[[], object] | None = None,
) -> None:
    """Run until the process is told to end.

    Args:
        emulator: What answers.
        listener: Where connections come in.
        verbose: Log every request to standard error.
        ready: Called once requests are answered.
        wait: Returns when it is time to end.
    """
    asyncio.run(_serve(emulator, listener, verbose=verbose, ready=ready, wait=wait))


async def _serve(
    emulator: Emulator,
    listener: socket.socket,
    *,
    verbose: bool,
    ready: Callable[[], None],
    wait: Callable[[], object] | None,
) -> None:
    connections = Connections()
    options: dict[str, Any] = {
        "http": connections.protocol(),
        "ws": "none",
        "lifespan": "off",
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
        "access_log": verbose,
        "log_config": _LOGS,
        "log_level": "info" if verbose else "warning",
        "timeout_graceful_shutdown": 1,
    }
    server = uvicorn.Server(uvicorn.Config(make_app(emulator, connections.drop), **options))
    if wait:
        threading.Thread(target=_end_after, args=(wait, server), daemon=True).start()
    announcing = asyncio.create_task(_announce(server, ready))
    delivering = asyncio.create_task(emulator.notifier.run())
    with contextlib.suppress(KeyboardInterrupt):
        await server.serve(sockets=[listener])
    announcing.cancel()
    delivering.cancel()
    emulator.service.store.close()
    with contextlib.suppress(asyncio.CancelledError):
        # What kept the ready line from being written.
        await announcing


def _end_after(wait: Callable[[], object], server: uvicorn.Server) -> None:
    wait()
    # The server looks at it ten times a second.
    server.should_exit = True


async def _announce(server: uvicorn.Server, ready: Callable[[], None]) -> None:
    while not server.started:  # noqa: ASYNC110 - the server offers no event to wait for
        await asyncio.sleep(0.005)
    try:
        ready()
    except BaseException:
        # Nobody will learn where it listens.
        server.should_exit = True
        raise

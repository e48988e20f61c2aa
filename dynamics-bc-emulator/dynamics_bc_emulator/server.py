"""How the application is put on a port: loopback, its own dates, connections that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from dynamics_bc_emulator.app import make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from dynamics_bc_emulator.emulator import Emulator


class Connections:
    """Open connections by the client's address, so that one can be cut without an answer."""

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
        self._open[tuple(scope["client"])].abort()
        # The server must have noticed the loss before the application returns, or it answers in its place.
        await asyncio.sleep(0.01)


def serve(
    make_emulator: Callable[[], Emulator], host: str, port: int, *, verbose: bool, ready: Callable[[str], None]
) -> None:
    """Run until the process is told to end.

    Args:
        make_emulator: Called inside the running event loop.
        host: Address to bind.
        port: 0 for any free port.
        verbose: Log every request to standard error.
        ready: Called with the URL once requests are answered.
    """
    asyncio.run(_serve(make_emulator, host, port, verbose=verbose, ready=ready))


async def _serve(
    make_emulator: Callable[[], Emulator], host: str, port: int, *, verbose: bool, ready: Callable[[str], None]
) -> None:
    connections = Connections()
    emulator = make_emulator()
    options: dict[str, Any] = {
        "http": connections.protocol(),
        "ws": "none",
        "lifespan": "off",
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
        "access_log": verbose,
        "log_level": "info" if verbose else "warning",
        "timeout_graceful_shutdown": 1,
    }
    server = uvicorn.Server(uvicorn.Config(make_app(emulator, connections.drop), host=host, port=port, **options))
    announcing = asyncio.create_task(_announce(server, host, ready))
    with contextlib.suppress(KeyboardInterrupt):
        await server.serve()
    announcing.cancel()
    emulator.service.store.close()


async def _announce(server: uvicorn.Server, host: str, ready: Callable[[str], None]) -> None:
    while not server.started:  # noqa: ASYNC110 - the server offers no event to wait for
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    ready(f"http://{host}:{port}")

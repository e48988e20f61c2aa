"""How a response goes out that meets with a misfortune on its way: cut off, stalled, dripping, packed."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

from dynamics_bc_emulator.http.misfortunes import AS_IT_SHOULD_BE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from dynamics_bc_emulator.http.misfortunes import Delivery

# Smaller bodies grow when they are packed.
SMALLEST_TO_PACK = 512


async def deliver(
    response: Response, how: Delivery, connection: tuple[Scope, Receive, Send], drop: Callable[[Scope], Awaitable[None]]
) -> None:
    """Send a response.

    Args:
        response: What is sent.
        how: What befalls it on its way.
        connection: Where it is sent.
        drop: Closes the connection without another word.
    """
    scope, receive, send = connection
    if how == AS_IT_SHOULD_BE:
        await response(scope, receive, send)
        return
    if how.gzip:
        pack(response)
    body = bytes(response.body)
    # What is less or slower than it should be has no length: the client is to find out.
    del response.headers["content-length"]
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    ends = (how.cut_after, how.end_after, how.stall_after)
    for piece in _pieces(body[: next((end for end in ends if end is not None), None)], how.drip_bytes):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(how.drip_ms / 1000)
    if how.stall_after is not None:
        await _stall(receive, how.stall_ms / 1000)
    if how.cut_after is None and how.stall_after is None:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    else:
        await drop(scope)


def pack(response: Response) -> None:
    """Compress a response's body."""
    packed = gzip.compress(bytes(response.body), compresslevel=1, mtime=0)
    response.body = packed
    response.headers["Content-Encoding"] = "gzip"
    if "content-length" in response.headers:
        response.headers["content-length"] = str(len(packed))


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    if not size:
        yield body
        return
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def _stall(receive: Receive, seconds: float) -> None:
    """Say nothing until the client gives up, or that long."""
    gone = asyncio.ensure_future(receive())
    await asyncio.wait({gone}, timeout=seconds)
    gone.cancel()

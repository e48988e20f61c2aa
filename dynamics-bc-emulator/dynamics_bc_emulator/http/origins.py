"""Whether a request comes from this machine's own programs, not from a page of somebody else's."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from dynamics_bc_emulator.this_machine import is_this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

FOREIGN = "the controls answer programs of this machine and the emulator's own page, no other page of a browser"
_ELSEWHERE = (
    "this machine's programs are answered by its own names (127.0.0.1, [::1], localhost), no other page of a browser"
)
_UNCLEAR = "a request has a Content-Length or a Transfer-Encoding, not both"


def is_ours(headers: Mapping[str, str]) -> bool:
    """Whether the host is this machine by a name of its own, and the origin, if a browser names one, is that host.

    A page of any site can make a browser send requests to loopback, and a name of its own can lead there.
    """
    host = headers.get("host", "")
    return is_this_machine(host) and headers.get("origin") in {None, f"http://{host}"}


class Door:
    """Lets requests through that are for this machine, and whose end is clear."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it and close the connection: what comes behind it may be part of it."""
        names = [name for name, _ in scope["headers"]]
        if not is_this_machine(dict(scope["headers"]).get(b"host", b"").decode("latin-1")):
            refusal = PlainTextResponse(_ELSEWHERE, 403, headers={"Connection": "close"})
        elif b"content-length" in names and b"transfer-encoding" in names:
            refusal = PlainTextResponse(_UNCLEAR, 400, headers={"Connection": "close"})
        else:
            with suppress(ClientDisconnect):
                # Whoever breaks a request off, or ends it as it must not end, is not told anything more.
                await self._application(scope, receive, send)
            return
        await refusal(scope, receive, send)

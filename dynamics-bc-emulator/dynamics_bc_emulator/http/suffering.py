"""What befalls every request on its way in and every answer on its way out: the log, and what a driver has ordered."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dynamics_bc_emulator.http.bodies import BODY_LIMIT, TooLarge, read_body
from dynamics_bc_emulator.http.delivering import SMALLEST_TO_PACK, deliver, pack
from dynamics_bc_emulator.http.misfortunes import AS_IT_SHOULD_BE, UNSPOILED
from dynamics_bc_emulator.http.responses import FIXED_HEADERS, retry_after
from dynamics_bc_emulator.http.sizes import size_of
from dynamics_bc_emulator.http.spoiling import spoiled
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from datetime import datetime

    from starlette.types import ASGIApp, Receive, Scope, Send

    from dynamics_bc_emulator.http.data_api import DataApi
    from dynamics_bc_emulator.http.emulator import Emulator
    from dynamics_bc_emulator.http.misfortunes import Misfortune


class Suffering:
    """Endpoints whose requests are logged and can meet with misfortunes.

    Attributes:
        data: The data API, which takes its delays itself.
        drop: Closes the connection of a request without a response.
    """

    def __init__(self, emulator: Emulator, data: DataApi, drop: Callable[[Scope], Awaitable[None]]) -> None:
        self.emulator = emulator
        self.data = data
        self.drop = drop

    def logged(self, endpoint: Callable[[Request], Awaitable[Response]], body_limit: int = BODY_LIMIT) -> ASGIApp:
        """An endpoint whose requests are logged and can meet with misfortunes."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            headers = dict(request.headers)
            entry = self.emulator.log.begin(request.method, request.url.path, request.url.query, headers, time.time())
            request.state.entry = entry
            try:
                request.state.body = await read_body(request, body_limit)
            except ClientDisconnect:
                entry["ended"] = time.time()
                raise
            except TooLarge as refusal:
                entry.update(ended=time.time(), status=413)
                await refusal.response()(scope, receive, send)
                return
            self.emulator.do_what_is_due()
            request.state.misfortune = self._misfortune(request)
            response = await self._with_misfortune(request, endpoint)
            if response is not None and self._packs(request, response):
                pack(response)
            entry["ended"] = time.time()
            if response is None:
                await self.drop(scope)
                return
            entry["status"] = response.status_code
            response.headers["Date"] = f"{self.emulator.service.clock():%a, %d %b %Y %H:%M:%S GMT}"
            misfortune: Misfortune | None = request.state.misfortune
            how = misfortune.delivery if misfortune else AS_IT_SHOULD_BE
            await deliver(response, how, (scope, receive, send), self.drop)

        return _Application(application)

    def _packs(self, request: Request, response: Response) -> bool:
        """Whether a response goes out compressed: if the switch says so and the client can read it."""
        can_read = "gzip" in request.headers.get("accept-encoding", "").lower()
        return self.emulator.service.switches.compress and can_read and len(response.body) >= SMALLEST_TO_PACK

    def _misfortune(self, request: Request) -> Misfortune | None:
        ordered = [one for one in self.emulator.misfortunes if not one.is_of_operations]
        if not ordered:
            return None
        method, path, query, headers = request.method, request.url.path, request.url.query, request.headers
        told = unquote_plus(query)
        principal = self.emulator.sign_in.principal(headers.get("authorization", "")) or ""
        size = size_of(path, query, headers, request.state.body, self.emulator.service.page_limit)
        return next((one for one in ordered if one.befalls(method, path, told, principal=principal, size=size)), None)

    async def _with_misfortune(
        self, request: Request, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Response | None:
        misfortune: Misfortune | None = request.state.misfortune
        if misfortune and misfortune.late is not None and endpoint == self.data.answer:
            self._do_later(request, self.emulator.service.clock() + misfortune.late)
        if misfortune and misfortune.drop == "before":
            await asyncio.sleep(misfortune.delay_ms / 1000)
            return None
        if misfortune and misfortune.status and not misfortune.after:
            await asyncio.sleep(misfortune.delay_ms / 1000)
            return self._ordered_response(misfortune)
        if misfortune and endpoint != self.data.answer:
            # The data API takes its delays while it holds one of the few slots.
            await asyncio.sleep(misfortune.delay_ms / 1000)
        response = await endpoint(request)
        if misfortune is None:
            return response
        if misfortune.drop == "after":
            return None
        return self._ordered_response(misfortune) if misfortune.status else _marred(response, misfortune, request)

    def _do_later(self, request: Request, at: datetime) -> None:
        """Carry a request out when nobody waits for it any more."""
        with suppress(Refusal):
            principal = self.data.principal(request)

            def do() -> None:
                with suppress(Refusal):
                    self.data.respond(request, principal, lambda _: False)

            self.emulator.later.append((at, do))

    def _ordered_response(self, misfortune: Misfortune) -> Response:
        body = misfortune.response_body()
        content = body.encode() if isinstance(body, str) else encode(body) if body is not None else b""
        headers = {**FIXED_HEADERS, "Content-Type": "application/json"}
        headers |= retry_after(self.emulator.service.switches, misfortune.status or 0)
        names = {name.lower() for name in misfortune.headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in names}
        return Response(content, misfortune.status or 500, headers={**kept, **misfortune.headers})


class _Application:
    """An ASGI application that Starlette's router does not take for a function of a request."""

    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await self._application(scope, receive, send)


def _marred(response: Response, misfortune: Misfortune, request: Request) -> Response:
    """A response that was made as usual, with other headers or spoiled rows."""
    if misfortune.spoiling != UNSPOILED and response.status_code == 200:
        response.body = spoiled(bytes(response.body), misfortune.spoiling, str(request.url))
    for name, value in misfortune.headers.items():
        response.headers[name] = value
    return response

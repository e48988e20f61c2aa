"""The data API over HTTP: who asks, whether there is room, which API is meant."""

from __future__ import annotations

import asyncio
import re
import sys
import traceback
import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import Response

from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.http.emulator import ENVIRONMENT
from dynamics_bc_emulator.http.operation_faults import befall
from dynamics_bc_emulator.http.responses import http_response, retry_after
from dynamics_bc_emulator.notifying.calling import in_thread, shakes_hands
from dynamics_bc_emulator.notifying.subscribing import receiver_of
from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.refusals import Refusal, no_credentials, no_entitlement, unknown_segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from dynamics_bc_emulator.http.emulator import Emulator
    from dynamics_bc_emulator.http.misfortunes import Misfortune

# The gateway takes no longer query string.
QUERY_LIMIT = 8099
_NO_ENVIRONMENT = (
    b'<error xmlns="http://docs.oasis-open.org/odata/ns/metadata"><code>NoEnvironment</code>'
    b"<message>Environment does not exist.</message></error>"
)
_DATA_PATH = re.compile(r"/v2\.0/(?:(?P<tenant>[^/]+)/)?(?P<environment>[^/]+)/(?P<route>api/.*|ODataV4.*)")


class DataApi:
    """What answers below `/v2.0/`."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    async def answer(self, request: Request) -> Response:
        """Answer below `/v2.0/`."""
        if len(request.url.query) > QUERY_LIMIT:
            return Response("<h1>414 Request-URI Too Large</h1>", 414, media_type="text/html")
        misfortune: Misfortune | None = request.state.misfortune
        try:
            principal = request.state.entry["principal"] = self.principal(request)
            throttle = self.emulator.throttles.of(principal)
            throttle.count()
            async with throttle.slot():
                delay = self.emulator.latency_seconds + (misfortune.delay_ms / 1000 if misfortune else 0)
                if delay:
                    await asyncio.sleep(delay)
                return self.respond(request, principal, await self._handshake(request))
        except Refusal as refusal:
            headers = {**refusal.headers, **retry_after(self.emulator.service.switches, refusal.status)}
            return http_response(DataResponse(refusal.status, refusal.body(), headers))

    async def _handshake(self, request: Request) -> Callable[[str], bool]:
        """Whether receivers confirm; the one that this request is about was asked already, while others were served."""

        def ask(url: str) -> bool:
            return shakes_hands(url, str(uuid.uuid4()), self.emulator.notifier.call)

        if request.method not in {"POST", "PATCH"} or "/subscriptions" not in request.url.path:
            return ask
        url = receiver_of(self.emulator.service, request.method, request.scope["path"], request.state.body)
        if url is None:
            return ask
        has_confirmed = await in_thread(lambda: ask(url))
        return lambda asked: asked == url and has_confirmed

    def respond(self, request: Request, principal: str, handshake: Callable[[str], bool]) -> Response:
        """Answer a request of somebody who may ask.

        Raises:
            Refusal: There is no such API.
        """
        match = _DATA_PATH.fullmatch(request.url.path) or _DATA_PATH.fullmatch(f"{request.url.path}/")
        if match is None or not self._knows(match["tenant"], match["environment"]):
            return Response(_NO_ENVIRONMENT, 404, media_type="application/xml")
        below = request.scope["path"][match.start("route") :]
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        home = f"{str(request.base_url).rstrip('/')}{request.url.path[: match.start('route')]}".rstrip("/")
        recorded = self.emulator.recorded_answer(request.method, below, query, home)
        if recorded:
            return http_response(recorded)
        addressed = self.emulator.service.addressed(below)
        if addressed is None:
            raise unknown_segment(match["route"])
        route, path = addressed
        misfortune: Misfortune | None = request.state.misfortune
        data_request = DataRequest(
            method=request.method,
            url_path=path.strip("/"),
            query=query,
            headers=dict(request.headers),
            body=request.state.body,
            now=self.emulator.service.clock,
            base_url=f"{home}/{route.prefix}",
            principal=principal,
            page_rows=misfortune.page_rows if misfortune else None,
            handshake=handshake,
        )
        try:
            response, operations = respond(
                self.emulator.service, route, data_request, lambda operation: befall(self.emulator, operation)
            )
        except Exception:  # noqa: BLE001 - the rim: a mistake of the emulator is the service's 500
            traceback.print_exc(file=sys.stderr)
            return http_response(
                DataResponse(500, Refusal(500, "Internal_ServerError", "An error occurred on the server.").body())
            )
        request.state.entry["operations"] = operations
        if operations and self.emulator.service.switches.count_batch_operations:
            self.emulator.throttles.of(principal).count(len(operations) - 1)
        return http_response(response)

    def _knows(self, tenant: str | None, environment: str) -> bool:
        known = {None, self.emulator.identities.tenant_id, self.emulator.identities.tenant_domain}
        return (tenant.lower() if tenant else None) in known and environment.lower() == ENVIRONMENT.lower()

    def principal(self, request: Request) -> str:
        """Whoever asks.

        Raises:
            Refusal: The token is not good, or whom it stands for is not in this environment.
        """
        principal = self.emulator.sign_in.principal(request.headers.get("authorization", ""))
        if principal is None:
            raise no_credentials()
        if not self.emulator.sign_in.registrations.admits(principal):
            raise no_entitlement()
        return principal

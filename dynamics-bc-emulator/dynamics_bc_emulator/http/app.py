"""The emulator's HTTP: data API, sign-in endpoints, environment lists and control interface on one port."""

from __future__ import annotations

import asyncio
import re
import sys
import time
import traceback
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dynamics_bc_emulator.http import browsing, control
from dynamics_bc_emulator.http.answering import Befallen, respond
from dynamics_bc_emulator.http.bodies import TooLarge, read_body
from dynamics_bc_emulator.http.delivering import SMALLEST_TO_PACK, deliver, pack
from dynamics_bc_emulator.http.emulator import ENVIRONMENT
from dynamics_bc_emulator.http.misfortunes import AS_IT_SHOULD_BE, UNSPOILED
from dynamics_bc_emulator.http.sign_in import SignInRefusal
from dynamics_bc_emulator.http.sizes import size_of
from dynamics_bc_emulator.http.spoiling import spoiled
from dynamics_bc_emulator.notifying.calling import in_thread, shakes_hands
from dynamics_bc_emulator.notifying.subscribing import receiver_of
from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.refusals import Refusal, no_credentials, no_entitlement, unknown_segment
from dynamics_bc_emulator.seed.planting import country_of
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from datetime import datetime

    from starlette.types import ASGIApp, Receive, Scope, Send

    from dynamics_bc_emulator.http.emulator import Emulator
    from dynamics_bc_emulator.http.misfortunes import Misfortune

# The gateway takes no longer query string.
QUERY_LIMIT = 8099
_JSON = "application/json; odata.metadata=minimal; odata.streaming=true"
_NO_ENVIRONMENT = (
    b'<error xmlns="http://docs.oasis-open.org/odata/ns/metadata"><code>NoEnvironment</code>'
    b"<message>Environment does not exist.</message></error>"
)
_DATA_PATH = re.compile(r"/v2\.0/(?:(?P<tenant>[^/]+)/)?(?P<environment>[^/]+)/(?P<route>api/.*|ODataV4.*)")
_FIXED_HEADERS = {
    "OData-Version": "4.0",
    "Server": "Microsoft-HTTPAPI/2.0",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "Vary": "Accept-Encoding",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Date, Content-Length, Server, OData-Version, ms-correlation-x",
}


def make_app(emulator: Emulator, drop: Callable[[Scope], Awaitable[None]]) -> ASGIApp:
    """The ASGI application.

    Args:
        emulator: What it serves.
        drop: Closes the connection of a request without a response.
    """
    http = Http(emulator, drop)
    routes = [
        *control.routes(emulator),
        *browsing.routes(),
        Route("/health", http.health),
        Route("/v2.0/{rest:path}", http.logged(http.data), methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]),
        Route("/environments/{version}", http.logged(http.environments)),
        Route("/admin/{version}/applications/environments", http.logged(http.admin_environments)),
        Route("/admin/{version}/applications/{family}/environments", http.logged(http.admin_environments)),
        Route("/{tenant}/oauth2/v2.0/token", http.logged(http.token), methods=["POST"]),
        Route("/{tenant}/oauth2/token", http.logged(http.token), methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/devicecode", http.logged(http.device_code), methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/authorize", http.logged(http.authorize)),
        Route("/devicelogin", http.device_page, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes)


class Http:
    """What answers on each route."""

    def __init__(self, emulator: Emulator, drop: Callable[[Scope], Awaitable[None]]) -> None:
        self.emulator = emulator
        self.drop = drop

    # -- what befalls every request -----------------------------------------------------------------------------------

    def logged(self, endpoint: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
        """An endpoint whose requests are logged and can meet with misfortunes."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            headers = dict(request.headers)
            entry = self.emulator.log.begin(request.method, request.url.path, request.url.query, headers, time.time())
            request.state.entry = entry
            try:
                request.state.body = await read_body(request)
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

    def _befall(self, operation: DataRequest) -> Befallen | None:
        """What is ordered for an operation of a batch."""
        ordered = [one for one in self.emulator.misfortunes if one.is_of_operations and one.status is not None]
        if not ordered:
            return None
        path = f"{urlsplit(operation.base_url).path}/{operation.url_path}"
        query = "&".join(f"{name}={value}" for name, value in operation.query.items())
        befalls = (one for one in ordered if one.befalls(operation.method, path, query, principal=operation.principal))
        misfortune = next(befalls, None)
        if misfortune is None:
            return None
        headers = {**self._retry_after(misfortune.status or 0), **misfortune.headers}
        response = DataResponse(misfortune.status or 500, misfortune.response_body(), headers)
        return Befallen(response, after=misfortune.after)

    def _retry_after(self, status: int) -> dict[str, str]:
        seconds = self.emulator.service.switches.retry_after(status)
        return {"Retry-After": str(seconds)} if seconds else {}

    async def _with_misfortune(
        self, request: Request, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Response | None:
        misfortune: Misfortune | None = request.state.misfortune
        if misfortune and misfortune.late is not None and endpoint == self.data:
            self._do_later(request, self.emulator.service.clock() + misfortune.late)
        if misfortune and misfortune.drop == "before":
            await asyncio.sleep(misfortune.delay_ms / 1000)
            return None
        if misfortune and misfortune.status and not misfortune.after:
            await asyncio.sleep(misfortune.delay_ms / 1000)
            return self._ordered_response(misfortune)
        if misfortune and endpoint != self.data:
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
            principal = self._principal(request)

            def do() -> None:
                with suppress(Refusal):
                    self._data_response(request, principal, lambda _: False)

            self.emulator.later.append((at, do))

    def _ordered_response(self, misfortune: Misfortune) -> Response:
        body = misfortune.response_body()
        content = body.encode() if isinstance(body, str) else encode(body) if body is not None else b""
        headers = {**_FIXED_HEADERS, "Content-Type": "application/json"}
        headers |= self._retry_after(misfortune.status or 0)
        names = {name.lower() for name in misfortune.headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in names}
        return Response(content, misfortune.status or 500, headers={**kept, **misfortune.headers})

    async def health(self, _: Request) -> Response:
        """Whether requests are answered; nobody signs in for it, and it is not logged."""
        return Response(encode({"status": "ready"}), media_type="application/json")

    # -- the data API -------------------------------------------------------------------------------------------------

    async def data(self, request: Request) -> Response:
        """Answer below `/v2.0/`."""
        if len(request.url.query) > QUERY_LIMIT:
            return Response("<h1>414 Request-URI Too Large</h1>", 414, media_type="text/html")
        misfortune: Misfortune | None = request.state.misfortune
        try:
            principal = request.state.entry["principal"] = self._principal(request)
            throttle = self.emulator.throttles.of(principal)
            throttle.count()
            async with throttle.slot():
                delay = self.emulator.latency_seconds + (misfortune.delay_ms / 1000 if misfortune else 0)
                if delay:
                    await asyncio.sleep(delay)
                return self._data_response(request, principal, await self._handshake(request))
        except Refusal as refusal:
            headers = {**refusal.headers, **self._retry_after(refusal.status)}
            return _http_response(DataResponse(refusal.status, refusal.body(), headers))

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

    def _data_response(self, request: Request, principal: str, handshake: Callable[[str], bool]) -> Response:
        match = _DATA_PATH.fullmatch(request.url.path) or _DATA_PATH.fullmatch(f"{request.url.path}/")
        if match is None or not self._knows(match["tenant"], match["environment"]):
            return Response(_NO_ENVIRONMENT, 404, media_type="application/xml")
        below = request.scope["path"][match.start("route") :]
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        home = f"{str(request.base_url).rstrip('/')}{request.url.path[: match.start('route')]}".rstrip("/")
        recorded = self.emulator.recorded_answer(request.method, below, query, home)
        if recorded:
            return _http_response(recorded)
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
            response, operations = respond(self.emulator.service, route, data_request, self._befall)
        except Exception:  # noqa: BLE001 - the rim: a mistake of the emulator is the service's 500
            traceback.print_exc(file=sys.stderr)
            return _http_response(
                DataResponse(500, Refusal(500, "Internal_ServerError", "An error occurred on the server.").body())
            )
        request.state.entry["operations"] = operations
        if operations and self.emulator.service.switches.count_batch_operations:
            self.emulator.throttles.of(principal).count(len(operations) - 1)
        return _http_response(response)

    def _knows(self, tenant: str | None, environment: str) -> bool:
        known = {None, self.emulator.identities.tenant_id, self.emulator.identities.tenant_domain}
        return (tenant.lower() if tenant else None) in known and environment.lower() == ENVIRONMENT.lower()

    def _principal(self, request: Request) -> str:
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

    # -- environments -------------------------------------------------------------------------------------------------

    async def environments(self, request: Request) -> Response:
        """The list that any user of the service may ask for."""
        if self.emulator.sign_in.principal(request.headers.get("authorization", "")) is None:
            return _http_response(DataResponse(401, no_credentials().body()))
        if request.path_params["version"] not in {"v1.0", "v1.1", "v1.2"}:
            return _http_response(DataResponse(404, unknown_segment("environments").body()))
        shown = self._environment(request)
        if request.path_params["version"] == "v1.2":
            shown["ringName"] = "PROD"
        headers = {"api-supported-versions": "1.0, 1.1, 1.2", "Content-Type": "application/json; charset=utf-8"}
        return Response(encode({"value": [shown]}), 200, headers=headers)

    async def admin_environments(self, request: Request) -> Response:
        """The list of the admin centre, whose errors are flat."""
        allowed = self.emulator.sign_in.principal(request.headers.get("authorization", ""))
        if allowed is None or self.emulator.service.switches.environments_need_consent:
            body = {"code": "Unauthorized", "message": "The caller is not authorized to use the admin center API."}
            return Response(encode(body), 401, media_type="application/json")
        shown = {
            **self._environment(request),
            "friendlyName": ENVIRONMENT,
            "status": "Active",
            "locationName": "Emulator",
            "geoName": "Emulator",
            "ringName": "PROD",
            "versionDetails": {"version": "28.0.0.0"},
        }
        return Response(encode({"value": [shown]}), 200, media_type="application/json")

    def _environment(self, request: Request) -> dict[str, Any]:
        host = str(request.base_url).rstrip("/")
        tenant = self.emulator.identities.tenant_id
        return {
            "aadTenantId": tenant,
            "applicationFamily": "BusinessCentral",
            "type": "Production",
            "name": ENVIRONMENT,
            "countryCode": country_of(self.emulator.service.store),
            "webServiceUrl": host,
            "webClientLoginUrl": f"{host}/{tenant}/{ENVIRONMENT}",
        }

    # -- sign-in ------------------------------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        """The token endpoints, old and new."""
        form = dict(parse_qsl(request.state.body.decode(errors="replace"), keep_blank_values=True))
        old = not request.url.path.endswith("/oauth2/v2.0/token")
        return self._signed_in(lambda: self.emulator.sign_in.token(request.path_params["tenant"], form, old=old))

    async def device_code(self, request: Request) -> Response:
        """The beginning of a sign-in on another device."""
        form = dict(parse_qsl(request.state.body.decode(errors="replace"), keep_blank_values=True))
        page = f"{str(request.base_url).rstrip('/')}/devicelogin"
        return self._signed_in(lambda: self.emulator.sign_in.device_code(request.path_params["tenant"], form, page))

    async def authorize(self, request: Request) -> Response:
        """Send a browser back with a code; nobody is asked, because nobody is there."""
        query = request.query_params
        try:
            code = self.emulator.sign_in.authorization_code(request.path_params["tenant"], query)
        except SignInRefusal as refusal:
            return Response(
                encode(refusal.body(self.emulator.service.clock())), refusal.status, media_type="application/json"
            )
        joined = "&" if "?" in query["redirect_uri"] else "?"
        return RedirectResponse(f"{query['redirect_uri']}{joined}code={code}&state={query.get('state', '')}", 302)

    async def device_page(self, request: Request) -> Response:
        """Where a person enters the user code."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        if request.method == "POST":
            known = self.emulator.sign_in.decide_device(form.get("code", ""), approve=form.get("decision") != "decline")
            return HTMLResponse(
                "<p>Done. Go back to the device.</p>" if known else "<p>That code is not known.</p>",
                200 if known else 400,
            )
        return HTMLResponse('<form method="post"><input name="code"><button>Sign in</button></form>')

    def _signed_in(self, sign_in: Callable[[], dict[str, Any]]) -> Response:
        headers = {"Cache-Control": "no-store, no-cache", "x-ms-request-id": str(uuid.uuid4())}
        try:
            return Response(encode(sign_in()), 200, headers=headers, media_type="application/json")
        except SignInRefusal as refusal:
            body = encode(refusal.body(self.emulator.service.clock()))
            return Response(body, refusal.status, headers=headers, media_type="application/json")


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


def _http_response(response: DataResponse) -> Response:
    told = b"" if response.body is None else response.body
    body = told if isinstance(told, bytes) else encode(told)
    content_type = "application/json" if response.status >= 400 else _JSON
    request_id = str(uuid.uuid4())
    headers = {
        **_FIXED_HEADERS,
        "Content-Type": content_type,
        "Request-Id": request_id,
        "ms-correlation-x": request_id,
        "mise-correlation-id": request_id,
        **response.headers,
    }
    if not body:
        del headers["Content-Type"]
    sent = Response(body, response.status, headers=headers)
    if body:
        # As the service does: without a length it goes out in chunks.
        del sent.headers["content-length"]
    return sent

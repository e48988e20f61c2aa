"""The tap on the emulated service without a server: a run costs what its requests cost, and no socket is opened."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from emulator.in_process import Desk, open_desk

from dynamics_bc_client.client import Client
from dynamics_bc_client.transport import Request, Response
from dynamics_bc_emulator.http.answering import Befallen, respond
from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.values import encode
from dynamics_bc_plugin.connection import read_connection

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "https://bc.example"
LOGIN = "https://login.example"
ROOT = f"{HOST}/v2.0/Production/api/v2.0"

Fault = tuple[int, Any]
"""A status and a body."""


@dataclass
class Asked:
    """A request, or an operation of a batch: its path below the host, with its query, both decoded."""

    method: str
    path: str
    headers: dict[str, str]
    in_batch: bool = False


@dataclass
class DeskService:
    """Answers the tap from a desk; as many threads as want to may ask, one at a time.

    Attributes:
        desk: The service.
        before: Answers in place of the service, or raises what the network does; None to let the service answer.
        spoil: Changes a body that the service answered with.
        asked: What was asked, in its order, with the operations of batches behind their envelope.
    """

    desk: Desk = field(default_factory=open_desk)
    before: Callable[[Asked], Fault | BaseException | None] = lambda _: None
    spoil: Callable[[Asked, bytes], bytes] = lambda _, body: body
    asked: list[Asked] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def config(self, **overrides: Any) -> dict[str, Any]:
        """Settings of the tap for it."""
        sign_in = {"auth_url": LOGIN, "client_id": "an-app", "client_secret": "no secret", "tenant_id": "a-tenant"}
        return {"api_url": HOST, "full_url": ROOT, **sign_in, **overrides}

    def client(self, **options: Any) -> Client:
        """A client of it that waits for nothing."""
        settings = read_connection(self.config(), environ={})
        return Client(settings, transport=self, sleep=lambda _: None, **options)

    def set_asked(self, name: str) -> list[Asked]:
        """What was asked of a set, or of what is below it."""
        return [each for each in self.asked if f"/{name}" in each.path.partition("?")[0]]

    def __call__(self, request: Request) -> Response:
        with self.lock:
            return self._answer(request)

    def _answer(self, request: Request) -> Response:
        if request.url.startswith(LOGIN):
            return Response(200, body=encode({"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"}))
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, _shown(parts.path, parts.query), headers)
        self.asked.append(asked)
        fault = self.before(asked)
        if isinstance(fault, BaseException):
            raise fault
        if fault is not None:
            return self._response(DataResponse(*fault))
        below = unquote(parts.path.removeprefix("/v2.0/Production/"))
        addressed = self.desk.service.addressed(below)
        assert addressed is not None, request.url
        route, path = addressed
        data_request = DataRequest(
            request.method,
            path.strip("/"),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            request.body or b"",
            self.desk.clock,
            f"{HOST}/v2.0/Production/{route.prefix}",
            self.desk.principal,
        )
        answered = self._response(respond(self.desk.service, route, data_request, self._befall)[0])
        return Response(answered.status, answered.headers, self.spoil(asked, answered.body))

    def _befall(self, operation: DataRequest) -> Befallen | None:
        query = "&".join(f"{name}={value}" for name, value in operation.query.items())
        path = f"{urlsplit(operation.base_url).path}/{operation.url_path}"
        asked = Asked(operation.method, f"{path}?{query}" if query else path, dict(operation.headers), in_batch=True)
        self.asked.append(asked)
        fault = self.before(asked)
        assert not isinstance(fault, BaseException), "an operation has no connection of its own"
        return None if fault is None else Befallen(DataResponse(*fault), after=False)

    def _response(self, answered: DataResponse) -> Response:
        body = answered.body
        raw = b"" if body is None else body if isinstance(body, bytes) else encode(body)
        moment = format_datetime(self.desk.clock(), usegmt=True)
        return Response(answered.status, {"Date": moment, **answered.headers}, raw)


def refusal(status: int, code: str, message: str = "No.") -> Fault:
    """A refusal as the service words it."""
    return status, {"error": {"code": code, "message": f"{message}  CorrelationId:  1."}}


def spoiled_rows(body: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A page with each of its rows changed in place, in the form that the service gives it: without spaces."""
    page = json.loads(body)
    for row in page.get("value", []):
        change(row)
    return json.dumps(page, separators=(",", ":")).encode()


def _shown(path: str, query: str) -> str:
    return f"{unquote(path)}?{unquote(query)}" if query else unquote(path)

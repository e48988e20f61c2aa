"""Runs the tap against the emulated service without its server, and ends it where a test wants it to die."""

from __future__ import annotations

import contextlib
import io
import threading
from collections import deque
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tap.running import LATER, Outcome

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.transport import Response
from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.values import encode
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from emulator.in_process import Desk

    from dynamics_bc_client.transport import Request
    from dynamics_bc_emulator.odata.routes import Route

HOST = "http://127.0.0.1:9"
HOME = f"{HOST}/v2.0/acme.example/Production"
ENVIRONMENT = {"name": "Production", "type": "Production", "aadTenantId": "7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30"}
Misfortune = "Response | BaseException | Callable[[Response], Response]"


@dataclass
class DeskTransport:
    """A transport that asks a desk.

    Attributes:
        desk: What is asked.
        route: What the desk shows as its standard API; all of it when None.
        before: Called before each request is answered.
        misfortunes: What befalls the next requests, one each: a response in place of the desk's, an error, a change of
            the desk's response, or None.
        asked: The requests so far.
    """

    desk: Desk
    route: Route[Any] | None = None
    before: Callable[[Request], None] = lambda _: None
    misfortunes: deque[Any] = field(default_factory=deque)
    asked: list[Request] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self.asked.append(request)
            self.before(request)
            misfortune = self.misfortunes.popleft() if self.misfortunes else None
            if isinstance(misfortune, BaseException):
                raise misfortune
            if isinstance(misfortune, Response):
                return misfortune
            response = self._answer(request)
            return response if misfortune is None else misfortune(response)

    def _answer(self, request: Request) -> Response:
        service, url = self.desk.service, urlsplit(request.url)
        if url.path.startswith("/environments/"):
            return Response(200, {}, encode({"value": [ENVIRONMENT]}))
        below = unquote(url.path).removeprefix(urlsplit(HOME).path).strip("/")
        route, path = service.addressed(below) or (service.standard, below)
        answered, _ = respond(
            service,
            self.route if self.route is not None and route is service.standard else route,
            DataRequest(
                request.method,
                path,
                dict(parse_qsl(url.query, keep_blank_values=True)),
                {name.lower(): value for name, value in request.headers.items()},
                request.body or b"",
                service.clock,
                f"{HOME}/{route.prefix}",
                self.desk.principal,
            ),
        )
        told = answered.body
        body = b"" if told is None else told if isinstance(told, bytes) else encode(told)
        headers = {
            "Content-Type": "application/json",
            "Date": format_datetime(service.clock().replace(microsecond=0), usegmt=True),
            **answered.headers,
        }
        return Response(answered.status, headers, body)


class Killed(BaseException):
    """The process is gone."""


class Output(io.RawIOBase):
    """Standard output of a process that dies when it has written some bytes; what comes after them went nowhere.

    Args:
        lives_for: Bytes until then; None if it does not die.
        dies: Called at that moment.
    """

    def __init__(self, lives_for: int | None = None, dies: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_dead = False
        self._left = lives_for
        self._dies = dies

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        data = bytes(data)
        if self.is_dead:
            return len(data)
        if self._left is not None and len(data) >= self._left:
            self.written += data[: self._left]
            self.is_dead = True
            self._dies()
            raise Killed
        self._left = None if self._left is None else self._left - len(data)
        self.written += data
        return len(data)


class TapAtTheDesk(TapDynamicsBC):
    """The tap, whose waits pass at once."""

    @cached_property
    def client(self) -> Client:
        return Client(
            self.connection,
            transport=self._transport,
            sleep=lambda _: None,
            on_request=self._measure,
            from_replica=True,
        )


@dataclass
class DeskRun(Outcome):
    """What a run at the desk wrote.

    Attributes:
        was_killed: Whether it died.
    """

    was_killed: bool = False

    @property
    def whole_lines(self) -> bytes:
        """What a loader can take: a line that was cut is none."""
        return self.output[: self.output.rfind(b"\n") + 1]


def desk_config(**overrides: Any) -> dict[str, Any]:
    """Settings for a tap at the desk."""
    return {
        "api_url": HOST,
        "tenant_id": "acme.example",
        "access_token": "a-token",
        "expires_in": 9_999_999_999,
        "max_requests_per_window": 1_000_000,
        **overrides,
    }


def run_at(
    transport: DeskTransport,
    config: dict[str, Any] | None = None,
    *,
    select: Collection[str] | None = None,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    lives_for: int | None = None,
    dies: Callable[[], None] = lambda: None,
    now: Callable[[], datetime] = lambda: LATER,
) -> DeskRun:
    """Run the tap at a desk; arguments as of `running.run_tap`, and of `Output`."""
    output, error, was_killed = Output(lives_for, dies), None, False
    with contextlib.redirect_stdout(io.TextIOWrapper(output, write_through=True)):  # type: ignore[type-var]
        try:
            tap = TapAtTheDesk(
                config=desk_config(**(config or {})),
                state=state,
                catalog=catalog,
                transport=transport,
                now=now,
            )
            if select is not None:
                for name, stream in tap.streams.items():
                    stream.selected = name in select
            tap.sync_and_check()
        except DynamicsError as caught:
            error = caught
        except Killed:
            was_killed = True
    return DeskRun(bytes(output.written), error, was_killed)

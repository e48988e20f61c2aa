"""Runs the target against the emulated service without a server: a function call in place of every request."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from emulator.in_process import open_desk

from dynamics_bc_client.transport import Response
from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.values import encode
from target_dynamics_bc.target import TargetDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from emulator.in_process import Desk

    from dynamics_bc_client.transport import Request

HOST = "https://api.businesscentral.dynamics.com"
CONFIG = {
    "access_token": "not-a-token",
    "expires_in": 4_102_444_800,
    "tenant_id": "example.org",
    # Waits take no time here, so that whoever waits for a window of the service to pass would do so for ever.
    "max_requests_per_window": 1_000_000,
}


class DeskTransport:
    """A desk as the client's network; `around` may do something else instead of asking it."""

    def __init__(
        self, desk: Desk, around: Callable[[Request, Callable[[Request], Response]], Response] | None = None
    ) -> None:
        self.desk = desk
        self.requests: list[Request] = []
        self._around = around
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self._ask(request) if self._around is None else self._around(request, self._ask)

    def close(self) -> None:
        """Nothing is open."""

    def _ask(self, request: Request) -> Response:
        # One at a time: a desk has no server that would see to it.
        with self._lock:
            return self._asked(request)

    def _asked(self, request: Request) -> Response:
        url = urlsplit(request.url)
        asked = unquote(url.path.partition("/api/")[2])
        service = self.desk.service
        route, path = service.addressed(f"api/{asked}") or (service.standard, asked.removeprefix("v2.0/"))
        headers = {name.lower(): value for name, value in request.headers.items()}
        root = request.url.partition("/api/")[0] + f"/api/{asked.removesuffix(path)}".rstrip("/")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        response, _ = respond(
            service,
            route,
            DataRequest(request.method, path, query, headers, request.body or b"", self.desk.clock, root),
        )
        body = response.body if isinstance(response.body, bytes) else encode(response.body)
        headers = {"Content-Type": "application/json", "Date": _date(self.desk), **response.headers}
        return Response(response.status, headers, b"" if response.body is None else body)


def _date(desk: Desk) -> str:
    """The service's clock, as every response tells it."""
    return format_datetime(desk.clock().replace(microsecond=0), usegmt=True)


class Target:
    """A desk, and a target that writes to it."""

    def __init__(self, folder: Any, desk: Desk | None = None) -> None:
        self.desk = desk or open_desk()
        self._folder = folder
        self.requests: list[Request] = []
        self.states: list[Any] = []
        self.exit_code = 0
        self.waits: list[float] = []

    def write(
        self,
        stream: str,
        *records: Mapping[str, Any],
        around: Callable[[Request, Callable[[Request], Response]], Response] | None = None,
        remember: bool = False,
        **config: Any,
    ) -> list[dict[str, Any]]:
        """Pipe records of one stream in; gives their outcomes in the order of the records."""
        return self.pipe([(stream, record) for record in records], around=around, remember=remember, **config)

    def pipe(
        self,
        records: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        around: Callable[[Request, Callable[[Request], Response]], Response] | None = None,
        remember: bool = False,
        kinds: Any = None,
        **config: Any,
    ) -> list[dict[str, Any]]:
        """Pipe pairs of stream and record in; gives their outcomes in the order of the records."""
        transport = DeskTransport(self.desk, around)
        self.waits = []
        outcomes = self._folder / "outcomes.jsonl"
        outcomes.unlink(missing_ok=True)
        settings = {**CONFIG, "outcomes_path": str(outcomes), **config}
        if remember:
            settings["store_path"] = str(self._folder / "store")
        target = TargetDynamicsBC(config=settings, transport=transport, kinds=kinds, sleep=self.waits.append)
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output):
                target.listen(io.StringIO(_lines(records)))
        finally:
            target.close()
        self.requests, self.exit_code = transport.requests, target.exit_code
        self.states = [json.loads(line) for line in output.getvalue().splitlines()]
        found = [json.loads(line) for line in outcomes.read_text().splitlines()] if outcomes.exists() else []
        return sorted(found, key=lambda outcome: outcome["position"])

    def rows(self, entity_set: str, **equal: Any) -> list[dict[str, Any]]:
        """Rows of the company as they are stored."""
        return [dict(row) for row in self.desk.company.find(entity_set, **equal)]

    def row(self, entity_set: str, **equal: Any) -> dict[str, Any]:
        """The one row that has these values."""
        (row,) = self.rows(entity_set, **equal)
        return row


def _lines(records: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    pairs = list(records)
    lines: list[Any] = [
        {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": []}
        for stream in dict.fromkeys(stream for stream, _ in pairs)
    ]
    lines += [{"type": "RECORD", "stream": stream, "record": dict(record)} for stream, record in pairs]
    return "".join(json.dumps(line, default=str) + "\n" for line in lines)

"""What can a network and what stands in it do to an answer? A proxy in front of the emulator that does it.

It listens on loopback, passes one request after the other on, and does to the answer of a request what was ordered for
its number. Somebody else may do something at that moment, too: `around` is called before and after each request.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from campaign.answers import BROKEN, Answer, json_of, possible
from campaign.befallen import note

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from io import BufferedIOBase

BOMB_BYTES = 2_000_000_000
"""What a gzip bomb would unpack to; whoever unpacks it has no memory left for it."""
STALL_SECONDS = 60.0
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


@cache
def bomb() -> bytes:
    """Two gigabytes of spaces, packed twice over: members of one stream."""
    piece = gzip.compress(b" " * 20_000_000, 9)
    return piece * (BOMB_BYTES // 20_000_000)


@dataclass
class Wire:
    """A connection that an answer goes out on.

    Attributes:
        socket: The connection.
        path: What was asked for.
        response: What the service answered.
        authorization: How the client signed in.
        trap: An address that nobody may call.
        over: Set when nobody waits any more.
        posing: SHA-256 of whole bodies that were sent in place of the service's, as by the service.
    """

    socket: socket.socket
    path: str
    authorization: str
    response: Response
    trap: str
    over: threading.Event
    posing: set[str] = field(default_factory=set)

    def send(self, body: bytes, status: int | None = None, length: int | None = None, **headers: str | None) -> None:
        """Send an answer; a length that is not the body's may be claimed."""
        code = self.response.status if status is None else status
        if length is None and body != self.response.body and code == HTTPStatus.OK:
            self.posing.add(hashlib.sha256(body).hexdigest())
        kept = {name: value for name, value in self.response.headers.items() if name.lower() not in _HOP}
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**kept, "Content-Length": str(len(body) if length is None else length), **more}
        lines = [f"{name}: {value}" for name, value in merged.items() if value is not None]
        head = f"HTTP/1.1 {code} {http.client.responses.get(code, 'Odd')}\r\n" + "\r\n".join(lines) + "\r\n\r\n"
        self.socket.sendall(head.encode("latin-1", "replace") + body)

    def stall(self) -> None:
        """Send nothing until nobody waits any more."""
        self.over.wait(STALL_SECONDS)


def _cut(wire: Wire) -> None:
    body = wire.response.body
    wire.send(body[: len(body) // 2], length=len(body))


def _reset(wire: Wire) -> None:
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _half_open(wire: Wire) -> None:
    wire.stall()


def _half_open_inside(wire: Wire) -> None:
    body = wire.response.body
    wire.send(body[: len(body) // 2], length=len(body) + 1)
    wire.stall()


def _dripping(wire: Wire) -> None:
    body = wire.response.body
    wire.send(b"", length=len(body))
    for place in range(min(len(body), 100)):
        wire.socket.sendall(body[place : place + 1])
        time.sleep(0.002)
    wire.socket.sendall(body[100:])


def _dripping_for_ever(wire: Wire) -> None:
    wire.send(b"", length=10_000_000)
    while not wire.over.wait(0.05):
        wire.socket.sendall(b" ")


def _ended_early(wire: Wire) -> None:
    wire.send(wire.response.body[: len(wire.response.body) // 2])


def _chunks(wire: Wire) -> None:
    wire.socket.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnone\r\n")


def _chunk_cut(wire: Wire) -> None:
    wire.socket.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n{")


def _bomb(wire: Wire) -> None:
    wire.send(bomb(), status=200, Content_Encoding="gzip")


def _headers_without_end(wire: Wire) -> None:
    wire.socket.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 5_000)


def _long_header(wire: Wire) -> None:
    wire.socket.sendall(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500_000 + b"\r\n\r\n")


def _again_and_again(wire: Wire) -> None:
    wire.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)
    wire.send(wire.response.body)


def _redirect(to: Callable[[Wire], str], status: int) -> Callable[[Wire], None]:
    return lambda wire: wire.send(b"", status=status, Location=to(wire))


def _echo(wire: Wire) -> None:
    """A refusal that sends back how the client signed in, and what would clear a terminal."""
    message = f"You sent Authorization: {wire.authorization}\x1b[2J and that is not allowed."
    wire.send(json.dumps({"error": {"code": "BadRequest", "message": message}}).encode(), status=400)


def _linked(link: Callable[[Wire], str]) -> Callable[[Wire], None]:
    def send(wire: Wire) -> None:
        with contextlib.suppress(ValueError):
            page = json.loads(wire.response.body.decode("utf-8-sig"))
            if isinstance(page, dict) and "value" in page:
                wire.send(json.dumps({**page, "@odata.nextLink": link(wire)}).encode())
                return
        wire.send(wire.response.body)

    return send


RAW: dict[str, Callable[[Wire], None]] = {
    "an echo": _echo,
    "cut": _cut,
    "reset": _reset,
    "closed": lambda _: None,
    "half open": _half_open,
    "half open inside": _half_open_inside,
    "dripping": _dripping,
    "dripping for ever": _dripping_for_ever,
    "ended early": _ended_early,
    "longer than it is": lambda wire: wire.send(wire.response.body, length=len(wire.response.body) + 10),
    "two lengths": lambda wire: wire.send(wire.response.body, Content_length="1"),
    "a length that is none": lambda wire: wire.send(wire.response.body, Content_Length="many"),
    "chunks that are none": _chunks,
    "a chunk that is cut": _chunk_cut,
    "a gzip bomb": _bomb,
    "gzip that is none": lambda wire: wire.send(wire.response.body, Content_Encoding="gzip"),
    "a packing nobody knows": lambda wire: wire.send(wire.response.body, Content_Encoding="br"),
    "no HTTP": lambda wire: wire.socket.sendall(b"220 mail.example ESMTP\r\n\x1b[2J"),
    "a status that is none": lambda wire: wire.socket.sendall(b"HTTP/1.1 9 9 9\r\n\r\n"),
    "a status of old": lambda wire: wire.socket.sendall(b"HTTP/0.9 200 OK\r\n\r\n" + wire.response.body),
    "headers without end": _headers_without_end,
    "a long header": _long_header,
    "to be continued": _again_and_again,
    "a huge page": lambda wire: wire.send(wire.response.body + b" " * 30_000_000),
    "a redirect elsewhere": _redirect(lambda wire: f"{wire.trap}/there", 302),
    "a redirect that keeps the method": _redirect(lambda wire: f"{wire.trap}/there", 307),
    "a redirect to itself": _redirect(lambda wire: wire.path, 302),
    "a redirect to a file": _redirect(lambda _: "file:///etc/passwd", 302),
    "a redirect to nowhere": _redirect(lambda _: "http://[", 301),
    "a link elsewhere": _linked(lambda wire: f"{wire.trap}/next"),
    "a link to itself": _linked(lambda wire: f"http://{wire.response.headers.get('X-Host', '')}{wire.path}"),
}
# What only a process can be asked to stand: it may take all memory, or wait.
SLOW = frozenset({"half open", "half open inside", "dripping for ever"})
SHORT_SECONDS = 2


def patience_for(orders: Mapping[Any, str]) -> dict[str, Any]:
    """Settings with which a program waits for a short time only, where its orders let it wait."""
    return {"timeout_seconds": SHORT_SECONDS} if SLOW & set(orders.values()) else {}


@dataclass
class BreakingProxy:
    """A port that leads to an emulator, on a bad day.

    Attributes:
        upstream: The emulator's address.
        orders: What is to become of requests, by their number: of the data API from 1 on, of the token endpoint from -1
            down; names of `RAW` or `Answer`s.
        around: Called before each of them with its number and False, after it with True; the requests stand still.
        unheard: Is told of each request that is carried out and whose answer is another one, before it is.
        requests: How many there were of the data API.
        sign_ins: How many there were of the token endpoint.
        trapped: What came to the address that nobody may call.
        secrets: The tokens that were seen.
        posing: SHA-256 of the whole bodies that posed as the service's, since the beginning.
    """

    upstream: str
    orders: dict[int, str] = field(default_factory=dict)
    around: Callable[[int, bool], None] = lambda _number, _is_done: None
    unheard: Callable[[Request], None] = lambda _: None
    requests: int = 0
    sign_ins: int = 0
    trapped: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    posing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._answering = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._trap = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.trap = f"http://127.0.0.1:{self._trap.getsockname()[1]}"
        for listener, serve in ((self._listener, self._serve), (self._trap, self._note)):
            threading.Thread(target=self._accept, args=(listener, serve), daemon=True).start()

    def close(self) -> None:
        """Let go of everything."""
        self._over.set()
        for listener in (self._listener, self._trap):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def begin(self, orders: Mapping[int, str], around: Callable[[int, bool], None]) -> None:
        """Count from 1 again, with other orders; whoever waits for an answer waits no more."""
        self._over.set()
        with self._lock:
            self.orders, self.around, self.requests, self.sign_ins = dict(orders), around, 0, 0
            self._over = threading.Event()

    def settle(self) -> None:
        """Wait until nothing is on its way any more that somebody sent who is gone."""
        self._over.set()
        ends = time.monotonic() + 5
        while self._answering and time.monotonic() < ends:
            time.sleep(0.005)

    def _accept(self, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handled, args=(connection, serve), daemon=True).start()

    def _handled(self, connection: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._counting:
            self._answering += 1
        try:
            with connection, contextlib.suppress(OSError):
                serve(connection)
        finally:
            with self._counting:
                self._answering -= 1

    def _note(self, connection: socket.socket) -> None:
        connection.settimeout(1)
        self.trapped.append(connection.recv(200).decode("latin-1").partition("\r\n")[0] or "a connection")

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as read:
            while (request := _request(read)) and self._answer(connection, request):
                pass

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        """Answer a request; whether the connection may be used again."""
        over = self._over
        with self._lock:
            number = self._number(request)
            order = self.orders.get(number)
            if number:
                self.around(number, False)
            answer = None if order is None or order in RAW else Answer(possible(order))
            if number < 0 and answer is not None:
                note("token endpoint: any answer")
            if order is not None and (answer is None or answer.is_done):
                self.unheard(request)
            try:
                response = self._pass_on(request) if answer is None else answer(lambda: self._pass_on(request))
            except DynamicsError:
                return False
            finally:
                if number and (answer is None or answer.is_done):
                    self.around(number, True)
        headers = {**response.headers, "X-Host": request.headers.get("host", "")}
        authorization = request.headers.get("authorization", "")
        self.secrets |= {authorization.removeprefix("Bearer "), *_tokens(response if number < 0 else None)} - {""}
        told = Response(response.status, headers, response.body)
        if answer is not None and response.status == HTTPStatus.OK:
            self.posing.add(hashlib.sha256(response.body).hexdigest())
        wire = Wire(connection, request.url, authorization, told, self.trap, over, self.posing)
        if order not in RAW:
            wire.send(response.body, X_Host=None)
            return True
        note(f"wire: {order}" if number > 0 else "token endpoint: a broken wire")
        RAW[order](wire)
        return order == "dripping"

    def _number(self, request: Request) -> int:
        """Of the data API from 1 on, of the token endpoint from -1 down; 0 for anything else."""
        if request.url.startswith("/v2.0/"):
            self.requests += 1
            return self.requests
        if "/oauth2/" in request.url:
            self.sign_ins += 1
            return -self.sign_ins
        return 0

    def _pass_on(self, request: Request) -> Response:
        place = urlsplit(self.upstream)
        upstream = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        with contextlib.closing(upstream):
            headers = {name: value for name, value in request.headers.items() if name not in {"connection", "host"}}
            headers["host"] = request.headers.get("host", "")
            upstream.request(request.method, request.url, request.body or None, headers)
            told = upstream.getresponse()
            return Response(told.status, dict(told.getheaders()), told.read())


def _tokens(response: Response | None) -> list[str]:
    """The tokens that a token endpoint gave."""
    told = None if response is None else json_of(response)
    names = ("access_token", "refresh_token")
    return [str(told[name]) for name in names if name in told] if isinstance(told, dict) else []


def _request(read: BufferedIOBase | Any) -> Request | None:
    """The next request of a connection; None at its end, which may be within a request: nobody passes a part on."""
    first = read.readline()
    if not first.strip() or not first.endswith(b"\n"):
        return None
    method, path, _ = first.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := read.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = read.read(length)
    return Request(method, path, headers, body) if line and len(body) == length else None


def orders_of(names: Mapping[int, str]) -> dict[int, str]:
    """Orders, checked: a plan with a name that means nothing would attack nothing."""
    for name in names.values():
        assert name in RAW or name in BROKEN or Answer(name).is_known, name
    return dict(names)

"""How does one request reach the service? The seam between this project and the network.

A transport is any function from `Request` to `Response`; `RequestsTransport` is the one that uses the network, and
this is the only file that imports requests.
"""

from __future__ import annotations

import http.client
import io
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters
import urllib3
import urllib3.connection
import urllib3.exceptions

from dynamics_bc_client.errors import (
    ConfigurationError,
    ConnectionLost,
    DynamicsError,
    RequestTimedOut,
    UnexpectedAnswer,
)
from dynamics_bc_client.limits import ANSWER_BYTES, CONNECT_SECONDS, FILE_BYTES, LINE_BYTES, REFUSAL_BYTES
from dynamics_bc_client.odata.urls import is_elsewhere, is_loopback
from dynamics_bc_client.proxies import check_proxy

if TYPE_CHECKING:
    from dynamics_bc_client.odata.targets import RequestTarget

REDIRECTS = 3
# A socket takes no time-out of 0 for one that has just ended.
SHORTEST_SECONDS = 0.001
PIECE_BYTES = 64 * 1024
BODY_PIECE_BYTES = 256 * 1024
STREAMED = 200
REFUSED = 300
ENCODINGS = "gzip, deflate"
"""What a body may be packed in. These are unpacked piece by piece, so that what takes more room than there is, is seen
before it takes it."""
UNPACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class Headers(Mapping[str, str]):
    """Header fields, found by name in any case and listed as they were sent."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = {name.lower(): (name, value) for name, value in fields.items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


class Sink(Protocol):
    """Takes the body of a response piece by piece."""

    def begin(self, announced_bytes: int = 0) -> None:
        """Forget what came so far: an attempt begins.

        Args:
            announced_bytes: How many will come at least, as the response says; 0 when it does not.

        Raises:
            DynamicsError: There is no room for so many; nothing of the response is read.
        """

    def write(self, piece: bytes) -> None:
        """Take the next piece."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Its repr shows neither headers nor body, because both may hold secrets.

    Attributes:
        method: HTTP method.
        url: Whole URL.
        headers: Header fields.
        body: As it is sent.
        timeout_seconds: From sending to the last byte of the response.
        target: What it is for, in the service; None for token endpoints.
        sink: Takes the body of a 200 as it comes, which is then not in the response; None to have it there.
        sink_bytes: How much the sink takes.
        most_bytes: How much of a body is taken, unpacked.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout_seconds: float = 600.0
    target: RequestTarget | None = None
    sink: Sink | None = field(default=None, repr=False)
    sink_bytes: int = field(default=FILE_BYTES, repr=False)
    most_bytes: int = field(default=ANSWER_BYTES, repr=False)

    def __str__(self) -> str:
        """What a person knows it by."""
        return f"{self.method} {self.target or urlsplit(self.url).hostname}"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, its body read to the end and unpacked.

    Attributes:
        status: HTTP status.
        headers: Header fields; names in any case.
        body: The whole body; empty when the request's sink took it.
        seconds: From sending to the last byte.
        sunk: Bytes that the request's sink took.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: Headers({}), repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    sunk: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))


Transport = Callable[[Request], Response]


class RequestsTransport:
    """Sends requests over one pool of connections; may be called from several threads at once.

    Args:
        connections: How many connections are kept open to a host; the number of requests in flight.
        ca_bundle: Path of a file with the certificates to trust, in place of the usual ones.
        connect_seconds: How long a host may take to accept a connection.
    """

    def __init__(
        self, *, connections: int = 5, ca_bundle: str | None = None, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        self._verify: bool | str = ca_bundle or True
        self._connect_seconds = connect_seconds
        self._session = requests.Session()
        # Retries are decided in one place, and that is not here.
        adapter = _Adapter(pool_maxsize=connections, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers["Accept-Encoding"] = ENCODINGS
        # Without this a matching entry of ~/.netrc would replace the Authorization header.
        self._session.auth = _no_further_authentication

    def __call__(self, request: Request) -> Response:
        """Send a request and read the whole response, into the request's sink if it has one.

        Redirects are followed for GET alone and only within the host, environment and company that were asked; any
        other one is the response.

        Raises:
            ConnectionLost: The connection failed or broke.
            RequestTimedOut: No whole response within the request's time, however often a part of it came.
            ConfigurationError: The host's certificate is not trusted, or a header field cannot be sent.
            UnexpectedAnswer: There is more than the request or its sink takes, or it is packed in another way than was
                asked for.
        """
        _check(request.headers)
        began = time.monotonic()
        url = request.url
        received = self._send(request, url, request.timeout_seconds)
        for _ in range(REDIRECTS):
            location = _location(url, received) if request.method == "GET" else ""
            if not location or is_elsewhere(location, request.url):
                break
            received.close()
            url = location
            remaining = request.timeout_seconds - (time.monotonic() - began)
            received = self._send(request, url, max(remaining, SHORTEST_SECONDS))
        body, sunk = self._body(request, received)
        return Response(received.status_code, Headers(received.headers), body, time.monotonic() - began, sunk)

    def _body(self, request: Request, received: requests.Response) -> tuple[bytes, int]:
        """The body, or nothing and the number of its bytes after the request's sink took it."""
        try:
            _check_encoding(request, received)
            if request.sink is not None and received.status_code == STREAMED:
                return b"", _sink(request, request.sink, received)
            return _collected(request, received), 0
        except requests.exceptions.RequestException as error:
            raise to_error(error, request, self._connect_seconds) from error
        finally:
            received.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _send(self, request: Request, url: str, timeout_seconds: float) -> requests.Response:
        host = urlsplit(url).hostname or ""
        try:
            prepared = self._session.prepare_request(
                requests.Request(request.method, url, dict(request.headers), data=request.body)
            )
            # No proxy of the environment, whichever variable names it, sees what is for this machine alone.
            proxies = {"no_proxy": host} if is_loopback(host) else {}
            merged = self._session.merge_environment_settings
            around: Any = merged(url, proxies, stream=True, verify=self._verify, cert=None)
            if proxy := requests.utils.select_proxy(url, around["proxies"]):
                check_proxy(proxy)
            # Not by the session's own way, which keeps cookies, and reads the body of a redirect whatever its length.
            return self._session.get_adapter(url).send(
                prepared, timeout=(min(self._connect_seconds, timeout_seconds), timeout_seconds), **around
            )
        except requests.exceptions.RequestException as error:
            raise to_error(error, request, self._connect_seconds) from error


def _location(url: str, received: requests.Response) -> str:
    """Where a redirect leads; empty for what is none, or leads nowhere."""
    if not received.is_redirect:
        return ""
    try:
        return urljoin(url, received.headers["Location"])
    except ValueError:
        return ""


def _check_encoding(request: Request, received: requests.Response) -> None:
    """See that a body can be unpacked piece by piece.

    Raises:
        UnexpectedAnswer: It cannot.
    """
    encoding = received.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in UNPACKED:
        raise UnexpectedAnswer(
            f'{request} was broken off: the answer is packed as "{encoding[:40]}", and {ENCODINGS} were asked for.',
            may_have_happened=request.method != "GET",
        )


def _collected(request: Request, received: requests.Response) -> bytes:
    """The body in one piece; of a refusal the beginning, which says why.

    Raises:
        UnexpectedAnswer: There is more than the request takes.
    """
    refused = received.status_code >= REFUSED
    most = min(request.most_bytes, REFUSAL_BYTES) if refused else request.most_bytes
    pieces: list[bytes] = []
    taken = 0
    for piece in received.iter_content(BODY_PIECE_BYTES):
        pieces.append(piece)
        taken += len(piece)
        if taken <= most:
            continue
        if refused:
            break
        raise UnexpectedAnswer(
            f"{request} was broken off: the answer has more than {most:,} bytes. Ask for fewer rows, or for less of "
            "each, at once.",
            may_be_too_large=True,
            may_have_happened=request.method != "GET",
        )
    return b"".join(pieces)[:most] if refused else b"".join(pieces)


def _sink(request: Request, sink: Sink, received: requests.Response) -> int:
    """Let a sink have a body; returns its bytes.

    Raises:
        UnexpectedAnswer: It is longer than the request allows, or says that it is.
    """
    too_long = UnexpectedAnswer(
        f"{request} was broken off: it has more than {request.sink_bytes:,} bytes.", scope="record"
    )
    announced = _announced(received)
    if announced > request.sink_bytes:
        raise too_long
    sunk = 0
    sink.begin(announced)
    for piece in received.iter_content(PIECE_BYTES):
        sunk += len(piece)
        if sunk > request.sink_bytes:
            raise too_long
        sink.write(piece)
    return sunk


def _announced(received: requests.Response) -> int:
    """How many bytes a body has at least, by its own account; 0 when it does not say, or nothing that makes sense."""
    told = received.headers.get("Content-Length", "")
    return int(told) if LENGTH.fullmatch(told) else 0


# --- responses that end in time ---------------------------------------------------------------------------------------

# The time-out of a socket is for each piece of a response; a service that sends a byte now and then would hold a run
# for ever. So all reading of a response goes through a stream that knows when the whole of it is due.


class _Due(io.RawIOBase):
    """What comes from a socket until a moment; then a read raises `TimeoutError`.

    Args:
        connection: A socket whose time-out is the time for the whole response, from now on.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb", buffering=0)
        self._whole = connection.gettimeout()
        self._ends = time.monotonic() + (self._whole or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._whole is None:
            return self._stream.readinto(buffer)
        self._connection.settimeout(max(self._ends - time.monotonic(), SHORTEST_SECONDS))
        try:
            if time.monotonic() >= self._ends:
                raise TimeoutError("The response did not end in time.")
            return self._stream.readinto(buffer)
        finally:
            # The connection may be used again, and sending has the whole time again.
            if self._connection.fileno() >= 0:
                self._connection.settimeout(self._whole)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Lines(io.BufferedReader):
    """A stream whose lines have an end, although not everybody who reads them asks for one."""

    def readline(self, size: int | None = -1) -> bytes:
        return super().readline(LINE_BYTES + 1 if size is None or size < 0 else size)


class _DueResponse(http.client.HTTPResponse):
    """A response, status line and header fields included, that is whole in time or not at all."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = _Lines(_Due(sock))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _DueResponse


class _EncryptedConnection(urllib3.connection.HTTPSConnection):
    response_class = _DueResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _EncryptedConnection


class _Adapter(requests.adapters.HTTPAdapter):
    """Gives out such connections, with and without a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _EncryptedPool}

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _EncryptedPool}
        return manager


# --- failures ---------------------------------------------------------------------------------------------------------


def to_error(
    error: requests.exceptions.RequestException, request: Request, connect_seconds: float = CONNECT_SECONDS
) -> DynamicsError:
    """What a failure to get a response means; above all, whether the service may have seen the request."""
    host = _place(request.url)
    causes = list(_chain(error))
    if isinstance(error, requests.exceptions.ConnectTimeout):
        within = f"{connect_seconds:.0f} seconds"
        return RequestTimedOut(f"{request} was not sent: {host} accepted no connection within {within}.", sent=False)
    if isinstance(error, requests.exceptions.Timeout) or any(isinstance(cause, TOO_SLOW) for cause in causes):
        within = f"{request.timeout_seconds:g} seconds"
        return RequestTimedOut(f"{request} got no complete response within {within}.", sent=True)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return UnexpectedAnswer(
            f"{request} returned a body that cannot be decompressed.",
            repeatable=True,
            may_have_happened=request.method != "GET",
        )
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return ConfigurationError(
            f"The certificate of {host} is not trusted, so nothing was sent; behind a proxy that signs certificates "
            "of its own, set ca_bundle to its certificate."
        )
    if any(isinstance(cause, BEFORE_SENDING) for cause in causes):
        return ConnectionLost(
            f"{request} was not sent: there is no connection to {host} ({_reason(causes)}).",
            sent=False,
        )
    return ConnectionLost(
        f"{request} got no complete response: the connection to {host} broke ({_reason(causes)}).", sent=True
    )


TOO_SLOW = (urllib3.exceptions.ReadTimeoutError, TimeoutError)
LENGTH = re.compile(r"[0-9]{1,18}")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Printable characters of latin-1, which is what HTTP has for header fields; no line breaks.
SENDABLE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
BEFORE_SENDING = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its reasons and arguments that are errors, and theirs."""
    yield error
    for cause in (getattr(error, "reason", None), *error.args):
        if isinstance(cause, BaseException):
            yield from _chain(cause)


def _place(url: str) -> str:
    """The host of a URL, with its port where that is not the usual one."""
    parts = urlsplit(url)
    host = parts.hostname or url
    try:
        return f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        return host


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3.exceptions.ProxyError, "the proxy does not answer"),
    (socket.gaierror, "nobody knows this name; check the spelling and the network"),
    (urllib3.exceptions.NameResolutionError, "nobody knows this name; check the spelling and the network"),
    (ConnectionRefusedError, "connection refused"),
    (http.client.RemoteDisconnected, "the other side closed it without a response"),
    (ConnectionResetError, "the other side reset it"),
    (BrokenPipeError, "the other side closed it"),
    (http.client.IncompleteRead, "the response ended too early"),
    (urllib3.exceptions.IncompleteRead, "the response ended too early"),
    (ssl.SSLError, "the TLS handshake failed"),
)
"""What broke a connection, in words. The texts of the errors themselves may quote what was sent."""


def _reason(causes: list[BaseException]) -> str:
    # Some classes of urllib3 tell of what they were raised from in their text alone.
    causes = [*causes, *(each for cause in causes for each in (cause.__cause__, cause.__context__) if each is not None)]
    for kind, words in _REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    number = next((cause.errno for cause in reversed(causes) if isinstance(cause, OSError) and cause.errno), None)
    return "no reason was given" if number is None else os.strerror(number).lower()


def _check(headers: Mapping[str, str]) -> None:
    """See that header fields can be sent.

    Raises:
        ConfigurationError: One of them holds what HTTP has no place for; the message does not show it.
    """
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name):
            raise ConfigurationError(f"The header {name} has a name that cannot be sent; write it as in User-Agent.")
        if not SENDABLE.fullmatch(value):
            what = "The access token" if name == "Authorization" else f"The header {name}"
            raise ConfigurationError(
                f"{what} holds a character that cannot be sent; copy it again, without line breaks."
            )


def _no_further_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request

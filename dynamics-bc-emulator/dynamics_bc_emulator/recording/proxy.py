"""A proxy on loopback that passes questions on to a service, and notes what is answered."""

from __future__ import annotations

import re
import ssl
import sys
from contextlib import closing
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from dynamics_bc_emulator.recording.recorder import Answered, Asked
from dynamics_bc_emulator.this_machine import is_this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message
    from io import BufferedIOBase

    from dynamics_bc_emulator.recording.recorder import Recorder

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_SECONDS = 600
BODY_LIMIT = 350 * 1024 * 1024
"""Bytes of a body, either way: of the service's documented limits."""
_CLIENT_SECONDS = 60.0
_PLAIN = {"content-type": "text/plain; charset=utf-8"}
# Of a body in chunks: a line says how long the next one is.
_LINE = 1024
_LINE_ENDS = (b"\r\n", b"\n")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_TRAILERS = 100
_TARGET = re.compile(r"/[!-~]*")
_LENGTH = re.compile(r"[0-9]{1,18}")
# They speak of one connection, not of the answer.
_OF_A_CONNECTION = frozenset((
    *("connection", "content-length", "host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding"),
    *("accept-encoding", "upgrade", "proxy-connection", "expect"),
))  # fmt: skip


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A redirect is the client's business."""


def check_service(service: str) -> None:
    """Refuse an address that a token must not be sent to.

    Raises:
        ValueError: It is no https address of a host, nor one of this machine.
    """
    address = urlsplit(service)
    known = address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)
    if not known or not address.hostname or address.path.strip("/") or address.query:
        raise ValueError(f"{service} is not an address such as https://api.businesscentral.dynamics.com")


class Refused(Exception):  # noqa: N818 - what is said of a question
    """A question is not passed on.

    Attributes:
        status: What it is answered with.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that is gone is its own business; what it sent is in no traceback."""
        sys.stderr.write(f"A question was broken off: {type(sys.exc_info()[1]).__name__}.\n")


def make_proxy(recorder: Recorder, port: int, *, seconds: float = _CLIENT_SECONDS) -> ThreadingHTTPServer:
    """A proxy for a recorder, on loopback; port 0 takes any free one.

    Args:
        recorder: Notes what is answered.
        port: Where it listens.
        seconds: How long a client may be silent in the middle of a question, or before the next one.

    Raises:
        OSError: The port cannot be had.
    """
    lock, opener = Lock(), _opener(recorder.service)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = seconds

        def pass_on(self) -> None:
            """Ask the service, note what it says, and hand it on."""
            try:
                asked = Asked(self.command, *_asked(self.path, self.headers, self.rfile))
            except (Refused, TimeoutError) as error:
                # What comes behind it may be part of it.
                self.close_connection = True
                status = error.status if isinstance(error, Refused) else 408
                self._hand_on(Answered(status, {**_PLAIN, "connection": "close"}, f"{error}".encode()))
                return
            try:
                answered = _answer(opener, recorder.service, asked)
            except (URLError, OSError, HTTPException, ValueError) as error:
                self._hand_on(Answered(502, _PLAIN, f"The service: {error}".encode()))
                return
            with lock:
                _note(recorder, asked, answered)
            self._hand_on(_at_home(answered, recorder.service, f"http://{self.headers.get('Host', '')}"))

        do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = pass_on  # noqa: N815

        def _hand_on(self, answered: Answered) -> None:
            self.send_response_only(answered.status)
            for name, value in answered.headers.items():
                if name not in _OF_A_CONNECTION or (name, value) == ("connection", "close"):
                    self.send_header(name, value)
            if answered.status not in {204, 304}:
                self.send_header("Content-Length", str(len(answered.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answered.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing: an address may hold what nobody else should read."""

    return _Server(("127.0.0.1", port), Handler)


def _note(recorder: Recorder, asked: Asked, answered: Answered) -> None:
    try:
        recorder.note(asked, answered)
    except Exception as error:  # noqa: BLE001 - the rim: the client gets its answer, whatever the recorder makes of it
        recorder.left_out += 1
        # Its sentence may have what must not be told.
        sys.stderr.write(f"An answer is left out: {type(error).__name__}.\n")


def _asked(target: str, headers: Message, stream: BufferedIOBase) -> tuple[str, dict[str, str], bytes]:
    """What is asked, by which headers, and the body: nothing of it may be read in two ways.

    Raises:
        Refused: It may, or it is not meant for this proxy and its service.
        TimeoutError: The client is silent.
    """
    if not _TARGET.fullmatch(target):
        # Without its slash it would be part of the host's name, behind the service's address.
        raise Refused(400, "A question begins with a slash, and has no signs that need escaping.")
    hosts = headers.get_all("host", [])
    if len(hosts) != 1 or not is_this_machine(hosts[0]):
        raise Refused(403, "The recorder answers to 127.0.0.1 and localhost alone.")
    if headers.defects or any("\n" in value or "\r" in value for value in headers.values()):
        raise Refused(400, "A header field is not clear.")
    return target, {name.lower(): value for name, value in headers.items()}, _body(headers, stream)


def _body(headers: Message, stream: BufferedIOBase) -> bytes:
    """The body of a question, of a length that is told or in chunks, as .NET sends JSON."""
    lengths, codings = headers.get_all("content-length", []), headers.get_all("transfer-encoding", [])
    if codings:
        if lengths or [each.strip().lower() for each in codings] != ["chunked"]:
            raise Refused(400, "The end of the question is not clear.")
        return _chunks(stream)
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(each) for each in lengths):
        raise Refused(400, "The end of the question is not clear.")
    return _read(stream, int(lengths[0])) if lengths else b""


def _chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _size(stream.readline(_LINE)):
        body += _read(stream, size, before=len(body))
        if stream.readline(_LINE) not in _LINE_ENDS:
            raise Refused(400, "A chunk is longer than it says.")
    for _ in range(_TRAILERS):
        # They say nothing that is passed on.
        if stream.readline(_LINE) in _LINE_ENDS:
            return bytes(body)
    raise Refused(400, "There are too many trailers.")


def _size(line: bytes) -> int:
    """How long a chunk says that it is."""
    size = line.partition(b";")[0].strip()
    if not line.endswith(b"\n") or not _SIZE.fullmatch(size):
        raise Refused(400, "A chunk does not say how long it is.")
    return int(size, 16)


def _read(stream: BufferedIOBase, size: int, *, before: int = 0) -> bytes:
    if before + size > BODY_LIMIT:
        raise Refused(413, f"A question has at most {BODY_LIMIT:,} bytes.")
    body = stream.read(size)
    if len(body) < size:
        raise Refused(400, "The question ended before its end.")
    return body


def _opener(service: str) -> OpenerDirector:
    handlers: list[Any] = [_NoRedirects(), HTTPSHandler(context=ssl.create_default_context())]
    if urlsplit(service).hostname in _LOOPBACK:
        handlers.append(ProxyHandler({}))
    return build_opener(*handlers)


def _answer(opener: OpenerDirector, service: str, asked: Asked) -> Answered:
    kept = {name: value for name, value in asked.headers.items() if name not in _OF_A_CONNECTION}
    has_body = asked.body or asked.method in {"POST", "PATCH", "PUT"}
    request = Request(  # noqa: S310 - the address was checked
        service.rstrip("/") + asked.target, asked.body if has_body else None, kept, method=asked.method
    )
    try:
        response = opener.open(request, timeout=_SECONDS)
    except HTTPError as error:
        response = error
    with closing(response):
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = response.read(BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise ValueError(f"the answer has more than {BODY_LIMIT:,} bytes")
        return Answered(int(response.status or 0), headers, body)


def _at_home(answered: Answered, service: str, own: str) -> Answered:
    """The answer with links that lead back through this proxy."""
    theirs, ours = service.rstrip("/"), own
    headers: Mapping[str, str] = {name: value.replace(theirs, ours) for name, value in answered.headers.items()}
    is_text = "json" in headers.get("content-type", "") or "xml" in headers.get("content-type", "")
    body = answered.body.replace(theirs.encode(), ours.encode()) if is_text else answered.body
    return Answered(answered.status, headers, body)

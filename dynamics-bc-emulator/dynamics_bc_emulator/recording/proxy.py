"""A proxy on loopback that passes questions on to a service, and notes what is answered."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedIOBase

    from dynamics_bc_emulator.recording.recorder import Recorder

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_SECONDS = 600
# They speak of one connection, not of the answer.
_OF_A_CONNECTION = frozenset((
    *("connection", "content-length", "host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding"),
    *("accept-encoding", "upgrade", "proxy-connection"),
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
        raise ValueError(f"{service} is no address such as https://api.businesscentral.dynamics.com")


def make_proxy(recorder: Recorder, port: int) -> ThreadingHTTPServer:
    """A proxy for a recorder, on loopback; port 0 takes any free one.

    Raises:
        OSError: The port cannot be had.
    """
    lock, opener = Lock(), _opener(recorder.service)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            """Ask the service, note what it says, and hand it on."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, _body(self.rfile, headers))
            try:
                answered = _answer(opener, recorder.service, asked)
            except (URLError, OSError, HTTPException) as error:
                self._hand_on(Answered(502, {"content-type": "text/plain"}, f"The service: {error}".encode()))
                return
            with lock:
                _note(recorder, asked, answered)
            self._hand_on(_at_home(answered, recorder.service, f"http://{self.headers.get('Host', '')}"))

        do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = pass_on  # noqa: N815

        def _hand_on(self, answered: Answered) -> None:
            self.send_response_only(answered.status)
            for name, value in answered.headers.items():
                if name not in _OF_A_CONNECTION:
                    self.send_header(name, value)
            if answered.status not in {204, 304}:
                self.send_header("Content-Length", str(len(answered.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answered.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing: an address may hold what nobody else should read."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def _note(recorder: Recorder, asked: Asked, answered: Answered) -> None:
    try:
        recorder.note(asked, answered)
    except Exception as error:  # noqa: BLE001 - the rim: the client gets its answer, whatever the recorder makes of it
        recorder.left_out += 1
        # Its sentence may have what must not be told.
        sys.stderr.write(f"An answer is left out: {type(error).__name__}.\n")


def _body(stream: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    """The body of a question, of a length that is told or in chunks, as .NET sends JSON."""
    if "chunked" not in headers.get("transfer-encoding", "").lower():
        return stream.read(int(headers.get("content-length") or 0))
    body = bytearray()
    while size := int(stream.readline().partition(b";")[0].strip() or b"0", 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        # Trailers say nothing that is passed on.
        pass
    return bytes(body)


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
        return Answered(int(response.status or 0), headers, response.read())


def _at_home(answered: Answered, service: str, own: str) -> Answered:
    """The answer with links that lead back through this proxy."""
    theirs, ours = service.rstrip("/"), own
    headers: Mapping[str, str] = {name: value.replace(theirs, ours) for name, value in answered.headers.items()}
    is_text = "json" in headers.get("content-type", "") or "xml" in headers.get("content-type", "")
    body = answered.body.replace(theirs.encode(), ours.encode()) if is_text else answered.body
    return Answered(answered.status, headers, body)

"""Real sockets: what goes over the wire, and what each way to fail becomes."""

from __future__ import annotations

import contextlib
import errno
import gzip
import http.client
import os
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from client.collected import Collected

from dynamics_bc_client import proxies
from dynamics_bc_client.errors import ConfigurationError, ConnectionLost, RequestTimedOut, UnexpectedAnswer
from dynamics_bc_client.odata.targets import RequestTarget
from dynamics_bc_client.transport import Headers, Request, RequestsTransport, Response, to_error

MEGABYTE = 1024 * 1024


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.connections = set()
        self.elsewhere = "http://localhost:1/secret"
        self.nearby = "/echo"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.server.connections.add(self.client_address)
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        getattr(self, urlsplit(self.path).path.split("/")[1].replace("v2.0", "service"))()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the server finds its handlers by name

    def answer(self, status=200, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def echo(self):
        self.answer(body=self.body, **{"X-Method": self.command})

    def away(self):
        self.answer(302, Location=self.server.elsewhere)

    def near(self):
        self.answer(302, Location="/echo")

    def service(self):
        self.answer(302, Location=self.server.nearby)

    def circle(self):
        self.answer(302, Location="/circle")

    def silence(self):
        self.server.release.wait(10)

    def drips(self):
        """A body, or with a further segment the header fields, that comes a byte now and then."""
        part = self.path.split("/")[2]
        pieces = {
            "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
            "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            "fields": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
            "status": (b"", b"H"),
        }
        head, drop = pieces[part]
        with contextlib.suppress(OSError):
            self.wfile.write(head)
            while not self.server.release.wait(0.02):
                self.wfile.write(drop)
        self.close_connection = True

    def stalls(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        self.server.release.wait(10)
        self.close_connection = True

    def slow(self):
        self.server.release.wait(0.4)
        self.answer()

    def cut(self):
        self.close_connection = True

    def short(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"too little")
        self.close_connection = True

    def packed(self):
        self.answer(body=gzip.compress(bytes(5_000_000)), **{"Content-Encoding": "gzip"})

    def bomb(self):
        """As many bytes as the path says, all nothing, in a thousandth of them."""
        bytes_, status = int(self.path.split("/")[2]), int(self.path.split("/")[3])
        packer = zlib.compressobj(9, wbits=31)
        first = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
        again = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
        self.send_response(status)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Location", "/echo")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(first)
            for _ in range(bytes_ // MEGABYTE):
                self.wfile.write(again)
        self.close_connection = True

    def plain(self):
        """A body that goes on until nobody listens any more."""
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.release.is_set():
                self.wfile.write(bytes(MEGABYTE))
        self.close_connection = True

    def packed_as(self):
        self.answer(body=b"x", **{"Content-Encoding": self.path.split("/")[2].replace("+", ", ")})

    def unlike(self):
        self.answer(body=b"no gzip", **{"Content-Encoding": "gzip"})

    def lines(self):
        """Something around the body that has no end."""
        heads = {
            "status": b"HTTP/1.1 200 ",
            "field": b"HTTP/1.1 200 OK\r\nX-Long: ",
            "fields": b"HTTP/1.1 200 OK\r\n",
            "length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "behind": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "continue": b"",
        }
        part = self.path.split("/")[2]
        again = {"fields": b"X-A: b\r\n" * 1000, "continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 1000}
        with contextlib.suppress(OSError):
            self.wfile.write(heads[part])
            while not self.server.release.is_set():
                self.wfile.write(again.get(part, b"1" * 65_536))
        self.close_connection = True

    def nowhere(self):
        self.answer(302, Location="http://[::1")

    def cookie(self):
        self.answer(body=self.headers.get("Cookie", "").encode(), **{"Set-Cookie": "a=b; Path=/"})

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with running() as listening:
        yield listening


@contextlib.contextmanager
def running():
    with Server() as listening:
        listening.release = threading.Event()
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.release.set()
        listening.shutdown()
        thread.join()


@pytest.fixture
def transport():
    with contextlib.closing(RequestsTransport()) as opened:
        yield opened


def test_an_answer_comes_with_status_headers_and_body(server, transport):
    response = transport(Request("POST", f"{server.url}/echo", {"X-Test": "é".encode().decode("latin-1")}, b"body"))
    assert (response.status, response.body, response.headers["x-METHOD"]) == (200, b"body", "POST")
    assert response.seconds > 0


def test_a_redirect_to_another_host_is_not_followed(server, transport):
    with running() as other:
        server.elsewhere = f"{other.url}/echo"
        assert transport(Request("GET", f"{server.url}/away", {"Authorization": "Bearer fake"})).status == 302
        assert other.seen == []
    assert len(server.seen) == 1


def test_a_redirect_within_the_host_is_followed_for_reads_alone(server, transport):
    assert transport(Request("GET", f"{server.url}/near")).status == 200
    assert transport(Request("POST", f"{server.url}/near", {}, b"x")).status == 302


@pytest.mark.parametrize(
    "place",
    [
        "Production/api/v2.0/companies(22222222-2222-3333-4444-555555555555)",
        "Sandbox/api/v2.0/companies(11111111-2222-3333-4444-555555555555)",
        "Production/api/v2.0/companies%2822222222-2222-3333-4444-555555555555%29",
    ],
)
def test_a_redirect_to_another_company_or_environment_is_not_followed(server, transport, place):
    """What is there would be taken for what was asked for."""
    asked = "v2.0/acme.example/Production/api/v2.0/companies(11111111-2222-3333-4444-555555555555)/customers"
    server.nearby = f"/v2.0/acme.example/{place}/customers"
    assert transport(Request("GET", f"{server.url}/{asked}")).status == 302
    assert len(server.seen) == 1


def test_redirects_in_a_circle_end(server, transport):
    assert transport(Request("GET", f"{server.url}/circle")).status == 302
    assert len(server.seen) == 4


def test_connections_are_used_again(server, transport):
    for _ in range(5):
        transport(Request("GET", f"{server.url}/echo"))
    assert len(server.connections) == 1


def test_silence_is_a_time_out_after_sending(server, transport):
    with pytest.raises(RequestTimedOut, match=r"GET 127\.0\.0\.1 got no complete response within 0") as caught:
        transport(Request("GET", f"{server.url}/silence", timeout_seconds=0.1))
    assert caught.value.sent is True


@pytest.mark.parametrize("path", ["drips/body", "drips/chunks", "drips/fields", "drips/status", "stalls"])
def test_an_answer_that_does_not_end_in_time_is_a_time_out_after_sending(server, transport, path):
    began = time.monotonic()
    with pytest.raises(RequestTimedOut, match=r"got no complete response within 0\.3 seconds\.") as caught:
        transport(Request("GET", f"{server.url}/{path}", timeout_seconds=0.3))
    assert caught.value.sent is True
    assert 0.25 < time.monotonic() - began < 2


def test_a_connection_waits_as_long_for_the_second_answer_as_for_the_first(server, transport):
    for path in ("slow", "slow", "slow"):
        assert transport(Request("GET", f"{server.url}/{path}", timeout_seconds=0.8)).status == 200
    assert len(server.connections) == 1


@pytest.mark.parametrize("path", ["cut", "short"])
def test_a_broken_connection_may_have_carried_the_request(server, transport, path):
    with pytest.raises(ConnectionLost) as caught:
        transport(Request("POST", f"{server.url}/{path}", {}, b"x"))
    assert caught.value.sent is True


def test_a_refused_connection_carried_nothing(transport):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        said = f"was not sent: there is no connection to 127.0.0.1:{port} \\(connection refused\\)\\."
        with pytest.raises(ConnectionLost, match=said) as caught:
            transport(Request("POST", f"http://127.0.0.1:{port}/", {}, b"x"))
    assert caught.value.sent is False


def test_a_host_without_an_address_carried_nothing(transport):
    with pytest.raises(ConnectionLost, match=r"to nowhere\.invalid \(nobody knows this name; check") as caught:
        transport(Request("GET", "https://nowhere.invalid/"))
    assert caught.value.sent is False


def test_a_server_without_encryption_is_no_answer(server, transport):
    with pytest.raises(ConnectionLost):
        transport(Request("GET", server.url.replace("http:", "https:")))


def test_an_untrusted_certificate_is_named_with_what_to_do():
    cause = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed certificate"))
    failure = requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", cause))  # type: ignore[arg-type]
    error = to_error(failure, Request("POST", "https://bc.example/x"))
    assert isinstance(error, ConfigurationError)
    assert "bc.example" in error.message
    assert "set ca_bundle" in error.message


@pytest.mark.parametrize("bundle", [None, "the file"])
def test_certificates_are_checked_against_the_usual_authorities_or_those_of_the_bundle(tmp_path, monkeypatch, bundle):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    path = str(tmp_path / bundle) if bundle else requests.certs.where()
    (tmp_path / "the file").touch()
    checked, check = [], requests.adapters.HTTPAdapter.cert_verify

    def noting(adapter, connections, *arguments):
        check(adapter, connections, *arguments)
        checked.append((connections.cert_reqs, connections.ca_certs, type(connections).__module__))

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "cert_verify", noting)
    transport = RequestsTransport(ca_bundle=path if bundle else None)
    with contextlib.closing(transport), pytest.raises((ConnectionLost, ConfigurationError)):
        transport(Request("GET", "https://127.0.0.1:1/"))
    assert checked == [("CERT_REQUIRED", path, "dynamics_bc_client.transport")], "limits of answers are its own"


def test_an_encrypted_connection_that_breaks_may_have_carried_the_request():
    cause = urllib3.exceptions.SSLError(ssl.SSLEOFError("EOF occurred in violation of protocol"))
    failure = requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", cause))  # type: ignore[arg-type]
    error = to_error(failure, Request("POST", "https://bc.example/x"))
    assert isinstance(error, ConnectionLost)
    assert error.sent is True


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_what_was_cut_off_is_not_sent_again_by_itself(server, transport, method):
    """Whether it may be is decided elsewhere, by what it was."""
    with pytest.raises(ConnectionLost):
        transport(Request(method, f"{server.url}/cut"))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "the other side reset it"),
        (http.client.RemoteDisconnected("Remote end closed"), "the other side closed it without a response"),
        (http.client.IncompleteRead(b"secret"), "the response ended too early"),
        (ssl.SSLEOFError("EOF occurred"), "the TLS handshake failed"),
        (OSError(errno.ENETUNREACH, "secret"), os.strerror(errno.ENETUNREACH).lower()),
        (ValueError("secret"), "no reason was given"),
    ],
)
def test_what_broke_a_connection_is_said_in_words_and_quotes_nothing(cause, said):
    failure = requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("broken", cause))
    error = to_error(failure, Request("GET", "https://bc.example:8443/x"))
    assert (
        error.message == f"GET bc.example got no complete response: the connection to bc.example:8443 broke ({said})."
    )


def test_netrc_does_not_replace_the_token(server, transport, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password fake\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    transport(Request("GET", f"{server.url}/echo", {"Authorization": "Bearer fake"}))
    assert server.seen[0][2]["Authorization"] == "Bearer fake"


PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def proxied(proxy, monkeypatch):
    """Sets one variable of the environment to the address of a proxy; returns what that proxy has seen."""

    def proxied(variable):
        for name in (*PROXY_VARIABLES, "NO_PROXY", *(each.lower() for each in (*PROXY_VARIABLES, "NO_PROXY"))):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(variable, proxy.url)
        return proxy.seen

    return proxied


@pytest.fixture
def proxy():
    """A server that listens and notes what a proxy would be sent."""
    with running() as listening:
        yield listening


@pytest.mark.fault("P12")
@pytest.mark.parametrize("variable", [*PROXY_VARIABLES, *(each.lower() for each in PROXY_VARIABLES)])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_is_asked_for_this_machine(server, transport, proxied, variable, host):
    seen_by_proxy = proxied(variable)
    url = f"http://{host}:{server.server_port}"
    token = Request("POST", f"{url}/echo/token", {"Content-Type": "text/plain"}, b"client_secret=fake")
    assert transport(token).status == 200
    assert transport(Request("GET", f"{url}/near", {"Authorization": "Bearer fake"})).status == 200
    assert seen_by_proxy == []
    assert [path for _, path, _ in server.seen] == ["/echo/token", "/near", "/echo"]


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("http://", "it has no host"),
        ("http://user:word-of-the-proxy@:8080", "it has no host"),
        ("http://proxy.example:port", "its host or its port cannot be read"),
        ("proxy.example:8080:1", "its host or its port cannot be read"),
        ("http://proxy.example:99999", "its host or its port cannot be read"),
        ("http://[::1", "its host or its port cannot be read"),
        ("http://proxy example:8080", "it holds a space"),
        ("ftp://proxy.example:21", "its scheme is none of a proxy"),
        ("socks5://proxy.example:1080", "PySocks"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_a_wrong_setting_and_nothing_is_tried_again(
    transport, monkeypatch, address, fault
):
    monkeypatch.setenv("HTTPS_PROXY", address)
    monkeypatch.setattr(proxies, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError) as raised:
        transport(Request("GET", "https://bc.example/echo", {}))
    assert fault in str(raised.value)
    assert "HTTPS_PROXY" in str(raised.value)
    assert "word-of-the-proxy" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    ["proxy.example", "proxy.example:8080", "http://anna:word@proxy.example:8080", "https://[2001:db8::1]:8080/"],
)
def test_the_address_of_a_proxy_may_be_written_in_any_way_that_others_take(address):
    proxies.check_proxy(address)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_other_hosts_are_reached_through_the_proxy(transport, proxied, variable):
    """So that the test before this one fails when the variables mean nothing."""
    seen_by_proxy = proxied(variable)
    assert transport(Request("GET", "http://bc.example/echo")).status == 200
    assert [path for _, path, _ in seen_by_proxy] == ["http://bc.example/echo"]


@pytest.mark.parametrize("value", ["Bearer to\u043aen", "Bearer a\nb", "Bearer \u2026", "Bearer \ud800", "Bearer \x7f"])
def test_a_token_that_cannot_be_sent_is_a_sentence_that_does_not_show_it(server, transport, value):
    with pytest.raises(ConfigurationError, match="The access token holds a character") as caught:
        transport(Request("GET", f"{server.url}/echo", {"Authorization": value}))
    assert value not in caught.value.message
    with pytest.raises(ConfigurationError, match="The header User-Agent holds"):
        transport(Request("GET", f"{server.url}/echo", {"User-Agent": value}))
    assert server.seen == []


def test_a_failure_names_what_was_asked_for(server, transport):
    target = RequestTarget.of("companies(1)/customers")
    with pytest.raises(
        ConnectionLost, match=r"^GET companies\(1\)/customers got no complete response: the connection to 127"
    ):
        transport(Request("GET", f"{server.url}/cut", target=target))
    with pytest.raises(RequestTimedOut, match=r"^GET companies\(1\)/customers got no complete response within 0"):
        transport(Request("GET", f"{server.url}/silence", timeout_seconds=0.1, target=target))


def test_header_names_have_no_case():
    headers = Headers({"Retry-After": "3"})
    assert headers["retry-after"] == headers.get("RETRY-AFTER") == "3"
    assert list(headers) == ["Retry-After"]
    assert Response(200, {"Date": "x"}).headers["date"] == "x"


def test_what_may_hold_secrets_is_not_in_a_repr():
    request = Request("GET", "https://bc.example", {"Authorization": "Bearer hidden"}, b"hidden")
    response = Response(200, {"Set-Cookie": "hidden"}, b"hidden")
    assert "hidden" not in repr(request) + repr(response) + repr(response.headers)


def test_a_file_comes_in_pieces_and_is_held_nowhere_else(server):
    sink = Collected()
    transport = RequestsTransport()
    response = transport(Request("GET", f"{server.url}/packed", sink=sink))
    transport.close()
    assert (response.body, response.sunk) == (b"", 5_000_000)
    assert sum(map(len, sink.pieces)) == 5_000_000
    assert max(map(len, sink.pieces)) < 1_000_000


def test_a_file_without_an_end_is_broken_off_by_its_unpacked_bytes(server):
    sink = Collected()
    transport = RequestsTransport()
    with pytest.raises(UnexpectedAnswer, match="broken off: it has more than 1,000,000 bytes"):
        transport(Request("GET", f"{server.url}/packed", sink=sink, sink_bytes=1_000_000))
    transport.close()
    assert sum(map(len, sink.pieces)) <= 1_000_000


def test_a_file_says_how_long_it_is_before_any_of_it_is_taken(server):
    transport = RequestsTransport()
    whole, half, none = Collected(), Collected(), Collected()
    transport(Request("POST", f"{server.url}/echo", body=b"picture", sink=whole))
    assert (whole.announced_bytes, whole.pieces) == (7, [b"picture"])
    with pytest.raises(ConnectionLost):
        transport(Request("GET", f"{server.url}/short", sink=half))
    assert half.announced_bytes == 100
    with pytest.raises(UnexpectedAnswer, match="broken off: it has more than 10 bytes"):
        transport(Request("GET", f"{server.url}/short", sink=none, sink_bytes=10))
    transport.close()
    assert (none.begun, none.pieces) == (0, [])


@pytest.mark.parametrize("part", ["short", "drips/body"])
def test_a_file_that_breaks_off_is_no_file(server, part: str):
    transport = RequestsTransport()
    with pytest.raises(Exception, match="no complete response"):
        transport(Request("GET", f"{server.url}/{part}", timeout_seconds=0.3, sink=Collected()))
    transport.close()


def test_a_refusal_does_not_go_into_the_sink(server):
    sink = Collected()
    transport = RequestsTransport()
    response = transport(Request("GET", f"{server.url}/away", sink=sink))
    transport.close()
    assert (response.status, sink.begun) == (302, 0)


@contextlib.contextmanager
def taking_at_most(megabytes):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.fault("P15")
@pytest.mark.parametrize("path", [f"bomb/{6 * 1024 * MEGABYTE}/200", "plain"])
def test_an_answer_without_an_end_is_broken_off_by_its_unpacked_bytes(server, transport, path):
    with (
        taking_at_most(90),
        pytest.raises(UnexpectedAnswer, match=r"was broken off: the answer has more than 67,108,864 bytes") as caught,
    ):
        transport(Request("GET", f"{server.url}/{path}"))
    assert (caught.value.may_be_too_large, caught.value.may_have_happened) == (True, False)


def test_of_a_write_whose_answer_is_too_long_nobody_knows_what_became(server, transport):
    with pytest.raises(UnexpectedAnswer, match="more than 1,000 bytes") as caught:
        transport(Request("POST", f"{server.url}/bomb/{MEGABYTE}/200", most_bytes=1_000))
    assert caught.value.may_have_happened


@pytest.mark.parametrize("status", [400, 503])
def test_of_a_refusal_without_an_end_the_beginning_is_read(server, transport, status):
    with taking_at_most(10):
        response = transport(Request("GET", f"{server.url}/bomb/{1024 * MEGABYTE}/{status}"))
    assert (response.status, len(response.body)) == (status, 256 * 1024)
    assert transport(Request("GET", f"{server.url}/echo")).status == 200


def test_the_body_of_a_redirect_is_not_read(server, transport):
    with taking_at_most(10):
        assert transport(Request("GET", f"{server.url}/bomb/{1024 * MEGABYTE}/302")).status == 200
    assert transport(Request("POST", f"{server.url}/bomb/{1024 * MEGABYTE}/302")).status == 302


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip+gzip", "gzip+gzip+gzip", "nonsense"])
def test_a_body_that_nobody_asked_to_be_packed_so_is_not_unpacked(server, transport, encoding):
    with pytest.raises(UnexpectedAnswer, match=f'packed as "{encoding.replace("+", ", ")}", and gzip, deflate were'):
        transport(Request("GET", f"{server.url}/packed_as/{encoding}"))


def test_a_body_that_cannot_be_unpacked_is_said_to_be_one(server, transport):
    with pytest.raises(UnexpectedAnswer, match="returned a body that cannot be decompressed") as caught:
        transport(Request("GET", f"{server.url}/unlike"))
    assert caught.value.repeatable


@pytest.mark.parametrize("part", ["status", "field", "fields", "length", "behind", "continue"])
def test_what_stands_around_a_body_has_an_end(server, transport, part):
    with taking_at_most(10), pytest.raises((ConnectionLost, RequestTimedOut), match="got no complete response"):
        transport(Request("GET", f"{server.url}/lines/{part}", timeout_seconds=0.5))


def test_a_redirect_that_leads_nowhere_is_not_followed(server, transport):
    assert transport(Request("GET", f"{server.url}/nowhere")).status == 302


def test_no_cookie_is_kept(server, transport):
    """A service that sets one more with every answer would have us send all of them."""
    for _ in range(2):
        assert transport(Request("GET", f"{server.url}/cookie")).body == b""

"""The servers of this project, over real sockets: what they tell, to whom, and what bad clients do to them."""

from __future__ import annotations

import io
import threading
import time
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from security.raw_http import connected, said, status, statuses

from dynamics_bc_emulator.driver import start_business_central
from dynamics_bc_emulator.http.emulator import TENANT_ID
from dynamics_bc_emulator.recording.proxy import make_proxy
from dynamics_bc_emulator.recording.recorder import Recorder

SECRET = "Mk7-planted.{}_Zq3XwV9tRb"
HEADERS = (
    *("Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Ocp-Apim-Subscription-Key", "X-Functions-Key"),
    *("X-Auth-Token", "X-CSRF-Token", "Client-Secret", "Private-Token", "X-Amz-Security-Token"),
)
QUERY = (
    *("code", "client_secret", "Client_Secret", "access_token", "refresh_token", "id_token", "client_assertion"),
    *("assertion", "password", "sig", "device_code", "api_key", "subscription-key", "code_verifier", "token", "ticket"),
)


def planted(name: str) -> str:
    return SECRET.format(name)


def told(text: str) -> list[str]:
    return [name for name in (*HEADERS, *QUERY, "user", "referer", "twice") if planted(name) in text]


def tell_secrets(url: str) -> None:
    """Put marked secrets wherever a request has room for one."""
    headers = {name: f"Bearer {planted(name)}" for name in HEADERS}
    headers["Referer"] = f"https://user:{planted('user')}@shop.example/?access_token={planted('referer')}"
    query = urlencode({name: planted(name) for name in QUERY})
    twice = quote(f"https://shop.example/?access_token={planted('twice')}", safe="")
    for path in (
        "v2.0/Production/api/v2.0/companies",
        f"{TENANT_ID}/oauth2/v2.0/authorize",
        "environments/v1.1",
        "v2.0/Production/api/v2.0/no-such-thing",
    ):
        for asked in (f"{url}/{path}?{query}", f"{url}/{path}?redirect_uri={twice}&next={twice}"):
            requests.get(asked, headers=headers, timeout=60, allow_redirects=False)
        form = {name: planted(name) for name in QUERY}
        requests.post(f"{url}/{TENANT_ID}/oauth2/v2.0/token", data=form, headers=headers, timeout=60)


def test_what_the_emulator_shows_of_requests_holds_no_secret_that_was_sent(business_central):
    tell_secrets(business_central.url)
    for shown in ("requests", "notifications", "faults", "mails", "about", "sets", "principals"):
        text = requests.get(f"{business_central.url}/_emulator/{shown}", timeout=60).text
        assert told(text) == [], shown
    assert len(business_central.control.requests()) > 8


def test_what_the_emulator_logs_of_requests_holds_no_secret_that_was_sent(capfd):
    running = start_business_central("--companies", "1", "--verbose")
    try:
        tell_secrets(running.url)
    finally:
        running.stop()
    logged = capfd.readouterr()
    assert told(logged.out + logged.err) == []
    assert "/oauth2/v2.0/authorize" in logged.err


# --- names of hosts ---------------------------------------------------------------------------------------------------

OTHERS = (
    *("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "localhost.evil.example"),
    *("[::1", "[::1]x", "127.0.0.1, evil.example", "0x7f.1", "2130706433", "", "localhost:x", "local host"),
)
PLACES = (
    *("/", "/_emulator/about", "/_emulator/requests", "/_emulator/page.js", "/health", "/devicelogin"),
    *(
        "/v2.0/Production/api/v2.0/companies",
        "/environments/v1.1",
        "/7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30/oauth2/token",
    ),
)


@pytest.mark.parametrize("place", PLACES)
def test_the_emulator_answers_to_names_of_this_machine_alone(business_central, place):
    method = "POST" if place.endswith("token") else "GET"
    for host in OTHERS:
        received = said(business_central.url, f"{method} {place} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n")
        assert status(received) in {400, 403}, host
        assert b"Traceback" not in received
    own = urlsplit(business_central.url).netloc
    received = said(business_central.url, f"{method} {place} HTTP/1.1\r\nHost: {own}\r\nContent-Length: 0\r\n\r\n")
    assert status(received) in {200, 400, 401}


def test_no_page_of_another_site_reads_what_the_emulator_holds(business_central):
    """No answer allows it but those that need a token; the controls refuse even to be asked."""
    for place in PLACES[:6] + PLACES[8:]:
        url, foreign = business_central.url + place, {"Origin": "https://evil.example"}
        for answer in (
            requests.get(url, headers=foreign, timeout=60),
            requests.options(url, headers=foreign, timeout=60),
        ):
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    for do in ("reset", "edit", "faults", "clock"):
        answer = requests.post(
            f"{business_central.url}/_emulator/{do}", headers={**foreign, "Content-Type": "text/plain"}, timeout=60
        )
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        *("/_emulator/../../../etc/passwd", "/_emulator/%2e%2e/%2e%2e/etc/passwd", "/_emulator/..%2fserver.py"),
        *("/../command.py", "/_emulator/page.html/../../server.py", "//etc/passwd", "/_emulator/page.js%00.html"),
        *("/_emulator/\\..\\..\\server.py", "/static/../server.py", "/_emulator/server.py"),
    ],
)
def test_no_path_leads_to_a_file_that_is_not_the_pages(business_central, path):
    own = urlsplit(business_central.url).netloc
    received = said(business_central.url, f"GET {path} HTTP/1.1\r\nHost: {own}\r\n\r\n")
    assert status(received) in {400, 404}
    assert b"root:" not in received
    assert b"uvicorn" not in received


# --- clients that mean harm -------------------------------------------------------------------------------------------


class Upstream:
    """What a recording asks in the service's place; it notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.body = b"{}"
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                upstream.asked.append(f"{self.command} {self.path} {body.decode()}".strip())
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(upstream.body)))
                self.end_headers()
                self.wfile.write(upstream.body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class Places:
    """A recording proxy and the service behind it."""

    def __init__(self, **options: object) -> None:
        self.upstream = Upstream()
        self.kept = io.BytesIO()
        self.proxy = make_proxy(Recorder(self.kept, self.upstream.url), 0, **options)
        self.url = f"http://127.0.0.1:{self.proxy.server_port}"
        for server in (self.upstream.server, self.proxy):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        for server in (self.proxy, self.upstream.server):
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def module_places():
    with closing(Places()) as places:
        yield places


@pytest.fixture
def recording(module_places):
    module_places.upstream.asked.clear()
    module_places.upstream.body = b"{}"
    return module_places


@pytest.mark.parametrize(
    "target",
    [
        *("@evil.example/", ".evil.example/", ":1@evil.example/", "http://evil.example/", "evil", "*"),
        *("//evil.example/x", r"/\evil.example"),
    ],
)
def test_a_recording_sends_a_token_to_its_service_alone(recording, target):
    own = urlsplit(recording.url).netloc
    received = said(
        recording.url, f"GET {target} HTTP/1.1\r\nHost: {own}\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n"
    )
    if target.startswith("/"):
        (asked,) = recording.upstream.asked
        assert asked.split()[1] in {target, target[1:]}
    else:
        assert status(received) == 400
        assert recording.upstream.asked == []


@pytest.mark.parametrize("host", OTHERS)
def test_a_recording_answers_to_names_of_this_machine_alone(recording, host):
    received = said(recording.url, f"GET /v2.0/x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert status(received) in {400, 403}
    assert recording.upstream.asked == []


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: {own}\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
SMUGGLING = {
    "a length and chunks": (f"Content-Length: 5\r\n{CHUNKED}", "0\r\n\r\n"),
    "two lengths": ("Content-Length: 0\r\nContent-Length: 60", ""),
    "a length below zero": ("Content-Length: -1", ""),
    "a length with a sign": ("Content-Length: +5", "hello"),
    "a length that is none": ("Content-Length: 1_0", ""),
    "chunks of no size": (CHUNKED, "-1\r\n"),
    "chunks of an odd size": (CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk that is longer": (CHUNKED, "5\r\nhello you\r\n0\r\n\r\n"),
    "a coding that is none": ("Transfer-Encoding: xchunked", "0\r\n\r\n"),
    "two codings": (f"{CHUNKED}\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
    "a space before the colon": ("Transfer-Encoding : chunked", "0\r\n\r\n"),
    "a folded line": (f"X: y\r\n {CHUNKED}\r\nContent-Length: 0, 5", ""),
    "a size without an end": (CHUNKED, "f" * 70_000),
}


@pytest.mark.parametrize("sent", SMUGGLING.values(), ids=list(SMUGGLING))
def test_a_request_whose_end_is_not_clear_is_refused_with_all_behind_it(business_central, recording, sent, capfd):
    fields, body = sent
    for url, at in ((business_central.url, "/v2.0/Production/api/v2.0/$batch"), (recording.url, "/v2.0/x")):
        own = urlsplit(url).netloc
        received = said(url, f"POST {at} HTTP/1.1\r\nHost: {own}\r\n{fields}\r\n\r\n{body}{SMUGGLED.format(own=own)}")
        assert statuses(received) in ([400], [501]), url
    assert recording.upstream.asked == []
    assert not [each for each in business_central.control.requests() if "smuggled" in each["path"]]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "sent",
    [
        "GET / HTTP/1.1\r\nHost: {own}\r\nX: " + "y" * 200_000 + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: {own}\r\n" + "X: y\r\n" * 50_000 + "\r\n",
        "GET /" + "y" * 200_000 + " HTTP/1.1\r\nHost: {own}\r\n\r\n",
        "y" * 200_000,
        "\x16\x03\x01\x02\x00\x01\x00",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /\x00 HTTP/1.1\r\nHost: {own}\r\n\r\n",
    ],
    ids=["a header", "headers", "a path", "no request", "tls", "a version", "a null"],
)
def test_a_server_that_is_sent_too_much_or_nonsense_says_so_and_serves_the_next_one(
    business_central, recording, sent, capfd
):
    for url in (business_central.url, recording.url):
        received = said(url, sent.replace("{own}", urlsplit(url).netloc))
        assert status(received) in {0, 400, 403, 414, 431, 505}, url
        assert b"Traceback" not in received
        assert requests.get(f"{url}/v2.0/x", timeout=10).status_code in {200, 401}
    assert "Traceback" not in capfd.readouterr().err


def test_clients_that_are_slow_keep_nobody_waiting(business_central, recording):
    for url in (business_central.url, recording.url):
        own = urlsplit(url).netloc
        with ExitStack() as held:
            for _ in range(20):
                slow = held.enter_context(connected(url))
                slow.sendall(f"POST /v2.0/x HTTP/1.1\r\nHost: {own}\r\nContent-Length: 9\r\n\r\n{{".encode())
            began = time.monotonic()
            assert requests.get(f"{url}/v2.0/x", timeout=10).status_code in {200, 401}
            assert time.monotonic() - began < 3


def test_a_recording_does_not_wait_for_ever_for_a_client():
    with closing(Places(seconds=0.2)) as places, connected(places.url, 5) as slow:
        slow.sendall(b"POST /v2.0/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
        with slow.makefile("rb") as received:
            assert status(received.read()) == 408
        assert places.upstream.asked == []


def test_a_recording_takes_no_more_than_the_service_does(recording, monkeypatch, capfd):
    monkeypatch.setattr("dynamics_bc_emulator.recording.proxy.BODY_LIMIT", 1000)
    own = urlsplit(recording.url).netloc
    head = f"POST /v2.0/x HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n"
    assert status(said(recording.url, f"{head}Content-Length: 1001\r\n\r\n" + "y" * 1001)) == 413
    in_chunks = "1ff\r\n" + "y" * 0x1FF + "\r\n"
    assert status(said(recording.url, f"{head}Transfer-Encoding: chunked\r\n\r\n{in_chunks * 2}0\r\n\r\n")) == 413
    assert recording.upstream.asked == []
    recording.upstream.body = b"y" * 1001
    assert status(said(recording.url, f"GET /v2.0/x HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n")) == 502
    assert "Traceback" not in capfd.readouterr().err

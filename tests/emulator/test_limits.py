"""How much the service takes from one user, and what it says when that is too much."""

from __future__ import annotations

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests
from emulator.plain_api import Api, sign_in, token
from starlette.requests import Request

from dynamics_bc_emulator.driver import start_business_central
from dynamics_bc_emulator.http.bodies import TooLarge, read_body

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def narrow() -> Iterator[Api]:
    """An emulator that takes twelve requests in five minutes, three at once, and is slow."""
    running = start_business_central("--requests-per-window", "12", "--concurrent", "3", "--latency-ms", "100")
    yield sign_in(running)
    running.stop()


def test_requests_beyond_the_window_are_refused_until_the_window_is_reset(narrow: Api) -> None:
    statuses = [narrow.get("companies").status_code for _ in range(13)]
    assert statuses == [200] * 12 + [429]
    refusal = narrow.get("companies")
    assert refusal.json()["error"]["code"] == "Application_TooManyRequests"
    assert "Actual (13). Maximum (12)." in refusal.json()["error"]["message"]
    assert "Retry-After" not in refusal.headers
    # Another application has a window of its own.
    second = {"client_id": "5ec0d000-0000-4000-8000-000000000002", "client_secret": "another"}
    narrow.control("principals", [second])
    bearer = f"Bearer {token(narrow.emulator, **second).json()['access_token']}"
    assert narrow.get("companies", Authorization=bearer).status_code == 200
    narrow.control("switches", {"retry_after_on_429": 7})
    assert narrow.get("companies").headers["Retry-After"] == "7"
    narrow.emulator.control.reset()
    assert narrow.get("companies").status_code == 200


def test_few_requests_run_at_once_and_the_rest_wait(narrow: Api) -> None:
    company = narrow.company
    started = time.perf_counter()
    with ThreadPoolExecutor(9) as pool:
        statuses = list(pool.map(lambda _: narrow.get(f"{company}/customers").status_code, range(9)))
    assert statuses == [200] * 9
    # Nine requests of a tenth of a second, three at once.
    assert 0.3 <= time.perf_counter() - started < 0.9


def test_a_queue_that_is_full_refuses(api: Api) -> None:
    company = api.company
    api.emulator.control.faults([{"path": "customers", "delay_ms": 1500, "times": 5}])
    with ThreadPoolExecutor(101) as pool:
        answers = list(pool.map(lambda _: api.get(f"{company}/customers"), range(101)))
    assert sorted(answer.status_code for answer in answers) == [200] * 100 + [429]


@pytest.mark.parametrize(("length", "status"), [(8099, 400), (8100, 414)])
def test_a_query_string_that_is_too_long_is_refused_by_the_gateway(api: Api, length: int, status: int) -> None:
    query = "$filter=number eq 'x' or"
    answer = api.get(f"{api.company}/customers", query.replace(" ", "+") + "x" * (length - len(query)))
    assert answer.status_code == status
    assert ("json" in answer.headers["Content-Type"]) == (status == 400)


def raw(api: Api, text: bytes) -> bytes:
    """What is answered to bytes that a client could not be made to send."""
    host, port = api.emulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(text)
        received = b""
        while more := connection.recv(65_536):
            received += more
    return received


@pytest.mark.parametrize("path", ["/v2.0/Production/api/v2.0/companies", "/_emulator/edit"])
def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(api: Api, path: str) -> None:
    received = raw(api, f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 367001601\r\n\r\n{{".encode())
    assert received.startswith(b"HTTP/1.1 413 ")
    assert api.get("companies").status_code == 200


@pytest.mark.parametrize(
    "path", ["acme.example/oauth2/v2.0/token", "acme.example/oauth2/v2.0/devicecode", "devicelogin"]
)
def test_a_form_takes_no_more_than_a_form_needs(api: Api, path: str) -> None:
    received = raw(api, f"POST /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_turns_out_too_large_is_refused() -> None:
    parts = [b"12345", b"67890", b"1"]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(TooLarge):
        asyncio.run(read_body(request, limit=9))
    assert parts == [b"1"]


def test_a_form_that_is_no_text_is_refused_by_the_sign_in_service(api: Api) -> None:
    url = f"{api.emulator.url}/{api.emulator.tenant_id}/oauth2/v2.0/token"
    assert requests.post(url, data=b"grant_type=\xff\xfe", timeout=60).status_code == 400

"""Answers that do not arrive as they should: cut, stalled, dripping, packed, with an error inside or a link astray."""

from __future__ import annotations

import gzip
import json
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from emulator.plain_api import token

from dynamics_bc_emulator.http.misfortunes import Spoiling, parse_misfortunes
from dynamics_bc_emulator.http.sayings import SAYINGS
from dynamics_bc_emulator.http.spoiling import spoiled

if TYPE_CHECKING:
    from emulator.plain_api import Api

URL = "http://bc/api/v2.0/companies(1)/items?$top=5"
PAGE = b'{"@odata.context":"c","value":[{"id":"a","unitPrice":1.10},{"id":"b"}],"@odata.nextLink":"http://bc/next?x=1"}'
ERROR = {
    "code": "Internal_ServerError",
    "message": SAYINGS["deadlock"].message + "  CorrelationId:  00000000-0000-0000-0000-00000000fa17.",
}
DEADLOCK = SAYINGS["deadlock"]


# -- what becomes of a page --------------------------------------------------------------------------------------------


def test_an_error_stands_beside_the_rows_that_are_left() -> None:
    page = json.loads(spoiled(PAGE, Spoiling("beside", 1, saying=DEADLOCK), URL))
    assert [row["id"] for row in page["value"]] == ["a"]
    assert page["error"] == ERROR


def test_an_error_is_one_more_row() -> None:
    page = json.loads(spoiled(PAGE, Spoiling("row", 2, saying=DEADLOCK), URL))
    assert page["value"][2:] == [{"error": ERROR}]
    assert page["@odata.nextLink"] == "http://bc/next?x=1"


def test_an_error_in_the_middle_ends_the_body_which_is_no_json_then() -> None:
    body = spoiled(PAGE, Spoiling("cut", 1, saying=DEADLOCK), URL)
    assert body.startswith(b'{"@odata.context":"c","value":[{"id":"a","unitPrice":1.10},{"error":{')
    assert body.endswith(b"}}")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    # What is missing is what would have closed it.
    assert json.loads(body + b"]}")["value"][-1] == {"error": ERROR}


@pytest.mark.parametrize(
    ("kind", "link"),
    [("loop", URL), ("elsewhere", "http://elsewhere.invalid/next?x=1"), ("none", None)],
)
def test_a_next_link_leads_astray_and_the_rows_stay(kind: str, link: str | None) -> None:
    page = json.loads(spoiled(PAGE, Spoiling(next_link=kind), URL))
    assert page.get("@odata.nextLink") == link
    assert len(page["value"]) == 2


def test_next_links_without_rows_go_on_and_on_and_each_is_another_one() -> None:
    pages = [json.loads(spoiled(PAGE, Spoiling(next_link="endless"), URL)) for _ in range(2)]
    assert [page["value"] for page in pages] == [[], []]
    links = {page["@odata.nextLink"] for page in pages}
    assert len(links) == 2
    assert all(link.startswith("http://bc/api/v2.0/companies(1)/items?aid=FIN&$skiptoken=") for link in links)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id":"a"}', b"[1]", b'{"value":5}'])
def test_what_is_no_page_stays_as_it_is(body: bytes) -> None:
    assert spoiled(body, Spoiling("beside", next_link="loop"), URL) == body


# -- what can be ordered -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAYINGS)
def test_the_service_says_in_its_own_words_what_a_fault_names(name: str) -> None:
    (fault,) = parse_misfortunes({"says": name})
    saying = SAYINGS[name]
    assert fault.status == saying.status
    error = fault.response_body()["error"]
    assert (error["code"], error["message"].partition("  CorrelationId:")[0]) == (saying.code, saying.message)


def test_words_may_come_with_another_status() -> None:
    (fault,) = parse_misfortunes({"says": "deadlock", "status": 500})
    assert (fault.status, fault.response_body()["error"]) == (500, ERROR)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"says": "hello"}, "says is canceled, .* or too_many_requests, not 'hello'"),
        ({"error_in": "head"}, "error_in is beside, row or cut, not 'head'"),
        ({"next_link": "back"}, "next_link is loop, elsewhere, endless or none, not 'back'"),
        ({"cut_after": 1, "end_after": 1}, "a fault has one of cut_after, end_after, stall_after, not several"),
        ({"drip_ms": -1}, "drip_ms of a fault is not below 0, as -1 is"),
        ({"late": "soon"}, "'soon' is not an ISO 8601 duration"),
        ({"late": "-PT1M"}, "late of a fault is no time that has passed"),
        ({"page_rows": "2"}, "page_rows of a fault is a whole number, not '2'"),
    ],
)
def test_what_makes_no_sense_is_refused(order: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_misfortunes(order)


# -- how it arrives ----------------------------------------------------------------------------------------------------


def order(api: Api, **fault: Any) -> str:
    api.emulator.control.faults([{"path": "/items$", **fault}])
    return f"{api.company}/items"


def arrived(answer: requests.Response, at_a_time: int) -> int:
    """How many bytes came before the connection was lost."""
    received = 0
    try:
        for piece in answer.iter_content(at_a_time):
            received += len(piece)
    except requests.exceptions.ChunkedEncodingError:
        return received
    pytest.fail("the answer came whole")


@pytest.mark.parametrize("status", [None, 200])
def test_an_answer_is_cut_off_at_a_byte(api: Api, status: int | None) -> None:
    path = order(api, cut_after=100, **({"status": status, "body": "x" * 500} if status else {}))
    answer = api.session.get(f"{api.root}/{path}", stream=True, timeout=10)
    assert answer.status_code == 200
    assert arrived(answer, 10) == 100
    assert api.get(path).status_code == 200


def test_a_large_answer_is_cut_off_behind_all_that_was_sent(api: Api) -> None:
    api.emulator.control.faults([{"path": "/items$", "cut_after": 6_000_000, "status": 200, "body": "x" * 6_500_000}])
    answer = api.session.get(f"{api.root}/{api.company}/items", stream=True, timeout=10)
    assert arrived(answer, 10_000) == 6_000_000


def test_an_answer_ends_early_and_looks_whole(api: Api) -> None:
    answer = api.get(order(api, end_after=100))
    assert (answer.status_code, len(answer.content)) == (200, 100)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_an_answer_stalls_until_the_client_gives_up_and_others_are_served(api: Api) -> None:
    path = order(api, stall_after=20)
    started = time.perf_counter()
    with pytest.raises(requests.exceptions.RequestException):
        api.session.get(f"{api.root}/{path}", timeout=0.05)
    assert time.perf_counter() - started < 2
    assert api.get(path).status_code == 200


def test_an_answer_that_stalled_is_closed_in_the_end(api: Api) -> None:
    path = order(api, stall_after=20, stall_ms=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.get(path)


def test_an_answer_drips(api: Api) -> None:
    whole = api.get(f"{api.company}/items", "$top=1").content
    api.emulator.control.faults([{"path": "/items$", "drip_bytes": len(whole) // 4, "drip_ms": 5}])
    started = time.perf_counter()
    assert api.get(f"{api.company}/items", "$top=1").content == whole
    assert time.perf_counter() - started >= 0.02


def test_an_answer_is_packed_though_nobody_asked_for_it(api: Api) -> None:
    path = order(api, gzip=True)
    answer = api.session.get(f"{api.root}/{path}", headers={"Accept-Encoding": "identity"}, stream=True, timeout=10)
    assert answer.headers["Content-Encoding"] == "gzip"
    raw = answer.raw.read(decode_content=False)
    assert json.loads(gzip.decompress(raw))["value"]


def test_answers_are_packed_for_clients_that_can_read_it_if_a_switch_says_so(api: Api) -> None:
    path = f"{api.company}/items"
    plain = api.get(path)
    assert "Content-Encoding" not in plain.headers
    api.control("switches", {"compress": True})
    packed, refused = api.get(path), api.get(path, **{"Accept-Encoding": "identity"})
    assert (packed.headers["Content-Encoding"], packed.content) == ("gzip", plain.content)
    assert "Content-Encoding" not in refused.headers
    assert "Content-Encoding" not in api.get(f"{api.company}/items/$count").headers


def test_a_page_has_the_rows_it_was_ordered_to_have_whatever_the_client_prefers(api: Api) -> None:
    order(api, page_rows=3, skip=1, times=2)
    sizes = [len(page) for page in api.pages(f"{api.company}/items", Prefer="odata.maxpagesize=5")]
    assert sizes[:4] == [5, 3, 3, 5]


def test_a_spoiled_page_arrives(api: Api) -> None:
    path = order(api, error_in="row", rows=1, says="deadlock")
    page = api.ok(path)
    assert page["value"][1] == {"error": ERROR}
    order(api, next_link="loop")
    assert api.ok(path, "$top=2")["@odata.nextLink"] == f"{api.root}/{path}?$top=2"


def test_a_refusal_is_not_spoiled(api: Api) -> None:
    path = order(api, error_in="beside")
    assert api.refused(path, "$filter=nope eq 1")[0] == 400


@pytest.mark.parametrize(
    ("fault", "content", "kind"),
    [
        ({"status": 200, "body": "", "headers": {"Content-Type": "application/json"}}, b"", "application/json"),
        (
            {"status": 200, "body": "<html>Sign in</html>", "headers": {"Content-Type": "text/html"}},
            b"<html>Sign in</html>",
            "text/html",
        ),
        ({"headers": {"Content-Type": "text/plain"}, "end_after": 1}, b"{", "text/plain"),
        ({"status": 200, "body": "\ufeff{}"}, b"\xef\xbb\xbf{}", "application/json"),
    ],
)
def test_a_200_can_be_no_page_at_all(api: Api, fault: dict[str, Any], content: bytes, kind: str) -> None:
    answer = api.get(order(api, **fault))
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, content, kind)


def test_a_head_without_a_body_can_stall_too(api: Api) -> None:
    order(api, stall_after=0, stall_ms=10)
    host, port = urlsplit(api.emulator.url).netloc.split(":")
    bearer = api.session.headers["Authorization"]
    path = f"{urlsplit(api.root).path}/{api.company}/items"
    asked = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer!s}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(asked.encode())
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""


# -- inside batches, of one client, by size ----------------------------------------------------------------------------


def replies(api: Api, *numbers: str, **headers: str) -> list[tuple[int, str]]:
    """Status and code of creates in one batch."""
    url = f"{api.company}/vendors"
    operations = [
        {"id": number, "method": "POST", "url": url, "body": {"number": number, "displayName": number}}
        for number in numbers
    ]
    answer = api.session.post(f"{api.root}/$batch", json={"requests": operations}, headers=headers, timeout=10)
    told = answer.json()["responses"]
    return [(one["status"], one["body"].get("error", {}).get("code", "")) for one in told]


@pytest.mark.parametrize("after", [False, True])
def test_an_operation_of_a_batch_is_befallen_alone(api: Api, after: bool) -> None:
    fault = {"path": "/vendors$", "method": "POST", "says": "deadlock", "operation": True, "skip": 1, "after": after}
    api.emulator.control.faults([fault])
    go_on = {"Prefer": "odata.continue-on-error"}
    assert replies(api, "O-1", "O-2", "O-3", **go_on) == [(201, ""), (409, "Internal_ServerError"), (201, "")]
    made = {row["number"] for row in api.rows("vendors")} & {"O-1", "O-2", "O-3"}
    assert ("O-2" in made) is after
    assert api.get(f"{api.company}/vendors").status_code == 200


def test_a_throttled_operation_says_when_to_come_back_if_a_switch_says_so(api: Api) -> None:
    api.control("switches", {"retry_after_on_429": 3})
    api.emulator.control.faults([{"says": "too_many_requests", "operation": True}])
    operations = [{"id": "a", "method": "GET", "url": f"{api.company}/vendors"}]
    (told,) = api.session.post(f"{api.root}/$batch", json={"requests": operations}, timeout=10).json()["responses"]
    assert (told["status"], told["headers"]["retry-after"]) == (429, "3")


def test_one_application_is_throttled_and_another_is_not(api: Api) -> None:
    second = {"client_id": "app-2", "client_secret": "secret"}
    api.emulator.control.principals([second])
    api.emulator.control.faults([{"principal": "app-2", "says": "too_many_requests", "times": 0}])
    bearer = f"Bearer {token(api.emulator, **second).json()['access_token']}"
    assert api.get("companies").status_code == 200
    assert api.get("companies", Authorization=bearer).status_code == 429


def test_what_is_large_times_out_and_its_halves_do_not(api: Api) -> None:
    api.emulator.control.faults([{"path": "items|batch", "says": "gateway", "larger_than": 2, "times": 0}])
    path = f"{api.company}/items"
    assert api.get(path).status_code == 504
    assert api.get(path, Prefer="odata.maxpagesize=2").status_code == 200
    operations = [{"id": "a", "method": "GET", "url": path + "?$top=1"}] * 3
    statuses = [
        api.session.post(f"{api.root}/$batch", json={"requests": operations[:number]}, timeout=10).status_code
        for number in (2, 3)
    ]
    assert statuses == [200, 504]


# -- carried out late --------------------------------------------------------------------------------------------------


def vendors(api: Api) -> set[str]:
    return {row["number"] for row in api.rows("vendors")} & {"L-1", "L-2"}


@pytest.mark.parametrize("lost", [False, True])
def test_a_write_is_carried_out_long_after_it_was_given_up(api: Api, lost: bool) -> None:
    fault = {"path": "/vendors$", "method": "POST", "late": "PT12M", **({"drop": "before"} if lost else {})}
    api.emulator.control.faults([fault])
    url, body = f"{api.root}/{api.company}/vendors", {"number": "L-1", "displayName": "late"}
    if lost:
        with pytest.raises(requests.ConnectionError):
            api.session.post(url, json=body, timeout=10)
    else:
        assert api.session.post(url, json=body, timeout=10).status_code == 504
    api.emulator.control.advance("PT11M")
    assert vendors(api) == set()
    assert api.session.post(url, json={**body, "number": "L-2"}, timeout=10).status_code == 201
    api.emulator.control.advance("PT1M")
    found = api.ok(f"{api.company}/vendors", "$filter=startswith(number,'L-')")["value"]
    assert {row["number"] for row in found} == {"L-1", "L-2"}
    api.emulator.control.advance("PT60M")
    assert vendors(api) == {"L-1", "L-2"}


def test_a_late_write_that_is_refused_by_then_leaves_nothing(api: Api) -> None:
    url, body = f"{api.root}/{api.company}/vendors", {"number": "L-1", "displayName": "late"}
    api.emulator.control.faults([{"path": "/vendors$", "method": "POST", "late": "PT1M"}])
    assert api.session.post(url, json=body, timeout=10).status_code == 504
    assert api.session.post(url, json={**body, "displayName": "second"}, timeout=10).status_code == 201
    api.emulator.control.advance("PT1M")
    assert [row["displayName"] for row in api.rows("vendors") if row["number"] == "L-1"] == ["second"]


def test_a_reset_forgets_what_would_come_late(api: Api) -> None:
    url = f"{api.root}/{api.company}/vendors"
    api.emulator.control.faults([{"path": "/vendors$", "method": "POST", "late": "PT1M"}])
    api.session.post(url, json={"number": "L-1", "displayName": "late"}, timeout=10)
    api.emulator.control.reset()
    api.emulator.control.advance("PT1H")
    assert vendors(api) == set()

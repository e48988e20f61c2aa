"""How a query is read page by page."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from client.scripted_service import ROOT, answer, fault, page

from dynamics_bc_client import paging
from dynamics_bc_client.errors import (
    BadRequest,
    ConfigurationError,
    ConnectionLost,
    Forbidden,
    ForeignAnswer,
    PageBroken,
    QueryTooLong,
    RequestTimedOut,
    Transient,
    UnexpectedAnswer,
)
from dynamics_bc_client.limits import EMPTY_PAGES
from dynamics_bc_client.odata import pages as odata_pages
from dynamics_bc_client.odata.pages import PageFacts, RowKeys
from dynamics_bc_client.odata.query import Query

CUSTOMERS = Query("companies(1)/customers")
CUSTOMERS_URL = f"{ROOT}/companies(1)/customers"
NEXT = f"{ROOT}/companies(1)/customers?tenant=msweua1&aid=FIN&$skiptoken=5de545bc%2Cx"


def sizes(world):
    return [request.headers["Prefer"] for request in world.requests]


def test_a_next_link_is_followed_as_it_stands(world):
    world.will_answer(page({"id": 1}, next_link=NEXT), page({"id": 2}))
    assert world.client().rows(CUSTOMERS, page_size=1) == [{"id": 1}, {"id": 2}]
    assert [request.url for request in world.requests] == [f"{ROOT}/companies(1)/customers", NEXT]
    assert sizes(world) == ["odata.maxpagesize=1"] * 2


def test_a_page_without_rows_but_with_a_next_link_goes_on(world):
    world.will_answer(page(next_link=NEXT), page({"id": 2}))
    assert world.client().rows(CUSTOMERS) == [{"id": 2}]


def test_no_rows_are_no_rows(world):
    world.will_answer(page())
    assert world.client().rows(CUSTOMERS) == []


def test_pages_are_read_when_they_are_asked_for(world):
    world.will_answer(page({"id": 1}, next_link=NEXT))
    first = next(world.client().pages(CUSTOMERS, page_size=1))
    assert first.next_link == NEXT
    assert len(world.requests) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v2.0/x",
        "https://bc.example.evil.example/v2.0/x",
        "https://bc.example:8443/v2.0/x",
        "http://bc.example/v2.0/x",
        "https://bc.example@evil.example/",
        "//evil.example/x",
        "/v2.0/relative",
    ],
)
def test_a_next_link_to_anywhere_else_is_not_followed(world, link):
    world.will_answer(page({"id": 1}, next_link=link))
    with pytest.raises(UnexpectedAnswer, match="was not followed"):
        world.client().rows(CUSTOMERS)
    assert len(world.requests) == 1


@pytest.mark.fault("S5")
@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("row", [(), ({"id": 1},)])
def test_next_links_in_a_circle_end(world, length, row):
    links = [f"{ROOT}/companies(1)/customers", *(f"{NEXT}{number}" for number in range(1, length))]
    world.will_answer(*(page(*row, next_link=link) for link in (*links[1:], links[0])))
    with pytest.raises(UnexpectedAnswer, match=r"customers links to a page that was read before"):
        world.client().rows(CUSTOMERS)
    assert len(world.requests) == length


def test_a_circle_behind_the_first_pages_ends_too(world):
    world.will_answer(*(page({"id": 1}, next_link=f"{NEXT}{number}") for number in (1, 2, 3, 2)))
    with pytest.raises(UnexpectedAnswer, match="read before"):
        world.client().rows(CUSTOMERS)


@pytest.mark.fault("S5")
def test_pages_without_rows_end_when_there_is_no_end_of_them(world):
    world.will_go_on_answering(lambda _: page(next_link=f"{ROOT}/x?{len(world.requests)}"))
    with pytest.raises(UnexpectedAnswer, match="returned 100 pages without rows"):
        world.client().rows(CUSTOMERS)
    assert len(world.requests) == EMPTY_PAGES


def test_pages_without_rows_between_others_are_as_many_as_they_like(world):
    empty = [page(next_link=f"{NEXT}{number}") for number in range(EMPTY_PAGES - 1)]
    more = [page(next_link=f"{NEXT}-{number}") for number in range(EMPTY_PAGES - 1)]
    world.will_answer(*empty, page({"id": 1}, next_link=f"{NEXT}x"), *more, page({"id": 2}))
    assert world.client().rows(CUSTOMERS) == [{"id": 1}, {"id": 2}]


def test_pages_behind_a_response_of_ones_own_keep_its_headers_and_end_as_all_do(world):
    world.will_answer(page({"id": 2}, next_link=CUSTOMERS_URL))
    first = page({"id": 1}, next_link=NEXT)
    pages = world.client().pages_behind(first, CUSTOMERS.path, headers={"Prefer": "odata.maxpagesize=3"})
    assert odata_pages.rows(next(pages).body) == [{"id": 2}]
    with pytest.raises(UnexpectedAnswer, match="read before"):
        next(pages)
    assert sizes(world) == ["odata.maxpagesize=3"]


@pytest.mark.parametrize("slow", [fault(408), fault(413), fault(504), RequestTimedOut("late", sent=True)])
def test_a_page_that_takes_too_long_is_asked_for_smaller_and_the_size_is_kept(world, slow):
    world.will_answer(slow, slow, page({"id": 1}, next_link=NEXT), page({"id": 2}))
    assert len(world.client().rows(CUSTOMERS, page_size=1000)) == 2
    assert sizes(world) == [f"odata.maxpagesize={size}" for size in (1000, 500, 250, 250)]
    assert world.waits == []


def test_shrinking_ends_at_ten_rows_and_then_patience_decides(world):
    world.will_go_on_answering(fault(504))
    with pytest.raises(Transient):
        world.client().rows(CUSTOMERS, page_size=30)
    assert sizes(world) == [f"odata.maxpagesize={size}" for size in (30, 15, *[10] * 20)]
    assert world.waits == [1, 2, 4, 8, 16, 32, *[60] * 13]


BROKEN = [ConnectionLost("broke", sent=True), answer(200, b'{"value":[{"id":1},{"i'), answer(200, b"")]


@pytest.mark.fault("S3")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_page_that_breaks_off_is_asked_for_again_as_it_was_and_then_smaller(world, broken):
    world.will_answer(broken, broken, broken, page({"id": 1}, next_link=NEXT), page({"id": 2}))
    assert len(world.client().rows(CUSTOMERS, page_size=1000)) == 2
    assert sizes(world) == [f"odata.maxpagesize={size}" for size in (1000, 1000, 500, 500, 500)]
    assert world.waits == [1, 1]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_page_that_broke_off_by_chance_keeps_its_size(world, broken):
    world.will_answer(broken, page({"id": 1}, next_link=NEXT), broken, page({"id": 2}))
    assert len(world.client().rows(CUSTOMERS, page_size=1000)) == 2
    assert sizes(world) == ["odata.maxpagesize=1000"] * 4


@pytest.mark.fault("S3")
def test_a_page_whose_connection_breaks_at_its_smallest_too_is_the_failure_of_its_set_alone(world):
    world.will_go_on_answering(ConnectionLost("GET companies(1)/customers broke.", sent=True))
    with pytest.raises(ConnectionLost, match=r"companies\(1\)/customers") as caught:
        world.client().rows(CUSTOMERS, page_size=20)
    assert caught.value.scope == "stream"
    assert sizes(world)[-1] == "odata.maxpagesize=10"


def test_without_a_connection_the_failure_is_everybodys_and_no_page_shrinks(world):
    world.will_go_on_answering(ConnectionLost("There is no connection.", sent=False))
    with pytest.raises(ConnectionLost) as caught:
        world.client().rows(CUSTOMERS, page_size=20)
    assert caught.value.scope == "run"
    assert set(sizes(world)) == {"odata.maxpagesize=20"}


def test_a_connection_that_was_never_made_does_not_shrink_the_page(world):
    world.will_answer(RequestTimedOut("no connection", sent=False), page())
    world.client().rows(CUSTOMERS, page_size=1000)
    assert sizes(world) == ["odata.maxpagesize=1000"] * 2


def test_a_busy_service_does_not_shrink_the_page(world):
    world.will_answer(fault(503), fault(429), page())
    world.client().rows(CUSTOMERS, page_size=1000)
    assert sizes(world) == ["odata.maxpagesize=1000"] * 3


def test_a_record_whose_query_the_gateway_refuses_is_not_asked_for(world):
    with pytest.raises(QueryTooLong, match="8000"):
        world.client().read("companies(1)", select=["x" * 8001])
    assert world.requests == []


LONG = Query("companies(1)/customers", filter="x" * 8001)


def reply(status, body):
    return answer(200, {"responses": [{"id": "1", "status": status, "headers": {}, "body": body}]})


def inner(request):
    (operation,) = json.loads(request.body)["requests"]
    return operation


def test_a_query_that_is_too_long_for_the_gateway_travels_in_a_batch_and_so_do_its_next_pages(world):
    link = f"{ROOT}/companies(1)/customers?$filter={'x' * 8001}&aid=FIN&$skiptoken=1"
    world.will_answer(
        reply(200, {"value": [{"id": "1"}], "@odata.nextLink": link}), reply(200, {"value": [{"id": "2"}]})
    )
    assert world.client().rows(LONG, page_size=7) == [{"id": "1"}, {"id": "2"}]
    assert [(request.method, request.url) for request in world.requests] == [("POST", f"{ROOT}/$batch")] * 2
    first, second = (inner(request) for request in world.requests)
    assert first["url"] == LONG.url
    assert second["url"] == link.removeprefix(f"{ROOT}/")
    assert first["headers"] == second["headers"] == {"Prefer": "odata.maxpagesize=7"}
    assert "Prefer" not in world.requests[0].headers


@pytest.mark.parametrize("slow", [fault(504), reply(504, None), RequestTimedOut("late", sent=True)])
def test_a_page_in_a_batch_that_takes_too_long_is_asked_for_smaller(world, slow):
    world.will_answer(slow, reply(200, {"value": [{"id": "1"}]}))
    assert world.client().rows(LONG, page_size=40) == [{"id": "1"}]
    sent = [inner(request)["headers"]["Prefer"] for request in world.requests]
    assert sent == ["odata.maxpagesize=40", "odata.maxpagesize=20"]
    assert world.waits == []


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (reply(403, {"error": {"code": "Authorization_X", "message": "No."}}), Forbidden),
        (reply(400, {"error": {"code": "BadRequest", "message": "What?"}}), BadRequest),
    ],
)
def test_a_page_in_a_batch_that_is_refused_is_refused_as_any_other(world, refused, error):
    world.will_answer(refused)
    with pytest.raises(error, match=r"GET companies\(1\)/customers") as raised:
        world.client().rows(LONG)
    assert raised.value.scope == "stream"


def test_a_page_in_a_batch_that_has_no_reply_is_asked_for_again(world):
    world.will_answer(answer(200, {"responses": []}), reply(429, None), reply(200, {"value": []}))
    assert world.client().rows(LONG) == []
    assert len(world.requests) == 3


def test_the_services_clock_comes_with_the_page(world):
    world.will_answer(page(Date="Sat, 21 Nov 2026 10:00:00 GMT"))
    (found,) = world.client().pages(CUSTOMERS, page_size=5)
    assert found.served_at == datetime(2026, 11, 21, 10, tzinfo=timezone.utc)
    assert found.page_size == 5


def test_without_a_date_our_own_clock_serves(world):
    world.will_answer(page())
    (found,) = world.client().pages(CUSTOMERS, page_size=5)
    assert found.served_at.timestamp() == world.time


def test_numbers_keep_the_services_digits():
    body = b'{"value":[{"a":0.10,"b":12345678901234567890.123456789,"c":3,"d":1e2,"e":-0.0}]}'
    (row,) = odata_pages.rows(body)
    assert row["a"] == Decimal("0.10")
    assert str(row["a"]) == "0.10"
    assert str(row["b"]) == "12345678901234567890.123456789"
    assert row["c"] == 3
    assert isinstance(row["d"], Decimal)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id":1}', b'{"value":{}}', b'{"value":[1,', b'{"value":3}'])
def test_what_is_no_page_is_an_error_and_not_an_empty_page(world, body):
    world.will_go_on_answering(answer(200, body))
    with pytest.raises(UnexpectedAnswer):
        world.client().rows(CUSTOMERS)


@pytest.mark.fault("S13")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The response from squid/6.1 is empty."),
        (
            b"<!DOCTYPE html><html><head><title>Sign in to the guest network</title></head></html>",
            'is a web page from squid/6.1, not one of Business Central: "Sign in to the guest network"',
        ),
        (b"upstream connect error", 'is the text "upstream connect error"'),
        (b'{"value":[1,', "is not a page of rows (Input data was truncated)"),
        (b"[" * 100_000, "is not a page of rows (it is nested more than 200 levels deep)"),
        (b'{"value":3}', "is not a page of rows (Expected `array`, got `int`"),
        (b'{"code":"Unauthorized","message":"Who are you?"}', "is an error all the same: Unauthorized: Who are you?"),
    ],
)
def test_what_comes_in_place_of_a_page_is_named_with_whose_it_is(world, body, said):
    headers = {"Server": "squid/6.1", "ms_correlation_x": "c-1", "request_id": "r-1"}
    world.will_go_on_answering(answer(200, body, **headers))
    with pytest.raises(UnexpectedAnswer) as caught:
        world.client().rows(CUSTOMERS, page_size=10)
    assert caught.value.message.startswith("GET companies(1)/customers returned 200. ")
    assert said in caught.value.message
    assert caught.value.remedy == ("Check the network, the proxy and the address." if "web page" in said else "")
    assert caught.value.support_ids == "correlation id c-1, request id r-1"
    assert caught.value.may_have_happened is False


def test_a_page_that_is_no_json_is_asked_for_again_for_two_minutes(world):
    world.will_go_on_answering(answer(200, b"<html>"))
    with pytest.raises(UnexpectedAnswer):
        world.client().rows(CUSTOMERS, page_size=10)
    assert world.waits == [1, 2, 4, 8, 16, 32]


def test_a_web_page_is_not_asked_for_in_smaller_pages(world):
    world.will_go_on_answering(answer(200, b"<html><title>Sign in</title></html>"))
    with pytest.raises(ForeignAnswer, match="Sign in"):
        world.client().rows(CUSTOMERS, page_size=20_000)
    assert world.waits == [1, 2, 4, 8, 16, 32]


def test_a_page_of_another_form_is_not_asked_for_again(world):
    world.will_answer(answer(200, b'{"value":3}'))
    with pytest.raises(UnexpectedAnswer):
        world.client().rows(CUSTOMERS)


def test_a_byte_order_mark_before_a_page_is_no_part_of_it(world):
    world.will_answer(answer(200, b'\xef\xbb\xbf{"value":[{"id":1}]}'))
    (found,) = world.client().pages(CUSTOMERS, page_size=10)
    assert found.body == b'{"value":[{"id":1}]}'
    assert found.row_count == 1


@pytest.mark.fault("P11")
@pytest.mark.parametrize("spoiled", [b"<html>Please sign in to the proxy</html>", b"", b"<edmx:Edmx", b"<a><b/></a>"])
def test_metadata_that_a_proxy_answered_is_asked_for_again(world, spoiled):
    document = (
        b'<Edmx><Schema><EntityType Name="t"><Key><PropertyRef Name="id"/></Key></EntityType>'
        b'<EntityContainer><EntitySet Name="ts" EntityType="t"/></EntityContainer></Schema></Edmx>'
    )
    world.will_answer(answer(200, spoiled), answer(200, document))
    assert list(world.client().metadata().entity_sets) == ["ts"]
    assert world.waits == [1]


@pytest.mark.parametrize("call", ["environments", "companies", "read"])
def test_whatever_is_read_is_asked_for_again_after_a_proxys_page(world, call):
    world.will_answer(answer(200, b"<html>"), answer(200, {"value": []}))
    client = world.client()
    client.read("companies(1)") if call == "read" else getattr(client, call)()
    assert world.waits == [1]


REFUSED = {"code": "Internal_ServerError", "message": "The table could not be read."}
KEYED = RowKeys(("id",))


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": REFUSED}, id="instead of rows"),
        pytest.param({"value": [{"id": "1"}], "error": REFUSED}, id="beside the rows"),
        pytest.param({"value": [{"id": "1"}, {"error": REFUSED}]}, id="as one more row"),
        pytest.param({"value": [{"id": "1", "error": REFUSED}]}, id="inside a row"),
        pytest.param({"value": [{"id": "1", "lines": [{"error": REFUSED}]}]}, id="in the place of an expanded row"),
        pytest.param({"value": [{"id": "1", "lines": {"id": "2", "error": REFUSED}}]}, id="inside an expanded row"),
    ],
)
def test_an_error_anywhere_in_a_page_fails_it_with_the_services_code_and_text(body):
    keys = RowKeys(("id",), (("lines", RowKeys(("id",))),))
    with pytest.raises(PageBroken, match="Internal_ServerError: The table could not be read") as raised:
        odata_pages.check_page(json.dumps(body).encode(), root=ROOT, keys=keys)
    assert (raised.value.code, raised.value.text) == (REFUSED["code"], REFUSED["message"])
    assert raised.value.scope == "stream"


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    ("beside", "said"),
    [
        pytest.param({"error": "The operation timed out."}, "The operation timed out.", id="a text"),
        pytest.param({"error": {"Code": "X", "Message": "Gone."}}, "X: Gone.", id="names in another case"),
        pytest.param({"Error": {"Code": "X", "Message": "Gone."}}, "X: Gone.", id="in another case"),
        pytest.param({"odata.error": {"code": "X", "message": {"lang": "en", "value": "Gone."}}}, "X: Gone.", id="old"),
        pytest.param({"error": {"code": "X", "message": {"value": "Gone."}}}, "X: Gone.", id="a text in an object"),
        pytest.param({"error": {"innererror": {"type": "Sql"}}}, "Sql", id="neither code nor message"),
        pytest.param({"error": [{"code": "X", "message": "Gone."}]}, "Gone.", id="a list"),
        pytest.param({"error": {}}, "{}", id="nothing in it"),
        pytest.param({"error": False}, "false", id="no object"),
    ],
)
def test_an_error_beside_the_rows_is_one_whatever_its_form(beside, said):
    body = json.dumps({"value": [{"id": "1"}], **beside}).encode()
    with pytest.raises(PageBroken, match=re.escape(said)):
        odata_pages.check_page(body, root=ROOT, keys=KEYED)


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    "row",
    [
        {"code": "Internal_ServerError", "message": "The table could not be read."},
        {"Message": "The table could not be read.", "Code": "Internal_ServerError"},
        {"id": "2", "Error": {"Code": "Internal_ServerError", "Message": "The table could not be read."}},
    ],
)
def test_an_error_as_a_row_is_told_in_the_services_words(row):
    body = json.dumps({"value": [{"id": "1"}, row]}).encode()
    with pytest.raises(PageBroken, match="Internal_ServerError: The table could not be read"):
        odata_pages.check_page(body, root=ROOT, keys=KEYED)


@pytest.mark.fault("R3")
@pytest.mark.parametrize("behind", ['{"id":"2","name":"x{error}', '{"id":"2"},{error}', '{"id":"2"}]}{error}'])
@pytest.mark.parametrize("name", ["error", "odata.error", "Error"])
def test_an_error_that_ends_a_page_in_the_middle_is_told_in_the_services_words(behind, name):
    error = json.dumps({name: {"code": "Internal_Timeout", "message": "Canceled."}})
    body = ('{"value":[{"id":"1"},' + behind.replace("{error}", error)).encode()
    with pytest.raises(PageBroken, match=r"Internal_Timeout: Canceled\.") as raised:
        odata_pages.check_page(body, root=ROOT, keys=KEYED)
    assert raised.value.repeatable


@pytest.mark.parametrize("behind", ['"error":{', '"error":{"code"', '"error": "x"', '"error":{"type":"x"}'])
def test_what_only_looks_like_an_error_in_a_broken_page_is_none(behind):
    with pytest.raises(UnexpectedAnswer, match="not a page of rows") as raised:
        odata_pages.check_page(b'{"value":[{"id":"1",' + behind.encode(), root=ROOT, keys=KEYED)
    assert raised.value.repeatable


def test_a_number_that_is_too_large_for_any_is_a_sentence():
    with pytest.raises(UnexpectedAnswer, match="a number in it is too large"):
        odata_pages.rows(b'{"value":[{"id":"1","balance":1e99999999999999999999}]}')


@pytest.mark.fault("S13")
def test_a_message_without_a_code_in_place_of_a_page_is_told(world):
    world.will_answer(answer(200, {"statusCode": 429, "message": "Rate limit is exceeded."}))
    with pytest.raises(UnexpectedAnswer, match=r"is an error all the same: Rate limit is exceeded\."):
        world.client().rows(CUSTOMERS)


@pytest.mark.fault("R3")
@pytest.mark.parametrize("company", [{"name": "Ghost"}, {"id": None, "name": "Ghost"}, {"id": " "}, {"id": 5}, {}])
def test_a_company_without_an_id_is_an_error_and_not_one_that_may_be_left_out(world, company):
    world.will_go_on_answering(answer(200, {"value": [{"id": "1", "name": "CRONUS"}, company]}))
    with pytest.raises(UnexpectedAnswer, match="lists a company without an id"):
        world.client().companies()


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"value": [{"id": "1"}, {"number": "2"}]}, "id"),
        ({"value": [{"id": "1"}, {}]}, "id"),
        ({"value": [{"id": "1", "lines": [{"id": "2"}, {}]}]}, "lines"),
    ],
)
def test_a_row_without_its_key_fails_the_page(body, named):
    keys = RowKeys(("id",), (("lines", RowKeys(("id",))),))
    with pytest.raises(PageBroken, match=named):
        odata_pages.check_page(json.dumps(body).encode(), root=ROOT, keys=keys)


@pytest.mark.parametrize("error", [None, "", "no connection", {"severity": 3}])
def test_a_property_that_is_called_error_is_none(error):
    body = json.dumps({"value": [{"id": "1", "error": error}], "@odata.nextLink": NEXT}).encode()
    assert odata_pages.check_page(body, root=ROOT, keys=KEYED) == PageFacts(NEXT, 1, (b'"1"', b'"1"'))


def test_expanded_rows_may_be_none_or_one():
    keys = RowKeys(("id",), (("lines", RowKeys(("id",))),))
    for lines in (None, [], {"id": "2"}):
        body = json.dumps({"value": [{"id": "1", "lines": lines}, {"id": "3"}]}).encode()
        assert odata_pages.check_page(body, root=ROOT, keys=keys).row_count == 2


@pytest.mark.parametrize("row", [{}, {"lines": None}, {"lines": {"id": "9"}}, {"lines": "none"}])
def test_a_list_that_was_expanded_and_is_missing_from_a_row_is_no_empty_list(row):
    """What was promised and did not come says nothing about how many rows there are."""
    keys = RowKeys(("id",), (("lines", RowKeys(("id",), many=True)),))
    body = json.dumps({"value": [{"id": "1", "lines": []}, {"id": "2", **row}]}).encode()
    with pytest.raises(PageBroken, match="lines"):
        odata_pages.check_page(body, root=ROOT, keys=keys)


def test_a_list_two_expansions_deep_may_not_be_missing_either():
    dimensions = RowKeys((), (("dimensions", RowKeys(("id",), many=True)),), many=True)
    body = json.dumps({"value": [{"lines": [{"dimensions": []}, {}]}]}).encode()
    with pytest.raises(PageBroken, match="dimensions"):
        odata_pages.check_page(body, root=ROOT, keys=RowKeys((), (("lines", dimensions),)))


def test_a_page_that_breaks_off_is_asked_for_again_and_then_smaller(world):
    broken = answer(200, {"value": [{"id": "1"}, {"error": REFUSED}]})
    world.will_answer(broken, broken, broken, page({"id": "1"}, next_link=NEXT), page({"id": "2"}))
    found = list(world.client().pages(CUSTOMERS, page_size=40, keys=KEYED))
    assert len(found) == 2
    assert sizes(world) == [f"odata.maxpagesize={size}" for size in (40, 40, 20, 20, 20)]
    assert world.waits == [1, 1]


def test_a_page_that_breaks_off_at_its_smallest_too_fails_when_patience_ends(world):
    world.will_go_on_answering(answer(200, {"value": [{}]}))
    with pytest.raises(PageBroken, match="a row without its key"):
        list(world.client().pages(CUSTOMERS, page_size=20, keys=KEYED))
    assert sizes(world) == [f"odata.maxpagesize={size}" for size in (20, 20, *[10] * 7)]


def test_a_next_link_after_or_before_the_rows_is_found():
    for body in (
        b'{"@odata.nextLink":"%s","value":[]}' % NEXT.encode(),
        b'{"value":[{"@odata.nextLink":"https://evil.example"}],"@odata.nextLink":"%s"}' % NEXT.encode(),
    ):
        assert odata_pages.check_page(body, root=ROOT).next_link == NEXT


@pytest.mark.parametrize("company", ["22222222-2222-3333-4444-555555555555", "22222222-2222-3333-4444-55555555555A"])
def test_a_next_link_into_another_company_is_not_followed(world, company):
    """Its rows would be taken for those of the company that was asked for."""
    ours = "11111111-2222-3333-4444-555555555555"
    world.will_answer(page({"id": "1"}, next_link=f"{ROOT}/companies({company})/customers?$skiptoken=1"))
    with pytest.raises(UnexpectedAnswer, match=company.lower()):
        world.client().rows(Query(f"companies({ours})/customers"))
    assert len(world.requests) == 1


def test_a_next_link_into_another_environment_is_not_followed(world):
    """A copy of an environment has the same companies, ids and all."""
    elsewhere = ROOT.replace("/Production/", "/Sandbox/")
    world.will_answer(page({"id": "1"}, next_link=f"{elsewhere}/{CUSTOMERS.path}?$skiptoken=1"))
    with pytest.raises(UnexpectedAnswer, match='from environment "production" to "sandbox"'):
        world.client().rows(CUSTOMERS)
    world.will_answer(
        page({"id": "1"}, next_link=f"{ROOT.replace('/Production/', '/PRODUCTION/')}/{CUSTOMERS.path}?a"),
        page({"id": "2"}),
    )
    assert len(world.client().rows(CUSTOMERS)) == 2


def test_a_next_link_may_spell_the_same_company_another_way(world):
    ours = "aaaaaaaa-2222-3333-4444-555555555555"
    world.will_answer(page({"id": "1"}, next_link=f"{ROOT}/companies({ours.upper()})/customers?a"), page({"id": "2"}))
    assert len(world.client().rows(Query(f"companies({ours})/customers"))) == 2
    world.will_answer(page({"id": "1"}, next_link=f"{ROOT}/Company('CRONUS')/customers?a"), page({"id": "2"}))
    assert len(world.client().rows(Query(f"companies({ours})/customers"))) == 2


def test_a_list_that_is_kept_as_a_whole_ends_however_often_the_service_names_one_more_page(world, monkeypatch):
    """Its rows are other ones each time, so that nothing else ends it before the memory is full."""
    monkeypatch.setattr(paging, "KEPT_BYTES", 2_000)
    world.will_answer(*(page({"id": f"{each:0100}"}, next_link=f"{ROOT}/more?{each}") for each in range(99)))
    with pytest.raises(UnexpectedAnswer, match=r"The list of companies has more than 2,000 bytes and does not end"):
        world.client().companies()
    assert 5 < len(world.requests) < 20


def test_a_service_that_returns_the_same_rows_under_ever_new_links_ends(world):
    world.will_answer(*(page({"id": "1"}, {"id": "2"}, next_link=f"{ROOT}/more?{each}") for each in range(9)), page())
    with pytest.raises(UnexpectedAnswer, match="the same rows"):
        list(world.client().pages(CUSTOMERS, page_size=2, keys=KEYED))
    assert len(world.requests) == 2


@pytest.mark.fault("S8")
@pytest.mark.parametrize(
    ("sent", "name"),
    [
        pytest.param(rb'{"id":"7","name":"half \ud83d of it"}', "half \ufffd of it", id="high surrogate alone"),
        pytest.param(rb'{"id":"7","name":"half \uDE00 of it"}', "half \ufffd of it", id="low surrogate alone"),
        pytest.param(rb'{"id":"7","name":"\uDE00\uD83D"}', "\ufffd\ufffd", id="the wrong way round"),
        pytest.param(b'{"id":"7","name":"half \xed\xa0\xbd of it"}', "half \ufffd\ufffd\ufffd of it", id="in bytes"),
        pytest.param(b'{"id":"7","name":"M\xfcller"}', "M\ufffdller", id="latin-1"),
    ],
)
def test_a_row_with_what_is_no_text_is_read_and_named(world, caplog, sent, name):
    world.will_answer(answer(200, b'{"value":[{"id":"1","name":"whole"},%s]}' % sent))
    (found,) = world.client().pages(CUSTOMERS, page_size=2, keys=KEYED)
    assert [row["name"] for row in odata_pages.rows(found.body)] == ["whole", name]
    assert "in 7." in caplog.text


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"\\ud83d", r"\uD83D\uDE00 \\\\uDE00", "\u00fc"])
def test_whole_text_is_left_as_it_came(world, caplog, text):
    body = b'{"value":[{"id":"1","name":"%s"}]}' % text.encode()
    world.will_answer(answer(200, body))
    (found,) = world.client().pages(CUSTOMERS, page_size=2, keys=KEYED)
    assert found.body == body
    assert caplog.text == ""


def test_reads_say_who_asks_and_in_which_language(world):
    world.will_answer(page())
    world.client(world.settings(user_agent="tap/1", accept_language="nl-NL")).rows(CUSTOMERS)
    (first,) = (request.headers for request in world.requests)
    assert (first["User-Agent"], first["Accept-Language"], first["Accept"]) == ("tap/1", "nl-NL", "application/json")
    assert first["Authorization"] == "Bearer token-1"


def test_an_error_in_the_middle_is_raised_there(world):
    world.will_answer(page({"id": 1}, next_link=NEXT), fault(400, "BadRequest", "no"))
    pages = world.client().pages(CUSTOMERS, page_size=1)
    next(pages)
    with pytest.raises(BadRequest):
        next(pages)


def test_the_token_goes_to_the_configured_host_alone(world):
    with pytest.raises(ConfigurationError, match="goes nowhere else"):
        world.client().request("GET", "https://evil.example/v2.0/x")
    with pytest.raises(ConfigurationError):
        world.client().rows(Query("http://bc.example/v2.0/x"))
    assert world.requests == []
    assert world.token_requests == []


def test_reading_one_entity(world):
    world.will_answer(answer(200, {"id": "1", "balance": 1.5}))
    assert world.client().read("companies(1)/customers(2)", select=["id"]) == {"id": "1", "balance": Decimal("1.5")}
    assert world.requests[0].url.endswith("customers(2)?$select=id")


def test_companies_keep_their_record(world):
    world.will_answer(page({"id": "1", "name": "CRONUS", "displayName": "", "timestamp": 7}))
    (company,) = world.client().companies()
    assert (company.id, company.name, company.display_name, company.record["timestamp"]) == ("1", "CRONUS", "", 7)


def test_environments_are_beside_the_routes(world):
    world.will_answer(answer(200, {"value": [{"name": "Production", "type": "Production", "aadTenantId": "t"}]}))
    (environment,) = world.client().environments()
    assert (environment.name, environment.type, environment.aad_tenant_id) == ("Production", "Production", "t")
    assert world.requests[0].url == "https://bc.example/environments/v1.2"


@pytest.mark.parametrize("spoiled", [{}, {"id": "2"}, {"error": {"code": "x", "message": "y"}}])
def test_a_row_that_lacks_what_was_selected_is_none(world, spoiled):
    world.will_go_on_answering(page({"id": "1", "code": "A"}, spoiled))
    with pytest.raises(PageBroken):
        world.client().rows(Query("dimensions", ("id", "code")))

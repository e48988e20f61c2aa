"""Which requests an ordered misfortune befalls, and with what: claims that need no emulator."""

from __future__ import annotations

import pytest

from dynamics_bc_emulator.http.misfortunes import parse_misfortunes
from dynamics_bc_emulator.http.patterns import compiled
from dynamics_bc_emulator.http.sizes import size_of


def befallen(order, *requests):
    (misfortune,) = parse_misfortunes(order)
    return [misfortune.befalls(*request) for request in requests]


GET, POST = ("GET", "/customers", ""), ("POST", "/customers", "$top=1")


@pytest.mark.parametrize(
    ("order", "requests", "befalls"),
    [
        ({}, [GET, GET], [True, False]),
        ({"times": 0}, [GET] * 3, [True] * 3),
        ({"times": None}, [GET] * 3, [True] * 3),
        ({"times": 2, "skip": 1}, [GET] * 4, [False, True, True, False]),
        ({"method": "post", "times": 0}, [GET, POST], [False, True]),
        ({"method": "POST", "skip": 1}, [GET, POST, GET, POST], [False, False, False, True]),
        ({"path": "^/customers$", "times": 0}, [GET, ("GET", "/vendors", "")], [True, False]),
        ({"path": r"\$top=1", "times": 0}, [GET, POST], [False, True]),
        ({"path": "", "times": 0}, [GET, POST], [True, True]),
    ],
)
def test_a_misfortune_befalls_what_it_describes_after_those_it_skips(order, requests, befalls):
    assert befallen(order, *requests) == befalls


@pytest.mark.parametrize(
    ("order", "body"),
    [
        ({"status": 500, "body": "<html>"}, "<html>"),
        ({"status": 200, "body": {"value": []}}, {"value": []}),
        ({"status": 200}, None),
        ({"status": 204, "body": "x"}, None),
        ({"status": 304, "body": "x"}, None),
        ({}, None),
    ],
)
def test_it_says_what_it_was_told_to_say(order, body):
    assert parse_misfortunes(order)[0].response_body() == body


@pytest.mark.parametrize(
    ("status", "code"), [(503, "Internal_TenantUnavailable"), (429, "Application_TooManyRequests"), (418, "Unknown")]
)
def test_without_words_of_its_own_it_says_what_the_service_says(status, code):
    error = parse_misfortunes({"status": status})[0].response_body()["error"]
    assert error["code"] == code
    assert error["message"].endswith("  CorrelationId:  00000000-0000-0000-0000-00000000fa17.")


def test_several_are_ordered_at_once_and_one_alone():
    assert len(parse_misfortunes([{"path": "a"}, {"path": "b"}])) == 2
    assert len(parse_misfortunes({"path": "a"})) == 1
    assert parse_misfortunes([]) == []
    assert parse_misfortunes({"headers": {"Retry-After": 7}})[0].headers == {"Retry-After": "7"}


@pytest.mark.parametrize("text", ["(a+)+$", "(?:[a-z]+)*!!", r"(\w|\w)*#", "(0*)*x"])
def test_an_expression_that_repeats_repetitions_is_refused_when_it_is_ordered(text):
    with pytest.raises(ValueError, match="takes too long"):
        compiled(text)


@pytest.mark.parametrize("text", ["companies\\(.*\\)/customers\\(.*\\)$", "(customers|vendors)$", ".*", "a{1,50}b"])
def test_an_expression_that_people_write_is_taken(text):
    assert compiled(text).pattern == text


@pytest.mark.parametrize("text", ["(", "a{99999999999}", "[z-a]", "(?P<a>x)(?P<a>y)"])
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(ValueError, match="is not a regular expression"):
        compiled(text)


@pytest.mark.parametrize(
    ("order", "principal", "size", "befalls"),
    [
        ({"principal": "a"}, "a", 0, True),
        ({"principal": "a"}, "b", 0, False),
        ({}, "b", 0, True),
        ({"larger_than": 100}, "", 100, False),
        ({"larger_than": 100}, "", 101, True),
        ({"larger_than": 0}, "", 0, False),
    ],
)
def test_a_misfortune_may_befall_one_client_or_large_requests_alone(order, principal, size, befalls):
    (misfortune,) = parse_misfortunes(order)
    assert misfortune.befalls(*GET, principal=principal, size=size) is befalls


@pytest.mark.parametrize(
    ("path", "query", "headers", "body", "size"),
    [
        ("/x/customers", "", {}, b"", 20_000),
        ("/x/customers", "$top=5", {}, b"", 5),
        ("/x/customers", "%24top=5", {}, b"", 5),
        ("/x/customers", "$top=many", {}, b"", 20_000),
        ("/x/customers", "$top=99999999999999999999", {}, b"", 20_000),
        ("/x/customers", "$top=500", {"prefer": "odata.maxpagesize=50"}, b"", 50),
        ("/x/$batch", "", {}, b'{"requests":[{},{"a":1},{}]}', 3),
        ("/x/$batch", "", {}, b"{", 0),
        ("/x/$batch", "", {}, b'{"requests":5}', 0),
        ("/x/$batch", "", {"content-type": "multipart/mixed;boundary=b"}, b"GET a HTTP/1.1\nGET b HTTP/1.1\n", 2),
    ],
)
def test_a_request_is_as_large_as_the_page_or_the_batch_it_asks_for(path, query, headers, body, size):
    assert size_of(path, query, headers, body, 20_000) == size

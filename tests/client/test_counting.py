"""How many rows does a set have, and what if the answer is no number?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from client.scripted_service import ROOT, answer, fault

from dynamics_bc_client.errors import Forbidden, UnexpectedAnswer
from dynamics_bc_client.odata.query import Query

if TYPE_CHECKING:
    from client.scripted_service import World

ENTRIES = Query("companies(1)/generalLedgerEntries")


@pytest.mark.parametrize("body", [b"64", b"\xef\xbb\xbf64", b" 64\r\n"])
def test_a_count_is_plain_text_sometimes_with_a_mark_before_it(world: World, body: bytes) -> None:
    world.will_answer(answer(200, body))
    assert world.client().count(ENTRIES) == 64
    (request,) = world.requests
    assert request.url == f"{ROOT}/companies(1)/generalLedgerEntries/$count"
    assert request.headers["Accept"] == "text/plain"


def test_a_count_asks_by_the_filter_alone(world: World) -> None:
    world.will_answer(answer(200, b"3"))
    query = Query(ENTRIES.path, select=("id",), filter="entryNumber ge 5", order_by="id")
    assert world.client().count(query) == 3
    assert world.requests[0].url == f"{ROOT}/companies(1)/generalLedgerEntries/$count?$filter=entryNumber%20ge%205"


def test_a_count_that_is_no_number_is_asked_for_again_and_then_refused(world: World) -> None:
    world.will_go_on_answering(answer(200, b"<html>Sign in</html>"))
    with pytest.raises(UnexpectedAnswer, match="generalLedgerEntries/\\$count returned 200"):
        world.client().count(ENTRIES)
    assert len(world.requests) > 1


def test_a_number_that_is_no_count_is_refused(world: World) -> None:
    world.will_go_on_answering(answer(200, {"value": []}))
    with pytest.raises(UnexpectedAnswer, match="not a number of rows"):
        world.client().count(ENTRIES)


@pytest.mark.fault("R3")
def test_a_count_that_is_an_error_with_status_200_is_asked_for_again(world: World) -> None:
    world.will_answer(fault(200, "Internal", "It broke."), answer(200, b"12"))
    assert world.client().count(Query("companies(a)/customers")) == 12


def test_a_refused_count_is_a_matter_of_its_set(world: World) -> None:
    world.will_answer(fault(403, "Forbidden", "no"))
    with pytest.raises(Forbidden) as caught:
        world.client().count(ENTRIES)
    assert caught.value.scope == "stream"


def test_rows_are_counted_by_a_filter_that_is_too_long_for_the_gateway(world: World) -> None:
    replies = [{"id": "0", "status": 200, "headers": {}, "body": body} for body in (41, "42")]
    world.will_answer(*(answer(200, {"responses": [each]}) for each in replies))
    counted = Query(ENTRIES.path, filter="a" * 9000)
    assert [world.client().count(counted), world.client().count(counted)] == [41, 42]
    assert all(request.url.endswith("/$batch") for request in world.requests)

"""Do reads ask for committed rows, and are they read all the same where that is not understood?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from client.scripted_service import answer, fault, page

from dynamics_bc_client.errors import BadRequest, Forbidden
from dynamics_bc_client.odata.batch import Operation
from dynamics_bc_client.odata.query import Query

if TYPE_CHECKING:
    from client.scripted_service import World

CUSTOMERS = Query("companies(1)/customers")
VENDORS = Query("companies(1)/vendors")
REFUSED = fault(400, "BadRequest", "No.")


def intents(world: World) -> list[str | None]:
    return [request.headers.get("Data-Access-Intent") for request in world.requests]


def test_every_read_of_data_asks_for_committed_rows(world: World) -> None:
    world.will_answer(page({"id": 1}), answer(200, b"1"), answer(200, {"id": 1}))
    client = world.client(from_replica=True)
    client.rows(CUSTOMERS)
    client.count(CUSTOMERS)
    client.read("companies(1)/customers(2)")
    assert intents(world) == ["ReadOnly"] * 3


def test_whoever_does_not_ask_for_it_reads_the_database_itself(world: World) -> None:
    world.will_answer(page())
    world.client().rows(CUSTOMERS)
    assert intents(world) == [None]


def test_a_write_and_a_batch_never_carry_it(world: World) -> None:
    world.will_answer(answer(201, {"id": 1}), answer(200, {"responses": [{"id": "1", "status": 200, "body": {}}]}))
    client = world.client(from_replica=True)
    client.create("companies(1)/customers", {})
    client.batch([Operation("1", "GET", "companies(1)/customers(2)")])
    assert intents(world) == [None, None]


def test_the_pages_behind_the_first_and_smaller_ones_ask_for_it_too(world: World) -> None:
    link = "https://bc.example/v2.0/acme.example/Production/api/v2.0/companies(1)/customers?$skiptoken=1"
    world.will_answer(page({"id": 1}, next_link=link), fault(504), page({"id": 2}))
    world.client(from_replica=True).rows(CUSTOMERS)
    assert intents(world) == ["ReadOnly"] * 3


def test_where_nothing_is_answered_with_it_everything_is_read_without_it(world: World, caplog) -> None:
    blocked = answer(403, b"<html>Blocked</html>")
    world.will_answer(blocked, page(), blocked, page(), page())
    client = world.client(from_replica=True)
    client.rows(CUSTOMERS)
    client.rows(VENDORS)
    assert intents(world) == ["ReadOnly", None, "ReadOnly", None, None]
    (said,) = [record.message for record in caplog.records if "Data-Access-Intent" in record.message]
    assert "everything is read without it" in said


def test_a_set_that_is_not_answered_with_it_is_read_without_it_and_the_others_are_not(world: World, caplog) -> None:
    world.will_answer(page(), REFUSED, page(), REFUSED, page(), page(), page())
    client = world.client(from_replica=True)
    client.rows(VENDORS)
    client.rows(CUSTOMERS)
    client.rows(CUSTOMERS)
    client.rows(VENDORS)
    assert intents(world) == ["ReadOnly", "ReadOnly", None, "ReadOnly", None, None, "ReadOnly"]
    assert "customers is answered without" in caplog.text


def test_a_refusal_of_the_moment_is_no_reason_to_read_rows_that_are_not_committed(world: World, caplog) -> None:
    """A set that was answered with the header in the end is read with it, and nothing else is believed of it."""
    world.will_answer(REFUSED, page({"id": "without"}), page({"id": "with"}), page(), page())
    client = world.client(from_replica=True)
    assert client.rows(CUSTOMERS) == [{"id": "with"}]
    client.rows(CUSTOMERS)
    client.rows(VENDORS)
    assert intents(world) == ["ReadOnly", None, "ReadOnly", "ReadOnly", "ReadOnly"]
    assert "Data-Access-Intent" not in caplog.text


def test_a_set_that_is_refused_while_it_is_tried_out_is_an_error(world: World) -> None:
    world.will_answer(page(), REFUSED, page(), REFUSED, REFUSED, REFUSED)
    client = world.client(from_replica=True)
    client.rows(VENDORS)
    for _ in range(2):
        with pytest.raises(BadRequest):
            client.rows(CUSTOMERS)
    assert intents(world) == ["ReadOnly", "ReadOnly", None, "ReadOnly", None, "ReadOnly"]


def test_a_set_that_is_refused_either_way_is_asked_without_it_once(world: World) -> None:
    world.will_answer(page(), REFUSED, REFUSED, REFUSED)
    client = world.client(from_replica=True)
    client.rows(VENDORS)
    for _ in range(2):
        with pytest.raises(BadRequest):
            client.rows(CUSTOMERS)
    assert intents(world) == ["ReadOnly", "ReadOnly", None, "ReadOnly"]


def test_a_set_that_was_answered_with_it_is_not_asked_without_it(world: World) -> None:
    world.will_answer(page(), REFUSED)
    client = world.client(from_replica=True)
    client.rows(CUSTOMERS)
    with pytest.raises(BadRequest):
        client.rows(CUSTOMERS)
    assert intents(world) == ["ReadOnly"] * 2


def test_a_missing_permission_is_no_reason_to_ask_without_it(world: World) -> None:
    world.will_answer(page(), fault(403, "Forbidden", "No."))
    client = world.client(from_replica=True)
    client.rows(VENDORS)
    with pytest.raises(Forbidden):
        client.rows(CUSTOMERS)
    assert intents(world) == ["ReadOnly"] * 2


def test_a_page_that_writes_while_it_is_read_is_recognised_by_what_it_says(world: World) -> None:
    world.will_answer(page(), fault(500, "Internal_ServerError", "The database is read-only."), page())
    client = world.client(from_replica=True)
    client.rows(VENDORS)
    client.rows(CUSTOMERS)
    assert intents(world) == ["ReadOnly", "ReadOnly", None]
    assert world.waits == []

"""What is refused for its token or for too many requests, behind the work, is there once."""

from __future__ import annotations

import json

import pytest

from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target
from tests.target.test_refused_although_done import BILL, DIMENSION, KEYLESS, LINE, ORDER, made, remember_rows, write


class OnTheWay:
    """Refuses a request that creates in a set, as a whole, behind the work or before it.

    Args:
        ends: How the paths of what it refuses end.
        status: With which.
        does: The work is done all the same.
        at: Which of the requests it refuses, from 1 on.
        blind: How many looks behind the refusal fail.
    """

    def __init__(self, ends, status=429, *, does=True, at=1, blind=0):
        self.ends, self.status, self.does, self.at, self.blind = ends, status, does, at, blind
        self.calls = 0

    def __call__(self, request, send):
        if not self._creates(request):
            self.blind -= self.calls >= self.at
            return send(request) if self.calls < self.at or self.blind < 0 else Response(403, {}, b"")
        self.calls += 1
        if self.calls != self.at:
            return send(request)
        if self.does:
            send(request)
        return Response(self.status, {}, b"")

    def _creates(self, request):
        if not request.url.endswith("$batch"):
            return request.method == "POST" and request.url.endswith(self.ends)
        sent = json.loads(request.body)["requests"]
        return any(each["method"] == "POST" and each["url"].endswith(self.ends) for each in sent)


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def equal_orders(count):
    return [{**ORDER, "externalId": f"o-{number}"} for number in range(count)]


@pytest.mark.parametrize("status", [401, 429])
@pytest.mark.parametrize("kind", KEYLESS)
def test_what_has_no_number_of_the_senders_is_there_once(target, kind, status):
    remember_rows(target, kind)
    around = OnTheWay(f"/{kind}", status)
    (outcome,) = write(target, kind, {**KEYLESS[kind], "dimensionSetLines": DIMENSION}, around=around)
    rows = made(target, kind)
    assert len(rows) == 1, rows
    (row,) = rows
    assert (outcome["outcome"], outcome["errors"], outcome["id"]) == ("created", [], row["id"])
    assert around.calls == 1
    (again,) = write(target, kind, KEYLESS[kind])
    assert again["id"] == row["id"]


@pytest.mark.parametrize("remember", [True, False])
def test_a_bill_is_there_once_and_counts_as_created(target, remember):
    remember_rows(target, "purchaseInvoices")
    around = OnTheWay("/purchaseInvoices")
    (outcome,) = write(target, "purchaseInvoices", BILL, around=around, remember=remember)
    rows = made(target, "purchaseInvoices")
    assert len(rows) == 1, rows
    (row,) = rows
    assert (outcome["outcome"], outcome["id"], around.calls) == ("created", row["id"], 1)


@pytest.mark.parametrize("at_once", [1, 5])
@pytest.mark.parametrize("status", [401, 429])
def test_of_several_equal_orders_in_a_batch_each_is_there_once(target, at_once, status):
    remember_rows(target, "purchaseOrders")
    around = OnTheWay("/purchaseOrders", status)
    outcomes = write(target, "purchaseOrders", *equal_orders(6), around=around, max_concurrent_requests=at_once)
    rows = made(target, "purchaseOrders")
    assert [outcome["outcome"] for outcome in outcomes] == ["created"] * 6
    assert len(rows) == 6
    assert {outcome["id"] for outcome in outcomes} == {row["id"] for row in rows}


def test_what_was_refused_before_the_work_is_sent_once_more_though_others_of_the_file_are_equal(target):
    remember_rows(target, "purchaseOrders")
    around = OnTheWay("/purchaseOrders", does=False)
    outcomes = write(target, "purchaseOrders", *equal_orders(6), around=around)
    assert [outcome["outcome"] for outcome in outcomes] == ["created"] * 6
    assert len(made(target, "purchaseOrders")) == 6


@pytest.mark.parametrize("stream", ["purchaseInvoices", "purchaseOrders"])
def test_of_a_preview_nothing_is_left(target, stream):
    record = {**BILL, "externalId": "b-1"} if stream == "purchaseInvoices" else ORDER
    remember_rows(target, stream)
    (outcome,) = write(target, stream, record, around=OnTheWay(f"/{stream}"), preview=True)
    assert (outcome["outcome"], made(target, stream)) == ("previewed", [])


def test_what_cannot_be_looked_for_is_not_sent_once_more(target):
    remember_rows(target, "purchaseOrders")
    around = OnTheWay("/purchaseOrders", blind=1)
    (outcome,) = write(target, "purchaseOrders", ORDER, around=around)
    rows = made(target, "purchaseOrders")
    assert len(rows) == 1, rows
    (row,) = rows
    assert (outcome["outcome"], outcome["id"], around.calls) == ("created", row["id"], 1)


def test_a_line_that_is_added_to_a_draft_is_there_once(target):
    write(target, "purchaseInvoices", BILL)
    more = {**LINE, "description": "2", "unitCost": 1}
    record = {**BILL, "purchaseInvoiceLines": [*BILL["purchaseInvoiceLines"], more]}
    (outcome,) = write(target, "purchaseInvoices", record, around=OnTheWay("/purchaseInvoiceLines"))
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    assert len(target.rows("purchaseInvoiceLines", documentId=outcome["id"])) == 2

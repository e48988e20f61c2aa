"""What is refused for its token or for too many requests, behind the work, is there once."""

from __future__ import annotations

import json

import pytest

from dynamics_bc_client.transport import Request, Response
from tests.target.at_the_desk import Target
from tests.target.test_refused_although_done import BILL, DIMENSION, KEYLESS, LINE, ORDER, made, remember_rows, write

ADDED = {**LINE, "description": "2", "unitCost": 1}
LINES = BILL["purchaseInvoiceLines"]


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


class Within:
    """Refuses operations of a batch that create in a set, each for itself, behind the work or before it.

    Args:
        ends: How the paths of what it refuses end.
        status: With which.
        does: The work is done all the same.
        times: How many.
    """

    def __init__(self, ends, status=429, *, does=True, times=2):
        self.ends, self.status, self.does, self.left = ends, status, does, times
        self.refused = []

    def __call__(self, request, send):
        if not request.url.endswith("$batch"):
            return send(request)
        operations = json.loads(request.body)["requests"]
        due = [each["id"] for each in operations if each["method"] == "POST" and each["url"].endswith(self.ends)]
        due = due[: self.left]
        self.left -= len(due)
        if not due:
            return send(request)
        self.refused += due
        kept = operations if self.does else [each for each in operations if each["id"] not in due]
        replies = []
        if kept:
            answer = send(
                Request(request.method, request.url, request.headers, json.dumps({"requests": kept}).encode())
            )
            replies = [each for each in json.loads(answer.body)["responses"] if each["id"] not in due]
        code = "Authentication_InvalidCredentials" if self.status == 401 else "Application_TooManyRequests"
        error = {"error": {"code": code, "message": "x"}}
        replies += [{"id": each, "status": self.status, "headers": {}, "body": error} for each in due]
        return Response(200, {}, json.dumps({"responses": replies}).encode())


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


@pytest.mark.parametrize("status", [401, 429])
@pytest.mark.parametrize("does", [True, False], ids=["behind the work", "before it"])
def test_orders_that_are_refused_within_a_batch_are_there_once_each(target, does, status):
    remember_rows(target, "purchaseOrders")
    around = Within("/purchaseOrders", status, does=does)
    outcomes = write(target, "purchaseOrders", *equal_orders(4), around=around)
    rows = made(target, "purchaseOrders")
    assert len(around.refused) == 2
    assert [outcome["outcome"] for outcome in outcomes] == ["created"] * 4
    assert {outcome["id"] for outcome in outcomes} == {row["id"] for row in rows}
    assert len(rows) == 4


@pytest.mark.parametrize("does", [True, False], ids=["behind the work", "before it"])
def test_lines_that_are_refused_within_a_batch_are_there_once_each(target, does):
    bills = [{**BILL, "vendorInvoiceNumber": f"K-{number}"} for number in range(3)]
    write(target, "purchaseInvoices", *bills, lines="keep")
    more = [{**bill, "purchaseInvoiceLines": [*LINES, ADDED]} for bill in bills]
    around = Within("/purchaseInvoiceLines", does=does)
    outcomes = write(target, "purchaseInvoices", *more, around=around, lines="keep")
    assert len(around.refused) == 2
    assert [(outcome["outcome"], outcome["errors"]) for outcome in outcomes] == [("updated", [])] * 3
    for outcome in outcomes:
        assert len(target.rows("purchaseInvoiceLines", documentId=outcome["id"])) == 2


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


@pytest.mark.parametrize("status", [401, 429])
@pytest.mark.parametrize("does", [True, False], ids=["behind the work", "before it"])
@pytest.mark.parametrize(("lines", "count"), [("keep", 1), ("keep", 3), ("replace", 1)])
def test_lines_that_are_added_to_a_draft_are_there_once(target, lines, count, does, status):
    write(target, "purchaseInvoices", BILL, lines=lines)
    record = {**BILL, "purchaseInvoiceLines": [*LINES, *[ADDED] * count]}
    around = OnTheWay("/purchaseInvoiceLines", status, does=does)
    (outcome,) = write(target, "purchaseInvoices", record, around=around, lines=lines)
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    assert len(target.rows("purchaseInvoiceLines", documentId=outcome["id"])) == 1 + count
    assert around.calls == (1 if does else 2)


def test_a_line_that_somebody_else_adds_meanwhile_is_not_taken_for_the_one_that_was_refused(target):
    (draft,) = write(target, "purchaseInvoices", BILL, lines="keep")
    record = {**BILL, "purchaseInvoiceLines": [*LINES, ADDED]}
    refusing = OnTheWay("/purchaseInvoiceLines", does=False)

    def around(request, send):
        answer = refusing(request, send)
        if answer.status == 429:
            theirs = {"lineType": "Item", "lineObjectNumber": "1900-S", "quantity": 2, "unitCost": 1}
            target.desk.create(f"purchaseInvoices({draft['id']})/purchaseInvoiceLines", theirs)
        return answer

    (outcome,) = write(target, "purchaseInvoices", record, around=around, lines="keep")
    assert (outcome["outcome"], outcome["errors"], refusing.calls) == ("updated", [], 2)
    found = target.rows("purchaseInvoiceLines", documentId=draft["id"])
    assert sorted(line["lineObjectNumber"] for line in found) == ["1896-S", "1896-S", "1900-S"]


def test_a_draft_whose_added_line_cannot_be_looked_for_gets_it_once(target):
    write(target, "purchaseInvoices", BILL, lines="keep")
    record = {**BILL, "purchaseInvoiceLines": [*LINES, ADDED]}
    around = OnTheWay("/purchaseInvoiceLines", blind=1)
    (outcome,) = write(target, "purchaseInvoices", record, around=around, lines="keep")
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    assert len(target.rows("purchaseInvoiceLines", documentId=outcome["id"])) == 2


@pytest.mark.parametrize("does", [True, False], ids=["behind the work", "before it"])
def test_a_vendor_that_is_made_for_a_record_is_made_once(target, does):
    line = {"accountNumber": "8210", "amount": 5}
    bill = {"externalId": "b-1", "billNumber": "B-1", "vendorName": "NEWCOMER", "expenses": [line]}
    remember_rows(target, "vendors")
    around = OnTheWay("/vendors", does=does)
    (outcome,) = write(target, "Bills", bill, around=around, create_missing=["vendors"])
    assert (outcome["outcome"], around.calls) == ("created", 1 if does else 2)
    assert len(made(target, "vendors")) == 1

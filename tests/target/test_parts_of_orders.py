"""An order of which a record has a part posted: that part once, whatever befalls the run."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target
from tests.target.test_actions import Unanswered, codes

SOLD = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 5, "unitPrice": 100}
POST = "shipAndInvoice"


def order(part, **more):
    line = {**SOLD, "shipQuantity": part, "invoiceQuantity": part}
    record = {"externalId": "E-1", "customerNumber": "20000", "externalDocumentNumber": "K-1"}
    return {**record, "action": POST, "salesOrderLines": [line], **more}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def invoiced(target):
    rows = target.rows("salesInvoices", externalDocumentNumber="K-1")
    return sum((Decimal(row["totalAmountExcludingTax"]) for row in rows), Decimal(0))


@pytest.mark.parametrize("remember", [True, False])
def test_a_part_of_an_order_is_posted_once(target, remember):
    (done,) = target.write("salesOrders", order(2), remember=remember)
    assert (done["outcome"], invoiced(target)) == ("posted", 200)
    (again,) = target.write("salesOrders", order(2), remember=remember)
    assert (again["outcome"], invoiced(target)) == ("existing" if remember else "unchanged", 200)


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("remember", [True, False])
def test_a_part_whose_posting_was_not_answered_is_posted_once(target, blind, remember):
    (first,) = target.write("salesOrders", order(2), remember=remember, around=Unanswered(POST, blind=blind))
    assert first["outcome"] == ("uncertain" if blind else "posted")
    outcomes = target.write("salesOrders", order(2), remember=remember)
    assert {each["outcome"] for each in outcomes} <= {"posted", "existing", "unchanged"}
    assert invoiced(target) == 200


def following(part, before, **more):
    record = order(part, **more)
    record["salesOrderLines"][0] |= {"shippedQuantity": before, "invoicedQuantity": before}
    return record


@pytest.mark.parametrize("blind", [None, False, True])
@pytest.mark.parametrize("remember", [True, False])
def test_a_part_that_says_what_was_posted_before_it_is_posted_once(target, remember, blind):
    target.write("salesOrders", order(2), remember=remember)
    for record, sum_ in ((following(1, 2), 300), (following(1, 3), 400)):
        around = None if blind is None else Unanswered(POST, blind=blind)
        target.write("salesOrders", record, remember=remember, around=around)
        outcomes = target.write("salesOrders", record, remember=remember)
        assert {each["outcome"] for each in outcomes} <= {"posted", "existing", "unchanged"}
        assert invoiced(target) == sum_


def test_a_part_that_was_posted_although_it_was_refused_is_posted_once(target):
    def lying(request, send):
        response = send(request)
        if POST.encode() not in (request.body or b"") and POST not in request.url:
            return response
        error = b'{"error": {"code": "Application_DialogException", "message": "Something went wrong."}}'
        return Response(400, {"Content-Type": "application/json"}, error)

    (done,) = target.write("salesOrders", order(2), around=lying)
    assert (done["outcome"], codes(done)) == ("posted", [("", "Application_DialogException")])
    assert invoiced(target) == 200


class Refusing:
    """Refuses the first posting with a status that is mostly there before the work: here it comes behind it, or not."""

    def __init__(self, status, *, does=True):
        self.status = status
        self.does = does
        self.calls = 0

    def __call__(self, request, send):
        if POST not in request.url and POST.encode() not in (request.body or b""):
            return send(request)
        self.calls += 1
        if self.calls > 1 or self.does:
            response = send(request)
        return response if self.calls > 1 else Response(self.status, {}, b"")


@pytest.mark.parametrize(("remember", "status"), [(True, 401), (False, 401), (True, 429)])
def test_a_part_that_was_posted_and_refused_for_its_token_or_for_too_many_requests_is_posted_once(
    target, remember, status
):
    around = Refusing(status)
    (done,) = target.write("salesOrders", order(2), remember=remember, around=around)
    assert (done["outcome"], done["errors"], invoiced(target), around.calls) == ("posted", [], 200, 1)


def test_a_part_that_was_refused_before_it_was_posted_is_called_for_once_more(target):
    around = Refusing(401, does=False)
    (done,) = target.write("salesOrders", order(2), around=around)
    assert (done["outcome"], done["errors"], invoiced(target), around.calls) == ("posted", [], 200, 2)


def test_parts_of_several_orders_are_posted_once_each_though_the_first_was_refused_behind_the_work(target):
    records = [order(2, externalId=f"E-{each}", externalDocumentNumber=f"K-{each}") for each in range(3)]
    outcomes = target.write("salesOrders", *records, around=Refusing(401))
    assert [outcome["outcome"] for outcome in outcomes] == ["posted"] * 3
    rows = [row for each in range(3) for row in target.rows("salesInvoices", externalDocumentNumber=f"K-{each}")]
    assert [row["totalAmountExcludingTax"] for row in rows] == [200, 200, 200]


def test_a_part_is_posted_once_though_its_version_is_refused_first_and_its_token_behind_the_work(target):
    refusing = Refusing(401)
    stale = []

    def around(request, send):
        if POST in request.url and not stale:
            stale.append(request)
            return Response(412, {}, b"")
        return refusing(request, send)

    (done,) = target.write("salesOrders", order(2), around=around)
    assert (done["outcome"], invoiced(target), len(stale)) == ("posted", 200, 1)


def test_a_part_whose_posting_is_carried_out_late_is_not_called_for_twice(target):
    late = []

    def slow(request, send):
        if POST in request.url or POST.encode() in (request.body or b""):
            late.append(request)
            return Response(504, {}, b"")
        return send(request)

    (first,) = target.write("salesOrders", order(2), remember=True, around=slow)
    assert (first["outcome"], len(late), invoiced(target)) == ("uncertain", 1, 0)
    assert "twenty minutes" in first["errors"][0]["message"]
    target.write("salesOrders", order(2), remember=True, around=slow)
    assert len(late) == 1
    (row,) = target.rows("salesOrders", externalDocumentNumber="K-1")
    target.desk.act(f"salesOrders({row['id']})", POST)
    outcomes = target.write("salesOrders", order(2), remember=True)
    assert {each["outcome"] for each in outcomes} <= {"posted", "existing"}
    assert invoiced(target) == 200


@pytest.mark.parametrize("record", [order(2), following(2, 2)])
def test_another_part_that_somebody_has_posted_is_not_taken_for_the_records(target, record):
    (draft,) = target.write("salesOrders", {**order(2), "action": None}, remember=True)
    (line,) = target.rows("salesOrderLines", documentId=draft["id"])
    target.desk.change(f"salesOrderLines({line['id']})", {"shipQuantity": 1})
    target.desk.act(f"salesOrders({draft['id']})", POST)
    for _ in range(2):
        (outcome,) = target.write("salesOrders", record, remember=True)
        assert codes(outcome) == [("", "posted_differs")]
        assert invoiced(target) == 100


@pytest.mark.parametrize(
    "change",
    [
        {"shipToName": "Elsewhere"},
        {"salesOrderLines": [{**SOLD, "shipQuantity": 2, "invoiceQuantity": 2, "unitPrice": 90}]},
        {"salesOrderLines": [{**SOLD, "shipQuantity": 2, "invoiceQuantity": 2}, {**SOLD, "shipQuantity": 1}]},
    ],
    ids=["header", "line", "line more"],
)
def test_a_change_of_a_record_whose_part_is_posted_does_not_post_it_again(target, change):
    target.write("salesOrders", order(2), remember=True)
    for _ in range(2):
        (outcome,) = target.write("salesOrders", order(2, **change), remember=True)
        assert codes(outcome) == [("", "posted_differs")]
        assert invoiced(target) == 200


@pytest.mark.parametrize("wanted", ["RETAIL", "ONLINE"])
def test_another_dimension_of_an_order_whose_part_is_posted_is_named(target, wanted):
    """Its line has one of its own, so that it does not follow the order's."""
    line = {**SOLD, "shipQuantity": 2, "invoiceQuantity": 2, "dimensionSetLines": [dimension("ONLINE")]}
    target.write("salesOrders", order(2, salesOrderLines=[line], dimensionSetLines=[dimension("ONLINE")]))
    (outcome,) = target.write("salesOrders", order(2, salesOrderLines=[line], dimensionSetLines=[dimension(wanted)]))
    assert codes(outcome) == ([] if wanted == "ONLINE" else [("", "posted_differs")])
    assert invoiced(target) == 200


def dimension(value):
    return {"code": "CLASS", "valueCode": value}


def test_the_second_part_is_not_posted_before_the_first(target):
    (outcome,) = target.write("salesOrders", following(2, 2))
    assert "posted_differs" in {code for _, code in codes(outcome)}
    assert invoiced(target) == 0


def test_what_a_warehouse_has_delivered_is_invoiced(target):
    (draft,) = target.write("salesOrders", {**order(5), "action": None})
    (line,) = target.rows("salesOrderLines", documentId=draft["id"])
    target.desk.change(f"salesOrderLines({line['id']})", {"invoiceQuantity": 0})
    target.desk.act(f"salesOrders({draft['id']})", POST)
    assert invoiced(target) == 0
    record = order(5, salesOrderLines=[{**SOLD, "invoiceQuantity": 5}])
    (done,) = target.write("salesOrders", record)
    assert (done["outcome"], invoiced(target)) == ("posted", 500)

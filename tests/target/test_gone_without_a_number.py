"""An order or a quote without a number of the sender's is not made again when it has become something else."""

from __future__ import annotations

import pytest

from dynamics_bc_client.transport import Response
from tests.tap.desk_runs import Killed
from tests.target.at_the_desk import Target
from tests.target.test_refused_although_done import LINE, made, remember_rows

BUYING = {"externalId": "o-1", "vendorNumber": "20000", "purchaseOrderLines": [{**LINE, "directUnitCost": 100}]}
SELLING = {"externalId": "o-1", "customerNumber": "20000", "salesOrderLines": [{**LINE, "unitPrice": 100}]}
ORDERS = [
    ("purchaseOrders", BUYING, "receiveAndInvoice", "purchaseInvoices"),
    ("salesOrders", SELLING, "shipAndInvoice", "salesInvoices"),
]
QUOTE = {"externalId": "o-1", "customerNumber": "20000", "salesQuoteLines": [{**LINE, "unitPrice": 100}]}


@pytest.fixture
def target(tmp_path):
    target = Target(tmp_path)
    # A purchase order has no property for the vendor's number of its invoice, which the service asks for by default.
    target.desk.company.insert("_externalDocumentNumbers", {"party": "Vendor", "mandatory": False})
    return target


def write(target, stream, record, **more):
    outcomes = target.write(stream, record, remember=True, **more)
    return next(outcome for outcome in outcomes if outcome["position"])


def killed_behind(action):
    def around(request, send):
        response = send(request)
        if action in request.url or action.encode() in (request.body or b""):
            raise Killed
        return response

    return around


@pytest.mark.parametrize(("stream", "record", "action", "becomes"), ORDERS)
def test_an_order_whose_posting_a_killed_run_never_heard_of_is_posted_once(target, stream, record, action, becomes):
    remember_rows(target, stream, becomes)
    asking = {**record, "action": action}
    with pytest.raises(Killed):
        write(target, stream, asking, around=killed_behind(action))
    outcome = write(target, stream, asking)
    invoices = [row["id"] for row in made(target, becomes)]
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert [outcome["became"]["id"]] == invoices
    assert made(target, stream) == []


@pytest.mark.parametrize(("stream", "record", "action", "becomes"), ORDERS)
def test_an_order_whose_posting_was_not_answered_is_seen_by_its_invoice(target, stream, record, action, becomes):
    remember_rows(target, stream, becomes)

    def around(request, send):
        response = send(request)
        if action in request.url or action.encode() in (request.body or b""):
            return Response(504, {}, b"")
        return response

    outcome = write(target, stream, {**record, "action": action}, around=around)
    (invoice,) = made(target, becomes)
    assert (outcome["outcome"], outcome["became"]["id"]) == ("posted", invoice["id"])
    assert made(target, stream) == []


@pytest.mark.parametrize(("stream", "record", "action", "becomes"), ORDERS)
def test_an_order_that_somebody_has_posted_is_not_made_again_for_a_newer_version(
    target, stream, record, action, becomes
):
    remember_rows(target, stream, becomes)
    first = write(target, stream, record)
    target.desk.act(f"{stream}({first['id']})", action)
    outcome = write(target, stream, {**record, "shipToName": "Somewhere else"})
    assert [error["code"] for error in outcome["errors"]] == ["posted_differs"]
    assert made(target, stream) == []
    assert len(made(target, becomes)) == 1


def test_an_order_that_somebody_has_deleted_is_made_again(target):
    remember_rows(target, "purchaseOrders", "purchaseInvoices")
    first = write(target, "purchaseOrders", BUYING)
    target.desk.remove(f"purchaseOrders({first['id']})")
    outcome = write(target, "purchaseOrders", {**BUYING, "shipToName": "Somewhere else"})
    assert outcome["outcome"] == "created"


def test_a_quote_of_which_nobody_can_see_what_became_is_not_made_again(target):
    remember_rows(target, "salesQuotes", "salesOrders")
    asking = {**QUOTE, "action": "makeOrder"}
    with pytest.raises(Killed):
        write(target, "salesQuotes", asking, around=killed_behind("makeOrder"))
    outcome = write(target, "salesQuotes", asking)
    assert [error["code"] for error in outcome["errors"]] == ["posted_differs"]
    assert made(target, "salesQuotes") == []
    assert len(made(target, "salesOrders")) == 1

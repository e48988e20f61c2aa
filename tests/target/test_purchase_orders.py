"""A purchase order, of which Business Central keeps no number of the sender's, is there once and posted once."""

from __future__ import annotations

import json
from functools import partial

import pytest

from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target
from tests.target.test_actions import BOUGHT, Unanswered, codes


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


@pytest.mark.parametrize("retries", [False, True])
def test_a_purchase_order_that_is_refused_to_be_posted_is_written_once(target, retries):
    before = len(target.rows("purchaseOrders"))
    record = {**BOUGHT, "externalId": "B-1", "action": "receiveAndInvoice"}
    ids = set()
    for _ in range(3):
        outcomes = target.write("purchaseOrders", record, remember=True, retry_dead_letters=retries)
        assert {code for each in outcomes for _, code in codes(each)} == {"Application_DialogException"}
        ids |= {each["id"] for each in outcomes}
    assert (len(ids), len(target.rows("purchaseOrders"))) == (1, before + 1)
    target.desk.company.insert("_externalDocumentNumbers", {"party": "Vendor", "mandatory": False})
    (outcome,) = target.write("purchaseOrders", record, remember=True)
    assert (outcome["outcome"], len(target.rows("purchaseOrders"))) == ("posted", before)


class Lying(Unanswered):
    """Says that an action was refused that was carried out."""

    def __init__(self, action, *, status, blind):
        super().__init__(action, blind=blind)
        self.status = status

    def __call__(self, request, send):
        before = self.lost
        response = super().__call__(request, send)
        if self.lost is before:
            return response
        error = {"error": {"code": "Application_DialogException", "message": "Something went wrong behind the work."}}
        if "$batch" not in request.url:
            return Response(self.status, {}, json.dumps(error).encode())
        replies = [{"id": each["id"], "status": self.status, "headers": {}, "body": error}
                   for each in json.loads(request.body)["requests"]]  # fmt: skip
        return Response(200, {"Content-Type": "application/json"}, json.dumps({"responses": replies}).encode())


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("around", [Unanswered, partial(Lying, status=400), partial(Lying, status=503)])
def test_a_purchase_order_that_is_posted_without_a_true_answer_is_posted_once(target, around, blind):
    target.desk.company.insert("_externalDocumentNumbers", {"party": "Vendor", "mandatory": False})
    before = len(target.rows("purchaseInvoices")), len(target.rows("purchaseOrders"))
    record = {**BOUGHT, "externalId": "B-1", "action": "receiveAndInvoice"}
    target.write("purchaseOrders", record, remember=True, around=around("receiveAndInvoice", blind=blind))
    outcomes = target.write("purchaseOrders", record, remember=True)
    assert {each["outcome"] for each in outcomes} <= {"posted", "existing"}
    assert (len(target.rows("purchaseInvoices")), len(target.rows("purchaseOrders"))) == (before[0] + 1, before[1])


def test_a_purchase_order_whose_create_was_not_answered_and_that_is_not_posted_is_written_once(target):
    before = len(target.rows("purchaseOrders"))
    record = {**BOUGHT, "externalId": "B-1", "action": "receiveAndInvoice"}

    def lost(request, send):
        response = send(request)
        if request.method == "POST" and request.url.endswith("/purchaseOrders"):
            return Response(504, {}, b"")
        return response

    for around in (lost, None, None):
        (outcome, *_) = target.write("purchaseOrders", record, remember=True, around=around)
        assert codes(outcome) == [("", "Application_DialogException")]
    assert len(target.rows("purchaseOrders")) == before + 1

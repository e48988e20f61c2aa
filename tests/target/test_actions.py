"""What a record asks for besides its values: that it becomes something else, is posted, sent or cancelled."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target

LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2}
SOLD = {**LINE, "unitPrice": 100}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def sale(stream, **more):
    return {
        "customerNumber": "20000",
        "externalDocumentNumber": "K-1",
        f"{stream.removesuffix('s')}Lines": [SOLD],
        **more,
    }


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


@pytest.mark.parametrize(
    ("stream", "action", "becomes"),
    [
        ("salesQuotes", "makeOrder", "salesOrders"),
        ("salesQuotes", "makeInvoice", "salesInvoices"),
        ("salesOrders", "shipAndInvoice", "salesInvoices"),
    ],
)
def test_a_document_becomes_another_one_once_when_its_record_asks(target, stream, action, becomes):
    before = len(target.rows(becomes))
    (draft,) = target.write(stream, sale(stream))
    assert (draft["outcome"], len(target.rows(becomes))) == ("created", before)
    (done,) = target.write(stream, sale(stream, action=action))
    assert (done["outcome"], done["errors"]) == ("posted", [])
    (made,) = target.rows(becomes, externalDocumentNumber="K-1")
    assert made["customerNumber"] == "20000"
    assert target.rows(stream, externalDocumentNumber="K-1") == []
    (again,) = target.write(stream, sale(stream, action=action))
    assert codes(again) == [("", "posted_differs")]
    assert len(target.rows(becomes)) == before + 1


def test_an_order_does_not_become_an_invoice_because_other_documents_are_posted(target):
    (outcome,) = target.write("salesOrders", sale("salesOrders"), posting="unless_draft")
    assert (outcome["outcome"], len(target.rows("salesOrders", externalDocumentNumber="K-1"))) == ("created", 1)


BOUGHT = {"vendorNumber": "20000", "purchaseOrderLines": [{**LINE, "directUnitCost": 100}]}


def test_a_purchase_order_is_written_once_by_the_memory_alone(target):
    before = len(target.rows("purchaseOrders"))
    record = {**BOUGHT, "externalId": "B-1"}
    assert codes(target.write("purchaseOrders", record)[0]) == [("", "no_store")]
    (outcome,) = target.write("purchaseOrders", record, remember=True)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert target.write("purchaseOrders", record, remember=True)[0]["outcome"] == "existing"
    changed = {**record, "purchaseOrderLines": [{**LINE, "quantity": 5, "directUnitCost": 100}]}
    assert target.write("purchaseOrders", changed, remember=True)[0]["outcome"] == "updated"
    assert len(target.rows("purchaseOrders")) == before + 1
    (line,) = target.rows("purchaseOrderLines", documentId=outcome["id"])
    assert (line["quantity"], line["directUnitCost"]) == (5, 100)
    (done,) = target.write("purchaseOrders", {**changed, "action": "receiveAndInvoice"}, remember=True)
    assert (done["outcome"], len(target.rows("purchaseOrders"))) in {("posted", before), ("rejected", before + 1)}, done


def test_an_unanswered_purchase_order_is_found_by_all_that_it_says(target):
    record = {**BOUGHT, "externalId": "B-1"}
    before = len(target.rows("purchaseOrders"))

    def lost(request, send):
        response = send(request)
        if b'"POST"' in (request.body or b"") and b"purchaseOrders" in request.body:
            raise ConnectionLost("The connection broke off behind the create.", sent=True)
        return response

    target.write("purchaseOrders", record, remember=True, around=lost)
    (outcome,) = target.write("purchaseOrders", record, remember=True)
    assert outcome["errors"] == []
    assert len(target.rows("purchaseOrders")) == before + 1


def test_what_undoes_a_posting_is_done_only_where_the_settings_name_it(target):
    invoice = sale("salesInvoices", isDraft=False)
    (posted,) = target.write("salesInvoices", invoice)
    assert posted["outcome"] == "posted"
    cancel = {**sale("salesInvoices"), "id": posted["id"], "action": "cancel"}
    assert codes(target.write("salesInvoices", cancel)[0]) == [("action", "action_not_allowed")]
    allowed = {"allowed_actions": ["cancel"]}
    (done,) = target.write("salesInvoices", cancel, **allowed)
    assert (done["outcome"], done["errors"]) == ("posted", [])
    assert target.row("salesInvoices", id=posted["id"])["status"] == "Canceled"
    assert target.write("salesInvoices", cancel, **allowed)[0]["outcome"] == "unchanged"


def test_what_is_for_posted_documents_is_refused_for_drafts_and_creates_none(target):
    allowed = {"allowed_actions": "cancel"}
    cancel = sale("salesInvoices", action="cancel")
    assert codes(target.write("salesInvoices", cancel, **allowed)[0]) == [("", "not_found")]
    assert target.rows("salesInvoices", externalDocumentNumber="K-1") == []
    target.write("salesInvoices", sale("salesInvoices"))
    assert codes(target.write("salesInvoices", cancel, **allowed)[0]) == [("action", "not_posted")]


NEW = {"number": "K-1", "displayName": "First", "addressLine1": "1"}


@pytest.mark.parametrize(("stream", "said"), [("salesInvoices", "takes post, postAndSend"), ("customers", "no action")])
def test_an_action_that_a_kind_does_not_have_is_named_with_those_that_it_has(target, stream, said):
    record = sale(stream, action="approve") if stream != "customers" else {**NEW, "action": "approve"}
    (error,) = target.write(stream, record)[0]["errors"]
    assert (error["field"], error["code"]) == ("action", "unknown_action")
    assert said in error["message"]


def test_nothing_is_acted_upon_where_posting_is_never(target):
    (outcome,) = target.write("salesOrders", sale("salesOrders", action="shipAndInvoice"), posting="never")
    assert outcome["outcome"] == "created"
    assert len(target.rows("salesOrders", externalDocumentNumber="K-1")) == 1


@pytest.mark.parametrize(
    ("stream", "action", "becomes"),
    [
        ("salesQuotes", "makeOrder", "salesOrders"),
        ("salesOrders", "shipAndInvoice", "salesInvoices"),
    ],
)
def test_the_outcome_names_the_document_that_came_of_it(target, stream, action, becomes):
    (outcome,) = target.write(stream, sale(stream, action=action))
    made = target.row(becomes, externalDocumentNumber="K-1")
    assert outcome["became"] == {"stream": becomes, "id": made["id"], "number": made["number"]}


def test_the_outcome_of_a_purchase_order_names_its_invoice_and_that_of_a_draft_names_none(target):
    record = {**BOUGHT, "externalId": "B-1"}
    (created,) = target.write("purchaseOrders", record, remember=True)
    assert "became" not in created
    # The service asks for the vendor's number of the invoice, for which an order has no property.
    target.desk.edit("purchaseOrders", created["id"], _vendorInvoiceNumber="V-1")
    (outcome,) = target.write("purchaseOrders", {**record, "action": "receiveAndInvoice"}, remember=True)
    assert outcome["outcome"] == "posted", outcome
    made = target.row("purchaseInvoices", orderId=created["id"])
    assert outcome["became"] == {"stream": "purchaseInvoices", "id": made["id"], "number": made["number"]}


def test_the_outcome_names_the_credit_memo_of_an_invoice(target):
    (posted,) = target.write("salesInvoices", sale("salesInvoices", isDraft=False))
    record = {**sale("salesInvoices"), "id": posted["id"], "action": "makeCorrectiveCreditMemo"}
    (outcome,) = target.write("salesInvoices", record, allowed_actions=["makeCorrectiveCreditMemo"])
    made = target.row("salesCreditMemos", invoiceId=posted["id"])
    assert outcome["became"] == {"stream": "salesCreditMemos", "id": made["id"], "number": made["number"]}


class Unanswered:
    """Loses the answer to an action, and then every look, so that the run ends in doubt."""

    def __init__(self, action, *, blind):
        self.action, self.blind, self.lost = action, blind, False

    def __call__(self, request, send):
        response = send(request)
        if self.action in request.url or self.action.encode() in (request.body or b""):
            self.lost = True
            return Response(504, {}, b"")
        return Response(503, {}, b"") if self.lost and self.blind else response


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize(
    ("stream", "action", "becomes"),
    [("salesQuotes", "makeOrder", "salesOrders"), ("salesOrders", "shipAndInvoice", "salesInvoices")],
)
def test_what_was_turned_into_another_without_an_answer_is_seen_by_what_came_of_it(
    target, stream, action, becomes, blind
):
    record = sale(stream, action=action, externalId="E-1")
    (first,) = target.write(stream, record, remember=True, around=Unanswered(action, blind=blind))
    assert first["outcome"] == ("uncertain" if blind else "posted"), first
    again = target.write(stream, record, remember=True)
    assert {each["outcome"] for each in again} <= {"posted", "existing"}
    assert len(target.rows(becomes, externalDocumentNumber="K-1")) == 1


def test_what_came_of_it_and_comes_to_something_else_was_not_made_by_its_record(target):
    record = sale("salesQuotes", action="makeOrder", externalId="E-1")
    target.write("salesQuotes", record, remember=True, around=Unanswered("makeOrder", blind=True))
    order = target.row("salesOrders", externalDocumentNumber="K-1")
    (line,) = target.rows("salesOrderLines", documentId=order["id"])
    target.desk.change(f"salesOrderLines({line['id']})", {"quantity": 9})
    outcomes = target.write("salesQuotes", record, remember=True)
    assert "posted_differs" in [error["code"] for each in outcomes for error in each["errors"]]


class BlindBehind:
    """Carries an action out and says so, and then refuses every look."""

    def __init__(self, action):
        self.action, self.called = action, False

    def __call__(self, request, send):
        if self.called:
            return Response(503, {}, b"")
        self.called = self.action in request.url or self.action.encode() in (request.body or b"")
        return send(request)


def test_what_was_turned_into_another_and_answered_needs_no_proof_though_a_rule_of_the_service_makes_it_cheaper(target):
    discount = {"party": "Customer", "code": "20000", "currencyCode": "", "minimumAmount": 100, "discountPercent": 10}
    target.desk.company.insert("_invoiceDiscounts", discount)
    record = sale("salesQuotes", action="makeOrder", externalId="E-1")
    (first,) = target.write("salesQuotes", record, remember=True, around=BlindBehind("makeOrder"))
    assert codes(first) == [("", "undecided")]
    order = target.row("salesOrders", externalDocumentNumber="K-1")
    assert order["totalAmountExcludingTax"] == 180
    again = target.write("salesQuotes", record, remember=True)
    assert {each["outcome"] for each in again} <= {"posted", "existing"}
    assert again[0]["became"] == {"stream": "salesOrders", "id": order["id"], "number": order["number"]}

"""What is asked and written next for a document, from literals: bills, orders, and kinds that are never posted."""

from __future__ import annotations

import dataclasses

import pytest

from dynamics_bc_client.errors import BadRequest, DuplicateKey, RecordChanged
from target_dynamics_bc.kept.units import Remembered, Rival
from target_dynamics_bc.wanted.records import Dimension, Resolved, ResolvedLine
from target_dynamics_bc.writing import documents
from target_dynamics_bc.writing.before_posting import reasons_against_posting
from target_dynamics_bc.writing.refusing import CONFLICTS
from target_dynamics_bc.writing.steps import Finish, LookAgain, Refuse, Send, TakeBack
from target_dynamics_bc.writing.unit import Rules
from target_dynamics_bc.writing.writes import with_sound_etags
from tests.target.planning import BILLS, ORDERS, QUOTES, amount, refuse_step, sent, unit_of, written

RETAIL = Dimension("d1", "CLASS", "v1", "RETAIL")
LINE = {"itemId": "i1", "quantity": amount("2"), "unitPrice": amount("100")}
ORDER = {"customerId": "c1", "externalDocumentNumber": "X-1"}
BILL = {"vendorId": "v1", "vendorInvoiceNumber": "F-1"}
POSTING = Rules(posts=True, match_keys=("id", "number", "externalDocumentNumber", "vendorInvoiceNumber"))


def order(**changes):
    """An order as the service has it."""
    line = {"id": "l1", "lineType": "Item", **LINE, "dimensionSetLines": []}
    return {"id": "o1", "number": "S-1", "status": "Draft", **ORDER, "salesOrderLines": [line], **changes}


def bill(**changes):
    """A bill as the service has it."""
    return {"id": "b1", "number": "B-1", "status": "Draft", **BILL, "purchaseInvoiceLines": [], **changes}


def refused_with(kind, **marks):
    error = kind("No.", status=400, text="No.")
    for name, value in marks.items():
        setattr(error, name, value)
    return error


# --- looks ---


def test_an_order_is_looked_for_by_the_customers_number_of_it_with_lines_and_nothing_it_does_not_have():
    looks = documents.looks(unit_of(ORDERS, fields=ORDER, lines=[LINE]))
    query = looks["externalDocumentNumber"]
    assert "customerId eq 'c1'" in query.filter
    assert [each.navigation for each in query.expand] == ["salesOrderLines"]
    assert list(looks) == ["externalDocumentNumber", "ended:salesInvoices"]
    assert looks["ended:salesInvoices"].path.endswith("/salesInvoices")


def test_a_kind_without_lines_and_without_a_partys_number_is_looked_for_by_its_number():
    looks = documents.looks(unit_of(QUOTES, number="Q-1"))
    assert list(looks) == ["number"]
    assert not looks["number"].expand


def test_a_bill_is_not_looked_for_by_a_number_without_its_vendor():
    assert not documents.looks(unit_of(BILLS, fields={"vendorInvoiceNumber": "F-1"}))


# --- create ---


def test_an_order_is_created_with_its_lines():
    step = documents.plan(unit_of(ORDERS, fields=ORDER, lines=[LINE]), {})
    assert written(step) == [("POST", "salesOrders", {**ORDER, "salesOrderLines": [LINE]})]


@pytest.mark.parametrize(
    ("kind", "field", "code"),
    [(ORDERS, "externalDocumentNumber", "no_key"), (QUOTES, "", "no_store")],
)
def test_what_nothing_could_find_again_is_not_created(kind, field, code):
    step = documents.plan(unit_of(kind, fields={"customerId": "c1"}), {})
    assert isinstance(step, Refuse)
    assert [(fault.field, fault.code) for fault in step.faults] == [(field, code)]


@pytest.mark.parametrize(
    ("kind", "fields", "line", "line_type", "copied", "missing"),
    [
        (ORDERS, ORDER, {"itemId": "i1"}, "Item", True, {"quantity"}),
        (BILLS, BILL, {"accountId": "a"}, "Account", True, {"quantity", "unitCost"}),
        (BILLS, BILL, {"accountId": "a", "quantity": 1}, "Account", False, {"amount"}),
        (BILLS, BILL, {"itemId": "i1"}, "Item", False, {"quantity"}),
    ],
)
def test_a_new_line_that_the_service_would_take_for_0_is_refused(  # noqa: PLR0917 - a row of the table
    kind, fields, line, line_type, copied, missing
):
    unit = unit_of(kind, fields=fields, lines=[line], line_type=line_type, copied=copied)
    step = documents.plan(unit, {})
    assert isinstance(step, Refuse)
    assert {fault.field.rpartition(".")[2] for fault in step.faults} == missing


def test_a_create_is_tried_without_dimensions_when_it_is_refused_with_them():
    unit = unit_of(BILLS, fields=BILL, dimensions=(RETAIL,))
    step = documents.plan(unit, {})
    assert isinstance(step, Send)
    assert step.nests_dimensions
    assert isinstance(refuse_step(unit, step, refused_with(BadRequest)), LookAgain)
    plain = documents.plan(unit, {})
    assert written(plain) == [("POST", "purchaseInvoices", BILL)]
    assert isinstance(refuse_step(unit, plain, refused_with(BadRequest)), TakeBack)


@pytest.mark.parametrize(
    ("is_new", "of_header", "of_line", "is_tried_without"),
    [
        (True, (), (RETAIL,), True),
        (True, (RETAIL,), (), True),
        (True, (), (), False),
        (False, (), (RETAIL,), False),
        (False, (RETAIL,), (), False),
    ],
)
def test_a_new_bill_alone_is_tried_without_dimensions_when_they_are_refused(
    is_new, of_header, of_line, is_tried_without
):
    line = {"itemId": "i1", "quantity": amount("2")}
    resolved = Resolved(BILL, of_header, (ResolvedLine("lines[0]", "Item", "0", line, of_line),))
    unit = dataclasses.replace(unit_of(BILLS, lines=[]), resolved=resolved)
    row = {"id": "l1", "lineType": "Item", **line, "quantity": amount("1"), "dimensionSetLines": []}
    there = bill(purchaseInvoiceLines=[row], dimensionSetLines=[])
    if is_new:
        sent(unit, documents.plan(unit, {}), there)
    step = documents.plan(unit, {"id": [there]})
    assert ("dimensionSetLines" in str(written(step))) == bool(of_header or of_line)
    assert isinstance(refuse_step(unit, step, refused_with(BadRequest)), LookAgain) == is_tried_without


def test_a_refused_change_of_a_draft_that_was_there_names_no_draft_to_take_back():
    unit = unit_of(ORDERS, fields={**ORDER, "orderDate": "2026-01-28"})
    step = documents.plan(unit, {"id": [order()]})
    refused = refuse_step(unit, step, refused_with(BadRequest))
    assert isinstance(refused, TakeBack)
    assert (refused.id, len(refused.faults)) == (None, 1)


@pytest.mark.parametrize("is_new", [True, False])
def test_dimensions_of_lines_wait_for_what_those_of_a_header_that_was_there_hand_down(is_new):
    line = {"itemId": "i1", "quantity": amount("2")}
    of_line = Dimension("d2", "AREA", "v2", "30")
    resolved = Resolved(BILL, (RETAIL,), (ResolvedLine("lines[0]", "Item", "0", line, (of_line,)),))
    unit = dataclasses.replace(unit_of(BILLS, lines=[]), resolved=resolved)
    row = {"id": "l1", "lineType": "Item", **line, "dimensionSetLines": []}
    there = bill(purchaseInvoiceLines=[row], dimensionSetLines=[])
    if is_new:
        sent(unit, documents.plan(unit, {}), there)
    writes = [address for _, address, _ in written(documents.plan(unit, {"id": [there]}))]
    assert "purchaseInvoices(b1)/dimensionSetLines" in writes
    assert ("purchaseInvoiceLines(l1)/dimensionSetLines" in writes) == is_new


# --- change ---


@pytest.mark.parametrize("changed", [{"quantity": amount("3")}, {"unitOfMeasureId": "u2"}, {"locationId": "w2"}])
def test_what_makes_the_service_calculate_an_orders_price_anew_is_followed_by_the_price(changed):
    line = {"itemId": "i1", **changed, "unitPrice": amount("100"), "discountAmount": amount("1")}
    there = order(salesOrderLines=[{**order()["salesOrderLines"][0], "discountAmount": 1}])
    step = documents.plan(unit_of(ORDERS, fields=ORDER, lines=[line]), {"id": [there]})
    ((method, address, body),) = written(step)
    assert (method, address) == ("PATCH", "salesOrderLines(l1)")
    assert list(body) == [*changed, "unitPrice", "discountAmount"]


def test_a_price_that_the_service_put_in_place_of_the_one_in_the_create_is_set_again():
    unit = unit_of(ORDERS, fields=ORDER, lines=[LINE])
    sent(unit, documents.plan(unit, {}), order())
    replaced = order(salesOrderLines=[{**order()["salesOrderLines"][0], "unitPrice": amount("649.4")}])
    step = documents.plan(unit, {"id": [replaced]})
    assert written(step) == [("PATCH", "salesOrderLines(l1)", {"unitPrice": amount("100")})]


def test_what_is_as_it_is_to_be_is_done():
    step = documents.plan(unit_of(ORDERS, fields=ORDER, lines=[LINE]), {"id": [order()]})
    assert step == Finish("o1", "S-1", lines={"0": "l1"}, draft=True)


def test_what_is_never_posted_is_no_draft_and_can_be_changed_in_any_state():
    unit = unit_of(QUOTES, fields={"externalDocumentNumber": "N"}, number="Q-1", rules=POSTING)
    there = {"id": "q1", "number": "Q-1", "status": "Sent", "externalDocumentNumber": "O"}
    assert written(documents.plan(unit, {"number": [there]})) == [
        ("PATCH", "salesQuotes(q1)", {"externalDocumentNumber": "N"})
    ]
    step = documents.plan(unit, {"number": [{**there, "externalDocumentNumber": "n"}]})
    assert step == Finish("q1", "Q-1")


def test_lines_that_go_go_last_and_in_the_same_transaction():
    lines = [{**LINE, "quantity": amount("5")}]
    rows = [order()["salesOrderLines"][0], {"id": "l2", "lineType": "Item", "itemId": "i9"}]
    unit = unit_of(ORDERS, fields={**ORDER, "requestedDeliveryDate": "2026-02-01"}, lines=lines)
    step = documents.plan(unit, {"id": [order(salesOrderLines=rows)]})
    assert [(method, address) for method, address, _ in written(step)] == [
        ("PATCH", "salesOrders(o1)"),
        ("PATCH", "salesOrderLines(l1)"),
        ("DELETE", "salesOrderLines(l2)"),
    ]


def test_the_version_of_a_row_is_sent_unless_the_step_itself_changes_it_before():
    rows = [{**order()["salesOrderLines"][0], "@odata.etag": "W/l1"}]
    line = {**LINE, "quantity": amount("5")}
    alone = documents.plan(unit_of(ORDERS, fields=ORDER, lines=[line]), {"id": [order(salesOrderLines=rows)]})
    assert isinstance(alone, Send)
    assert [write.etag for write in with_sound_etags(alone.writes)] == ["W/l1"]
    assert [write.etag for write in with_sound_etags(alone.writes, frozenset({"W/l1"}))] == [""]
    header = order(salesOrderLines=rows, **{"@odata.etag": "W/o1"})
    fields = {**ORDER, "requestedDeliveryDate": "2026-02-01"}
    both = documents.plan(unit_of(ORDERS, fields=fields, lines=[line]), {"id": [header]})
    assert isinstance(both, Send)
    assert [write.etag for write in with_sound_etags(both.writes)] == ["W/o1", ""]


# --- refusals ---


def test_a_conflict_is_looked_at_again_three_times():
    unit = unit_of(ORDERS, fields=ORDER, lines=[{**LINE, "quantity": amount("5")}])
    followed = []
    for _ in range(CONFLICTS + 1):
        step = documents.plan(unit, {"id": [order()]})
        followed.append(type(refuse_step(unit, step, refused_with(RecordChanged))))
    assert followed == [LookAgain, LookAgain, LookAgain, TakeBack]


def test_what_is_there_already_is_looked_at_once():
    unit = unit_of(ORDERS, fields=ORDER)
    step = documents.plan(unit, {})
    assert isinstance(refuse_step(unit, step, refused_with(DuplicateKey)), LookAgain)
    assert isinstance(refuse_step(unit, step, refused_with(DuplicateKey)), TakeBack)


# --- post ---


def test_an_order_is_invoiced_by_the_action_of_its_row_and_is_done_when_the_service_says_so():
    unit = unit_of(ORDERS, fields=ORDER, lines=[LINE], rules=POSTING)
    step = sent(unit, documents.plan(unit, {"id": [order()]}))
    assert written(step) == [("POST", "salesOrders(o1)", "shipAndInvoice")]
    step = documents.plan(unit, {})
    assert isinstance(step, Finish)
    assert step.posted


def test_an_order_that_was_invoiced_is_not_written_again():
    unit = unit_of(ORDERS, fields=ORDER, lines=[LINE])
    step = documents.plan(unit, {"ended:salesInvoices": [{"id": "i", "number": "103001"}]})
    assert isinstance(step, Refuse)
    assert step.faults[0].code == "posted_differs"
    assert "103001" in step.faults[0].message


@pytest.mark.parametrize(("net", "ends"), [("200", Finish), ("200.01", Finish), ("300", Refuse)])
def test_an_invoice_that_may_have_come_of_an_order_is_its_own_if_it_comes_to_the_same(net, ends):
    unit = unit_of(ORDERS, fields=ORDER, lines=[LINE], rules=POSTING)
    unit.history.doubts.add("post")
    totals = {"totalAmountExcludingTax": amount(net), "totalAmountIncludingTax": amount("250")}
    step = documents.plan(unit, {"ended:salesInvoices": [{"id": "i", "number": "103001", **totals}]})
    assert isinstance(step, ends)


@pytest.mark.parametrize(("external_id", "ends"), [(None, Finish), ("mine", Refuse)])
def test_whoever_names_a_bill_by_its_number_alone_means_it_whoever_wrote_it(external_id, ends):
    unit = unit_of(BILLS, fields={"vendorId": "v1"}, number="B-1", external_id=external_id)
    beside = unit.beside((Rival("external:another", "b1", posted=False),))
    assert isinstance(documents.plan(beside, {"number": [bill()]}), ends)


def test_what_was_posted_and_is_not_to_be_found_is_not_written_again():
    unit = unit_of(BILLS, fields=BILL)
    posted = Remembered("h", finished=True, posted=True, id="b", number="108001", lines={})
    step = documents.plan(unit.recalled(posted).resolved_as(unit.resolved, ()), {"known": []})
    assert isinstance(step, Refuse)
    assert step.faults[0].code == "posted_differs"
    assert "108001" in step.faults[0].message


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    ("status", "ends"), [("Draft", Refuse), ("Open", Finish)], ids=["it is not posted", "it is posted all the same"]
)
def test_after_a_refused_posting_one_look_tells(status, ends):
    unit = unit_of(BILLS, fields=BILL, rules=POSTING)
    step = documents.plan(unit, {"id": [bill()]})
    assert written(step) == [("POST", "purchaseInvoices(b1)", "post")]
    assert isinstance(refuse_step(unit, step, refused_with(BadRequest)), LookAgain)
    step = documents.plan(unit, {"id": [bill(status=status)]})
    assert isinstance(step, ends)
    assert step.id == "b1"
    assert [(fault.stage, fault.message) for fault in step.faults] == [
        ("post", "Business Central refused to post it: No.")
    ]


@pytest.mark.parametrize(("found", "ends"), [("10.005", Finish), ("10.02", Refuse)])
def test_what_was_rounded_when_it_was_posted_does_not_differ(found, ends):
    line = {"itemId": "i1", "quantity": amount("1"), "discountAmount": amount("10")}
    rows = [{"id": "l1", "lineType": "Item", "itemId": "i1", "quantity": 1, "discountAmount": amount(found)}]
    unit = unit_of(BILLS, fields=BILL, lines=[line])
    step = documents.plan(unit, {"id": [bill(status="Open", purchaseInvoiceLines=rows)]})
    assert isinstance(step, ends)


# --- delete ---


@pytest.mark.parametrize(
    ("status", "on_delete", "what"),
    [
        ("Draft", "delete", "DELETE"),
        ("Open", "delete", "posted"),
        ("Draft", "block", "not_blockable"),
        ("Draft", "ignore", "unchanged"),
    ],
)
def test_a_deletion_does_what_the_setting_and_the_state_allow(status, on_delete, what):
    unit = unit_of(BILLS, fields=BILL, deleted=True, rules=Rules(on_delete=on_delete))
    step = documents.plan(unit, {"id": [bill(status=status)]})
    if isinstance(step, Send):
        assert written(step) == [(what, "purchaseInvoices(b1)", None)]
    elif isinstance(step, Refuse):
        assert [fault.code for fault in step.faults] == [what]
    else:
        assert isinstance(step, Finish)
        assert step.kind == what


@pytest.mark.parametrize(("gross", "codes"), [(True, []), (False, ["amount_differs"])])
def test_a_price_with_tax_is_compared_with_the_amount_with_tax(gross, codes):
    line = {"quantity": amount("2"), "unitCost": amount("60")}
    row = {"id": "l", "lineType": "Item", **line, "amountExcludingTax": 100, "amountIncludingTax": 120}
    found = {"id": "b", "number": "1", "pricesIncludeTax": gross, "purchaseInvoiceLines": [row]}
    unit = unit_of(BILLS, fields={**BILL, "pricesIncludeTax": gross}, lines=[line])
    assert [fault.code for fault in reasons_against_posting(unit, found, [row], {})] == codes


def test_a_posted_bill_that_lacks_a_line_of_the_record_differs():
    unit = unit_of(BILLS, fields=BILL, lines=[{"quantity": amount("2"), "unitCost": amount("60")}])
    step = documents.plan(unit, {"id": [bill(status="Open")]})
    assert isinstance(step, Refuse)
    assert step.faults[0].code == "posted_differs"
    assert "lines[0]" in step.faults[0].message

"""A record that is rejected and leaves a draft says so, whatever it is rejected for."""

from __future__ import annotations

import json

import pytest

from tests.target.at_the_desk import Target
from tests.target.test_refused_although_done import REFUSED, Refusing

LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2, "unitCost": 100}
BILL = {"vendorNumber": "10000", "vendorInvoiceNumber": "K-1", "purchaseInvoiceLines": [LINE]}
POSTED = {**BILL, "isDraft": False}
ENTRY = {
    "documentNumber": "K-1",
    "postingDate": "2026-01-28",
    "journalLines": [{"accountNumber": "8210", "amount": 5}, {"accountNumber": "2910", "amount": -5}],
}
SETTINGS = {"journal": "DEFAULT", "payment_journal": "GENERAL"}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def write(target, *records, stream="purchaseInvoices", **more):
    outcomes = target.write(stream, *records, **{**SETTINGS, **more})
    return [outcome for outcome in outcomes if outcome["position"]]


def check_left(target, outcome, code=None, set_="purchaseInvoices"):
    """The outcome names the draft that is there."""
    assert outcome["outcome"] == "rejected"
    assert code is None or code in {error["code"] for error in outcome["errors"]}
    assert outcome.get("draft") is True
    assert outcome["id"] in {row["id"] for row in target.rows(set_)}


def foreign_currency(target):
    target.desk.edit("vendors", target.desk.id("vendors", number="10000"), currencyCode="EUR")


def own_line(target):
    (bill,) = write(target, BILL)
    line = {"lineType": "Account", "lineObjectNumber": "8450", "quantity": 1, "unitCost": 12}
    target.desk.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", line)


@pytest.mark.parametrize(
    ("prepared", "record", "code"),
    [
        (foreign_currency, POSTED, "filled_in"),
        (own_line, POSTED, "foreign_lines"),
        (None, {**POSTED, "totalAmountIncludingTax": 7}, "total_differs"),
        (None, {**POSTED, "purchaseInvoiceLines": [{**LINE, "amountExcludingTax": 7}]}, "amount_differs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_posted_says_that_it_is_left_as_a_draft(target, caplog, prepared, record, code):
    if prepared is not None:
        prepared(target)
    with caplog.at_level("INFO"):
        (outcome,) = write(target, record, lines="keep")
    check_left(target, outcome, code)
    assert "Left as drafts, to be posted in Business Central: 1 purchaseInvoices" in caplog.text


def test_a_posting_that_is_refused_leaves_a_draft(target):
    (outcome,) = write(target, POSTED, around=Refusing("POST", "/Microsoft.NAV.post", does=False, times=9))
    check_left(target, outcome)


def test_a_change_that_is_refused_leaves_the_draft_that_was_there(target):
    write(target, BILL)
    changed = {**BILL, "purchaseInvoiceLines": [{**LINE, "quantity": 3}]}
    (outcome,) = write(target, changed, around=Refusing("PATCH", ")", does=False, times=9))
    check_left(target, outcome, "Application_DialogException")


@pytest.mark.parametrize(
    "change",
    [
        {"vendorNumber": "no such"},
        {"purchaseInvoiceLines": [{**LINE, "lineObjectNumber": "no such"}]},
        {"invoiceDate": "x"},
    ],
    ids=["reference", "reference of a line", "value"],
)  # fmt: skip
def test_a_record_with_faults_of_which_a_draft_is_there_names_it(target, change):
    (first,) = write(target, {**BILL, "externalId": "e-1"}, remember=True)
    (outcome,) = write(target, {**BILL, "externalId": "e-1", **change}, remember=True)
    check_left(target, outcome)
    assert outcome["id"] == first["id"]


def test_a_draft_entry_that_is_not_changed_is_named(target):
    write(target, ENTRY, stream="generalJournalLines")
    changed = {**ENTRY, "journalLines": [{**line, "description": "Other"} for line in ENTRY["journalLines"]]}
    (outcome,) = write(
        target, changed, stream="generalJournalLines", around=Refusing("PATCH", ")", does=False, times=9)
    )
    check_left(target, outcome, set_="journalLines")


def test_a_draft_that_could_not_be_turned_back_is_named(target):
    dimensions = {"dimensionSetLines": [{"code": "CLASS", "valueCode": "ONLINE"}]}
    create = Refusing("POST", "/purchaseInvoices", does=False)
    rest = Refusing("POST", "/dimensionSetLines", does=False, times=9)

    def around(request, send):
        if request.method == "DELETE":
            return REFUSED
        return create(request, lambda each: rest(each, send))

    (outcome,) = write(target, {**BILL, **dimensions}, around=around)
    check_left(target, outcome, "left_behind")


def test_what_leaves_nothing_and_what_is_to_be_deleted_is_called_no_draft(target):
    refused = Refusing("POST", "/purchaseInvoices", does=False, times=9)
    (outcome,) = write(target, BILL, around=refused)
    assert (outcome["outcome"], "draft" in outcome) == ("rejected", False)
    write(target, BILL)
    (outcome,) = write(target, {**BILL, "_sdc_deleted_at": "2026-01-29T00:00:00Z"})
    assert (outcome["outcome"], "draft" in outcome) == ("rejected", False)
    (outcome,) = write(target, {**BILL, "purchaseInvoiceLines": [{**LINE, "lineObjectNumber": "x"}]}, dry_run=True)
    assert (outcome["outcome"], "draft" in outcome) == ("rejected", False)
    assert json.dumps(outcome)

"""One payment for several bills: each is paid in full by one line of one journal, or nothing is booked."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.transport import Response
from tests.target.sent_records import bill_over as bill

VENDOR = "20000"


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


@pytest.fixture
def bills(target):
    """Three posted bills, of 30, 50 and 20."""
    amounts = {"F1": 30, "F2": 50, "F3": 20}
    outcomes = target.write("Bills", *(bill(number, amount) for number, amount in amounts.items()))
    assert [outcome["outcome"] for outcome in outcomes] == ["posted"] * 3
    return {number: target.row("purchaseInvoices", vendorInvoiceNumber=number) for number in amounts}


def payment(*parts, amount=None, **more):
    listed = [{"billNumber": number, "amount": each} for number, each in parts]
    return {
        "externalId": "p",
        "paymentNumber": "CHECK-1",
        "paymentDate": "2026-02-10",
        "amount": sum(each for _, each in parts) if amount is None else amount,
        "vendorNumber": VENDOR,
        "journalExternalId": "GENERAL",
        "isDraft": False,
        "bills": listed,
        **more,
    }


def own_payment(*entries, amount=80, **more):
    return {
        "externalId": "p",
        "documentNumber": "CHECK-1",
        "postingDate": "2026-02-10",
        "amount": amount,
        "vendorNumber": VENDOR,
        "journalDisplayName": "GENERAL",
        "isDraft": False,
        "applyVendorEntries": list(entries),
        **more,
    }


def codes(outcome):
    return {(error["field"], error["code"]) for error in outcome["errors"]}


def left(target, number):
    row = target.row("purchaseInvoices", vendorInvoiceNumber=number)
    entry = target.row("_vendorLedgerEntries", documentNumber=row["number"])
    return row["status"], entry["remainingAmount"]


def booked(target, number="CHECK-1"):
    return target.rows("generalLedgerEntries", documentNumber=number)


def marked(target):
    return {row["documentNumber"] for row in target.rows("_vendorLedgerEntries") if row.get("_appliesToId")}


def nothing_is_left(target):
    ours = [row for row in target.rows("journals") if row["displayName"].startswith("To be posted")]
    return not ours and not marked(target) and not booked(target)


def test_one_payment_pays_several_bills_by_one_line(target, bills):
    (outcome,) = target.write("BillPayments", payment(("F1", 30), ("F2", 50)))
    assert outcome["outcome"] == "posted", outcome
    assert [left(target, number) for number in bills] == [("Paid", 0), ("Paid", 0), ("Open", -20)]
    (entry,) = target.rows("_vendorLedgerEntries", documentNumber="CHECK-1")
    assert (entry["amount"], entry["open"]) == (80, False)
    assert not [row for row in target.rows("journals") if row["displayName"].startswith("To be posted")]


@pytest.mark.parametrize("remember", [True, False])
def test_a_payment_of_several_bills_that_comes_again_is_known(target, bills, remember):
    record = payment(("F1", 30), ("F2", 50))
    target.write("BillPayments", record, remember=remember)
    before = booked(target)
    (again,) = target.write("BillPayments", record, remember=remember)
    assert again["outcome"] == ("existing" if remember else "unchanged")
    assert booked(target) == before


def test_bills_are_named_by_id_number_and_the_senders_id(target, bills):
    listed = [
        {"billId": bills["F1"]["id"], "amount": 30},
        {"billNumber": bills["F2"]["number"], "amount": 50},
        {"billExternalId": "F3", "amount": 20},
    ]
    (outcome,) = target.write("BillPayments", payment(amount=100, bills=listed))
    assert outcome["outcome"] == "posted", outcome
    assert {left(target, number) for number in bills} == {("Paid", 0)}


def test_a_list_may_come_as_text(target, bills):
    listed = json.dumps([{"billNumber": "F1", "amount": 30}, {"billNumber": "F3", "amount": "20"}])
    (outcome,) = target.write("BillPayments", payment(amount=50, bills=listed))
    assert outcome["outcome"] == "posted", outcome


def test_in_business_centrals_names_entries_are_listed(target, bills):
    entries = [
        {"documentNumber": bills["F1"]["number"], "amountToApply": 30},
        {"externalDocumentNumber": "F2", "remainingAmount": -50, "applied": True, "documentType": "Invoice"},
        {"documentNumber": bills["F3"]["number"], "remainingAmount": -20, "applied": False},
    ]
    (outcome,) = target.write("vendorPayments", own_payment(*entries))
    assert outcome["outcome"] == "posted", outcome
    assert [left(target, number)[0] for number in bills] == ["Paid", "Paid", "Open"]


def test_a_list_of_one_bill_may_pay_a_part_of_it(target, bills):
    (outcome,) = target.write("BillPayments", payment(("F2", 20)))
    assert outcome["outcome"] == "posted", outcome
    assert left(target, "F2") == ("Open", -30)
    (outcome,) = target.write("BillPayments", payment(("F2", 30), externalId="q", paymentNumber="CHECK-2"))
    assert outcome["outcome"] == "posted", outcome
    assert left(target, "F2") == ("Paid", 0)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (payment(("F1", 30), ("F2", 50), amount=81), ("amount", "parts_differ")),
        (payment(("F1", 30), amount=31), ("bills[0].amount", "parts_differ")),
        (payment(("F1", 30), ("F1", 50)), ("bills[1].billNumber", "named_twice")),
        (payment(("F1", 30), ("F2", -5)), ("bills[1].amount", "not_positive")),
        (
            payment(amount=30, bills=[{"billNumber": "F1", "amount": 30}, {"billNumber": "F2"}]),
            ("bills[1].amount", "required"),
        ),
        (
            payment(amount=31, bills=[{"amount": 30}, {"billNumber": "F2", "amount": 1}]),
            ("bills[0].billNumber", "required"),
        ),
        (payment(("F1", 30), ("F2", 50), billNumber="F3"), ("bills", "contradiction")),
        (payment(("F1", 30), ("F9", 50)), ("bills[1].billNumber", "not_found")),
        (payment(("F1", 30), ("F2", 49)), ("bills[1].amount", "part_of_a_bill")),
        (payment(("F1", 30), ("F2", 51)), ("bills[1].amount", "more_than_is_open")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)  # fmt: skip
@pytest.mark.parametrize("draft", [True, False])
def test_what_cannot_be_booked_as_it_says_is_refused_and_nothing_is_left(target, bills, record, code, draft):
    (outcome,) = target.write("BillPayments", {**record, "isDraft": draft})
    assert outcome["outcome"] == "rejected"
    assert code in codes(outcome), outcome
    assert nothing_is_left(target)
    assert not target.rows("vendorPayments", documentNumber="CHECK-1")


def test_a_bill_that_is_named_in_two_ways_is_not_paid_twice(target, bills):
    listed = [{"billNumber": "F2", "amount": 50}, {"billId": bills["F2"]["id"], "amount": 50}]
    (outcome,) = target.write("BillPayments", payment(amount=100, bills=listed))
    assert codes(outcome) == {("bills[1].billId", "named_twice")}
    assert nothing_is_left(target)


def test_a_bill_that_is_paid_already_refuses_the_payment(target, bills):
    target.write("BillPayments", payment(("F1", 30)))
    record = payment(("F1", 30), ("F2", 50), externalId="q", paymentNumber="CHECK-2")
    (outcome,) = target.write("BillPayments", record)
    assert codes(outcome) == {("bills[0].billNumber", "not_open")}
    assert not booked(target, "CHECK-2")
    assert not marked(target)


def test_a_bill_that_somebody_elses_payment_is_to_settle_is_left_to_it(target, bills):
    entry = target.row("_vendorLedgerEntries", documentNumber=bills["F2"]["number"])
    target.desk.edit("_vendorLedgerEntries", entry["id"], _appliesToId="THEIRS")
    (outcome,) = target.write("BillPayments", payment(("F1", 30), ("F2", 50)))
    assert codes(outcome) == {("bills[1].billNumber", "applied_elsewhere")}
    assert "THEIRS" in outcome["errors"][0]["message"]
    assert marked(target) == {bills["F2"]["number"]}


def test_a_bill_marked_under_the_same_number_is_not_paid_along(target, bills):
    entry = target.row("_vendorLedgerEntries", documentNumber=bills["F3"]["number"])
    target.desk.edit("_vendorLedgerEntries", entry["id"], _appliesToId="CHECK-1")
    (outcome,) = target.write("BillPayments", payment(("F1", 30), ("F2", 50)))
    assert codes(outcome) == {("bills", "foreign_applications")}
    assert not booked(target)


def test_bills_of_another_vendor_are_refused(target, bills):
    target.write("Bills", bill("X1", 7, vendorNumber="10000"))
    other = target.row("purchaseInvoices", vendorInvoiceNumber="X1")
    listed = [{"billNumber": "F1", "amount": 30}, {"billId": other["id"], "amount": 7}]
    (outcome,) = target.write("BillPayments", payment(amount=37, bills=listed))
    assert codes(outcome) == {("bills[1].billId", "wrong_vendor")}


@pytest.mark.parametrize(("vendor", "ends"), [("20000", "posted"), ("10000", "rejected")])
def test_a_bill_is_paid_to_whom_it_is_settled_with(target, vendor, ends):
    line = {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitCost": 7}
    record = {
        "vendorInvoiceNumber": "X1",
        "vendorNumber": "10000",
        "payToVendorNumber": "20000",
        "invoiceDate": "2026-01-20",
        "purchaseInvoiceLines": [line],
        "isDraft": False,
    }
    (outcome,) = target.write("purchaseInvoices", record)
    assert outcome["outcome"] == "posted", outcome
    (paid,) = target.write(
        "BillPayments", payment(amount=7, bills=[{"billId": outcome["id"]}], vendorNumber=vendor, externalId="q")
    )
    assert paid["outcome"] == ends, paid
    assert codes(paid) == (set() if ends == "posted" else {("bills[0].billId", "wrong_vendor")})


def test_a_draft_is_marked_changed_and_then_posted(target, bills):
    (created,) = target.write("BillPayments", payment(("F1", 30), ("F2", 50), isDraft=True), remember=True)
    assert created["outcome"] == "created", created
    assert marked(target) == {bills["F1"]["number"], bills["F2"]["number"]}
    changed = payment(("F1", 30), ("F3", 20), isDraft=True)
    (updated,) = target.write("BillPayments", changed, remember=True)
    assert updated["outcome"] == "updated", updated
    assert marked(target) == {bills["F1"]["number"], bills["F3"]["number"]}
    assert target.row("vendorPayments", documentNumber="CHECK-1")["amount"] == 50
    (posted,) = target.write("BillPayments", {**changed, "isDraft": False}, remember=True)
    assert posted["outcome"] == "posted", posted
    assert [left(target, number)[0] for number in bills] == ["Paid", "Open", "Paid"]
    assert not target.rows("vendorPayments", documentNumber="CHECK-1")
    assert not marked(target)


def test_entries_of_the_vendor_that_other_payments_settle_are_no_part_of_it(target, bills):
    entries = [
        {"externalDocumentNumber": "F1", "documentNumber": "999", "remainingAmount": -30, "applied": True},
        {"externalDocumentNumber": "F2", "remainingAmount": -50, "applied": True, "appliesToId": "CHECK-1"},
        {"externalDocumentNumber": "F3", "remainingAmount": -20, "applied": True, "appliesToId": "CHECK-2"},
    ]
    (outcome,) = target.write("vendorPayments", own_payment(*entries))
    assert outcome["outcome"] == "posted", outcome
    assert [left(target, number)[0] for number in bills] == ["Paid", "Paid", "Open"]


@pytest.mark.parametrize("remember", [True, False])
def test_two_drafts_of_one_number_do_not_take_each_others_bills(target, bills, remember):
    target.write("Bills", bill("F4", 7))
    first = payment(("F1", 30), ("F2", 50), isDraft=True)
    second = payment(("F3", 20), ("F4", 7), externalId="q", isDraft=True)
    outcomes = target.write("BillPayments", first, second, remember=remember)
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "rejected"]
    assert codes(outcomes[1]) == {("bills", "foreign_applications")}
    assert marked(target) == {bills["F1"]["number"], bills["F2"]["number"]}


def test_a_refused_posting_leaves_the_draft_applied_as_it_was(target, bills):
    """The marks of a draft go with the batch that the payment was to be posted from, and are set again."""
    record = payment(("F1", 30), ("F2", 50))
    target.write("BillPayments", {**record, "isDraft": True})
    body = {"error": {"code": "Application_DialogException", "message": "The period is closed."}}

    def around(request, send):
        is_posting = request.url.endswith(".post") or b".post" in (request.body or b"")
        return Response(400, {}, json.dumps(body).encode()) if is_posting else send(request)

    (outcome,) = target.write("BillPayments", record, around=around)
    assert outcome["outcome"] == "rejected"
    assert "The period is closed." in outcome["errors"][0]["message"]
    assert marked(target) == {bills["F1"]["number"], bills["F2"]["number"]}
    assert target.row("vendorPayments", documentNumber="CHECK-1")["_appliesToId"] == "CHECK-1"
    assert not [row for row in target.rows("journals") if row["displayName"].startswith("To be posted")]
    (outcome,) = target.write("BillPayments", record)
    assert outcome["outcome"] == "posted", outcome


def test_an_unchanged_draft_is_left_as_it_is(target, bills):
    record = payment(("F1", 30), ("F2", 50), isDraft=True)
    target.write("BillPayments", record)
    (again,) = target.write("BillPayments", record)
    assert again["outcome"] == "unchanged", again
    assert len(marked(target)) == 2


def test_a_mark_that_is_not_kept_refuses_the_posting(target, bills):
    """Every change of an entry turns its mark over: one that came twice leaves it as it was."""
    seen = []

    def around(request, send):
        body = request.body or b""
        response = send(request)
        if b"applyVendorEntries" in body and b'"PATCH"' in body and not seen:
            seen.append(request)
            response = send(request)
        return response

    (outcome,) = target.write("BillPayments", payment(("F1", 30), ("F2", 50)), around=around)
    assert codes(outcome) == {("bills", "not_applied")}
    assert nothing_is_left(target)


def test_bills_in_another_currency_than_the_vendors_are_refused_with_a_sentence(target):
    target.desk.create("vendors", {"number": "EURO", "displayName": "Euro", "currencyCode": "EUR"})
    for number, code in (("E1", "EUR"), ("E2", "USD")):
        target.write("Bills", bill(number, 30, vendorNumber="EURO", currency=code))
    (outcome,) = target.write("BillPayments", payment(("E1", 30), ("E2", 30), vendorNumber="EURO"))
    assert codes(outcome) == {("bills[1].billNumber", "unsupported_currency")}
    assert "USD" in outcome["errors"][0]["message"]
    assert nothing_is_left(target)


def test_bills_in_the_vendors_currency_are_paid_in_it(target):
    target.desk.create("vendors", {"number": "EURO", "displayName": "Euro", "currencyCode": "EUR"})
    target.write("Bills", *(bill(number, 30, vendorNumber="EURO", currency="EUR") for number in ("E1", "E2")))
    (outcome,) = target.write("BillPayments", payment(("E1", 30), ("E2", 30), vendorNumber="EURO"))
    assert outcome["outcome"] == "posted", outcome
    (entry,) = target.rows("_vendorLedgerEntries", documentNumber="CHECK-1")
    assert (entry["currencyCode"], entry["currencyAmount"], entry["open"]) == ("EUR", 60, False)


def test_parts_are_rounded_as_the_service_rounds_them(target, bills):
    listed = [{"billNumber": "F1", "amount": 30.004}, {"billNumber": "F2", "amount": 49.996}]
    (outcome,) = target.write("BillPayments", payment(amount=80, bills=listed))
    assert outcome["outcome"] == "posted", outcome


def test_a_customers_payment_for_several_invoices_is_refused_with_a_sentence(target):
    record = {
        "externalId": "r",
        "documentNumber": "R-1",
        "postingDate": "2026-02-10",
        "amount": -80,
        "customerNumber": "10000",
        "applyCustomerEntries": [{"documentNumber": "A", "amountToApply": 80}],
        "isDraft": False,
    }
    (outcome,) = target.write("customerPayments", record)
    assert ("applyCustomerEntries", "unsupported") in codes(outcome)


def test_a_killed_run_is_resumed_where_it_was(target, bills):
    """The marks stand, and the next run neither takes them for somebody else's nor turns them over."""
    record = payment(("F1", 30), ("F2", 50))

    class Ended(BaseException):
        pass

    def around(request, send):
        response = send(request)
        if b"applyVendorEntries" in (request.body or b"") and b'"PATCH"' in (request.body or b""):
            raise Ended
        return response

    with pytest.raises(Ended):
        target.write("BillPayments", record, around=around, remember=True)
    assert len(marked(target)) == 2
    (outcome,) = target.write("BillPayments", record, remember=True)
    assert outcome["outcome"] == "posted", outcome
    assert [left(target, number)[0] for number in bills] == ["Paid", "Paid", "Open"]

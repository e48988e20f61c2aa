"""Payments: applied to the right bill, posted once, and told apart."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target


def payment(external_id="p", **more):
    return {
        "externalId": external_id,
        "paymentNumber": "CHECK-1",
        "paymentDate": "2026-01-28",
        "amount": 5,
        "vendorNumber": "10000",
        "journalExternalId": "GENERAL",
        "isDraft": False,
        **more,
    }


def bill(number, amount, vendor="10000"):
    return {
        "externalId": number,
        "billNumber": number,
        "vendorNumber": vendor,
        "issueDate": "2026-01-20",
        "isDraft": False,
        "expenses": [{"accountNumber": "8210", "amount": amount}],
    }


@pytest.mark.parametrize("amounts", [(5, 7), (5, 5)])
@pytest.mark.parametrize("store", ["store", None])
def test_one_check_may_pay_two_bills(pipe, company, amounts, store):
    records = {
        "Bills": [bill("F1", amounts[0]), bill("F2", amounts[1])],
        "BillPayments": [
            payment("p1", amount=amounts[0], billNumber="F1"),
            payment("p2", amount=amounts[1], billNumber="F2"),
        ],
    }
    assert pipe(records, store=store).kinds == ["posted"] * 4
    rows = company.rows("generalLedgerEntries", documentNumber="CHECK-1")
    assert len(rows) == 4
    assert [company.row("purchaseInvoices", vendorInvoiceNumber=name)["status"] for name in ("F1", "F2")] == [
        "Paid",
        "Paid",
    ]
    assert set(pipe(records, store=store).kinds) <= {"existing", "unchanged"}
    assert company.rows("generalLedgerEntries", documentNumber="CHECK-1") == rows


def test_another_vendors_payment_with_the_same_number_is_never_taken_for_this_one(pipe, company):
    first = pipe({"BillPayments": [payment("a")]})
    second = pipe({"BillPayments": [payment("b", vendorNumber="20000")]}, store="another")
    assert first.kinds == ["posted"]
    assert second.errors("b") == {("paymentNumber", "posted_unclear")}
    # Where it is known whose the posted one is, this one cannot be it.
    assert pipe({"BillPayments": [payment("b", vendorNumber="20000")]}).kinds == ["posted"]
    other = pipe({"BillPayments": [payment("c", vendorNumber="20000", amount=6)]})
    assert other.kinds == ["posted"]


def test_a_posted_payment_that_the_sender_changed_is_rejected(pipe, company):
    pipe({"BillPayments": [payment()]})
    assert pipe({"BillPayments": [payment(amount=6)]}).errors("p") == {("", "posted_differs")}
    assert len(company.rows("generalLedgerEntries", documentNumber="CHECK-1")) == 2


def test_posting_a_payment_posts_nobody_elses_lines_and_leaves_no_journal(pipe, company):
    journals = len(company.rows("vendorPaymentJournals"))
    pipe({"BillPayments": [payment("draft", paymentNumber="D-1", isDraft=True)]})
    assert pipe({"BillPayments": [payment()]}).kinds == ["posted"]
    assert len(company.rows("vendorPayments", documentNumber="D-1")) == 1
    assert not company.rows("generalLedgerEntries", documentNumber="D-1")
    assert len(company.rows("vendorPaymentJournals")) == journals


def test_a_draft_payment_is_changed_in_place_and_leaves_when_it_is_posted(pipe, company):
    first = pipe({"BillPayments": [payment(isDraft=True)]})
    second = pipe({"BillPayments": [payment(isDraft=True, amount=8, departmentNumber="ADM")]})
    assert (first.kinds, second.kinds) == (["created"], ["updated"])
    row = company.row("vendorPayments", documentNumber="CHECK-1")
    assert (row["id"], row["amount"], company.dimensions(row["id"])["DEPARTMENT"]) == (
        first.outcome("p")["id"],
        8,
        "ADM",
    )
    assert pipe({"BillPayments": [payment(amount=8)]}).kinds == ["posted"]
    assert not company.rows("vendorPayments", documentNumber="CHECK-1")


def test_a_payment_cannot_be_applied_to_another_vendors_bill(pipe, company):
    pipe({"Bills": [bill("F1", 5)]})
    posted = company.row("purchaseInvoices", vendorInvoiceNumber="F1")
    piped = pipe({"BillPayments": [payment(vendorNumber="20000", billId=posted["id"])]})
    assert piped.errors("p") == {("billId", "wrong_vendor")}


def test_an_unknown_journal_is_named(pipe):
    piped = pipe({"BillPayments": [payment(journalExternalId="NOPE")]})
    assert piped.errors("p") == {("journalExternalId", "not_found")}


def test_a_payment_without_a_journal_goes_into_the_configured_one(pipe, company):
    record = payment(isDraft=True)
    del record["journalExternalId"]
    assert pipe({"BillPayments": [record]}).errors("p") == {("payment_journal", "not_found")}
    assert pipe({"BillPayments": [record]}, payment_journal="cash").kinds == ["created"]
    cash = company.row("vendorPaymentJournals", code="CASH")
    assert company.row("vendorPayments", documentNumber="CHECK-1")["journalId"] == cash["id"]


def test_a_draft_that_somebody_else_wrote_for_this_payment_is_taken_over(pipe, company):
    pipe({"BillPayments": [payment("theirs", isDraft=True)]}, store=None)
    assert pipe({"BillPayments": [payment("ours", isDraft=True)]}).kinds == ["unchanged"]
    assert pipe({"BillPayments": [payment("ours")]}).kinds == ["posted"]
    assert not company.rows("vendorPayments", documentNumber="CHECK-1")


@pytest.mark.fault("W15")
def test_where_payments_of_people_are_not_listed_ours_is_posted_alone_and_theirs_is_left(tmp_path):
    target = Target(tmp_path)
    record = {name: value for name, value in payment().items() if name != "isDraft"}
    (draft,) = target.write("BillPayments", record)
    # As somebody has entered it in the client.
    target.desk.edit("vendorPayments", draft["id"], _appliesToInvoice=False)
    target.desk.service.switches = target.desk.service.switches.changed({"unapplied_payments": "hide"})
    (outcome,) = target.write("BillPayments", payment())
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert len(target.rows("generalLedgerEntries", documentNumber="CHECK-1")) == 2
    assert [row["id"] for row in target.rows("vendorPayments", documentNumber="CHECK-1")] == [draft["id"]]
    assert target.write("BillPayments", payment())[0]["outcome"] == "unchanged"

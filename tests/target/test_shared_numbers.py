"""What shares a number with another record is neither overwritten, deleted, nor taken for it."""

from __future__ import annotations

import pytest


def payment(external_id=None, vendor="10000", amount=5, **more):
    record = {
        "paymentNumber": "PAY1",
        "paymentDate": "2026-01-28",
        "amount": amount,
        "vendorNumber": vendor,
        "journalExternalId": "GENERAL",
        **more,
    }
    return record if external_id is None else {"externalId": external_id, **record}


def bill(external_id, number=None, amount=10, **more):
    named = {} if number is None else {"billNumber": number}
    lines = [{"accountNumber": "8210", "amount": amount}]
    return {"externalId": external_id, **named, "vendorNumber": "10000", "expenses": lines, **more}


def posted_bill(external_id, number, amount=10):
    return bill(external_id, number, amount, isDraft=False, issueDate="2026-01-20")


def entry(external_id, **more):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    head = {"externalId": external_id, "journalEntryNumber": "K1", "transactionDate": "2026-01-27"}
    return {**head, "lineItems": lines, **more}


def drafts(company):
    return sorted((row["vendorNumber"], row["amount"]) for row in company.rows("vendorPayments", documentNumber="PAY1"))


def paid(company, number="PAY1"):
    rows = company.rows("generalLedgerEntries", documentNumber=number)
    return sorted(row["debitAmount"] for row in rows if row["debitAmount"])


def codes(piped):
    return [[error["code"] for error in outcome["errors"]] for outcome in piped.outcomes]


def test_a_draft_for_another_vendor_is_not_overwritten(pipe, company):
    pipe({"BillPayments": [payment(vendor="20000", amount=77)]}, store=None)
    piped = pipe({"BillPayments": [payment()]})
    assert codes(piped) == [["ambiguous"]]
    assert drafts(company) == [("20000", 77)]


def test_a_draft_of_another_amount_is_not_overwritten(pipe, company):
    pipe({"BillPayments": [payment("theirs", amount=77)]}, store=None)
    assert codes(pipe({"BillPayments": [payment("ours")]})) == [["ambiguous"]]
    assert drafts(company) == [("10000", 77)]


@pytest.mark.parametrize(("vendor", "amount"), [("20000", 5), ("10000", 77)])
def test_posting_deletes_no_draft_of_another_vendor_or_amount(pipe, company, vendor, amount):
    pipe({"BillPayments": [payment("theirs", vendor=vendor, amount=amount)]}, store=None)
    assert pipe({"BillPayments": [payment(isDraft=False)]}).kinds == ["posted"]
    assert drafts(company) == [(vendor, amount)]
    assert paid(company) == [5]


@pytest.mark.parametrize("external_ids", [(None, None), ("a", "b")])
@pytest.mark.parametrize("amounts", [(5, 7), (5, 5)])
def test_one_check_number_for_two_vendors_gives_two_payments(pipe, company, external_ids, amounts):
    two = list(zip(external_ids, ("10000", "20000"), amounts, strict=True))
    assert pipe({"BillPayments": [payment(*each) for each in two]}).kinds == ["created", "created"]
    assert drafts(company) == [("10000", amounts[0]), ("20000", amounts[1])]
    assert pipe({"BillPayments": [payment(*each, isDraft=False) for each in two]}).kinds == ["posted", "posted"]
    assert drafts(company) == []
    assert paid(company) == sorted(amounts)


@pytest.mark.parametrize("amounts", [(5, 7), (5, 5)])
@pytest.mark.parametrize("store", ["store", None])
def test_two_drafts_of_one_vendor_and_number_stay_two(pipe, company, amounts, store):
    records = {"BillPayments": [payment("x", amount=amounts[0]), payment("y", amount=amounts[1])]}
    assert pipe(records, store=store).kinds == ["created", "created"]
    assert drafts(company) == [("10000", amounts[0]), ("10000", amounts[1])]
    assert set(pipe(records, store=store).kinds) <= {"existing", "unchanged"}
    assert len(drafts(company)) == 2


@pytest.mark.parametrize("together", [True, False])
def test_two_halves_with_one_number_pay_the_whole_bill(pipe, company, together):
    pipe({"Bills": [posted_bill("b", "PB3")]})
    halves = [payment(name, billNumber="PB3", isDraft=False) for name in ("h1", "h2")]
    runs = [halves] if together else [[halves[0]], [halves[1]]]
    assert [kind for run in runs for kind in pipe({"BillPayments": run}).kinds] == ["posted", "posted"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="PB3")["status"] == "Paid"
    assert set(pipe({"BillPayments": halves}, store=None).kinds) == {"unchanged"}
    assert paid(company) == [5, 5]


def test_two_drafts_of_entries_with_one_number_stay_two(pipe, company):
    assert pipe({"JournalEntries": [entry("k1"), entry("k2")]}).kinds == ["created", "created"]
    assert len(company.rows("journalLines", documentNumber="K1")) == 4


def test_a_second_entry_with_a_posted_number_is_named_and_not_taken_for_the_first(pipe, company):
    piped = pipe({"JournalEntries": [entry("k1", isDraft=False), entry("k2", isDraft=False)]})
    assert piped.kinds == ["posted", "rejected"]
    assert piped.errors("k2") == {("journalEntryNumber", "posted_unclear")}


@pytest.mark.parametrize(
    "second",
    [bill("z0016Abc", amount=20), bill("Z200", "Z0016ABC", amount=20)],
    ids=["ids that differ in case", "a number that is another's id"],
)
@pytest.mark.parametrize("together", [True, False])
def test_two_bills_of_the_sender_do_not_become_one(pipe, company, second, together):
    first = bill("Z0016abc")
    runs = [[first, second]] if together else [[first], [second]]
    results = [pipe({"Bills": run}) for run in runs]
    assert [kind for piped in results for kind in piped.kinds] == ["created", "rejected"]
    assert results[-1].errors(second["externalId"]) == {("billNumber", "belongs_to_another")}
    (error,) = results[-1].outcome(second["externalId"])["errors"]
    assert "give this one a billNumber of its own" in error["message"]
    found = company.row("purchaseInvoices", vendorInvoiceNumber="Z0016ABC")
    assert [line["unitCost"] for line in company.lines(found["id"])] == [10]

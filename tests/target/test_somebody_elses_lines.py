"""Which lines and documents of somebody else are a record's own, and which are left as they are?"""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

ENTRY = {
    "externalId": "e",
    "journalEntryNumber": "E-1",
    "transactionDate": "2026-01-28",
    "lineItems": [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}],
}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def test_lines_that_somebody_wrote_exactly_so_are_taken_over_and_others_are_left(target):
    target.write("JournalEntries", {**ENTRY, "externalId": "first"})
    (journal,) = {row["journalId"] for row in target.rows("journalLines", documentNumber="E-1")}
    for row in target.rows("journalLines", documentNumber="E-1"):
        target.desk.company.delete("journalLines", row["id"])
    theirs = {"documentNumber": "E-1", "postingDate": "2026-01-28", "accountNumber": "8210"}
    same, other = (
        target.desk.create(f"journals({journal})/journalLines", {**theirs, "amount": amount})["id"] for amount in (5, 7)
    )
    (outcome,) = target.write("JournalEntries", ENTRY)
    assert outcome["errors"] == [], outcome
    rows = {row["id"]: row["amount"] for row in target.rows("journalLines", documentNumber="E-1")}
    assert sorted(rows.values()) == [-5, 5, 7]
    assert (rows[same], rows[other]) == (5, 7)


def test_a_bill_of_another_number_of_the_vendors_is_not_taken_for_one_by_its_own_number(target):
    lines = [{"accountNumber": "8210", "amount": 5}]
    bill = {"externalId": "b", "billNumber": "F-1", "vendorNumber": "10000", "expenses": lines}
    (first,) = target.write("Bills", bill)
    target.write("Bills", {**bill, "externalId": "c", "billNumber": "F-2", "transactionNumber": first["number"]})
    assert target.row("purchaseInvoices", vendorInvoiceNumber="F-1")["id"] == first["id"]


def numbered(stream, number, external_id):
    """A draft of one sort with a number, from a sender who may have no ids."""
    parties = {"vendorPayments": {"vendorNumber": "10000"}, "customerPayments": {"customerNumber": "10000"}}
    amount = -5 if stream == "customerPayments" else 5
    record = {"documentNumber": number, "postingDate": "2026-01-28", "externalId": external_id}
    if stream in parties:
        return {**record, **parties[stream], "amount": amount}
    lines = [{"accountNumber": "8210", "amount": amount}, {"accountNumber": "2910", "amount": -amount}]
    return {**record, "journalLines": lines}


@pytest.mark.parametrize("is_posted", [False, True], ids=["draft", "posted"])
@pytest.mark.parametrize("external_id", ["second", None], ids=["an id", "no id"])
@pytest.mark.parametrize("stream", ["vendorPayments", "customerPayments", "journalLines"])
def test_the_empty_line_that_posting_leaves_is_neither_a_rival_nor_the_records_own(
    target, stream, external_id, is_posted
):
    # Business Central puts the next document's number into it, which is the next one of whoever counts.
    batches = {"vendorPayments": "vendorPaymentJournals", "customerPayments": "customerPaymentJournals"}
    batch = {"code": "CLERK", "displayName": "Of a clerk"}
    if stream in batches:
        batch["balancingAccountNumber"] = "2910"
    target.write(batches.get(stream, "journals"), batch)
    settings = {"payment_journal" if stream in batches else "journal": "CLERK"}
    target.write(stream, numbered(stream, "CHK-1", "first"), **settings)
    (journal,) = {row["journalId"] for row in target.rows(stream, documentNumber="CHK-1")}
    assert target.desk.ask("POST", f"journals({journal})/Microsoft.NAV.post").status == 204
    sets = ("vendorPayments", "customerPayments", "journalLines")
    (empty,) = [row for name in sets for row in target.rows(name, documentNumber="CHK-2")]
    assert empty["amount"] == 0
    record = {**numbered(stream, "CHK-2", external_id), **({"action": "post"} if is_posted else {})}
    outcomes = [target.write(stream, record, **settings)[0] for _ in range(2)]
    assert [outcome["errors"] for outcome in outcomes] == [[], []]
    assert outcomes[0]["outcome"] == ("posted" if is_posted else "created")
    assert empty in [row for name in sets for row in target.rows(name)]
    left = [row["amount"] for row in target.rows(stream, documentNumber="CHK-2") if row["id"] != empty["id"]]
    pieces = 2 if stream == "journalLines" else 1
    assert len(left) == (0 if is_posted else pieces)

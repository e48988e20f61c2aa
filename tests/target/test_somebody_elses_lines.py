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

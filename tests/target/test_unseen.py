"""What was written and cannot be looked at is said to be open, and never that nothing was written."""

from __future__ import annotations

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.transport import Response

BILL = {
    "externalId": "B",
    "billNumber": "B1",
    "vendorNumber": "10000",
    "expenses": [{"accountNumber": "8210", "amount": 100}],
    "isDraft": False,
}
ENTRY = {
    "externalId": "E",
    "journalEntryNumber": "E1",
    "transactionDate": "2026-01-27",
    "lineItems": [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}],
    "isDraft": False,
}
REFUSED = Response(400, {}, b'{"error":{"code":"BadRequest","message":"No."}}')


def blinded_after(word):
    """Refuses whatever is asked once a request with a word in it was carried out."""
    blind = []

    def around(request, send):
        if blind:
            return REFUSED
        response = send(request)
        if word in request.url or word.encode() in (request.body or b""):
            blind.append(request)
        return response

    return around


@pytest.mark.parametrize(("stream", "record"), [("Bills", BILL), ("JournalEntries", ENTRY)])
def test_a_posting_that_cannot_be_looked_at_is_open_and_the_next_run_finds_it(tmp_path, stream, record):
    target = Target(tmp_path)
    entries = len(target.rows("generalLedgerEntries"))
    (outcome,) = target.write(stream, record, around=blinded_after("Microsoft.NAV.post"), remember=True)
    assert [error["code"] for error in outcome["errors"]] == ["undecided"]
    assert "nobody knows" in outcome["errors"][0]["message"]
    booked = len(target.rows("generalLedgerEntries"))
    assert booked > entries
    (again,) = [each for each in target.write(stream, record, remember=True) if each["position"]]
    assert again["outcome"] == "posted"
    assert len(target.rows("generalLedgerEntries")) == booked


def test_what_cannot_be_looked_at_before_anything_is_written_is_refused(tmp_path):
    target = Target(tmp_path)
    (outcome,) = target.write("Bills", BILL, around=blinded_after("generalLedgerSetup"))
    assert "nothing was written" in outcome["errors"][0]["message"] or outcome["errors"][0]["stage"] == "resolve"
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="B1") == []


@pytest.mark.parametrize("status", [307, 400, 403, 404, 503])
def test_an_entry_whose_batch_cannot_be_removed_is_posted_and_the_next_run_removes_it(tmp_path, status):
    target = Target(tmp_path)
    batches = len(target.rows("journals"))

    def around(request, send):
        return Response(status, {}, b"") if request.method == "DELETE" else send(request)

    (outcome,) = target.write("JournalEntries", ENTRY, around=around, remember=True)
    assert outcome["outcome"] == "posted"
    assert [error["code"] for error in outcome["errors"]] == ["left_behind"]
    assert len(target.rows("journals")) == batches + 1
    (again,) = [each for each in target.write("JournalEntries", ENTRY, remember=True) if each["position"]]
    assert again["outcome"] == "existing"
    assert len(target.rows("journals")) == batches

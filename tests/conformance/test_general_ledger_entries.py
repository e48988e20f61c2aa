"""General ledger entries."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - GLEntries E2E"


@pytest.mark.theirs("TestGetGLEntries")
def test_a_posted_entry_is_read_by_its_id(api):
    journal = api.post("journals", {"code": "ONE", "balancingAccountId": api.id("accounts", number="2910")})["id"]
    line = {"accountNumber": "8210", "documentNumber": "T-1", "amount": 25, "postingDate": "2026-01-15"}
    api.post(f"journals({journal})/journalLines", line)
    api.act(f"journals({journal})", "post")
    entry = api.rows("generalLedgerEntries", filter="documentNumber eq 'T-1'")[0]
    read = api.get(f"generalLedgerEntries({entry['id']})")
    assert (read["id"], read["documentNumber"]) == (entry["id"], "T-1")

"""Item ledger entries."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Item Ledg. Entries E2E"


@pytest.mark.theirs("TestGetItemLedgerEntries")
def test_an_entry_is_read_by_its_id(api):
    item = api.row("items", number="1896-S")
    api.patch(f"items({item['id']})", {"inventory": item["inventory"] + 5})
    entry = api.rows("itemLedgerEntries", filter="itemNumber eq '1896-S'", orderby="entryNumber desc", top=1)[0]
    read = api.get(f"itemLedgerEntries({entry['id']})")
    assert (read["id"], read["entryNumber"]) == (entry["id"], entry["entryNumber"])
    assert (read["quantity"], read["entryType"]) == (5, "Positive_x0020_Adjmt_x002E_")

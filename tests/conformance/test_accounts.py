"""Accounts of the general ledger."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Accounts E2E"


@pytest.mark.theirs("TestVerifyIDandLastDateModified")
def test_an_account_has_an_id_and_a_stamp(api):
    account = api.plant("accounts", number="GRAPH1", displayName="Tills")
    read = api.get(f"accounts({account['id']})")
    assert read["number"] == "GRAPH1"
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetAccounts")
def test_accounts_are_listed_with_their_ids(api):
    planted = {number: api.plant("accounts", number=number)["id"] for number in ("GRAPH1", "GRAPH2")}
    assert planted.items() <= {row["number"]: row["id"] for row in api.rows("accounts")}.items()

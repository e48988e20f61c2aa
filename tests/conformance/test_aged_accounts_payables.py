"""How old is what vendors are owed."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Aged AP E2E"


@pytest.mark.theirs("TestGetAgedAPRecords")
def test_it_is_read(api):
    rows = api.rows("agedAccountsPayables")
    assert rows
    assert all("vendorNumber" in row for row in rows)


@pytest.mark.theirs("TestCreateAgedAPRecord")
def test_nobody_writes_it(api):
    before = api.rows("agedAccountsPayables")
    assert api.refused("POST", "agedAccountsPayables", {"vendorNumber": "x"})[0] == 405
    assert api.rows("agedAccountsPayables") == before

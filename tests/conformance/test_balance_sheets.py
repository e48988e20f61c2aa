"""Balance sheets."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Balance Sheet E2E"


@pytest.mark.theirs("TestGetBalanceSheetRecords")
def test_it_is_read(api):
    rows = api.rows("balanceSheets")
    assert rows
    assert all("display" in row for row in rows)


@pytest.mark.theirs("TestCreateBalanceSheetRecord")
def test_nobody_writes_it(api):
    before = api.rows("balanceSheets")
    assert api.refused("POST", "balanceSheets", {"display": "x"})[0] == 405
    assert api.rows("balanceSheets") == before

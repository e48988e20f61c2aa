"""Trial balances."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Trial Balance E2E"


@pytest.mark.theirs("TestGetTrialBalanceRecords")
def test_it_is_read(api):
    rows = api.rows("trialBalances")
    assert rows
    assert all("display" in row for row in rows)


@pytest.mark.theirs("TestCreateTrialBalanceRecord")
def test_nobody_writes_it(api):
    before = api.rows("trialBalances")
    assert api.refused("POST", "trialBalances", {"display": "x"})[0] == 405
    assert api.rows("trialBalances") == before

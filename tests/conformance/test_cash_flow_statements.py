"""Cash flow statements."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - CashFlow Statement E2E"


@pytest.mark.theirs("TestGetCashFlowRecords")
def test_it_is_read(api):
    rows = api.rows("cashFlowStatements")
    assert rows
    assert all("display" in row for row in rows)


@pytest.mark.theirs("TestCreateCashFlowRecord")
def test_nobody_writes_it(api):
    before = api.rows("cashFlowStatements")
    assert api.refused("POST", "cashFlowStatements", {"display": "x"})[0] == 405
    assert api.rows("cashFlowStatements") == before

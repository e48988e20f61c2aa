"""Income statements."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Income Statement E2E"


@pytest.mark.theirs("TestGetIncomeStatementRecords")
def test_it_is_read(api):
    rows = api.rows("incomeStatements")
    assert rows
    assert all("display" in row for row in rows)


@pytest.mark.theirs("TestCreateIncomeStatementRecord")
def test_nobody_writes_it(api):
    before = api.rows("incomeStatements")
    assert api.refused("POST", "incomeStatements", {"display": "x"})[0] == 405
    assert api.rows("incomeStatements") == before

"""Retained earnings statements."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Ret. Earnings E2E"


@pytest.mark.theirs("TestRetainedEarningsStatementRecords")
def test_it_is_read(api):
    rows = api.rows("retainedEarningsStatements")
    assert rows
    assert all("display" in row for row in rows)


@pytest.mark.theirs("TestCreateRetainedEarningsStatementRecord")
def test_nobody_writes_it(api):
    before = api.rows("retainedEarningsStatements")
    assert api.refused("POST", "retainedEarningsStatements", {"display": "x"})[0] == 405
    assert api.rows("retainedEarningsStatements") == before

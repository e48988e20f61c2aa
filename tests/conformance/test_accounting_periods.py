"""Accounting periods."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Accounting Periods E2E"


@pytest.mark.theirs("TestGetAccountingPeriods")
def test_accounting_periods_are_listed(api):
    planted = {api.plant("accountingPeriods", startingDate=f"2031-0{month}-01")["id"] for month in (1, 2, 3)}
    assert planted < {row["id"] for row in api.rows("accountingPeriods")}

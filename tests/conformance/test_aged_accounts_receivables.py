"""How old is what customers owe."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Aged AR E2E"


@pytest.mark.theirs("TestGetAgedARRecords")
def test_it_is_read(api):
    rows = api.rows("agedAccountsReceivables")
    assert rows
    assert all("customerNumber" in row for row in rows)


@pytest.mark.theirs("TestCreateAgedARRecord")
def test_nobody_writes_it(api):
    before = api.rows("agedAccountsReceivables")
    assert api.refused("POST", "agedAccountsReceivables", {"customerNumber": "x"})[0] == 405
    assert api.rows("agedAccountsReceivables") == before

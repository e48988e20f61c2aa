"""Workflows."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Workflows E2E"


@pytest.mark.theirs("TestGetApprovalEntries")
def test_one_is_listed_and_read(api):
    first = api.rows("workflows")[0]
    read = api.get(f"workflows({first['id']})")
    assert read["id"] == first["id"]
    assert read["id"].strip("0-")

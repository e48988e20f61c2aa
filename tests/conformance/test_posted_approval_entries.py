"""What was approved."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 PstdApprovalEntries E2E"


@pytest.mark.theirs("TestGetPostedApprovalEntries")
def test_one_is_listed_and_read(api):
    first = api.rows("postedApprovalEntries")[0]
    read = api.get(f"postedApprovalEntries({first['id']})")
    assert read["id"] == first["id"]
    assert read["id"].strip("0-")

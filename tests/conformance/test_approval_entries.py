"""What waits to be approved."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Approval Entries E2E"


@pytest.mark.theirs("TestGetApprovalEntries")
def test_one_is_listed_and_read(api):
    first = api.rows("approvalEntries")[0]
    read = api.get(f"approvalEntries({first['id']})")
    assert read["id"] == first["id"]
    assert read["id"].strip("0-")

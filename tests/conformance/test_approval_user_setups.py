"""Who approves whose documents."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Approval UserSetup E2E"


@pytest.mark.theirs("TestGetApprovalUserSetup")
def test_one_is_listed_and_read(api):
    first = api.rows("approvalUserSetups")[0]
    read = api.get(f"approvalUserSetups({first['id']})")
    assert read["id"] == first["id"]
    assert read["id"].strip("0-")

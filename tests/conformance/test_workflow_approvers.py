"""Who approves in a workflow."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Workflow Approvers E2E"


@pytest.mark.theirs("TestGetApprovalEntries")
def test_the_approvers_of_a_workflow_are_found_by_its_code(api):
    (workflow,) = api.rows("workflows")
    (approver,) = api.rows("workflowApprovers", filter=f"workflowCode eq '{workflow['code']}'")
    assert approver["userId"].strip("0-")
    assert api.rows("workflowApprovers", filter="workflowCode eq 'NONE'") == []

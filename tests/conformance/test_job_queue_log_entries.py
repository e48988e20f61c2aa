"""What jobs that run by themselves did."""

from __future__ import annotations

import uuid

import pytest

CODEUNIT = "APIV2JobQueueLogEntriesE2E"


@pytest.mark.theirs("TestGetJobQueueLogEntry")
def test_log_entries_are_listed(api):
    jobs = [str(uuid.uuid4()) for _ in range(2)]
    for job in jobs:
        api.plant("jobQueueLogEntries", jobQueueEntryId=job, description="Swept", status="Success")
    listed = [row for row in api.rows("jobQueueLogEntries") if row["jobQueueEntryId"] in jobs]
    assert [(row["description"], row["status"]) for row in listed] == [("Swept", "Success")] * 2

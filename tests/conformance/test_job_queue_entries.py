"""Jobs that run by themselves."""

from __future__ import annotations

import uuid

import pytest

CODEUNIT = "APIV2JobQueueEntriesE2E"


def job(api, status: str = "Ready", logs: int = 1) -> dict:
    id_ = str(uuid.uuid4())
    entry = api.plant("jobQueueEntries", id=id_, jobQueueEntryId=id_, description="Sweep", status=status)
    for _ in range(logs):
        api.plant("jobQueueLogEntries", jobQueueEntryId=id_, description="Swept", status="Success")
    return entry


@pytest.mark.theirs("TestGetJobQueueEntry")
def test_a_job_is_listed(api):
    entry = job(api)
    (read,) = api.rows("jobQueueEntries", filter=f"jobQueueEntryId eq {entry['id']}")
    assert (read["description"], read["status"]) == ("Sweep", "Ready")


@pytest.mark.theirs("TestGetCorrespondingJobQueueLogEntryFromSubPage")
def test_a_jobs_log_is_read_below_it(api):
    entry = job(api)
    (log,) = api.rows(f"jobQueueEntries({entry['id']})/jobQueueLogEntries")
    assert (log["description"], log["jobQueueEntryId"]) == ("Swept", entry["id"])


@pytest.mark.theirs("TestGetCorrespondingJobQueueLogEntryFromExpand")
def test_a_jobs_log_is_read_with_it(api):
    entry = job(api, logs=2)
    read = api.get(f"jobQueueEntries({entry['id']})", expand="jobQueueLogEntries")
    logs = read["jobQueueLogEntries"]
    assert [(log["description"], log["jobQueueEntryId"]) for log in logs] == [("Swept", entry["id"])] * 2


@pytest.mark.theirs("TestRescheduleJobQueueEntry")
def test_a_job_that_failed_is_restarted(api):
    entry = job(api, "Error")
    path = f"jobQueueEntries({entry['id']})"
    api.act(path, "restart")
    assert api.get(path)["status"] == "Ready"

"""A refusal that is over when the same is asked again costs no set, and no set its committed rows."""

from __future__ import annotations

from typing import Any

import pytest
from tap.desk_runs import DeskRun, run_at
from tap.desk_service import Asked, DeskService, refusal
from tap.living_source import small_source

REFUSALS = [
    pytest.param(
        refusal(400, "Internal_ServerError", "Sorry, we just updated this page. Reopen it."), id="page updated"
    ),
    pytest.param(refusal(409, "Request_EntityChanged", "Another user has already changed the record."), id="changed"),
    pytest.param(refusal(400, "Internal_ServerError", "... by another user. Please retry the activity."), id="locked"),
    pytest.param(refusal(400, "BadRequest", "The session was terminated."), id="any other"),
]


def run(service: DeskService) -> DeskRun:
    config = service.config(max_concurrent_requests=1)
    return run_at(service, config, select=("customers", "vendors"))  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_set_that_is_refused_once_is_read_whole_and_from_committed_rows(caplog, fault):
    service, refused = DeskService(), []

    def before(asked: Asked) -> Any:
        if "/customers" not in asked.path or refused:
            return None
        refused.append(asked)
        return fault

    service.before = before
    outcome = run(service)
    assert outcome.error is None
    assert len(outcome.records["customers"]) == len(service.desk.rows("customers"))
    assert refused
    assert service.set_asked("customers")[-1].headers["data-access-intent"] == "ReadOnly"
    assert "Data-Access-Intent" not in caplog.text


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("status", [401, 403])
def test_a_company_that_nobody_named_is_left_out_only_while_the_environment_lists_its_companies(status, is_listed):
    """Who is let in no more is refused by each company, and that says nothing about any of them."""
    source = small_source()
    service, refused, listings = DeskService(source.desk), source.company_ids[0], 0

    def before(asked: Asked) -> Any:
        nonlocal listings
        listings += "/companies" in asked.path and "/companies(" not in asked.path
        is_told = listings > 1 and not is_listed
        return refusal(status, "") if is_told or refused in asked.path else None

    service.before = before
    outcome = run(service)
    assert listings > 1
    assert (outcome.error is None) is is_listed
    if outcome.error is not None:
        assert outcome.error.exit_code == (3 if status == 401 else 1)

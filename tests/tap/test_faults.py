"""What does the tap make of a service that has a bad day?"""

from __future__ import annotations

import re

import pytest
from emulator_control import start_emulator
from tap.running import run_tap, truth

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import DynamicsError, Transient
from dynamics_bc_client.retry import Patience
from tap_dynamics_bc.failures import PartsFailed

STREAMS = ("customers", "salesInvoices", "salesInvoiceLines")
DEADLOCK = {
    "status": 409,
    "body": {
        "error": {
            "code": "Internal_ServerError",
            "message": "The activity was deadlocked with another user. Please retry the activity.  CorrelationId:  1.",
        }
    },
}
LOCK = {
    "status": 400,
    "body": {
        "error": {
            "code": "Application_DialogException",
            "message": "The table is locked. Please try again later.  CorrelationId:  1.",
        }
    },
}
BAD_ROW = {
    "status": 400,
    "body": {
        "error": {
            "code": "Internal_RecordNotFound",
            "message": "The Dimension Value does not exist. Identification fields and values: X  CorrelationId:  1.",
        }
    },
}
FORBIDDEN = {
    "status": 403,
    "body": {"error": {"code": "Authorization_RequestDenied", "message": "No.  CorrelationId:  1."}},
}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 429, "headers": {"Retry-After": "0"}}, id="throttled"),
        pytest.param(
            {"status": 500, "body": {"error": {"code": "Internal_ServerError", "message": "SQL"}}}, id="server error"
        ),
        pytest.param({"status": 503, "headers": {"Retry-After": "0"}}, id="unavailable"),
        pytest.param(DEADLOCK, id="deadlock"),
        pytest.param(LOCK, id="lock"),
        pytest.param({"drop": "before"}, id="dropped before"),
        pytest.param({"drop": "after"}, id="dropped after"),
    ],
)
def test_what_passes_on_its_own_leaves_no_trace_in_the_output(frozen, fault):
    config = frozen.config(page_size=100)
    calm = run_tap(config, select=STREAMS)
    frozen.faults([{"method": "GET", "path": "/salesInvoices", "skip": 1, "times": 1, **fault}])
    before = len(frozen.requests())
    stormy = run_tap(config, select=STREAMS)
    assert stormy.error is None
    assert stormy.output == calm.output
    assert len(frozen.requests()) - before > 8


def test_a_token_that_ends_in_the_middle_of_a_run_is_renewed(frozen):
    config = frozen.config(page_size=100)
    calm = run_tap(config, select=STREAMS)
    frozen.faults([{"method": "GET", "path": "/salesInvoices", "skip": 2, "times": 1, "status": 401}])
    renewed = run_tap(config, select=STREAMS)
    assert renewed.error is None
    assert renewed.output == calm.output


def test_one_bad_dimension_costs_its_own_row_alone_its_dimensions(frozen):
    """The fault is in the data: an invoice refers to a dimension set that cannot be computed."""
    company = frozen.companies()[0]
    select = ["salesInvoices", "salesInvoiceLines", "dimensionSetLines"]
    calm = run_tap(frozen.config(company_ids=company["id"]), select=select)
    dimensions = [record for record in calm.records["dimensionSetLines"] if record["parentType"] == "Sales Invoice"]
    bad = dimensions[0]["parentId"]
    # The expansion fails in every query that has the row in it: whole pages, and the reads in a batch that name it.
    page = {"path": r"/salesInvoices\?(.*&)?\$expand=dimensionSetLines(?!.*\$filter)"}
    named = {"path": rf"{bad}.*[?&]\$expand=dimensionSetLines|[?&]\$expand=dimensionSetLines.*{bad}", "operation": True}
    below = {"path": rf"/salesInvoices\({bad}\)/dimensionSetLines", "operation": True}
    frozen.faults([{"method": "GET", "times": 0, **BAD_ROW, **each} for each in (page, named, below)])
    mended = run_tap(frozen.config(company_ids=company["id"]), select=select)
    assert isinstance(mended.error, DynamicsError)
    assert bad in str(mended.error)
    for name in ("salesInvoices", "salesInvoiceLines"):
        assert {record["id"] for record in mended.records[name]} == {record["id"] for record in calm.records[name]}
        assert len(mended.records[name]) == len(calm.records[name])
        assert mended.bookmark(name, company["id"]) == calm.bookmark(name, company["id"])
    kept, all_ = (
        {(each["parentType"], each["parentId"]) for each in run.records["dimensionSetLines"]} for run in (mended, calm)
    )
    assert all_ - kept == {("Sales Invoice", bad)}
    assert mended.bookmark("dimensionSetLines", company["id"], "salesInvoices") is None
    other = "salesInvoices/salesInvoiceLines"
    assert mended.bookmark("dimensionSetLines", company["id"], other) == calm.bookmark(
        "dimensionSetLines", company["id"], other
    )


def test_a_set_that_fails_does_not_stop_the_others_and_keeps_its_bookmark(frozen):
    company = frozen.companies()[0]
    first = run_tap(frozen.config(), select=["customers", "vendors"])
    row = truth(frozen, company["name"], "customers")[0]
    frozen.edit(company=company["id"], entity_set="customers", id=row["id"], set={}, stamp="2036-11-20T11:00:00.000Z")
    frozen.faults([{"method": "GET", "path": f"{company['id']}.*/customers", "times": 100, **FORBIDDEN}])
    second = run_tap(frozen.config(), select=["customers", "vendors"], state=first.state)
    assert second.error is not None
    assert second.error.exit_code == 1
    assert "customers" in str(second.error)
    assert company["name"] in str(second.error)
    assert second.bookmark("customers", company["id"]) == first.bookmark("customers", company["id"])
    frozen.clear_faults()
    third = run_tap(frozen.config(), select=["customers", "vendors"], state=second.state)
    assert row["id"] in {record["id"] for record in third.records["customers"]}


def test_a_page_that_fails_late_keeps_the_bookmark_where_it_was(frozen):
    company = frozen.companies()[0]
    frozen.faults([{"method": "GET", "path": f"{company['id']}.*/salesInvoices", "skip": 2, "times": 100, **FORBIDDEN}])
    outcome = run_tap(frozen.config(page_size=50), select=["salesInvoices"])
    assert len([record for record in outcome.records["salesInvoices"] if record["company_id"] == company["id"]]) == 100
    assert outcome.bookmark("salesInvoices", company["id"]) is None
    assert outcome.bookmark("salesInvoices", frozen.companies()[1]["id"]) is not None


def test_a_company_that_cannot_be_read_and_was_not_named_is_a_warning(frozen, caplog):
    closed, open_ = frozen.companies()
    frozen.faults([{"method": "GET", "path": f"/companies\\({closed['id']}\\)", "times": 1000, **FORBIDDEN}])
    outcome = run_tap(frozen.config(), select=["customers", "vendors"])
    assert outcome.error is None
    assert {record["company_id"] for record in outcome.records["customers"]} == {open_["id"]}
    assert f'the company "{closed["name"]}"' in caplog.text


def test_a_company_that_cannot_be_read_and_was_named_is_an_error_after_the_others(frozen):
    closed, open_ = frozen.companies()
    frozen.faults([{"method": "GET", "path": f"/companies\\({closed['id']}\\)", "times": 1000, **FORBIDDEN}])
    outcome = run_tap(frozen.config(company_ids=[closed["name"], open_["id"]]), select=["customers", "vendors"])
    assert {record["company_id"] for record in outcome.records["vendors"]} == {open_["id"]}
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert str(outcome.error).count(closed["name"]) == 1


def test_stop_on_error_ends_at_the_first_fault_with_the_state_written(frozen):
    company = frozen.companies()[0]
    frozen.faults([{"method": "GET", "path": f"{company['id']}.*/items", "times": 100, **FORBIDDEN}])
    outcome = run_tap(frozen.config(stop_on_error=True), select=["customers", "items", "vendors"])
    assert outcome.error is not None
    assert "vendors" not in outcome.records
    assert outcome.bookmark("customers", company["id"]) is not None


def test_a_page_that_takes_too_long_is_asked_for_smaller(frozen):
    frozen.faults([{"method": "GET", "path": "/salesInvoices", "times": 2, "status": 408}])
    before = len(frozen.requests())
    outcome = run_tap(frozen.config(page_size=200, max_concurrent_requests=1), select=["salesInvoices"])
    assert outcome.error is None
    asked = [each for each in frozen.requests()[before:] if each["path"].endswith("/salesInvoices")]
    sizes = [int(re.search(r"maxpagesize=(\d+)", str(each["headers"]))[1]) for each in asked]
    assert sizes[:4] == [200, 100, 50, 50]
    assert len(outcome.records["salesInvoices"]) == sum(
        len(truth(frozen, each["name"], "salesInvoices")) for each in frozen.companies()
    )


def test_companies_behind_the_first_page_are_read():
    running = start_emulator("--companies", "3", "--page-limit", "2", "--requests-per-window", "1000000")
    try:
        known = {company["id"] for company in running.companies()}
        outcome = run_tap(running.config(), select=["companyInformation"])
    finally:
        running.stop()
    assert len(known) == 3
    assert {record["company_id"] for record in outcome.records["companyInformation"]} == known


def test_an_environment_that_shows_no_companies_is_no_success_when_something_of_companies_was_wanted(frozen):
    empty = {"method": "GET", "path": "/companies$", "times": 1, "status": 200, "body": {"value": []}}
    frozen.faults([empty])
    outcome = run_tap(frozen.config(), select=["customers"])
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert "no companies" in str(outcome.error)
    frozen.faults([empty])
    assert run_tap(frozen.config(), select=["environments"]).error is None


SQL = {"code": "Internal_ServerError", "message": "Invalid column name."}


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    ("rows", "beside"),
    [
        pytest.param([{"error": SQL}], {}, id="one more row"),
        pytest.param([], {"error": SQL}, id="beside the rows"),
        pytest.param([{}], {}, id="a row of nothing"),
    ],
)
@pytest.mark.parametrize("times", [1, 10_000])
def test_a_page_with_an_error_in_it_is_asked_for_again_and_its_bookmark_stays(frozen, monkeypatch, rows, beside, times):
    """Status 200 is sent before the last row is read; what goes wrong then stands in the page."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    company, other = frozen.companies()
    calm = run_tap(frozen.config(), select=["vendors"])
    good = truth(frozen, company["name"], "vendors")[:2]
    good = [{name: value for name, value in row.items() if isinstance(value, str | None)} for row in good]
    body = {"value": [*good, *rows], **beside}
    path = f"{company['id']}.*/vendors"
    frozen.faults([{"method": "GET", "path": path, "times": times, "status": 200, "body": body}])
    before = len(frozen.requests())
    outcome = run_tap(frozen.config(), select=["vendors"])
    if times == 1:
        assert outcome.error is None
        assert outcome.output == calm.output
        return
    assert outcome.error is not None
    assert ("Invalid column name" if rows != [{}] else "without its key") in str(outcome.error)
    assert outcome.bookmark("vendors", company["id"]) is None
    assert outcome.bookmark("vendors", other["id"]) == calm.bookmark("vendors", other["id"])
    asked = [each for each in frozen.requests()[before:] if re.search(path, each["path"])]
    sizes = [int(re.search(r"maxpagesize=(\d+)", str(each["headers"]))[1]) for each in asked]
    assert sizes[:4] == [20_000, 20_000, 10_000, 10_000]
    assert sizes[-1] == 10


UNAUTHORIZED = {
    "status": 401,
    "body": {"error": {"code": "Authentication_InvalidCredentials", "message": "No.  CorrelationId:  1."}},
}


@pytest.mark.fault("R1")
@pytest.mark.parametrize("answer", [FORBIDDEN, UNAUTHORIZED])
def test_one_set_that_is_refused_first_of_all_does_not_cost_the_company(frozen, answer):
    """The company is asked for its own information before all of it is given up."""
    company = frozen.companies()[0]
    frozen.faults([{"method": "GET", "path": f"{company['id']}.*/customers", "times": 1000, **answer}])
    outcome = run_tap(frozen.config(), select=["customers", "vendors"])
    assert outcome.error is not None
    assert f'customers of "{company["name"]}"' in str(outcome.error)
    assert company["id"] in {record["company_id"] for record in outcome.records["vendors"]}


def test_a_set_that_is_refused_in_a_company_that_was_read_is_a_failure_of_that_set(frozen):
    company = frozen.companies()[0]
    frozen.faults([{"method": "GET", "path": f"{company['id']}.*/items", "times": 1000, **UNAUTHORIZED}])
    outcome = run_tap(frozen.config(), select=["customers", "items", "vendors"])
    assert f'items of "{company["name"]}"' in str(outcome.error)
    assert company["id"] in {record["company_id"] for record in outcome.records["vendors"]}


def test_a_company_that_is_refused_in_the_middle_of_a_run_is_no_mere_warning(frozen):
    closed = frozen.companies()[0]
    gone = {
        "status": 404,
        "body": {"error": {"code": "Internal_CompanyNotFound", "message": "No.  CorrelationId:  1."}},
    }
    everything = f"/companies\\({closed['id']}\\)"
    frozen.faults([{"method": "GET", "path": everything, "skip": 1, "times": 1000, **gone}])
    outcome = run_tap(frozen.config(max_concurrent_requests=1), select=["customers", "vendors", "items"])
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert f'the company "{closed["name"]}"' in str(outcome.error)


@pytest.mark.fault("R1")
def test_a_company_that_the_state_knows_and_that_is_refused_now_is_no_mere_warning(frozen):
    closed = frozen.companies()[0]
    first = run_tap(frozen.config(), select=["customers"])
    frozen.faults([{"method": "GET", "path": f"/companies\\({closed['id']}\\)", "times": 1000, **FORBIDDEN}])
    second = run_tap(frozen.config(), select=["customers"], state=first.state)
    assert second.error is not None
    assert f'the company "{closed["name"]}"' in str(second.error)
    assert second.bookmark("customers", closed["id"]) == first.bookmark("customers", closed["id"])


def test_a_company_that_the_state_knows_and_the_environment_does_not_show_any_more_is_no_mere_warning(frozen):
    """A company is not shown to those who may not read it: to them it looks as if it were deleted."""
    hidden, shown = frozen.companies()
    first = run_tap(frozen.config(), select=["customers"])
    frozen.faults([{"method": "GET", "path": "/companies$", "times": 10, "status": 200, "body": {"value": [shown]}}])
    second = run_tap(frozen.config(), select=["customers"], state=first.state)
    assert second.error is not None
    assert hidden["id"] in str(second.error)
    assert {record["company_id"] for record in second.records["customers"]} == {shown["id"]}
    named = run_tap(frozen.config(company_ids=shown["id"]), select=["customers"], state=first.state)
    assert named.error is None


@pytest.mark.fault("R2")
def test_a_run_that_could_read_no_company_is_no_success_although_none_was_named(frozen):
    frozen.faults([{"method": "GET", "path": r"/companies\(", "times": 1000, **FORBIDDEN}])
    outcome = run_tap(frozen.config(), select=["companies", "customers"])
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert all(company["name"] in str(outcome.error) for company in frozen.companies())
    assert outcome.records["companies"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"id": None}, id="no key"),
        pytest.param({"lastModifiedDateTime": "2026-02-30T00:00:00Z"}, id="stamp of no day"),
    ],
)
def test_a_row_that_makes_no_sense_fails_its_stream_alone(frozen, change):
    """And its stream only in that company: the bookmark there stays away."""
    bad, good = frozen.companies()
    row = {**truth(frozen, bad["name"], "customers")[0], **change}
    body = {"value": [{name: value for name, value in row.items() if isinstance(value, str | None)}]}
    frozen.faults([{"method": "GET", "path": f"{bad['id']}.*/customers$", "times": 0, "status": 200, "body": body}])
    outcome = run_tap(frozen.config(), select=["customers", "vendors"])
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert "customers" in str(outcome.error)
    assert outcome.bookmark("customers", bad["id"]) is None
    assert outcome.bookmark("customers", good["id"]) is not None
    assert outcome.bookmark("vendors", bad["id"]) is not None


def test_an_expansion_that_goes_on_elsewhere_is_not_taken_for_whole(frozen):
    bad, good = frozen.companies()
    row = truth(frozen, bad["name"], "salesInvoices")[0]
    invoice = {name: row[name] for name in ("id", "lastModifiedDateTime")}
    invoice |= {"salesInvoiceLines": [], "salesInvoiceLines@odata.nextLink": f"{frozen.url}/more"}
    body = {"value": [invoice]}
    frozen.faults([{"method": "GET", "path": f"{bad['id']}.*/salesInvoices", "times": 0, "status": 200, "body": body}])
    outcome = run_tap(frozen.config(), select=["salesInvoices", "salesInvoiceLines"])
    assert outcome.error is not None
    assert "salesInvoiceLines" in str(outcome.error)
    assert outcome.bookmark("salesInvoiceLines", bad["id"]) is None
    assert outcome.bookmark("salesInvoiceLines", good["id"]) is not None


@pytest.mark.parametrize("body", ["<html>Sign in to the Wi-Fi</html>", "", '{"value":[{"id":"1"'])
def test_a_page_that_came_as_something_else_is_asked_for_again(frozen, body):
    config = frozen.config()
    calm = run_tap(config, select=["customers"])
    frozen.faults([{"method": "GET", "path": "/customers", "times": 1, "status": 200, "body": body}])
    stormy = run_tap(config, select=["customers"])
    assert stormy.error is None
    assert stormy.output == calm.output


def test_what_may_not_be_read_is_named_with_what_to_do_and_what_support_asks_for(frozen):
    headers = {"request-id": "r-1", "ms-correlation-x": "c-1"}
    body = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
    frozen.faults([{"method": "GET", "path": "/vendors$", "times": 0, "status": 403, "body": body, "headers": headers}])
    outcome = run_tap(frozen.config(), select=["customers", "vendors"])
    assert "Give this user or app a permission set that covers it" in outcome.error.message
    assert "correlation id c-1, request id r-1" in outcome.error.message


UNAVAILABLE = {"status": 503, "times": 100_000, "headers": {"Retry-After": "0"}}
SOME = ["customers", "vendors", "items", "accounts", "currencies", "locations", "employees", "paymentTerms"]


def _with_little_patience(tap):
    patience = Patience(first_wait_seconds=0.01, long_seconds=0.2, brief_seconds=0.2)  # longer than a thread may rest
    tap.client = Client(tap.connection, patience=patience)


@pytest.mark.fault("S11")
def test_when_the_environment_goes_away_the_run_ends_with_the_second_set_that_waited_for_it(frozen):
    frozen.faults([{"method": "GET", "path": "/companies\\(.*|/companies$", "skip": 2, **UNAVAILABLE}])
    outcome = run_tap(frozen.config(max_concurrent_requests=1), select=SOME, prepare=_with_little_patience)
    assert isinstance(outcome.error, Transient)
    assert outcome.error.scope == "run"
    sets = {path.rpartition("/")[2] for each in frozen.requests() if (path := each["path"]).endswith(tuple(SOME))}
    assert len(sets) < len(SOME)


def test_two_sets_that_are_away_do_not_end_a_run_whose_environment_is_there(frozen):
    frozen.faults([{"method": "GET", "path": "/(customers|vendors)$", **UNAVAILABLE}])
    outcome = run_tap(frozen.config(max_concurrent_requests=1), select=SOME, prepare=_with_little_patience)
    assert isinstance(outcome.error, PartsFailed)
    assert outcome.records.keys() >= {"items", "accounts", "currencies", "locations", "paymentTerms"}
    assert outcome.records.keys().isdisjoint({"customers", "vendors"})

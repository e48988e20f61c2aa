"""What a read loses when something of what it expands is refused: that alone, and it says so."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tap.desk_runs import DeskRun, run_at
from tap.desk_service import ROOT, Asked, DeskService, Fault, refusal, spoiled_rows
from tap.running import in_order, run_tap

from dynamics_bc_client.errors import DynamicsError
from tap_dynamics_bc.pages import cutting, mending
from tap_dynamics_bc.reads import windows

if TYPE_CHECKING:
    from collections.abc import Callable

SELECT = ("salesInvoices", "salesInvoiceLines")
WITH_DIMENSIONS = (*SELECT, "dimensionSetLines")
NO_PERMISSION = refusal(
    403,
    "Internal_ServerError",
    "Sorry, the current permissions prevented the action. (TableData 37 Sales Line Read: X)",
)
UNAUTHORIZED = refusal(401, "Authentication_InvalidCredentials")
CANNOT = refusal(400, "Application_DialogException", "You must specify an Id or a Document Id to get the lines.")
NOT_THERE = refusal(404, "Internal_RecordNotFound", "The Dimension Value does not exist.")
NO_NAVIGATION = refusal(
    400, "BadRequest", "Could not find a property named 'salesInvoiceLines' on type 'Microsoft.NAV.salesInvoice'."
)
ERROR = {"error": {"code": "X", "message": "No."}}
BROKEN = refusal(500, "Internal_ServerError", "An error occurred on the server.")


@pytest.fixture
def service() -> DeskService:
    return DeskService()


@pytest.fixture(scope="module")
def calm() -> DeskRun:
    return run(DeskService())


@pytest.fixture(scope="module")
def calm_with_dimensions() -> DeskRun:
    return run(DeskService(), select=WITH_DIMENSIONS)


def run(service: DeskService, *, select=SELECT, state=None, **config: Any) -> DeskRun:
    return run_at(service, service.config(max_concurrent_requests=1, **config), select=select, state=state)  # type: ignore[arg-type]


def expanding(navigation: str) -> re.Pattern[str]:
    """A query that expands a navigation of invoices themselves."""
    return re.compile(rf"/salesInvoices.*[?&]\$expand=([^&]*,)?{navigation}")


def refusing(*patterns: str | re.Pattern[str], fault: Fault) -> Callable[[Asked], Fault | None]:
    return lambda asked: fault if any(re.search(each, asked.path) for each in patterns) else None


def keys(run: DeskRun, stream: str) -> set[tuple[Any, ...]]:
    names = {"dimensionSetLines": ("parentType", "parentId", "id")}.get(stream, ("id",))
    return {tuple(record[name] for name in names) for record in run.records[stream]}


def all_records(run: DeskRun) -> dict[str, list[dict[str, Any]]]:
    """Records whose order within a parent is the service's own affair."""
    return {stream: in_order(records) for stream, records in run.records.items()}


def company_of(run: DeskRun) -> str:
    return run.records["salesInvoices"][0]["company_id"]


def requests(service: DeskService) -> list[Asked]:
    return [
        each for each in service.asked if (not each.in_batch and "/companies(" in each.path) or "$batch" in each.path
    ]


REFUSALS = [
    pytest.param(NO_PERMISSION, id="403"),
    pytest.param(UNAUTHORIZED, id="401"),
    pytest.param(CANNOT, id="400"),
    pytest.param(NO_NAVIGATION, id="400 of a navigation"),
    pytest.param(NOT_THERE, id="404"),
    pytest.param(BROKEN, id="500"),
    pytest.param(refusal(404, "BadRequest_ResourceNotFound"), id="404 of a set"),
    pytest.param(refusal(405, "BadRequest_MethodNotAllowed"), id="405"),
]


@pytest.mark.fault("S1")
@pytest.mark.parametrize("fault", REFUSALS)
@pytest.mark.fault("S1")
def test_an_expansion_that_is_refused_costs_its_own_stream_alone(service, calm, fault):
    """Invoices arrive, lines are named as missing, and their bookmark stays away."""
    service.before = refusing(expanding("salesInvoiceLines"), r"\)/salesInvoiceLines", fault=fault)
    outcome = run(service)
    assert isinstance(outcome.error, DynamicsError)
    assert outcome.error.exit_code == 1
    assert "salesInvoiceLines of salesInvoices" in str(outcome.error)
    assert keys(outcome, "salesInvoices") == keys(calm, "salesInvoices")
    assert outcome.records["salesInvoiceLines"] == []
    company = company_of(outcome)
    assert outcome.bookmark("salesInvoices", company) == calm.bookmark("salesInvoices", company)
    assert outcome.bookmark("salesInvoiceLines", company) is None


@pytest.mark.fault("S2")
@pytest.mark.parametrize("fault", REFUSALS)
@pytest.mark.fault("S2")
def test_an_expansion_that_is_refused_is_found_in_a_few_requests_and_not_sought_again(service, fault):
    """By a few rows, each with one expansion at a time, and never again in the pages behind."""
    service.before = refusing(expanding("salesInvoiceLines"), r"\)/salesInvoiceLines", fault=fault)
    run(service, page_size=10)
    pages = [each for each in requests(service) if "$batch" not in each.path and "salesInvoices" in each.path]
    batches = [each for each in requests(service) if "$batch" in each.path]
    refused = [each for each in pages if "salesInvoiceLines" in each.path]
    assert len(batches) <= (9 if fault == UNAUTHORIZED else 3)
    assert len({each.path for each in refused}) == 1
    assert len(pages) > 20


def test_of_several_expansions_the_refused_one_is_left_out(service, calm_with_dimensions):
    calm = calm_with_dimensions
    service.before = refusing(expanding("salesInvoiceLines"), r"\)/salesInvoiceLines", fault=NO_PERMISSION)
    outcome = run(service, select=WITH_DIMENSIONS)
    lost = keys(calm, "dimensionSetLines") - keys(outcome, "dimensionSetLines")
    assert {parent for parent, _, _ in lost} == {"Sales Invoice Line"}
    company = company_of(outcome)
    assert outcome.bookmark("dimensionSetLines", company, "salesInvoices") is not None
    assert outcome.bookmark("dimensionSetLines", company, "salesInvoices/salesInvoiceLines") is None


def test_an_expansion_below_an_expansion_is_refused_and_costs_no_more_than_itself(service, calm_with_dimensions):
    calm = calm_with_dimensions
    nested = re.compile(r"salesInvoiceLines\(.*\$expand=dimensionSetLines")
    service.before = refusing(nested, r"salesInvoiceLines\([^)]*\)/dimensionSetLines", fault=NO_PERMISSION)
    outcome = run(service, select=WITH_DIMENSIONS)
    assert "salesInvoiceLines/dimensionSetLines of salesInvoices" in str(outcome.error)
    for stream in ("salesInvoices", "salesInvoiceLines"):
        assert outcome.records[stream] == calm.records[stream]
    lost = keys(calm, "dimensionSetLines") - keys(outcome, "dimensionSetLines")
    assert {parent for parent, _, _ in lost} == {"Sales Invoice Line"}


@pytest.mark.parametrize("fault", REFUSALS)
@pytest.mark.fault("S1")
def test_what_cannot_be_expanded_is_listed_below_a_hundred_parents_at_once(service, calm, fault):
    """The output is the same, byte for byte, and no parent has a request of its own."""
    service.before = refusing(expanding("salesInvoiceLines"), fault=fault)
    outcome = run(service)
    assert outcome.error is None
    assert outcome.output == calm.output
    listed = [each for each in service.asked if re.search(r"\)/salesInvoiceLines", each.path)]
    assert all(each.in_batch for each in listed)
    assert len(listed) >= len(calm.records["salesInvoices"])
    assert len([each for each in service.asked if "$batch" in each.path]) < len(listed) / 20


def test_what_is_listed_below_parents_comes_in_the_same_order_one_and_five_at_once(service, calm):
    service.before = refusing(expanding("salesInvoiceLines"), fault=CANNOT)
    five = run_at(service, service.config(max_concurrent_requests=5), select=SELECT)
    assert five.output == calm.output


def test_what_is_listed_below_parents_goes_on_behind_its_next_links(service, calm):
    service.before = lambda asked: CANNOT if expanding("salesInvoiceLines").search(asked.path) else None
    shown: dict[str, list[Any]] = {}

    def cut(asked: Asked, body: bytes) -> bytes:
        if "$batch" not in asked.path:
            return body
        replies = json.loads(body)
        for reply in replies["responses"]:
            rows = reply["body"].get("value", [])
            if len(rows) > 1 and "salesInvoiceLines" in reply["body"].get("@odata.context", ""):
                link = f"{ROOT}/companies({service.desk.company.id})/more?{len(shown)}"
                shown[link] = rows[1:]
                reply["body"] = {**reply["body"], "value": rows[:1], "@odata.nextLink": link}
        return json.dumps(replies).encode()

    def more(asked: Asked) -> Fault | None:
        if expanding("salesInvoiceLines").search(asked.path):
            return CANNOT
        rows = shown.get(asked.path.replace("/v2.0/Production/api/v2.0", ROOT))
        return None if rows is None else (200, {"value": rows})

    service.spoil, service.before = cut, more
    outcome = run(service)
    assert outcome.error is None
    assert len(shown) > 10
    assert keys(outcome, "salesInvoiceLines") == keys(calm, "salesInvoiceLines")


def test_rows_below_rows_that_cannot_be_expanded_are_listed_too(service, calm_with_dimensions):
    calm = calm_with_dimensions
    nested = re.compile(r"salesInvoiceLines\(.*\$expand=dimensionSetLines")
    service.before = refusing(nested, fault=CANNOT)
    outcome = run(service, select=WITH_DIMENSIONS)
    assert outcome.error is None
    assert all_records(outcome) == all_records(calm)


def bad_row(run: DeskRun, place: int = 7) -> str:
    return str(run.records["salesInvoices"][place]["id"])


def failing_for(*ids: str, navigation: str = "salesInvoiceLines", fault: Fault = NOT_THERE) -> Callable[[Asked], Any]:
    """The expansion fails wherever one of these rows is among those that are asked for."""

    def before(asked: Asked) -> Fault | None:
        named = any(each in asked.path for each in ids)
        whole_page = "$filter=id eq" not in asked.path and not asked.in_batch
        expanded = expanding(navigation).search(asked.path) or f")/{navigation}" in asked.path
        return fault if expanded and (named or whole_page) else None

    return before


@pytest.mark.parametrize("fault", [NOT_THERE, CANNOT, BROKEN])
def test_a_bad_row_costs_itself_its_expansion_and_nobody_else(service, calm, fault):
    bad = bad_row(calm)
    service.before = failing_for(bad, fault=fault)
    outcome = run(service)
    assert bad in str(outcome.error)
    assert keys(outcome, "salesInvoices") == keys(calm, "salesInvoices")
    lost = keys(calm, "salesInvoiceLines") - keys(outcome, "salesInvoiceLines")
    assert lost == {(each["id"],) for each in calm.records["salesInvoiceLines"] if each["documentId"] == bad}
    assert len([each for each in requests(service) if "$batch" in each.path]) < 30


def test_a_row_with_two_expansions_loses_the_bad_one_alone(service, calm_with_dimensions):
    calm = calm_with_dimensions
    bad = bad_row(calm)
    service.before = failing_for(bad, navigation="dimensionSetLines")
    outcome = run(service, select=WITH_DIMENSIONS)
    assert bad in str(outcome.error)
    assert outcome.records["salesInvoiceLines"] == calm.records["salesInvoiceLines"]
    lost = keys(calm, "dimensionSetLines") - keys(outcome, "dimensionSetLines")
    assert {parent for _, parent, _ in lost} <= {bad}


@pytest.mark.fault("S2")
@pytest.mark.fault("S2")
def test_the_search_for_bad_rows_ends_and_the_rest_comes_without_the_expansion(service, calm, monkeypatch):
    """With every second row bad the search is given up, and what is left out is said."""
    monkeypatch.setattr(mending, "REFUSALS_SOUGHT", 20)
    ids = [str(each["id"]) for each in calm.records["salesInvoices"]]
    service.before = failing_for(*ids[1::2])
    outcome = run(service)
    assert keys(outcome, "salesInvoices") == keys(calm, "salesInvoices")
    assert "salesInvoiceLines of salesInvoices" in str(outcome.error)
    refused = [each for each in service.asked if each.in_batch and failing_for(*ids[1::2])(each)]
    assert len(refused) < 60


def test_a_bad_row_behind_the_first_page_costs_no_row_and_doubles_none(service, calm):
    bad = bad_row(calm, -3)
    token = re.compile(r"\$skiptoken=")

    def before(asked: Asked) -> Fault | None:
        expanded = expanding("salesInvoiceLines").search(asked.path) or ")/salesInvoiceLines" in asked.path
        later = token.search(asked.path) and not asked.in_batch
        return NOT_THERE if expanded and (bad in asked.path or later) else None

    service.before = before
    outcome = run(service, page_size=50)
    assert bad in str(outcome.error)
    assert [each["id"] for each in outcome.records["salesInvoices"]] == [
        each["id"] for each in calm.records["salesInvoices"]
    ]


def test_what_is_missing_in_one_window_keeps_the_bookmark_from_all_that_come_behind_it(service, calm, monkeypatch):
    monkeypatch.setattr(windows, "LARGE_ROWS", 100)
    monkeypatch.setattr(cutting, "WORTH_COUNTING", 50)
    bad = min(calm.records["salesInvoices"], key=lambda row: row["lastModifiedDateTime"])["id"]

    def before(asked: Asked) -> Fault | None:
        expanded = expanding("salesInvoiceLines").search(asked.path) or ")/salesInvoiceLines" in asked.path
        return NOT_THERE if expanded and (bad in asked.path or not asked.in_batch) else None

    service.before = before
    outcome = run(service, page_size=20)
    assert bad in str(outcome.error)
    company = outcome.records["salesInvoices"][0]["company_id"]
    assert outcome.bookmark("salesInvoices", company) is not None
    assert outcome.bookmark("salesInvoiceLines", company) is None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda row: row.pop("salesInvoiceLines", None), id="missing"),
        pytest.param(lambda row: row.update(salesInvoiceLines=None), id="null"),
        pytest.param(
            lambda row: row.update(salesInvoiceLines=[{"error": {"code": "X", "message": "No."}}]), id="error"
        ),
        pytest.param(lambda row: row.update(salesInvoiceLines=ERROR), id="object"),
    ],
)
def test_lines_that_were_promised_and_are_not_there_are_not_taken_for_none(service, calm, spoil):
    """A page of status 200 in which one row lacks its lines: they are a failure, and no empty list."""
    bad = bad_row(calm)

    def spoiled(asked: Asked, body: bytes) -> bytes:
        def change(row: dict[str, Any]) -> None:
            if row.get("id") == bad and "salesInvoiceLines" in row:
                spoil(row)

        if "$batch" in asked.path:
            replies = json.loads(body)
            for reply in replies["responses"]:
                for row in reply["body"].get("value", [reply["body"]]):
                    change(row)
            return json.dumps(replies).encode()
        return spoiled_rows(body, change) if "salesInvoices" in asked.path else body

    service.spoil = spoiled
    outcome = run(service, page_size=20)
    assert bad in str(outcome.error)
    assert keys(outcome, "salesInvoices") == keys(calm, "salesInvoices")
    assert outcome.bookmark("salesInvoiceLines", company_of(calm)) is None


def test_a_refused_source_is_a_refused_source(service):
    service.before = refusing(r"/salesInvoices", fault=NO_PERMISSION)
    outcome = run(service, select=(*SELECT, "customers"))
    assert "salesInvoices of" in str(outcome.error)
    assert outcome.records["customers"]
    assert len([each for each in service.asked if "salesInvoices" in each.path]) < 10


# --- lists that go on elsewhere ---------------------------------------------------------------------------------------


@pytest.mark.fault("S9")
@pytest.mark.parametrize("select", [SELECT, WITH_DIMENSIONS], ids=["one deep", "two deep and beside"])
@pytest.mark.fault("S9")
def test_an_expanded_list_that_goes_on_elsewhere_is_read_to_its_end(service, calm_with_dimensions, select):
    """Also two expansions deep and in what another request returned."""
    service.desk.service.switches = service.desk.service.switches.changed({"expanded_page_rows": 1})
    outcome = run(service, select=select)
    assert outcome.error is None
    assert any("skiptoken" in each.path and "salesInvoiceLines" in each.path for each in service.asked)
    expected = all_records(calm_with_dimensions)
    assert all_records(outcome) == {stream: expected[stream] for stream in select}


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v2.0/Production/api/v2.0/companies(1)/x",
        f"{ROOT}/companies(22222222-2222-3333-4444-555555555555)/salesInvoiceLines",
        "nonsense",
    ],
)
def test_the_rest_of_a_list_is_not_sought_in_another_place(service, calm, link):
    bad = bad_row(calm)

    def change(row: dict[str, Any]) -> None:
        if row["id"] == bad and "salesInvoiceLines" in row:
            row["salesInvoiceLines@odata.nextLink"] = link

    service.spoil = lambda asked, body: spoiled_rows(body, change) if "salesInvoices" in asked.path else body
    outcome = run(service)
    assert bad in str(outcome.error)
    assert not any("evil" in each.path or "22222222" in each.path for each in service.asked)
    assert keys(outcome, "salesInvoices") == keys(calm, "salesInvoices")
    lost = keys(calm, "salesInvoiceLines") - keys(outcome, "salesInvoiceLines")
    assert lost == {(each["id"],) for each in calm.records["salesInvoiceLines"] if each["documentId"] == bad}
    assert outcome.bookmark("salesInvoiceLines", company_of(calm)) is None


# --- several companies ------------------------------------------------------------------------------------------------


def test_what_is_refused_in_one_company_is_asked_for_first_in_the_next(frozen):
    """No other company spends a whole page on it; permissions are given for each, so a few rows are asked there too."""
    body = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
    expanding_lines = r"/salesInvoices.*[?&]\$expand=([^&]*,)?salesInvoiceLines"
    fault = {"method": "GET", "times": 0, "status": 403, "body": body}
    frozen.faults(
        [
            {**fault, "path": expanding_lines},
            {**fault, "path": expanding_lines, "operation": True},
            {**fault, "path": r"\)/salesInvoiceLines", "operation": True},
        ]
    )
    before = len(frozen.requests())
    outcome = run_tap(frozen.config(max_concurrent_requests=1), select=SELECT)
    asked = [each for each in frozen.requests()[before:] if "/salesInvoices" in each["path"]]
    assert str(outcome.error).count("salesInvoiceLines of salesInvoices") == 2
    assert len([each for each in asked if each["status"] == 403]) == 1
    assert {each["company_id"] for each in outcome.records["salesInvoices"]} == {
        each["id"] for each in frozen.companies()
    }


def test_what_is_refused_in_one_company_and_not_in_the_next_is_read_there(frozen):
    refused, allowed = frozen.companies()
    body = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
    fault = {"method": "GET", "times": 0, "status": 403, "body": body}
    lines = rf"{refused['id']}\)/salesInvoices.*salesInvoiceLines"
    frozen.faults([{**fault, "path": lines}, {**fault, "path": lines, "operation": True}])
    outcome = run_tap(frozen.config(max_concurrent_requests=1), select=SELECT)
    assert str(outcome.error).count("salesInvoiceLines of salesInvoices") == 1
    assert {each["company_id"] for each in outcome.records["salesInvoiceLines"]} == {allowed["id"]}
    assert outcome.bookmark("salesInvoiceLines", allowed["id"]) is not None
    assert outcome.bookmark("salesInvoiceLines", refused["id"]) is None

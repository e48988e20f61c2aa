"""Pages that break off, go in circles, or are none: their set fails in that company, by name, and nothing else does."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

import pytest
from tap.desk_runs import DeskRun, run_at
from tap.desk_service import ROOT, Asked, DeskService, refusal

from dynamics_bc_client.errors import ConnectionLost, RequestTimedOut

SELECT = ("customers", "vendors", "items")


@pytest.fixture
def service() -> DeskService:
    return DeskService()


def run(service: DeskService, **config: Any) -> DeskRun:
    return run_at(service, service.config(max_concurrent_requests=1, **config), select=SELECT)  # type: ignore[arg-type]


def sizes(service: DeskService, name: str) -> list[int]:
    return [int(re.findall(r"maxpagesize=(\d+)", each.headers["prefer"])[0]) for each in service.set_asked(name)]


def check_only_vendors_failed(service: DeskService, outcome: DeskRun) -> None:
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert 'vendors of "CRONUS International Ltd."' in str(outcome.error)
    assert outcome.bookmark("vendors", service.desk.company.id) is None
    for name in ("customers", "items"):
        assert len(outcome.records[name]) == len(service.desk.rows(name))
        assert outcome.bookmark(name, service.desk.company.id) is not None


BROKEN = [
    pytest.param(ConnectionLost("The connection broke.", sent=True), id="connection"),
    pytest.param(RequestTimedOut("No whole response.", sent=True), id="time-out"),
    pytest.param(refusal(504, "", "Gateway time-out."), id="504"),
    pytest.param((200, b'{"value":[{"id":"1","num'), id="truncated"),
    pytest.param((200, {"value": [{"error": {"code": "X", "message": "SQL"}}]}), id="error in a 200"),
]


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.fault("S3")
def test_a_set_whose_pages_break_off_shrinks_to_the_smallest_and_fails_alone(service, fault):
    """By its own name and its company's."""
    service.before = lambda asked: fault if "/vendors" in asked.path else None
    outcome = run(service, page_size=100)
    check_only_vendors_failed(service, outcome)
    assert sorted({*sizes(service, "vendors")}, reverse=True) == [100, 50, 25, 12, 10]


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.fault("S3")
def test_pages_that_break_off_above_a_size_arrive_in_smaller_ones(service, fault):
    calm = run(service)
    service.asked.clear()

    def before(asked: Asked) -> Any:
        too_large = "/vendors" in asked.path and "maxpagesize=100" in asked.headers["prefer"]
        return fault if too_large else None

    service.before = before
    outcome = run(service, page_size=100)
    assert outcome.error is None
    assert outcome.records == calm.records
    assert {*sizes(service, "vendors")} == {100, 50}


def linking(link_of: Any, *, rows: bool):
    def spoil(asked: Asked, body: bytes) -> bytes:
        if "/vendors" not in asked.path or "$count" in asked.path:
            return body
        page = json.loads(body)
        page["@odata.nextLink"] = link_of(asked)
        page["value"] = page["value"] if rows else []
        return json.dumps(page).encode()

    return spoil


NUMBERS = count()
VENDORS = f"{ROOT}/companies({{company}})/vendors"


@pytest.mark.parametrize("rows", [True, False], ids=["with rows", "without rows"])
@pytest.mark.parametrize(
    "link",
    [
        pytest.param(lambda root, _: f"{root}?$skiptoken=1", id="to one page"),
        pytest.param(lambda root, _: f"{root}?$skiptoken={next(NUMBERS) % 3}", id="in a circle"),
        pytest.param(lambda root, _: f"{root}?$skiptoken={next(NUMBERS)}", id="ever new"),
        pytest.param(lambda _, __: "https://evil.example/vendors", id="to another host"),
        pytest.param(
            lambda root, company: root.replace(company, "22222222-2222-3333-4444-555555555555"), id="to another company"
        ),
    ],
)
@pytest.mark.fault("S5")
def test_links_that_lead_nowhere_end_and_fail_their_set_alone(service, link, rows):
    company = service.desk.company.id
    root = VENDORS.format(company=company)
    service.spoil = linking(lambda _: link(root, company), rows=rows)
    outcome = run(service)
    check_only_vendors_failed(service, outcome)
    assert len(service.set_asked("vendors")) < 120
    assert not any("evil" in each.path or "22222222" in each.path for each in service.asked)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"<html><title>Sign in</title></html>", "Sign in", id="web page"),
        pytest.param(b"", "empty", id="nothing"),
        pytest.param({"error": {"code": "X", "message": "Not today."}}, "Not today.", id="error object"),
        pytest.param(b'"later"', "later", id="text"),
        pytest.param([], "vendors", id="a list"),
    ],
)
@pytest.mark.fault("S13")
def test_what_is_no_page_is_named_with_what_it_says(service, body, said):
    service.before = lambda asked: (200, body) if "/vendors" in asked.path else None
    outcome = run(service, page_size=10)
    check_only_vendors_failed(service, outcome)
    assert said in str(outcome.error)


def test_a_byte_order_mark_is_no_part_of_a_page(service):
    calm = run(service)
    service.spoil = lambda asked, body: b"\xef\xbb\xbf" + body if "/vendors" in asked.path else body
    assert run(service).records == calm.records


@pytest.mark.parametrize(
    "fault",
    [
        refusal(400, "BadRequest", "The supplied company name is not valid."),
        refusal(404, "Internal_CompanyNotFound", "No such company."),
    ],
)
@pytest.mark.fault("S14")
def test_a_company_that_is_not_there_is_one_failure_and_not_one_for_each_set(service, fault):
    """In whichever words."""
    service.before = lambda asked: fault if "/companies(" in asked.path else None
    outcome = run(service)
    assert outcome.error is not None
    assert str(outcome.error).count('"CRONUS International Ltd."') == 1
    assert len([each for each in service.asked if "/companies(" in each.path]) <= 2 * len(SELECT)


def test_a_page_that_is_shorter_than_asked_for_is_the_last_one_only_without_a_link(service):
    calm = run(service)
    rows = {each["id"]: each for each in service.desk.rows("vendors")}
    ids = sorted(rows)

    def before(asked: Asked) -> Any:
        if "/vendors" not in asked.path:
            return None
        place = int((re.findall(r"skiptoken=(\d+)", asked.path) or ["0"])[0])
        link = VENDORS.format(company=service.desk.company.id) + f"?$skiptoken={place + 1}"
        page: dict[str, Any] = {"value": [rows[ids[place]]]}
        return 200, page | ({"@odata.nextLink": link} if place + 1 < len(ids) else {})

    service.before = before
    outcome = run(service)
    assert outcome.error is None
    assert {each["id"] for each in outcome.records["vendors"]} == {each["id"] for each in calm.records["vendors"]}


@pytest.mark.parametrize("row", [{"name": "Ghost"}, {"id": None, "name": "Ghost"}, {}])
@pytest.mark.fault("R3")
def test_a_company_that_the_service_lists_without_an_id_ends_the_run(service, row):
    """It would be asked for in vain and left out with a warning, and the run would be green."""

    def spoil(asked: Asked, body: bytes) -> bytes:
        if not asked.path.partition("?")[0].endswith("/companies"):
            return body
        page = json.loads(body)
        return json.dumps({**page, "value": [*page["value"], row]}).encode()

    service.spoil = spoil
    outcome = run(service)
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    assert not outcome.output


@pytest.mark.parametrize("error", ["The operation timed out.", {"Code": "X", "Message": "SQL"}, {}])
@pytest.mark.fault("R3")
def test_an_error_of_any_form_beside_rows_fails_its_set_and_keeps_its_bookmark(service, error):
    def spoil(asked: Asked, body: bytes) -> bytes:
        if "/vendors" not in asked.path:
            return body
        return json.dumps({**json.loads(body), "error": error}).encode()

    service.spoil = spoil
    check_only_vendors_failed(service, run(service))


def test_a_blank_stamp_is_blank_in_every_time_zone(service):
    def change(asked: Asked, body: bytes) -> bytes:
        if "/vendors" not in asked.path:
            return body
        page = json.loads(body)
        page["value"][0]["lastModifiedDateTime"] = "0001-01-01T00:00:00+01:00"
        return json.dumps(page).encode()

    service.spoil = change
    outcome = run(service)
    assert outcome.error is None
    assert outcome.records["vendors"][0]["lastModifiedDateTime"] == "0001-01-01T00:00:00Z"

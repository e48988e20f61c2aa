"""What do reports bring that are read by periods?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from emulator.in_process import Desk, json_of, open_desk
from msgspec import UNSET
from tap.desk_runs import DeskRun, DeskTransport, run_at

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.transport import Response
from tap_dynamics_bc.records.amounts import to_number
from tap_dynamics_bc.streams.reports import REPORTS

JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}
FEBRUARY = {"from": "2026-02-01", "to": "2026-02-28"}
TWO_MONTHS = {"report_periods": {"between": [FEBRUARY, JANUARY]}}


@pytest.fixture
def desk() -> Desk:
    return open_desk()


def asked(desk: Desk, report: str, filter_: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json_of(desk.ask("GET", report, filter=filter_))["value"]
    return rows


def report_filter(report: str, period: dict[str, str]) -> str:
    name = REPORTS[report].asked_by
    if REPORTS[report].of_a_moment:
        return f"{name} eq {period['to']}"
    return f"{name} ge {period['from']} and {name} le {period['to']}"


@pytest.fixture(scope="module")
def by_month() -> DeskRun:
    """All reports for two months."""
    run = run_at(DeskTransport(open_desk()), TWO_MONTHS, select=REPORTS)
    assert run.error is None
    return run


@pytest.mark.parametrize("report", sorted(REPORTS))
def test_each_report_is_read_for_each_period_with_the_period_in_its_key(by_month: DeskRun, desk: Desk, report: str):
    run = by_month
    (schema,) = [each for each in run.messages if each["type"] == "SCHEMA" and each["stream"] == report]
    period = ["period_end"] if REPORTS[report].of_a_moment else ["period_start", "period_end"]
    keys = ["company_id", *period, REPORTS[report].row_key]
    assert schema["key_properties"] == keys
    records = run.records[report]
    rows = [(each, row) for each in (JANUARY, FEBRUARY) for row in asked(desk, report, report_filter(report, each))]
    assert [record[REPORTS[report].row_key] for record in records] == [row[REPORTS[report].row_key] for _, row in rows]
    assert [record["period_end"] for record in records] == [period["to"] for period, _ in rows]
    assert len({tuple(record[key] for key in keys) for record in records}) == len(records) > 0


def test_without_the_setting_reports_are_read_as_they_come(desk: Desk):
    transport = DeskTransport(desk)
    run = run_at(transport, select=REPORTS)
    assert run.error is None
    assert run.records.keys() == REPORTS.keys()
    assert not any("period_end" in record for records in run.records.values() for record in records)
    assert all(isinstance(record["totalDebit"], str) for record in run.records["trialBalances"])
    assert not any("filter" in request.url for request in transport.asked)


def test_amounts_in_text_become_numbers_with_the_same_digits_and_headings_have_none(by_month: DeskRun, desk: Desk):
    run = by_month
    (schema,) = [each for each in run.messages if each["type"] == "SCHEMA" and each["stream"] == "trialBalances"]
    assert schema["schema"]["properties"]["totalDebit"] == {"type": ["number", "null"]}
    cash, heading = (
        next(record for record in run.records["trialBalances"] if wanted(record))
        for wanted in (lambda each: each["number"] == "2910", lambda each: each["accountType"] == "Heading")
    )
    (row,) = [
        row for row in asked(desk, "trialBalances", report_filter("trialBalances", JANUARY)) if row["number"] == "2910"
    ]
    assert cash["balanceAtDateCredit"] == Decimal(row["balanceAtDateCredit"].replace(",", "")) > 1_000
    assert (heading["totalDebit"], heading["display"]) == (None, heading["display"]) != (None, "")


def test_a_catalog_from_before_does_not_call_amounts_text(desk: Desk):
    names = {"accountId": {"type": "string"}, "totalDebit": {"type": ["string", "null"]}}
    entry = {
        "tap_stream_id": "trialBalances",
        "schema": {"properties": names},
        "key_properties": ["company_id", "dateFilter", "accountId"],
        "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
    }
    run = run_at(DeskTransport(desk), TWO_MONTHS, catalog={"streams": [entry]})
    (schema,) = [each for each in run.messages if each["type"] == "SCHEMA"]
    assert schema["key_properties"] == ["company_id", "period_start", "period_end", "accountId"]
    assert schema["schema"]["properties"]["totalDebit"] == {"type": ["number", "null"]}
    assert {type(record["totalDebit"]) for record in run.records["trialBalances"]} == {Decimal, type(None)}


def test_reports_are_asked_for_in_english_whatever_the_language_of_the_connection(desk: Desk):
    transport = DeskTransport(desk)
    run_at(transport, {**TWO_MONTHS, "accept_language": "de-DE"}, select=["trialBalances", "currencies"])
    languages = {
        request.target.set: request.headers["Accept-Language"] for request in transport.asked if request.target
    }
    assert (languages["trialBalances"], languages["currencies"]) == ("en-US", "de-DE")


def test_a_period_that_cannot_be_read_is_named_and_the_others_are_read(desk: Desk):
    refusal = b'{"error":{"code":"Application_DialogException","message":"The report has no set-up."}}'

    def before(request):
        if "2026-01-31" in request.url:
            transport.misfortunes.append(Response(400, {}, refusal))

    transport = DeskTransport(desk, before=before)
    run = run_at(transport, TWO_MONTHS, select=["balanceSheets"])
    assert "balanceSheets" in str(run.error)
    assert "as of 2026-01-31" in str(run.error)
    assert {record["period_end"] for record in run.records["balanceSheets"]} == {"2026-02-28"}


def test_periods_that_are_read_side_by_side_come_in_their_order(desk: Desk):
    one_by_one, side_by_side = (
        run_at(DeskTransport(desk), {"report_periods": {"month": 8}, "max_concurrent_requests": count}, select=REPORTS)
        for count in (1, 5)
    )
    assert one_by_one.output == side_by_side.output


def test_a_report_that_is_read_twice_has_the_same_keys(by_month: DeskRun, desk: Desk):
    again = run_at(DeskTransport(desk), TWO_MONTHS, select=["balanceSheets"])
    assert again.records["balanceSheets"] == by_month.records["balanceSheets"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("72,893.84", b"72893.84"),
        ("0.00", b"0.00"),
        ("1,234,567", b"1234567"),
        ("-12.50", b"-12.50"),
        ("1234.5", b"1234.5"),
    ],
)
def test_an_amount_keeps_the_digits_of_the_service(text, number):
    assert bytes(to_number(text)) == number
    assert msgspec.json.decode(number, strict=True) is not None


def test_a_blank_amount_is_null_and_an_absent_one_stays_absent():
    assert to_number("") is None
    assert to_number(None) is None
    assert to_number(UNSET) is UNSET


@pytest.mark.parametrize("text", ["72.893,84", "12,34", "1,2345.00", "n/a", "007", "1e5", "٣"])
def test_what_is_no_english_amount_is_refused(text):
    with pytest.raises(UnexpectedAnswer, match="is not an amount such as"):
        to_number(text)

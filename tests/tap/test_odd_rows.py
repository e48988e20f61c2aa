"""Rows that are not what the metadata says never break a run, and what they hold arrives as it came."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from tap.desk_runs import DeskRun, run_at
from tap.desk_service import Asked, DeskService, refusal, spoiled_rows

SELECT = ("customers", "salesInvoices", "salesInvoiceLines")


@pytest.fixture
def service() -> DeskService:
    return DeskService()


@pytest.fixture(scope="module")
def calm() -> DeskRun:
    return run(DeskService())


def run(service: DeskService, select=SELECT, **config: Any) -> DeskRun:
    return run_at(service, service.config(max_concurrent_requests=1, **config), select=select)  # type: ignore[arg-type]


def changing(change: Any):
    """Every customer and every invoice line is changed on its way."""

    def spoil(asked: Asked, body: bytes) -> bytes:
        if "/customers" in asked.path:
            return spoiled_rows(body, change)
        if "/salesInvoices" not in asked.path:
            return body
        return spoiled_rows(body, lambda row: [change(line) for line in row.get("salesInvoiceLines", ())])

    return spoil


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("blocked", "Some_x0020_New_x0020_Member", id="an enum member nobody knew"),
        pytest.param("blocked", "", id="an enum member that is blank text"),
        pytest.param("blocked", None, id="null in an enum"),
        pytest.param("balanceDue", "12.50", id="a number as text"),
        pytest.param("balanceDue", "NaN", id="NaN as text"),
        pytest.param("balanceDue", None, id="null in a number"),
        pytest.param("currencyId", None, id="null in a GUID"),
        pytest.param("displayName", None, id="null in text"),
        pytest.param("displayName", 5, id="a number in text"),
        pytest.param("displayName", {"deep": [1, {"er": None}]}, id="an object in text"),
        pytest.param("lastModifiedDateTime", None, id="null in the stamp"),
        pytest.param("lastModifiedDateTime", "0001-01-01T00:00:00Z", id="the year 1 in the stamp"),
    ],
)
def test_a_value_that_is_not_what_was_promised_arrives_and_costs_no_row(service, calm, name, value):
    service.spoil = changing(lambda row: row.update({name: value} if name in row else {}))
    outcome = run(service)
    assert outcome.error is None
    assert {each: len(outcome.records[each]) for each in SELECT} == {each: len(calm.records[each]) for each in SELECT}
    found = outcome.records["customers"][0][name]
    decoded = {"Some_x0020_New_x0020_Member": "Some New Member", "0001-01-01T00:00:00Z": None}
    assert found == value or found == decoded.get(str(value), value) or (name == "blocked" and found is None)


def test_dates_of_the_year_1_and_zero_guids_are_null(service):
    blank = {"lastPaymentDate": "0001-01-01", "currencyId": "00000000-0000-0000-0000-000000000000"}
    service.spoil = changing(lambda row: row.update({name: value for name, value in blank.items() if name in row}))
    outcome = run(service, ["customers"])
    assert {record["currencyId"] for record in outcome.records["customers"]} == {None}


def test_properties_that_nobody_promised_are_passed_over(service, calm):
    service.spoil = changing(lambda row: row.update({"surprise": 1, "another@odata.type": "#x", "error": "none"}))
    outcome = run(service)
    assert outcome.error is None
    assert outcome.records == calm.records


def test_digits_are_those_that_came(service):
    def spoil(asked: Asked, body: bytes) -> bytes:
        return body.replace(b'"balanceDue":0,', b'"balanceDue":0.10000000000000000001,')

    service.spoil = spoil
    outcome = run(service, ["customers"])
    assert Decimal("0.10000000000000000001") in {each["balanceDue"] for each in outcome.records["customers"]}


@pytest.mark.fault("S8")
def test_a_row_with_half_a_character_arrives_and_is_named(service, caplog):
    """With a sign in its place, in every run, and its set is read."""
    bad = service.desk.rows("customers")[2]

    def spoil(asked: Asked, body: bytes) -> bytes:
        name = json.dumps(bad["displayName"]).encode()
        return (
            body.replace(b'"displayName":' + name, b'"displayName":"half \\ud83d"')
            if "customers" in asked.path
            else body
        )

    service.spoil = spoil
    outcome = run(service, ["customers"])
    assert outcome.error is None
    assert [each["id"] for each in outcome.records["customers"] if each["displayName"] == "half \ufffd"] == [bad["id"]]
    assert bad["id"] in caplog.text


# --- properties that are gone -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["displayName", "description"])
def test_a_property_that_no_row_has_is_said_once_and_is_no_failure(service, calm, caplog, name):
    service.spoil = changing(lambda row: row.pop(name, None))
    outcome = run(service, page_size=20)
    assert outcome.error is None
    stream = "customers" if name == "displayName" else "salesInvoiceLines"
    assert caplog.text.count(f"The metadata promises {name} of {stream}") == 1
    assert len(outcome.records[stream]) == len(calm.records[stream])
    assert all(name not in record for record in outcome.records[stream])


@pytest.mark.parametrize("count", [0, 1])
def test_documents_of_so_few_lines_are_no_reason_to_miss_a_property(service, calm, caplog, count):
    def spoil(asked: Asked, body: bytes) -> bytes:
        if "/salesInvoices" not in asked.path:
            return body
        return spoiled_rows(body, lambda row: row.update(salesInvoiceLines=row["salesInvoiceLines"][:count]))

    service.spoil = spoil
    outcome = run(service)
    assert outcome.error is None
    assert "promises" not in caplog.text
    assert len(outcome.records["salesInvoiceLines"]) == count * len(calm.records["salesInvoices"])


def test_a_property_that_some_rows_lack_is_not_said_to_be_gone(service, caplog):
    seen: list[Any] = []

    def change(row: dict[str, Any]) -> None:
        seen.append(row["id"])
        if len(seen) % 2:
            row.pop("displayName", None)

    service.spoil = changing(change)
    assert run(service, ["customers"]).error is None
    assert "promises" not in caplog.text


@pytest.mark.parametrize(("stream", "name"), [("customers", "displayName"), ("salesInvoiceLines", "description")])
def test_a_property_that_the_service_refuses_to_be_asked_for_is_asked_for_no_more(service, calm, caplog, stream, name):
    """Gone between the metadata and the pages: the rest of the rows arrives, lines too."""
    message = f"Could not find a property named '{name}' on type 'Microsoft.NAV.{stream[:-1]}'."
    named = re.compile(rf"\$select=[^&;)]*\b{name}\b")
    service.before = lambda asked: refusal(400, "BadRequest", message) if named.search(asked.path) else None
    outcome = run_some(service, stream, without="taxAreaId" if stream == "customers" else "taxPercent")
    assert outcome.error is None
    assert len([each for each in service.asked if named.search(each.path)]) <= 2  # also without Data-Access-Intent
    assert caplog.text.count(f"The metadata promises {name} of {stream}") == 1
    assert len(outcome.records[stream]) == len(calm.records[stream])
    assert all(name not in record for record in outcome.records[stream])
    assert outcome.bookmark(stream, service.desk.company.id) is not None


def test_a_stamp_that_the_service_refuses_to_be_asked_for_fails_its_set_and_is_not_left_out(service, caplog):
    """Without it nobody would know what has changed."""
    message = "Could not find a property named 'lastModifiedDateTime' on type 'Microsoft.NAV.customer'."
    service.before = lambda asked: refusal(400, "BadRequest", message) if "/customers" in asked.path else None
    outcome = run_some(service, "customers", without="taxAreaId")
    assert 'customers of "CRONUS International Ltd."' in str(outcome.error)
    assert "promises" not in caplog.text
    assert all("lastModifiedDateTime" in each.path for each in service.asked if "/customers?" in each.path)


def run_some(service: DeskService, stream: str, *, without: str) -> DeskRun:
    """A run that selects all properties of a stream but one, so that they are asked for by name."""
    metadata = [
        {"breadcrumb": [], "metadata": {"selected": True}},
        {"breadcrumb": ["properties", without], "metadata": {"selected": False}},
    ]
    entry = {"tap_stream_id": stream, "stream": stream, "metadata": metadata}
    return run_at(service, service.config(), catalog={"streams": [entry]})  # type: ignore[arg-type]

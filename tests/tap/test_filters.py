"""Only rows that meet a stream's filter are read, and no row is lost for it when the filter changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tap.desk_runs import DeskRun, run_at
from tap.desk_service import DeskService, refusal
from tap.sample_metadata import METADATA
from tap.test_plans import COMPANY, ID

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import QUERY_STRING_CHARACTERS
from tap_dynamics_bc.reads.bookmarks import Bookmarks, Partition
from tap_dynamics_bc.reads.places import Selection, source_places
from tap_dynamics_bc.reads.plan import plan_reads
from tap_dynamics_bc.settings import TapSettings
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.filters import checked_filter, checked_filters
from tap_dynamics_bc.streams.replication import Moment, Start

STREAMS = describe_streams(METADATA)


def run(service: DeskService, select, *, filters, state=None, **config: Any) -> DeskRun:
    return run_at(service, service.config(filters=filters, **config), select=select, state=state)  # type: ignore[arg-type]


@pytest.fixture
def service() -> DeskService:
    return DeskService()


def urls(source: str, *selected: str, filters: dict[str, str], start: Start | None = None) -> list[str]:
    selections = {
        name: Selection(STREAMS[name].columns, tuple(STREAMS[name].properties), STREAMS[name].replication)
        for name in selected
    }
    place = source_places(STREAMS, selections, filters)[source]
    reads = plan_reads([place], [COMPANY], lambda _: start or Start())
    return [read.query(each).query_string for read in reads for each in read.place.requests]


SINCE = Start("2026-01-01T00:00:00.000Z", with_blank=True)


def test_a_filter_is_joined_with_what_changed_each_in_parentheses():
    (query,) = urls("customers", "customers", filters={"customers": "a eq 1 or a eq 2"}, start=SINCE)
    stamp = "lastModifiedDateTime"
    assert query.partition("$filter=")[2] == (
        f"({stamp}%20ge%202026-01-01T00:00:00.000Z%20or%20{stamp}%20eq%200001-01-01T00:00:00Z)"
        "%20and%20(a%20eq%201%20or%20a%20eq%202)"
    )


def test_a_filter_alone_stands_alone():
    (query,) = urls("customers", "customers", filters={"customers": "number eq '1'"})
    assert query.endswith("$filter=number%20eq%20'1'")


def test_a_filter_of_rows_that_come_with_parents_goes_into_the_expansion():
    (query,) = urls(
        "salesInvoices", "salesInvoices", "salesInvoiceLines", filters={"salesInvoiceLines": "quantity gt 1"}
    )
    assert query == "$expand=salesInvoiceLines($filter=quantity%20gt%201)"


def test_a_filter_of_parents_holds_for_all_requests_that_go_through_them_also_when_they_are_not_selected():
    found = urls("salesInvoices", "salesInvoiceLines", "dimensionSetLines", filters={"salesInvoices": "number gt '5'"})
    assert len(found) == 2
    assert all(each.endswith("$filter=number%20gt%20'5'") for each in found)


# --- what makes no sense ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("BLOCKED eq ' '", "blocked eq ' '"),
        (
            "startswith(Number,'NUMBER') and not (blocked eq 'All')",
            "startswith(number,'NUMBER') and not (blocked eq 'All')",
        ),
        ("currencyid eq 00000000-0000-0000-0000-000000000000", "currencyId eq 00000000-0000-0000-0000-000000000000"),
        ("lastModifiedDateTime gt 2026-01-28T10:00:00.000Z", "lastModifiedDateTime gt 2026-01-28T10:00:00.000Z"),
        ("balanceDue ge -10.5\n  or balanceDue eq 1e3", "balanceDue ge -10.5 or balanceDue eq 1e3"),
        ("number eq 'O''Brien (in all) names'", "number eq 'O''Brien (in all) names'"),
        ("blocked eq Microsoft.NAV.blocked'All'", "blocked eq Microsoft.NAV.blocked'All'"),
        ("balanceDue eq null or balanceDue eq true", "balanceDue eq null or balanceDue eq true"),
    ],
)
def test_properties_are_found_in_any_case_and_nothing_else_is_changed(given, spelled):
    assert checked_filter(STREAMS["customers"], given) == spelled


@pytest.mark.parametrize(
    ("filter_", "said"),
    [
        ("blokked eq ' '", "did you mean blocked?"),
        ("number eq '5", "quote that does not close"),
        ("(number eq '5'", "brackets that do not match"),
        ("number eq '5')(", "brackets that do not match"),
        ("number in ('1','2')", "may ignore"),
        ("dimensionSetLines/any(d: d/code eq 'X')", "may ignore"),
    ],
)
def test_a_filter_that_cannot_mean_anything_is_named(filter_, said):
    with pytest.raises(ConfigurationError, match="customers") as raised:
        checked_filters({"Customers": filter_}, STREAMS)
    assert said in str(raised.value)
    assert raised.value.exit_code == 2


def test_a_stream_that_is_not_there_is_named_with_the_nearest_unless_it_was_there_before():
    with pytest.raises(ConfigurationError, match="did you mean customers"):
        checked_filters({"custmers": "number eq '1'"}, STREAMS)
    assert checked_filters({"vanished": "number eq '1'"}, STREAMS, read_before={"vanished"}) == {}


@pytest.mark.parametrize("stream", ["pictures", "environments"])
def test_what_cannot_be_filtered_is_refused(stream):
    with pytest.raises(ConfigurationError, match="cannot be asked for"):
        checked_filters({stream: "id eq 1"}, STREAMS)


@pytest.mark.parametrize("value", [{"customers": 1}, ["customers"], "{", {"customers": None}])
def test_what_is_no_mapping_of_filters_is_refused(value):
    with pytest.raises(ConfigurationError, match="filters"):
        TapSettings.from_config({"filters": value})


def test_filters_may_come_as_text_and_blank_ones_are_none():
    settings = TapSettings.from_config({"filters": json.dumps({"customers": " number eq '1' ", "vendors": " "})})
    assert settings.filters == {"customers": "number eq '1'"}


# --- bookmarks --------------------------------------------------------------------------------------------------------

AT, LATER = "2026-01-20T00:00:00.000Z", "2026-01-21T00:00:00.000Z"


def partition(filter_: str = "") -> Partition:
    return Partition("customers", Moment("lastModifiedDateTime"), ID, filter=filter_)


def after(*filters: str) -> Bookmarks:
    """Bookmarks after runs with these filters."""
    state: dict[str, Any] = {}
    for number, filter_ in enumerate(filters):
        bookmarks = Bookmarks(state)
        bookmarks.advance(partition(filter_), highest=AT if number == 0 else LATER, ceiling=LATER)
        state = bookmarks.to_state()
    return Bookmarks(state)


@pytest.mark.parametrize(
    ("before", "now", "start"),
    [
        pytest.param("", "a eq 1", AT, id="set: all rows were read before"),
        pytest.param("a eq 1", "a eq 1", AT, id="kept"),
        pytest.param("a eq 1", "", None, id="taken away"),
        pytest.param("a eq 1", "a eq 2", None, id="changed"),
    ],
)
def test_rows_that_an_earlier_filter_kept_back_are_read(before, now, start):
    assert after(before).start(partition(now)).at == start


def test_a_bookmark_keeps_the_filter_that_it_was_read_with():
    (entry,) = after("", "a eq 1").to_state()["customers"]["partitions"]
    assert entry["filter"] == "a eq 1"
    (entry,) = after("a eq 1", "").to_state()["customers"]["partitions"]
    assert "filter" not in entry


def test_a_bookmark_of_another_filter_does_not_hold_a_lower_one_back():
    bookmarks = after("a eq 1")
    bookmarks.advance(partition("a eq 2"), highest="2025-01-01T00:00:00.000Z", ceiling=LATER)
    assert bookmarks.start(partition("a eq 2")).at == "2025-01-01T00:00:00.000Z"


# --- the service ------------------------------------------------------------------------------------------------------


def test_filtered_rows_arrive_and_no_others(service):
    calm = run(service, ["salesInvoices", "salesInvoiceLines"], filters={})
    wanted = {each["id"] for each in calm.records["salesInvoices"] if each["status"] == "Open"}
    assert 0 < len(wanted) < len(calm.records["salesInvoices"])
    found = run(service, ["salesInvoices", "salesInvoiceLines"], filters={"SALESINVOICES": "Status eq 'Open'"})
    assert found.error is None
    assert {each["id"] for each in found.records["salesInvoices"]} == wanted
    assert {each["documentId"] for each in found.records["salesInvoiceLines"]} <= wanted
    assert found.bookmark("salesInvoices", service.desk.company.id) is not None


def test_filtered_lines_arrive_and_no_others(service):
    calm = run(service, ["salesInvoiceLines"], filters={})
    wanted = {each["id"] for each in calm.records["salesInvoiceLines"] if each["lineType"] == "Item"}
    assert 0 < len(wanted) < len(calm.records["salesInvoiceLines"])
    found = run(service, ["salesInvoiceLines"], filters={"salesInvoiceLines": "lineType eq 'Item'"})
    assert found.error is None
    assert {each["id"] for each in found.records["salesInvoiceLines"]} == wanted


def test_filtered_lines_that_cannot_be_expanded_are_filtered_where_they_are_listed(service):
    filters = {"salesInvoiceLines": "lineType eq 'Item'"}
    expanded = run(service, ["salesInvoices", "salesInvoiceLines"], filters=filters)
    cannot = refusal(400, "Application_DialogException", "You must specify an Id or a Document Id to get the lines.")
    service.before = lambda asked: cannot if "$expand=" in asked.path and "/salesInvoices" in asked.path else None
    listed = run(service, ["salesInvoices", "salesInvoiceLines"], filters=filters)
    assert listed.error is None
    assert any(")/salesInvoiceLines?" in each.path for each in service.asked)
    assert listed.records == expanded.records


def test_a_filter_that_is_too_long_for_the_gateway_travels_in_a_batch_with_its_next_pages(service):
    numbers = [row["number"] for row in service.desk.rows("customers")][:4]
    chain = " or ".join(f"number eq '{each}'" for each in [*numbers, *(f"NOBODY-{each}" for each in range(500))])
    assert len(chain) > QUERY_STRING_CHARACTERS
    found = run(service, ["customers"], filters={"customers": chain}, page_size=3)
    assert found.error is None
    assert {each["number"] for each in found.records["customers"]} == set(numbers)
    asked = service.set_asked("customers")
    assert [each.in_batch for each in asked] == [True, True]
    assert "skiptoken" in asked[1].path


def test_a_filter_that_makes_no_sense_ends_the_run_before_anything_is_read(service):
    found = run(service, ["customers"], filters={"customers": "blokked eq ' '"})
    assert isinstance(found.error, ConfigurationError)
    assert found.records == {}


def test_a_filter_that_the_service_refuses_is_named_with_its_refusal(service):
    found = run(service, ["customers", "vendors"], filters={"customers": "number eq 5"})
    assert "Check the filter of customers." in str(found.error)
    assert found.records["vendors"]

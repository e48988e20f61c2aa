"""From where does a read start, and what may the next one rely on?"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.bookmarks import (
    Bookmarks,
    Partition,
    Start,
    ceiling,
    check_companies,
    check_source,
    earliest,
    order,
    unwrapped,
)

CUSTOMERS = Partition("customers", "lastModifiedDateTime", "aaaa")
CEILING = "2026-01-28T09:30:00.000Z"


def state_with(value: str, **context: str) -> dict:
    entry = {
        "context": {"company_id": "aaaa", **context},
        "replication_key": "lastModifiedDateTime",
        "replication_key_value": value,
    }
    return {"bookmarks": {"customers": {"partitions": [entry]}}}


def bookmark(state: dict, stream: str = "customers") -> str:
    return state["bookmarks"][stream]["partitions"][0]["replication_key_value"]


def test_a_first_read_sends_no_filter():
    assert Bookmarks({}).start(CUSTOMERS).filter("lastModifiedDateTime") == ""


def test_a_first_read_with_a_start_date_also_takes_rows_that_were_never_stamped():
    start = Bookmarks({}, start_date="2026-01-01T00:00:00.000Z").start(CUSTOMERS)
    assert start.filter("lastModifiedDateTime") == (
        "lastModifiedDateTime ge 2026-01-01T00:00:00.000Z or lastModifiedDateTime eq 0001-01-01T00:00:00Z"
    )
    assert start.takes("0001-01-01T00:00:00Z")
    assert not start.takes("2025-12-31T23:59:59.997Z")


def test_a_later_read_starts_at_the_bookmark_and_not_behind_it():
    start = Bookmarks(state_with("2026-01-20T08:00:00.55Z"), start_date="2026-01-25T00:00:00.000Z").start(CUSTOMERS)
    assert start.filter("lastModifiedDateTime") == "lastModifiedDateTime ge 2026-01-20T08:00:00.550Z"
    assert start.takes("2026-01-20T08:00:00.55Z")
    assert not start.takes("2026-01-20T08:00:00.547Z")


def test_a_stream_without_a_stamp_is_read_whole_and_has_no_bookmark():
    state: dict = {}
    bookmarks = Bookmarks(state, start_date="2026-01-01T00:00:00.000Z")
    whole = Partition("disputeStatus", None, "aaaa")
    bookmarks.advance(whole, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmarks.start(whole) == Start()
    assert state == {}


def test_a_bookmark_is_the_highest_stamp_in_a_fixed_format():
    state: dict = {}
    Bookmarks(state).advance(CUSTOMERS, highest="2026-01-20T08:00:00.5Z", ceiling=CEILING)
    assert state == state_with("2026-01-20T08:00:00.500Z")


def test_a_bookmark_does_not_pass_the_start_of_the_run_less_the_lookback():
    state: dict = {}
    run_started_at = datetime(2026, 1, 28, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    Bookmarks(state).advance(
        CUSTOMERS, highest="2026-01-28T09:59:00Z", ceiling=ceiling(run_started_at, timedelta(minutes=30))
    )
    assert bookmark(state) == "2026-01-28T09:30:00.000Z"


def test_a_bookmark_never_goes_backwards():
    state = state_with("2026-01-28T09:45:00.000Z")
    Bookmarks(state).advance(CUSTOMERS, highest="2026-01-28T09:50:00Z", ceiling=CEILING)
    assert bookmark(state) == "2026-01-28T09:45:00.000Z"


@pytest.mark.parametrize("highest", [None, "0001-01-01T00:00:00Z"])
def test_rows_without_a_stamp_make_no_bookmark(highest):
    state: dict = {}
    Bookmarks(state).advance(CUSTOMERS, highest=highest, ceiling=CEILING)
    assert state == {}


def test_a_context_is_matched_by_company_id_whatever_else_it_holds():
    state = state_with("2026-01-20T08:00:00Z", company_name="A name of old")
    assert (
        Bookmarks(state).start(Partition("customers", "lastModifiedDateTime", "AAAA")).at == "2026-01-20T08:00:00.000Z"
    )
    assert state["bookmarks"]["customers"]["partitions"][0]["context"] == {"company_id": "aaaa"}


def test_of_two_bookmarks_of_one_company_the_lower_one_counts():
    state = state_with("2026-01-20T08:00:00Z", company_name="one")
    state["bookmarks"]["customers"]["partitions"] += state_with("2026-01-10T08:00:00Z", company_name="two")[
        "bookmarks"
    ]["customers"]["partitions"]
    assert Bookmarks(state).start(CUSTOMERS).at == "2026-01-10T08:00:00.000Z"
    assert len(state["bookmarks"]["customers"]["partitions"]) == 1


def test_parent_sets_of_one_stream_have_bookmarks_of_their_own():
    state: dict = {}
    bookmarks = Bookmarks(state)
    one = Partition("dimensionSetLines", "parent_modified_at", "aaaa", "salesInvoices")
    other = Partition("dimensionSetLines", "parent_modified_at", "aaaa", "salesInvoices/salesInvoiceLines")
    bookmarks.advance(one, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmarks.start(one).at == "2026-01-20T08:00:00.000Z"
    assert bookmarks.start(other) == Start()


def test_a_bookmark_over_another_property_does_not_count():
    assert (
        Bookmarks(state_with("2026-01-20T08:00:00Z")).start(Partition("customers", "systemModifiedAt", "aaaa"))
        == Start()
    )


def test_a_shared_query_starts_at_the_lowest_of_its_starts():
    early, late = Start("2026-01-01T00:00:00.000Z", with_blank=True), Start("2026-01-20T00:00:00.000Z")
    assert earliest([late, early]) == early
    assert earliest([late, Start()]) == Start()
    assert earliest([]) == Start()


moments = st.datetimes().map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))


def trimmed(moment: datetime) -> str:
    return (
        moment.isoformat(timespec="milliseconds").rstrip("0").rstrip(".") + "Z"
        if moment.microsecond
        else moment.isoformat(timespec="seconds") + "Z"
    )


@given(moments, moments)
def test_stamps_as_the_service_trims_them_compare_as_moments(one, other):
    assert (order(trimmed(one)) < order(trimmed(other))) == (one < other)
    assert Start(other.isoformat(timespec="milliseconds") + "Z").takes(trimmed(one)) == (one >= other)


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        {"context": "aaaa"},
        {"replication_key_value": "2026"},
        {"context": {"company_id": "a"}, "replication_key_value": "soon"},
    ],
)
def test_a_bookmark_that_cannot_be_read_is_named(entry):
    with pytest.raises(ConfigurationError, match="customers"):
        Bookmarks({"bookmarks": {"customers": {"partitions": [entry]}}})


def test_a_state_of_another_environment_is_refused_with_a_way_out():
    state = {"source": {"tenant_id": "t", "environment_name": "Production"}}
    assert check_source(state, {"tenant_id": "T", "environment_name": "production"})
    assert check_source({}, {"environment_name": "Production"})
    with pytest.raises(ConfigurationError, match=r"\(t, Production\), not of this one \(t, Sandbox\).*without --state"):
        check_source(state, {"tenant_id": "t", "environment_name": "Sandbox"})


GUID, OTHER_GUID = "7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30", "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"tenant_id": GUID}, {"tenant_id": "contoso.com"}),
        ({"tenant_id": "contoso.onmicrosoft.com"}, {"tenant_id": "contoso.com"}),
        ({"tenant_id": GUID}, {}),
        ({"full_url": "https://api.example/v2.0/Production/api/v2.0"}, {"tenant_id": GUID}),
    ],
)
def test_a_tenant_that_is_named_in_another_way_is_told_by_its_companies(theirs, ours):
    named = theirs if "full_url" in theirs else {**theirs, "environment_name": "Production"}
    source = {**ours, "environment_name": "Production"}
    state = {**state_with("2026-01-20T08:00:00Z"), "source": named}
    assert not check_source(state, source)
    check_companies(state, source, ["AAAA", "bbbb"])
    with pytest.raises(ConfigurationError, match=r"another environment.*without --state"):
        check_companies(state, source, ["bbbb"])


@pytest.mark.parametrize(
    "ours",
    [
        {"tenant_id": OTHER_GUID, "environment_name": "Production"},
        {"tenant_id": "contoso.com", "environment_name": "Sandbox"},
    ],
)
def test_another_tenant_or_environment_is_refused_whatever_its_companies(ours):
    with pytest.raises(ConfigurationError, match="another environment"):
        check_source({"source": {"tenant_id": GUID, "environment_name": "Production"}}, ours)


def test_of_two_bookmarks_of_one_company_one_without_a_value_counts():
    state = state_with("2026-01-20T08:00:00Z")
    state["bookmarks"]["customers"]["partitions"].append({"context": {"company_id": "aaaa"}})
    assert Bookmarks(state).start(CUSTOMERS) == Start()


def test_a_state_may_come_inside_its_message():
    state = state_with("2026-01-20T08:00:00Z")
    assert unwrapped(state) is unwrapped({"value": state}) is unwrapped({"type": "STATE", "value": state}) is state
    assert unwrapped({}) == {}


@pytest.mark.parametrize(
    "state", [[], {"value": 1}, {"bookmarks": []}, {"a": 1}, {"type": "STATE"}, {"value": {"a": 1}}]
)
def test_what_is_no_state_is_not_taken_for_an_empty_one(state):
    with pytest.raises(ConfigurationError):
        unwrapped(state)


def test_a_bookmark_of_no_company_is_refused():
    entry = {"replication_key": "lastModifiedDateTime", "replication_key_value": "2026-01-20T08:00:00Z"}
    with pytest.raises(ConfigurationError, match=r'"customers".*which company.*without --state'):
        Bookmarks({"bookmarks": {"customers": entry}})

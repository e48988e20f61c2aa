"""From where does a read start, and what may the next one rely on?"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import ConfigurationError, UnexpectedAnswer
from tap_dynamics_bc.reads.bookmarks import Bookmarks, Partition
from tap_dynamics_bc.reads.states import Kinship, check_companies, kinship, unwrapped
from tap_dynamics_bc.streams.replication import WHOLE, Moment, Start, earliest
from tap_dynamics_bc.streams.stamps import order

if TYPE_CHECKING:
    from datetime import datetime

STAMPED = Moment("lastModifiedDateTime")
CUSTOMERS = Partition("customers", STAMPED, "aaaa")
CEILING = "2026-01-28T09:30:00.000Z"


def bookmarks_with(value: str, **context: str) -> dict:
    entry = {
        "context": {"company_id": "aaaa", **context},
        "replication_key": "lastModifiedDateTime",
        "replication_key_value": value,
    }
    return {"customers": {"partitions": [entry]}}


def bookmark(bookmarks: Bookmarks, stream: str = "customers") -> str:
    return bookmarks.to_state()[stream]["partitions"][0]["replication_key_value"]


def bound(start: Start) -> str:
    return STAMPED.lower_bound("lastModifiedDateTime", start)


def test_a_first_read_sends_no_filter():
    assert bound(Bookmarks({}).start(CUSTOMERS)) == ""


def test_a_first_read_with_a_start_date_also_takes_rows_that_were_never_stamped():
    start = Bookmarks({}, start_date="2026-01-01T00:00:00.000Z").start(CUSTOMERS)
    assert bound(start) == (
        "lastModifiedDateTime ge 2026-01-01T00:00:00.000Z or lastModifiedDateTime eq 0001-01-01T00:00:00Z"
    )
    assert STAMPED.takes(start, "0001-01-01T00:00:00Z")
    assert not STAMPED.takes(start, "2025-12-31T23:59:59.997Z")


def test_a_later_read_starts_at_the_bookmark_and_not_behind_it():
    start = Bookmarks(bookmarks_with("2026-01-20T08:00:00.55Z"), start_date="2026-01-25T00:00:00.000Z").start(CUSTOMERS)
    assert bound(start) == "lastModifiedDateTime ge 2026-01-20T08:00:00.550Z"
    assert STAMPED.takes(start, "2026-01-20T08:00:00.55Z")
    assert not STAMPED.takes(start, "2026-01-20T08:00:00.547Z")


def test_a_stream_without_a_stamp_is_read_whole_and_has_no_bookmark():
    bookmarks = Bookmarks({}, start_date="2026-01-01T00:00:00.000Z")
    whole = Partition("disputeStatus", WHOLE, "aaaa")
    bookmarks.advance(whole, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmarks.start(whole) == Start()
    assert bookmarks.to_state() == {}


def test_a_bookmark_is_the_highest_stamp_in_a_fixed_format():
    bookmarks = Bookmarks({})
    bookmarks.advance(CUSTOMERS, highest="2026-01-20T08:00:00.5Z", ceiling=CEILING)
    assert bookmarks.to_state() == bookmarks_with("2026-01-20T08:00:00.500Z")


def test_a_bookmark_does_not_pass_the_ceiling():
    bookmarks = Bookmarks({})
    bookmarks.advance(CUSTOMERS, highest="2026-01-28T09:59:00Z", ceiling=CEILING)
    assert bookmark(bookmarks) == CEILING


def test_a_bookmark_never_goes_backwards():
    bookmarks = Bookmarks(bookmarks_with("2026-01-28T09:45:00.000Z"))
    bookmarks.advance(CUSTOMERS, highest="2026-01-28T09:50:00Z", ceiling=CEILING)
    assert bookmark(bookmarks) == "2026-01-28T09:45:00.000Z"
    assert bookmarks.moved == 0


def test_after_a_read_of_blank_stamps_the_bookmark_is_the_ceiling():
    """Or a table that nobody has touched since stamps came to be is read whole in every run."""
    bookmarks = Bookmarks({})
    bookmarks.advance(CUSTOMERS, highest="0001-01-01T00:00:00Z", ceiling=CEILING)
    assert bookmark(bookmarks) == CEILING


def test_a_read_without_rows_makes_no_bookmark():
    """What arrives there later may bring old stamps."""
    bookmarks = Bookmarks({})
    bookmarks.advance(CUSTOMERS, highest=None, ceiling=CEILING)
    assert bookmarks.to_state() == {}


def test_a_bookmark_in_the_future_is_forgotten_and_named():
    bookmarks = Bookmarks(bookmarks_with("2030-01-28T09:45:00.000Z"))
    assert bookmarks.distrust("2026-01-28T10:05:00.000Z") == [("customers", "2030-01-28T09:45:00.000Z")]
    assert bookmarks.start(CUSTOMERS) == Start()
    bookmarks.advance(CUSTOMERS, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmark(bookmarks) == "2026-01-20T08:00:00.000Z"


def test_a_bookmark_that_clocks_may_differ_by_is_kept():
    bookmarks = Bookmarks(bookmarks_with("2026-01-28T10:04:59.000Z"))
    assert bookmarks.distrust("2026-01-28T10:05:00.000Z") == []
    assert (bookmark(bookmarks), bookmarks.moved) == ("2026-01-28T10:04:59.000Z", 0)


def test_a_company_that_was_deleted_can_be_forgotten():
    given = bookmarks_with("2026-01-20T08:00:00.000Z")
    given["customers"]["partitions"] += bookmarks_with("2026-01-20T08:00:00.000Z", company_id="bbbb")["customers"][
        "partitions"
    ]
    bookmarks = Bookmarks(given)
    assert bookmarks.forget_companies(["BBBB", "cccc"]) == ["bbbb"]
    assert bookmarks.company_ids == ["aaaa"]
    assert bookmarks.to_state() == bookmarks_with("2026-01-20T08:00:00.000Z")


def test_a_highest_stamp_that_is_no_moment_is_refused():
    with pytest.raises(UnexpectedAnswer, match="lastModifiedDateTime must be"):
        Bookmarks({}).advance(CUSTOMERS, highest="2026-02-30T00:00:00Z", ceiling=CEILING)


def test_the_given_state_is_left_as_it_is_and_what_is_not_read_is_kept():
    given = {**bookmarks_with("2026-01-20T08:00:00.000Z"), "wombats": {"partitions": [{"context": {}}], "note": "kept"}}
    before = copy.deepcopy(given)
    bookmarks = Bookmarks(given)
    bookmarks.advance(CUSTOMERS, highest="2026-01-21T08:00:00Z", ceiling=CEILING)
    assert given == before
    assert bookmarks.to_state() == {**before, **bookmarks_with("2026-01-21T08:00:00.000Z")}


def test_a_state_that_was_made_does_not_change_when_a_bookmark_moves():
    bookmarks = Bookmarks(bookmarks_with("2026-01-20T08:00:00.000Z"))
    made = bookmarks.to_state()
    bookmarks.advance(CUSTOMERS, highest="2026-01-21T08:00:00Z", ceiling=CEILING)
    assert made == bookmarks_with("2026-01-20T08:00:00.000Z")
    assert bookmarks.moved == 1


def test_a_context_is_matched_by_company_id_whatever_else_it_holds():
    bookmarks = Bookmarks(bookmarks_with("2026-01-20T08:00:00Z", company_name="A name of old"))
    assert bookmarks.start(Partition("customers", STAMPED, "AAAA")).at == "2026-01-20T08:00:00.000Z"
    assert bookmarks.to_state()["customers"]["partitions"][0]["context"] == {"company_id": "aaaa"}


def test_of_two_bookmarks_of_one_company_the_lower_one_counts():
    given = bookmarks_with("2026-01-20T08:00:00Z", company_name="one")
    given["customers"]["partitions"] += bookmarks_with("2026-01-10T08:00:00Z", company_name="two")["customers"][
        "partitions"
    ]
    bookmarks = Bookmarks(given)
    assert bookmarks.start(CUSTOMERS).at == "2026-01-10T08:00:00.000Z"
    assert len(bookmarks.to_state()["customers"]["partitions"]) == 1


def test_parent_sets_of_one_stream_have_bookmarks_of_their_own():
    bookmarks = Bookmarks({})
    by_parent = Moment("parent_modified_at")
    one = Partition("dimensionSetLines", by_parent, "aaaa", "salesInvoices")
    other = Partition("dimensionSetLines", by_parent, "aaaa", "salesInvoices/salesInvoiceLines")
    bookmarks.advance(one, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmarks.start(one).at == "2026-01-20T08:00:00.000Z"
    assert bookmarks.start(other) == Start()
    assert bookmarks.ways == {("dimensionSetLines", "salesInvoices")}


def test_companies_of_one_stream_have_bookmarks_of_their_own():
    bookmarks = Bookmarks({})
    other = Partition("customers", STAMPED, "bbbb")
    bookmarks.advance(CUSTOMERS, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmarks.start(other) == Start()
    bookmarks.advance(other, highest="2026-01-10T08:00:00Z", ceiling=CEILING)
    assert bookmarks.start(CUSTOMERS).at == "2026-01-20T08:00:00.000Z"
    assert bookmarks.company_ids == ["aaaa", "bbbb"]


def test_a_bookmark_over_another_property_does_not_count():
    bookmarks = Bookmarks(bookmarks_with("2026-01-20T08:00:00Z"))
    assert bookmarks.start(Partition("customers", Moment("systemModifiedAt"), "aaaa")) == Start()


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
    start = Start(other.isoformat(timespec="milliseconds") + "Z")
    assert STAMPED.takes(start, trimmed(one)) == (one >= other and one.year > 1)


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        {"context": "aaaa"},
        {"replication_key_value": "2026"},
        {"context": {"company_id": "a"}, "replication_key_value": "soon"},
        {"context": {"company_id": "a"}, "generation": "x"},
        {"context": {"company_id": "a"}, "version": []},
        {"context": {"company_id": "a"}, "swept_at": "soon"},
        {"context": {"company_id": "a"}, "read_whole_at": 7},
        {"context": {"company_id": "a"}, "entries_until": "never"},
    ],
)
def test_a_bookmark_that_cannot_be_read_is_named(entry):
    with pytest.raises(ConfigurationError, match="customers"):
        Bookmarks({"customers": {"partitions": [entry]}})


@pytest.mark.parametrize("given", [[], "soon", {"partitions": {}}, {"partitions": "x"}])
def test_bookmarks_of_a_stream_that_are_none_of_this_tap_are_named(given):
    with pytest.raises(ConfigurationError, match='"customers" is not one of this tap; run without --state'):
        Bookmarks({"customers": given})


def test_names_of_environments_are_compared_in_any_case():
    theirs = {"tenant_id": "t", "environment_name": "Production"}
    assert kinship(theirs, {"tenant_id": "T", "environment_name": "production"}) is Kinship.SAME
    assert kinship(None, {"environment_name": "Production"}) is Kinship.UNKNOWN
    assert kinship(theirs, {"tenant_id": "t", "environment_name": "Sandbox"}) is Kinship.RENAMED


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
    here = {**ours, "environment_name": "Production"}
    assert kinship(named, here) is Kinship.UNKNOWN
    check_companies(Kinship.UNKNOWN, ["aaaa"], ["AAAA", "bbbb"], named, here)
    with pytest.raises(ConfigurationError, match=r"another environment.*without --state"):
        check_companies(Kinship.UNKNOWN, ["aaaa"], ["bbbb"], named, here)


def test_another_tenant_is_refused_whatever_its_companies():
    theirs, ours = ({"tenant_id": each, "environment_name": "Production"} for each in (GUID, OTHER_GUID))
    with pytest.raises(ConfigurationError, match="another environment"):
        kinship(theirs, ours)


@pytest.mark.fault("S17")
def test_a_renamed_environment_is_one_that_has_all_companies_of_the_state():
    theirs, ours = {"environment_name": "Production"}, {"environment_name": "Sandbox"}
    check_companies(Kinship.RENAMED, ["aaaa"], ["AAAA", "bbbb"], theirs, ours)
    for bookmarked in ([], ["aaaa", "cccc"]):
        with pytest.raises(ConfigurationError, match=r"\(Production\), not of this one \(Sandbox\).*without --state"):
            check_companies(Kinship.RENAMED, bookmarked, ["aaaa", "bbbb"], theirs, ours)


def test_names_that_somebody_put_into_a_state_are_shown_in_short():
    with pytest.raises(ConfigurationError, match=r"\(x{200}\), not of this one"):
        check_companies(Kinship.UNKNOWN, ["a"], ["b"], {"environment_name": "x" * 9_000}, {"environment_name": "P"})


def test_an_environment_of_the_same_name_that_shows_none_of_the_companies_is_the_same():
    check_companies(Kinship.SAME, ["aaaa"], ["bbbb"], {"environment_name": "P"}, {"environment_name": "P"})


def test_of_two_bookmarks_of_one_company_one_without_a_value_counts():
    given = bookmarks_with("2026-01-20T08:00:00Z")
    given["customers"]["partitions"].append({"context": {"company_id": "aaaa"}})
    assert Bookmarks(given).start(CUSTOMERS) == Start()


def test_a_state_may_come_inside_its_message():
    state = {"bookmarks": bookmarks_with("2026-01-20T08:00:00Z")}
    assert unwrapped(state) is unwrapped({"value": state}) is unwrapped({"type": "STATE", "value": state}) is state
    assert unwrapped({}) == {}


@pytest.mark.parametrize(
    "state", [[], {"value": 1}, {"bookmarks": []}, {"a": 1}, {"type": "STATE"}, {"value": {"a": 1}}]
)
def test_what_is_no_state_is_not_taken_for_an_empty_one(state):
    with pytest.raises(ConfigurationError):
        unwrapped(state)


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": {"customers": {"partitions": [{"context": {"company_id": "\ud800"}}]}}},
        {"bookmarks": {"\udc00": {}}},
        {"source": {"tenant_id": "\ud83d"}},
    ],
)
def test_a_state_with_half_a_character_is_refused_before_anything_is_read(state):
    with pytest.raises(ConfigurationError, match=r"^The state holds half of a character "):
        unwrapped(state)


def test_a_bookmark_of_no_company_is_refused():
    entry = {"replication_key": "lastModifiedDateTime", "replication_key_value": "2026-01-20T08:00:00Z"}
    with pytest.raises(ConfigurationError, match=r'"customers".*which company.*without --state'):
        Bookmarks({"customers": entry})


def test_what_is_remembered_of_a_partition_stands_beside_its_bookmark():
    bookmarks = Bookmarks(bookmarks_with("2026-01-20T08:00:00.000Z"))
    bookmarks.remember(CUSTOMERS, "page_rows", 500)
    (entry,) = bookmarks.to_state()["customers"]["partitions"]
    assert entry == {**bookmarks_with("2026-01-20T08:00:00.000Z")["customers"]["partitions"][0], "page_rows": 500}
    assert Bookmarks(bookmarks.to_state()).remembered(CUSTOMERS, "page_rows") == 500
    assert bookmarks.moved == 1


def test_a_partition_without_a_bookmark_remembers_too():
    bookmarks = Bookmarks({})
    whole = Partition("disputeStatus", WHOLE, "aaaa")
    bookmarks.remember(whole, "page_rows", 500)
    assert bookmarks.to_state() == {
        "disputeStatus": {"partitions": [{"context": {"company_id": "aaaa"}, "page_rows": 500}]}
    }
    assert Bookmarks(bookmarks.to_state()).start(whole) == Start()


def test_what_is_remembered_stays_when_the_bookmark_moves_and_goes_when_it_is_forgotten():
    bookmarks = Bookmarks({})
    bookmarks.remember(CUSTOMERS, "page_rows", 500)
    bookmarks.advance(CUSTOMERS, highest="2026-01-20T08:00:00Z", ceiling=CEILING)
    assert bookmarks.remembered(CUSTOMERS, "page_rows") == 500
    bookmarks.remember(CUSTOMERS, "page_rows", None)
    assert bookmarks.to_state() == bookmarks_with("2026-01-20T08:00:00.000Z")


def test_what_is_known_already_is_no_news():
    bookmarks = Bookmarks({})
    bookmarks.remember(CUSTOMERS, "page_rows", None)
    assert (bookmarks.to_state(), bookmarks.moved) == ({}, 0)
    bookmarks.remember(CUSTOMERS, "page_rows", 500)
    bookmarks.remember(CUSTOMERS, "page_rows", 500)
    assert bookmarks.moved == 1


@pytest.mark.parametrize("name", ["swept_at", "read_whole_at", "entries_until"])
def test_what_was_done_in_the_future_was_never_done(name):
    late, early = ("2036-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z")
    for moment, kept in ((late, {}), (early, {name: early})):
        bookmarks = Bookmarks({"customers": {"partitions": [{"context": {"company_id": "a"}, name: moment}]}})
        assert bookmarks.distrust("2026-06-01T00:00:00.000Z") == []
        (entry,) = bookmarks.to_state()["customers"]["partitions"]
        assert {each: held for each, held in entry.items() if each == name} == kept


@pytest.mark.parametrize("given", [{"lastModifiedDateTime": "2026-01-01T00:00:00Z"}, {"cursor": "x", "version": 3}])
def test_a_bookmark_in_the_form_of_other_taps_is_refused(given):
    """Taken for none, it would have everything read again unnoticed."""
    with pytest.raises(ConfigurationError, match='bookmark of "customers" is one of another tap'):
        Bookmarks({"customers": given})


def test_what_the_sdk_keeps_of_a_stream_without_partitions_is_no_bookmark_of_another_tap():
    given = {"starting_replication_value": "2026-01-01T00:00:00Z", "progress_markers": {"Note": "x"}}
    assert Bookmarks({"customers": given}).ways == set()


@pytest.mark.parametrize("theirs", ["systemModifiedAt", None])
def test_a_bookmark_over_another_property_is_said_once(theirs, caplog):
    entries = [
        {"context": {"company_id": each}, "replication_key": theirs, "replication_key_value": "2026-01-01T00:00:00Z"}
        for each in ("a", "b")
    ]
    bookmarks = Bookmarks({"customers": {"partitions": entries}})
    moment = Moment("lastModifiedDateTime")
    for each in ("a", "b"):
        assert bookmarks.start(Partition("customers", moment, each)) == Start()
    assert caplog.text.count("The state's bookmark of customers is over") == 1
    assert "not over lastModifiedDateTime, so it is read from the beginning" in caplog.text

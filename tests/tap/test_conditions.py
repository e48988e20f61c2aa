"""How is what is asked for spelled, and what do routes and namings say of a set?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.odata.query import all_of
from tap_dynamics_bc.reads.conditions import EVERYTHING, Ids, Since
from tap_dynamics_bc.streams.hotglue import ENTITY_SET, HOTGLUE
from tap_dynamics_bc.streams.naming import NAMINGS
from tap_dynamics_bc.streams.replication import Moment, Start
from tap_dynamics_bc.streams.routes import STANDARD

STAMPED = Moment("lastModifiedDateTime")


def test_everything_has_no_filter():
    assert EVERYTHING.filter == ""


def test_rows_since_a_start_are_asked_for_by_the_property_of_the_set():
    since = Since(STAMPED, "systemModifiedAt", Start("2026-01-01T00:00:00.000Z"))
    assert since.filter == "systemModifiedAt ge 2026-01-01T00:00:00.000Z"


def test_rows_are_asked_for_by_their_ids():
    assert Ids("id", ("a", "b")).filter == "id eq 'a' or id eq 'b'"


def test_conditions_are_joined_with_others():
    since = Since(STAMPED, "stamp", Start("2026-01-01T00:00:00.000Z", with_blank=True))
    assert all_of(since.filter, "blocked eq ' '") == (
        "(stamp ge 2026-01-01T00:00:00.000Z or stamp eq 0001-01-01T00:00:00Z) and blocked eq ' '"
    )
    assert all_of(EVERYTHING.filter, "blocked eq ' '") == "blocked eq ' '"


def test_a_route_spells_sets_of_a_company_and_of_the_environment():
    assert STANDARD.path("customers", "c-1") == "companies(c-1)/customers"
    assert STANDARD.path("companies", None) == "companies"


@pytest.mark.parametrize(
    ("naming", "name", "is_default"),
    [
        (ENTITY_SET, "customers", True),
        (ENTITY_SET, "wombats", True),
        (ENTITY_SET, "trialBalances", False),
        (ENTITY_SET, "sales_invoices", False),
        (HOTGLUE, "sales_invoices", True),
        (HOTGLUE, "vendor_purchases", False),
        (HOTGLUE, "salesInvoices", False),
    ],
)
def test_a_naming_knows_what_it_would_select_of_what_is_not_there(naming, name, is_default):
    assert NAMINGS[naming].is_default(name) is is_default


def test_a_naming_says_why_a_stream_is_not_there():
    assert "another route" in NAMINGS[HOTGLUE].why_missing("vendor_ledger_entries")
    assert "metadata" in NAMINGS[HOTGLUE].why_missing("sales_invoices")
    assert "metadata" in NAMINGS[ENTITY_SET].why_missing("vendor_ledger_entries")

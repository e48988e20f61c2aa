"""How is what is asked for spelled, and what do routes and namings say of a set?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.companies import Company
from dynamics_bc_client.odata.query import all_of
from tap_dynamics_bc.reads.conditions import EVERYTHING, Ids, Since
from tap_dynamics_bc.streams.hotglue import ENTITY_SET, HOTGLUE
from tap_dynamics_bc.streams.naming import NAMINGS
from tap_dynamics_bc.streams.replication import Moment, Start
from tap_dynamics_bc.streams.routes import STANDARD, Route

STAMPED = Moment("lastModifiedDateTime")
CRONUS = Company("c-1", "CRONUS O'Neil & Co.", "")


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
    assert STANDARD.path("customers", CRONUS) == "companies(c-1)/customers"
    assert STANDARD.path("companies", None) == "companies"


def test_other_routes_are_asked_by_whole_urls():
    custom = Route("contoso/demo/v1.0", "contoso_demo_", "https://bc.example/api/contoso/demo/v1.0")
    assert custom.path("wombats", CRONUS) == "https://bc.example/api/contoso/demo/v1.0/companies(c-1)/wombats"
    assert custom.path("subscriptions", None) == "https://bc.example/api/contoso/demo/v1.0/subscriptions"


def test_companies_of_web_services_go_by_their_names_quoted():
    services = Route("ODataV4", "ODataV4_", "https://bc.example/ODataV4")
    assert services.path("Customer_List", CRONUS) == (
        "https://bc.example/ODataV4/Company('CRONUS%20O''Neil%20%26%20Co.')/Customer_List"
    )


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

"""What every emulator begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.plain_api import sign_in

from dynamics_bc_emulator.driver import start_business_central
from dynamics_bc_emulator.odata.catalogue import load_catalogue

if TYPE_CHECKING:
    from emulator.plain_api import Api

ZERO = "00000000-0000-0000-0000-000000000000"
# Sets of which the demo company has no rows, because no fact gives any.
EMPTY = {"workflowResponseOptions"}
# Navigations that lead somewhere for some of the rows only, without saying so.
SEVERAL_TARGETS = {
    ("defaultDimensions", "account"),
    ("journalLines", "customerPaymentJournal"),
    ("vendorPayments", "customerPaymentJournal"),
}
COUNTS = {
    "accounts": 283,
    "customers": 5,
    "vendors": 7,
    "items": 64,
    "salesInvoices": 305,
    "purchaseInvoices": 228,
    "generalLedgerEntries": 2386,
    "itemLedgerEntries": 805,
    "dimensions": 8,
    "countriesRegions": 247,
}


NEWEST = pytest.mark.business_central("--release", "29")


@NEWEST
def test_nearly_every_set_has_rows_in_the_demo_company(api: Api) -> None:
    catalogue = load_catalogue()
    company = api.companies[0]["id"]
    empty = {name for name, one in catalogue.sets.items() if not one.tenant_wide and not api.rows(name, company)}
    assert empty == EMPTY


def test_the_demo_company_has_the_counts_of_its_facts(api: Api) -> None:
    assert {name: len(api.rows(name)) for name in COUNTS} == COUNTS


@NEWEST
def test_every_value_fits_its_type(api: Api) -> None:
    catalogue = load_catalogue()
    for company in api.companies:
        for name, one in catalogue.sets.items():
            if one.tenant_wide:
                continue
            for row in api.rows(name, company["id"]):
                assert set(row) == set(one.blanks), name
                for known in one.properties.values():
                    value = row.get(known.name)
                    if known.enum:
                        assert value in known.enum, (name, known.name, value)
                    if known.max_length and known.type == "Edm.String":
                        assert len(value) <= known.max_length, (name, known.name, value)


@NEWEST
def test_every_navigation_by_id_finds_its_row(api: Api) -> None:
    catalogue = load_catalogue()
    company = api.companies[0]["id"]
    rows = {name: api.rows(name, company) for name, one in catalogue.sets.items() if not one.tenant_wide}
    ids = {name: {row.get("id") for row in found} for name, found in rows.items()}
    for name, one in catalogue.sets.items():
        for navigation in one.navigation.values():
            links = [link for link in navigation.links if link.field and link.target == "id"]
            if navigation.many or len(navigation.links) != 1 or not links or (name, navigation.name) in SEVERAL_TARGETS:
                continue
            found = {row[links[0].field] for row in rows.get(name, ()) if row[links[0].field] != ZERO}
            assert found <= ids[navigation.target], (name, navigation.name)


def test_the_companies_share_no_id_and_the_second_has_no_class_dimension(api: Api) -> None:
    first, second = (row["id"] for row in api.companies)
    for name in ("customers", "vendors", "items", "accounts", "dimensions", "journals", "salesInvoices"):
        mine, other = ({row["id"] for row in api.rows(name, company)} for company in (first, second))
        assert mine.isdisjoint(other)
        assert mine
        assert other
    codes = [{row["code"] for row in api.rows("dimensions", company)} for company in (first, second)]
    assert "CLASS" in codes[0] - codes[1]
    assert "DEPARTMENT" in codes[0] & codes[1]
    classes = [row["id"] for row in api.rows("dimensions", first) if row["code"] == "CLASS"]
    assert len([row for row in api.rows("dimensionValues", first) if row["dimensionId"] in classes]) == 3


def test_stamps_end_in_the_digits_of_sql_server_and_some_are_shared(api: Api) -> None:
    stamps = [row["lastModifiedDateTime"] for row in api.rows("generalLedgerEntries")]
    fractions = [stamp.rstrip("Z").partition(".")[2] for stamp in stamps]
    assert not any(fraction.endswith("0") for fraction in fractions)
    assert {fraction[2] for fraction in fractions if len(fraction) == 3} == {"3", "7"}
    assert {len(fraction) for fraction in fractions} >= {1, 2, 3}
    assert len(set(stamps)) < len(stamps) - 100
    assert stamps.count("0001-01-01T00:00:00Z") == 5


def test_the_same_seed_makes_the_same_rows_and_another_seed_other_ids() -> None:
    def rows(*options: str) -> list[dict[str, object]]:
        running = start_business_central("--start", "2026-06-01T08:00:00Z", *options)
        try:
            api = sign_in(running)
            return api.rows("customers") + api.rows("generalLedgerEntries")
        finally:
            running.stop()

    def numbers(found: list[dict[str, object]]) -> list[str]:
        return sorted(str(row.get("number")) for row in found)

    first = rows()
    assert rows() == first
    other = rows("--seed", "2")
    assert [row["id"] for row in other] != [row["id"] for row in first]
    assert numbers(other) == numbers(first)
    assert max(row["lastModifiedDateTime"] for row in first) < "2026-05-31T08:00:01"
    assert max(row["lastModifiedDateTime"] for row in first) > "2026-05"


def test_more_companies_and_a_larger_ledger_can_be_asked_for() -> None:
    running = start_business_central("--companies", "4", "--scale", "3")
    try:
        api = sign_in(running)
        assert len({row["name"] for row in api.companies}) == 4
        entries = api.rows("generalLedgerEntries")
        # What the rules post, of this year alone, comes on top.
        assert len(entries) == 3 * 2362 + 24
        assert len({row["entryNumber"] for row in entries}) == len(entries)
        for company in api.companies[1:]:
            assert 0 < len(api.rows("customers", company["id"])) < 5
    finally:
        running.stop()

"""Pages and next links: every row once, whatever the page size."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from emulator.in_process import json_of
from emulator.plain_api import bare, by_key, sign_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.driver import start_business_central

if TYPE_CHECKING:
    from emulator.in_process import Desk
    from emulator.plain_api import Api

SETS = (
    "customers",
    "items",
    "accounts",
    "purchaseInvoices",
    "journals",
    "balanceSheets",
    "trialBalances",
    "customerSales",
)
ORDERS = ("", "number", "number desc", "displayName,number desc", "lastModifiedDateTime", "lastModifiedDateTime desc")
shared_emulator = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


@shared_emulator
@given(entity_set=st.sampled_from(SETS), size=st.integers(1, 40))
def test_any_page_size_gives_every_row_exactly_once(api: Api, entity_set: str, size: int) -> None:
    truth = api.rows(entity_set)
    # A page per row of a long set says no more than one of a short set.
    size = size if len(truth) < 100 else 10 * size
    pages = api.pages(f"{api.company}/{entity_set}", Prefer=f"odata.maxpagesize={size}")
    rows = [bare(row) for page in pages for row in page]
    assert len(rows) == len(truth)
    assert sorted(map(str, rows)) == sorted(map(str, truth))
    assert all(len(page) == size for page in pages[:-1])
    assert len(pages[-1]) < size


@shared_emulator
@given(order=st.sampled_from(ORDERS[1:]), size=st.integers(1, 40), entity_set=st.sampled_from(("items", "customers")))
def test_an_order_holds_across_pages(api: Api, order: str, size: int, entity_set: str) -> None:
    pages = api.pages(f"{api.company}/{entity_set}", f"$orderby={order}", Prefer=f"odata.maxpagesize={size}")
    rows = [bare(row) for page in pages for row in page]
    assert by_key(rows) == by_key(api.rows(entity_set))
    expected = rows
    for part in reversed(order.split(",")):
        name, _, direction = part.partition(" ")
        expected = sorted(expected, key=lambda row, name=name: row[name], reverse=direction == "desc")
    names = [part.partition(" ")[0] for part in order.split(",")]
    assert [[row[name] for name in names] for row in rows] == [[row[name] for name in names] for row in expected]


@shared_emulator
@given(top=st.integers(0, 80), skip=st.integers(0, 80), size=st.integers(1, 50))
def test_top_and_skip_cut_the_rows_of_the_whole_set(api: Api, top: int, skip: int, size: int) -> None:
    whole = [row["id"] for row in api.ok(f"{api.company}/items", "$select=id")["value"]]
    pages = api.pages(f"{api.company}/items", f"$select=id&$top={top}&$skip={skip}", Prefer=f"maxpagesize={size}")
    assert [row["id"] for page in pages for row in page] == whole[skip : skip + top]


def test_a_next_link_keeps_the_options_and_names_the_last_row(api: Api) -> None:
    query = "$select=number,displayName&$filter=number gt ''"
    page = api.ok(f"{api.company}/items", query, Prefer="odata.maxpagesize=3")
    link = urlsplit(page["@odata.nextLink"])
    assert link.path.endswith(f"{api.company}/items")
    assert "$select=number%2CdisplayName&" in link.query
    assert f"&aid=FIN&$skiptoken={api.ok(f'{api.company}/items', '$top=3')['value'][2]['id']}" in link.query
    assert parse_qs(link.query)["$filter"] == ["number gt ''"]


def test_the_preference_is_acknowledged_without_its_value(api: Api) -> None:
    applied = api.get(f"{api.company}/customers", Prefer="odata.maxpagesize=2").headers["Preference-Applied"]
    assert applied == "odata.maxpagesize"
    assert "Preference-Applied" not in api.get(f"{api.company}/customers").headers


def test_top_within_a_page_has_no_next_link(api: Api) -> None:
    assert "@odata.nextLink" not in api.ok(f"{api.company}/items", "$top=5", Prefer="odata.maxpagesize=5")


def test_a_last_page_may_be_empty(api: Api) -> None:
    assert [len(page) for page in api.pages(f"{api.company}/customers", Prefer="odata.maxpagesize=5")] == [5, 0]


def test_count_is_of_all_rows_that_the_filter_lets_through(api: Api) -> None:
    page = api.ok(f"{api.company}/items", "$count=true&$top=2&$filter=type eq 'Inventory'")
    kept = [row for row in api.rows("items") if row["type"] == "Inventory"]
    assert (page["@odata.count"], len(page["value"])) == (len(kept), 2)
    assert api.get(f"{api.company}/items/$count").text == "64"
    assert api.get(f"{api.company}/items/$count", "$filter=type eq 'Inventory'").text == str(len(kept))


def test_a_row_added_behind_the_cursor_is_missed_and_one_ahead_is_seen(api: Api) -> None:
    company = api.companies[0]["id"]
    first = api.ok(f"{api.company}/customers", Prefer="odata.maxpagesize=3")
    for row_id in ("00000000-0000-4000-8000-000000000001", "ffffffff-ffff-4fff-bfff-ffffffffffff"):
        change = {"company": company, "entity_set": "customers", "id": row_id, "set": {"number": row_id[:8]}}
        api.control("edit", change)
    rest = api.ok(first["@odata.nextLink"])["value"]
    assert [row["number"] for row in first["value"] + rest if row["number"].startswith(("0000", "ffff"))] == [
        "ffffffff"
    ]


def test_the_services_own_page_size_is_the_most_a_client_can_have() -> None:
    running = start_business_central("--page-limit", "50")
    try:
        api = sign_in(running)
        pages = api.pages(f"{api.company}/items", Prefer="odata.maxpagesize=60")
        assert [len(page) for page in pages] == [50, 14]
        link = api.ok(f"{api.company}/items", "$top=60")["@odata.nextLink"]
        assert parse_qs(urlsplit(link).query)["$top"] == ["10"]
        assert [len(page) for page in api.pages(f"{api.company}/items", "$top=60")] == [50, 10]
    finally:
        running.stop()


@pytest.mark.parametrize("token", ["nonsense,nonsense,nonsense", "%7B,x"])
def test_a_token_that_was_not_given_is_refused(api: Api, token: str) -> None:
    assert api.refused(f"{api.company}/items", f"$orderby=number&$skiptoken={token}")[0] == 400


def test_next_links_may_carry_the_service_s_own_name_of_the_tenant(desk: Desk) -> None:
    desk.service.switches = desk.service.switches.changed({"next_link_tenant": "ms x1"})
    page = json_of(desk.ask("GET", "items", headers={"prefer": "odata.maxpagesize=2"}, select="number"))
    query = page["@odata.nextLink"].partition("?")[2]
    assert query.startswith("$select=number&tenant=ms%20x1&aid=FIN&$skiptoken=")
    rows = json_of(desk.ask("GET", "items", select="number", skiptoken=query.rpartition("=")[2]))["value"]
    assert rows == desk.rows("items", select="number")[2:]

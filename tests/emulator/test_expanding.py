"""Collections inside rows: in pages of their own, and a set that is asked for at two places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from emulator.in_process import ROOT, json_of

if TYPE_CHECKING:
    from emulator.in_process import Desk


def set_switch(desk: Desk, **switches: Any) -> None:
    desk.service.switches = desk.service.switches.changed(switches)


def follow(desk: Desk, link: str) -> dict[str, Any]:
    parts = urlsplit(link)
    query = {name.lstrip("$"): value for name, value in parse_qsl(parts.query)}
    query.pop("aid")
    path = parts.path.removeprefix(urlsplit(ROOT).path)
    page: dict[str, Any] = json_of(desk.ask("GET", path, **query))
    return page


def whole(desk: Desk, row: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """All rows of an expanded collection, behind whichever links they are."""
    rows, link = list(row[name]), row.get(f"{name}@odata.nextLink")
    while link:
        page = follow(desk, link)
        rows += page["value"]
        link = page.get("@odata.nextLink")
    return rows


def by_text(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=str)


@pytest.mark.parametrize(
    ("path", "name", "options"),
    [
        ("salesInvoices", "salesInvoiceLines", ""),
        ("salesInvoices", "salesInvoiceLines", "$select=sequence,description"),
        ("salesInvoices", "salesInvoiceLines", "$orderby=quantity desc"),
        ("salesInvoices", "salesInvoiceLines", "$filter=quantity gt 0;$top=2"),
        ("salesInvoices", "dimensionSetLines", ""),
        ("customers", "defaultDimensions", ""),
        ("journals", "journalLines", "$skip=1"),
    ],
)
@pytest.mark.parametrize("size", [1, 2])
def test_the_pages_of_a_collection_hold_what_it_holds_whole(
    desk: Desk, path: str, name: str, options: str, size: int
) -> None:
    expand = f"{name}({options})" if options else name
    before = [row[name] for row in desk.rows(path, expand=expand)]
    assert any(len(rows) > size or options for rows in before)
    set_switch(desk, expanded_page_rows=size)
    rows = desk.rows(path, expand=expand)
    assert all(len(row[name]) <= size for row in rows)
    # A set without places of its own is paged by its key.
    order = (lambda found: found) if "sequence" in str(before) else by_text
    assert [order(whole(desk, row, name)) for row in rows] == [order(known) for known in before]


def test_a_collection_that_fits_has_no_link(desk: Desk) -> None:
    set_switch(desk, expanded_page_rows=50)
    assert "nextLink" not in str(desk.rows("salesInvoices", expand="salesInvoiceLines"))


def test_what_is_one_row_is_not_paged(desk: Desk) -> None:
    set_switch(desk, expanded_page_rows=1)
    row = desk.rows("salesInvoices", expand="customer", top=1)[0]
    assert row["customer"]["number"] == row["customerNumber"]
    assert "customer@odata.nextLink" not in row


def test_collections_inside_collections_are_paged_too(desk: Desk) -> None:
    expand = "salesInvoiceLines($expand=dimensionSetLines)"
    before = desk.rows("salesInvoices", expand=expand)
    set_switch(desk, expanded_page_rows=1)
    for row, known in zip(desk.rows("salesInvoices", expand=expand), before, strict=True):
        lines = whole(desk, row, "salesInvoiceLines")
        inner = [whole(desk, line, "dimensionSetLines") for line in lines]
        assert [by_text(each) for each in inner] == [
            by_text(line["dimensionSetLines"]) for line in known["salesInvoiceLines"]
        ]


def test_sets_of_a_company_are_paged_below_it(desk: Desk) -> None:
    set_switch(desk, expanded_page_rows=3)
    (company,) = desk.read("/companies", expand="items($select=number)")["value"]
    assert len(company["items"]) == 3
    assert {row["number"] for row in whole(desk, company, "items")} == {row["number"] for row in desk.rows("items")}


HEADER_FIRST = "dimensionSetLines,salesInvoiceLines($expand=dimensionSetLines)"
LINES_FIRST = "salesInvoiceLines($expand=dimensionSetLines),dimensionSetLines"


@pytest.mark.parametrize(
    ("switch", "expand", "of_header", "of_lines"),
    [
        ("serve", HEADER_FIRST, True, True),
        ("empty", HEADER_FIRST, True, False),
        ("empty", LINES_FIRST, False, True),
        ("empty", "dimensionSetLines", True, None),
        ("empty", "salesInvoiceLines($expand=dimensionSetLines)", None, True),
    ],
)
def test_a_set_that_is_expanded_twice_is_served_once_if_a_switch_says_so(
    desk: Desk, switch: str, expand: str, of_header: bool | None, of_lines: bool | None
) -> None:
    set_switch(desk, same_set_expanded_twice=switch)
    rows = desk.rows("salesInvoices", expand=expand)
    lines = [line for row in rows for line in row.get("salesInvoiceLines", ())]
    assert (any(row["dimensionSetLines"] for row in rows) if of_header is not None else None) == of_header
    assert (any(line["dimensionSetLines"] for line in lines) if of_lines is not None else None) == of_lines

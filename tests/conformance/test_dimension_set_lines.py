"""The dimensions of documents, their lines, journal lines and time registration entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from conformance.documents import (
    PURCHASE_CREDIT_MEMO,
    PURCHASE_INVOICE,
    PURCHASE_ORDER,
    SALES_CREDIT_MEMO,
    SALES_INVOICE,
    SALES_ORDER,
    SALES_QUOTE,
    Kind,
    item_line,
    lines_of,
    lines_path,
    new_document,
    new_item,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.plain_http import Api

    Parents = Callable[[Api], list["Parent"]]

CODEUNIT = "APIV2 - Dim. Set Lines E2E"
DIALOG = (400, "Application_DialogException")


@dataclass(frozen=True, slots=True)
class Parent:
    """What has dimensions: where it is, and how `dimensionSetLines` names it."""

    path: str
    id: str
    type: str

    @property
    def dimensions(self) -> str:
        return f"{self.path}/dimensionSetLines"


def document(kind: Kind) -> Parents:
    """A document and its line."""

    def make(api: Api) -> list[Parent]:
        header = new_document(api, kind, [item_line(kind, new_item(api))])
        (line,) = lines_of(api, kind, header)
        return [
            Parent(path_of(kind, header), header["id"], kind.noun),
            Parent(lines_path(kind, header, line), line["id"], f"{kind.noun} Line"),
        ]

    return make


def journal_line(api: Api) -> list[Parent]:
    journal = api.post("journals", {"code": "DIMS"})
    line = api.post(f"journals({journal['id']})/journalLines", {"accountNumber": "8210", "amount": 5})
    return [Parent(f"journalLines({line['id']})", line["id"], "Journal Line")]


def time_registration_entry(api: Api) -> list[Parent]:
    employee = api.post("employees", {"givenName": "Nora", "surname": "Nielsen"})
    entry = api.post("timeRegistrationEntries", {"employeeId": employee["id"], "date": "2026-03-02", "quantity": 5})
    return [Parent(f"timeRegistrationEntries({entry['id']})", entry["id"], "Time Registration Entry")]


# What has dimensions, and which of theirs create, get, modify and delete one of it.
OWNERS: dict[str, tuple[Any, str, str, str, str]] = {
    "journal_line": (
        journal_line,
        "TestCreateJournalLineDimensionSetLine",
        "TestGetDimensionSetLinesOfJournalLines",
        "TestModifyDimensionSetLineOfGenJournalLine",
        "TestDeleteDimensionSetLineOfGenJournalLines",
    ),
    "sales_order": (
        document(SALES_ORDER),
        "TestCreateSalesOrderDimensionSetLine",
        "TestGetDimensionSetLinesOfSalesOrder",
        "TestModifyDimensionSetLineOfSalesOrder",
        "TestDeleteSalesOrderDimensionSetLine",
    ),
    "sales_quote": (
        document(SALES_QUOTE),
        "TestCreateSalesQuoteDimensionSetLine",
        "TestGetDimensionSetLinesOfSalesQuote",
        "TestModifyDimensionSetLineOfSalesQuote",
        "TestDeleteSalesQuoteDimensionSetLine",
    ),
    "sales_credit_memo": (
        document(SALES_CREDIT_MEMO),
        "TestCreateSalesCrMemoDimensionSetLine",
        "TestGetDimensionSetLinesOfSalesCrMemo",
        "TestModifySalesCrMemoDimensionSetLine",
        "TestDeleteSalesCrMemoDimensionSetLine",
    ),
    "sales_invoice": (
        document(SALES_INVOICE),
        "TestCreateSalesInvoiceDimensionSetLine",
        "TestGetDimensionSetLinesOfSalesInvoice",
        "TestModifySalesInvoiceDimensionSetLine",
        "TestDeleteSalesInvoiceDimensionSetLine",
    ),
    "purchase_invoice": (
        document(PURCHASE_INVOICE),
        "TestCreatePurchaseInvoiceDimensionSetLine",
        "TestGetDimensionSetLinesOfPurchaseInvoice",
        "TestModifyPurchaseInvoiceDimensionSetLine",
        "TestDeletePurchaseInvoiceDimensionSetLine",
    ),
    "purchase_order": (
        document(PURCHASE_ORDER),
        "TestCreatePurchaseOrderDimensionSetLine",
        "TestGetDimensionSetLinesOfPurchaseOrder",
        "TestModifyPurchaseOrderDimensionSetLine",
        "TestDeletePurchaseOrderDimensionSetLine",
    ),
    "purchase_credit_memo": (
        document(PURCHASE_CREDIT_MEMO),
        "TestCreatePurchaseCrMemoDimensionSetLine",
        "TestGetDimensionSetLinesOfPurchaseCrMemo",
        "TestModifyPurchaseCrMemoDimensionSetLine",
        "TestDeletePurchaseCrMemoDimensionSetLine",
    ),
    "time_registration_entry": (
        time_registration_entry,
        "TestCreateTimeRegEntryDimensionSetLine",
        "TestGetDimensionSetLinesOfTimeRegEntry",
        "TestModifyTimeRegEntryDimensionSetLine",
        "TestDeleteTimeRegEntryDimensionSetLine",
    ),
}


def each_owner(column: int) -> pytest.MarkDecorator:
    rows = [pytest.param(row[0], id=owner, marks=pytest.mark.theirs(row[column + 1])) for owner, row in OWNERS.items()]
    return pytest.mark.parametrize("parents", rows)


def new_dimension(api: Api, code: str, *values: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A dimension with values; the API itself creates none."""
    dimension = api.plant("dimensions", code=code, displayName=code.title())
    return dimension, [
        api.plant("dimensionValues", code=value, dimensionId=dimension["id"], displayName=value.title())
        for value in values
    ]


def value_of(api: Api, parent: Parent, code: str) -> str | None:
    """The value that a record has of a dimension."""
    return {row["code"]: row["valueCode"] for row in api.rows(parent.dimensions)}.get(code)


@each_owner(0)
def test_a_dimension_is_added(api, parents):
    dimension, (value,) = new_dimension(api, "PLACE", "NORTH")
    body = {"code": "PLACE", "valueCode": "NORTH", "id": dimension["id"], "valueId": value["id"]}
    for parent in parents(api):
        line = api.post(parent.dimensions, body)
        assert body.items() <= line.items()
        assert value_of(api, parent, "PLACE") == "NORTH"


@each_owner(1)
def test_dimensions_are_listed_by_their_parent(api, parents):
    for code, value in (("PLACE", "NORTH"), ("SEASON", "SPRING")):
        new_dimension(api, code, value)
    for parent in parents(api):
        for code, value in (("SEASON", "SPRING"), ("PLACE", "NORTH")):
            api.post(parent.dimensions, {"code": code, "valueCode": value})
        listed = api.rows("dimensionSetLines", filter=f"parentId eq {parent.id} and parentType eq '{parent.type}'")
        found = {row["code"]: row["valueCode"] for row in listed}
        assert (found["PLACE"], found["SEASON"]) == ("NORTH", "SPRING")
        assert {row["parentId"] for row in listed} == {parent.id}


@each_owner(2)
def test_a_dimension_gets_another_value(api, parents):
    dimension, _ = new_dimension(api, "PLACE", "NORTH", "SOUTH")
    for parent in parents(api):
        api.post(parent.dimensions, {"code": "PLACE", "valueCode": "NORTH"})
        line = api.patch(f"{parent.dimensions}({dimension['id']})", {"valueCode": "SOUTH"})
        assert (line["id"], line["code"], line["valueCode"]) == (dimension["id"], "PLACE", "SOUTH")
        assert value_of(api, parent, "PLACE") == "SOUTH"


@each_owner(3)
def test_a_dimension_is_taken_away(api, parents):
    dimension, _ = new_dimension(api, "PLACE", "NORTH")
    for parent in parents(api):
        api.post(parent.dimensions, {"code": "PLACE", "valueCode": "NORTH"})
        api.delete(f"{parent.dimensions}({dimension['id']})")
        assert value_of(api, parent, "PLACE") is None


@pytest.mark.theirs("TestCreateDimensionSetLineFailsWithoutParentId")
def test_a_dimension_of_nothing_is_refused(api):
    new_dimension(api, "PLACE", "NORTH")
    refusal = api.refused("POST", "dimensionSetLines", {"code": "PLACE", "valueCode": "NORTH"})
    assert refusal == (*DIALOG, "You must get to the parent first to create a dimension set line.")


@pytest.mark.theirs("TestCreateDoesntWorkWithAlreadyExistingCode")
def test_a_dimension_has_one_value(api):
    new_dimension(api, "PLACE", "NORTH", "SOUTH")
    (parent,) = journal_line(api)
    api.post(parent.dimensions, {"code": "PLACE", "valueCode": "NORTH"})
    status, code, message = api.refused("POST", parent.dimensions, {"code": "PLACE", "valueCode": "SOUTH"})
    assert (status, code) == DIALOG
    assert message.startswith("The dimension set line already exists.")
    assert value_of(api, parent, "PLACE") == "NORTH"


@pytest.mark.theirs("TestGetDimensionSetLinesFailsWithoutFilter")
def test_dimensions_are_not_read_without_a_parent(api):
    refusal = api.refused("GET", "dimensionSetLines")
    assert refusal == (*DIALOG, "You must get to the parent first to get to the dimension set line.")


@pytest.mark.theirs("TestModifyOfDimensionCodeDoesntWork")
def test_a_dimension_does_not_become_another(api):
    dimension, _ = new_dimension(api, "PLACE", "NORTH")
    new_dimension(api, "SEASON", "SPRING")
    (parent,) = journal_line(api)
    api.post(parent.dimensions, {"code": "PLACE", "valueCode": "NORTH"})
    other = {"code": "SEASON", "valueCode": "SPRING"}
    refusal = api.refused("PATCH", f"{parent.dimensions}({dimension['id']})", other)
    assert refusal == (*DIALOG, 'The "id" and "code" fields cannot be modified.')
    assert (value_of(api, parent, "PLACE"), value_of(api, parent, "SEASON")) == ("NORTH", None)


@pytest.mark.theirs("TestGetDimensionSetLinesOfGLEntry")
def test_a_ledger_entry_is_read_with_the_dimensions_of_its_line(api):
    item = new_item(api)
    new_dimension(api, "PLACE", "NORTH")
    default = {"parentType": "Item", "parentId": item["id"], "dimensionCode": "PLACE", "dimensionValueCode": "NORTH"}
    api.post("defaultDimensions", default)
    header = new_document(api, SALES_INVOICE, [item_line(SALES_INVOICE, item, 7)])
    api.act(path_of(SALES_INVOICE, header), "post")
    number = api.get(path_of(SALES_INVOICE, header))["number"]
    entries = api.rows("generalLedgerEntries", filter=f"documentNumber eq '{number}' and creditAmount eq 700")
    read = api.get(f"generalLedgerEntries({entries[0]['id']})", expand="dimensionSetLines")["dimensionSetLines"]
    assert {line["parentId"] for line in read} == {entries[0]["id"]}
    assert {line["code"]: line["valueCode"] for line in read}["PLACE"] == "NORTH"

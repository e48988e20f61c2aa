"""Lines of documents for a resource, a fixed asset or a charge: what fills them in, is refused, and is posted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from emulator_writing.trading import draft

from dynamics_bc_emulator.rules.document_kinds import KINDS

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)
RESOURCE = {"number": "LIFT", "name": "Lift", "baseUnitOfMeasureCode": "HOUR", "unitPrice": 70, "unitCost": 40}
CHARGE = {"number": "FREIGHT", "description": "Freight of goods", "taxGroupCode": "STANDARD"}
ASSET = "FA000010"
NUMBERS = {"Resource": "LIFT", "Fixed_x0020_Asset": ASSET, "Charge": "FREIGHT"}


def put(desk: Desk, table: str, **row: Any) -> None:
    blank = {"generalProductPostingGroupCode": "", "taxGroupCode": "", "blocked": False}
    desk.company.insert(f"_{table}", {**blank, **row})


@pytest.fixture(autouse=True)
def set_up(desk: Desk) -> None:
    put(desk, "resources", **RESOURCE)
    put(desk, "itemCharges", **CHARGE)


def line(desk: Desk, kind: DocumentKind, type_: str, **more: Any) -> dict[str, Any]:
    header = desk.create(kind.headers, {kind.party.number_name: "10000"})
    body = {"lineType": type_, "lineObjectNumber": NUMBERS[type_], "quantity": 2, **more}
    return desk.create(f"{kind.headers}({header['id']})/{kind.lines}", body)


@every_kind
def test_a_resource_brings_its_name_its_unit_and_its_price(desk: Desk, kind: DocumentKind) -> None:
    row = line(desk, kind, "Resource")
    shown = (row["lineType"], row["lineObjectNumber"], row["description"], row["unitOfMeasureCode"], row[kind.price])
    assert shown == ("Resource", "LIFT", "Lift", "HOUR", 40 if kind.is_purchase else 70)
    assert row["unitOfMeasureId"] == desk.id("unitsOfMeasure", code="HOUR")
    assert (row["itemId"], row["accountId"]) == ("00000000-0000-0000-0000-000000000000",) * 2


@every_kind
def test_a_charge_and_a_fixed_asset_bring_their_name_alone(desk: Desk, kind: DocumentKind) -> None:
    charge, asset = (line(desk, kind, each, **{kind.price: 10}) for each in ("Charge", "Fixed_x0020_Asset"))
    assert (charge["description"], charge["taxCode"]) == ("Freight of goods", "STANDARD")
    assert (asset["description"], asset["lineType"]) == ("Vehicle 1", "Fixed_x0020_Asset")
    assert [row["amountExcludingTax"] for row in (charge, asset)] == [20, 20]


@pytest.mark.parametrize(
    ("type_", "caption"), [("Resource", "Resource"), ("Fixed_x0020_Asset", "Fixed Asset"), ("Charge", "Item Charge")]
)
def test_what_is_not_there_is_refused(desk: Desk, type_: str, caption: str) -> None:
    header = desk.create("purchaseInvoices", {"vendorNumber": "10000"})
    path = f"purchaseInvoices({header['id']})/purchaseInvoiceLines"
    status, _, message = desk.refused("POST", path, {"lineType": type_, "lineObjectNumber": "NONE"})
    assert (status, message) == (
        400, f"The {caption} does not exist. Identification fields and values: No.='NONE'",
    )  # fmt: skip


def test_what_is_blocked_is_refused(desk: Desk) -> None:
    (asset,) = desk.company.find("fixedAssets", number=ASSET)
    desk.edit("fixedAssets", asset["id"], blocked=True)
    put(desk, "resources", **{**RESOURCE, "number": "OLD", "blocked": True})
    header = desk.create("salesOrders", {"customerNumber": "10000"})
    path = f"salesOrders({header['id']})/salesOrderLines"
    for type_, number in (("Resource", "OLD"), ("Fixed_x0020_Asset", ASSET)):
        _, _, message = desk.refused("POST", path, {"lineType": type_, "lineObjectNumber": number})
        assert message.startswith("Blocked must be equal to 'No'")


def test_a_unit_of_measure_is_for_items_alone(desk: Desk) -> None:
    row = line(desk, KINDS[0], "Resource")
    _, _, message = desk.refused("PATCH", f"{KINDS[0].lines}({row['id']})", {"unitOfMeasureCode": "DAY"})
    assert message == "Unit of Measure can be set only for lines with type Item."


def of(type_: str, **more: Any) -> dict[str, Any]:
    return {"lineType": type_, "lineObjectNumber": NUMBERS[type_], "quantity": 1, **more}


def test_a_resource_is_posted_to_the_account_of_its_product_group(desk: Desk) -> None:
    bill = draft(desk, "purchaseInvoices", of("Resource", unitCost=30))
    desk.act(f"purchaseInvoices({bill['id']})")
    number = desk.read(f"purchaseInvoices({bill['id']})")["number"]
    assert ("7110", Decimal(30)) in desk.ledger(number)


def test_a_charge_that_is_assigned_to_nothing_is_not_posted(desk: Desk) -> None:
    bill = draft(desk, "purchaseInvoices", of("Charge", unitCost=30))
    _, _, message = desk.refused("POST", f"purchaseInvoices({bill['id']})/Microsoft.NAV.post")
    assert message == "You must assign item charge FREIGHT if you want to invoice it."


def test_a_fixed_asset_is_bought_into_its_account_and_needs_one(desk: Desk) -> None:
    bill = draft(desk, "purchaseInvoices", of("Fixed_x0020_Asset", unitCost=30))
    path = f"purchaseInvoices({bill['id']})"
    _, _, message = desk.refused("POST", f"{path}/Microsoft.NAV.post")
    assert message.startswith("Depreciation Book Code must have a value")
    desk.company.insert("_fixedAssetAccounts", {"fixedAssetNumber": ASSET, "acquisitionAccount": "1320"})
    desk.act(path)
    assert ("1320", Decimal(30)) in desk.ledger(desk.read(path)["number"])


def test_the_resources_of_the_demo_companys_documents_are_there(desk: Desk) -> None:
    header = desk.create("purchaseOrders", {"vendorNumber": "10000"})
    body = {"lineType": "Resource", "lineObjectNumber": "MARTY", "quantity": 1}
    row = desk.create(f"purchaseOrders({header['id']})/purchaseOrderLines", body)
    assert (row["description"], row["directUnitCost"], row["unitOfMeasureCode"]) == ("Marty Horst", 49.5, "HOUR")

"""What Microsoft's tests show of shipments and receipts, which orders leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.documents import PURCHASE_ORDER, SALES_ORDER, Kind, item_line, new_document, new_item, path_of
from conformance.plain_http import ZERO

if TYPE_CHECKING:
    from conformance.plain_http import Api


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is left of orders of a kind."""

    headers: str
    lines: str
    order: Kind
    action: str


SHIPMENT = Delivery("salesShipments", "salesShipmentLines", SALES_ORDER, "shipAndInvoice")
RECEIPT = Delivery("purchaseReceipts", "purchaseReceiptLines", PURCHASE_ORDER, "receiveAndInvoice")


def delivered(api: Api, kind: Delivery, items: tuple[str, str] = ("CHAIR", "TABLE")) -> dict[str, Any]:
    """The shipment or receipt of an order of two items."""
    lines = [item_line(kind.order, new_item(api, item)) for item in items]
    order = new_document(api, kind.order, lines)
    api.act(path_of(kind.order, order), kind.action)
    return api.row(kind.headers, orderNumber=order["number"])


def two_are_listed(api: Api, kind: Delivery) -> None:
    numbers = [delivered(api, kind, items)["number"] for items in (("CHAIR", "TABLE"), ("LAMP", "SHELF"))]
    listed = {row["number"]: row["id"] for row in api.rows(kind.headers)}
    assert all(listed[number] != ZERO for number in numbers)


def one_is_read_with_its_dimensions(api: Api, kind: Delivery) -> None:
    (row, *_) = api.rows(kind.headers, top="1")
    lines = api.get(f"{kind.headers}({row['id']})", expand="dimensionSetLines")["dimensionSetLines"]
    assert {line["parentId"] for line in lines} == {row["id"]}


def a_line_is_read_by_its_id(api: Api, kind: Delivery) -> None:
    document = delivered(api, kind)
    first = lines_of(api, kind, document)[0]
    line = api.get(f"{kind.lines}({first['id']})")
    assert (line["documentId"], line["sequence"]) == (document["id"], first["sequence"])


def lines_of(api: Api, kind: Delivery, document: dict[str, Any]) -> list[dict[str, Any]]:
    return api.rows(f"{kind.headers}({document['id']})/{kind.lines}", orderby="sequence")


def lines_are_read_through_their_document(api: Api, kind: Delivery) -> None:
    document = delivered(api, kind)
    assert_both_lines(document, lines_of(api, kind, document))


def lines_are_read_by_their_documents_id(api: Api, kind: Delivery) -> None:
    document = delivered(api, kind)
    assert_both_lines(document, api.rows(kind.lines, filter=f"documentId eq {document['id']}", orderby="sequence"))


def assert_both_lines(document: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    assert [(line["sequence"], line["lineObjectNumber"]) for line in lines] == [(10_000, "CHAIR"), (20_000, "TABLE")]
    assert {line["documentId"] for line in lines} == {document["id"]}


def a_line_is_read_with_its_dimensions(api: Api, kind: Delivery) -> None:
    (row, *_) = api.rows(kind.headers, top="1")
    line = lines_of(api, kind, row)[0]
    dimensions = api.get(f"{kind.lines}({line['id']})", expand="dimensionSetLines")["dimensionSetLines"]
    assert {dimension["parentId"] for dimension in dimensions} == {line["id"]}

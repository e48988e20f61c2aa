"""How goods are delivered: of an order, or of an invoice where the set-up has its goods delivered with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.rules.documents import due_date
from dynamics_bc_emulator.rules.item_entries import Movement, post_movement
from dynamics_bc_emulator.rules.posting.copying import Names, Way, copy_header, copy_lines, names_of
from dynamics_bc_emulator.rules.posting.kinds import ORDER_KINDS, POSTING_KINDS

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.kinds import OrderKind, PostingKind

# Lines of deliveries spell the types of their lines as the tables do.
_LINE_TYPES = {"Comment": "_x0020_", "Account": "G_x002F_L_x0020_Account", "Charge": "Charge_x0020__x0028_Item_x0029_"}


@dataclass(frozen=True, slots=True)
class Order:
    """An order that is about to be posted, or an invoice whose goods are to be delivered."""

    company: Company
    kind: OrderKind
    header: Row
    lines: list[Row]

    @property
    def names(self) -> Names:
        """The names of its sets and properties."""
        return names_of(self.kind.document)

    @property
    def invoice_kind(self) -> PostingKind:
        """What it becomes."""
        return POSTING_KINDS[self.kind.invoices]


def deliver(order: Order) -> None:
    """Post the goods that are to be delivered; every line of the order is in the delivery, with what goes in it."""
    kind, company = order.kind, order.company
    if not any(line[kind.to_deliver] for line in order.lines):
        return
    price = "unitPrice" if kind.act == "ship" else "unitCost"
    way = Way(order.names, Names(kind.deliveries, kind.delivery_lines, "invoiceDate", price))
    is_order = order.kind in ORDER_KINDS.values()
    own = {"number": company.next_number(kind.series), "orderNumber": order.header["number"] if is_order else ""}
    delivery = copy_header(company, way, order.header, **own, **_codes(order), dueDate=due_date_of(order))
    copy_lines(
        company,
        way,
        order.lines,
        delivery,
        lambda line: {
            "quantity": line[kind.to_deliver],
            "lineType": _LINE_TYPES.get(line["lineType"], line["lineType"]),
        },
    )
    for line in order.lines:
        _move_stock(order, line, delivery)


def _codes(order: Order) -> dict[str, str]:
    """What a delivery says by code that an order says by id."""
    return {
        f"{name}Code": str((order.company.get(entity_set, order.header.get(f"{name}Id", "")) or {}).get("code", ""))
        for name, entity_set in (("paymentTerms", "paymentTerms"), ("shipmentMethod", "shipmentMethods"))
    }


def _move_stock(order: Order, line: Row, delivery: Row) -> None:
    """Move the stock of an item that has one; what it is worth, the invoice will say."""
    kind, company, party = order.kind, order.company, order.kind.document.party
    item = company.get("items", line["itemId"]) if line["lineType"] == "Item" else None
    if item is None or item["type"] != "Inventory" or not line[kind.to_deliver]:
        return
    is_purchase, header = kind.document.is_purchase, order.header
    movement = Movement(
        entry_type="Purchase" if is_purchase else "Sale",
        source_type=party.caption,
        source_number=header[party.number_name],
        document_type=kind.item_type,
        document_number=delivery["number"],
        posting_date=header["postingDate"],
        quantity=line[kind.to_deliver] if is_purchase else -line[kind.to_deliver],
        cost=ZERO,
        line_id=line["id"],
    )
    post_movement(company, item, movement)


def due_date_of(order: Order) -> str:
    """When what an order becomes is to be paid."""
    header = order.header
    terms = header.get("paymentTermsId") or header.get("_paymentTermsId")
    return due_date(order.company, terms, header[order.kind.document.date])


def deliver_invoice(company: Company, kind: PostingKind, header: Row, lines: list[Row]) -> list[Row]:
    """Deliver the goods of an invoice that was no order, if the table `deliveryOnInvoice` names its side.

    Returns:
        Its lines; those that are delivered say that their stock has moved already.
    """
    orders = next((one for one in ORDER_KINDS.values() if one.invoices == kind.headers), None)
    if orders is None or company.first("_deliveryOnInvoice", party=kind.party.caption) is None:
        return lines
    deliver(Order(company, replace(orders, document=kind.document, to_deliver="quantity"), header, lines))
    return [{**line, "_orderLineId": line["id"]} for line in lines]

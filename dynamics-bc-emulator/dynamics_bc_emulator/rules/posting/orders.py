"""How an order is delivered and invoiced, wholly or in part.

The goods that are to be delivered become a shipment or a receipt, what is to be invoiced becomes a posted invoice with
an id of its own. An order of which nothing is left is gone; any other stays, and what is left is to be posted next.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import (
    ZERO,
    allocate_invoice_discount,
    calculate_line,
    document_totals,
    set_discount_percent,
    shares,
)
from dynamics_bc_emulator.rules.document_release import check_may_be_posted, check_prepaid
from dynamics_bc_emulator.rules.documents import refresh_document
from dynamics_bc_emulator.rules.order_quantities import expect_remainder
from dynamics_bc_emulator.rules.posting.booking import book
from dynamics_bc_emulator.rules.posting.checks import NOTHING_TO_POST, check_document, check_party
from dynamics_bc_emulator.rules.posting.copying import (
    Way,
    copy_header,
    copy_lines,
    copy_row,
    hand_over_attachments,
    names_of,
    remove,
)
from dynamics_bc_emulator.rules.posting.deliveries import Order, deliver, due_date_of
from dynamics_bc_emulator.rules.posting.document import document_of
from dynamics_bc_emulator.rules.posting.goods import check_goods
from dynamics_bc_emulator.rules.posting.invoice_rounding import with_rounding

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.kinds import OrderKind


def deliver_and_invoice(company: Company, kind: OrderKind, header_id: str) -> Row:
    """Post what is to be delivered and invoiced of an order.

    Returns:
        The invoice, or the order if nothing was to be invoiced.

    Raises:
        Refusal: There is nothing to post, or one of the checks fails; nothing is changed then.
    """
    refresh_document(company, kind.document, header_id)
    header = company.get(kind.document.headers, header_id)
    assert header is not None
    order = Order(company, kind, header, company.find(kind.document.lines, documentId=header_id))
    _check(order)
    deliver(order)
    invoice = _invoice(order)
    if _note(order):
        if invoice is not None:
            hand_over_attachments(company, header_id, invoice["id"], order.invoice_kind.item_type)
        remove(company, order.names, header_id)
    return invoice or company.get(kind.document.headers, header_id) or header


def _check(order: Order) -> None:
    kind = order.kind
    check_may_be_posted(order.company, kind.document, order.header)
    check_prepaid(order.company, kind.document, order.header)
    if not any(line[kind.to_deliver] or line["invoiceQuantity"] for line in order.lines):
        raise refused(NOTHING_TO_POST)
    party = order.company.get(kind.document.party.party_set, order.header[kind.document.party.id_name])
    if party is not None:
        check_party(kind.document.party, party, kind.stopping)
    left = [line["quantity"] - line[kind.delivered] - line[kind.to_deliver] for line in order.lines]
    if any(left) and order.header.get("partialShipping") is False:
        number = order.header["number"]
        raise refused(f"The order {number} cannot be shipped completely, and partial shipping is not allowed.")
    sign = 1 if kind.document.is_purchase else -1
    check_goods(order.company, [(line, sign * Decimal(line[kind.to_deliver])) for line in order.lines])
    for line in order.lines:
        if abs(line["invoicedQuantity"] + line["invoiceQuantity"]) > abs(line[kind.delivered] + line[kind.to_deliver]):
            raise refused(f"You cannot invoice more than you have delivered in line {line['sequence']}.")


def _invoice(order: Order) -> Row | None:
    if not any(line["invoiceQuantity"] for line in order.lines):
        return None
    company, kind = order.company, order.invoice_kind
    lines = _invoiced_lines(order)
    title = f"Order {order.header['number']}"
    reference = {kind.reference: order.header[f"_{kind.reference}"]} if f"_{kind.reference}" in order.header else {}
    words = copy_row(
        company, kind.headers, order.header, **{kind.document.date: order.header[order.kind.document.date]}
    )
    check_document(document_of(company, kind, {**words, **order.header, **reference}, lines, title))
    way = Way(order.names, names_of(kind.document))
    invoice = copy_header(
        company,
        way,
        order.header,
        number=company.next_number(kind.series),
        status="Open",
        dueDate=due_date_of(order),
        orderId=order.header["id"],
        orderNumber=order.header["number"],
        discountAmount=sum((line["invoiceDiscountAllocation"] for line in lines), ZERO),
        _posted=True,
        _draftNumber="",
        **reference,
        **document_totals(lines),
    )
    kept = copy_lines(company, way, lines, invoice, lambda line: {"_orderLineId": line["id"]})
    kept = with_rounding(company, kind, invoice, kept)
    book(document_of(company, kind, invoice, kept, title))
    return company.get(kind.headers, invoice["id"]) or invoice


def _invoiced_lines(order: Order) -> list[Row]:
    """The order's lines with what is to be invoiced of them; amounts of a part follow from price and percentage."""
    price, includes_tax = order.kind.document.price, bool(order.header.get("pricesIncludeTax"))
    lines = [dict(line) for line in order.lines]
    for line in lines:
        whole, part = line["quantity"], line["invoiceQuantity"]
        if part == whole:
            continue
        line["quantity"] = part
        set_discount_percent(line, price, Decimal(line["discountPercent"]))
        share = shares(line["invoiceDiscountAllocation"], [part, whole - part])[0] if whole else ZERO
        calculate_line(line, price, includes_tax=includes_tax)
        allocate_invoice_discount(line, share)
    return lines


def _note(order: Order) -> bool:
    """Write down what has been posted of each line; whether nothing of the order is left."""
    kind, company = order.kind, order.company
    lines = [
        {
            **line,
            kind.delivered: line[kind.delivered] + line[kind.to_deliver],
            "invoicedQuantity": line["invoicedQuantity"] + line["invoiceQuantity"],
        }
        for line in order.lines
    ]
    for line in lines:
        expect_remainder(line)
        company.update(kind.document.lines, line["id"], line)
    is_delivered = all(line[kind.delivered] == line["quantity"] for line in lines)
    flag = "fullyShipped" if "fullyShipped" in order.header else "fullyReceived"
    company.update(kind.document.headers, order.header["id"], {flag: is_delivered})
    return all(line["invoicedQuantity"] == line["quantity"] for line in lines)

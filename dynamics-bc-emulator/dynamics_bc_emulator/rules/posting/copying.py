"""How a document lends its words to another: a quote to an order, an order to an invoice, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

# What a document has for itself.
_OWN = frozenset(
    (
        "id",
        "number",
        "status",
        "orderId",
        "orderNumber",
        "invoiceId",
        "invoiceNumber",
        "documentId",
        "shippedQuantity",
        "receivedQuantity",
        "invoicedQuantity",
    )
)
_KEPT = ("_dimensions", "_paymentTermsId")
# Where what is attached to a document says of what kind it is.
_ATTACHED = ("attachments", "documentAttachments")


@dataclass(frozen=True, slots=True)
class Names:
    """The sets that a document of some kind is in, with what they call its date and its lines' price."""

    headers: str
    lines: str
    date: str
    price: str


@dataclass(frozen=True, slots=True)
class Way:
    """From which kind of document to which kind words are copied."""

    source: Names
    target: Names


def names_of(kind: DocumentKind) -> Names:
    """The names of a kind of document."""
    return Names(kind.headers, kind.lines, kind.date, kind.price)


def copy_row(company: Company, target: str, source: Mapping[str, object], **changes: object) -> Row:
    """A row of another set with what it shares with a source row, not yet kept."""
    names = company.store.shapes[target].blanks
    row: Row = {name: source[name] for name in names if name in source and name not in _OWN}
    row.update({name: source[name] for name in _KEPT if name in source})
    row.update({name: value for name, value in changes.items() if name in names or name.startswith("_")})
    return row


def copy_header(company: Company, way: Way, header: Row, **changes: object) -> Row:
    """Keep a document of another kind with a header's words; it has no lines yet."""
    discount = header.get("_invoiceDiscount") or header.get("discountAmount", 0)
    given = {way.target.date: header[way.source.date], "_invoiceDiscount": discount, **changes}
    return company.insert(way.target.headers, copy_row(company, way.target.headers, header, **given))


def copy_lines(
    company: Company,
    way: Way,
    lines: list[Row],
    document: Row,
    of_line: Callable[[Row], Mapping[str, object]] = lambda _: {},
) -> list[Row]:
    """Keep lines of a document with the words of another's.

    Args:
        company: Whose.
        way: From the other's kind to the document's.
        lines: The other's lines.
        document: The header that they belong to.
        of_line: What else a line gets, beside what it shares.
    """
    kept = []
    for line in lines:
        given = {"documentId": document["id"], "documentNo": document["number"], **of_line(line)}
        if way.source.price in line:
            given.setdefault(way.target.price, line[way.source.price])
        kept.append(company.insert(way.target.lines, copy_row(company, way.target.lines, line, **given)))
    return kept


def hand_over_attachments(company: Company, source_id: str, target_id: str, parent_type: str) -> None:
    """What is attached to a document follows to the one that takes its place."""
    for entity_set in _ATTACHED:
        for attachment in company.find(entity_set, parentId=source_id):
            company.update(entity_set, attachment["id"], {"parentId": target_id, "parentType": parent_type})


def remove(company: Company, names: Names, header_id: str) -> None:
    """Remove a document whose place another has taken, with its lines."""
    for line in company.find(names.lines, documentId=header_id):
        company.delete(names.lines, line["id"])
    company.delete(names.headers, header_id)

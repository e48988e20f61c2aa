"""Documents that come from other documents: shipments, receipts, returns, archives, credit memos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.seed.books import Books

# What one page calls otherwise than another: the wanted name, and where its value is found.
_OTHER_NAMES = {
    "sellToCustomerNumber": ("customerNumber",),
    "sellToCustomerName": ("customerName",),
    "buyFromVendorNumber": ("vendorNumber",),
    "buyFromVendorName": ("vendorName",),
    "vendorName": ("buyFromVendorName",),
    "salespersonCode": ("salesperson",),
    "purchaserCode": ("purchaser",),
    "pricesIncludingVAT": ("pricesIncludeTax",),
    "documentDate": ("orderDate", "invoiceDate", "postingDate"),
    "invoiceDate": ("documentDate", "postingDate"),
    "creditMemoDate": ("invoiceDate", "postingDate"),
    "transferOrderNumber": ("number",),
    "orderNumber": ("number",),
    "transferOrderDate": ("postingDate",),
    "lineDiscountPercent": ("discountPercent",),
    "lineDiscountAmount": ("discountAmount",),
    "lineAmount": ("amountExcludingTax",),
    "amount": ("amountExcludingTax", "lineAmount"),
    "amountIncludingVAT": ("amountIncludingTax",),
    "outstandingQuantity": ("quantity",),
    "directUnitCost": ("unitCost",),
    "expectedReceiptDate": ("requestedReceiptDate",),
}
_ADDRESS_NAMES = {
    "Address": "AddressLine1",
    "Address2": "AddressLine2",
    "County": "State",
    "CountryRegionCode": "Country",
}


@dataclass(frozen=True, slots=True)
class _Family:
    """A kind of document: the set of its headers and the set of its lines."""

    headers: str
    lines: str


def _family(headers: str) -> _Family:
    return _Family(headers, f"{headers[:-1]}Lines")


_ARCHIVES = (
    ("salesQuotes", "salesQuoteArchives"),
    ("salesOrders", "salesOrderArchives"),
    ("blanketSalesOrders", "salesBlanketOrderArchives"),
    ("salesReturnOrders", "salesReturnOrderArchives"),
    ("purchaseOrders", "purchaseOrderArchives"),
    ("purchaseReturnOrders", "purchaseReturnOrderArchives"),
    ("purchaseQuotes", "purchaseQuoteArchives"),
    ("blanketPurchaseOrders", "purchaseBlanketOrderArchives"),
)
_ARCHIVED = 2
# One posted invoice in this many came with goods of its own.
_DELIVERED = 12


def put(books: Books) -> None:
    """Add what follows from a company's documents."""
    _copy_orders(books, _family("purchaseQuotes"), 2, "Quote")
    _copy_orders(books, _family("blanketPurchaseOrders"), 3, "Blanket_x0020_Order")
    _deliver(books, _family("salesInvoices"), _family("salesShipments"), 102_001)
    _deliver(books, _family("purchaseInvoices"), _family("purchaseReceipts"), 107_001)
    _take_back(books, "salesReturnOrders", "returnReceipts", 107_101)
    _take_back(books, "purchaseReturnOrders", "purchaseReturnShipments", 105_101)
    _put_transfers(books)
    _put_credit_memos(books)
    for documents, archives in _ARCHIVES:
        _archive(books, _family(documents), _family(archives))


def copy_of(books: Books, target: str, source: Mapping[str, Any], **changes: Any) -> Row:
    """A row of another set with what it shares with a source row."""
    row: Row = {"_dimensions": source.get("_dimensions", {})}
    values = {**source.get("_facts", {}), **source}
    for name in books.catalogue.sets[target].properties:
        source_name = next((one for one in (name, *_names(name)) if values.get(one) is not None), None)
        if source_name:
            row[name] = values[source_name]
    kept = {
        name: value
        for name, value in changes.items()
        if value is not None and (name.startswith("_") or books.has(target, name))
    }
    row.update(kept)
    if "id" not in kept:
        row.pop("id", None)
    return {name: value for name, value in row.items() if not _is_foreign(books, target, name, value)}


def _names(name: str) -> Iterable[str]:
    yield from _OTHER_NAMES.get(name, ())
    for ending, other in _ADDRESS_NAMES.items():
        if name.endswith(ending):
            yield name[: -len(ending)] + other
        if name.endswith(other):
            yield name[: -len(other)] + ending


def _is_foreign(books: Books, target: str, name: str, value: Any) -> bool:
    """Whether a value is no member of the target's enum, such as the status of a draft in an archive."""
    known = books.catalogue.sets[target].properties.get(name)
    return bool(known and known.enum and value not in known.enum)


def _lines_of(books: Books, line_set: str, header: Row) -> list[Row]:
    if books.has(line_set, "documentId"):
        return [row for row in books.all(line_set) if row["documentId"] == header["id"]]
    return [row for row in books.all(line_set) if row["documentNumber"] == header["number"]]


def _copy_orders(books: Books, target: _Family, number: int, kind: str) -> None:
    """Quotes and blanket orders that became the first purchase orders."""
    for place, order in enumerate(books.all("purchaseOrders")[:number], start=1001):
        copy = books.add(target.headers, copy_of(books, target.headers, order, number=str(place), status="Open"))
        _copy_lines(books, _family("purchaseOrders"), order, target, copy, documentType=kind)


def _copy_lines(books: Books, source: _Family, header: Row, target: _Family, copy: Row, **changes: Any) -> None:
    links = {"documentId": copy["id"], "documentNumber": copy["number"], "documentNo": copy["number"], **changes}
    for line in _lines_of(books, source.lines, header):
        books.add(target.lines, copy_of(books, target.lines, line, **links), f"{copy['id']}/{line['sequence']}")


def _deliver(books: Books, invoices: _Family, deliveries: _Family, first: int) -> None:
    posted = [row for row in books.all(invoices.headers) if row.get("_posted")][::_DELIVERED]
    for number, invoice in enumerate(posted, start=first):
        order = invoice.get("orderNumber") or invoice.get("_draftNumber")
        row = copy_of(books, deliveries.headers, invoice, number=str(number), orderNumber=order)
        _copy_lines(books, invoices, invoice, deliveries, books.add(deliveries.headers, row))


def _take_back(books: Books, orders: str, returns: str, first: int) -> None:
    for number, order in enumerate(books.all(orders)[:3], start=first):
        books.add(returns, copy_of(books, returns, order, number=str(number), orderNumber=order["number"]))


def _put_transfers(books: Books) -> None:
    for headers, first in (
        ("transferShipments", 108_001),
        ("transferReceipts", 109_001),
        ("postedDirectTransfers", 110_001),
    ):
        target = _family(headers)
        for number, order in enumerate(books.all("transferOrders"), start=first):
            row = copy_of(books, headers, order, number=str(number), transferOrderNumber=order["number"])
            copy = books.add(headers, row)
            _copy_lines(books, _family("transferOrders"), order, target, copy, transferOrderNumber=order["number"])


def _put_credit_memos(books: Books) -> None:
    """Drafts that take back what two open invoices sold."""
    memos, invoices = _family("salesCreditMemos"), _family("salesInvoices")
    open_invoices = [row for row in books.all(invoices.headers) if row.get("_posted") and row["status"] == "Open"]
    for number, invoice in enumerate(open_invoices[:2], start=1001):
        changes = {"status": "Draft", "invoiceId": invoice["id"], "invoiceNumber": invoice["number"]}
        row = copy_of(books, memos.headers, invoice, number=str(number), **changes)
        _copy_lines(books, invoices, invoice, memos, books.add(memos.headers, row, f"draft/{number}"))


def _archive(books: Books, documents: _Family, archives: _Family) -> None:
    for header in books.all(documents.headers)[:_ARCHIVED]:
        for version in (1, 2):
            place = {"docNoOccurrence": 1, "versionNumber": version, "documentNumber": header["number"]}
            archived = {"dateArchived": header.get("postingDate", BLANK_DATE), "archivedBy": "ADMIN", "status": "Open"}
            key = f"{header['number']}/{version}"
            books.add(archives.headers, copy_of(books, archives.headers, header, **place, **archived), key)
            for line in _lines_of(books, documents.lines, header):
                row = copy_of(books, archives.lines, line, **place)
                books.add(archives.lines, row, f"{key}/{line['sequence']}")

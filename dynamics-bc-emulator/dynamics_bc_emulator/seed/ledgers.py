"""The ledgers: general, item, customer and vendor entries that belong to the posted documents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.seed.books import Books
    from dynamics_bc_emulator.seed.facts import Fact, Facts
    from dynamics_bc_emulator.store import Row

_ZERO = Decimal(0)
_PAID_AFTER_DAYS = 20


def put(books: Books, facts: Facts, scale: int) -> None:
    """Add the ledgers; with a scale above one, the general and the item ledger begin with earlier years' entries."""
    dimensions = {
        header["number"]: header["_dimensions"]
        for entity_set in ("salesInvoices", "purchaseInvoices")
        for header in books.all(entity_set)
        if header.get("_posted")
    }
    _put_general(books, facts.sets.get("generalLedgerEntries", []), dimensions, scale)
    _put_items(books, facts.sets.get("itemLedgerEntries", []), scale)
    _put_owners(books, "salesInvoices", "_customerLedgerEntries", "customerId", sign=1)
    _put_owners(books, "purchaseInvoices", "_vendorLedgerEntries", "vendorId", sign=-1)


def _put_general(books: Books, entries: list[Fact], dimensions: dict[str, dict[str, str]], scale: int) -> None:
    number = 0
    for year in _earlier_years(scale):
        for fact in entries:
            number += 1
            row = {
                **fact,
                "entryNumber": number,
                "postingDate": year_back(fact["postingDate"], year),
                "accountId": books.id_of("accounts", fact["accountNumber"]),
                "_dimensions": dimensions.get(fact["documentNumber"], {}),
            }
            if year:
                row["documentNumber"] = f"Y{year}-{fact['documentNumber']}"[:20]
            books.add("generalLedgerEntries", row, number)


def _put_items(books: Books, entries: list[Fact], scale: int) -> None:
    number = 0
    for year in _earlier_years(scale):
        for fact in entries:
            number += 1
            row = {**fact, "entryNumber": number, "postingDate": year_back(fact["postingDate"], year)}
            books.add("itemLedgerEntries", row, number)


def _earlier_years(scale: int) -> Iterator[int]:
    return reversed(range(scale))


def year_back(day: str, years: int) -> str:
    """The same day some years earlier, not before 1900; the 28th for a leap day."""
    if not years:
        return day
    year = max(1900, int(day[:4]) - years)
    return f"{year:04d}{'-02-28' if day[4:] == '-02-29' else day[4:]}"


def _put_owners(books: Books, invoices: str, ledger: str, owner: str, *, sign: int) -> None:
    """One entry per posted invoice, and one for its payment if it is paid."""
    number = 0
    for invoice in books.all(invoices):
        if not invoice.get("_posted"):
            continue
        total = sign * Decimal(invoice["totalAmountIncludingTax"])
        paid = invoice["status"] == "Paid"
        number += 1
        books.add(ledger, _invoice_entry(invoice, owner, number, total, _ZERO if paid else total), number)
        if paid:
            number += 1
            books.add(ledger, _payment_entry(invoice, owner, number, -total), number)


def _invoice_entry(invoice: Row, owner: str, number: int, total: Decimal, remaining: Decimal) -> Row:
    return {
        "entryNumber": number,
        owner: invoice[owner],
        "documentType": "Invoice",
        "documentNumber": invoice["number"],
        "documentId": invoice["id"],
        "externalDocumentNumber": invoice.get("externalDocumentNumber") or invoice.get("vendorInvoiceNumber") or "",
        "description": f"Invoice {invoice['number']}",
        "postingDate": invoice["postingDate"],
        "dueDate": invoice.get("dueDate", invoice["postingDate"]),
        "amount": total,
        "remainingAmount": remaining,
        "open": bool(remaining),
        "_dimensions": invoice["_dimensions"],
    }


def _payment_entry(invoice: Row, owner: str, number: int, amount: Decimal) -> Row:
    paid_on = (date.fromisoformat(invoice["postingDate"]) + timedelta(_PAID_AFTER_DAYS)).isoformat()
    return {
        **_invoice_entry(invoice, owner, number, amount, _ZERO),
        "documentType": "Payment",
        "documentNumber": f"PAY-{invoice['number']}",
        "documentId": ZERO_GUID,
        "externalDocumentNumber": "",
        "description": f"Payment of invoice {invoice['number']}",
        "postingDate": paid_on,
        "dueDate": paid_on,
    }

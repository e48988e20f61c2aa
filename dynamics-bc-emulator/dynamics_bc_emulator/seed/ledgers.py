"""The ledgers: general, item, customer and vendor entries that belong to the posted documents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.seed.books import Books
    from dynamics_bc_emulator.seed.facts import Fact, Facts

_ZERO = Decimal(0)
_PAID_AFTER_DAYS = 20
_SCALED = ("generalLedgerEntries", "itemLedgerEntries")


def put(books: Books, facts: Facts, scale: int) -> None:
    """Add the ledgers; with a scale above one, their entry numbers leave room for earlier years.

    Those of a company whose documents the rules post come later.
    """
    if facts.posted_by_rules:
        return
    dimensions = _dimensions(books)
    for entity_set in _SCALED:
        entries = facts.sets.get(entity_set, [])
        for number, fact in enumerate(entries, start=(scale - 1) * len(entries) + 1):
            books.add(entity_set, _entry(books, fact, number, dimensions.get(fact["documentNumber"], {})))
    _put_owners(books, "salesInvoices", "_customerLedgerEntries", "customerId", sign=1)
    _put_owners(books, "purchaseInvoices", "_vendorLedgerEntries", "vendorId", sign=-1)


def earlier_years(books: Books, entries: Mapping[str, list[Fact]], scale: int) -> Iterator[tuple[str, Iterator[Row]]]:
    """The entries of earlier years by entity set, one after the other, because there may be millions.

    Args:
        books: The company's rows.
        entries: The entries of the last year, by entity set.
        scale: How many years there are.
    """
    dimensions = _dimensions(books)
    for entity_set in _SCALED:
        yield entity_set, _earlier_entries(books, entity_set, entries.get(entity_set, []), dimensions, scale)


def _earlier_entries(
    books: Books, entity_set: str, entries: list[Fact], dimensions: dict[str, dict[str, str]], scale: int
) -> Iterator[Row]:
    number = 0
    for year in range(scale - 1, 0, -1):
        for fact in entries:
            number += 1
            row = _entry(books, fact, number, dimensions.get(fact["documentNumber"], {}))
            row["postingDate"] = year_back(fact["postingDate"], year)
            row["documentNumber"] = f"Y{year}-{fact['documentNumber']}"[:20]
            yield books.complete(entity_set, row, str(number))


def _dimensions(books: Books) -> dict[str, dict[str, str]]:
    """What the posted documents' entries have, by document number."""
    return {
        header["number"]: header["_dimensions"]
        for entity_set in ("salesInvoices", "purchaseInvoices")
        for header in books.all(entity_set)
        if header.get("_posted")
    }


def _entry(books: Books, fact: Fact, number: int, dimensions: dict[str, str]) -> Row:
    row = {**fact, "entryNumber": number, "_dimensions": dimensions}
    if "accountNumber" in fact:
        row["accountId"] = books.id_of("accounts", fact["accountNumber"])
    return row


def year_back(day: str, years: int) -> str:
    """The same day some years earlier, not before 1900; the 28th for a leap day."""
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

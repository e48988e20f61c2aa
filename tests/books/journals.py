"""Which entries and payments may a record be, and what does each add to the books?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from books.asked import Asked, Party, number_of
from books.documents import Sum, with_files
from books.world import CASH, CUSTOMERS, EXPENSES, VENDORS, World, amount, dimensions, own_dimensions

if TYPE_CHECKING:
    import random


def entry(chance: random.Random, name: str, world: World) -> Asked:
    """A unified entry."""
    own, fields = dimensions(chance, None if world.is_explicit else ("", ""))
    added = Sum("", 1)
    lines = []
    for _ in range(chance.randrange(1, 4)):
        line_own, line_fields = dimensions(chance, own)
        account, debit = chance.choice(EXPENSES), amount(chance)
        lines.append({"accountNumber": account, "entryType": "Debit", "debitAmount": debit, **line_fields})
        added.add(account, line_own, debit)
    total = sum(line["debitAmount"] for line in lines)
    lines.append({"accountNumber": CASH, "entryType": "Credit", "creditAmount": total})
    added.add(CASH, own, -total)
    record = {
        "externalId": name, "journalEntryNumber": number_of(name), "transactionDate": "2026-01-27",
        "lineItems": lines, **fields,
    }  # fmt: skip
    if chance.random() < 0.2:
        record["currency"] = "GBP"
    asked = Asked(name, "JournalEntries", record, None, added.books())
    if chance.random() < 0.1:
        record["currency"], asked.is_bad = "EUR", True
    return asked if world.is_early else with_files(chance, asked)


def own_entry(chance: random.Random, name: str, world: World) -> Asked:
    own, fields = own_dimensions(chance, None)
    account, debit = chance.choice(EXPENSES), amount(chance)
    lines = [{"accountNumber": each, "amount": value, **fields} for each, value in ((account, debit), (CASH, -debit))]
    number = number_of(name)
    record = {"externalId": name, "documentNumber": number, "postingDate": "2026-01-27", "journalLines": lines}
    added = Sum("", 1)
    added.add(account, own, debit)
    added.add(CASH, own, -debit)
    asked = Asked(name, "journalLines", record, None, added.books())
    return asked if world.is_early else with_files(chance, asked)


def payment(chance: random.Random, name: str, world: World) -> Asked:
    own, fields = dimensions(chance, None)
    party = world.fixed or Party({"vendorNumber": chance.choice(VENDORS)})
    paid = amount(chance)
    record = {
        "externalId": name, "paymentNumber": number_of(name), "paymentDate": "2026-01-28", "amount": paid,
        **party.fields, "journalExternalId": "GENERAL", **fields,
    }  # fmt: skip
    added = Sum("", -1)
    added.add(CASH, own, paid)
    return Asked(name, "BillPayments", record, None, added.books(), party=party)


def own_payment(chance: random.Random, name: str, world: World, stream: str) -> Asked:
    own, fields = own_dimensions(chance, None)
    is_vendors = stream == "vendorPayments"
    paid = amount(chance) * (1 if is_vendors else -1)
    who, known = ("vendorNumber", VENDORS) if is_vendors else ("customerNumber", CUSTOMERS)
    party = world.fixed or Party({who: chance.choice(known)})
    record = {
        "externalId": name, "documentNumber": number_of(name), "postingDate": "2026-01-28", "amount": paid,
        "journalDisplayName": "GENERAL", **party.fields, **fields,
    }  # fmt: skip
    added = Sum("", -1)
    added.add(CASH, own, paid)
    return Asked(name, stream, record, None, added.books(), party=party)

"""What does a unified journal entry ask for?"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.reading import refuse_another
from target_dynamics_bc.wanted.records import WantedLine
from target_dynamics_bc.wanted.unified.naming import booked_currency, document_number, needed
from target_dynamics_bc.wanted.unified.parts import Parts, given, references, required

if TYPE_CHECKING:
    from decimal import Decimal

    from target_dynamics_bc.wanted.reading import Reading


def _read(reading: Reading, kind: Kind, prefixes: tuple[str, ...]) -> Parts:
    number = document_number(reading, kind, ENTRIES.number)
    message = "A journal entry needs its transactionDate."
    day = required(reading, "transactionDate", reading.day("transactionDate"), message)
    children = reading.children("lineItems")
    if not children:
        reading.fault("lineItems", "required", "A journal entry needs lines: lineItems.")
    shared = given(postingDate=day, documentNumber=number)
    return {
        "number": number,
        "fields": shared,
        "references": references(**booked_currency(reading)),
        "lines": tuple(_line(child, kind, shared, prefixes) for child in children or ()),
        "line_kinds": frozenset({"Entry"}),
    }


def _line(line: Reading, kind: Kind, shared: Parts, prefixes: tuple[str, ...]) -> WantedLine:
    account = needed(line, "accounts", "account", line.path)
    refuse_another(line, "transactionDate", line.day("transactionDate"), shared.get("postingDate"))
    description = line.text("description", longest=kind.length("description"))
    fields = {**shared, **given(amount=_signed_amount(line), description=description)}
    named = references(accountId=account, **booked_currency(line))
    return WantedLine(line.path, "Entry", line.key("externalId"), fields, named, wanted_dimensions(line, prefixes))


def _signed_amount(line: Reading) -> Decimal | None:
    """Debits are positive, credits negative; the entry's type says which amount counts, else the one that is there."""
    stated = line.value("entryType")
    side = str(stated or "").strip().lower()
    debit, credit = line.amount("debitAmount"), line.amount("creditAmount")
    if side not in {"", "debit", "credit"}:
        message = f'{line.field("entryType")} must be Debit or Credit, not "{stated}".'
        line.fault("entryType", "unknown_value", message)
        return None
    if side == "debit" or (not side and debit):
        amount, name, sign = debit, "debitAmount", 1
    elif side == "credit" or (not side and credit):
        amount, name, sign = credit, "creditAmount", -1
    else:
        amount, name, sign = None, "debitAmount", 1
    if amount is None and isinstance(line.value(name), str) and line.value(name):
        return None  # it could not be read, and has its fault
    if amount is None:
        is_zero = debit is not None or (credit is not None and not side)
        message = (
            "has the amount 0, which Business Central does not post; leave the line out."
            if is_zero
            else f"needs its amount: {name if side else 'debitAmount or creditAmount'}."
        )
        line.fault(name, "required", f"{line.path} {message}")
        return None
    other, unused = (credit, "creditAmount") if sign > 0 else (debit, "debitAmount")
    # Some senders give one amount twice, and the type says the side; without a type it may have its sign turned.
    if other and other != -amount and not (side and other == amount):
        message = f"{line.path} is booked with its {name}, and {line.field(unused)} must be 0 or absent, not {other}."
        line.fault(unused, "contradiction", message)
        return None
    return amount * sign


ENTRIES = UnifiedMapping(
    ("JournalEntries",),
    "journalEntryNumber",
    (("journalEntryNumber", "transactionDate"),),
    _read,
    calls=MappingProxyType({"journalLines": "lineItems", "postingDate": "transactionDate"}),
    alike=(("debitAmount", "creditAmount"),),
    options=MappingProxyType({"entryType": ("Debit", "Credit", "debit", "credit")}),
    example=MappingProxyType(
        {
            "externalId": "EXAMPLE-1",
            "journalEntryNumber": "EXAMPLE-1",
            "transactionDate": "2026-01-28",
            "lineItems": [
                {"accountNumber": "{accounts}", "entryType": "Debit", "debitAmount": 10, "description": "Example"},
                {"accountNumber": "{accounts}", "entryType": "Credit", "creditAmount": 10, "description": "Example"},
            ],
        }
    ),
)

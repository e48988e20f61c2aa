"""What does a unified bill payment ask for?"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
from target_dynamics_bc.wanted.applications import Names, listed, with_documents
from target_dynamics_bc.wanted.records import Reference
from target_dynamics_bc.wanted.unified.naming import VENDOR, booked_currency, document_number, needed
from target_dynamics_bc.wanted.unified.parts import Parts, given, references, required

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.reading import Reading

LARGEST_LINE_NUMBER = 2**31
_BILL = Names(("billId",), ("billNumber",), ("billExternalId",))


def _read(reading: Reading, kind: Kind, _prefixes: tuple[str, ...]) -> Parts:
    vendor = needed(reading, "vendors", "vendor", "A payment")
    fields = given(
        postingDate=required(reading, "paymentDate", reading.day("paymentDate"), "A payment needs its paymentDate."),
        documentNumber=document_number(reading, kind, PAYMENTS.number),
        amount=required(reading, "amount", reading.amount("amount"), "A payment needs its amount."),
        lineNumber=_line_number(reading),
        description=reading.text("description", longest=kind.length("description")),
    )
    named = references(
        vendorId=vendor,
        appliesToInvoiceId=_paid_bill(reading),
        journalId=_journal(reading, kind),
        **booked_currency(reading),
    )
    bills = listed(reading.children("bills") or (), kind, _BILL)
    named, several = with_documents(reading, kind, bills, named)
    return {
        "number": fields.get("documentNumber"),
        "fields": fields,
        "references": named,
        "applications": several,
        "discount": reading.amount("discount"),
    }


def _journal(reading: Reading, kind: Kind) -> Reference | None:
    names = [name for name in ("journalId", "journalExternalId") if reading.key(name)]
    if not names:
        return None
    code = reading.code("journalExternalId")
    return Reference(kind.batches, reading.field(names[0]), id=reading.key("journalId"), number=code)


def _paid_bill(reading: Reading) -> Reference | None:
    names = ("billId", "billNumber", "billExternalId")
    if reading.first(names) is None:
        return None
    return Reference(
        "purchaseInvoices",
        reading.first_field(names),
        id=reading.key("billId"),
        number=reading.key("billNumber"),
        external=reading.key("billExternalId"),
        within="vendorId",
    )


def _line_number(reading: Reading) -> int | None:
    number = reading.amount("transactionNumber")
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) >= LARGEST_LINE_NUMBER:
        message = "transactionNumber must be a whole number below 2,147,483,648: it becomes the line's number."
        reading.fault("transactionNumber", "no_number", message)
        return None
    return int(number)


PAYMENTS = UnifiedMapping(
    ("BillPayments",),
    "paymentNumber",
    (
        (
            "paymentNumber",
            "journalId|journalExternalId|",
            "paymentDate",
            f"{VENDOR}|",
            "billId|billNumber|billExternalId|",
        ),
    ),
    _read,
    calls=MappingProxyType({"discountAmount": "discount", "postingDate": "paymentDate"}),
    example=MappingProxyType(
        {
            "externalId": "EXAMPLE-1",
            "vendorNumber": "{vendors}",
            "paymentNumber": "EXAMPLE-1",
            "paymentDate": "2026-01-28",
            "journalExternalId": "{vendorPaymentJournals}",
            "amount": 10,
        }
    ),
)

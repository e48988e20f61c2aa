"""What does the benchmark of the target's reading send? Customers, bills and journal entries, in both dialects.

In Business Central's own names a row has all properties of its entity set, as the tap writes them; unified records have
the fields that senders fill in. Each comes with the schema that a tap would send for it, lines included.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from canned import company_id
from target_dynamics_bc.kinds.facts import packaged_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LINES = 5
_FACTS = packaged_facts()
_TEXT: Any = {"type": ["string", "null"]}
_NUMBER: Any = {"type": ["number", "null"]}
_TRUTH: Any = {"type": ["boolean", "null"]}
_COMPANY = {"company_id": company_id(0), "company_name": "Company 0"}
_BLANKS: Mapping[str, tuple[Any, Any]] = {
    "Guid": ("00000000-0000-0000-0000-000000000000", _TEXT),
    "Decimal": (0, _NUMBER),
    "Int32": (0, {"type": ["integer", "null"]}),
    "Boolean": (False, _TRUTH),
    "Date": ("0001-01-01", {**_TEXT, "format": "date"}),
    "DateTimeOffset": ("2026-01-28T10:00:00.123Z", {**_TEXT, "format": "date-time"}),
    "Enum": ("_x0020_", _TEXT),
    "String": ("", _TEXT),
}
"""What stands where there is nothing, and what the schema says, by type."""


@dataclass(frozen=True, slots=True)
class Input:
    """Records of one kind in one dialect.

    Attributes:
        name: What a report calls them.
        stream: Their stream.
        record: The record of a number.
        properties: What the schema says of them.
        share: One in so many records is sent, of those that are large.
    """

    name: str
    stream: str
    record: Callable[[int], dict[str, Any]]
    properties: Mapping[str, Any]
    share: int = 1

    def text(self, records: int) -> str:
        """So many records as a Singer file."""
        schema = {"type": "object", "properties": self.properties}
        messages: list[dict[str, Any]] = [
            {"type": "SCHEMA", "stream": self.stream, "schema": schema, "key_properties": []},
            *({"type": "RECORD", "stream": self.stream, "record": self.record(number)} for number in range(records)),
            {"type": "STATE", "value": {}},
        ]
        return "".join(json.dumps(message) + "\n" for message in messages)


def _row(entity_set: str, **given: Any) -> dict[str, Any]:
    properties = _FACTS[entity_set].properties.items()
    return {name: given.get(name, _BLANKS[of.type][0]) for name, of in properties}


def _schema(entity_set: str) -> dict[str, Any]:
    return {name: _BLANKS[of.type][1] for name, of in _FACTS[entity_set].properties.items()}


def _list(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": {"type": "object", "properties": properties}}


def _texts(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _TEXT)


def _id(number: int, of: int = 0) -> str:
    return f"{number:08d}-f6f9-ef11-9344-{of:012d}"


def _amount(number: int) -> float:
    return 10.5 + number % 7


def customer(number: int) -> dict[str, Any]:
    """A customer in Business Central's own names."""
    row = _row(
        "customers",
        id=_id(number),
        number=f"C{number:06d}",
        displayName=f"Customer {number}",
        type="Company",
        addressLine1=f"{number} Quay",
        city="Leith",
        country="GB",
        postalCode="EH6 6",
        email=f"c{number}@example.com",
        balanceDue=number * 1.25,
        taxLiable=True,
        currencyCode="GBP",
        paymentTermsId=_id(1, 3),
    )
    return row | _COMPANY


def unified_customer(number: int) -> dict[str, Any]:
    """A customer in HotGlue's names."""
    address = {"addressType": "shipping", "line1": f"{number} Quay", "city": "Leith", "state": "", "country": "GB"}
    return {
        "externalId": f"c-{number}",
        "companyName": f"Customer {number}",
        "customerNumber": f"C{number:06d}",
        "email": f"c{number}@example.com",
        "phoneNumbers": [{"type": "unknown", "phoneNumber": str(number)}],
        "addresses": [address],
        "currency": "GBP",
        "isActive": True,
        "taxable": True,
    }


def bill(number: int) -> dict[str, Any]:
    """A bill in Business Central's own names, with its lines."""
    amount = _amount(number)
    row = _row(
        "purchaseInvoices",
        id=_id(number),
        number=f"PI{number:06d}",
        postingDate="2026-01-28",
        invoiceDate="2026-01-28",
        dueDate="2026-02-28",
        vendorInvoiceNumber=f"B{number}",
        vendorId=_id(number % 20, 1),
        vendorNumber=f"V{number % 20}",
        vendorName="Fabrikam, Inc.",
        payToVendorId=_id(number % 20, 1),
        payToVendorNumber=f"V{number % 20}",
        buyFromAddressLine1="10 North Lake Avenue",
        buyFromCity="Atlanta",
        buyFromCountry="US",
        currencyCode="USD",
        totalAmountExcludingTax=amount * LINES,
        totalAmountIncludingTax=amount * LINES,
        status="Draft",
    )
    lines = [
        _row(
            "purchaseInvoiceLines",
            id=_id(number, place),
            documentId=_id(number),
            sequence=10_000 * (place + 1),
            accountId=_id(8210),
            lineType="Account",
            lineObjectNumber="8210",
            description=f"Line {place}",
            unitCost=amount,
            quantity=1,
            taxCode="NONTAXABLE",
            **dict.fromkeys(("amountExcludingTax", "netAmount", "amountIncludingTax", "netAmountIncludingTax"), amount),
        )
        for place in range(LINES)
    ]
    return row | _COMPANY | {"purchaseInvoiceLines": lines}


def unified_bill(number: int) -> dict[str, Any]:
    """A bill in HotGlue's names, with a dimension of its own and one for each line."""
    amount = _amount(number)
    line = {"accountNumber": "8210", "amount": amount, "taxCode": "NONTAXABLE"}
    dimensions = [{"number": "AREA", "valueNumber": "30"}]
    return {
        "externalId": f"b-{number}",
        "billNumber": f"B{number}",
        "vendorNumber": f"V{number % 20}",
        "issueDate": "2026-01-12",
        "dueDate": "2026-02-12",
        "currency": "GBP",
        "className": "Retail",
        "isDraft": True,
        "totalAmount": amount * LINES,
        "expenses": [{**line, "description": f"Line {place}", "dimensions": dimensions} for place in range(LINES)],
    }


def entry(number: int) -> dict[str, Any]:
    """An entry of two lines in Business Central's own names."""
    shared = {"journalDisplayName": "DEFAULT", "postingDate": "2026-01-28", "documentNumber": f"J{number}"}
    lines = [
        _row(
            "journalLines",
            id=_id(number, place),
            journalId=_id(3),
            lineNumber=10_000 * (place + 1),
            accountType="G_x002F_L_x0020_Account",
            accountId=_id(int(account)),
            accountNumber=account,
            amount=_amount(number) * sign,
            description=f"Line {place}",
            **shared,
        )
        for place, (account, sign) in enumerate((("8210", 1), ("2910", -1)))
    ]
    return shared | _COMPANY | {"journalLines": lines}


def unified_entry(number: int) -> dict[str, Any]:
    """An entry of two lines in HotGlue's names."""
    amount = _amount(number)
    return {
        "externalId": f"j-{number}",
        "journalEntryNumber": f"J{number}",
        "transactionDate": "2026-01-27",
        "isDraft": False,
        "currency": "GBP",
        "lineItems": [
            {"accountNumber": account, "debitAmount": debit, "creditAmount": credit, "className": "Retail"}
            for account, debit, credit in (("8210", amount, 0), ("2910", 0, amount))
        ],
    }


_OF_BILL = _texts("externalId", "billNumber", "vendorNumber", "issueDate", "dueDate", "currency", "className")
_OF_EXPENSE = _texts("accountNumber", "description", "taxCode") | {
    "amount": _NUMBER,
    "dimensions": _list(_texts("number", "valueNumber")),
}
_OF_CUSTOMER = _texts("externalId", "companyName", "customerNumber", "email", "currency") | {
    "isActive": _TRUTH,
    "taxable": _TRUTH,
    "phoneNumbers": _list(_texts("type", "phoneNumber")),
    "addresses": _list(_texts("addressType", "line1", "city", "state", "country")),
}
_OF_LINE = _texts("accountNumber", "className") | {"debitAmount": _NUMBER, "creditAmount": _NUMBER}
_OF_ENTRY = _texts("externalId", "journalEntryNumber", "transactionDate", "currency")

INPUTS = (
    Input("customers", "customers", customer, _schema("customers") | _texts(*_COMPANY)),
    Input("unified customers", "Customers", unified_customer, _OF_CUSTOMER),
    Input(
        "bills",
        "purchaseInvoices",
        bill,
        _schema("purchaseInvoices")
        | _texts(*_COMPANY)
        | {"purchaseInvoiceLines": _list(_schema("purchaseInvoiceLines"))},
        share=5,
    ),
    Input(
        "unified bills",
        "Bills",
        unified_bill,
        _OF_BILL | {"isDraft": _TRUTH, "totalAmount": _NUMBER, "expenses": _list(_OF_EXPENSE)},
        share=5,
    ),
    Input(
        "entries",
        "generalJournalLines",
        entry,
        _texts("journalDisplayName", "postingDate", "documentNumber", *_COMPANY)
        | {"journalLines": _list(_schema("journalLines"))},
        share=2,
    ),
    Input(
        "unified entries",
        "JournalEntries",
        unified_entry,
        _OF_ENTRY | {"isDraft": _TRUTH, "lineItems": _list(_OF_LINE)},
        share=2,
    ),
)
"""Bills have five lines, entries two."""

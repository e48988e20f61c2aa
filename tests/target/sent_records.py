"""Records that several tests send: an entry, a payment, and bills of one line each."""

from __future__ import annotations

from typing import Any

ENTRY: dict[str, Any] = {
    "externalId": "e",
    "journalEntryNumber": "E-1",
    "transactionDate": "2026-01-28",
    "isDraft": False,
    "lineItems": [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}],
}
PAYMENT: dict[str, Any] = {
    "externalId": "p",
    "paymentNumber": "E-1",
    "paymentDate": "2026-01-28",
    "amount": 5,
    "vendorNumber": "10000",
    "journalExternalId": "GENERAL",
    "isDraft": False,
}
LINE: dict[str, Any] = {"itemNumber": "1896-S", "quantity": 4, "unitPrice": 50, "description": "Desks"}


def bill_of_desks(external_id: str, number: str) -> dict[str, Any]:
    """A bill of four desks."""
    return {
        "externalId": external_id,
        "billNumber": number,
        "vendorNumber": "10000",
        "issueDate": "2026-01-20",
        "isDraft": False,
        "lineItems": [LINE],
    }


def bill_over(number: str, amount: Any, **more: Any) -> dict[str, Any]:
    """A bill over an amount, of a vendor whose currency is the local one."""
    return {
        "externalId": number,
        "billNumber": number,
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "isDraft": False,
        "expenses": [{"accountNumber": "8210", "amount": amount}],
        **more,
    }


def small_bill(**changes: Any) -> dict[str, Any]:
    """A bill of one expense, which says neither a number nor whether it is a draft."""
    return {
        "externalId": "b-1",
        "vendorNumber": "20000",
        "issueDate": "2026-01-28",
        "expenses": [{"externalId": "1", "accountNumber": "8210", "amount": 5}],
        **changes,
    }

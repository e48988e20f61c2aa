"""Ledger entries and dimension values as other APIs than the standard one show them.

Sources: the queries of `microsoft/analytics` and `microsoft/reportsFinance` in the application's public source. Which
entries close a year is set up by source codes, which the standard API does not show: here none do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from dynamics_bc_emulator.stamps import to_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_BALANCE_SHEET = ("Assets", "Liabilities", "Equity")
_HIGHEST_SET_ID = 100_000


def balance_sheet_entries(view: View, _: Asked) -> list[Row]:
    """General ledger entries of balance sheet accounts."""
    accounts = _balance_sheet_accounts(view)
    return [_entry(row, "Balance_x0020_Sheet") for row in _ledger(view) if row["accountNumber"] in accounts]


def income_statement_entries(view: View, _: Asked) -> list[Row]:
    """General ledger entries of all other accounts."""
    accounts = _balance_sheet_accounts(view)
    return [_entry(row, "Income_x0020_Statement") for row in _ledger(view) if row["accountNumber"] not in accounts]


def closing_entries(_: View, __: Asked) -> list[Row]:
    """Entries that closed a year."""
    return []


def vendor_ledger_service(view: View, _: Asked) -> list[Row]:
    """Vendor ledger entries as the published list page shows them."""
    return [
        {
            "Entry_No": row["entryNumber"],
            "Posting_Date": row["postingDate"],
            "Document_Type": row["documentType"],
            "Document_No": row["documentNumber"],
            "External_Document_No": row["externalDocumentNumber"],
            "Vendor_No": vendor["number"],
            "Vendor_Name": vendor["displayName"],
            "Description": row["description"],
            "Amount": row["amount"],
            "Remaining_Amount": row["remainingAmount"],
            "Due_Date": row["dueDate"],
            "Open": row["open"],
        }
        for row, vendor in _party_entries(view, "_vendorLedgerEntries", "vendorId", "vendors")
    ]


def vendor_entries(view: View, _: Asked) -> list[Row]:
    """Vendor ledger entries as a query."""
    return _as_query(view, "_vendorLedgerEntries", "vendorId", "vendors", "vendorNumber")


def customer_entries(view: View, _: Asked) -> list[Row]:
    """Customer ledger entries as a query."""
    return _as_query(view, "_customerLedgerEntries", "customerId", "customers", "customerNumber")


def dimension_values(view: View, _: Asked) -> list[Row]:
    """Dimension values, each with its dimension's code and a number of its own."""
    codes = {row["id"]: row["code"] for row in view.store.find(view.company, "dimensions")}
    rows = sorted(view.store.find(view.company, "dimensionValues"), key=lambda row: (row["dimensionId"], row["code"]))
    return [
        {
            "id": row["id"],
            "dimensionCode": codes[row["dimensionId"]],
            "dimensionValueCode": row["code"],
            "dimensionValueName": row["displayName"],
            "dimensionValueId": place,
            "dimensionValueType": "Standard",
            "blocked": bool(row.get("_blocked")),
            "indentation": 0,
            "consolidationCode": row["consolidationCode"],
            "globalDimensionNumber": 0,
            "lastModifiedDateTime": row["lastModifiedDateTime"],
        }
        for place, row in enumerate(rows, start=1)
    ]


MAKERS: Mapping[str, Callable[[View, Asked], list[Row]]] = {
    "balanceSheetEntries": balance_sheet_entries,
    "closingEntries": closing_entries,
    "customerEntries": customer_entries,
    "dimensionValues": dimension_values,
    "incomeStatementEntries": income_statement_entries,
    "vendorEntries": vendor_entries,
    "vendorLedgerService": vendor_ledger_service,
}
"""By the name that a file of `data/routes` has for them."""


def _balance_sheet_accounts(view: View) -> set[str]:
    accounts = view.store.find(view.company, "accounts")
    return {str(row["number"]) for row in accounts if row["category"] in _BALANCE_SHEET}


def _ledger(view: View) -> list[Row]:
    return sorted(view.store.find(view.company, "generalLedgerEntries"), key=lambda row: int(row["entryNumber"]))


def _entry(row: Row, income_balance: str) -> Row:
    return {
        "incomeBalance": income_balance,
        "glAccountNo": row["accountNumber"],
        "accountNo": row["accountNumber"],
        "postingDate": row["postingDate"],
        "amount": row["debitAmount"] - row["creditAmount"],
        "dimensionSetID": _set_id(row.get("_dimensions", {})),
        "sourceCode": "",
        "entryNo": row["entryNumber"],
        "systemModifiedAt": row["lastModifiedDateTime"],
        "description": row["description"],
        "sourceType": "_x0020_",
        "sourceNo": "",
    }


def _as_query(view: View, ledger: str, owner_id: str, owners: str, owner_number: str) -> list[Row]:
    return [
        {
            "entryNumber": row["entryNumber"],
            "documentType": row["documentType"],
            "description": row["description"],
            "postingDate": row["postingDate"],
            "documentNumber": row["documentNumber"],
            "externalDocumentNumber": row["externalDocumentNumber"],
            owner_number: owner["number"],
            "open": row["open"],
            "amount": row["amount"],
            "dimensionSetID": _set_id(row.get("_dimensions", {})),
            "lastModifiedDateTime": to_stamp(view.store.stamp(view.company, ledger, row["id"])),
        }
        for row, owner in _party_entries(view, ledger, owner_id, owners)
    ]


def _party_entries(view: View, ledger: str, owner_id: str, owners: str) -> Iterator[tuple[Row, Row]]:
    """The entries of one side in the order of their numbers, each with whose it is."""
    known = {row["id"]: row for row in view.store.find(view.company, owners)}
    for row in sorted(view.store.find(view.company, ledger), key=lambda row: int(row["entryNumber"])):
        yield row, known[row[owner_id]]


def _set_id(codes: Mapping[str, Any]) -> int:
    """The same number for the same dimensions, 0 for none."""
    text = ";".join(f"{code}={value}" for code, value in sorted(codes.items()))
    return crc32(text.encode()) % _HIGHEST_SET_ID + 1 if text else 0

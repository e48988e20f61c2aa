"""What the service calculates when a row is read: balances, remaining amounts, net changes, stock.

None of these values moves a stamp or an etag when it changes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_emulator.rows.balances import Sums
    from dynamics_bc_emulator.rows.view import View

# The stored properties that a calculation looks at.
CALCULATION_INPUTS = ("id", "number", "status", "totalAmountIncludingTax")
_NONE = Decimal(0)


def calculation(view: View, entity_set: str) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    """How the calculated properties of a set's rows come about, None if it has none."""
    calculate = _CALCULATIONS.get(entity_set)
    return calculate(view) if calculate else None


def _of_customer(view: View) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    due = view.service.balances.remaining_by_owner(
        view, "_customerLedgerEntries", "customerId", due_before=f"{view.today}~"
    )
    return lambda row: {"balanceDue": due.get(row["id"], _NONE)}


def _of_vendor(view: View) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    # The ledger holds what the company owes as a negative amount; the page shows it positive.
    owed = view.service.balances.remaining_by_owner(view, "_vendorLedgerEntries", "vendorId")
    return lambda row: {"balance": -owed.get(row["id"], _NONE)}


def _of_account(view: View) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    totals = account_totals(view, view.service.balances.net_change(view))
    return lambda row: {"netChange": totals.get(row["number"], _NONE)}


def _of_item(view: View) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    stock = view.service.balances.inventory(view)
    return lambda row: {"inventory": stock.get(row["number"], _NONE)}


def _of_sales_invoice(view: View) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    left = view.service.balances.remaining_by_document(view, "_customerLedgerEntries")

    def remaining(row: Mapping[str, Any]) -> dict[str, Any]:
        if not row.get("_posted"):
            return {"remainingAmount": row["totalAmountIncludingTax"]}
        return {"remainingAmount": _NONE if row["status"] == "Canceled" else left.get(row["id"], _NONE)}

    return remaining


def account_totals(view: View, sums: Mapping[str, Decimal]) -> Sums:
    """Amounts by account number; an end-total has all since the begin-total that it closes."""
    totals: Sums = {}
    open_totals: list[Decimal] = []
    for row in sorted(view.store.find(view.company, "accounts"), key=lambda row: str(row["number"])):
        own = sums.get(row["number"], _NONE)
        open_totals = [total + own for total in open_totals]
        if row["accountType"] == "Begin_x002D_Total":
            open_totals.append(_NONE)
        if row["accountType"] == "End_x002D_Total" and open_totals:
            own = open_totals.pop()
        totals[row["number"]] = own
    return totals


_CALCULATIONS: dict[str, Callable[[View], Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "customers": _of_customer,
    "vendors": _of_vendor,
    "accounts": _of_account,
    "items": _of_item,
    "salesInvoices": _of_sales_invoice,
}

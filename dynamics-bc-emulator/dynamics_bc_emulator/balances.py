"""What the service calculates when a row is read: balances, remaining amounts, net changes, stock.

None of these values moves a stamp or an etag when it changes.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_emulator.store import Row, Store
    from dynamics_bc_emulator.view import View

Sums = dict[str, Decimal]
CALCULATED_SETS = ("customers", "vendors", "accounts", "items", "salesInvoices")
# The stored properties that a calculation looks at.
CALCULATION_INPUTS = ("id", "number", "status", "totalAmountIncludingTax")
_NONE = Decimal(0)


class Balances:
    """Sums over the ledgers, kept until a ledger changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], tuple[int, Sums]] = {}

    def remaining_by_document(self, view: View, ledger: str) -> Sums:
        """What is left of each posted document, by its id, in the ledger's sign."""
        return self._sums(
            view, ledger, "document", lambda row: row.get("documentId"), lambda row: row["remainingAmount"]
        )

    def remaining_by_owner(self, view: View, ledger: str, owner: str, *, due_before: str = "9999") -> Sums:
        """What each customer or vendor has open, of what is due before a date."""

        def amount(row: Row) -> Decimal:
            return Decimal(row["remainingAmount"]) if str(row["dueDate"]) < due_before else _NONE

        return self._sums(view, ledger, f"owner {due_before}", lambda row: row[owner], amount)

    def net_change(self, view: View, *, start: str = "", end: str = "9999") -> Sums:
        """Debits less credits by account number, of entries posted in the period, both days included."""

        def amount(row: Row) -> Decimal:
            inside = start <= str(row["postingDate"]) <= end
            return Decimal(row["debitAmount"] - row["creditAmount"]) if inside else _NONE

        return self._sums(view, "generalLedgerEntries", f"{start} {end}", lambda row: row["accountNumber"], amount)

    def inventory(self, view: View) -> Sums:
        """Pieces in stock by item number."""
        return self._sums(view, "itemLedgerEntries", "", lambda row: row["itemNumber"], lambda row: row["quantity"])

    def _sums(
        self, view: View, entity_set: str, what: str, key: Callable[[Row], Any], amount: Callable[[Row], Decimal]
    ) -> Sums:
        place = (id(view.store), view.company, entity_set, what)
        version = view.store.version(view.company, entity_set)
        kept = self._kept.get(place)
        if kept is None or kept[0] != version:
            kept = self._kept[place] = (version, _sum(view.store, view.company, entity_set, key, amount))
        return kept[1]


def _sum(
    store: Store, company: str, entity_set: str, key: Callable[[Row], Any], amount: Callable[[Row], Decimal]
) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for stored in store.scan(company, entity_set):
        row = store.to_row(entity_set, stored)
        sums[key(row)] += amount(row)
    return sums


def calculation(view: View, entity_set: str) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    """How the calculated properties of a set's rows come about, None if it has none."""
    makers = {
        "customers": _of_customer,
        "vendors": _of_vendor,
        "accounts": _of_account,
        "items": _of_item,
        "salesInvoices": _of_sales_invoice,
    }
    return makers[entity_set](view) if entity_set in makers else None


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

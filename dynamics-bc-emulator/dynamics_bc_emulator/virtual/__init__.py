"""Sets whose rows are not stored but made when they are read.

A maker takes the view and what is asked for, and gives rows as dictionaries. `everything` of such a set goes over all
its parents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator import expansions, rendering
from dynamics_bc_emulator.balances import calculation
from dynamics_bc_emulator.store import Stored
from dynamics_bc_emulator.values import decode
from dynamics_bc_emulator.virtual import contacts, dimensions, media, payments, receivables, statements
from dynamics_bc_emulator.virtual.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_emulator.catalogue import EntitySet, Navigation
    from dynamics_bc_emulator.store import Row
    from dynamics_bc_emulator.view import View

_MAKERS: dict[str, Callable[[View, Asked], list[Row]]] = {
    "agedAccountsPayables": receivables.aged_payables,
    "agedAccountsReceivables": receivables.aged_receivables,
    "applyVendorEntries": payments.apply_vendor_entries,
    "balanceSheets": statements.balance_sheet,
    "cashFlowStatements": statements.cash_flow_statement,
    "contactsInformation": contacts.contacts_information,
    "customerFinancialDetails": receivables.customer_financial_details,
    "customerSales": receivables.customer_sales,
    "dimensionSetLines": dimensions.dimension_set_lines,
    "incomeStatements": statements.income_statement,
    "pdfDocument": media.pdf_documents,
    "pictures": media.pictures,
    "retainedEarningsStatements": statements.retained_earnings_statement,
    "trialBalances": statements.trial_balance,
    "vendorPurchases": receivables.vendor_purchases,
}


def is_virtual(entity_set: str) -> bool:
    """Whether a set's rows are made when they are read."""
    return entity_set in _MAKERS


def make(view: View, entity_set: EntitySet, asked: Asked) -> list[Stored]:
    """The rows of a set for what is asked, as they would lie in the store."""
    return to_lines(entity_set, _MAKERS[entity_set.name](view, asked))


def to_lines(entity_set: EntitySet, rows: Sequence[Row]) -> list[Stored]:
    """Rows as they would lie in the store."""
    return [Stored(row_key(entity_set, row), rendering.virtual_line(entity_set, row), None) for row in rows]


def row_key(entity_set: EntitySet, row: Mapping[str, Any]) -> str:
    """The text of a row's key; a set without a key is keyed by its first column."""
    names = entity_set.key or tuple(entity_set.properties)[:1]
    return ",".join(str(row.get(name)) for name in names)


def related(view: View, entity_set: EntitySet, row: Stored, navigation: Navigation) -> list[Stored]:
    """The made rows that a navigation leads to from one row."""
    if navigation.target == "dimensionSetLines":
        return to_lines(view.set("dimensionSetLines"), dimensions.lines_of(view, entity_set.name, row))
    source = expansions.source_values(row, navigation)
    wanted: dict[str, tuple[Any, ...]] = {}
    for link in navigation.links:
        if link.target:
            wanted[link.target] = (link.const if link.field is None else source[link.field],)
    return make(view, view.set(navigation.target), Asked(wanted))


def everything(view: View, entity_set: EntitySet) -> list[Stored]:
    """All rows of a set, of all parents there are."""
    if entity_set.name not in {"applyVendorEntries", "dimensionSetLines", "pdfDocument", "pictures"}:
        return make(view, entity_set, Asked({}))
    lines: list[Stored] = []
    for parent in view.catalogue.sets.values():
        for navigation in parent.navigation.values():
            if navigation.target == entity_set.name and not navigation.implied and not is_virtual(parent.name):
                for row in view.store.scan(view.company, parent.name):
                    lines += related(view, parent, row, navigation)
    return lines


def full_row(view: View, entity_set: EntitySet, row: Stored) -> dict[str, Any]:
    """A row's values as they are served, calculated ones included, and its internal ones."""
    if is_virtual(entity_set.name):
        values: dict[str, Any] = decode(row.data)
        return values
    values = view.store.to_row(entity_set.name, row)
    calculate = calculation(view, entity_set.name)
    return {**values, **(calculate(values) if calculate else {})}

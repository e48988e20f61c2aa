"""What ledgers add up to by owner, document, account or item: kept until a ledger changes."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.rows.store import Row, Store

Sums = dict[str, Decimal]
_NONE = Decimal(0)


class Ledgers(Protocol):
    """Whose ledgers are summed."""

    @property
    def store(self) -> Store:
        """Where they are."""

    @property
    def company(self) -> str:
        """The company's id."""


class Balances:
    """Sums over the ledgers, kept until a ledger changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], tuple[int, Sums]] = {}

    def remaining_by_document(self, ledgers: Ledgers, ledger: str) -> Sums:
        """What is left of each posted document, by its id, in the ledger's sign and the document's currency."""

        def amount(row: Row) -> Decimal:
            left: Any = row.get("currencyRemaining", row["remainingAmount"])
            return Decimal(left)

        return self._sums(ledgers, ledger, "document", lambda row: row.get("documentId"), amount)

    def remaining_by_owner(self, ledgers: Ledgers, ledger: str, owner: str, *, due_before: str = "9999") -> Sums:
        """What each customer or vendor has open, of what is due before a date."""

        def amount(row: Row) -> Decimal:
            return Decimal(row["remainingAmount"]) if str(row["dueDate"]) < due_before else _NONE

        return self._sums(ledgers, ledger, f"owner {due_before}", lambda row: row[owner], amount)

    def net_change(self, ledgers: Ledgers, *, start: str = "", end: str = "9999") -> Sums:
        """Debits less credits by account number, of entries posted in the period, both days included."""

        def amount(row: Row) -> Decimal:
            inside = start <= str(row["postingDate"]) <= end
            return Decimal(row["debitAmount"] - row["creditAmount"]) if inside else _NONE

        return self._sums(ledgers, "generalLedgerEntries", f"{start} {end}", lambda row: row["accountNumber"], amount)

    def turnover(self, ledgers: Ledgers, side: str, *, start: str, end: str) -> Sums:
        """All debits, or all credits, by account number, of entries posted in the period, both days included."""

        def amount(row: Row) -> Decimal:
            return Decimal(row[side]) if start <= str(row["postingDate"]) <= end else _NONE

        entries, what = "generalLedgerEntries", f"{side} {start} {end}"
        return self._sums(ledgers, entries, what, lambda row: row["accountNumber"], amount)

    def inventory(self, ledgers: Ledgers) -> Sums:
        """Pieces in stock by item number."""
        return self._sums(ledgers, "itemLedgerEntries", "", lambda row: row["itemNumber"], lambda row: row["quantity"])

    def _sums(
        self, ledgers: Ledgers, entity_set: str, what: str, key: Callable[[Row], Any], amount: Callable[[Row], Decimal]
    ) -> Sums:
        place = (id(ledgers.store), ledgers.company, entity_set, what)
        version = ledgers.store.version(ledgers.company, entity_set)
        kept = self._kept.get(place)
        if kept is None or kept[0] != version:
            kept = self._kept[place] = (version, _sum(ledgers.store, ledgers.company, entity_set, key, amount))
        return kept[1]


def _sum(
    store: Store, company: str, entity_set: str, key: Callable[[Row], Any], amount: Callable[[Row], Decimal]
) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for stored in store.scan(company, entity_set):
        row = store.to_row(entity_set, stored)
        sums[key(row)] += amount(row)
    return sums

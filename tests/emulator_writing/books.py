"""What must hold of a company's ledgers, whatever has been posted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.rows.store import Condition
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR, Party
from dynamics_bc_emulator.rules.posting.kinds import ORDER_KINDS, POSTING_KINDS
from dynamics_bc_emulator.rules.posting_setup import control_account
from dynamics_bc_emulator.stamps import to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dynamics_bc_emulator.rows.company import Company

Row = dict[str, Any]
Sums = dict[Any, Decimal]
ZERO, CENT = Decimal(0), Decimal("0.01")
PARTIES = (CUSTOMER, VENDOR)
VAT_ACCOUNTS = ("5610", "5611", "5620", "5621", "5630", "5631")


@dataclass
class Books:
    """A company's ledgers, with what they held before the test began; the test leaves what was there alone."""

    company: Company
    since: datetime

    def __post_init__(self) -> None:
        self.start = self.by_account(self.company.find("generalLedgerEntries"))
        self.open_before = {
            party.caption: self.open_amounts(party, self.company.find(party.entries)) for party in PARTIES
        }

    def check(self) -> None:
        """Assert all of it."""
        self.every_document_balances()
        for party in PARTIES:
            self.control_accounts_are_what_is_open(party)
            self.entries_are_whole(party)
        self.statuses_follow_from_entries()
        self.vat_is_what_documents_show()
        self.stock_is_what_documents_moved()
        self.inventory_is_what_goods_cost()

    def new(self, entity_set: str) -> list[Row]:
        """The rows of a set that were written since the test began."""
        store = self.company.store
        newer = Condition("stamp >= ?", (to_milliseconds(self.since),))
        return [store.to_row(entity_set, row) for row in store.scan(self.company.id, entity_set, [newer])]

    def moved(self, account: str) -> Decimal:
        """What an account has moved by since the test began."""
        return self.by_account(self.new("generalLedgerEntries")).get(account, ZERO)

    def by_account(self, entries: list[Row]) -> Sums:
        sums: Sums = defaultdict(Decimal)
        for entry in entries:
            sums[entry["accountNumber"]] += entry["debitAmount"] - entry["creditAmount"]
        return sums

    def every_document_balances(self) -> None:
        sums: Sums = defaultdict(Decimal)
        for entry in self.new("generalLedgerEntries"):
            assert entry["debitAmount"] >= 0 <= entry["creditAmount"]
            assert min(entry["debitAmount"], entry["creditAmount"]) == 0
            sums[entry["documentNumber"], entry["postingDate"]] += entry["debitAmount"] - entry["creditAmount"]
        assert not any(sums.values()), sums

    def control_accounts_are_what_is_open(self, party: Party) -> None:
        moved = self.by_account(self.new("generalLedgerEntries"))
        now, before = self.open_amounts(party, self.new(party.entries)), self.open_before[party.caption]
        for account in {*now, *before}:
            expected = before.get(account, ZERO) + now.get(account, ZERO)
            assert self.start.get(account, ZERO) + moved.get(account, ZERO) == expected, account

    def open_amounts(self, party: Party, entries: list[Row]) -> Sums:
        sums: Sums = defaultdict(Decimal)
        for entry in entries:
            owner = self.company.get(party.party_set, entry[party.id_name])
            assert owner is not None
            sums[control_account(self.company, party, owner)] += entry["remainingAmount"]
        return sums

    def entries_are_whole(self, party: Party) -> None:
        """What is closed has nothing left in either currency; what is open is owed as it was, or less."""
        for entry in self.new(party.entries):
            left, whole = entry["remainingAmount"], entry["amount"]
            in_currency = entry.get("currencyRemaining", left)
            assert entry["open"] == bool(left or in_currency), entry
            assert abs(left) <= abs(whole), entry
            assert left * whole >= 0, entry
            kept = [Decimal(local) for local, _ in entry.get("_applications", {}).values()]
            if "_applications" in entry:
                assert whole - sum(kept) - Decimal(entry.get("_discountTaken", 0)) == left, entry

    def statuses_follow_from_entries(self) -> None:
        for kind in POSTING_KINDS.values():
            for header in self._posted(kind.headers):
                entries = self.company.find(kind.party.entries, documentNumber=header["number"])
                (entry,) = (one for one in entries if one["documentId"] == header["id"])
                expected = "Open" if entry["open"] else "Paid"
                if header.get("_corrects"):
                    expected = "Corrective"
                if header.get("_canceledBy"):
                    expected = "Canceled"
                assert header["status"] == expected, header

    def vat_is_what_documents_show(self) -> None:
        """The tax accounts moved by what the documents show as tax; conversions round once for an entry."""
        shown, rounding = Decimal(0), Decimal(0)
        for kind in POSTING_KINDS.values():
            for header in self._posted(kind.headers):
                factor = self._factor(header)
                shown += kind.sign * header["totalTaxAmount"] * factor
                if factor != 1:
                    rounding += CENT * len(self.company.find(kind.lines, documentId=header["id"]))
        moved = self.by_account(self.new("generalLedgerEntries"))
        assert abs(sum(moved.get(account, ZERO) for account in VAT_ACCOUNTS) - shown) <= rounding

    def stock_is_what_documents_moved(self) -> None:
        moved: Sums = defaultdict(Decimal)
        for entry in self.new("itemLedgerEntries"):
            moved[entry["itemNumber"]] += Decimal(entry["quantity"])
        expected: Sums = defaultdict(Decimal)
        for number, quantity in self._moved():
            expected[number] += quantity
        assert all(moved[number] == expected[number] for number in {*moved, *expected})

    def inventory_is_what_goods_cost(self) -> None:
        """Where costs are posted, the inventory account moved by what the item ledger says."""
        for setup in self.company.find("_costPosting"):
            moved = self.by_account(self.new("generalLedgerEntries"))
            cost = sum((Decimal(entry["costAmountActual"]) for entry in self.new("itemLedgerEntries")), ZERO)
            assert moved.get(setup["inventoryAccount"], ZERO) == cost

    def _moved(self) -> Iterator[tuple[str, Decimal]]:
        """What the documents say of goods: what is invoiced, and of orders what is delivered and not invoiced yet."""
        for kind in POSTING_KINDS.values():
            for header in self._posted(kind.headers):
                for line in self._goods(kind.lines, header):
                    yield line["lineObjectNumber"], kind.sign * Decimal(line["quantity"])
        for order in ORDER_KINDS.values():
            sign = 1 if order.document.is_purchase else -1
            for header in self.new(order.document.headers):
                for line in self._goods(order.document.lines, header):
                    yield line["lineObjectNumber"], sign * (line[order.delivered] - line["invoicedQuantity"])

    def _goods(self, line_set: str, header: Row) -> list[Row]:
        lines = self.company.find(line_set, documentId=header["id"], lineType="Item")
        return [line for line in lines if (self.company.get("items", line["itemId"]) or {}).get("type") == "Inventory"]

    def _posted(self, entity_set: str) -> list[Row]:
        return [row for row in self.new(entity_set) if row.get("_posted")]

    def _factor(self, header: Row) -> Decimal:
        if header["currencyCode"] in {"", self.company.local_currency}:
            return Decimal(1)
        rates = self.company.find("currencyExchangeRates", currencyCode=header["currencyCode"])
        rate = max(
            (row for row in rates if row["startingDate"] <= header["postingDate"]), key=lambda row: row["startingDate"]
        )
        return Decimal(rate["relationalExchangeRateAmount"]) / Decimal(rate["exchangeRateAmount"])

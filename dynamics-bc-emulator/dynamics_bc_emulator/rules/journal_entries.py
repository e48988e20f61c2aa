"""What a journal's line is worth on each of its sides: accounts, currency, local amounts, VAT, ledger entries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.dimensions import dimensions_of
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.exchange import local_factor
from dynamics_bc_emulator.rules.journal_line_sets import (
    BANK_ACCOUNT,
    GL_ACCOUNT,
    LINE_SETS,
    balancing_account,
    is_empty,
    own_account,
)
from dynamics_bc_emulator.rules.journal_setup import NO_TAX, AccountTax, account_tax
from dynamics_bc_emulator.rules.ledger import BLANK, Entry, Voucher
from dynamics_bc_emulator.rules.parties import PARTIES
from dynamics_bc_emulator.rules.posting_setup import bank_ledger_account, control_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party

_HUNDRED = Decimal(100)
_VAT_ACCOUNTS = {"Purchase": "purchaseVatAccount", "Sale": "salesVatAccount"}


@dataclass(frozen=True, slots=True)
class Side:
    """One account of a line.

    Attributes:
        account_type: As the API spells it.
        number: The account's number.
        amount: In the line's currency, debits positive.
        local: In the local currency.
        tax: The VAT that the amount includes; of a general ledger account alone.
    """

    account_type: str
    number: str
    amount: Decimal
    local: Decimal
    tax: AccountTax

    @property
    def party(self) -> Party | None:
        """Of what kind the account's owner is, if it is a customer's or a vendor's."""
        return PARTIES.get(self.account_type)


class JournalLine:
    """One line of a batch, in words that hold for entries and payments alike."""

    def __init__(self, company: Company, journal: Row, entity_set: str, row: Row) -> None:
        self.company = company
        self.journal = journal
        self.entity_set = entity_set
        self.row = row
        self.amount = Decimal(row["amount"])
        self.own_type, self.own_number = own_account(entity_set, row)
        self.balancing_type, self.balancing_number = balancing_account(company, journal, row)
        self.document_type = "Payment" if LINE_SETS[entity_set] else BLANK
        self.dimensions = dimensions_of(row)

    @property
    def is_empty(self) -> bool:
        """Nobody has filled it in yet."""
        return is_empty(self.entity_set, self.row)

    @cached_property
    def currency(self) -> str:
        """The line's currency, blank for the local one: of a bank account, else of the customer or vendor."""
        accounts = ((self.own_type, self.own_number), (self.balancing_type, self.balancing_number))
        banks = [number for account_type, number in accounts if account_type == BANK_ACCOUNT and number]
        owners = [(kind, number) for kind, number in accounts if kind in PARTIES and number]
        rows = [self.company.first("bankAccounts", number=number) or {} for number in banks]
        rows += [self.company.first(PARTIES[kind].party_set, number=number) or {} for kind, number in owners]
        codes = [str(row.get("currencyCode") or "") for row in rows]
        foreign = [code for code in codes if code not in ("", self.company.local_currency)]
        return foreign[0] if foreign else ""

    @cached_property
    def local(self) -> Decimal:
        """Its amount in the local currency, by the exchange rate of its date."""
        return to_cents(self.amount * local_factor(self.company, self.currency, self.row["postingDate"]))

    @cached_property
    def sides(self) -> tuple[Side, ...]:
        """Its accounts; the balancing one takes the amount with the other sign."""
        local, sides = self.local, []
        if self.own_number:
            sides.append(Side(self.own_type, self.own_number, self.amount, local, self.own_tax))
        if self.balancing_number:
            tax = account_tax(self.company, self.balancing_number) if self.balancing_type == GL_ACCOUNT else NO_TAX
            sides.append(Side(self.balancing_type, self.balancing_number, -self.amount, -local, tax))
        return tuple(sides)

    @cached_property
    def own_tax(self) -> AccountTax:
        """The VAT that was set on the line; where there is sales tax, its tax code is a tax group and posts nothing."""
        row = self.row
        if (self.company.first("taxAreas") or {}).get("taxType") == "Sales_x0020_Tax":
            return NO_TAX
        return AccountTax(row.get("_generalPostingType", ""), row.get("_taxAreaCode", ""), row.get("taxCode", ""))

    @property
    def voucher(self) -> Voucher:
        """What its entries share."""
        row = self.row
        return Voucher(self.document_type, row["documentNumber"], row["postingDate"], row["description"])

    @property
    def balance(self) -> tuple[Decimal, Decimal]:
        """What it lacks to balance by itself, in the local currency and in its own."""
        if self.own_number and self.balancing_number:
            return ZERO, ZERO
        sign = -1 if self.balancing_number else 1
        return sign * self.local, sign * self.amount

    def entries(self) -> Iterator[Entry]:
        """Its entries in the general ledger."""
        for side in self.sides:
            yield from self._entries(side)

    def owner(self, side: Side) -> Row:
        """The customer or vendor of a side.

        Raises:
            Refusal: There is none of that number.
        """
        party = side.party
        assert party
        owner = self.company.first(party.party_set, number=side.number)
        if owner is None:
            raise refused(f"The {party.caption} does not exist. Identification fields and values: No.='{side.number}'")
        return owner

    def vat_entries(self, side: Side) -> list[Entry]:
        """The VAT of a side's amount: included in it, or both ways where the buyer owes it (reverse charge).

        Raises:
            Refusal: The set-up does not know the combination of posting groups.
        """
        tax = side.tax
        if not tax.posting_type:
            return []
        setup: Any = self.company.first("_vatPostingSetup", taxAreaCode=tax.area, taxGroupCode=tax.group)
        if setup is None:
            raise refused(
                "The VAT Posting Setup does not exist. Identification fields and values: "
                f"VAT Bus. Posting Group='{tax.area}',VAT Prod. Posting Group='{tax.group}'"
            )
        percent, account = Decimal(setup["vatPercent"]), setup[_VAT_ACCOUNTS[tax.posting_type]]
        if not percent:
            return []
        if setup["calculationType"] == "Normal VAT":
            return [Entry(account, to_cents(side.local * percent / (_HUNDRED + percent)), self.dimensions)]
        if tax.posting_type == "Sale" or not setup.get("reverseChargeVatAccount"):
            return []
        owed = to_cents(side.local * percent / _HUNDRED)
        sides = ((account, owed), (setup["reverseChargeVatAccount"], -owed))
        return [Entry(number, amount, self.dimensions) for number, amount in sides]

    def _entries(self, side: Side) -> Iterator[Entry]:
        vat = self.vat_entries(side)
        included = sum((entry.amount for entry in vat), ZERO)
        yield Entry(self._ledger_account(side), side.local - included, self.dimensions)
        yield from vat

    def _ledger_account(self, side: Side) -> str:
        if side.account_type == BANK_ACCOUNT:
            return bank_ledger_account(self.company, side.number)
        if side.party is None:
            return str(check_account(self.company, side.number)["number"])
        owner = self.owner(side)
        return control_account(self.company, side.party, owner)

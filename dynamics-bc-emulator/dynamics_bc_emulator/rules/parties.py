"""The two sides of trade: vendors and customers, with the names that sets and properties give them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """Whom documents and payments are for.

    Attributes:
        caption: What people call one: `Vendor`.
        name: How its properties begin: `vendor`.
        party_set: Where they are.
        entries: The internal set of their ledger entries.
        invoices: The set of its invoices, whose status follows the entries.
        credit_memos: The set of its credit memos, whose status follows them too.
        payer: How the properties of who pays begin.
        address: How the properties of a document's address begin.
    """

    caption: str
    name: str
    party_set: str
    entries: str
    invoices: str
    credit_memos: str
    payer: str
    address: str

    @property
    def payer_id_name(self) -> str:
        """The property of a document with the id of who pays, or is paid."""
        return f"{self.payer}{self.caption}Id"

    @property
    def id_name(self) -> str:
        """The property with a party's id."""
        return f"{self.name}Id"

    @property
    def number_name(self) -> str:
        """The property with a party's number."""
        return f"{self.name}Number"


VENDOR = Party(
    "Vendor", "vendor", "vendors", "_vendorLedgerEntries", "purchaseInvoices", "purchaseCreditMemos", "payTo", "buyFrom"
)
CUSTOMER = Party(
    "Customer",
    "customer",
    "customers",
    "_customerLedgerEntries",
    "salesInvoices",
    "salesCreditMemos",
    "billTo",
    "sellTo",
)
PARTIES = {party.caption: party for party in (VENDOR, CUSTOMER)}

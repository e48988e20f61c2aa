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
        invoices: The set whose status follows the entries.
        payer: How the properties of who pays begin.
        address: How the properties of a document's address begin.
    """

    caption: str
    name: str
    party_set: str
    entries: str
    invoices: str
    payer: str
    address: str

    @property
    def id_name(self) -> str:
        """The property with a party's id."""
        return f"{self.name}Id"

    @property
    def number_name(self) -> str:
        """The property with a party's number."""
        return f"{self.name}Number"


VENDOR = Party("Vendor", "vendor", "vendors", "_vendorLedgerEntries", "purchaseInvoices", "payTo", "buyFrom")
CUSTOMER = Party("Customer", "customer", "customers", "_customerLedgerEntries", "salesInvoices", "billTo", "sellTo")
PARTIES = {party.caption: party for party in (VENDOR, CUSTOMER)}

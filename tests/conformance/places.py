"""Documents, entries and masters that something hangs on, by their names in Microsoft's tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.plain_http import Api


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of row that something hangs on.

    Attributes:
        entity_set: Where such rows are.
        parent_type: What an attachment of one says of its parent.
        body: What a new row is made of; a row of the seed is taken where there is none.
        lines: The navigation to a draft's lines.
        posted: A new row gets a line and is posted.
        journal: The code of the journal that a new row is a line of.
    """

    entity_set: str
    parent_type: str
    body: dict[str, Any] | None = None
    lines: str = ""
    posted: bool = False
    journal: str = ""

    def row(self, api: Api) -> str:
        """Id of a row of it."""
        if self.journal:
            lines = f"journals({api.id('journals', code=self.journal)})/{self.entity_set}"
            return str(api.post(lines, self.body or {})["id"])
        if self.body is None:
            return str(api.rows(self.entity_set, top=1)[0]["id"])
        draft = str(api.post(self.entity_set, self.body)["id"])
        return self.posted_row(api, draft) if self.posted else draft

    def posted_row(self, api: Api, draft: str) -> str:
        """Id of what a draft becomes when it has a line and is posted."""
        item = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}
        api.post(f"{self.entity_set}({draft})/{self.lines}", item)
        api.act(f"{self.entity_set}({draft})", "post")
        return draft


CUSTOMER, VENDOR = {"customerNumber": "10000"}, {"vendorNumber": "10000", "vendorInvoiceNumber": "G-1"}
_SALES_INVOICE = ("salesInvoices", "Sales Invoice", CUSTOMER, "salesInvoiceLines")
_PURCHASE_INVOICE = ("purchaseInvoices", "Purchase Invoice", VENDOR, "purchaseInvoiceLines")
_PURCHASE_MEMO = (
    "purchaseCreditMemos",
    "Purchase Credit Memo",
    {"vendorNumber": "10000", "vendorCreditMemoNumber": "G-1"},
    "purchaseCreditMemoLines",
)
PLACES = {
    "Customer": Place("customers", "Customer"),
    "Vendor": Place("vendors", "Vendor"),
    "Item": Place("items", "Item"),
    "Employee": Place("employees", "Employee"),
    "Job": Place("projects", "Project"),
    "JournalLine": Place("journalLines", "Journal", {"accountNumber": "8210", "amount": 1}, journal="DEFAULT"),
    "GLEntry": Place("generalLedgerEntries", "Journal"),
    "DraftInvoice": Place(*_SALES_INVOICE),
    "PostedInvoice": Place(*_SALES_INVOICE, posted=True),
    "DraftOrder": Place("salesOrders", "Sales Order", CUSTOMER),
    "Quote": Place("salesQuotes", "Sales Quote", CUSTOMER),
    "DraftPurchaseInvoice": Place(*_PURCHASE_INVOICE),
    "PostedPurchaseInvoice": Place(*_PURCHASE_INVOICE, posted=True),
    "PostedCreditMemo": Place("salesCreditMemos", "Sales Credit Memo", CUSTOMER, "salesCreditMemoLines", posted=True),
    "DraftPurchaseOrder": Place("purchaseOrders", "Purchase Order", {"vendorNumber": "10000"}),
    "DraftPurchaseCreditMemo": Place(*_PURCHASE_MEMO),
    "PostedPurchaseCreditMemo": Place(*_PURCHASE_MEMO, posted=True),
}

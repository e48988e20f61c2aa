"""In what the kinds of documents differ when they are posted: a row for each.

The engine knows no kind. It reads a row: which way the amounts go, which accounts they take, what the ledgers call the
document, where its number comes from and who may not be posted to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.document_kinds import KIND_OF

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.parties import Party


@dataclass(frozen=True, slots=True)
class PostingKind:
    """A kind of document that becomes entries.

    Attributes:
        document: Its sets and properties.
        noun: What people call one: `invoice`.
        ledger_type: What the general ledger and the party's ledger call it.
        settlement_type: What they call a settlement at once, of those whose payment method has an account.
        item_type: What the item ledger calls it.
        series: The number series of posted ones.
        sign: The way that its lines' amounts go in the general ledger: 1 for debits, -1 for credits.
        account: The column of the general posting set-up that its lines take.
        discount_account: The column for what is granted or received as a discount.
        opposite: The set of what corrects it.
        reference: The property with the number that the other party gave it.
        needs_reference: Unless the set-up says otherwise it is not posted without that number, and no two of a party
            share it.
        stopping: The values of a party's `blocked` that keep it from being posted.
        says_without_lines: What is said of one without any line; blank where that is nothing of its own.
    """

    document: DocumentKind
    noun: str
    ledger_type: str
    settlement_type: str
    item_type: str
    series: str
    sign: int
    account: str
    discount_account: str
    opposite: str
    reference: str = "externalDocumentNumber"
    needs_reference: bool = False
    stopping: tuple[str, ...] = ("All",)
    says_without_lines: str = ""

    @property
    def headers(self) -> str:
        """Its entity set."""
        return self.document.headers

    @property
    def lines(self) -> str:
        """The entity set of its lines."""
        return self.document.lines

    @property
    def party(self) -> Party:
        """Whom it is for."""
        return self.document.party

    @property
    def party_side(self) -> str:
        """What people call the side of trade that it is on."""
        return "purchase" if self.document.is_purchase else "sales"

    @property
    def is_invoice(self) -> bool:
        """Whether it claims what a credit memo gives back."""
        return self.ledger_type == "Invoice"


@dataclass(frozen=True, slots=True)
class OrderKind:
    """A kind of order: what it delivers and what it becomes.

    Attributes:
        document: Its sets and properties.
        invoices: The set of what it becomes.
        deliveries: The set of its shipments or receipts.
        delivery_lines: The set of their lines.
        series: The number series of deliveries.
        item_type: What the item ledger calls a delivery.
        to_deliver: The lines' property of what is to be delivered next.
        delivered: The lines' property of what has been delivered.
        act: What people call delivering: `ship`.
        stopping: The values of a party's `blocked` that keep a delivery from being posted.
    """

    document: DocumentKind
    invoices: str
    deliveries: str
    delivery_lines: str
    series: str
    item_type: str
    to_deliver: str
    delivered: str
    act: str
    stopping: tuple[str, ...] = ("All",)


_INVOICE = ("invoice", "Invoice", "Payment")
_CREDIT_MEMO = ("credit memo", "Credit_x0020_Memo", "Refund")
_KINDS = (
    PostingKind(
        KIND_OF["salesInvoices"],
        *_INVOICE,
        item_type="Sales_x0020_Invoice",
        series="S-INV+",
        sign=-1,
        account="salesAccount",
        discount_account="salesDiscountAccount",
        opposite="salesCreditMemos",
        stopping=("Invoice", "All"),
        says_without_lines="Please add at least one line item to the invoice.",
    ),
    PostingKind(
        KIND_OF["salesCreditMemos"],
        *_CREDIT_MEMO,
        item_type="Sales_x0020_Credit_x0020_Memo",
        series="S-CR+",
        sign=1,
        account="salesCreditMemoAccount",
        discount_account="salesDiscountAccount",
        opposite="salesInvoices",
        says_without_lines="Please add at least one line item to the credit memo.",
    ),
    PostingKind(
        KIND_OF["purchaseInvoices"],
        *_INVOICE,
        item_type="Purchase_x0020_Invoice",
        series="P-INV+",
        sign=1,
        account="purchaseAccount",
        discount_account="purchaseDiscountAccount",
        opposite="purchaseCreditMemos",
        reference="vendorInvoiceNumber",
        needs_reference=True,
    ),
    PostingKind(
        KIND_OF["purchaseCreditMemos"],
        *_CREDIT_MEMO,
        item_type="Purchase_x0020_Credit_x0020_Memo",
        series="P-CR+",
        sign=-1,
        account="purchaseCreditMemoAccount",
        discount_account="purchaseDiscountAccount",
        opposite="purchaseInvoices",
        reference="vendorCreditMemoNumber",
        needs_reference=True,
        says_without_lines="Please add at least one line item to the credit memo.",
    ),
)
POSTING_KINDS = {kind.headers: kind for kind in _KINDS}
ORDER_KINDS = {
    "salesOrders": OrderKind(
        KIND_OF["salesOrders"],
        "salesInvoices",
        "salesShipments",
        "salesShipmentLines",
        "S-SHPT",
        "Sales_x0020_Shipment",
        "shipQuantity",
        "shippedQuantity",
        "ship",
        ("Ship", "Invoice", "All"),
    ),
    "purchaseOrders": OrderKind(
        KIND_OF["purchaseOrders"],
        "purchaseInvoices",
        "purchaseReceipts",
        "purchaseReceiptLines",
        "P-RCPT",
        "Purchase_x0020_Receipt",
        "receiveQuantity",
        "receivedQuantity",
        "receive",
    ),
}

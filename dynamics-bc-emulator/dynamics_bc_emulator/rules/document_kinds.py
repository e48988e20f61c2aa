"""In what the kinds of documents differ: names of their sets and properties, and where their numbers come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.parties import Party


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of sales or purchase document.

    Attributes:
        headers: Its entity set.
        lines: The entity set of its lines.
        party: Whom it is for.
        date: The document date's property.
        price: The line's price property.
        item_price: The item's property that a line's price comes from.
        series: The number series of drafts.
        id_wins: With an id and a number of the party that disagree, the id is taken; else that is refused.
    """

    headers: str
    lines: str
    party: Party
    date: str
    price: str
    item_price: str
    series: str
    id_wins: bool = False

    @property
    def is_purchase(self) -> bool:
        """Whether it is about buying."""
        return self.party is VENDOR


def _purchase(headers: str, lines: str, date: str, price: str, series: str, *, id_wins: bool = False) -> DocumentKind:
    return DocumentKind(headers, lines, VENDOR, date, price, "unitCost", series, id_wins)


def _sale(headers: str, lines: str, date: str, series: str) -> DocumentKind:
    return DocumentKind(headers, lines, CUSTOMER, date, "unitPrice", "unitPrice", series)


PURCHASE_INVOICE = _purchase(
    "purchaseInvoices", "purchaseInvoiceLines", "invoiceDate", "unitCost", "P-INV", id_wins=True
)
KINDS = (
    PURCHASE_INVOICE,
    _purchase("purchaseOrders", "purchaseOrderLines", "orderDate", "directUnitCost", "P-ORD"),
    _purchase("purchaseCreditMemos", "purchaseCreditMemoLines", "creditMemoDate", "unitCost", "P-CR"),
    _sale("salesInvoices", "salesInvoiceLines", "invoiceDate", "S-INV"),
    _sale("salesOrders", "salesOrderLines", "orderDate", "S-ORD"),
    _sale("salesQuotes", "salesQuoteLines", "documentDate", "S-QUO"),
    _sale("salesCreditMemos", "salesCreditMemoLines", "creditMemoDate", "S-CR"),
)
KIND_OF = {kind.headers: kind for kind in KINDS}

"""Which documents can be written, and what is particular to each of them?

A row says of a document what its entity set does not: what one of it costs, by which number of the other party it is
known, what may be done to it.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kinds.children import SET_LINES
from target_dynamics_bc.kinds.facts import VOID, packaged_facts
from target_dynamics_bc.kinds.generic import NUMBER
from target_dynamics_bc.kinds.kind import ID, Action, Child, Kind, LineType, MatchKey, Noun, Removal, Unposted
from target_dynamics_bc.wanted.unified.bills import BILLS
from target_dynamics_bc.wanted.unified.buy_orders import BUY_ORDERS
from target_dynamics_bc.writing import documents

if TYPE_CHECKING:
    from collections.abc import Iterable

_FACTS = packaged_facts()
_IN_ONE_BATCH = 10

# The service takes properties one by one in the order of the body: what fills in others comes before them.
_NUMBER = "lineObjectNumber"
_LINE_ORDER = (
    "lineType", _NUMBER, "itemId", "accountId", "itemVariantId", "description", "taxCode", "locationId",
    "unitOfMeasureId", "quantity", "unitCost", "directUnitCost", "unitPrice", "discountAmount",
)  # fmt: skip
_DATES = ("invoiceDate", "creditMemoDate", "orderDate")
_BUYING = (
    "vendorId", "payToVendorId", "pricesIncludeTax", "currencyCode", *_DATES, "postingDate", "paymentTermsId",
    "dueDate", *_LINE_ORDER,
)  # fmt: skip
_SELLING = (
    "customerId", "billToCustomerId", "pricesIncludeTax", "currencyCode", *_DATES, "documentDate", "postingDate",
    "paymentTermsId", "dueDate", *_LINE_ORDER,
)  # fmt: skip

# Columns of document lines that the service calculates: most can be written all the same.
_CALCULATED = frozenset({
    "discountPercent", "amountExcludingTax", "amountIncludingTax", "invoiceDiscountAllocation", "netAmount",
    "netTaxAmount", "netAmountIncludingTax", "shippedQuantity", "receivedQuantity", "invoicedQuantity",
})  # fmt: skip
_PRICES_GROSS = frozenset({"pricesIncludeTax"})
_DRAFTS_ALONE = Removal(only_while=MappingProxyType({"status": "Draft"}))
_CREDITED = Unposted("Credit_x0020_Memo")

_VENDORS_BILL = MatchKey("vendorInvoiceNumber", within="vendorId", unless=VOID)
_VENDORS_CREDIT = MatchKey("vendorCreditMemoNumber", within="vendorId", unless=VOID)
_CUSTOMERS = MatchKey("externalDocumentNumber", within="customerId")
_CUSTOMERS_ALIVE = replace(_CUSTOMERS, unless=VOID)

_CANCELLED = MappingProxyType({"status": frozenset({"Canceled"})})


def _on_posted(name: str, **more: Any) -> Action:
    """What is done to a posted document, and reaches other people."""
    return Action(name, commits=False, is_for_posted=True, reaches_out=True, **more)


_POST = Action("post")
_CANCEL = _on_posted("cancel", done=_CANCELLED)
_SELLING_POSTED = (
    _POST,
    Action("postAndSend", reaches_out=True),
    _on_posted("send"),
    _CANCEL,
    _on_posted("cancelAndSend", done=_CANCELLED),
)

# Codeunit 90 and 80: what is not assigned as a whole refuses the posting.
_UNASSIGNED = (
    "Business Central posts a charge only when it is assigned to items or receipts, which its API cannot do; assign it "
    "there and post it there"
)


def _lines(navigation: str, price: str, called: str) -> Child:
    """The lines of a document; `price` is what one of them costs, and `called` what unified records call that."""
    return Child(
        navigation,
        _FACTS[navigation],
        "lines",
        types=(
            LineType("Item", "itemId", _NUMBER, needs="quantity", alone=("itemVariantId", "unitOfMeasureId")),
            LineType("Account", "accountId", _NUMBER, needs=price, needs_called=called),
            *(LineType(name, _NUMBER, _NUMBER, needs=price) for name in ("Resource", "Fixed_x0020_Asset")),
            LineType("Charge", _NUMBER, _NUMBER, needs=price, unpostable=_UNASSIGNED),
            LineType("Comment"),
        ),
        recalculating=frozenset({"locationId", "itemVariantId", "unitOfMeasureId", "quantity", price}),
        recalculated=(price, "discountAmount"),
        calculated=_CALCULATED,
    )


def _document(
    entity_set: str,
    noun: str,
    *,
    key: MatchKey | None,
    price: str,
    order: Iterable[str],
    price_called: str = "",
    **more: Any,
) -> Kind:
    """The kind whose documents live in an entity set, `purchaseInvoices` with `purchaseInvoiceLines`."""
    lines = _lines(f"{entity_set.removesuffix('s')}Lines", price, price_called)
    keys = (ID, NUMBER) if key is None else (ID, NUMBER, key)
    return Kind(
        entity_set,
        _FACTS[entity_set],
        Noun(noun, f"{noun}s"),
        documents,
        keys,
        children=(lines, SET_LINES),
        order=tuple(order),
        sharing=_IN_ONE_BATCH,
        **more,
    )


DOCUMENTS = (
    _document(
        "purchaseInvoices", "bill", key=_VENDORS_BILL, price="unitCost", order=_BUYING,
        actions=(_POST,),
        removal=_DRAFTS_ALONE,
        unified=BILLS,
        price_called="amount",
    ),
    _document(
        "purchaseOrders", "purchase order", key=None, price="directUnitCost", order=_BUYING,
        actions=(Action("receiveAndInvoice", leads_to="purchaseInvoices", origin="orderId"),),
        unified=BUY_ORDERS,
    ),
    _document(
        "purchaseCreditMemos", "purchase credit memo", key=_VENDORS_CREDIT, price="unitCost", order=_BUYING,
        actions=(_POST, _CANCEL),
        agreeing=_PRICES_GROSS,
        removal=_DRAFTS_ALONE,
        unposted=_CREDITED,
    ),
    _document(
        "salesQuotes", "sales quote", key=_CUSTOMERS, price="unitPrice", order=_SELLING,
        actions=(
            Action("makeOrder", leads_to="salesOrders", commits=False),
            Action("makeInvoice", leads_to="salesInvoices", commits=False),
        ),
        remembered=True,
    ),
    _document(
        "salesOrders", "sales order", key=_CUSTOMERS, price="unitPrice", order=_SELLING,
        actions=(Action("shipAndInvoice", leads_to="salesInvoices", origin="orderId"),),
        remembered=True,
    ),
    _document(
        "salesInvoices", "sales invoice", key=_CUSTOMERS_ALIVE, price="unitPrice", order=_SELLING,
        actions=(
            *_SELLING_POSTED,
            _on_posted("makeCorrectiveCreditMemo", leads_to="salesCreditMemos", origin="invoiceId"),
        ),
        agreeing=_PRICES_GROSS,
        removal=_DRAFTS_ALONE,
        unposted=Unposted("Invoice"),
        calculated=frozenset({"disputeStatusId", "disputeStatus", "promisedPayDate"}),
        remembered=True,
    ),
    _document(
        "salesCreditMemos", "sales credit memo", key=_CUSTOMERS_ALIVE, price="unitPrice", order=_SELLING,
        actions=_SELLING_POSTED,
        agreeing=_PRICES_GROSS,
        removal=_DRAFTS_ALONE,
        unposted=_CREDITED,
        remembered=True,
    ),
)  # fmt: skip
"""The rows of documents."""

"""Which kinds of record can be written? The table.

What a kind has in common with its entity set (lengths, types, references) are facts and not repeated here.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from target_dynamics_bc.kinds.facts import VOID, packaged_facts
from target_dynamics_bc.kinds.kind import (
    EXTERNAL_ID,
    ID,
    POSTED,
    Action,
    Child,
    Journal,
    Kind,
    Kinds,
    LineType,
    MatchKey,
    Noun,
    Removal,
)
from target_dynamics_bc.wanted.unified.bills import BILLS
from target_dynamics_bc.wanted.unified.customers import CUSTOMERS
from target_dynamics_bc.wanted.unified.entries import ENTRIES
from target_dynamics_bc.wanted.unified.payments import PAYMENTS
from target_dynamics_bc.wanted.unified.vendors import VENDORS
from target_dynamics_bc.writing import documents, journals, masters

_NUMBER = MatchKey("number")
_FACTS = packaged_facts()
_DEFAULTS = Child("defaultDimensions", _FACTS["defaultDimensions"], "default_dimensions")
_SET_LINES = Child("dimensionSetLines", _FACTS["dimensionSetLines"], "dimension_set")
_BLOCKED_ALTOGETHER = Removal(block=MappingProxyType({"blocked": "All"}))
_DRAFTS_ALONE = Removal(only_while=MappingProxyType({"status": "Draft"}))
_POST = Action("post")

# The service takes properties one by one in the order of the body: what fills in others comes before them.
_PURCHASE_ORDER = (
    "vendorId",
    "payToVendorId",
    "pricesIncludeTax",
    "currencyCode",
    "invoiceDate",
    "postingDate",
    "dueDate",
)
_LINE_ORDER = (
    "itemId", "accountId", "itemVariantId", "description", "taxCode", "locationId", "unitOfMeasureId", "quantity",
    "unitCost", "unitPrice", "discountAmount",
)  # fmt: skip
_SALES_ORDER = ("customerId", "billToCustomerId", "pricesIncludeTax", "currencyCode", "orderDate", "postingDate")
_JOURNAL_ORDER = (
    "vendorId", "customerId", "postingDate", "accountType", "accountId", "documentNumber", "appliesToInvoiceId",
    "balanceAccountType", "balancingAccountId", "description", "taxCode", "amount",
)  # fmt: skip

# Columns of document lines that can be written, and that the service calculates from others all the same.
_CALCULATED = frozenset({
    "discountPercent", "amountExcludingTax", "amountIncludingTax", "invoiceDiscountAllocation", "netAmount",
    "netTaxAmount", "netAmountIncludingTax",
})  # fmt: skip

_PURCHASE_LINES = Child(
    "purchaseInvoiceLines",
    _FACTS["purchaseInvoiceLines"],
    "lines",
    types=(
        LineType("Item", "itemId", "lineObjectNumber", needs="quantity", alone=("itemVariantId", "unitOfMeasureId")),
        LineType("Account", "accountId", "lineObjectNumber", needs="unitCost", needs_called="amount"),
        LineType("Comment"),
    ),
    recalculating=frozenset({"locationId", "itemVariantId", "unitOfMeasureId", "quantity", "unitCost"}),
    recalculated=("unitCost", "discountAmount"),
    calculated=_CALCULATED,
)


_SALES_LINES = Child(
    "salesOrderLines",
    _FACTS["salesOrderLines"],
    "lines",
    types=(
        LineType("Item", "itemId", "lineObjectNumber", needs="quantity", alone=("itemVariantId", "unitOfMeasureId")),
        LineType("Account", "accountId", "lineObjectNumber", needs="unitPrice"),
        LineType("Comment"),
    ),
    recalculating=frozenset({"locationId", "itemVariantId", "unitOfMeasureId", "quantity", "unitPrice"}),
    recalculated=("unitPrice", "discountAmount"),
    calculated=_CALCULATED,
)
_ENTRY_LINES = Child(
    "journalLines",
    _FACTS["journalLines"],
    "lines",
    types=(LineType("Entry", "accountId", "accountNumber", needs="amount"),),
)
_SIDES = MappingProxyType({"accountType": "accountId", "balanceAccountType": "balancingAccountId"})
_ACCOUNTS = MappingProxyType({"": "accounts", "G/L Account": "accounts", "Bank Account": "bankAccounts"})


@lru_cache
def standard_kinds() -> Kinds:
    """The kinds that this package knows, over the facts that come with it."""
    return Kinds(
        (
            Kind(
                "customers",
                _FACTS["customers"],
                Noun("customer", "customers"),
                masters,
                keys=(ID, _NUMBER, EXTERNAL_ID),
                unified=CUSTOMERS,
                children=(_DEFAULTS,),
                removal=_BLOCKED_ALTOGETHER,
                sharing=100,
            ),
            Kind(
                "vendors",
                _FACTS["vendors"],
                Noun("vendor", "vendors"),
                masters,
                keys=(ID, _NUMBER, EXTERNAL_ID),
                unified=VENDORS,
                children=(_DEFAULTS,),
                removal=_BLOCKED_ALTOGETHER,
                sharing=100,
            ),
            Kind(
                "purchaseInvoices",
                _FACTS["purchaseInvoices"],
                Noun("bill", "bills"),
                documents,
                keys=(ID, _NUMBER, MatchKey("vendorInvoiceNumber", within="vendorId", unless=VOID)),
                unified=BILLS,
                children=(_PURCHASE_LINES, _SET_LINES),
                order=(*_PURCHASE_ORDER, *_LINE_ORDER),
                assumed=MappingProxyType({"pricesIncludeTax": False}),
                actions=(_POST,),
                removal=_DRAFTS_ALONE,
                sharing=10,
            ),
            Kind(
                "items",
                _FACTS["items"],
                Noun("item", "items"),
                masters,
                keys=(ID, _NUMBER, EXTERNAL_ID),
                children=(_DEFAULTS,),
                order=("type", "itemCategoryId", "baseUnitOfMeasureId"),
                removal=Removal(block=MappingProxyType({"blocked": True})),
                calculated=frozenset({"inventory"}),
                sharing=100,
            ),
            Kind(
                "paymentTerms",
                _FACTS["paymentTerms"],
                Noun("payment term", "payment terms"),
                masters,
                keys=(ID, _NUMBER, EXTERNAL_ID),
                number_property="code",
                sharing=100,
            ),
            Kind(
                "salesOrders",
                _FACTS["salesOrders"],
                Noun("sales order", "sales orders"),
                documents,
                keys=(ID, _NUMBER, MatchKey("externalDocumentNumber", within="customerId")),
                children=(_SALES_LINES, _SET_LINES),
                order=(*_SALES_ORDER, *_LINE_ORDER),
                actions=(Action("shipAndInvoice", leads_to="salesInvoices"),),
                sharing=10,
            ),
            Kind(
                "customerPayments",
                _FACTS["customerPayments"],
                Noun("customer payment", "customer payments"),
                journals,
                keys=(EXTERNAL_ID, MatchKey("documentNumber"), POSTED),
                number_property="documentNumber",
                children=(_SET_LINES,),
                needs=("customerId", "amount", "postingDate"),
                order=_JOURNAL_ORDER,
                actions=(_POST,),
                journal=Journal(
                    "customerPaymentJournals",
                    "payment_journal",
                    "customerId",
                    "appliesToInvoiceId",
                    document_type="Payment",
                ),
            ),
            Kind(
                "vendorPayments",
                _FACTS["vendorPayments"],
                Noun("payment", "payments"),
                journals,
                keys=(EXTERNAL_ID, MatchKey("documentNumber"), POSTED),
                number_property="documentNumber",
                unified=PAYMENTS,
                children=(_SET_LINES,),
                needs=("vendorId", "amount", "postingDate"),
                order=_JOURNAL_ORDER,
                actions=(_POST,),
                journal=Journal(
                    "vendorPaymentJournals",
                    "payment_journal",
                    "vendorId",
                    "appliesToInvoiceId",
                    document_type="Payment",
                ),
            ),
            Kind(
                "generalJournalLines",
                _FACTS["journalLines"],
                Noun("journal entry", "journal entries"),
                journals,
                keys=(MatchKey("documentNumber"), POSTED),
                number_property="documentNumber",
                streams=("journalLines",),
                unified=ENTRIES,
                children=(_ENTRY_LINES, _SET_LINES),
                order=_JOURNAL_ORDER,
                actions=(_POST,),
                journal=Journal("journals", "journal", sides=_SIDES, accounts=_ACCOUNTS),
            ),
        ),
        _FACTS,
    )

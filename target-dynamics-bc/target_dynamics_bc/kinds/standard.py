"""Which kinds of record can be written? The table.

What a kind has in common with its entity set (lengths, types, references) are facts and not repeated here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from target_dynamics_bc.kinds.facts import VOID, packaged_facts
from target_dynamics_bc.kinds.generic import NUMBER, kind_of
from target_dynamics_bc.kinds.kind import (
    EXTERNAL_ID,
    ID,
    ONLY,
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
from target_dynamics_bc.wanted.unified.buy_orders import BUY_ORDERS
from target_dynamics_bc.wanted.unified.customers import CUSTOMERS
from target_dynamics_bc.wanted.unified.entries import ENTRIES
from target_dynamics_bc.wanted.unified.payments import PAYMENTS
from target_dynamics_bc.wanted.unified.vendors import VENDORS
from target_dynamics_bc.writing import documents, journals, masters

_FACTS = packaged_facts()
_DEFAULTS = Child("defaultDimensions", _FACTS["defaultDimensions"], "default_dimensions")
_SET_LINES = Child("dimensionSetLines", _FACTS["dimensionSetLines"], "dimension_set")
_BLOCKED_ALTOGETHER = Removal(block=MappingProxyType({"blocked": "All"}))
_DRAFTS_ALONE = Removal(only_while=MappingProxyType({"status": "Draft"}))
_POST = Action("post")
_CANCELLED = MappingProxyType({"status": frozenset({"Canceled"})})
_SELLING_POSTED = (
    _POST,
    Action("postAndSend", reaches_out=True),
    Action("send", commits=False, is_for_posted=True, reaches_out=True),
    Action("cancel", commits=False, done=_CANCELLED, is_for_posted=True, reaches_out=True),
    Action("cancelAndSend", commits=False, done=_CANCELLED, is_for_posted=True, reaches_out=True),
)

_PRICES_GROSS = frozenset({"pricesIncludeTax"})
_CUSTOMERS_NUMBER = MatchKey("externalDocumentNumber", within="customerId")

# The service takes properties one by one in the order of the body: what fills in others comes before them.
_LINE_ORDER = (
    "itemId", "accountId", "itemVariantId", "description", "taxCode", "locationId", "unitOfMeasureId", "quantity",
    "unitCost", "directUnitCost", "unitPrice", "discountAmount",
)  # fmt: skip
_BUYING = (
    "vendorId", "payToVendorId", "pricesIncludeTax", "currencyCode", "invoiceDate", "creditMemoDate", "orderDate",
    "postingDate", "paymentTermsId", "dueDate", *_LINE_ORDER,
)  # fmt: skip
_SELLING = (
    "customerId", "billToCustomerId", "pricesIncludeTax", "currencyCode", "invoiceDate", "creditMemoDate", "orderDate",
    "documentDate", "postingDate", "paymentTermsId", "dueDate", *_LINE_ORDER,
)  # fmt: skip
_JOURNAL_ORDER = (
    "vendorId", "customerId", "accountType", "accountId", "accountNumber", "postingDate", "documentNumber",
    "appliesToInvoiceId", "balanceAccountType", "balancingAccountId", "balancingAccountNumber", "description",
    "taxCode", "amount",
)  # fmt: skip

# Columns of document lines that can be written, and that the service calculates from others all the same.
_CALCULATED = frozenset({
    "discountPercent", "amountExcludingTax", "amountIncludingTax", "invoiceDiscountAllocation", "netAmount",
    "netTaxAmount", "netAmountIncludingTax",
})  # fmt: skip


def _lines(navigation: str, price: str, *, called: str = "") -> Child:
    """The lines of a document; `price` is what one of them costs, and `called` what unified records call that."""
    return Child(
        navigation,
        _FACTS[navigation],
        "lines",
        types=(
            LineType(
                "Item", "itemId", "lineObjectNumber", needs="quantity", alone=("itemVariantId", "unitOfMeasureId")
            ),
            LineType("Account", "accountId", "lineObjectNumber", needs=price, needs_called=called),
            LineType("Comment"),
        ),
        recalculating=frozenset({"locationId", "itemVariantId", "unitOfMeasureId", "quantity", price}),
        recalculated=(price, "discountAmount"),
        calculated=_CALCULATED,
    )


_ENTRY_LINES = Child(
    "journalLines",
    _FACTS["journalLines"],
    "lines",
    types=(LineType("Entry", "accountId", "accountNumber", needs="amount"),),
)
_SIDES = MappingProxyType({"accountType": "accountId", "balanceAccountType": "balancingAccountId"})
_PARTIES = frozenset({"Customer", "Vendor"})
_ACCOUNTS = MappingProxyType({
    "": "accounts", "G/L Account": "accounts", "Bank Account": "bankAccounts", "Customer": "customers",
    "Vendor": "vendors",
})  # fmt: skip


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
                keys=(ID, NUMBER, EXTERNAL_ID),
                unified=CUSTOMERS,
                children=(_DEFAULTS,),
                removal=_BLOCKED_ALTOGETHER,
                has_picture=True,
                sharing=100,
            ),
            Kind(
                "vendors",
                _FACTS["vendors"],
                Noun("vendor", "vendors"),
                masters,
                keys=(ID, NUMBER, EXTERNAL_ID),
                unified=VENDORS,
                children=(_DEFAULTS,),
                removal=_BLOCKED_ALTOGETHER,
                has_picture=True,
                sharing=100,
            ),
            Kind(
                "purchaseInvoices",
                _FACTS["purchaseInvoices"],
                Noun("bill", "bills"),
                documents,
                keys=(ID, NUMBER, MatchKey("vendorInvoiceNumber", within="vendorId", unless=VOID)),
                unified=BILLS,
                children=(_lines("purchaseInvoiceLines", "unitCost", called="amount"), _SET_LINES),
                order=_BUYING,
                actions=(_POST,),
                removal=_DRAFTS_ALONE,
                sharing=10,
            ),
            kind_of(
                _FACTS["items"],
                children=(_DEFAULTS,),
                order=("type", "itemCategoryId", "baseUnitOfMeasureId"),
                calculated=frozenset({"inventory"}),
                has_picture=True,
            ),
            kind_of(_FACTS["itemVariants"], keys=(ID, MatchKey("code", within="itemId")), order=("itemId",)),
            kind_of(_FACTS["itemCategories"], noun=Noun("item category", "item categories")),
            kind_of(_FACTS["unitsOfMeasure"]),
            kind_of(_FACTS["paymentTerms"], keys=(ID, NUMBER, EXTERNAL_ID)),
            kind_of(_FACTS["paymentMethods"]),
            kind_of(_FACTS["shipmentMethods"]),
            kind_of(_FACTS["taxGroups"]),
            kind_of(_FACTS["taxAreas"]),
            kind_of(_FACTS["currencies"]),
            kind_of(_FACTS["countriesRegions"], noun=Noun("country", "countries")),
            kind_of(_FACTS["locations"]),
            kind_of(
                _FACTS["salespeoplePurchasers"], noun=Noun("salesperson or purchaser", "salespeople or purchasers")
            ),
            kind_of(_FACTS["customerReturnReasons"]),
            kind_of(_FACTS["disputeStatus"], noun=Noun("dispute status", "dispute statuses")),
            kind_of(_FACTS["bankAccounts"]),
            kind_of(_FACTS["contacts"], order=("type", "companyNumber"), has_picture=True),
            kind_of(_FACTS["employees"], children=(_DEFAULTS,), has_picture=True),
            kind_of(_FACTS["projects"]),
            kind_of(_FACTS["opportunities"], order=("contactNumber", "salespersonCode")),
            kind_of(_FACTS["fixedAssetLocations"]),
            kind_of(_FACTS["fixedAssets"]),
            kind_of(
                _FACTS["timeRegistrationEntries"],
                noun=Noun("time registration", "time registrations"),
                keys=(ID, MatchKey("employeeId", beside=("date", "jobId", "jobTaskNumber"))),
                children=(_SET_LINES,),
                order=("employeeId", "date", "jobId"),
                read_within="employeeId",
            ),
            kind_of(_FACTS["companyInformation"], noun=Noun("company", "companies"), keys=(ONLY,)),
            kind_of(
                _FACTS["journals"],
                noun=Noun("general journal batch", "general journal batches"),
                keys=(ID, MatchKey("code", within="templateDisplayName"), NUMBER),
                order=("templateDisplayName",),
            ),
            kind_of(_FACTS["customerPaymentJournals"]),
            kind_of(_FACTS["vendorPaymentJournals"]),
            Kind(
                "purchaseOrders",
                _FACTS["purchaseOrders"],
                Noun("purchase order", "purchase orders"),
                documents,
                keys=(ID, NUMBER),
                children=(_lines("purchaseOrderLines", "directUnitCost"), _SET_LINES),
                order=_BUYING,
                actions=(Action("receiveAndInvoice", leads_to="purchaseInvoices"),),
                sharing=10,
                unified=BUY_ORDERS,
            ),
            Kind(
                "purchaseCreditMemos",
                _FACTS["purchaseCreditMemos"],
                Noun("purchase credit memo", "purchase credit memos"),
                documents,
                keys=(ID, NUMBER, MatchKey("vendorCreditMemoNumber", within="vendorId", unless=VOID)),
                children=(_lines("purchaseCreditMemoLines", "unitCost"), _SET_LINES),
                order=_BUYING,
                actions=(_POST, Action("cancel", commits=False, done=_CANCELLED, is_for_posted=True, reaches_out=True)),
                agreeing=_PRICES_GROSS,
                removal=_DRAFTS_ALONE,
                sharing=10,
            ),
            Kind(
                "salesQuotes",
                _FACTS["salesQuotes"],
                Noun("sales quote", "sales quotes"),
                documents,
                keys=(ID, NUMBER, _CUSTOMERS_NUMBER),
                children=(_lines("salesQuoteLines", "unitPrice"), _SET_LINES),
                order=_SELLING,
                actions=(
                    Action("makeOrder", leads_to="salesOrders", commits=False),
                    Action("makeInvoice", leads_to="salesInvoices", commits=False),
                ),
                remembered=True,
                sharing=10,
            ),
            Kind(
                "salesOrders",
                _FACTS["salesOrders"],
                Noun("sales order", "sales orders"),
                documents,
                keys=(ID, NUMBER, _CUSTOMERS_NUMBER),
                children=(_lines("salesOrderLines", "unitPrice"), _SET_LINES),
                order=_SELLING,
                actions=(Action("shipAndInvoice", leads_to="salesInvoices"),),
                remembered=True,
                sharing=10,
            ),
            Kind(
                "salesInvoices",
                _FACTS["salesInvoices"],
                Noun("sales invoice", "sales invoices"),
                documents,
                keys=(ID, NUMBER, replace(_CUSTOMERS_NUMBER, unless=VOID)),
                children=(_lines("salesInvoiceLines", "unitPrice"), _SET_LINES),
                order=_SELLING,
                actions=(
                    *_SELLING_POSTED,
                    Action(
                        "makeCorrectiveCreditMemo",
                        leads_to="salesCreditMemos",
                        commits=False,
                        is_for_posted=True,
                        reaches_out=True,
                    ),
                ),
                agreeing=_PRICES_GROSS,
                removal=_DRAFTS_ALONE,
                calculated=frozenset({"disputeStatusId", "disputeStatus", "promisedPayDate"}),
                remembered=True,
                sharing=10,
            ),
            Kind(
                "salesCreditMemos",
                _FACTS["salesCreditMemos"],
                Noun("sales credit memo", "sales credit memos"),
                documents,
                keys=(ID, NUMBER, replace(_CUSTOMERS_NUMBER, unless=VOID)),
                children=(_lines("salesCreditMemoLines", "unitPrice"), _SET_LINES),
                order=_SELLING,
                actions=_SELLING_POSTED,
                agreeing=_PRICES_GROSS,
                removal=_DRAFTS_ALONE,
                remembered=True,
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
                journal=Journal("journals", "journal", sides=_SIDES, accounts=_ACCOUNTS, by_number=_PARTIES),
            ),
        ),
        _FACTS,
    )

"""Which kinds of record can be written? The table.

What a kind has in common with its entity set (lengths, types, references) are facts and not repeated here.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from target_dynamics_bc.kinds.facts import packaged_facts
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

_NUMBER = MatchKey("number")
_FACTS = packaged_facts()
_DEFAULTS = Child("defaultDimensions", _FACTS["defaultDimensions"], "default_dimensions")
_SET_LINES = Child("dimensionSetLines", _FACTS["dimensionSetLines"], "dimension_set")
_BLOCKED_ALTOGETHER = Removal(block=MappingProxyType({"blocked": "All"}))
_DRAFTS_ALONE = Removal(only_while=MappingProxyType({"status": "Draft"}))
_VOID = MappingProxyType({"status": frozenset({"Canceled", "Corrective"})})
_POST = Action("post")

# The service takes properties one by one in the order of the body: what fills in others comes before them.
_PURCHASE_ORDER = ("vendorId", "payToVendorId", "currencyCode", "invoiceDate", "postingDate", "dueDate")
_LINE_ORDER = (
    "itemId", "accountId", "itemVariantId", "description", "taxCode", "locationId", "unitOfMeasureId", "quantity",
    "unitCost", "discountAmount",
)  # fmt: skip
_JOURNAL_ORDER = (
    "vendorId", "postingDate", "accountType", "accountId", "documentNumber", "appliesToInvoiceId",
    "balanceAccountType", "balancingAccountId", "description", "taxCode", "amount",
)  # fmt: skip

_PURCHASE_LINES = Child(
    "purchaseInvoiceLines",
    _FACTS["purchaseInvoiceLines"],
    "lines",
    types=(
        LineType("Item", "itemId", "lineObjectNumber", needs="quantity"),
        LineType("Account", "accountId", "lineObjectNumber", needs="unitCost"),
        LineType("Comment"),
    ),
    recalculating=frozenset({"locationId", "itemVariantId", "unitOfMeasureId", "quantity", "unitCost"}),
    recalculated=("unitCost", "discountAmount"),
)


@lru_cache
def standard_kinds() -> Kinds:
    """The kinds that this package knows, over the facts that come with it."""
    return Kinds(
        (
            Kind(
                "customers",
                _FACTS["customers"],
                Noun("customer", "customers"),
                "master",
                keys=(ID, _NUMBER, EXTERNAL_ID),
                streams=("Customers",),
                children=(_DEFAULTS,),
                removal=_BLOCKED_ALTOGETHER,
                sharing=100,
            ),
            Kind(
                "vendors",
                _FACTS["vendors"],
                Noun("vendor", "vendors"),
                "master",
                keys=(ID, _NUMBER, EXTERNAL_ID),
                streams=("Vendors",),
                children=(_DEFAULTS,),
                removal=_BLOCKED_ALTOGETHER,
                sharing=100,
            ),
            Kind(
                "purchaseInvoices",
                _FACTS["purchaseInvoices"],
                Noun("bill", "bills"),
                "document",
                keys=(ID, _NUMBER, MatchKey("vendorInvoiceNumber", within="vendorId", unless=_VOID)),
                streams=("Bills",),
                children=(_PURCHASE_LINES, _SET_LINES),
                order=(*_PURCHASE_ORDER, *_LINE_ORDER),
                assumed=MappingProxyType({"pricesIncludeTax": False}),
                actions=(_POST,),
                removal=_DRAFTS_ALONE,
                sharing=10,
            ),
            Kind(
                "vendorPayments",
                _FACTS["vendorPayments"],
                Noun("payment", "payments"),
                "journal",
                keys=(EXTERNAL_ID, MatchKey("documentNumber"), POSTED),
                number_property="documentNumber",
                streams=("BillPayments",),
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
                "journal",
                keys=(MatchKey("documentNumber"), POSTED),
                number_property="documentNumber",
                streams=("JournalEntries", "journalLines"),
                children=(Child("journalLines", _FACTS["journalLines"], "lines"), _SET_LINES),
                order=_JOURNAL_ORDER,
                actions=(_POST,),
                journal=Journal("journals", "journal"),
            ),
        ),
        _FACTS,
    )

"""Which entries and payments can be written, and where do their lines stand?"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.children import SET_LINES
from target_dynamics_bc.kinds.facts import packaged_facts
from target_dynamics_bc.kinds.kind import (
    EXTERNAL_ID,
    POSTED,
    Action,
    Child,
    Journal,
    Kind,
    LineType,
    MatchKey,
    Noun,
    UnifiedMapping,
)
from target_dynamics_bc.wanted.unified.entries import ENTRIES
from target_dynamics_bc.wanted.unified.payments import PAYMENTS
from target_dynamics_bc.writing import journals

if TYPE_CHECKING:
    from collections.abc import Mapping

_FACTS = packaged_facts()
_ENTRY_LINES = Child(
    "journalLines",
    _FACTS["journalLines"],
    "lines",
    types=(LineType("Entry", "accountId", "accountNumber", needs="amount"),),
)
_DOCUMENT_NUMBER = MatchKey("documentNumber")
_POST = Action("post")
_APPLIES_TO = "appliesToInvoiceId"

# The service takes properties one by one in the order of the body: what fills in others comes before them.
_ORDER = (
    "vendorId", "customerId", "accountType", "accountId", "accountNumber", "postingDate", "documentNumber",
    "appliesToInvoiceId", "balanceAccountType", "balancingAccountId", "balancingAccountNumber", "description",
    "taxCode", "amount",
)  # fmt: skip
_SIDES = MappingProxyType({"accountType": "accountId", "balanceAccountType": "balancingAccountId"})
_PARTIES = frozenset({"Customer", "Vendor"})
_ACCOUNTS: Mapping[str, str] = MappingProxyType({
    "": "accounts", "G/L Account": "accounts", "Bank Account": "bankAccounts", "Customer": "customers",
    "Vendor": "vendors",
})  # fmt: skip


def _payments(entity_set: str, noun: str, journal: Journal, unified: UnifiedMapping | None = None) -> Kind:
    """The kind of what is paid to or by a party."""
    return Kind(
        entity_set,
        _FACTS[entity_set],
        Noun(noun, f"{noun}s"),
        journals,
        keys=(EXTERNAL_ID, _DOCUMENT_NUMBER, POSTED),
        number_property="documentNumber",
        unified=unified,
        children=(SET_LINES,),
        needs=(journal.party, "amount", "postingDate"),
        order=_ORDER,
        actions=(_POST,),
        journal=journal,
    )


JOURNALS = (
    _payments(
        "customerPayments",
        "customer payment",
        Journal(
            "customerPaymentJournals",
            "payment_journal",
            "customerId",
            _APPLIES_TO,
            document_type="Payment",
            settled_with="billToCustomerId",
        ),
    ),
    _payments(
        "vendorPayments",
        "payment",
        Journal(
            "vendorPaymentJournals",
            "payment_journal",
            "vendorId",
            _APPLIES_TO,
            document_type="Payment",
            applications="applyVendorEntries",
            settled_with="payToVendorId",
        ),
        PAYMENTS,
    ),
    Kind(
        "generalJournalLines",
        _FACTS["journalLines"],
        Noun("journal entry", "journal entries"),
        journals,
        keys=(_DOCUMENT_NUMBER, POSTED),
        number_property="documentNumber",
        streams=("journalLines",),
        unified=ENTRIES,
        children=(_ENTRY_LINES, SET_LINES),
        order=_ORDER,
        actions=(_POST,),
        journal=Journal("journals", "journal", sides=_SIDES, accounts=_ACCOUNTS, by_number=_PARTIES),
    ),
)
"""The rows of entries and payments."""

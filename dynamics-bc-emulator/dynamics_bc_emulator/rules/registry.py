"""Which rules hold for which entity set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules import (
    apply_entries,
    attachments,
    company_information,
    contacts,
    default_dimensions,
    dimension_set_lines,
    items,
    job_queue,
    master_data,
    opportunities,
    time_registration,
)
from dynamics_bc_emulator.rules.checked_values import checked_rules
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.rules.document_lines import line_rules
from dynamics_bc_emulator.rules.documents import header_rules
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.journal_lines import JOURNAL_LINES
from dynamics_bc_emulator.rules.journals import JOURNALS
from dynamics_bc_emulator.rules.line_discounts import with_line_discounts
from dynamics_bc_emulator.rules.payments import CUSTOMER_PAYMENTS, VENDOR_PAYMENTS
from dynamics_bc_emulator.rules.posting.actions import ACTIONS
from dynamics_bc_emulator.rules.recurring_lines import with_recurring_lines

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.draft import ActionRule

_NONE = Rules()

# The actions of what is no document, in words.
_OTHER_ACTIONS = {
    ("journals", "post"): (
        "there is something to post; every line has account, document number, date and amount; each document balances",
        (
            "entries in the general ledger, of customers, vendors and bank accounts, and of what they settle; the "
            "lines are gone, the batch stays, with an empty line for the next document if it has no number series"
        ),
    ),
    ("jobQueueEntries", "restart"): ("", "status `Ready`, without the last run's error"),
}


def _actions(entity_set: str) -> dict[str, ActionRule]:
    return {name: action.rule for name, action in ACTIONS.get(entity_set, {}).items()}


_RULES: dict[str, Rules] = {
    "customers": master_data.CUSTOMERS,
    "vendors": master_data.VENDORS,
    "items": items.ITEMS,
    "itemVariants": items.VARIANTS,
    "currencies": master_data.CURRENCIES,
    "paymentTerms": master_data.PAYMENT_TERMS,
    "paymentMethods": master_data.PAYMENT_METHODS,
    "shipmentMethods": master_data.SHIPMENT_METHODS,
    "unitsOfMeasure": master_data.UNITS_OF_MEASURE,
    "locations": master_data.LOCATIONS,
    "itemCategories": master_data.ITEM_CATEGORIES,
    "fixedAssetLocations": master_data.RENAMED,
    "countriesRegions": master_data.RENAMED,
    "customerReturnReasons": master_data.RENAMED,
    "disputeStatus": master_data.RENAMED,
    "salespeoplePurchasers": master_data.RENAMED,
    "taxAreas": master_data.TAX_TABLES,
    "taxGroups": master_data.TAX_TABLES,
    "employees": master_data.EMPLOYEES,
    **master_data.NUMBERED,
    "attachments": attachments.ATTACHMENTS,
    "documentAttachments": attachments.DOCUMENT_ATTACHMENTS,
    "companyInformation": company_information.RULES,
    "contacts": contacts.RULES,
    "jobQueueEntries": job_queue.RULES,
    "opportunities": opportunities.RULES,
    "timeRegistrationEntries": time_registration.RULES,
    "defaultDimensions": default_dimensions.RULES,
    "applyVendorEntries": apply_entries.RULES,
    "dimensionSetLines": dimension_set_lines.RULES,
    "journals": JOURNALS,
    "vendorPaymentJournals": JOURNALS,
    "customerPaymentJournals": JOURNALS,
    "journalLines": JOURNAL_LINES,
    "vendorPayments": VENDOR_PAYMENTS,
    "customerPayments": CUSTOMER_PAYMENTS,
    **{
        kind.headers: with_recurring_lines(kind, header_rules(kind, _actions(kind.headers)), line_rules(kind))
        for kind in KINDS
    },
    **{kind.lines: with_line_discounts(kind, line_rules(kind)) for kind in KINDS},
}


_CHECKED = {entity_set: checked_rules(entity_set, rules) for entity_set, rules in _RULES.items()}


def rules_of(entity_set: str) -> Rules:
    """The rules of an entity set; sets without an entry follow the catalogue alone."""
    return _CHECKED.get(entity_set, _NONE)


def leads_to(entity_set: str, action: str) -> str:
    """The set of the row that an action leads to; its own for one that leads nowhere else."""
    known = ACTIONS.get(entity_set, {}).get(action)
    return (known and known.leads_to) or entity_set


def described_actions() -> dict[tuple[str, str], tuple[str, str]]:
    """What every action checks, and what it leaves, in words; by entity set and action."""
    documents = {
        (entity_set, name): (action.checks, action.leaves)
        for entity_set, actions in ACTIONS.items()
        for name, action in actions.items()
    }
    return {**documents, **_OTHER_ACTIONS}

"""What must be known about entity sets that their metadata does not say?

Everything else (properties, types, keys, navigation) comes from the tenant's own `$metadata`; a set without oddities
is read flat, by its metadata's key, incrementally if it has a stamp. Sources: the public source of the API's pages for
which reads they refuse, and the service's documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_dynamics_bc.streams.routes import STANDARD, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

STAMP = "lastModifiedDateTime"
"""The property that most sets are stamped with when a row is changed."""

PARENT_ID = "parent_id"

COMPANIES = "companies"
ENVIRONMENTS = "environments"


@dataclass(frozen=True, slots=True)
class Oddities:
    """What there is to know about one entity set.

    Attributes:
        keys: Properties that tell rows apart, where the metadata's key does not, or there is none.
        stamp: The set's stamp, where it is spelled another way.
        through_parents: Whether rows are read by `$expand` of their parents, because the service refuses to list them
            without a parent, or because they have no stamp while their parent has one that follows them.
        one_per_parent: Of those: whether the navigation to them leads to one row and not to a list.
        by_parent: Of those: whether they have parents of several kinds; then each kind has a bookmark of its own.
        parent_id: Of those: the name under which records get the id of the row they were read through, which the rows
            themselves do not tell; empty where they do.
        selected: Whether the stream is selected when nobody says otherwise.
        reason: Why it is not.
    """

    keys: tuple[str, ...] = ()
    stamp: str = STAMP
    through_parents: bool = False
    one_per_parent: bool = False
    by_parent: bool = False
    parent_id: str = ""
    selected: bool = True
    reason: str = ""


_LINES = Oddities(through_parents=True)
_REPORT = "a report, computed for a period with every read"
_WORKFLOW = "how the company works, not what it did"


def _report(*keys: str) -> Oddities:
    return Oddities(keys=keys, selected=False, reason=_REPORT)


OF_THE_STANDARD_API: Mapping[str, Oddities] = {
    # Of the environment.
    "subscriptions": Oddities(selected=False, reason="webhooks of whoever subscribed"),
    **{
        name: Oddities(selected=False, reason="what the service is able to do, not what a company did")
        for name in (
            "apicategoryroutes",
            "entityDefinitions",
            "externalbusinesseventdefinitions",
            "externaleventsubscriptions",
        )
    },
    # Lines that are refused without their document, and have no stamp.
    "purchaseCreditMemoLines": _LINES,
    "purchaseInvoiceLines": _LINES,
    "purchaseOrderLines": _LINES,
    "salesCreditMemoLines": _LINES,
    "salesInvoiceLines": _LINES,
    "salesOrderLines": _LINES,
    "salesQuoteLines": _LINES,
    # Lines of posted documents: could be listed, but only all of them every time; their document's stamp follows them.
    "purchaseReceiptLines": _LINES,
    "salesShipmentLines": _LINES,
    # Refused without their journal, whose stamp does not move with them; they have stamps of their own.
    "customerPayments": _LINES,
    "journalLines": _LINES,
    "vendorPayments": _LINES,
    # The same open entry is offered to every payment of its vendor.
    "applyVendorEntries": Oddities(
        keys=(PARENT_ID, "id"),
        through_parents=True,
        parent_id=PARENT_ID,
        selected=False,
        reason="what a payment could still be applied to, computed for each payment; refused for one without a vendor",
    ),
    # The id of a dimension set line is its dimension's.
    "dimensionSetLines": Oddities(keys=("parentType", "parentId", "id"), through_parents=True, by_parent=True),
    # The id of a picture is its parent's.
    "pictures": Oddities(
        keys=("parentType", "id"),
        through_parents=True,
        one_per_parent=True,
        by_parent=True,
        selected=False,
        reason="sizes of images without the images, for which every page of master data shrinks to a fortieth",
    ),
    "attachments": Oddities(
        through_parents=True,
        by_parent=True,
        selected=False,
        reason="listed only with each of forty kinds of documents, whose stamps do not move with them",
    ),
    "pdfDocument": Oddities(
        keys=("parentType", "id"),
        through_parents=True,
        one_per_parent=True,
        by_parent=True,
        selected=False,
        reason="rendered with every read",
    ),
    # Refused without whom they belong to. A contact can be a customer's and a vendor's at once.
    "contactsInformation": Oddities(
        keys=("relatedType", "relatedId", "contactId"), through_parents=True, by_parent=True
    ),
    "defaultDimensions": Oddities(through_parents=True, by_parent=True),
    # With the service's own spelling.
    "timeRegistrationEntries": Oddities(stamp="lastModfiedDateTime", through_parents=True),
    # Reports: the period is part of the key.
    "agedAccountsPayables": _report("agedAsOfDate", "vendorId"),
    "agedAccountsReceivables": _report("agedAsOfDate", "customerId"),
    "balanceSheets": _report("dateFilter", "id"),
    "cashFlowStatements": _report("dateFilter", "id"),
    "customerSales": _report("customerId", "dateFilter_FilterOnly"),
    "incomeStatements": _report("dateFilter", "id"),
    "retainedEarningsStatements": _report("dateFilter", "id"),
    "trialBalances": _report("dateFilter", "accountId"),
    "vendorPurchases": _report("vendorId", "dateFilter_FilterOnly"),
    # Approvals, workflows, job queue.
    **{
        name: Oddities(selected=False, reason=_WORKFLOW)
        for name in (
            "approvalEntries",
            "approvalUserSetups",
            "jobQueueEntries",
            "jobQueueLogEntries",
            "postedApprovalEntries",
            "workflowApprovers",
            "workflowResponseOptions",
            "workflowSteps",
            "workflows",
        )
    },
}

TECHNICAL = (
    "subscriptions",
    "apicategoryroutes",
    "entityDefinitions",
    "externalbusinesseventdefinitions",
    "externaleventsubscriptions",
)
"""Sets that the platform adds to every API."""


def _keyed(key: str, *entity_sets: str) -> dict[str, Oddities]:
    return {name: Oddities(keys=(key,)) for name in entity_sets}


OF_ANALYTICS: Mapping[str, Oddities] = {
    # Queries: what tells their rows apart is the key of the table that they are rows of, where they show it.
    **_keyed(
        "entryNo",
        "balanceSheetGeneralLedgerEntries",
        "capacityLedgerEntries",
        "closingGeneralLedgerEntries",
        "generalLedgerAccountCategories",
        "generalLedgerBudgetEntries",
        "incomeStatementGeneralLedgerEntries",
        "incomeStmtGeneralLedgerEntries",
        "itemLedgerEntries",
        "itemValueEntries",
        "manufacturingValueEntries",
        "pbiEmployeeAbsences",
        "pbiEmployeeLedgerEntries",
        "pbiSustainabilityLedgerEntries",
        "purchaseItemBudgetEntries",
        "purchaseValueEntries",
        "salesItemBudgetEntries",
        "salesValueEntries",
    ),
    **_keyed("no", "jobs", "machineCenters", "pbiEmployees", "routings", "workCenters"),
    **_keyed("code", "itemCategories", "pbiCountryRegions", "pbiResponsibilityCentres", "routingLinks"),
    "customerLedgerEntries": Oddities(keys=("dcleEntryNo",)),
    "customers": Oddities(keys=("customerNo",)),
    "generalLedgerAccounts": Oddities(keys=("accountNo",)),
    "items": Oddities(keys=("itemNo",)),
    "locations": Oddities(keys=("locationCode",)),
    "manufacturingProductionOrders": Oddities(keys=("status", "no")),
    "resources": Oddities(keys=("resourceNo",)),
    "salespersonPurchasers": Oddities(keys=("salespersonPurchaserCode",)),
    "vendorLedgerEntries": Oddities(keys=("dvleEntryNo",)),
    "vendors": Oddities(keys=("vendorNo",)),
}

OF_REPORTS_FINANCE: Mapping[str, Oddities] = _keyed(
    "entryNumber",
    "customerLedgerEntries",
    "detailedCustomerLedgerEntries",
    "detailedVendorLedgerEntries",
    "vendorLedgerEntries",
)

OF_AUTOMATION: Mapping[str, Oddities] = {
    # Refused without the user who asked for them.
    "scheduledJobs": Oddities(through_parents=True),
}

_NAMELESS = "refused but for a single one of its rows, whose id somebody has to know"

OF_INTERCOMPANY: Mapping[str, Oddities] = {
    name: Oddities(selected=False, reason=_NAMELESS)
    for name in (
        "bufferIntercompanyCommentLines",
        "bufferIntercompanyDocumentDimensions",
        "bufferIntercompanyInOutJournalLineDimensions",
        "bufferIntercompanyInboxJournalLines",
        "bufferIntercompanyInboxPurchaseHeaders",
        "bufferIntercompanyInboxPurchaseLines",
        "bufferIntercompanyInboxSalesHeaders",
        "bufferIntercompanyInboxSalesLines",
        "bufferIntercompanyInboxTransactions",
        "intercompanyOutgoingNotification",
    )
}

OF_REPORT_INBOX: Mapping[str, Oddities] = {
    name: Oddities(selected=False, reason=_NAMELESS) for name in ("reportInboxContents", "reportInboxFiles")
}

OF_E_DOCUMENT: Mapping[str, Oddities] = {
    "newEDocuments": Oddities(selected=False, reason="takes documents and refuses to be read"),
}

_BY_ROUTE: Mapping[str, Mapping[str, Oddities]] = {
    "microsoft/analytics": OF_ANALYTICS,
    "microsoft/automation": OF_AUTOMATION,
    "microsoft/edocument": OF_E_DOCUMENT,
    "microsoft/intercompany": OF_INTERCOMPANY,
    "microsoft/reportInbox": OF_REPORT_INBOX,
    "microsoft/reportsFinance": OF_REPORTS_FINANCE,
}
"""By publisher and group: the versions of a route differ in which sets they have."""

_OF_ALL: Mapping[str, Oddities] = {
    "microsoft/expense": Oddities(selected=False, reason="refused but to Microsoft's own expense agent"),
}
"""What holds for all sets of a route that the tables above say nothing of."""

_NONE = Oddities()


def oddities(route: Route, entity_set: str) -> Oddities:
    """What there is to know about an entity set of a route; what holds for all others if that is nothing."""
    if route.name == STANDARD.name:
        return OF_THE_STANDARD_API.get(entity_set, _NONE)
    if entity_set in TECHNICAL:
        return OF_THE_STANDARD_API[entity_set]
    family = route.name.rpartition("/")[0]
    return _BY_ROUTE.get(family, {}).get(entity_set) or _OF_ALL.get(family, _NONE)


_LEDGER = re.compile(r"(ledger|gl|value|vat|warehouse|capacity|cost)entr(y|ies)$")


def is_ledger(entity_set: str) -> bool:
    """Whether the rows of an entity set, on whatever route, are entries that a posting writes.

    They are written one by one while a posting runs, are there for good once it has ended, and take their numbers back
    when it fails. The names are those of the base application's tables: G/L Entry, the ledger entries of customers,
    vendors, items, banks, jobs, resources, employees, fixed assets and capacity, Value Entry, VAT Entry, Warehouse
    Entry, Cost Entry.
    """
    return _LEDGER.search("".join(each for each in entity_set.casefold() if each.isalpha())) is not None


def entity_set_default(name: str) -> bool:
    """Whether the stream of an entity set is selected when nobody says otherwise, also one that is not there.

    Entity sets have no underscores in their names; what has one in a state is a stream of another naming.
    """
    return oddities(STANDARD, name).selected and "_" not in name


FLAT_PAGE_ROWS = 20_000
"""Rows of a page of ledger entries and master data: as many as the service returns."""

DOCUMENT_PAGE_ROWS = 2_000
"""Rows of a page of document headers, whose totals the service computes: larger pages run into its time limit."""

EXPANDED_PAGE_ROWS = 500
"""Rows of a page with expansions, each of which the service computes row by row."""

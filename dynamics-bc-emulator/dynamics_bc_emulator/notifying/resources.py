"""Which rows a subscription watches: its resource as a set of a company, and whether the service can watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from dynamics_bc_emulator.odata.addresses import parse_address
from dynamics_bc_emulator.odata.catalogue import PAGE
from dynamics_bc_emulator.refusals import Refusal, bad_request, unknown_segment
from dynamics_bc_emulator.rows.company import addressed_company
from dynamics_bc_emulator.rows.projected import Projected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.service import Service

# Pages over temporary tables, of the API app's own sources; queries, composite keys and job queue entries are the rest
# of what cannot be watched.
_TEMPORARY = frozenset(
    (
        "agedAccountsPayables",
        "agedAccountsReceivables",
        "applyVendorEntries",
        "attachments",
        "balanceSheets",
        "cashFlowStatements",
        "contactsInformation",
        "dimensionSetLines",
        "documentAttachments",
        "incomeStatements",
        "pdfDocument",
        "pictures",
        "purchaseCreditMemoLines",
        "purchaseInvoiceLines",
        "purchaseOrderLines",
        "retainedEarningsStatements",
        "salesCreditMemoLines",
        "salesInvoiceLines",
        "salesOrderLines",
        "salesQuoteLines",
        "taxAreas",
        "taxGroups",
        "timeRegistrationEntries",
        "trialBalances",
        "workflowApprovers",
    )
)
_JOB_QUEUE = "Job Queue Entry"
# A change of a line is a change of its document.
HEADERS = {
    "purchaseCreditMemoLines": "purchaseCreditMemos",
    "purchaseInvoiceLines": "purchaseInvoices",
    "purchaseOrderLines": "purchaseOrders",
    "salesCreditMemoLines": "salesCreditMemos",
    "salesInvoiceLines": "salesInvoices",
    "salesOrderLines": "salesOrders",
    "salesQuoteLines": "salesQuotes",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What is watched.

    Attributes:
        path: Below the environment, with the company's id: `api/v2.0/companies(<guid>)/customers`.
        stored: The set whose rows are shown.
        only: Values that a row must have to be shown.
    """

    company: str
    entity_set: EntitySet
    path: str
    stored: str
    only: Mapping[str, Any]

    def shows(self, row: Mapping[str, Any]) -> bool:
        """Whether a stored row is one of those that are watched."""
        return all(row.get(name) == value for name, value in self.only.items())


def can_be_watched(route: Route[Any], entity_set: EntitySet) -> bool:
    """Whether the service notifies of a set's rows: of a page over one table with one key, here the row's id."""
    rows = route.rows.get(entity_set.name)
    return (
        route.prefix.startswith("api/")
        and entity_set.kind == PAGE
        and len(entity_set.key) == 1
        and (not isinstance(rows, Projected) or rows.names.get(entity_set.key[0]) == "id")
        and not entity_set.tenant_wide
        and entity_set.name not in _TEMPORARY
        and entity_set.table != _JOB_QUEUE
    )


def read_resource(service: Service, route: Route[Any], text: str) -> Resource:
    """A resource as a subscription names it: an address, a path from the root, or one below the API.

    Raises:
        Refusal: It is no set of a company of this API that can be watched.
    """
    path = unquote(urlsplit(text).path).strip("/")
    _, api, below = f"/{path}".partition(f"/{route.prefix}/")
    if not api and f"/{path}".rpartition("/api/")[1]:
        raise bad_request(f"The resource '{text}' is not part of the API '{route.prefix}'; subscribe at its own API.")
    address = parse_address(route, below if api else path)
    if address.company is None or len(address.steps) != 1 or address.steps[0].has_key:
        raise bad_request(f"The resource '{text}' is not an entity set of a company.")
    known = route.catalogue.sets.get(address.steps[0].name)
    if known is None:
        raise unknown_segment(address.steps[0].name)
    if not can_be_watched(route, known):
        raise Refusal(400, "BadRequest", f"The entity set '{known.name}' does not support webhooks.")
    company = addressed_company(service.store, address)
    rows = route.rows[known.name]
    stored, only = (rows.source.name, rows.only) if isinstance(rows, Projected) else (known.name, {})
    return Resource(company, known, f"{route.prefix}/companies({company})/{known.name}", stored, only)

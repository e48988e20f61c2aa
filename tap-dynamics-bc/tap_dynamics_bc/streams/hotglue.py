"""Which streams does a HotGlue job know, and how are they made of entity sets?

The names, keys and expansions are those of the tap that such jobs run today, so that a job can change over as it is.
What differs on purpose: `general_ledger_entries` is followed by its stamp and not by posting dates, because an entry
that is posted late with an early date would be missed; dimensions of entries come with the entries' pages; and vendor
ledger entries, several of which share a document's number, keep their own key as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.metadata import Metadata
from dynamics_bc_client.odata.targets import WEB_SERVICES
from tap_dynamics_bc.streams.columns import COMPANY_ID
from tap_dynamics_bc.streams.description import Listed, Nested, described
from tap_dynamics_bc.streams.discovery import company_sets
from tap_dynamics_bc.streams.entities import STAMP, Oddities
from tap_dynamics_bc.streams.routes import STANDARD, WEB_SERVICES_PREFIX
from tap_dynamics_bc.streams.tracking import tracking_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_client.odata.metadata import EntitySet
    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.routes import Route

ENTITY_SET, HOTGLUE = "entity_set", "hotglue"
STREAM_NAMINGS = (ENTITY_SET, HOTGLUE)

Expansions = Mapping[str, "Expansions"]
"""Navigation properties whose rows a record holds, and what those rows hold in turn."""

_NOTHING = Metadata({})
_DIMENSIONS: Expansions = {"dimensionSetLines": {}}


@dataclass(frozen=True, slots=True)
class HotglueStream:
    """What the table says about one stream.

    Attributes:
        entity_set: The set that its rows belong to.
        route: Where that set is; empty for the standard API.
        keys: Its key properties.
        keeps_own_key: Whether the metadata's own key stands behind them: they do not tell all rows apart.
        incremental: Whether only changed rows are read; jobs expect the others whole every time.
        expansions: What its records hold of other entities.
        listed_with: The set with whose pages the rows come; empty for a set that is listed itself.
        parent_id: The name under which records get the id of the row they came with.
        selected: Whether it is selected when nobody says otherwise.
        reason: Why it is not.
    """

    entity_set: str
    route: str = ""
    keys: tuple[str, ...] = ("id",)
    keeps_own_key: bool = False
    incremental: bool = False
    expansions: Expansions = field(default_factory=dict)
    listed_with: str = ""
    parent_id: str = ""
    selected: bool = True
    reason: str = ""


def _versions(entity_set: str, expansions: Expansions | None = None) -> HotglueStream:
    """A stream whose key holds the stamp, so that a database keeps each version of a row."""
    return HotglueStream(entity_set, keys=("id", STAMP), incremental=True, expansions=expansions or {})


def _ledger_entries(*, selected: bool, reason: str = "") -> HotglueStream:
    return HotglueStream(
        "generalLedgerEntries", incremental=True, expansions=_DIMENSIONS, selected=selected, reason=reason
    )


STREAMS: Mapping[str, HotglueStream] = {
    "companies": HotglueStream("companies"),
    "company_information": HotglueStream("companyInformation"),
    "items": _versions("items", {"itemCategory": {}, "picture": {}}),
    "vendors": _versions("vendors", {"defaultDimensions": {}}),
    "vendor_purchases": HotglueStream(
        "vendorPurchases", keys=("vendorId",), selected=False, reason="a report, computed with every read"
    ),
    "sales_invoices": _versions("salesInvoices", {**_DIMENSIONS, "salesInvoiceLines": _DIMENSIONS}),
    "sales_credit_memos": _versions("salesCreditMemos", {**_DIMENSIONS, "salesCreditMemoLines": _DIMENSIONS}),
    "purchase_invoices": _versions("purchaseInvoices", {**_DIMENSIONS, "purchaseInvoiceLines": _DIMENSIONS}),
    "accounts": HotglueStream("accounts"),
    "locations": HotglueStream("locations"),
    "sales_orders": _versions("salesOrders", {"salesOrderLines": {}}),
    "general_ledger_entries": _ledger_entries(selected=True),
    "general_ledger_entries_incremental": _ledger_entries(selected=False, reason="the same as general_ledger_entries"),
    "gl_entries_dimensions": HotglueStream(
        "dimensionSetLines",
        keys=("id", "gl_entry_id"),
        listed_with="generalLedgerEntries",
        parent_id="gl_entry_id",
        selected=False,
        reason="in the records of general_ledger_entries already",
    ),
    "dimensions": HotglueStream("dimensions"),
    "customers": _versions("customers"),
    "currencies": HotglueStream("currencies", incremental=True),
    "vendor_payment_journals": HotglueStream("vendorPaymentJournals", incremental=True),
    "payment_terms": HotglueStream("paymentTerms", incremental=True),
    **{
        f"{name}_general_ledger_entries": HotglueStream(
            f"{entity_set}GeneralLedgerEntries",
            route="microsoft/analytics/v1.0",
            keys=keys,
            incremental=True,
            selected=False,
            reason="entries of general_ledger_entries again",
        )
        for name, entity_set, keys in (
            ("balance_sheet", "balanceSheet", ("entryNo", "company_id")),
            ("income_statement", "incomeStatement", ("entryNo", "company_id")),
            ("closing", "closing", ("entryNo", "glAccountNo", "company_id")),
        )
    },
    "dimension_values": HotglueStream(
        "dimensionValues", route="microsoft/reportsFinance/beta", selected=False, reason="from a beta route"
    ),
    "vendor_ledger_entries": HotglueStream(
        "VendorLedgerEntries",
        route=WEB_SERVICES,
        keys=("Document_No", "company_id"),
        keeps_own_key=True,
        selected=False,
        reason="from a web service that somebody has to publish",
    ),
}

ELSEWHERE = {name: stream.route for name, stream in STREAMS.items() if stream.route}
"""Streams whose rows come from other routes than the standard one, and those."""


def hotglue_default(name: str) -> bool:
    """Whether a stream of that name is selected when nobody says otherwise, also one that is not there."""
    return name in STREAMS and STREAMS[name].selected


def hotglue_service(stream: Stream) -> Stream:
    """A stream of a published web service as a job knows it: called as published, the company behind its keys.

    One that would be called as a stream of the table, but for the case, has the route in front of its name.
    """
    keys = (*stream.own_keys, COMPANY_ID.name) if stream.own_keys else ()
    name = f"{WEB_SERVICES_PREFIX}{stream.name}" if stream.name.casefold() in STREAMS else stream.name
    return replace(stream, name=name, keys=keys, selected=False, reason="from a web service")


def describe_hotglue_streams(
    metadata: Metadata, others: Mapping[Route, Metadata] = MappingProxyType({})
) -> dict[str, Stream]:
    """The streams of a HotGlue job by name, as far as the environment has their entity sets.

    Args:
        metadata: Of the standard API.
        others: Of the other routes in `ELSEWHERE`, as far as there are any.
    """
    found = {}
    by_name = {STANDARD.name: (STANDARD, metadata), **{route.name: (route, each) for route, each in others.items()}}
    for name, stream in STREAMS.items():
        route, published = by_name.get(stream.route, (STANDARD, _NOTHING))
        if {stream.entity_set, stream.listed_with or stream.entity_set} <= set(published.entity_sets):
            in_company = stream.entity_set in company_sets(published, route)
            found[name] = _described(published, name, stream, route=route, in_company=in_company)
    return found


def _described(metadata: Metadata, name: str, stream: HotglueStream, *, route: Route, in_company: bool) -> Stream:
    entity_set = metadata.entity_sets[stream.entity_set]
    nested = tuple(_nested(metadata, entity_set, stream.expansions))
    oddities = Oddities(
        stamp=STAMP if stream.incremental else "",
        through_parents=bool(stream.listed_with),
        parent_id=stream.parent_id,
        selected=stream.selected,
        reason=stream.reason,
    )
    return described(
        entity_set,
        oddities,
        name=name,
        route=route,
        in_company=in_company,
        keys=tuple(dict.fromkeys((*stream.keys, *(entity_set.type.key if stream.keeps_own_key else ())))),
        nested=nested,
        lost=tuple(_lost(nested, stream.expansions)),
        listed=_listed(metadata, name, stream),
        tracking=tracking_of(entity_set.type.properties) if stream.route and stream.incremental else None,
    )


def _nested(metadata: Metadata, entity_set: EntitySet, expansions: Expansions) -> Iterator[Nested]:
    """What is nested, as far as the environment has it, in the order of its metadata."""
    for navigation in entity_set.type.navigation.values():
        target = metadata.entity_sets.get(navigation.target_set or "")
        if navigation.name in expansions and target is not None:
            below = tuple(_nested(metadata, target, expansions[navigation.name]))
            # A stamp of its own makes no difference: the rows come with the record that holds them, or not at all.
            yield Nested(navigation.name, navigation.many, described(target, Oddities(stamp=""), nested=below))


def _lost(nested: tuple[Nested, ...], expansions: Expansions) -> Iterator[str]:
    """What a record should hold and the environment does not have, at any depth."""
    found = {each.navigation: each for each in nested}
    for navigation, below in expansions.items():
        if navigation not in found:
            yield navigation
        else:
            yield from (f"{navigation}/{each}" for each in _lost(found[navigation].stream.nested, below))


def _listed(metadata: Metadata, name: str, stream: HotglueStream) -> Listed | None:
    if not stream.listed_with:
        return None
    parent = metadata.entity_sets[stream.listed_with]
    (navigation,) = [each.name for each in parent.type.navigation.values() if each.target_set == stream.entity_set]
    return Listed(described(parent, Oddities(), name=name), navigation)

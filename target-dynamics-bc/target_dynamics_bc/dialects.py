"""Which dialect does a record speak, and what does it ask for?

Two dialects, one model: HotGlue's unified records, and Business Central's own property names. Stream names do not tell
them apart (`Customers` is one, `customers` the other, and case does not count), so each record is judged by the names
it
uses: those that only one of the dialects has. It speaks the one of which it has more; with none, or as many of both,
    it is unified.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc import business_central
from target_dynamics_bc.mapping import map_unified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.entities import Entity
    from target_dynamics_bc.records import WantedRecord

_EVERYWHERE = frozenset({
    "id", "externalId", "subsidiaryId", "subsidiaryName", "isDraft", "currency", "currencyId", "currencyName",
    "dimensions",
})  # fmt: skip
_PARTY = frozenset({"paymentMethod", "phoneNumbers", "addresses", "isActive", "email", "website"})
_VENDOR = frozenset({"vendorId", "vendorNumber", "vendorName", "vendorExternalId"})
# All names of unified records, also those that Business Central has too: they speak for neither.
_UNIFIED_NAMES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "customers": _EVERYWHERE | _PARTY | {"customerNumber", "companyName", "taxable", "isPerson"},
        "vendors": _EVERYWHERE | _PARTY | {"vendorNumber", "vendorName"},
        "purchaseInvoices": _EVERYWHERE
        | _VENDOR
        | {
            "transactionNumber",
            "billNumber",
            "issueDate",
            "dueDate",
            "postingDate",
            "lineItems",
            "expenses",
            "totalAmount",
        },
        "vendorPayments": _EVERYWHERE
        | _VENDOR
        | {"journalId", "journalExternalId", "billId", "billNumber", "billExternalId", "paymentNumber", "paymentDate"}
        | {"transactionNumber", "amount", "description"},
        "generalJournalLines": _EVERYWHERE | {"journalEntryNumber", "transactionDate", "lineItems"},
    }
)


def map_record(
    stream: str, entity: Entity, position: int, record: Mapping[str, Any], prefixes: Iterable[str]
) -> WantedRecord:
    """What a record asks for, in whichever dialect it came.

    Args:
        stream: The stream's name, as it came.
        entity: The table's row for it.
        position: The record's place in the input.
        record: The record.
        prefixes: Prefixes of root fields that the dimension mapping knows.
    """
    to_wanted = business_central.map_own if speaks_business_central(entity, record) else map_unified
    return to_wanted(stream, entity, position, record, prefixes)


def speaks_business_central(entity: Entity, record: Mapping[str, Any]) -> bool:
    """Whether a record uses more names that only Business Central has than names that only unified records have."""
    own, unified = business_central.names_of(entity), _UNIFIED_NAMES[entity.name]
    return len((own - unified) & record.keys()) > len((unified - own) & record.keys())

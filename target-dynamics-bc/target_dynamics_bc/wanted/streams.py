"""Which dialect does a stream speak, and what does a record of it ask for?

Two dialects, one model: HotGlue's unified records, and Business Central's own property names. They differ in what null
means, so a stream speaks one of them from its first record to its last. Its SCHEMA settles which, by the names that
only one of the dialects has; else its name; and for customers and vendors, which both dialects call by the same names,
the first record that tells.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.own import map_own, names_of
from target_dynamics_bc.wanted.unified import map_unified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import WantedRecord

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


# Names of streams that only one dialect has, and whether that is Business Central's own.
_STREAMS: Mapping[str, bool] = MappingProxyType(
    {
        **dict.fromkeys(("bills", "billpayments", "journalentries"), False),
        **dict.fromkeys(("purchaseinvoices", "vendorpayments", "generaljournallines", "journallines"), True),
    }
)


class Dialects:
    """The dialect of each stream."""

    def __init__(self) -> None:
        self._own: dict[str, bool] = {}

    def settle(self, stream: str, properties: Iterable[str]) -> None:
        """Take the SCHEMA of a stream, which settles its dialect for the records that follow.

        Args:
            stream: The stream's name, as it came.
            properties: The names of the properties that the SCHEMA has.
        """
        entity = standard_kinds().of_stream(stream)
        if entity is None:
            return
        own = _vote(entity, properties)
        own = _STREAMS.get(stream.strip().lower()) if own is None else own
        if own is None:
            self._own.pop(stream, None)
        else:
            self._own[stream] = own

    def is_own(self, stream: str, entity: Kind, record: Mapping[str, Any]) -> bool:
        """Whether the record, which has just come, is in Business Central's own names."""
        own = self._own.get(stream)
        if own is None:
            own = _vote(entity, record)
            if own is not None:
                self._own[stream] = own
        return bool(own)


def _vote(entity: Kind, names: Iterable[str]) -> bool | None:
    """Whether more of the names are Business Central's alone than unified records' alone; None for as many of both."""
    own, unified, used = names_of(entity), _UNIFIED_NAMES[entity.name], set(names)
    for_own, for_unified = len((own - unified) & used), len((unified - own) & used)
    return None if for_own == for_unified else for_own > for_unified


def map_record(
    stream: str, entity: Kind, position: int, record: Mapping[str, Any], prefixes: Iterable[str], *, own: bool
) -> WantedRecord:
    """What a record asks for, in the dialect of its stream.

    Args:
        stream: The stream's name, as it came.
        entity: The table's row for it.
        position: The record's place in the input.
        record: The record.
        prefixes: Prefixes of root fields that the dimension mapping knows.
        own: It is in Business Central's own names.
    """
    to_wanted = map_own if own else map_unified
    return to_wanted(stream, entity, position, record, prefixes)

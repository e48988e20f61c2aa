"""Which kinds of record can be written, and what is particular to each?

What differs between entities is this table; what does not is code elsewhere. Lengths, and which identifiers a create
may supply, are those of API v2.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Family = Literal["master", "document", "journal"]


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of the table.

    Attributes:
        name: The sink's name.
        streams: Further stream names it answers to; all are compared without regard to case.
        entity_set: Where its records live. Of a journal's lines it is the set below the journal.
        family: Which unit of work fits it.
        rank: Records of a lower rank are written first: what is referred to before what refers to it.
        match_keys: How a record is found before it is created, first match wins.
        number_property: What people call a record by.
        dimensions: Navigation property that holds its dimensions.
        lines: Navigation property that holds its lines; empty when it has none.
        parent_set: For lines of a journal, the entity set of the journals.
        sharing: How many creates of this entity may travel in one batch.
        required: Properties without which the service creates none.
        lengths: Longest text of each property.
    """

    name: str
    streams: tuple[str, ...]
    entity_set: str
    family: Family
    rank: int
    match_keys: tuple[str, ...]
    number_property: str
    dimensions: str
    lines: str = ""
    parent_set: str = ""
    sharing: int = 1
    required: tuple[str, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)


_ADDRESS = {"addressLine1": 100, "addressLine2": 50, "city": 30, "state": 30, "country": 10, "postalCode": 20}
_DOCUMENT_ADDRESS = {"AddressLine1": 100, "AddressLine2": 50, "City": 30, "State": 30, "PostCode": 20}
_CONTACT = {
    "displayName": 100,
    "phoneNumber": 30,
    "email": 80,
    "website": 255,
    "taxRegistrationNumber": 50,
    "number": 20,
}

ENTITIES: tuple[Entity, ...] = (
    Entity(
        name="customers",
        streams=("Customers",),
        entity_set="customers",
        family="master",
        rank=0,
        match_keys=("id", "number", "external_id"),
        number_property="number",
        dimensions="defaultDimensions",
        sharing=100,
        required=("displayName",),
        lengths={**_ADDRESS, **_CONTACT, "salespersonCode": 20},
    ),
    Entity(
        name="vendors",
        streams=("Vendors",),
        entity_set="vendors",
        family="master",
        rank=0,
        match_keys=("id", "number", "external_id"),
        number_property="number",
        dimensions="defaultDimensions",
        sharing=100,
        lengths={**_ADDRESS, **_CONTACT, "irs1099Code": 10},
    ),
    Entity(
        name="purchaseInvoices",
        streams=("Bills",),
        entity_set="purchaseInvoices",
        family="document",
        rank=1,
        match_keys=("id", "number", "vendorInvoiceNumber"),
        number_property="number",
        dimensions="dimensionSetLines",
        lines="purchaseInvoiceLines",
        sharing=10,
        required=("vendorId",),
        lengths={
            "vendorInvoiceNumber": 35,
            "number": 20,
            "description": 100,
            "description2": 50,
            "taxCode": 50,
            "shipToName": 100,
            "shipToContact": 100,
            **{
                f"{prefix}{end}": longest
                for prefix in ("shipTo", "buyFrom")
                for end, longest in _DOCUMENT_ADDRESS.items()
            },
        },
    ),
    Entity(
        name="vendorPayments",
        streams=("BillPayments",),
        entity_set="vendorPayments",
        family="journal",
        rank=2,
        match_keys=("external_id", "documentNumber", "posted"),
        number_property="documentNumber",
        dimensions="dimensionSetLines",
        parent_set="vendorPaymentJournals",
        required=("vendorId", "amount", "postingDate"),
        lengths={"documentNumber": 20, "externalDocumentNumber": 35, "description": 100, "comment": 250},
    ),
    Entity(
        name="generalJournalLines",
        streams=("JournalEntries", "journalLines"),
        entity_set="journalLines",
        family="journal",
        rank=2,
        match_keys=("documentNumber", "posted"),
        number_property="documentNumber",
        dimensions="dimensionSetLines",
        lines="journalLines",
        parent_set="journals",
        lengths={"documentNumber": 20, "externalDocumentNumber": 35, "description": 100, "comment": 250},
    ),
)

_BY_NAME: Mapping[str, Entity] = MappingProxyType(
    {name.lower(): entity for entity in ENTITIES for name in (entity.name, *entity.streams)}
)


def entity_of(stream: str) -> Entity | None:
    """The table's row for a stream, in any case; None when nothing here can write it."""
    return _BY_NAME.get(stream.strip().lower())


def stream_names() -> str:
    """All names that a stream may have, for messages."""
    return ", ".join(f"{entity.name} ({', '.join(entity.streams)})" for entity in ENTITIES)

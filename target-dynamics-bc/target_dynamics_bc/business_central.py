"""What does a record ask for that speaks Business Central's own property names?

The shape that the service serves and the tap emits: `displayName`, `currencyCode`, `purchaseInvoiceLines`. Pure. In
this dialect null means blank; what is absent stays untouched. Properties that cannot be written are left out and named.

An entry is many records here, one for each journal line, so `generalJournalLines` is read as unified records only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from dynamics_bc_client.odata.values import BLANK_DATE, ZERO_GUID, encode_enum
from target_dynamics_bc.dimension_fields import wanted_dimensions
from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.reading import Reading
from target_dynamics_bc.records import Reference, WantedDimension, WantedLine, WantedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.entities import Entity
    from target_dynamics_bc.faults import Fault

Form = Literal["text", "code", "day", "amount", "truth", "option"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The properties of one entity that may be written.

    Attributes:
        forms: How each plain property is read.
        references: For a property that is written, what it refers to, and the properties that hold its id and number.
    """

    forms: Mapping[str, Form]
    references: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """All properties that are read."""
        pairs = {name for _, *both in self.references.values() for name in both if name}
        return frozenset(self.forms) | pairs


_ADDRESS: Mapping[str, Form] = {
    "addressLine1": "text",
    "addressLine2": "text",
    "city": "text",
    "state": "text",
    "country": "code",
    "postalCode": "code",
}
_PARTY: Mapping[str, Form] = {
    "displayName": "text",
    **_ADDRESS,
    "phoneNumber": "text",
    "email": "text",
    "website": "text",
    "taxLiable": "truth",
    "taxRegistrationNumber": "text",
    "blocked": "option",
}
_PARTY_REFERENCES = {
    "currencyCode": ("currencies", "currencyId", "currencyCode"),
    "paymentTermsId": ("paymentTerms", "paymentTermsId", ""),
    "paymentMethodId": ("paymentMethods", "paymentMethodId", ""),
}
_SHIP_TO: Mapping[str, Form] = {
    "shipToName": "text",
    "shipToContact": "text",
    "shipToAddressLine1": "text",
    "shipToAddressLine2": "text",
    "shipToCity": "text",
    "shipToState": "text",
    "shipToCountry": "code",
    "shipToPostCode": "code",
}

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "customers": Shape(
            {**_PARTY, "type": "option", "salespersonCode": "code", "creditLimit": "amount"},
            {**_PARTY_REFERENCES, "shipmentMethodId": ("shipmentMethods", "shipmentMethodId", "")},
        ),
        "vendors": Shape({**_PARTY, "irs1099Code": "code"}, _PARTY_REFERENCES),
        "purchaseInvoices": Shape(
            {
                "vendorInvoiceNumber": "code",
                "invoiceDate": "day",
                "postingDate": "day",
                "dueDate": "day",
                "pricesIncludeTax": "truth",
                "purchaser": "code",
                "shortcutDimension1Code": "code",
                "shortcutDimension2Code": "code",
                **_SHIP_TO,
            },
            {
                "vendorId": ("vendors", "vendorId", "vendorNumber"),
                "currencyCode": ("currencies", "currencyId", "currencyCode"),
            },
        ),
        "vendorPayments": Shape(
            {
                "postingDate": "day",
                "documentNumber": "code",
                "externalDocumentNumber": "code",
                "amount": "amount",
                "description": "text",
                "comment": "text",
            },
            {
                "vendorId": ("vendors", "vendorId", "vendorNumber"),
                "appliesToInvoiceId": ("purchaseInvoices", "appliesToInvoiceId", "appliesToInvoiceNumber"),
                "journalId": ("vendorPaymentJournals", "journalId", "journalDisplayName"),
            },
        ),
    }
)

LINE = Shape(
    {
        "description": "text",
        "description2": "text",
        "taxCode": "code",
        "quantity": "amount",
        "unitCost": "amount",
        "discountAmount": "amount",
    },
    {"locationId": ("locations", "locationId", "")},
)
_LINE_KINDS = {"Item": ("itemId", "items"), "Account": ("accountId", "accounts")}
# What identifies a record, says where it goes or comes with every row; none of it is written, and none is worth a word.
_TAKEN_FOR_GRANTED = frozenset({
    "id", "number", "company_id", "company_name", "lastModifiedDateTime", "externalId", "isDraft", "dimensions",
    "defaultDimensions", "dimensionSetLines", "purchaseInvoiceLines", "totalAmountIncludingTax", "_sdc_deleted_at",
})  # fmt: skip


def names_of(entity: Entity) -> frozenset[str]:
    """The property names by which a record of this dialect is known."""
    shape = SHAPES.get(entity.name)
    return shape.names | {"id", "number", "lastModifiedDateTime", "status", entity.lines} if shape else frozenset()


def map_own(
    stream: str, entity: Entity, position: int, record: Mapping[str, Any], prefixes: Iterable[str]
) -> WantedRecord:
    """What a record in Business Central's own names asks for, with all that is wrong with it; as `map_unified`."""
    faults: list[Fault] = []
    reading = Reading(record, faults)
    shape, prefixes = SHAPES[entity.name], tuple(prefixes)
    fields = _fields(reading, shape, entity)
    references = _references(reading, shape, fields)
    lines = reading.children(entity.lines) if entity.lines else None
    wanted_lines = [line for child in lines or () if (line := _line(child, entity, prefixes)) is not None]
    number = reading.code(entity.number_property, longest=entity.lengths[entity.number_property]) or None
    external_id = reading.key("externalId")
    return WantedRecord(
        stream=stream,
        entity=entity,
        position=position,
        record=record,
        hash=hash_of(record),
        external_id=external_id,
        id=reading.key("id") if entity.family != "journal" else None,
        number=number,
        identity=_identity(entity, record, external_id),
        fields=fields,
        references=references,
        dimensions=(*wanted_dimensions(reading, prefixes), *_own_dimensions(reading)),
        lines=None if lines is None else tuple(wanted_lines),
        line_kinds=frozenset(_LINE_KINDS) if lines is not None else frozenset(),
        draft=reading.truth("isDraft"),
        deleted=reading.has("_sdc_deleted_at"),
        faults=tuple(dict.fromkeys(faults)),
        left_out=tuple(name for name in record if name not in shape.names | _TAKEN_FOR_GRANTED | _root_names(prefixes)),
    )


def _fields(reading: Reading, shape: Shape, entity: Entity) -> dict[str, Any]:
    fields = {}
    for name, form in shape.forms.items():
        if name not in reading.data:
            continue
        value = _read(reading, name, form, entity.lengths.get(name))
        if value is not None:
            fields[name] = value
    return fields


def _read(reading: Reading, name: str, form: Form, longest: int | None) -> Any:
    """A value as the service takes it; null is the blank of its form, where it has one."""
    if reading.data[name] is None:
        return {"text": "", "code": "", "day": BLANK_DATE, "option": "_x0020_", "amount": 0}.get(form)
    if form == "option":
        text = reading.key(name)
        return text if text is None or "_x00" in text else encode_enum(text)
    if form in {"text", "code"}:
        return (reading.text if form == "text" else reading.code)(name, longest=longest)
    return {"day": reading.day, "amount": reading.amount, "truth": reading.truth}[form](name)


def _references(reading: Reading, shape: Shape, fields: dict[str, Any]) -> dict[str, Reference]:
    """What the record refers to; a reference that is there and blank is written as blank."""
    references = {}
    for name, (kind, id_name, number_name) in shape.references.items():
        given = [each for each in (id_name, number_name) if each and each in reading.data]
        id_, number = (reading.key(each) if each else None for each in (id_name, number_name))
        id_ = None if id_ == ZERO_GUID else id_
        if id_ or number:
            within = "vendorId" if kind == "purchaseInvoices" else None
            references[name] = Reference(kind, reading.first_field(given), id=id_, number=number, within=within)
        elif given and name not in {"vendorId", "journalId"}:
            fields[name] = "" if name.endswith("Code") else ZERO_GUID
    return references


def _line(line: Reading, entity: Entity, prefixes: tuple[str, ...]) -> WantedLine | None:
    """A line for an item or an account; a comment, and what else a document may hold, is left where it is."""
    kind = line.key("lineType") or next((kind for kind, (name, _) in _LINE_KINDS.items() if line.has(name)), None)
    if kind not in _LINE_KINDS:
        return None
    name, set_name = _LINE_KINDS[kind]
    fields = _fields(line, LINE, entity)
    references = _references(line, LINE, fields)
    id_ = line.key(name)
    number = line.key("lineObjectNumber")
    if number or (id_ and id_ != ZERO_GUID):
        field_ = line.first_field((name, "lineObjectNumber"))
        references[name] = Reference(set_name, field_, id=None if id_ == ZERO_GUID else id_, number=number)
    else:
        line.fault(name, "required", f"{line.path} needs its {kind.lower()}: {name} or lineObjectNumber.")
    dimensions = (*wanted_dimensions(line, prefixes), *_own_dimensions(line))
    return WantedLine(line.path, kind, line.key("externalId") or line.key("id"), fields, references, dimensions)


def _own_dimensions(reading: Reading) -> list[WantedDimension]:
    """Dimensions as the service nests them: set lines on documents, defaults on customers and vendors."""
    sets = ("dimensionSetLines", "code", "valueCode"), ("defaultDimensions", "dimensionCode", "dimensionValueCode")
    return [
        WantedDimension(child.path, code=child.key(code), value_code=child.key(value))
        for name, code, value in sets
        for child in reading.children(name) or ()
    ]


def _identity(entity: Entity, record: Mapping[str, Any], external_id: str | None) -> str | None:
    """The sender's id, else what Business Central itself knows the record by."""
    if external_id is not None:
        return f"external:{external_id}"
    names = (
        ("id",) if entity.family != "journal" else ("documentNumber", "postingDate", "journalId", "journalDisplayName")
    )
    values = [str(record.get(name) or "").upper() for name in names]
    number = str(record.get("number") or "").upper()
    return f"own:{':'.join(values)}" if values[0] else (f"number:{number}" if number else None)


def _root_names(prefixes: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{prefix}{end}" for prefix in prefixes for end in ("Id", "Number", "Name"))

"""What does a record ask for that speaks Business Central's own property names?

The shape that the service serves and the tap emits: `displayName`, `currencyCode`, `purchaseInvoiceLines`. Pure. In
this dialect null means blank; what is absent stays untouched. Properties that cannot be written are left out and named.
Its ids may be another company's: what they mean is then found by the codes and numbers beside them.

An entry is a record with `journalLines`; single lines are put together before (`gathering`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import BLANK_DATE, ZERO_GUID, decode_enum, encode_enum
from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.own_shapes import ACCOUNT_TYPES, ENTRY_LINE, ENTRY_SIDES, LINES, SHAPES, Form, Shape
from target_dynamics_bc.wanted.reading import Reading, check_exchange_rate
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY, Reference, WantedDimension, WantedLine, WantedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.kind import Kind

# What identifies a record, says where it goes or comes with every row; none of it is written, and none is worth a word.
_TAKEN_FOR_GRANTED = frozenset({
    "id", "number", "company_id", "company_name", "parent_modified_at", "lastModifiedDateTime", "externalId", "isDraft",
    "dimensions", "defaultDimensions", "dimensionSetLines", "purchaseInvoiceLines", "journalLines", "documentId",
    "sequence", "lineNumber", "lineType", "subsidiaryId", "subsidiaryName", "totalAmountIncludingTax",
    "_sdc_deleted_at",
})  # fmt: skip
# Names of one journal line, by which a record of the stream is known.
_ENTRY_NAMES = frozenset({"accountNumber", "journalDisplayName", "documentNumber", "postingDate", "lineNumber"})
_DRAFT = "Draft"
_CURRENCY = ("currencyCode", "currencyId")


def names_of(entity: Kind) -> frozenset[str]:
    """The property names by which a record of this dialect is known."""
    names = SHAPES[entity.name].names | {"id", "number", "lastModifiedDateTime", "status", entity.lines_name}
    return names | _ENTRY_NAMES if entity.name == "generalJournalLines" else names


def map_own(
    stream: str, entity: Kind, position: int, record: Mapping[str, Any], prefixes: Iterable[str]
) -> WantedRecord:
    """What a record in Business Central's own names asks for, with all that is wrong with it; as `map_unified`."""
    faults: list[Fault] = []
    reading = Reading(record, faults)
    shape, prefixes = SHAPES[entity.name], tuple(prefixes)
    fields = _fields(reading, shape.forms, entity)
    references = {**_references(reading, shape, fields), **_booked_currency(reading, entity)}
    children = reading.children(entity.lines_name) if entity.lines else None
    lines = _lines(reading, children, entity, prefixes, fields)
    dimensions = _own_dimensions(reading)
    if dimensions:
        # They are among the dimensions, by the codes that make them; which ones are global differs by company.
        fields = {name: value for name, value in fields.items() if not name.startswith("shortcutDimension")}
    number = reading.code(entity.number_property, longest=entity.length(entity.number_property)) or None
    external_id = reading.key("externalId")
    if external_id is None and entity.name == "vendorPayments":
        external_id = reading.key("id")  # several payments may have one document number
    return WantedRecord(
        stream=stream,
        entity=entity,
        position=position,
        record=record,
        hash=hash_of(record),
        external_id=external_id,
        id=reading.key("id") if entity.shape != "journal" else None,
        number=number,
        identity=_identity(entity, record, external_id),
        fields=fields,
        references=references,
        dimensions=(*wanted_dimensions(reading, prefixes), *dimensions),
        lines=None if children is None else tuple(lines),
        line_kinds=_line_kinds(entity) if children is not None else frozenset(),
        draft=reading.truth("isDraft"),
        deleted=reading.has("_sdc_deleted_at"),
        faults=tuple(dict.fromkeys(faults)),
        left_out=_left_out(reading, children or (), entity, prefixes),
        copied=True,
        id_is_hint=True,
    )


def _fields(reading: Reading, forms: Mapping[str, Form], entity: Kind) -> dict[str, Any]:
    fields = {}
    for name, form in forms.items():
        if name not in reading.data:
            continue
        value = _read(reading, name, form, entity.length(name))
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
    for name, named in shape.references.items():
        given = [each for each in named.names if each in reading.data]
        id_, number, text = (reading.key(each) if each else None for each in (named.id, named.number, named.name))
        id_ = None if id_ == ZERO_GUID else id_
        if id_ or number:
            field = reading.first_field(given)
            references[name] = Reference(named.kind, field, id=id_, number=number, name=text, within=named.within)
        elif given and name not in shape.required:
            fields[name] = ZERO_GUID if name.endswith("Id") else ""
    return references


def _booked_currency(reading: Reading, entity: Kind) -> dict[str, Reference]:
    """The currency of an entry, its line or a payment, which is not written and has to be the one that is booked."""
    if entity.shape != "journal":
        return {}
    check_exchange_rate(reading)
    id_, code = reading.key("currencyId"), reading.key("currencyCode")
    id_ = None if id_ == ZERO_GUID else id_
    if id_ is None and code is None:
        return {}
    return {BOOKED_CURRENCY: Reference("currencies", reading.first_field(_CURRENCY), id=id_, number=code)}


# --- lines ---------------------------------------------------------------------------------------------------


def _line_kinds(entity: Kind) -> frozenset[str]:
    return frozenset({"Entry"}) if entity.name == "generalJournalLines" else frozenset(LINES)


def _lines(
    reading: Reading,
    children: list[Reading] | None,
    entity: Kind,
    prefixes: tuple[str, ...],
    shared: Mapping[str, Any],
) -> list[WantedLine]:
    if entity.name == "generalJournalLines":
        if not children:
            reading.fault("journalLines", "required", "A journal entry needs lines: journalLines.")
        return [_entry_line(child, entity, prefixes, shared) for child in children or ()]
    is_posted = reading.has("status") and reading.data["status"] != _DRAFT
    lines = (_line(child, entity, prefixes, is_posted=is_posted) for child in children or ())
    return [line for line in lines if line is not None]


def _line(line: Reading, entity: Kind, prefixes: tuple[str, ...], *, is_posted: bool) -> WantedLine | None:
    """A line of a bill: for an item or an account, or a comment."""
    kind = decode_enum(line.key("lineType") or "")
    if not kind:
        named = (kind for kind in LINES if any(line.has(name) for name in LINES[kind].required))
        kind = next(named, "Comment")
    if kind not in LINES:
        message = f"{line.path} is a line for {kind}; lines for {', '.join(LINES)} can be written."
        line.fault("lineType", "unsupported_line", message)
        return None
    shape = LINES[kind]
    fields = _fields(line, shape.forms, entity)
    if is_posted:
        fields.pop("taxCode", None)  # there it is the VAT identifier, which is no code
    references = _references(line, shape, fields)
    for name in shape.required - references.keys():
        line.fault(name, "required", f"{line.path} needs its {kind.lower()}: {name} or lineObjectNumber.")
    return _wanted_line(line, kind, fields, references, prefixes)


def _entry_line(line: Reading, entity: Kind, prefixes: tuple[str, ...], shared: Mapping[str, Any]) -> WantedLine:
    fields = {**shared, **_fields(line, ENTRY_LINE, entity)}
    references = _booked_currency(line, entity)
    for type_name, (name, id_name, number_name) in ENTRY_SIDES.items():
        type_ = decode_enum(line.key(type_name) or "").strip()
        id_, number = line.key(id_name), line.key(number_name)
        id_ = None if id_ == ZERO_GUID else id_
        if not id_ and not number:
            continue
        if type_ not in ACCOUNT_TYPES:
            message = f"{line.path} books to a {type_}; only general ledger and bank accounts can be written."
            line.fault(type_name, "unsupported_line", message)
            continue
        if type_:
            fields[type_name] = encode_enum(type_)
        references[name] = Reference(
            ACCOUNT_TYPES[type_], line.first_field((id_name, number_name)), id=id_, number=number
        )
    if "accountId" not in references and not any(fault.field == line.field("accountType") for fault in line.faults):
        line.fault("accountId", "required", f"{line.path} needs its account: accountId or accountNumber.")
    if fields.get("amount") is None:
        line.fault("amount", "required", f"{line.path} needs its amount.")
    return _wanted_line(line, "Entry", fields, references, prefixes)


def _wanted_line(
    line: Reading, kind: str, fields: dict[str, Any], references: dict[str, Reference], prefixes: tuple[str, ...]
) -> WantedLine:
    dimensions = (*wanted_dimensions(line, prefixes), *_own_dimensions(line))
    return WantedLine(line.path, kind, line.key("externalId") or line.key("id"), fields, references, dimensions)


# --- pieces --------------------------------------------------------------------------------------------------


def _own_dimensions(reading: Reading) -> list[WantedDimension]:
    """Dimensions as the service nests them: set lines on documents, defaults on customers and vendors."""
    sets = [
        WantedDimension(
            child.path,
            id=child.key("id"),
            code=child.key("code"),
            value_id=child.key("valueId"),
            value_code=child.key("valueCode"),
        )
        for child in reading.children("dimensionSetLines") or ()
    ]
    defaults = [
        WantedDimension(
            child.path,
            id=child.key("dimensionId"),
            code=child.key("dimensionCode"),
            value_id=child.key("dimensionValueId"),
            value_code=child.key("dimensionValueCode"),
        )
        for child in reading.children("defaultDimensions") or ()
    ]
    # A default without a value only says that there has to be one.
    return [each for each in (*sets, *defaults) if each.value_code or each.value_id not in {None, ZERO_GUID}]


def _left_out(reading: Reading, lines: Iterable[Reading], entity: Kind, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The properties that cannot be written: of the record, and of its lines with the lines' name before them."""
    known = _TAKEN_FOR_GRANTED | frozenset(f"{prefix}{end}" for prefix in prefixes for end in ("Id", "Number", "Name"))
    if entity.shape == "journal":
        known |= {*_CURRENCY, "exchangeRate"}
    of_record = [name for name in reading.data if name not in known | SHAPES[entity.name].names]
    if entity.name == "generalJournalLines":
        of_lines = frozenset(ENTRY_LINE) | {name for type_, names in ENTRY_SIDES.items() for name in (type_, *names)}
        of_lines |= SHAPES[entity.name].names
    else:
        of_lines = frozenset(name for shape in LINES.values() for name in shape.names | shape.required)
    in_lines = dict.fromkeys(name for line in lines for name in line.data if name not in known | of_lines)
    return (*of_record, *(f"{entity.lines_name}.{name}" for name in in_lines))


def _identity(entity: Kind, record: Mapping[str, Any], external_id: str | None) -> str | None:
    """The sender's id, else what Business Central itself knows the record by."""
    if external_id is not None:
        return f"external:{external_id}"
    names: tuple[str, ...] = (
        ("id",) if entity.shape != "journal" else ("documentNumber", "postingDate", "journalId", "journalDisplayName")
    )
    if entity.name == "vendorPayments":
        names += ("vendorNumber", "appliesToInvoiceNumber")  # one check may pay several vendors, and several bills
    values = [str(record.get(name) or "").upper() for name in names]
    number = str(record.get("number") or "").upper()
    return f"own:{':'.join(values)}" if values[0] else (f"number:{number}" if number else None)

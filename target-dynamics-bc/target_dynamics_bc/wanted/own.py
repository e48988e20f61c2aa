"""What does a record ask for that speaks Business Central's own property names?

The shape that the service serves and the tap emits: `displayName`, `currencyCode`, `purchaseInvoiceLines`; which names
those are follows from the facts (`shapes`). Pure. In this dialect null means blank; what is absent stays untouched.
Properties that cannot be written are left out and named.
Its ids may be another company's: what they mean is then found by the codes and numbers beside them.

An entry is a record with `journalLines`; single lines are put together before (`pieces`).
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.urls import GUID
from dynamics_bc_client.odata.values import BLANK_DATE, ZERO_GUID, decode_enum, encode_enum
from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.kinds.facts import COUNTRIES, CURRENCIES
from target_dynamics_bc.wanted.applications import own_applications, with_documents
from target_dynamics_bc.wanted.dimension_fields import (
    DimensionNames,
    named_dimension,
    names_of_prefix,
    wanted_dimensions,
)
from target_dynamics_bc.wanted.keys import identity_of_own
from target_dynamics_bc.wanted.reading import (
    TEXTS,
    Reading,
    by_code_or_name,
    check_exchange_rate,
    country_by_code_or_name,
)
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY, Reference, WantedDimension, WantedLine, WantedRecord
from target_dynamics_bc.wanted.shapes import Named, Stated, names_of_lines, shape_of, shape_of_line, stated_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.facts import Property, Relation
    from target_dynamics_bc.kinds.kind import Kind, LineType

# What identifies a record, says where it goes or comes with every row; none of it is written, and none is worth a word.
_TAKEN_FOR_GRANTED = frozenset({
    "id", "number", "company_id", "company_name", "parent_modified_at", "lastModifiedDateTime", "externalId", "isDraft",
    "dimensions", "defaultDimensions", "dimensionSetLines", "documentId", "sequence", "lineNumber", "lineType",
    "lineObjectNumber", "subsidiaryId", "action", "subsidiaryName", "totalAmountIncludingTax",
})  # fmt: skip
# Names of one journal line, by which a record of the stream is known.
_ENTRY_NAMES = frozenset({"accountNumber", "journalDisplayName", "documentNumber", "postingDate", "lineNumber"})
_LINE_TYPE = "lineType"
_TOTALS = ("totalAmountExcludingTax", "totalTaxAmount")
_TAX = ("taxPercent", "totalTaxAmount")
_PERCENT, _DISCOUNT_AMOUNT = "discountPercent", "discountAmount"
_TOTAL = "totalAmountIncludingTax"
_DISCOUNT = "discountAmount"
_CURRENCY = ("currencyCode", "currencyId")
_NONE: Mapping[str, Decimal] = MappingProxyType({})
_SET_LINE = DimensionNames("id", "code", "", "valueId", "valueCode", "")
_DEFAULT = DimensionNames("dimensionId", "dimensionCode", "", "dimensionValueId", "dimensionValueCode", "")
_BLANKS = MappingProxyType({"String": "", "Date": BLANK_DATE, "Enum": "_x0020_"})


def names_of_own(kind: Kind) -> frozenset[str]:
    """The property names by which a record of this dialect is known."""
    own = {kind.lines_name} if kind.lines_name else set()
    names = shape_of(kind).names | own | {
        "id", kind.number_property, "number", "lastModifiedDateTime", "status", "action",
    }  # fmt: skip
    return names | _ENTRY_NAMES if kind.journal is not None and kind.lines is not None else names


def map_own(
    stream: str,
    kind: Kind,
    position: int,
    record: Mapping[str, Any],
    prefixes: Iterable[str],
    *,
    cuts: set[str] | None = None,
) -> WantedRecord:
    """What a record in Business Central's own names asks for, with all that is wrong with it; as `map_unified`."""
    faults: list[Fault] = []
    reading = Reading(record, faults, cuts=cuts)
    stated, prefixes = stated_of(shape_of(kind), tuple(record)), tuple(prefixes)
    fields = _fields(reading, stated, published=kind.facts.is_published)
    references = {
        **_references(reading, stated, fields),
        **_booked_currency(reading, kind),
        **_parent(reading, kind, fields),
    }
    references, applications = with_documents(reading, kind, own_applications(reading, kind), references)
    children = reading.children(kind.lines_name) if kind.lines else None
    lines = _lines(reading, children, kind, prefixes, fields)
    dimensions = _own_dimensions(reading)
    if dimensions:
        # They are among the dimensions, by the codes that make them; which ones are global differs by company.
        fields = {name: value for name, value in fields.items() if not name.startswith("shortcutDimension")}
    number = reading.code(kind.number_property, longest=kind.length(kind.number_property)) or None
    external_id = reading.key("externalId")
    if external_id is None and kind.is_known_by_id:
        external_id = reading.key("id")
    if kind.lines is not None and kind.journal is None:
        check_exchange_rate(reading, f"a {kind.noun.one}")
        if _PERCENT not in kind.facts.properties and reading.amount(_PERCENT):
            message = f"{str(kind.noun).capitalize()} takes a discount as an amount alone: {_DISCOUNT_AMOUNT}."
            reading.fault(_PERCENT, "unsupported_discount", message)
    return WantedRecord(
        stream=stream,
        kind=kind,
        position=position,
        record=record,
        hash=hash_of(record),
        external_id=external_id,
        id=reading.key(kind.facts.id_property) if kind.journal is None and kind.facts.id_property else None,
        number=number,
        identity=identity_of_own(kind, record, external_id),
        fields=fields,
        references=references,
        dimensions=(*wanted_dimensions(reading, prefixes), *dimensions),
        lines=None if children is None else tuple(lines),
        line_kinds=frozenset(each.name for each in _types(kind)) if children is not None else frozenset(),
        applications=applications,
        discount=reading.amount(_DISCOUNT) if kind.journal is not None and kind.journal.party else None,
        draft=reading.truth("isDraft"),
        total=reading.amount(_TOTAL) if kind.lines is not None and kind.journal is None else None,
        calculated=_calculated(reading, _TOTALS) if kind.lines is not None and kind.journal is None else {},
        action=reading.key("action") or "",
        deleted=reading.has("_sdc_deleted_at"),
        faults=tuple(dict.fromkeys(faults)),
        left_out=_left_out(reading, children or (), kind, prefixes),
        copied=True,
        id_is_hint=True,
    )


def _fields(reading: Reading, stated: Stated, *, published: bool = False) -> dict[str, Any]:
    data, fields = reading.data, dict[str, Any]()
    for of, taken_up_to in stated.plain:
        value = data[of.name]
        if type(value) is not str or len(value) > taken_up_to:
            value = _read(reading, of)
        if published:
            value = _checked(reading, of, value)
        if value is not None:
            fields[of.name] = value
    return fields


def _read(reading: Reading, of: Property) -> Any:
    """A value as the service takes it; null is the blank of its type, where it has one."""
    name = of.name
    if reading.data[name] is None:
        return 0 if of.is_number else _BLANKS.get(of.type)
    if of.type == "Enum":
        text = reading.key(name)
        return None if text is None else _member(of.members, text)
    if of.is_number:
        return reading.amount(name)
    if of.type in {"Date", "Boolean"}:
        return reading.day(name) if of.type == "Date" else reading.truth(name)
    return reading.code(name, longest=of.length) if of.is_code else reading.text(name, longest=of.length)


@lru_cache(maxsize=1024)
def _member(members: tuple[str, ...], text: str) -> str:
    """The member of an enum that a text means, whose case does not matter; the text's own encoding for none of them."""
    encoded = text if "_x00" in text else encode_enum(text)
    return next((each for each in members if each.lower() == encoded.lower()), encoded)


_LARGEST = {"Byte": 2**8, "Int16": 2**15, "Int32": 2**31, "Int64": 2**63}


def _checked(reading: Reading, of: Property, value: Any) -> Any:
    """A value that the tenant's own metadata allows; a fault where it does not."""
    if value is None:
        return None
    problem = ""
    if of.type == "Enum":
        known = {each.lower(): each for each in of.members}
        if value.lower() in known:
            return known[value.lower()]
        members = ", ".join(f'"{decode_enum(each)}"' for each in of.members)
        problem = f"must be one of {members}"
    elif of.type == "Guid" and not GUID.fullmatch(str(value)):
        problem = "must be an id such as 6d4d7b3f-1f2e-4c8a-9b0d-2f4a6c8e0b1d"
    elif of.is_whole and value != int(value):
        problem = "must be a whole number"
    elif of.is_whole and not -(limit := _LARGEST[of.type]) <= value < limit:
        problem = f"must be a whole number below {limit:,}"
    if not problem:
        return value
    reading.fault(of.name, "not_allowed", f'{reading.field(of.name)} {problem}, not "{reading.data[of.name]}".')
    return None


def _references(reading: Reading, stated: Stated, fields: dict[str, Any]) -> dict[str, Reference]:
    """What the record refers to; a reference that is there and blank is written as blank."""
    references = dict[str, Reference]()
    for name, named, blank in stated.references:
        reference = _reference(reading, named)
        if reference is not None:
            references[name] = reference
        elif blank is not None:
            fields[name] = blank
    return references


def _reference(reading: Reading, named: Named, entity_set: str = "") -> Reference | None:
    """What the properties of one reference name; None when they name nothing."""
    values = tuple(map(reading.data.get, named.names))
    if TEXTS.issuperset(map(type, values)):
        return _named_by_texts(named, entity_set, reading.path, values)
    return _named_by(reading, named, entity_set)


@lru_cache(maxsize=8192)
def _named_by_texts(named: Named, entity_set: str, path: str, values: tuple[str | None, ...]) -> Reference | None:
    """The same for texts, of which nothing is wrong: what many records refer to is told once."""
    return _named_by(Reading(dict(zip(named.names, values, strict=True)), [], path), named, entity_set)


def _named_by(reading: Reading, named: Named, entity_set: str) -> Reference | None:
    relation = named.relation
    id_, number = reading.key(relation.id) if relation.id else None, reading.first(named.numbers)
    id_ = None if id_ == ZERO_GUID else id_
    if not id_ and not number:
        return None
    name = reading.key(relation.name) if relation.name else None
    if number and not relation.id and not relation.name:
        # A country may be called by its name, too.
        read = country_by_code_or_name if relation.entity_set == COUNTRIES else by_code_or_name
        number, name = read(number, named.longest)
    return Reference(
        entity_set or relation.entity_set,
        reading.first_field([each for each in named.names if each in reading.data]),
        id=id_,
        number=number,
        name=name,
        within=relation.within or None,
    )


def _parent(reading: Reading, kind: Kind, fields: dict[str, Any]) -> dict[str, Reference]:
    """What the record belongs to; of which kind that is becomes a field."""
    parents = kind.parents
    if parents is None:
        return {}
    stated = decode_enum(reading.key(parents.type) or "")
    id_, number = reading.key(parents.id), reading.key(parents.number)
    id_ = None if id_ == ZERO_GUID else id_
    type_ = next((each for each in parents.sets if each.lower() == stated.lower()), "")
    if not type_:
        message = f'{parents.type} must be one of {", ".join(parents.sets)}, not "{stated}".'
        code = "unknown_value" if stated else "required"
        reading.fault(parents.type, code, message)
    if id_ is None and number is None:
        message = f"A {kind.noun.one} needs what it belongs to: {parents.id} or {parents.number}."
        reading.fault(parents.id, "required", message)
    if not type_ or (id_ is None and number is None):
        return {}
    fields[parents.type] = encode_enum(type_)
    field = reading.first_field((parents.id, parents.number))
    return {parents.id: Reference(parents.sets[type_], field, id=id_, number=number)}


def _booked_currency(reading: Reading, kind: Kind) -> dict[str, Reference]:
    """The currency of an entry, its line or a payment, which is not written and has to be the one that is booked."""
    if kind.journal is None:
        return {}
    check_exchange_rate(reading, "a journal")
    id_, code = reading.key("currencyId"), reading.key("currencyCode")
    id_ = None if id_ == ZERO_GUID else id_
    if id_ is None and code is None:
        return {}
    return {BOOKED_CURRENCY: Reference(CURRENCIES, reading.first_field(_CURRENCY), id=id_, number=code)}


# --- lines ---------------------------------------------------------------------------------------------------


def _types(kind: Kind) -> tuple[LineType, ...]:
    return kind.lines.types if kind.lines is not None else ()


def _lines(
    reading: Reading, children: list[Reading] | None, kind: Kind, prefixes: tuple[str, ...], shared: Mapping[str, Any]
) -> list[WantedLine]:
    if kind.journal is not None and kind.lines is not None:
        if not children:
            message = f"A {kind.noun.one} needs lines: {kind.lines_name}."
            reading.fault(kind.lines_name, "required", message)
        return [_entry_line(child, kind, prefixes, shared) for child in children or ()]
    is_draft = all(reading.data.get(name, value) in (value, None) for name, value in kind.removal.only_while.items())
    lines = (_line(child, kind, prefixes, is_posted=not is_draft) for child in children or ())
    return [line for line in lines if line is not None]


def _line(line: Reading, kind: Kind, prefixes: tuple[str, ...], *, is_posted: bool) -> WantedLine | None:
    """A line of a document: for something, or a comment."""
    type_ = _type_of(line, kind)
    if type_ is None:
        return None
    stated = stated_of(shape_of_line(kind, type_), tuple(line.data))
    fields = _fields(line, stated)
    if type_.is_by_number:
        fields[_LINE_TYPE] = type_.name
    if is_posted:
        fields.pop("taxCode", None)  # there it is the VAT identifier, which is no code
    references = _references(line, stated, fields)
    if type_.object and not (references.get(type_.object) or fields.get(type_.object)):
        ways = " or ".join(dict.fromkeys((type_.object, type_.number)))
        line.fault(type_.object, "required", f"{line.path} needs its {type_.words.lower()}: {ways}.")
    assert kind.lines is not None, "what has a type of line has lines"
    calculated = _calculated(line, _names_calculated(kind))
    fields |= _discount(fields, calculated, kind.lines.recalculated[0])
    return _wanted_line(line, type_.name, fields, references, prefixes, calculated=calculated)


def _calculated(reading: Reading, names: Iterable[str]) -> dict[str, Decimal]:
    """The numbers that are stated and that the service calculates from others."""
    read = {name: reading.amount(name) for name in names if name in reading.data}
    return {name: value for name, value in read.items() if value is not None}


@lru_cache
def _names_calculated(kind: Kind) -> tuple[str, ...]:
    """The properties of a line that hold such numbers."""
    return (*(kind.lines.calculated if kind.lines is not None else ()), *_TAX)


def _discount(fields: Mapping[str, Any], calculated: Mapping[str, Any], price: str) -> dict[str, Decimal]:
    """A discount in percent as the amount that is written, where the line states that alone."""
    percent, quantity, cost = calculated.get(_PERCENT), fields.get("quantity"), fields.get(price)
    if not percent or _DISCOUNT_AMOUNT in fields or quantity is None or cost is None:
        return {}
    return {_DISCOUNT_AMOUNT: Decimal(quantity) * Decimal(cost) * percent / 100}


def _type_of(line: Reading, kind: Kind) -> LineType | None:
    """What a line is for; None, with a fault, where it does not say so in a way that loses nothing of it."""
    types = _types_by_words(kind)
    stated = decode_enum(line.key(_LINE_TYPE) or "")
    if stated:
        type_ = types.get(stated.lower())
    else:
        objects = (each for each in types.values() if each.object and not each.is_by_number and line.has(each.object))
        type_ = next(objects, _types(kind)[-1])
    if type_ is None:
        named = ", ".join(each.words for each in types.values())
        message = f"{line.path} is a line for {stated}; lines for {named} can be written."
        line.fault(_LINE_TYPE, "unsupported_line", message)
        return None
    return type_ if type_.object or _is_text_alone(line, kind, is_stated=bool(stated)) else None


@lru_cache
def _types_by_words(kind: Kind) -> Mapping[str, LineType]:
    return {each.words.lower(): each for each in _types(kind)}


def _is_text_alone(line: Reading, kind: Kind, *, is_stated: bool) -> bool:
    """Whether nothing of a line would be lost if it became a comment; else it has a fault."""
    counted = [name for name in _counting(kind) if line.amount(name)]
    if is_stated and counted:
        message = f"{line.path} is a comment, which takes no {' and no '.join(counted)}."
        line.fault(counted[0], "unsupported_line", message)
        return False
    if not is_stated and (counted or any(line.key(each.number) for each in _types(kind) if each.number)):
        named = ", ".join(each.words for each in _types(kind))
        message = f"{line.path} does not say what it is for: its {_LINE_TYPE} is one of {named}."
        line.fault(_LINE_TYPE, "required", message)
        return False
    return True


def _counting(kind: Kind) -> tuple[str, ...]:
    """The properties of a line that make its amount."""
    return (*dict.fromkeys(each.needs for each in _types(kind) if each.needs),)


def _entry_line(line: Reading, kind: Kind, prefixes: tuple[str, ...], shared: Mapping[str, Any]) -> WantedLine:
    assert kind.journal is not None
    (type_,) = _types(kind)
    fields = {**shared, **_fields(line, stated_of(shape_of_line(kind, type_), tuple(line.data)))}
    references = _booked_currency(line, kind)
    for type_name, name in kind.journal.sides.items():
        if (side := _side(line, kind, type_name, name, fields)) is not None:
            references[side[0]] = side[1]
    of_account = next(iter(kind.journal.sides))
    has_account = bool(references.keys() & {type_.object, type_.number})
    if not has_account and not any(fault.field == line.field(of_account) for fault in line.faults):
        line.fault(type_.object, "required", f"{line.path} needs its account: {type_.object} or {type_.number}.")
    if fields.get(type_.needs) is None:
        line.fault(type_.needs, "required", f"{line.path} needs its {type_.needs}.")
    return _wanted_line(line, type_.name, fields, references, prefixes)


def _side(line: Reading, kind: Kind, type_name: str, name: str, fields: dict[str, Any]) -> tuple[str, Reference] | None:
    """The account of one side of an entry's line, by the property that is written; its kind becomes a field."""
    relation = kind.facts.relation(name)
    assert kind.journal is not None
    assert relation is not None
    stated, known = decode_enum(line.key(type_name) or "").strip(), kind.journal.accounts
    type_ = next((each for each in known if each.lower() == stated.lower()), stated)
    reference = _reference(line, _named_side(relation), known.get(type_, relation.entity_set))
    if reference is None:
        return None
    if type_ not in known:
        kinds = ", ".join(each for each in known if each)
        message = f"{line.path} books to a {type_}; what can be written is {kinds}."
        line.fault(type_name, "unsupported_line", message)
        return None
    if type_:
        fields[type_name] = encode_enum(type_)
    return (relation.number if type_ in kind.journal.by_number else name), reference


@lru_cache
def _named_side(relation: Relation) -> Named:
    return Named(relation, (relation.number,))


def _wanted_line(
    line: Reading,
    type_: str,
    fields: dict[str, Any],
    references: dict[str, Reference],
    prefixes: tuple[str, ...],
    *,
    calculated: Mapping[str, Decimal] = _NONE,
) -> WantedLine:
    dimensions = (*wanted_dimensions(line, prefixes), *_own_dimensions(line))
    id_ = line.key("externalId") or line.key("id")
    return WantedLine(line.path, type_, id_, fields, references, dimensions, calculated)


# --- pieces --------------------------------------------------------------------------------------------------


def _own_dimensions(reading: Reading) -> list[WantedDimension]:
    """Dimensions as the service nests them: set lines on documents, defaults on customers and vendors."""
    sets = [named_dimension(child, _SET_LINE) for child in reading.children("dimensionSetLines") or ()]
    defaults = [named_dimension(child, _DEFAULT) for child in reading.children("defaultDimensions") or ()]
    # A default without a value only says that there has to be one.
    return [each for each in (*sets, *defaults) if each.value_code or each.value_id not in {None, ZERO_GUID}]


def _left_out(reading: Reading, lines: Iterable[Reading], kind: Kind, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The properties that cannot be written: of the record, and of its lines with the lines' name before them."""
    names_of_lines = dict.fromkeys(tuple(line.data) for line in lines)
    in_lines = dict.fromkeys(each for names in names_of_lines for each in _unread(names, kind, prefixes, of=1))
    return (
        *_unread(tuple(reading.data), kind, prefixes, of=0),
        *(f"{kind.lines_name}.{name}" for name in in_lines),
    )


@lru_cache(maxsize=1024)
def _unread(names: tuple[str, ...], kind: Kind, prefixes: tuple[str, ...], *, of: int) -> tuple[str, ...]:
    """Which names are not read: of a record (0), or of a line (1)."""
    read = _names_read(kind, prefixes)[of]
    return tuple(name for name in names if name not in read and not name.startswith("_"))


@lru_cache
def _names_read(kind: Kind, prefixes: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The names in a record, and in a line of it, that are read or not worth a word."""
    known = {*_TAKEN_FOR_GRANTED, kind.lines_name}
    known |= {name for prefix in prefixes for name in names_of_prefix(prefix)}
    if kind.lines is not None or kind.journal is not None:
        known |= {*(_CURRENCY if kind.journal is not None else ()), "exchangeRate"}
    if kind.journal is not None:
        known |= {kind.journal.applications, *((_DISCOUNT,) if kind.journal.party else ())}
    if kind.parents is not None:
        known |= {kind.parents.type, kind.parents.id, kind.parents.number}
    in_lines = known | names_of_lines(kind)
    if kind.lines is not None and kind.journal is None:
        # Not written, but what is posted is compared with them.
        known |= {*_TOTALS}
        in_lines |= {*_names_calculated(kind)}
    return frozenset(known | shape_of(kind).names | {kind.number_property}), frozenset(in_lines)

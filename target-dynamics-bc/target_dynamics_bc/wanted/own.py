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

from dynamics_bc_client.odata.values import ZERO_GUID, decode_enum, encode_enum
from target_dynamics_bc.identity import fingerprint_of
from target_dynamics_bc.kinds.facts import COUNTRIES, CURRENCIES
from target_dynamics_bc.wanted.applications import own_applications, with_documents
from target_dynamics_bc.wanted.dimension_fields import DimensionNames, named_dimension, wanted_dimensions
from target_dynamics_bc.wanted.keys import identity_of_own
from target_dynamics_bc.wanted.outlines import CURRENCY, DISCOUNT, Outline, outline_of, outline_of_line, unread
from target_dynamics_bc.wanted.reading import (
    TEXTS,
    Reading,
    by_code_or_name,
    check_exchange_rate,
    country_by_code_or_name,
    refuse_another,
)
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY, Reference, WantedDimension, WantedLine, WantedRecord
from target_dynamics_bc.wanted.shapes import Named, shape_of
from target_dynamics_bc.wanted.unread_meaning import (
    currencies_unread,
    judged_apart,
    misspelt_company,
    misspelt_draft,
    refuse_unread_rates,
    refuse_unread_units,
    telling,
    unread_dimensions,
)
from target_dynamics_bc.wanted.unread_money import (
    AMOUNT_OF_ITS_OWN,
    AMOUNT_OF_LINES,
    refuse_unread_discounts,
    refuse_unread_price,
)
from target_dynamics_bc.wanted.values import amounts_of, fields_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.kind import Kind, LineType
    from target_dynamics_bc.wanted.values import Plain

# Names of one journal line, by which a record of the stream is known.
_ENTRY_NAMES = frozenset({"accountNumber", "journalDisplayName", "documentNumber", "postingDate", "lineNumber"})
_LINE_TYPE = "lineType"
_PERCENT, _RATE = "discountPercent", "exchangeRate"
_TOTAL = "totalAmountIncludingTax"
_OF_CURRENCY = (*CURRENCY, _RATE)
_NONE: Mapping[str, Decimal] = MappingProxyType({})
_SET_LINE = DimensionNames("id", "code", "", "valueId", "valueCode", "")
_DEFAULT = DimensionNames("dimensionId", "dimensionCode", "", "dimensionValueId", "dimensionValueCode", "")


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
    prefixes = tuple(prefixes)
    outline = outline_of(kind, tuple(record), prefixes)
    fields = fields_of(reading, outline.plain, published=kind.facts.is_published)
    references = {
        **_references(reading, outline, fields),
        **_booked_currency(reading, kind),
        **_parent(reading, kind, fields),
    }
    references, applications = with_documents(reading, kind, own_applications(reading, kind), references)
    children = reading.children(kind.lines_name) if kind.lines else None
    lines = _lines(reading, children, kind, prefixes, fields)
    dimensions = _own_dimensions(reading) if outline.names_dimensions else ()
    if dimensions:
        # They are among the dimensions, by the codes that make them; which ones are global differs by company.
        fields = {name: value for name, value in fields.items() if not name.startswith("shortcutDimension")}
    number = reading.code(kind.number_property, longest=kind.length(kind.number_property)) or None
    external_id = reading.key("externalId")
    if external_id is None and kind.is_known_by_id:
        external_id = reading.key("id")
    if kind.lines is not None and kind.journal is None:
        if _RATE in record:
            check_exchange_rate(reading, f"a {kind.noun.one}")
        if _PERCENT not in kind.facts.properties and reading.amount(_PERCENT):
            message = f"{str(kind.noun).capitalize()} takes a discount as an amount alone: {DISCOUNT}."
            reading.fault(_PERCENT, "unsupported_discount", message)
        if names := unread(tuple(record), kind, prefixes, of=0):
            how = f"{AMOUNT_OF_LINES}: {DISCOUNT}"
            refuse_unread_discounts(reading, [name for name in names if name != _PERCENT], kind.noun, how)
        for name in kind.agreeing & record.keys():
            reading.truth(name)  # nobody can write it: what is there has to be it
    currencies, if_posted = _judge_unread(reading, children or (), kind, prefixes)
    hash_, is_sound = fingerprint_of(record)
    return WantedRecord(
        stream=stream,
        kind=kind,
        position=position,
        record=record,
        hash=hash_,
        external_id=external_id,
        id=reading.key(kind.facts.id_property) if kind.journal is None and kind.facts.id_property else None,
        number=number,
        identity=identity_of_own(kind, record, external_id),
        fields=fields,
        references=references,
        dimensions=(*wanted_dimensions(reading, prefixes), *dimensions) if outline.names_dimensions else (),
        lines=None if children is None else tuple(lines),
        line_kinds=_line_kinds(kind) if children is not None else frozenset(),
        applications=applications,
        discount=reading.amount(DISCOUNT) if kind.journal is not None and kind.journal.party else None,
        draft=reading.truth("isDraft"),
        total=reading.amount(_TOTAL) if kind.lines is not None and kind.journal is None else None,
        calculated=amounts_of(reading, outline.calculated),
        currencies=currencies,
        if_posted=if_posted,
        action=reading.key("action") or "",
        deleted=reading.has("_sdc_deleted_at"),
        faults=tuple(dict.fromkeys(faults)),
        left_out=judged_apart(_left_out(reading, children or (), kind, prefixes), currencies),
        copied=True,
        id_is_hint=True,
        is_sound=is_sound,
    )


def _references(reading: Reading, outline: Outline, fields: dict[str, Any]) -> dict[str, Reference]:
    """What the record refers to; a reference that is there and blank is written as blank."""
    values = tuple(map(reading.data.get, outline.naming))
    if TEXTS.issuperset(map(type, values)):
        references, blanks = _references_of_texts(outline, reading.path, values)
    else:
        references, blanks = _references_of(reading, outline)
    fields.update(blanks)
    return dict(references)


@lru_cache(maxsize=2048)
def _references_of_texts(
    outline: Outline, path: str, values: tuple[str | None, ...]
) -> tuple[Mapping[str, Reference], Mapping[str, str]]:
    """The same for texts, of which nothing is wrong: what many records refer to is told once."""
    given = zip(outline.naming, values, strict=True)
    return _references_of(Reading(dict(given), [], path), outline)


def _references_of(reading: Reading, outline: Outline) -> tuple[Mapping[str, Reference], Mapping[str, str]]:
    """What is referred to, and what is written for references that are blank."""
    references, blanks = dict[str, Reference](), dict[str, str]()
    for name, named, blank in outline.references:
        reference = _reference(reading, named)
        if reference is not None:
            references[name] = reference
        elif blank is not None:
            blanks[name] = blank
    return references, blanks


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
    if kind.journal is None or reading.data.keys().isdisjoint(_OF_CURRENCY):
        return {}
    check_exchange_rate(reading, "a journal")
    id_, code = reading.key("currencyId"), reading.key("currencyCode")
    id_ = None if id_ == ZERO_GUID else id_
    if id_ is None and code is None:
        return {}
    return {BOOKED_CURRENCY: Reference(CURRENCIES, reading.first_field(CURRENCY), id=id_, number=code)}


# --- lines ---------------------------------------------------------------------------------------------------


def _types(kind: Kind) -> tuple[LineType, ...]:
    return kind.lines.types if kind.lines is not None else ()


@lru_cache
def _line_kinds(kind: Kind) -> frozenset[str]:
    return frozenset(each.name for each in _types(kind))


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
    outline = outline_of_line(kind, type_, tuple(line.data), prefixes)
    fields = fields_of(line, outline.plain)
    if type_.is_by_number:
        fields[_LINE_TYPE] = type_.name
    if is_posted:
        fields.pop("taxCode", None)  # there it is the VAT identifier, which is no code
    references = _references(line, outline, fields)
    if type_.object and not (references.get(type_.object) or fields.get(type_.object)):
        ways = " or ".join(dict.fromkeys((type_.object, type_.number)))
        line.fault(type_.object, "required", f"{line.path} needs its {type_.words.lower()}: {ways}.")
    assert kind.lines is not None, "what has a type of line has lines"
    calculated = amounts_of(line, outline.calculated)
    fields |= _discount(fields, calculated, kind.lines.recalculated[0])
    if _RATE in line.data:
        check_exchange_rate(line, str(kind.noun))
    if type_.object and (names := unread(tuple(line.data), kind, prefixes, of=1)):
        refuse_unread_discounts(line, names, kind.noun, f"{AMOUNT_OF_LINES}: {DISCOUNT}")
        refuse_unread_price(line, names, kind.lines.recalculated[0])
    dimensions = _dimensions_of_line(line, outline, prefixes)
    return _wanted_line(line, type_.name, fields, references, dimensions=dimensions, calculated=calculated)


def _discount(fields: Mapping[str, Any], calculated: Mapping[str, Any], price: str) -> dict[str, Decimal]:
    """A discount in percent as the amount that is written, where the line states that alone."""
    percent, quantity, cost = calculated.get(_PERCENT), fields.get("quantity"), fields.get(price)
    if not percent or DISCOUNT in fields or quantity is None or cost is None:
        return {}
    return {DISCOUNT: Decimal(quantity) * Decimal(cost) * percent / 100}


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
    outline = outline_of_line(kind, type_, tuple(line.data), prefixes)
    own = fields_of(line, outline.plain)
    _refuse_others(line, kind, {name: value for name, value in shared.items() if name in line.data and name not in own})
    fields = {**shared, **own}
    references = _booked_currency(line, kind)
    for type_name, named in _sides(kind):
        if (side := _side(line, kind, type_name, named, fields)) is not None:
            references[side[0]] = side[1]
    of_account = next(iter(kind.journal.sides))
    has_account = bool(references.keys() & {type_.object, type_.number})
    if not has_account and not any(fault.field == line.field(of_account) for fault in line.faults):
        line.fault(type_.object, "required", f"{line.path} needs its account: {type_.object} or {type_.number}.")
    if fields.get(type_.needs) is None:
        line.fault(type_.needs, "required", f"{line.path} needs its {type_.needs}.")
    dimensions = _dimensions_of_line(line, outline, prefixes)
    return _wanted_line(line, type_.name, fields, references, dimensions=dimensions)


def _refuse_others(line: Reading, kind: Kind, shared: Mapping[str, Any]) -> None:
    """Refuse what a line states otherwise than its entry, of which it has no value of its own; null states nothing."""
    for name, value in shared.items():
        if line.has(name):
            stated = fields_of(line, _alone(kind, name)).get(name)
            refuse_another(line, name, stated, value)


@lru_cache
def _alone(kind: Kind, name: str) -> tuple[Plain]:
    """One property that is read by itself."""
    return (plain(kind.facts.properties[name]),)


def _side(
    line: Reading, kind: Kind, type_name: str, named: Named, fields: dict[str, Any]
) -> tuple[str, Reference] | None:
    """The account of one side of an entry's line, by the property that is written; its kind becomes a field."""
    assert kind.journal is not None
    relation, known = named.relation, kind.journal.accounts
    type_ = _account_type(kind, line.key(type_name) or "")
    reference = _reference(line, named, known.get(type_, relation.entity_set))
    if reference is None:
        return None
    if type_ not in known:
        kinds = ", ".join(each for each in known if each)
        message = f"{line.path} books to a {type_}; what can be written is {kinds}."
        line.fault(type_name, "unsupported_line", message)
        return None
    if type_:
        fields[type_name] = encode_enum(type_)
    return (relation.number if type_ in kind.journal.by_number else relation.id), reference


@lru_cache
def _sides(kind: Kind) -> tuple[tuple[str, Named], ...]:
    """The sides of an entry's line: the property that says what kind of account one is, and how that is named."""
    sides = kind.journal.sides.items() if kind.journal is not None else ()
    relations = ((type_name, kind.facts.relation(name)) for type_name, name in sides)
    return tuple((name, Named(relation, (relation.number,))) for name, relation in relations if relation is not None)


@lru_cache(maxsize=1024)
def _account_type(kind: Kind, text: str) -> str:
    """What kind of account a text means, as people write it; the text itself for none that is known."""
    assert kind.journal is not None
    stated = decode_enum(text).strip()
    return next((each for each in kind.journal.accounts if each.lower() == stated.lower()), stated)


def _wanted_line(
    line: Reading,
    type_: str,
    fields: dict[str, Any],
    references: dict[str, Reference],
    *,
    dimensions: tuple[WantedDimension, ...],
    calculated: Mapping[str, Decimal] = _NONE,
) -> WantedLine:
    id_ = line.key("externalId") or line.key("id")
    return WantedLine(line.path, type_, id_, fields, references, dimensions, calculated)


def _dimensions_of_line(line: Reading, outline: Outline, prefixes: tuple[str, ...]) -> tuple[WantedDimension, ...]:
    return (*wanted_dimensions(line, prefixes), *_own_dimensions(line)) if outline.names_dimensions else ()


def _judge_unread(
    reading: Reading, lines: Iterable[Reading], kind: Kind, prefixes: tuple[str, ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[Fault, ...]]:
    """Refuse what nothing reads and what says something of a number.

    Returns:
        The currencies that are among it, and the faults of a record that is to be posted.
    """
    currencies = tuple[tuple[str, str], ...]()
    if_posted: list[Fault] = []
    for of, place in ((0, reading), *((1, line) for line in lines)):
        names = _unknown(tuple(place.data), kind, prefixes, of=of)
        if not names:
            continue
        currencies += currencies_unread(place, names)
        if kind.journal is not None and kind.journal.party:
            refuse_unread_discounts(place, names, kind.noun, f"{AMOUNT_OF_ITS_OWN}: {DISCOUNT}")
        if kind.is_booked:
            if_posted += unread_dimensions(place, names, prefixes)
            refuse_unread_rates(place, names, str(kind.noun))
            if not of:
                if_posted += (*misspelt_company(place, names), *misspelt_draft(place, names, kind))
            elif kind.journal is None:
                refuse_unread_units(place, names)
    return currencies, tuple(if_posted)


@lru_cache(maxsize=1024)
def _unknown(names: tuple[str, ...], kind: Kind, prefixes: tuple[str, ...], *, of: int) -> tuple[str, ...]:
    """The names of a record, or of a line, that nothing reads, are none of the service's properties, and tell much."""
    facts = kind.lines.facts if of and kind.lines is not None else kind.facts
    names = tuple(name for name in unread(names, kind, prefixes, of=of) if name not in facts.properties)
    return telling(names, prefixes)


# --- pieces --------------------------------------------------------------------------------------------------


def _own_dimensions(reading: Reading) -> list[WantedDimension]:
    """Dimensions as the service nests them: set lines on documents, defaults on customers and vendors."""
    sets = [_set_line(child) for child in reading.children("dimensionSetLines") or ()]
    defaults = [named_dimension(child, _DEFAULT) for child in reading.children("defaultDimensions") or ()]
    # A default without a value only says that there has to be one.
    return [each for each in (*sets, *defaults) if each.value_code or each.value_id not in {None, ZERO_GUID}]


def _set_line(member: Reading) -> WantedDimension:
    wanted = named_dimension(member, _SET_LINE)
    if wanted.value_code is None and wanted.value_id in {None, ZERO_GUID}:
        member.fault("valueCode", "required", f"{member.path} needs its value: valueId or valueCode.")
    return wanted


def _left_out(reading: Reading, lines: Iterable[Reading], kind: Kind, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The properties that cannot be written: of the record, and of its lines with the lines' name before them."""
    in_lines, seen = dict[str, None](), tuple[str, ...]()
    for line in lines:
        names = tuple(line.data)
        if names != seen:  # those of one record have the same, as a rule
            in_lines |= dict.fromkeys(unread(names, kind, prefixes, of=1))
            seen = names
    return (
        *unread(tuple(reading.data), kind, prefixes, of=0),
        *(f"{kind.lines_name}.{name}" for name in in_lines),
    )

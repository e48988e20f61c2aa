"""How do the rows of a page become records, without building what nobody asked for?

A place and all below it are compiled, once, to a flat list of steps, parents first. Each has one msgspec struct for its
rows: the properties to emit, in their order, most of them as the raw JSON that the service sent. What is not emitted
(annotations, properties that are not selected) is skipped while reading. Only what may have to change is looked at:
enums, dates, GUIDs. So decimals keep the service's digits, and a row is read and written once. A record's line is a
fixed beginning, the struct, and a fixed end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from dynamics_bc_client.odata.values import BLANK_DATE, BLANK_ENUM, BLANK_STAMP, ZERO_GUID, decode_enum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dynamics_bc_client.odata.metadata import Property
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.streams.columns import Column
    from tap_dynamics_bc.streams.replication import Kind

_ABSENT = Raw()
_TEXT = str | None | UnsetType
# Texts of another form would not compare as moments do.
_MARKS: Mapping[str, Any] = {
    "moment": Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")],
    "day": Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")],
    "count": int,
}
"""What rows are found again by, by the kind of a stream's replication."""
_TEXT_KEYS = frozenset({"Edm.String", "Edm.Guid", "Edm.Date", "Edm.DateTimeOffset"})
_NUMBER_KEYS = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64"})

_BLANKS: Mapping[str, str] = {
    "Edm.Date": BLANK_DATE,
    "Edm.DateTimeOffset": BLANK_STAMP,
    "Edm.Guid": ZERO_GUID,
}


class _Texts(dict[Any, Any]):
    """Texts of an enum's members by encoded name, worked out when they first appear: extensions add members."""

    def __init__(self, blank: str | None) -> None:
        super().__init__({None: None, UNSET: UNSET, BLANK_ENUM: blank})

    def __missing__(self, name: str) -> str:
        text = self[name] = decode_enum(name)
        return text


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a row holds the rows of the place below it.

    Attributes:
        attribute: The struct's attribute.
        many: Whether it holds a list.
        step: The number of the step that takes them.
    """

    attribute: str
    many: bool
    step: int


@dataclass(frozen=True, slots=True)
class Step:
    """How the rows at one place of a source's pages are read and changed.

    Attributes:
        place: The place.
        decode: Reads one row into the place's struct.
        stamp: The attribute with what the row is found again by, which must have the form of its kind; None without.
        kind: The kind of that.
        key: The attribute with the row's id, if rows below want to be told it.
        blanks: Attributes to make null when they hold the service's spelling of nothing, and that spelling.
        enums: Attributes with members of enums, and the texts of those.
        amounts: Attributes with amounts in text, to be made numbers.
        columns: What the tap adds to a record, in their order.
        below: The expansions whose rows are records of their own.
        attributes: The struct's attributes, by the properties that they hold.
    """

    place: Place
    decode: Callable[[Any], Any]
    stamp: str | None
    kind: Kind
    key: str | None
    blanks: tuple[tuple[str, str], ...]
    enums: tuple[tuple[str, Mapping[Any, Any]], ...]
    amounts: tuple[str, ...]
    columns: tuple[Column, ...]
    below: tuple[Branch, ...]
    attributes: Mapping[str, str]


def compiled(source: Place, *, raw_values: bool, with_keys: bool = False) -> tuple[Step, ...]:
    """The steps of a source and all places below it whose rows are records of their own, parents first.

    Args:
        source: The source's place.
        raw_values: Whether values stay as the service spells them.
        with_keys: Whether the source's key is read also when nothing of the source is emitted.
    """
    compiler = _Compiler(raw_values=raw_values, with_keys=with_keys)
    compiler.compile(source)
    return tuple(compiler.steps[number] for number in range(len(compiler.steps)))


class _Compiler:
    """Numbers places in the order in which they are met."""

    def __init__(self, *, raw_values: bool, with_keys: bool) -> None:
        self.steps: dict[int, Step] = {}
        self._raw_values = raw_values
        self._with_keys = with_keys
        self._met = 0

    def compile(self, place: Place) -> type[msgspec.Struct]:
        """The struct of a place's rows; its step is added."""
        number, self._met = self._met, self._met + 1
        row = _Row(place, raw_values=self._raw_values, with_keys=self._with_keys and not place.path)
        branches: list[Branch] = []
        for child in place.below:
            step = self._met
            attribute = row.add_expansion(child, self._nested(child) if child.nested else self.compile(child))
            if not child.nested:
                branches.append(Branch(attribute, child.many, step))
        struct = row.struct()
        self.steps[number] = Step(
            place,
            decode=msgspec.json.Decoder(struct).decode,
            stamp=row.stamp,
            kind=place.stream.tracking.kind,
            key=row.key,
            blanks=tuple(row.blanks),
            enums=tuple(row.enums),
            amounts=tuple(row.amounts),
            columns=_told(place),
            below=tuple(branches),
            attributes=row.attributes,
        )
        return struct

    def _nested(self, place: Place) -> type[msgspec.Struct]:
        """The struct of rows that stay inside the record of the place above."""
        row = _Row(place, raw_values=self._raw_values, with_keys=False)
        for child in place.below:
            row.add_expansion(child, self._nested(child))
        return row.struct()


class _Row:
    """The struct of a place's rows, while it is being put together."""

    def __init__(self, place: Place, *, raw_values: bool, with_keys: bool) -> None:
        self.blanks: list[tuple[str, str]] = []
        self.enums: list[tuple[str, Mapping[Any, Any]]] = []
        self.amounts: list[str] = []
        self.stamp: str | None = None
        self.key: str | None = None
        self._place = place
        self._raw_values = raw_values
        self._fields: list[tuple[Any, ...]] = []
        self._names: dict[str, str] = {}
        self._with_keys = with_keys
        self._told_below = _key_told_below(place)
        for number, name in enumerate(dict.fromkeys([*place.emitted, *self._passed_on()])):
            attribute = f"property{number}"
            self._names[attribute] = name
            self._fields.append((attribute, *self._kind(attribute, place.stream.properties[name])))
        for number, column in enumerate(_in_the_row(place)):
            attribute = f"file{number}"
            self._names[attribute] = column.name
            self._fields.append((attribute, Raw, _ABSENT))

    def add_expansion(self, place: Place, struct: type[msgspec.Struct]) -> str:
        """Give the rows of an expansion a place in the struct; returns the attribute."""
        attribute = f"expansion{len(self._names)}"
        self._names[attribute] = place.navigation
        # A link to the rest of the rows would be lost, so a row that has one does not fit.
        self._names[f"{attribute}_rest"] = f"{place.navigation}@odata.nextLink"
        self._fields.append((f"{attribute}_rest", None, None))
        kind = list[struct] if place.many else struct  # type: ignore[valid-type]
        self._fields.append((attribute, kind | None | UnsetType, UNSET))
        return attribute

    def struct(self) -> type[msgspec.Struct]:
        """The struct."""
        return msgspec.defstruct("Row", self._fields, rename=self._names, kw_only=True, omit_defaults=True, gc=False)

    def _passed_on(self) -> Iterator[str]:
        """Properties that are needed here and below, emitted or not."""
        if self._place.stream.stamp:
            yield self._place.stream.stamp
        if self._told_below:
            yield self._told_below
        if self._with_keys:
            yield from self._place.stream.entity_set.type.key

    @property
    def attributes(self) -> Mapping[str, str]:
        """The struct's attributes, by the properties that they hold."""
        return {name: attribute for attribute, name in self._names.items()}

    def _kind(self, attribute: str, each: Property) -> tuple[Any, ...]:
        """The type of a property's field, and its default; no part of a key may be null or missing."""
        stamp, key = each.name == self._place.stream.stamp, each.name in self._place.stream.own_keys
        report = self._place.stream.report
        if report is not None and each.name in report.amounts:
            self.amounts.append(attribute)
            return _TEXT, UNSET
        looked_at = self._look_at(attribute, each, stamp=stamp, key=key)
        if key:
            # A raw value might be null.
            kind: Any = str if looked_at or each.enum is not None or each.type in _TEXT_KEYS else Raw
            mark = _MARKS[self._place.stream.tracking.kind] if stamp else None
            return (mark or (int if each.type in _NUMBER_KEYS else kind),)
        if stamp:
            return _MARKS[self._place.stream.tracking.kind] | None | UnsetType, UNSET
        return (_TEXT, UNSET) if looked_at else (Raw, _ABSENT)

    def _look_at(self, attribute: str, each: Property, *, stamp: bool, key: bool) -> bool:
        """Note what is to be done with a property; whether its value is needed at all."""
        if stamp:
            self.stamp = attribute
            return True
        if each.name == self._told_below:
            self.key = attribute
        if self._raw_values:
            return False
        if each.enum is not None:
            self.enums.append((attribute, _Texts(" " if key else None)))
            return True
        blank = _BLANKS.get(each.type)
        if blank is None or key:
            return False
        self.blanks.append((attribute, blank))
        return True


def _told(place: Place) -> tuple[Column, ...]:
    """What the tap adds to a record and the row does not hold."""
    columns = place.selection.columns if place.selection is not None else ()
    return tuple(column for column in columns if column.of != "file")


def _in_the_row(place: Place) -> tuple[Column, ...]:
    """What the tap added to the row before it becomes a record."""
    columns = place.selection.columns if place.selection is not None else ()
    return tuple(column for column in columns if column.of == "file")


def _key_told_below(place: Place) -> str | None:
    """The property with the row's id, if rows below want to be told it."""
    wanted = any(column.of == "parent.id" for child in place.below for column in child.stream.columns)
    return place.stream.entity_set.type.key[0] if wanted else None

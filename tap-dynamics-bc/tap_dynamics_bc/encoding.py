"""How do the rows of a page become records, without building what nobody asked for?

For each place in a page there is one msgspec struct, made once: the properties to emit, in their order, most of them as
the raw JSON that the service sent. What is not emitted (annotations, properties that are not selected) is skipped while
reading. Only what may have to change is looked at: enums, dates, GUIDs. So decimals keep the service's digits, and a
row is read and written once. A record's line is a fixed beginning, the struct, and a fixed end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from dynamics_bc_client.odata.values import BLANK_DATE, BLANK_ENUM, BLANK_STAMP, ZERO_GUID, decode_enum
from tap_dynamics_bc.bookmarks import Start
from tap_dynamics_bc.output import BUFFER_BYTES
from tap_dynamics_bc.schemas import COMPANY_ID, COMPANY_NAME, PARENT_MODIFIED_AT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from dynamics_bc_client.odata.metadata import Property
    from tap_dynamics_bc.output import MessageWriter
    from tap_dynamics_bc.plans import Node

_ABSENT = Raw()
_TEXT = str | None | UnsetType
# Texts of another form would not compare as moments do.
_STAMP = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
_ENCODER = msgspec.json.Encoder()
_COMMA, _CLOSING = ord(","), ord("}")


class _Texts(dict[Any, Any]):
    """Texts of an enum's members by encoded name, worked out when they first appear: extensions add members."""

    def __init__(self, blank: str | None) -> None:
        super().__init__({None: None, UNSET: UNSET, BLANK_ENUM: blank})

    def __missing__(self, name: str) -> str:
        text = self[name] = decode_enum(name)
        return text


@dataclass(frozen=True, slots=True)
class Child:
    """Where a struct holds the rows of an expansion."""

    attribute: str
    many: bool
    shape: Shape


class Shape:
    """How the rows at one place of a source's pages are read and changed.

    Attributes:
        node: The place.
        struct: The msgspec struct of a row.
        stamp: The attribute with the row's stamp, which must have the service's form; None without one.
        key: The attribute with the row's id, if rows below want to be told it.
        blanks: Attributes to make null when they hold the service's spelling of nothing, and that spelling.
        enums: Attributes with members of enums, and the texts of those.
        children: The expansions.
    """

    def __init__(self, node: Node, *, raw_values: bool) -> None:
        self.node = node
        self.blanks: list[tuple[str, str]] = []
        self.enums: list[tuple[str, _Texts]] = []
        self.stamp: str | None = None
        self.key: str | None = None
        self.children = [
            Child(f"expansion{number}", child.many, Shape(child, raw_values=raw_values))
            for number, child in enumerate(node.children)
        ]
        fields: list[tuple[Any, ...]] = []
        names: dict[str, str] = {}
        for number, name in enumerate(dict.fromkeys([*node.emitted, *self._passed_on()])):
            attribute = f"property{number}"
            names[attribute] = name
            each = node.stream.properties[name]
            looked_at = self._look_at(attribute, each, raw_values=raw_values)
            stamp, key = name == node.stream.stamp, name in node.stream.own_keys
            fields.append(_field(attribute, each, stamp=stamp, looked_at=looked_at, key=key))
        for child in self.children:
            names[child.attribute] = child.shape.node.navigation
            # A link to the rest of the rows would be lost, so a row that has one does not fit.
            names[f"{child.attribute}_rest"] = f"{child.shape.node.navigation}@odata.nextLink"
            fields.append((f"{child.attribute}_rest", None, None))
            kind = list[child.shape.struct] if child.many else child.shape.struct  # type: ignore[name-defined]
            fields.append((child.attribute, kind | None | UnsetType, UNSET))
        self.struct: type[msgspec.Struct] = msgspec.defstruct(
            "Row", fields, rename=names, kw_only=True, omit_defaults=True, gc=False
        )

    def _passed_on(self) -> Iterator[str]:
        """Properties that are needed here and below, emitted or not."""
        stream = self.node.stream
        if stream.stamp:
            yield stream.stamp
        if key := self._key_for_children():
            yield key

    def _key_for_children(self) -> str | None:
        """The property with the row's id, if rows below want to be told it."""
        wanted = any(child.shape.node.stream.row.parent_id for child in self.children)
        return self.node.stream.entity_set.type.key[0] if wanted else None

    def _look_at(self, attribute: str, each: Property, *, raw_values: bool) -> bool:
        """Note what is to be done with a property; whether its value is needed at all."""
        stream = self.node.stream
        if each.name == stream.stamp:
            self.stamp = attribute
            return True
        if each.name == self._key_for_children():
            self.key = attribute
        key = each.name in stream.own_keys
        if raw_values:
            return False
        if each.enum is not None:
            self.enums.append((attribute, _Texts(" " if key else None)))
            return True
        blank = _BLANKS.get(each.type)
        if blank is None or key:
            return False
        self.blanks.append((attribute, blank))
        return True

    def clean(self, row: Any) -> None:
        """Change a row's values as the stream's users expect them."""
        for attribute, blank in self.blanks:
            if getattr(row, attribute) == blank:
                setattr(row, attribute, None)
        for attribute, texts in self.enums:
            setattr(row, attribute, texts[getattr(row, attribute)])

    def walk(self) -> Iterator[Shape]:
        """This shape and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.shape.walk()


def _field(attribute: str, each: Property, *, stamp: bool, looked_at: bool, key: bool) -> tuple[Any, ...]:
    """A struct's field; no part of a key may be null or missing, and a raw value might be null."""
    if key:
        kind: Any = str if looked_at or each.enum is not None or each.type in _TEXT_KEYS else Raw
        kind = _STAMP if stamp else int if each.type in _NUMBER_KEYS else kind
        return attribute, kind
    if stamp:
        return attribute, _STAMP | None | UnsetType, UNSET
    return (attribute, _TEXT, UNSET) if looked_at else (attribute, Raw, _ABSENT)


_TEXT_KEYS = frozenset({"Edm.String", "Edm.Guid", "Edm.Date", "Edm.DateTimeOffset"})
_NUMBER_KEYS = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64"})

_BLANKS: Mapping[str, str] = {
    "Edm.Date": BLANK_DATE,
    "Edm.DateTimeOffset": BLANK_STAMP,
    "Edm.Guid": ZERO_GUID,
}


class RecordWriter(Protocol):
    """Takes the records of one stream."""

    @property
    def count(self) -> int:
        """Records written."""

    def served_at(self, moment: datetime) -> None:
        """Say when the rows that follow were extracted."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record.

        Args:
            beginning: What the tap adds, as a JSON object without its closing brace; empty for nothing.
            row: The rest.
        """

    def end(self) -> None:
        """Write what is held back: nothing more comes."""


class LineWriter:
    """Writes RECORD lines straight into the output's buffer.

    Args:
        output: Where lines go.
        stream: The stream's name.
        version: The version of a stream that is read whole, if it has one.
    """

    def __init__(self, output: MessageWriter, stream: str, *, version: int | None = None) -> None:
        self.count = 0
        self._output = output
        self._head = b'{"type":"RECORD","stream":%s,"record":' % _ENCODER.encode(stream)
        self._version = b"" if version is None else b',"version":%d' % version
        self._tail = b""

    def served_at(self, moment: datetime) -> None:
        """Say when the rows that follow were extracted."""
        self._tail = b'%s,"time_extracted":%s}\n' % (self._version, _ENCODER.encode(moment.isoformat()))

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record."""
        buffer = self._output.buffer
        buffer += self._head
        append_object(buffer, beginning, row)
        buffer += self._tail
        self.count += 1
        if len(buffer) >= BUFFER_BYTES:
            self._output.flush()

    def end(self) -> None:
        """The output writes its buffer itself."""


def append_object(buffer: bytearray, beginning: bytes, row: msgspec.Struct) -> None:
    """Append one JSON object: `beginning`, which is one without its closing brace, or nothing, and then a row."""
    buffer += beginning
    position = len(buffer)
    _ENCODER.encode_into(row, buffer, position)
    if beginning and buffer[position + 1] != _CLOSING:
        buffer[position] = _COMMA  # in place of the row's own opening brace
    elif beginning:
        del buffer[position]  # of a row that holds nothing only its closing brace is wanted


class Emitter:
    """Writes the records of one place in the pages of one read.

    Args:
        shape: The place.
        company: Id and name of the company; None for streams of the environment.
        starts: From where each place's stream is read, by the place's path.
        writer_of: Where the records of a place go; asked for places whose stream is selected.

    Attributes:
        writer: Where this place's records go; None when its stream is not selected.
        highest: The highest stamp, without its `Z`, of the rows that passed here, or of their parents; empty before the
            first.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        company: tuple[str, str] | None,
        starts: Mapping[tuple[str, ...], Start],
        writer_of: Callable[[Shape], RecordWriter],
    ) -> None:
        self.shape = shape
        self.highest = ""
        self.writer = writer_of(shape) if shape.node.selection is not None else None
        self._stamp = shape.stamp
        self._key = shape.key
        self._parent_id = shape.node.stream.row.parent_id if shape.node.selection is not None else ""
        self._start = starts.get(shape.node.path, Start())
        added = shape.node.selection.added if shape.node.selection is not None else ()
        self._with_parent_stamp = PARENT_MODIFIED_AT in added
        self._told = 0
        self._beginning = _beginning(added, company)
        self._decode = msgspec.json.Decoder(shape.struct).decode
        self._children = [
            (child, Emitter(child.shape, company=company, starts=starts, writer_of=writer_of))
            for child in shape.children
            if not child.shape.node.nested
        ]

    def walk(self) -> Iterator[Emitter]:
        """This emitter and all below it, parents first."""
        yield self
        for _, emitter in self._children:
            yield from emitter.walk()

    def new_rows(self) -> int:
        """Records that this place's writer took since the last time."""
        written = self.writer.count if self.writer is not None else 0
        new, self._told = written - self._told, written
        return new

    def write_page(self, body: bytes, served_at: datetime) -> int:
        """Write the records of a page; gives the number of its rows.

        Raises:
            msgspec.MsgspecError: The page does not fit its metadata.
        """
        for emitter in self.walk():
            if emitter.writer is not None:
                emitter.writer.served_at(served_at)
        rows = _PAGE.decode(body).value
        for row in rows:
            self._take(self._decode(row), None, None)
        return len(rows)

    def _take(self, row: Any, parent_stamp: str | None, parent_id: Raw | None) -> None:
        """Write one row, and what was expanded with it behind it."""
        stamp: str | None = None
        if self._stamp is not None:
            stamp = getattr(row, self._stamp) or None  # null, or not sent
            self._rise(stamp)
        expansions = [(emitter, child, getattr(row, child.attribute)) for child, emitter in self._children]
        for _, child, _ in expansions:
            setattr(row, child.attribute, UNSET)
        if self.writer is not None and self._start.takes(stamp if self._stamp is not None else parent_stamp):
            self.shape.clean(row)
            self.writer.write(self._record_beginning(parent_stamp, parent_id), row)
        row_id = None if self._key is None else getattr(row, self._key)
        for emitter, child, rows in expansions:
            emitter._take_all(rows if child.many else (rows,), stamp or parent_stamp, row_id)  # noqa: SLF001 - of this class

    def _take_all(self, rows: Any, parent_stamp: str | None, parent_id: Raw | None) -> None:
        """Write the rows of one expansion."""
        if self._stamp is None:
            # Also of a parent without rows: the next read may start behind it.
            self._rise(parent_stamp)
        if rows is None or rows is UNSET:
            return
        for row in rows:
            if row is not None and row is not UNSET:
                self._take(row, parent_stamp, parent_id)

    def _rise(self, stamp: str | None) -> None:
        if stamp is not None and stamp[:-1] > self.highest:
            self.highest = stamp[:-1]

    def _record_beginning(self, parent_stamp: str | None, parent_id: Raw | None) -> bytes:
        beginning = self._beginning
        if self._with_parent_stamp:
            beginning = b'%s,"%s":%s' % (beginning, PARENT_MODIFIED_AT.encode(), _ENCODER.encode(parent_stamp))
        if self._parent_id:
            beginning = b'%s,"%s":%s' % (beginning, self._parent_id.encode(), _ENCODER.encode(parent_id))
        return beginning


def _beginning(added: tuple[str, ...], company: tuple[str, str] | None) -> bytes:
    """What every record of a company begins with, as a JSON object that goes on."""
    if company is None:
        return b""
    values = dict(zip((COMPANY_ID, COMPANY_NAME), company, strict=True))
    return _ENCODER.encode({name: value for name, value in values.items() if name in added})[:-1]


class _Page(msgspec.Struct):
    value: list[Raw]


_PAGE = msgspec.json.Decoder(_Page)

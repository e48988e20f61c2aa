"""Which rows are watched, what are they known by, and how is a deletion spelled?

Watched are the rows of companies that a key tells apart. Reports are computed for a period and PDF documents when they
are read: they have no rows to lose. Companies and environments are not watched: who may not read one does not see it,
which is no deletion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from tap_dynamics_bc.deletions.identity import canonical_id, canonical_part, identity_of
from tap_dynamics_bc.deletions.index import damaged
from tap_dynamics_bc.reads.places import Selection
from tap_dynamics_bc.reads.plan import partition_of
from tap_dynamics_bc.streams.columns import COMPANY_ID, DELETED_AT
from tap_dynamics_bc.streams.reports import REPORTS
from tap_dynamics_bc.streams.routes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msgspec import Raw

    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.deletions.index import IndexPlace, Known
    from tap_dynamics_bc.reads.bookmarks import Partition
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.records.encoding import Step
    from tap_dynamics_bc.streams.description import Stream

_PDF = "pdfDocument"
_NUMBERS = frozenset({"Edm.Byte", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Boolean"})
_UNESCAPED_BAR = re.compile(r"(?<!\\)(?:\\\\)*\|")
_ESCAPE = re.compile(r"\\(.)")


def with_deleted_at(streams: Mapping[str, Stream]) -> dict[str, Stream]:
    """The streams, those with keys with the column that says when a row was deleted."""
    return {
        name: replace(stream, columns=(*stream.columns, DELETED_AT)) if stream.keys else stream
        for name, stream in streams.items()
    }


def is_watched(stream: Stream) -> bool:
    """Whether the rows of a stream are looked for."""
    is_made = stream.route is STANDARD and stream.entity_set.name in {*REPORTS, _PDF}
    return stream.in_company and not is_made and bool(identity_of(stream.keys, stream.stamp))


@dataclass(frozen=True, slots=True)
class Watched:
    """A place whose rows are watched.

    Attributes:
        place: The place.
        partition: Its partition.
        index: What the index knows it by.
        identity: The properties that make the canonical id.
        keys: The key properties of its records, without the company's; of rows that are passed on the identity.
        emitted: Whether its rows are records, and not only passed on the way to others.
    """

    place: Place
    partition: Partition
    index: IndexPlace
    identity: tuple[str, ...]
    keys: tuple[str, ...]
    emitted: bool

    @property
    def number(self) -> int:
        """What the index knows it by."""
        return self.index.number

    def deletion(self, known: Known, company: Company | None, deleted_at: str) -> bytes:
        """The record of a deletion, as a JSON object without its closing brace."""
        members: dict[str, Any] = {}
        if COMPANY_ID.name in self.place.stream.keys and company is not None:
            members[COMPANY_ID.name] = company.id
        rest = self._values(known)
        members |= {name: rest[name] for name in self.keys}
        members[DELETED_AT.name] = deleted_at
        return msgspec.json.encode(members)[:-1]

    def _values(self, known: Known) -> dict[str, Any]:
        try:
            return self._told(known)
        except ValueError as error:
            raise damaged() from error

    def _told(self, known: Known) -> dict[str, Any]:
        if known.rest is not None:
            return dict(zip(self.keys, msgspec.json.decode(known.rest, type=list[msgspec.Raw]), strict=True))
        properties = self.place.stream.properties
        parts = _split(known.key) if len(self.identity) > 1 else [_unescaped(known.key)]
        return {
            name: _number(text) if name in properties and properties[name].type in _NUMBERS else text
            for name, text in zip(self.identity, parts, strict=True)
        }

    @property
    def has_ids(self) -> bool:
        """Whether the service finds its rows by what tells them apart: that is the key of the metadata."""
        return bool(self.identity) and {*self.place.stream.entity_set.type.key} == {*self.identity}

    def id_of(self, known: Known) -> str | None:
        """What the service finds a row by; None where it has no ids."""
        if not self.has_ids:
            return None
        values = self._values(known).items()
        return self.place.stream.row_id(
            {name: value if isinstance(value, str) else msgspec.json.decode(value) for name, value in values}
        )


def watched_place(place: Place, company: Company | None, index_place: Callable[..., IndexPlace]) -> Watched | None:
    """What is watched at a place; None for nothing.

    Args:
        place: The place.
        company: The company that is read.
        index_place: `Index.place`.
    """
    stream, is_source = place.stream, not place.path
    emitted = place.selection is not None and is_watched(stream)
    if not emitted and not is_source:
        return None
    own = identity_of(stream.keys, stream.stamp)
    identity = (stream.entity_set.type.key or own) if is_source else own
    partition = partition_of(place, company)
    index = index_place(stream.name, partition.company_id, partition.parent_set, emitted=emitted)
    keys = tuple(name for name in stream.keys if name != COMPANY_ID.name) if emitted else identity
    return Watched(place, partition, index, identity, keys, emitted)


def keys_only(place: Place) -> Place:
    """A place that asks for nothing but what its rows are known by, and so on below it.

    Below the source also for what rows are found again by, where they have that of their own: those from before a start
    date came with their parents and were not emitted.
    """
    below = tuple(keys_only(child) for child in place.below if not child.nested)
    selection = place.selection
    if selection is None:
        return replace(place, below=below)
    stream = place.stream
    names = {*stream.own_keys, *stream.entity_set.type.key}
    if place.path and stream.tracking.key:
        names.add(stream.tracking.key)
    only = Selection(
        tuple(column for column in selection.columns if column.name in stream.keys),
        tuple(name for name in stream.properties if name in names),
        selection.replication,
    )
    return replace(place, selection=only, below=below)


def key_reader(step: Step, watched: Watched) -> Callable[[Any, Raw | None], tuple[str, str | None]]:
    """Reads the canonical id of a step's row, and the values of its key as JSON where that does not tell them.

    Args:
        step: The step.
        watched: The place.
    """
    value_of = {name: _value_reader(step, name) for name in {*watched.identity, *watched.keys}}
    keys = watched.keys
    tells = watched.identity == keys

    def read(row: Any, parent_id: Raw | None) -> tuple[str, str | None]:
        values = {name: reader(row, parent_id) for name, reader in value_of.items()}
        parts = [values[name] for name in watched.identity]
        key = canonical_id(parts)
        if tells and all(isinstance(part, str | int) and canonical_part(part) == _spelled(part) for part in parts):
            return key, None
        return key, msgspec.json.encode([values[name] for name in keys]).decode()

    return read


def single_text(step: Step, watched: Watched) -> str | None:
    """The attribute with the whole key of a step's rows, if that is one GUID; None if it is anything else."""
    if watched.keys != watched.identity:
        return None
    names = watched.identity
    if len(names) != 1 or names[0] not in step.attributes:
        return None
    return step.attributes[names[0]] if step.place.stream.properties[names[0]].type == "Edm.Guid" else None


def _value_reader(step: Step, name: str) -> Callable[[Any, Raw | None], Any]:
    """Reads one value of a key, as it is emitted."""
    attribute = step.attributes.get(name)
    if attribute is None:
        # What the tap adds of a key is its parent's id.
        return lambda _, parent_id: (
            parent_id if isinstance(parent_id, str) else msgspec.json.decode(parent_id or b"null")
        )
    texts = dict(step.enums).get(attribute)
    if texts is not None:
        return lambda row, _: texts[getattr(row, attribute)]
    if step.place.stream.properties[name].type in {"Edm.Guid", "Edm.String"}:
        return lambda row, _: getattr(row, attribute)
    return lambda row, _: _decoded(getattr(row, attribute))


def _number(text: str) -> msgspec.Raw:
    """A number, or a truth, with exactly its digits."""
    msgspec.json.decode(text, type=int | float | bool)
    return msgspec.Raw(text.encode())


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


def _spelled(part: str | int) -> str:
    if isinstance(part, bool):
        return "true" if part else "false"
    return str(part)


def _split(key: str) -> list[str]:
    parts, start = [], 0
    for found in _UNESCAPED_BAR.finditer(key):
        parts.append(key[start : found.end() - 1])
        start = found.end()
    return [_unescaped(part) for part in (*parts, key[start:])]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text) if "\\" in text else text

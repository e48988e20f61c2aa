"""Which lines and dimensions belong to a record, and when has all of it come?

Business Central's own streams give a document in pieces: its header, its lines (`purchaseInvoiceLines`), dimensions of
both (`dimensionSetLines`), those that master data hands down (`defaultDimensions`), and an entry as single lines. A
piece is put into the record that it belongs to and has no outcome of its own: the record's is its too.

Singer does not say when a stream has ended. A record that lacks its pieces therefore waits, on the disk, until the
input ends, or until a further record of its kind comes behind pieces: then the source sends batch by batch, and what
came before the pieces is whole. An entry waits until the input ends.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.json_lines import from_json, to_json_line
from target_dynamics_bc.texts import printable
from target_dynamics_bc.waiting import Arrival

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds

_TABLES = """
CREATE TABLE headers (position INTEGER PRIMARY KEY, entity TEXT, stream TEXT, name TEXT, record TEXT);
CREATE INDEX by_name ON headers (entity, name);
CREATE TABLE pieces (position INTEGER PRIMARY KEY, stream TEXT, name TEXT, owner TEXT, record TEXT);
CREATE INDEX by_owner ON pieces (owner);
"""


_Header: TypeAlias = tuple[int, str, str, str]
"""Position, stream, name and text of a record that waits for its pieces."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A record with its pieces.

    Attributes:
        arrival: The record.
        pieces: Places of its pieces in the input.
        error: Why it could not be put together; the record is as it came.
    """

    arrival: Arrival
    pieces: tuple[int, ...]
    error: Exception | None = None


class _Owners:
    """Whose pieces the rows of a stream are.

    Args:
        kinds: The table of kinds.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._streams: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        self._by_lines: dict[str, Kind] = {}
        self._by_parent: dict[str, dict[Kind, None]] = {}  # lines of all journals are of one type
        for kind in kinds:
            for child in kind.children:
                alone = kinds.of_stream(child.navigation)
                if alone is None or alone.is_piece:
                    self._streams[child.navigation.lower()] = child.navigation
                    owners = self._names.setdefault(child.navigation, set())
                    owners |= {name.lower() for name in kind.names()}
                if child.holds == "lines" and kind.journal is None:
                    self._by_lines[child.navigation] = kind
            parts = (kind.facts, *(child.facts for child in kind.children if child.holds == "lines"))
            for parent in {name for each in parts for name in (each.parent_type, each.noun) if name}:
                self._by_parent.setdefault(parent.lower(), {})[kind] = None

    def stream(self, name: str) -> str | None:
        """The stream as the service spells it; None when it holds no pieces."""
        return self._streams.get(name.strip().lower())

    def of(self, stream: str, record: Mapping[str, Any]) -> tuple[Kind, ...]:
        """The kinds that a piece may belong to."""
        kind = self._by_lines.get(stream)
        if kind is not None:
            return (kind,)
        parent = decode_enum(str(record.get("parentType") or "")).strip().lower()
        return tuple(self._by_parent.get(parent, ()))

    def names(self, stream: str) -> set[str]:
        """The streams, in lower case, of the records that may have pieces of a stream."""
        return self._names.get(stream, set())

    def is_of_lines(self, stream: str) -> bool:
        """Whether the stream holds lines, which name their document."""
        return stream in self._by_lines


class Gathering:
    """Keeps records that are not whole, and pieces.

    Args:
        kinds: The table of kinds.
    """

    def __init__(self, kinds: Kinds) -> None:
        # SQLite's own temporary database: it is moved to the disk when it grows, and goes with the process.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_TABLES)
        self._kinds = kinds
        self._owners = _Owners(kinds)
        self._announced: set[str] = set()
        self._pieces_of: set[str] = set()

    def takes(self, stream: str) -> bool:
        """Whether a stream holds pieces of records."""
        return self._owners.stream(stream) is not None

    def announce(self, stream: str) -> None:
        """A stream is to come."""
        self._announced.add(stream.strip().lower())

    def waits(self, kind: Kind, record: Mapping[str, Any]) -> bool:
        """Whether a record, in Business Central's own names, has pieces that are to come as records of their own."""
        if record.get("_sdc_deleted_at") is not None:
            return False
        if kind.lines is not None:
            return kind.lines_name not in record
        return kind.dimensions_name not in record and kind.dimensions_name.lower() in self._announced

    def add_header(self, kind: Kind, arrival: Arrival) -> list[Gathered]:
        """Keep a record; gives those that are whole now that it has come."""
        whole = list(self._whole(kind)) if kind.name in self._pieces_of else []
        self._pieces_of.discard(kind.name)
        name = _entry_name(arrival.record) if _is_entry(kind) else _id(arrival.record, "id")
        self._database.execute(
            "INSERT INTO headers VALUES (?, ?, ?, ?, ?)",
            (arrival.position, kind.name, arrival.stream, name, to_json_line(arrival.record)),
        )
        return whole

    def add_piece(self, arrival: Arrival) -> bool:
        """Keep a piece; False when it belongs to something that nothing here writes."""
        stream = self._owners.stream(arrival.stream) or ""
        owners = self._owners.of(stream, arrival.record)
        if not owners:
            return False
        self._pieces_of |= {owner.name for owner in owners if _last_piece(owner) == stream}
        owner = _id(arrival.record, "documentId" if self._owners.is_of_lines(stream) else "parentId")
        self._database.execute(
            "INSERT INTO pieces VALUES (?, ?, ?, ?, ?)",
            (arrival.position, arrival.stream, stream, owner, to_json_line(arrival.record)),
        )
        return True

    def rest(self) -> Iterator[Gathered]:
        """All records that still wait, at the end of the input."""
        for kind in self._kinds:
            yield from self._whole(kind)

    def is_alone(self, stream: str) -> bool:
        """Whether pieces come and no stream of records that they could be of."""
        return not self._announced & self._owners.names(self._owners.stream(stream) or "")

    def strays(self) -> Iterator[tuple[Arrival, bool]]:
        """Pieces whose record did not come, and whether its stream was to come at all."""
        for position, stream, name, _, text in self._database.execute("SELECT * FROM pieces ORDER BY position"):
            record = _read(text)
            owners = self._owners.of(name, record)
            # Lines of all journals are of one type, so one of several owners need not be ours at all.
            yield Arrival(stream, position, record), len(owners) == 1 and owners[0].name.lower() in self._announced

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    # --- putting together ------------------------------------------------------------------------------------

    def _whole(self, kind: Kind) -> Iterator[Gathered]:
        while True:
            first = self._database.execute(
                "SELECT position, stream, name, record FROM headers WHERE entity = ? ORDER BY position LIMIT 1",
                (kind.name,),
            ).fetchone()
            if first is None:
                return
            yield self._put_together(kind, first)

    def _put_together(self, kind: Kind, first: _Header) -> Gathered:
        """A record with its pieces; what cannot be put together takes along what it has taken by then."""
        position, stream, name, text = first
        places: list[int] = []
        try:
            record = self._entry(kind, first, places) if _is_entry(kind) else self._with_pieces(kind, first, places)
            return Gathered(Arrival(stream, position, record, own=True), tuple(places))
        except Exception as error:  # noqa: BLE001 - whoever takes it tells what is this record's fault
            return Gathered(Arrival(stream, position, _read(text)), tuple(places), error)
        finally:
            where = "entity = ? AND name = ?" if _is_entry(kind) else "entity = ? AND position = ?"
            self._database.execute(
                f"DELETE FROM headers WHERE {where}",  # noqa: S608 - literals alone
                (kind.name, name if _is_entry(kind) else position),
            )

    def _with_pieces(self, kind: Kind, header: _Header, places: list[int]) -> dict[str, Any]:
        _, _, name, text = header
        record = _read(text)
        for child in kind.children:
            if pieces := self._take(child.navigation, name, places):
                record[child.navigation] = pieces
        for line in record.get(kind.lines_name) or ():
            self._add_dimensions(line, kind, places)
        return record

    def _entry(self, kind: Kind, first: _Header, places: list[int]) -> dict[str, Any]:
        """All lines of an entry in one record, in the order of their numbers."""
        position, _, name, _ = first
        rows = self._database.execute(
            "SELECT position, record FROM headers WHERE entity = ? AND name = ? ORDER BY position", (kind.name, name)
        ).fetchall()
        places += [place for place, _ in rows if place != position]
        lines = sorted((_read(text) for _, text in rows), key=_line_number)
        for line in lines:
            self._add_dimensions(line, kind, places)
        shared = {key: value for key, value in lines[0].items() if key in _SHARED_BY_AN_ENTRY}
        return {**shared, kind.lines_name: lines}

    def _add_dimensions(self, line: dict[str, Any], kind: Kind, places: list[int]) -> None:
        name = kind.dimensions_name
        if name and name not in line and (dimensions := self._take(name, _id(line, "id"), places)):
            line[name] = dimensions

    def _take(self, stream: str, owner: str, places: list[int]) -> Sequence[dict[str, Any]]:
        """The pieces of one stream of an owner, which are gone afterwards."""
        if not owner:
            return []
        rows = self._database.execute(
            "SELECT position, record FROM pieces WHERE owner = ? AND name = ? ORDER BY position", (owner, stream)
        ).fetchall()
        self._database.executemany("DELETE FROM pieces WHERE position = ?", [(position,) for position, _ in rows])
        places += [position for position, _ in rows]
        return [_read(text) for _, text in rows]


_SHARED_BY_AN_ENTRY = frozenset({
    "company_id", "company_name", "subsidiaryId", "subsidiaryName", "journalId", "journalDisplayName",
    "documentNumber", "postingDate", "isDraft",
})  # fmt: skip


def _entry_name(record: Mapping[str, Any]) -> str:
    """What the lines of one entry have in common."""
    names = ("company_id", "subsidiaryId", "journalId", "journalDisplayName", "documentNumber", "postingDate")
    return printable("\n".join(str(record.get(name) or "").strip().upper() for name in names))


def _is_entry(kind: Kind) -> bool:
    """Whether its lines come as records of their own, which nothing but what they say of themselves holds together."""
    return kind.journal is not None and kind.lines is not None


def _last_piece(kind: Kind) -> str:
    """The pieces whose end shows that a record is whole; empty when none do."""
    return "" if _is_entry(kind) else kind.lines_name or kind.dimensions_name


def _id(record: Mapping[str, Any], name: str) -> str:
    return printable(str(record.get(name) or "").strip().lower())


def _read(text: str) -> dict[str, Any]:
    record: dict[str, Any] = from_json(text)
    return record


def _line_number(line: Mapping[str, Any]) -> Decimal:
    """Where a line stands in its entry; those whose number is none come first, as those without one do."""
    try:
        number = Decimal(str(line.get("lineNumber") or 0))
    except (InvalidOperation, ValueError):
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)

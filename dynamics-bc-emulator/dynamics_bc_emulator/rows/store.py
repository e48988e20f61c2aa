"""Where the emulator keeps its rows: one SQLite table, a row a line of JSON.

Conventions that readers and writers of rows share:

- A row's public keys are the API's property names. What a caller leaves out is filled with the service's blank for its
  type, so a stored row always has every property of its entity set. Keys that start with `_` are internal and never
  served.
- `_etag` is in every row that comes out and is ignored in every row that goes in. It covers the stored public values
  only, so a calculated value never moves it.
- Dimensions hang on the row that has them: `_dimensions` maps dimension codes to value codes, as in `{"DEPARTMENT":
  "PROD"}`. `dimensionSetLines` are presented from it and are not stored. `shortcutDimension1Code` and
  `shortcutDimension2Code` of a header are plain stored values that follow `_dimensions`.
- Content of a stream property is `_content` (base64 text) and `_contentType`. A picture is stored in `pictures` under
  its parent's id once it has content; without a row it is presented empty.
- `_customerLedgerEntries` and `_vendorLedgerEntries` are internal sets with the ledger's own signs (a vendor's invoice
  is negative): `entryNumber`, `customerId` or `vendorId`, `documentType` (`Invoice`, `Credit_x0020_Memo`, `Payment`),
  `documentNumber`, `documentId` (the invoice's or credit memo's id, else the zero GUID), `externalDocumentNumber`,
  `description`, `postingDate`, `dueDate`, `amount`, `remainingAmount`, `open`. Balances and `remainingAmount` of posted
  documents are summed from them when they are read. `amount` and `remainingAmount` are in the local currency,
  `currencyAmount` and `currencyRemaining` in the entry's own; `discount` and `discountDate` say what a payment in
  time may keep back. An entry without these three has no currency and no discount.
- Documents have `_posted: true` once they are posted. A posted invoice has `_draftNumber`, the number it had before.
"""

from __future__ import annotations

import sqlite3
import uuid
import weakref
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from dynamics_bc_emulator.rows.commits import Commit, net_of
from dynamics_bc_emulator.rows.served_values import served_value, with_etag
from dynamics_bc_emulator.stamps import rounded, to_milliseconds, to_stamp
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

Row = dict[str, Any]
# A row as SQLite has it, but for where it belongs.
Line = tuple[Any, ...]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (bucket INTEGER PRIMARY KEY, company TEXT NOT NULL, entity_set TEXT NOT NULL,
    UNIQUE (company, entity_set));
CREATE TABLE IF NOT EXISTS entities (bucket INTEGER NOT NULL, id TEXT NOT NULL, parent TEXT, sequence INTEGER NOT NULL,
name TEXT,
    document TEXT, stamp INTEGER NOT NULL, data TEXT NOT NULL, internal TEXT, PRIMARY KEY (bucket, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entities_by_parent ON entities (bucket, parent, sequence);
CREATE INDEX IF NOT EXISTS entities_by_name ON entities (bucket, name);
CREATE INDEX IF NOT EXISTS entities_by_document ON entities (bucket, document);
CREATE INDEX IF NOT EXISTS entities_by_stamp ON entities (bucket, stamp);
CREATE TABLE IF NOT EXISTS series (company TEXT NOT NULL, series TEXT NOT NULL, prefix TEXT NOT NULL, width INTEGER NOT
NULL,
    last INTEGER NOT NULL, PRIMARY KEY (company, series)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

# The property that says which parent a row belongs to; `documentId` where nothing is said.
PARENT_PROPERTIES = {
    "customerPayments": "journalId",
    "vendorPayments": "journalId",
    "journalLines": "journalId",
    "applyVendorEntries": "journalId",
    "defaultDimensions": "parentId",
    "attachments": "parentId",
    "documentAttachments": "parentId",
    "dimensionValues": "dimensionId",
    "itemVariants": "itemId",
    "timeRegistrationEntries": "employeeId",
    "_customerLedgerEntries": "customerId",
    "_vendorLedgerEntries": "vendorId",
}
_WITHOUT_ETAG = frozenset(("companies",))
_NAMES = ("number", "code", "entryNumber")


class SetShape(Protocol):
    """What the store must know of an entity set's properties."""

    @property
    def blanks(self) -> Mapping[str, Any]:
        """Every stored property in the order of the metadata, with its blank."""

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key properties; the store's id is the first one's value."""

    @property
    def decimals(self) -> frozenset[str]:
        """Names of the decimal properties."""

    @property
    def stamp(self) -> str | None:
        """The property that serves the stamp, if the set has one."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What SQLite can decide: an expression over the indexed columns, with its parameters."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ServedRow:
    """A row as it lies in the store; `data` is the JSON that is served, etag first."""

    id: str
    data: str
    internal: str | None


class Store:
    """Rows of all companies, in a file or in memory.

    Attributes:
        listeners: Are told of every row that was written, once it is certain that it stays; of planted rows they are
            not told.
    """

    def __init__(
        self,
        shapes: Mapping[str, SetShape],
        clock: Callable[[], datetime],
        path: str = ":memory:",
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.shapes = shapes
        self._clock = clock
        self._new_id = new_id
        self._depth = 0
        self.listeners: list[Callable[[Commit], None]] = []
        self._untold: list[Commit] = []
        self._columns: dict[str, dict[str, str]] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._buckets: dict[tuple[str, str], int] = {}
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # Copies and snapshots are let go without a word; Python 3.13 complains of databases that nobody has closed.
        weakref.finalize(self, self.connection.close)
        # The emulator's file is a convenience, not a ledger: speed over surviving a power cut.
        self.connection.execute("PRAGMA journal_mode = MEMORY")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.executescript(_SCHEMA)

    def copy_from(self, template: Store) -> None:
        """Become a copy of another store, whatever was here."""
        template.connection.backup(self.connection)
        self._buckets.clear()
        for key in self._versions:
            self._versions[key] += 1

    def fact(self, name: str) -> str | None:
        """A remark about the database itself, such as the seed it was made with."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_fact(self, name: str, value: str) -> None:
        """Keep a remark about the database itself."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a nested one is a savepoint of the outer one."""
        point = f"level{self._depth}"
        self.connection.execute("BEGIN IMMEDIATE" if not self._depth else f"SAVEPOINT {point}")
        self._depth += 1
        told_before = len(self._untold)
        try:
            yield
            # Which leaves the transaction open where it fails, as on a full disk.
            self.connection.execute("COMMIT" if self._depth == 1 else f"RELEASE {point}")
        except BaseException:
            self._depth -= 1
            del self._untold[told_before:]
            self._undo(point)
            raise
        self._depth -= 1
        self._tell()

    def _tell(self) -> None:
        """Tell the listeners what has been written, unless a transaction can still take it back."""
        if self._depth:
            return
        told, self._untold = self._untold, []
        if not self.listeners:
            return
        for commit in net_of(told):
            for listener in self.listeners:
                listener(commit)

    def _undo(self, point: str) -> None:
        if self._depth:
            self.connection.execute(f"ROLLBACK TO {point}")
            self.connection.execute(f"RELEASE {point}")
        else:
            with suppress(sqlite3.Error):  # some errors have ended the transaction by themselves
                self.connection.execute("ROLLBACK")
        self._buckets.clear()
        for key in self._versions:
            self._versions[key] += 1

    def companies(self) -> list[Row]:
        """The companies, in the order in which they were made."""
        return sorted(self.find("", "companies"), key=lambda row: int(row["timestamp"]))

    def get(self, company_id: str, entity_set: str, id: str) -> Row | None:  # noqa: A002 - the API's own name
        """A copy of one row, or None."""
        row = self.connection.execute(
            "SELECT id, data, internal FROM entities WHERE bucket = ? AND id = ?",
            (self._bucket(company_id, entity_set), id.lower()),
        ).fetchone()
        return self.to_row(entity_set, ServedRow(*row)) if row else None

    def find(self, company_id: str, entity_set: str, **equal: Any) -> list[Row]:
        """Copies of the rows whose stored properties equal the values given, by sequence and id.

        The id, the parent's id, `number` or `code` and `documentNumber` are found by index, anything else by looking.
        """
        conditions = [Condition(f"{column} = ?", (value,)) for column, value in self._indexed(entity_set, equal)]
        rows = (
            self.to_row(entity_set, stored)
            for stored in self.scan(company_id, entity_set, conditions, order="sequence, id")
        )
        return [row for row in rows if all(row.get(name) == value for name, value in equal.items())]

    def _indexed(self, entity_set: str, equal: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        columns = self.indexed_columns(entity_set)
        for name, value in equal.items():
            if name in columns and isinstance(value, str):
                yield columns[name], value.lower() if columns[name] == "id" else value

    def indexed_columns(self, entity_set: str) -> dict[str, str]:
        """The properties of a set that an index finds, with the column that holds each."""
        shape = self.shapes.get(entity_set)
        columns = self._columns.get(entity_set)
        if columns is None:
            named = next((name for name in _NAMES if shape and name in shape.blanks), "number")
            parent = PARENT_PROPERTIES.get(entity_set, "documentId")
            columns = self._columns[entity_set] = {
                self._key(entity_set): "id",
                parent: "parent",
                named: "name",
                "documentNumber": "document",
            }
        return columns

    def scan(
        self,
        company_id: str,
        entity_set: str,
        conditions: Sequence[Condition] = (),
        *,
        order: str = "id",
        limit: int = -1,
        offset: int = 0,
    ) -> list[ServedRow]:
        """Rows as they lie, for conditions that the indexes can answer."""
        where = "".join(f" AND ({condition.sql})" for condition in conditions)
        values = [value for condition in conditions for value in condition.values]
        rows = self.connection.execute(
            f"SELECT id, data, internal FROM entities WHERE bucket = ?{where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - columns are ours
            (self._bucket(company_id, entity_set), *values, limit, offset),
        )
        return [ServedRow(*row) for row in rows]

    def count(self, company_id: str, entity_set: str, conditions: Sequence[Condition] = ()) -> int:
        """How many rows there are, for conditions that the indexes can answer."""
        where = "".join(f" AND ({condition.sql})" for condition in conditions)
        values = [value for condition in conditions for value in condition.values]
        statement = f"SELECT COUNT(*) FROM entities WHERE bucket = ?{where}"  # noqa: S608 - columns are ours
        row = self.connection.execute(statement, (self._bucket(company_id, entity_set), *values)).fetchone()
        return int(row[0])

    def to_row(self, entity_set: str, stored: ServedRow) -> Row:
        """A stored line as a row: decimals exact, internal keys beside the public ones."""
        row: Row = decode(stored.data)
        etag = row.pop("@odata.etag", None)
        for name in self._decimals(entity_set):
            if name in row:
                row[name] = Decimal(row[name])
        if stored.internal:
            row.update(decode(stored.internal))
        row["_etag"] = etag
        return row

    def version(self, company_id: str, entity_set: str) -> int:
        """A number that is another one after every change to the set."""
        return self._versions.get((company_id, entity_set), 0)

    def insert(self, company_id: str, entity_set: str, row: Row) -> Row:
        """Keep a new row; gives it an id unless it has one, the stamp, and its blanks.

        Raises:
            sqlite3.IntegrityError: The set has a row of that id.
        """
        new = dict(row)
        key = self._key(entity_set)
        new[key] = str(new.get(key) or self._new_id()).lower()
        self._put(company_id, entity_set, new, rounded(to_milliseconds(self._clock())), "INSERT")
        kept = self.get(company_id, entity_set, new[key])
        assert kept is not None
        return kept

    def insert_many(self, company_id: str, entity_set: str, rows: Iterable[Row]) -> None:
        """Keep many new rows that have their ids; a stamp in `_stamp` (milliseconds) is kept."""
        now = rounded(to_milliseconds(self._clock()))
        bucket = self._bucket(company_id, entity_set)
        lines = (self._line(bucket, entity_set, row, _given_stamp(row, now)) for row in rows)
        self.connection.executemany(f"INSERT INTO entities VALUES ({','.join('?' * 9)})", lines)  # noqa: S608
        self._changed(company_id, entity_set)

    def update(self, company_id: str, entity_set: str, id: str, changes: Row, *, touch: bool = True) -> Row:  # noqa: A002
        """Change some properties of a row; `touch` moves its stamp.

        Raises:
            KeyError: There is no such row.
        """
        moment = rounded(to_milliseconds(self._clock())) if touch else self.stamp(company_id, entity_set, id)
        return self.update_at(company_id, entity_set, id, changes, moment)

    def update_at(self, company_id: str, entity_set: str, id: str, changes: Row, milliseconds: int) -> Row:  # noqa: A002
        """Change some properties of a row and set its stamp to a moment of the caller's."""
        row = self.get(company_id, entity_set, id)
        if row is None:
            raise KeyError(f"{entity_set}({id})")
        row.update(changes)
        row[self._key(entity_set)] = id.lower()
        self._put(company_id, entity_set, row, milliseconds, "REPLACE")
        kept = self.get(company_id, entity_set, id)
        assert kept is not None
        return kept

    def stamp(self, company_id: str, entity_set: str, id: str) -> int:  # noqa: A002
        """When the row was last touched, in milliseconds.

        Raises:
            KeyError: There is no such row.
        """
        statement = "SELECT stamp FROM entities WHERE bucket = ? AND id = ?"
        row = self.connection.execute(statement, (self._bucket(company_id, entity_set), id.lower())).fetchone()
        if row is None:
            raise KeyError(f"{entity_set}({id})")
        return int(row[0])

    def delete(self, company_id: str, entity_set: str, id: str) -> None:  # noqa: A002
        """Remove a row, if it is there."""
        line = self.line(company_id, entity_set, id)
        statement = "DELETE FROM entities WHERE bucket = ? AND id = ?"
        self.connection.execute(statement, (self._bucket(company_id, entity_set), id.lower()))
        self._changed(company_id, entity_set)
        if line is not None:
            self._note(Commit(company_id, entity_set, id.lower(), "removed", line[0]))

    def line(self, company_id: str, entity_set: str, id: str) -> Line | None:  # noqa: A002
        """A row as it lies, for `put_line`; None if it is not there."""
        statement = (
            "SELECT parent, sequence, name, document, stamp, data, internal FROM entities WHERE bucket = ? AND id = ?"
        )
        line: Line | None = self.connection.execute(
            statement, (self._bucket(company_id, entity_set), id.lower())
        ).fetchone()
        return line

    def put_line(self, company_id: str, entity_set: str, id: str, line: Line | None) -> None:  # noqa: A002
        """Put a row back as it lay, or away; nobody is told."""
        place = (self._bucket(company_id, entity_set), id.lower())
        if line is None:
            self.connection.execute("DELETE FROM entities WHERE bucket = ? AND id = ?", place)
        else:
            marks = ",".join("?" * 9)
            self.connection.execute(f"REPLACE INTO entities VALUES ({marks})", (*place, *line))  # noqa: S608
        self._changed(company_id, entity_set)

    def write_silently(self, company_id: str, entity_set: str, id: str | None, values: Row, milliseconds: int) -> str:  # noqa: A002
        """Add a row or change some of its values, with a stamp; nobody is told. Gives its id."""
        key = self._key(entity_set)
        known = self.get(company_id, entity_set, id) if id else None
        row = {**(known or {}), **values, key: str(id or values.get(key) or self._new_id()).lower()}
        line = self._line(self._bucket(company_id, entity_set), entity_set, row, milliseconds)
        self.connection.execute(f"REPLACE INTO entities VALUES ({','.join('?' * 9)})", line)  # noqa: S608
        self._changed(company_id, entity_set)
        return str(row[key])

    def tell(self, commit: Commit) -> None:
        """Tell the listeners of a row that was written silently and is certain now."""
        self._note(commit)

    def set_series(self, company_id: str, series: str, prefix: str, width: int, last: int) -> None:
        """Define a number series: its numbers are the prefix and a counter of at least that many digits."""
        self.connection.execute(
            "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?)", (company_id, series, prefix, width, last)
        )

    def next_number(self, company_id: str, series: str) -> str:
        """Draw the next number of a series; `seed/series.py` lists them.

        Raises:
            KeyError: The company has no such series.
        """
        number = self.peek_number(company_id, series)
        statement = "UPDATE series SET last = last + 1 WHERE company = ? AND series = ?"
        self.connection.execute(statement, (company_id, series))
        return number

    def peek_number(self, company_id: str, series: str) -> str:
        """The next number of a series, without drawing it.

        Raises:
            KeyError: The company has no such series.
        """
        statement = "SELECT prefix, width, last FROM series WHERE company = ? AND series = ?"
        row = self.connection.execute(statement, (company_id, series)).fetchone()
        if not row:
            raise KeyError(f"number series {series}")
        return _number(*row)

    def _put(self, company_id: str, entity_set: str, row: Row, milliseconds: int, verb: str) -> None:
        line = self._line(self._bucket(company_id, entity_set), entity_set, row, milliseconds)
        self.connection.execute(f"{verb} INTO entities VALUES ({','.join('?' * 9)})", line)
        self._changed(company_id, entity_set)
        self._note(Commit(company_id, entity_set, line[1], "added" if verb == "INSERT" else "changed", line[2]))

    def _note(self, commit: Commit) -> None:
        self._untold.append(commit)
        self._tell()

    def _line(self, bucket: int, entity_set: str, row: Row, milliseconds: int) -> tuple[Any, ...]:
        public = self._public(entity_set, row, milliseconds)
        internal = {
            name: value for name, value in row.items() if name.startswith("_") and name not in {"_etag", "_stamp"}
        }
        columns = {column: name for name, column in self.indexed_columns(entity_set).items()}
        return (
            bucket,
            str(row[columns["id"]]).lower(),
            _lower(public.get(columns["parent"])),
            int(public.get("sequence") or public.get("lineNumber") or public.get("entryNumber") or 0),
            _text(public.get(columns["name"])),
            _text(public.get(columns["document"])),
            milliseconds,
            with_etag(public) if entity_set not in _WITHOUT_ETAG else encode(public).decode(),
            encode(internal).decode() if internal else None,
        )

    def _public(self, entity_set: str, row: Row, milliseconds: int) -> Row:
        shape = self.shapes.get(entity_set)
        if shape is None:
            return {name: served_value(value) for name, value in row.items() if not name.startswith("_")}
        public = {name: served_value(row.get(name, blank)) for name, blank in shape.blanks.items()}
        if shape.stamp:
            public[shape.stamp] = to_stamp(milliseconds)
        return public

    def _key(self, entity_set: str) -> str:
        shape = self.shapes.get(entity_set)
        return shape.key[0] if shape and shape.key else "id"

    def _decimals(self, entity_set: str) -> frozenset[str]:
        shape = self.shapes.get(entity_set)
        return shape.decimals if shape else frozenset(("amount", "remainingAmount"))

    def _bucket(self, company_id: str, entity_set: str) -> int:
        key = (company_id, entity_set)
        if key not in self._buckets:
            self.connection.execute("INSERT OR IGNORE INTO buckets (company, entity_set) VALUES (?, ?)", key)
            statement = "SELECT bucket FROM buckets WHERE company = ? AND entity_set = ?"
            self._buckets[key] = self.connection.execute(statement, key).fetchone()[0]
        return self._buckets[key]

    def _changed(self, company_id: str, entity_set: str) -> None:
        key = (company_id, entity_set)
        self._versions[key] = self._versions.get(key, 0) + 1


def _number(prefix: str, width: int, last: int) -> str:
    return f"{prefix}{last + 1:0{width}d}"


def _given_stamp(row: Row, otherwise: int) -> int:
    milliseconds = row.get("_stamp")
    return otherwise if milliseconds is None else int(milliseconds)


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

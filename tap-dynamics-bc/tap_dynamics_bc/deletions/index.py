"""Which rows have been emitted and not deleted again, by their keys?

SQLite with a write-ahead log in `keys.sqlite` of the store. What a page brings is put down, as one text for all its
keys, before its records leave the process, and becomes part of the index when its read is through. So a run may be
killed at any moment: no row is ever loaded that the index does not know.

Every key has the generation in which it was first emitted, and what was deleted stays as a tombstone with the
generation of the deletion. Generations count the STATE messages, and a state says up to which one each partition was
written when it was printed. An orchestrator may hand in an older state than the last one: then what is of a later
generation may never have arrived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.store_database import Consequences, StoreDatabase, no_value
from dynamics_bc_client.store_failures import in_a_run
from tap_dynamics_bc.deletions.page_keys import FLAT, MET, WITH_ROOT
from tap_dynamics_bc.deletions.sweeps import Sweep

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dynamics_bc_client.errors import DynamicsError
    from tap_dynamics_bc.deletions.page_keys import PageKeys

FILE_NAME = "keys.sqlite"

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (
    number INTEGER PRIMARY KEY, stream TEXT NOT NULL, company_id TEXT NOT NULL, parent_set TEXT NOT NULL,
    emitted INTEGER NOT NULL, since TEXT, known INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0,
    UNIQUE (stream, company_id, parent_set, emitted)
);
CREATE TABLE IF NOT EXISTS keys (
    place INTEGER NOT NULL, key TEXT NOT NULL, root TEXT, generation INTEGER NOT NULL, seen INTEGER NOT NULL, rest TEXT,
    PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_by_root ON keys (place, root) WHERE root IS NOT NULL;
CREATE TABLE IF NOT EXISTS staged (
    number INTEGER PRIMARY KEY, read INTEGER NOT NULL, place INTEGER NOT NULL, shape INTEGER NOT NULL,
    generation INTEGER NOT NULL, merged INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS recent (
    place INTEGER NOT NULL, key TEXT NOT NULL, moment TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tombstones (
    place INTEGER NOT NULL, key TEXT NOT NULL, generation INTEGER NOT NULL, deleted_at TEXT NOT NULL, rest TEXT,
    PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS missed (
    place INTEGER NOT NULL, key TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID;
"""

_CACHE_KIB = 32 * 1024

_UPSERT = "ON CONFLICT DO UPDATE SET seen = excluded.seen, root = excluded.root, rest = excluded.rest"
_PUT_DOWN = "FROM staged AS s, json_each(s.body) AS j WHERE s.read = ? AND NOT s.merged AND s.shape ="
_MERGE_FLAT = (
    f"INSERT INTO keys SELECT s.place, j.value, NULL, s.generation, s.read, NULL {_PUT_DOWN} {FLAT} "
    f"ORDER BY s.place, j.value {_UPSERT}"
)
_MERGE_WITH_ROOT = (
    "INSERT INTO keys SELECT s.place, json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), s.generation, "
    f"s.read, json_extract(j.value, '$[2]') {_PUT_DOWN} {WITH_ROOT} ORDER BY 1, 2 {_UPSERT}"
)
_MERGE_MET = (
    "INSERT INTO keys SELECT k.place, k.key, k.root, k.generation, s.read, k.rest "  # noqa: S608 - our own
    "FROM staged AS s CROSS JOIN json_each(s.body) AS j CROSS JOIN keys AS k "
    f"WHERE s.read = ? AND NOT s.merged AND s.shape = {MET} AND k.place = s.place AND k.key = j.value "
    "ON CONFLICT DO UPDATE SET seen = excluded.seen"
)
_OF_ROOT = "SELECT key, rest, root FROM keys INDEXED BY keys_by_root WHERE place = ? AND root = ? AND root IS NOT NULL"
_LEFT_BEHIND = f"""
SELECT k.key, k.rest, k.root FROM (
    SELECT DISTINCT CASE s.shape WHEN {WITH_ROOT} THEN json_extract(j.value, '$[0]') ELSE j.value END AS key
    FROM staged AS s, json_each(s.body) AS j WHERE s.read = ? AND s.place = ?
) AS r CROSS JOIN keys AS k INDEXED BY keys_by_root
WHERE k.place = ? AND k.root = r.key AND k.root IS NOT NULL AND k.seen <> ?
"""  # noqa: S608 - our own


@dataclass(frozen=True, slots=True)
class Known:
    """A row that the index knows.

    Attributes:
        key: Its canonical id.
        rest: The values of its key as JSON, where the canonical id does not tell them.
        root: The canonical id of the source's row that it came with; None for a row of the source.
    """

    key: str
    rest: str | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """The rows of one stream in one company, on one way to them.

    Attributes:
        number: What the index knows it by.
        since: The start date that its rows were first read from, as a stamp; None for all rows.
        known: Whether all of its rows were read once, up to the bookmark of a state that is not older than `begun`.
        generation: Of the last change.
        begun: The generation in which a read from the beginning began that has not come to its end; 0 for none.
    """

    number: int
    since: str | None
    known: bool
    generation: int
    begun: int


_CONSEQUENCES = Consequences(
    when_damaged="Remove it: the next run reads everything once and makes a new one.",
    when_lost="its state says what the next run is to read again.",
)


def damaged() -> DynamicsError:
    """The error of a run that finds a key in the index that none of its rows can have."""
    told = _CONSEQUENCES
    name = f"{FILE_NAME} in {told.setting}"
    return in_a_run(name, None, no_value(), when_damaged=told.when_damaged, when_lost=told.when_lost)


class Index:
    """The index of known keys in one store; for one thread and one run at a time.

    Args:
        folder: The store; `keys.sqlite` is made in it for its owner alone.

    Raises:
        ConfigurationError: The file cannot be opened, or is something else.
    """

    def __init__(self, folder: Path) -> None:
        self._database = StoreDatabase(folder / FILE_NAME, _prepare, _CONSEQUENCES)
        try:
            with self._database.explained():
                self._catch_up()
            self.reads = self._fact("reads")
            self.generation = self._fact("generation")
        except BaseException:
            self._database.close()
            raise

    def _catch_up(self) -> None:
        """Merge what a run that was killed had put down."""
        for (read,) in self._database.ask("SELECT DISTINCT read FROM staged"):
            self._merge(read)
        self._database.connection.execute("DELETE FROM staged")

    # --- what it is of, and how far it is -----------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """What the environment is named by that it remembers; nothing when it is new."""
        rows = self._database.ask("SELECT name, value FROM facts WHERE name LIKE 'environment.%' ORDER BY name")
        return {name.partition(".")[2]: value for name, value in rows}

    def bind(self, names: Mapping[str, str]) -> None:
        """Note what the environment is named by."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM facts WHERE name LIKE 'environment.%'")
            cursor.executemany("INSERT INTO facts VALUES ('environment.' || ?, ?)", names.items())

    def company_ids(self) -> set[str]:
        """Ids of the companies that it knows rows of, in lower case."""
        return {each for (each,) in self._database.ask("SELECT DISTINCT company_id FROM places WHERE company_id <> ''")}

    def next_generation(self, above: int = 0) -> None:
        """What is emitted from now on belongs to a generation of its own.

        Args:
            above: It is also higher than this one.
        """
        self.generation = max(self.generation, above) + 1
        self._note("generation", self.generation)

    def secure(self) -> None:
        """Wait until everything so far is on the disk; a process may die without that, a machine may not."""
        with self._database.explained():
            self._database.connection.execute("PRAGMA synchronous = FULL")
        try:
            self._note("generation", self.generation)
        finally:
            self._database.connection.execute("PRAGMA synchronous = NORMAL")

    def next_read(self) -> int:
        """A number for a read, higher than all before."""
        self.reads += 1
        self._note("reads", self.reads)
        return self.reads

    def _note(self, name: str, value: int) -> None:
        with self._database.transaction() as cursor:
            cursor.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, str(value)))

    def _fact(self, name: str) -> int:
        rows = self._database.ask("SELECT value FROM facts WHERE name = ?", (name,))
        with self._database.understood():
            return int(rows[0][0]) if rows else 0

    # --- places -------------------------------------------------------------------------------------------------------

    def place(self, stream: str, company_id: str | None, parent_set: str | None, *, emitted: bool = True) -> IndexPlace:
        """A place, made when it is asked for first.

        Args:
            stream: The stream's name.
            company_id: The company; None for the environment.
            parent_set: The parent set, for streams with parents of several kinds.
            emitted: Whether its rows are records, and not only passed on the way to others.
        """
        found_by = (stream, (company_id or "").lower(), parent_set or "", int(emitted))
        select = (
            "SELECT number, since, known, generation FROM places "
            "WHERE stream = ? AND company_id = ? AND parent_set = ? AND emitted = ?"
        )
        rows = self._database.ask(select, found_by)
        if not rows:
            with self._database.transaction() as cursor:
                cursor.execute(
                    "INSERT INTO places (stream, company_id, parent_set, emitted) VALUES (?, ?, ?, ?)", found_by
                )
            rows = self._database.ask(select, found_by)
        with self._database.understood():
            number, since, known, generation = rows[0]
            return IndexPlace(number, since, bool(known), int(generation), self._fact(_begun(number)))

    def begin(self, place: int) -> None:
        """Note that a place is read from the beginning: what states of before say of it is not known here."""
        self._note(_begun(place), self.generation)

    def note_read(self, place: int) -> None:
        """Note that a place was read to its end, and nothing of it was left out."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM facts WHERE name = ?", (_begun(place),))

    def note_known(self, place: int, since: str | None) -> None:
        """Note that all rows of a place were read once, those since a start date alone where there is one."""
        with self._database.transaction() as cursor:
            cursor.execute("UPDATE places SET known = 1, since = ? WHERE number = ?", (since, place))

    def emitted(self) -> Iterator[tuple[str, str, str]]:
        """Stream, company id in lower case, and canonical id of every row that was emitted and not deleted again."""
        with self._database.explained():
            yield from self._database.connection.execute(
                "SELECT p.stream, p.company_id, k.key FROM places AS p JOIN keys AS k ON k.place = p.number "
                "WHERE p.emitted"
            )

    # --- what a read brings -------------------------------------------------------------------------------------------

    def put_down(self, read: int, pages: Iterable[PageKeys]) -> None:
        """Keep the keys of a page, before its records leave the process."""
        bodies = [(read, place, shape, self.generation, body) for page in pages for place, shape, body in page.bodies()]
        recent = [(page.place, *each) for page in pages for each in page.recent]
        if not bodies:
            return
        with self._database.transaction() as cursor:
            cursor.executemany(
                "INSERT INTO staged (read, place, shape, generation, body) VALUES (?, ?, ?, ?, ?)", bodies
            )
            cursor.executemany("INSERT OR REPLACE INTO recent VALUES (?, ?, ?)", recent)

    def merge(self, read: int) -> None:
        """Make what a read has put down part of the index."""
        with self._database.transaction():
            self._merge(read)

    def _merge(self, read: int) -> None:
        for statement in (_MERGE_FLAT, _MERGE_WITH_ROOT, _MERGE_MET):
            self._database.connection.execute(statement, (read,))
        self._database.connection.execute(
            "UPDATE places SET generation = max(places.generation, s.generation) FROM "
            "(SELECT place, max(generation) AS generation FROM staged WHERE read = ? GROUP BY place) AS s "
            "WHERE places.number = s.place",
            (read,),
        )
        self._database.connection.execute(
            "DELETE FROM tombstones WHERE place IN (SELECT place FROM staged WHERE read = ?) AND EXISTS "
            "(SELECT 1 FROM keys WHERE keys.place = tombstones.place AND keys.key = tombstones.key)",
            (read,),
        )
        self._database.connection.execute(
            "DELETE FROM missed WHERE place IN (SELECT place FROM staged WHERE read = ?) AND EXISTS "
            "(SELECT 1 FROM keys WHERE keys.place = missed.place AND keys.key = missed.key AND keys.seen = ?)",
            (read, read),
        )
        self._database.connection.execute("UPDATE staged SET merged = 1 WHERE read = ?", (read,))

    def forget_read(self, read: int) -> None:
        """What a read has put down is not needed any more."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM staged WHERE read = ?", (read,))

    # --- what a read did not bring ------------------------------------------------------------------------------------

    def not_seen(self, place: int, read: int) -> Iterator[Known]:
        """Rows of a place that neither a read nor one behind it brought."""
        yield from self._known("SELECT key, rest, root FROM keys WHERE place = ? AND seen < ?", (place, read))

    def recent_not_seen(self, place: int, read: int, start: str) -> Iterator[Known]:
        """Rows of a place with a moment from a start on that neither a read from there nor one behind it brought."""
        yield from self._known(
            "SELECT k.key, k.rest, k.root FROM recent AS r JOIN keys AS k ON k.place = r.place AND k.key = r.key "
            "WHERE r.place = ? AND r.moment >= ? AND k.seen < ?",
            (place, start, read),
        )

    def unsure(self, place: int, read: int, generation: int) -> Iterator[Known]:
        """Rows of a place that may never have arrived, and that neither a read nor one behind it brought again."""
        yield from self._known(
            "SELECT key, rest, root FROM keys WHERE place = ? AND generation > ? AND seen < ?",
            (place, generation, read),
        )

    def left_behind(self, place: int, source: int, read: int) -> Iterator[Known]:
        """Rows of a place whose source's row came with a read, and they did not."""
        yield from self._known(_LEFT_BEHIND, (read, source, place, read))

    def orphans(self, place: int, sources: Iterable[int], read: int) -> Iterator[Known]:
        """Rows of a place that no read from this one on brought and whose source's row is in none of its places."""
        for known in self._known("SELECT key, rest, root FROM keys WHERE place = ? AND seen < ?", (place, read)):
            if known.root is not None and not any(any(self.find(each, known.root)) for each in sources):
                yield known

    def of_root(self, place: int, root: str) -> Iterator[Known]:
        """Rows of a place that came with a row of the source."""
        yield from self._known(_OF_ROOT, (place, root))

    def sorted_keys(self, places: Sequence[int]) -> Iterator[str]:
        """The keys of some places, in order."""
        marks = ", ".join("?" * len(places))
        statement = f"SELECT key FROM keys WHERE place IN ({marks}) ORDER BY key"  # noqa: S608 - marks alone
        with self._database.explained():
            for (key,) in self._database.connection.execute(statement, places):
                yield key

    def find(self, place: int, key: str) -> Iterator[Known]:
        """A key with all that is known of it; nothing when the index does not know it."""
        return self._known("SELECT key, rest, root FROM keys WHERE place = ? AND key = ?", (place, key))

    def brought(self, place: int, read: int) -> bool:
        """Whether a read, or one behind it, brought any row of a place."""
        return bool(self._database.ask("SELECT 1 FROM keys WHERE place = ? AND seen >= ? LIMIT 1", (place, read)))

    def count(self, place: int, *, before: str | None = None) -> int:
        """How many rows of a place there are; of those that are not of a moment or later, if one is given."""
        ((count,),) = self._database.ask("SELECT count(*) FROM keys WHERE place = ?", (place,))
        if before is None:
            return int(count)
        ((recent,),) = self._database.ask(
            "SELECT count(*) FROM recent AS r JOIN keys AS k ON k.place = r.place AND k.key = r.key "
            "WHERE r.place = ? AND r.moment >= ?",
            (place, before),
        )
        return int(count) - int(recent)

    def forget_recent(self, place: int, before: str) -> None:
        """Rows of before a moment are not read twice any more."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM recent WHERE place = ? AND moment < ?", (place, before))

    # --- deletions ----------------------------------------------------------------------------------------------------

    def bury(self, place: int, gone: Iterable[Known], deleted_at: str) -> None:
        """Rows are gone, and their deletions have been written."""
        with self._database.transaction() as cursor:
            for each in gone:
                cursor.execute(
                    "INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?, ?)",
                    (place, each.key, self.generation, deleted_at, each.rest),
                )
                for table in ("keys", "recent", "missed"):
                    cursor.execute(f"DELETE FROM {table} WHERE place = ? AND key = ?", (place, each.key))  # noqa: S608 - our own
            cursor.execute("UPDATE places SET generation = ? WHERE number = ?", (self.generation, place))

    def forget_tombstones(self, before: str) -> None:
        """Deletions of before a moment have long arrived, or never will."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM tombstones WHERE deleted_at < ?", (before,))

    def buried_since(self, place: int, generation: int) -> list[tuple[Known, str]]:
        """Deletions that may never have arrived, with their moments."""
        rows = self._database.ask(
            "SELECT key, rest, deleted_at FROM tombstones WHERE place = ? AND generation > ? ORDER BY key",
            (place, generation),
        )
        return [(Known(key, rest), deleted_at) for key, rest, deleted_at in rows]

    def missed_before(self, place: int, keys: Iterable[str], run: str) -> set[str]:
        """Which of these rows an earlier run missed already; all of them are missed from now on.

        Args:
            place: Theirs.
            keys: Their keys.
            run: The id of this run.
        """
        before = set()
        with self._database.transaction() as cursor:
            for key in keys:
                rows = cursor.execute("SELECT run FROM missed WHERE place = ? AND key = ?", (place, key)).fetchall()
                if rows and rows[0][0] != run:
                    before.add(key)
                elif not rows:
                    cursor.execute("INSERT INTO missed VALUES (?, ?, ?)", (place, key, run))
        return before

    # --- sweeps -------------------------------------------------------------------------------------------------------

    def sweep(self) -> Sweep:
        """A place for the keys that a sweep sees: a file of its own that goes with it."""
        return Sweep(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _known(self, statement: str, values: Sequence[object]) -> Iterator[Known]:
        yield from (Known(key, rest, root) for key, rest, root in self._database.ask(statement, values))


def _begun(place: int) -> str:
    """The name of the fact of which generation a read from the beginning is."""
    return f"begun.{place}"


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables."""
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    database.executescript(_TABLES)

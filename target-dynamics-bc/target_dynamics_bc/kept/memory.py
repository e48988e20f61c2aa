"""What has been intended and what has been done, so that a run that was killed goes on in the next one?

SQLite with a write-ahead log, flushed to the disk at every commit. Requests are noted before they are sent: an
intention without a result means that nobody knows. A unit is one record of one company and kind, known by its identity
(`identity.identity_of`). The file is called `ledger.sqlite`, and those of all releases open.

Without a folder it knows this run alone. What a natural key or a derived id can find is not written twice all the same,
but this is weaker: every record of a rerun is looked up; a bill whose vendor or number the sender changed is a new one;
so is a posted entry or payment whose number or date the sender changed; and the lines of a bill are known again by
their content, not by the sender's ids of them.
"""

from __future__ import annotations

import math
import time
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from dynamics_bc_client.store_database import Consequences, StoreDatabase
from target_dynamics_bc.kept.tables import prepare
from target_dynamics_bc.kept.units import LastWritten, Remembered, Rival, Undo, UnitKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from target_dynamics_bc.kept.units import Intention, Noted

FILE_NAME = "ledger.sqlite"

_UNWRITTEN = "DELETE FROM units WHERE company_id = ? AND entity = ? AND identity = ? AND id IS NULL"
_REFUSED = (
    "UPDATE units SET hash = '', finished = 1 WHERE company_id = ? AND entity = ? AND identity = ? AND id IS NOT NULL"
)
_NOT_UNCERTAIN = "DELETE FROM uncertain WHERE company_id = ? AND entity = ? AND identity = ?"
_OF_UNIT = "DELETE FROM requests WHERE company_id = ? AND entity = ? AND identity = ?"
# What came with an earlier run's input keeps its place, where that is known.
_CAME = "came = CASE WHEN ? THEN excluded.came ELSE coalesce(units.came, excluded.came) END"
# A call that was never answered, of an action that must not be called twice.
_UNANSWERED = (
    "SELECT version FROM requests WHERE company_id = ? AND entity = ? AND identity = ? AND version IS NOT NULL "
    "AND coalesce(result, 'unknown') = 'unknown' ORDER BY number DESC LIMIT 1"
)
# What an unfinished unit has created, once that was answered.
_CREATED = (
    "SELECT row_id FROM requests WHERE company_id = ? AND entity = ? AND identity = ? AND result = 'done' "
    "AND row_id IS NOT NULL ORDER BY number DESC LIMIT 1"
)

_MOST_RECORDS = 1_000_000_000
"""More than a run takes."""

_CONSEQUENCES = Consequences(
    when_damaged="Put it back from a backup, or move it away: then each record is looked up before it is written.",
    when_lost="what has no outcome yet is done by the next run.",
)


class Memory:
    """What the runs on one folder remember; one run at a time.

    Args:
        folder: Where `ledger.sqlite` lives; None for one that ends with the run.
        now: Seconds since 1970, by this machine's clock, which may be set between two runs and in a run.
        served_at: The service's own clock, as far as it has been told.

    Raises:
        ConfigurationError: The file is damaged, in use or not to be written, or there is no room for it.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        now: Callable[[], float] = time.time,
        served_at: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._now = now
        self._served_at = served_at
        path = None if folder is None else folder / FILE_NAME
        self._database = StoreDatabase(path, partial(prepare, moments=self._moments()), _CONSEQUENCES)
        self._began = self._beginning()
        self._is_begun = False

    def _beginning(self) -> int:
        """When this run begins, behind every earlier one even where the clock was set back since."""
        # A run takes fewer than a million records in a second, so that the next one begins behind its last.
        began = int(self._now() * 1_000_000)
        rows = self._database.ask("SELECT last_began FROM clock")
        with self._database.understood():
            return max([began, *(int(last) + _MOST_RECORDS for (last,) in rows)])

    def _begin(self) -> None:
        """Note that this run has begun, before anything of it has a place behind what came before."""
        if not self._is_begun:
            with self._database.transaction() as cursor:
                cursor.execute("DELETE FROM clock")
                cursor.execute("INSERT INTO clock VALUES (?)", (self._began,))
            self._is_begun = True

    def _moments(self) -> dict[str, str | None]:
        """What time it is, by this machine's clock and by the service's, as SQLite writes it."""
        served_at = self._served_at()
        now = datetime.fromtimestamp(self._now(), timezone.utc)
        return {"now": _text(now), "served_at": None if served_at is None else _text(served_at)}

    def _ages(self, intended_at: str, served_at: str | None) -> list[float]:
        """Seconds since a request, by each clock that was not set back since; by none it was sent just now."""
        now = self._moments()
        pairs = ((now["now"], intended_at), (now["served_at"], served_at))
        ages = [_seconds(later, earlier) for later, earlier in pairs if later is not None and earlier is not None]
        return [age for age in ages if age >= 0] or [0.0]

    def environment(self) -> dict[str, str]:
        """What the environment is named by that it remembers; nothing when it is new, or of an older release."""
        rows = self._database.ask("SELECT name, value FROM environment ORDER BY name DESC")
        with self._database.understood():
            return {str.strip(name): str.strip(value) for name, value in rows}

    def bind(self, names: Mapping[str, str]) -> None:
        """Note what the environment is named by."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM environment")
            cursor.executemany("INSERT INTO environment VALUES (?, ?)", names.items())

    def company_ids(self) -> list[str]:
        """Ids of the companies that it knows records of."""
        return [company_id for (company_id,) in self._database.ask("SELECT DISTINCT company_id FROM units")]

    def newest(
        self, count: int, lasting: Collection[str] | None = None, *, but: Collection[str] = ()
    ) -> list[LastWritten]:
        """The units that were carried through last, of those that stay: posted ones, or records of lasting kinds.

        Args:
            count: How many.
            lasting: Names of kinds; None for what is posted.
            but: Names of kinds that are left out.
        """
        marks, others = (", ".join("?" * len(names)) for names in (lasting or (), but))
        rows = self._database.ask(
            "SELECT company_id, entity, id, coalesce(number, ''), changed_at FROM units "  # noqa: S608 - marks alone
            "WHERE finished AND id IS NOT NULL AND hash <> '' "
            f"AND {'posted' if lasting is None else f'entity IN ({marks})'} AND entity NOT IN ({others}) "
            "ORDER BY changed_at DESC LIMIT ?",
            (*(lasting or ()), *but, count),
        )
        return [LastWritten(*row) for row in rows]

    def recall(self, key: UnitKey) -> Remembered | None:
        """What is known of a unit."""
        rows = self._database.ask(
            "SELECT hash, finished, posted, id, number, posted_number, etag FROM units "
            "WHERE company_id = ? AND entity = ? AND identity = ?",
            _values(key),
        )
        if not rows:
            return None
        hash_, finished, posted, id_, number, posted_number, etag = rows[0]
        if id_ is None and not finished:
            id_ = next((row_id for (row_id,) in self._database.ask(_CREATED, _values(key))), None)
        lines = self._database.ask(
            "SELECT line, id FROM lines WHERE company_id = ? AND entity = ? AND identity = ?", _values(key)
        )
        versions = () if finished else self._database.ask(_UNANSWERED, _values(key))
        called_at = next((str(version) for (version,) in versions), None)
        return Remembered(hash_, bool(finished), bool(posted), id_, number, dict(lines), posted_number, etag, called_at)

    def came(self, position: int) -> int:
        """When a record of this run came: greater than for all that came before it, in this run or an earlier one.

        Args:
            position: Its place in the input, counted from 1.
        """
        self._begin()
        return self._began + position

    def has_newer(self, key: UnitKey, hash_: str, *, came: int, since: str) -> bool:
        """Whether another version of a unit was carried through that came behind a record.

        Args:
            key: The unit.
            hash_: Of the record.
            came: When the record came, as `came` returned it; 0 where that is not known.
            since: When it was rejected, in UTC, which decides where that is not known.
        """
        rows = self._database.ask(
            "SELECT 1 FROM units WHERE company_id = ? AND entity = ? AND identity = ? AND finished "
            "AND hash <> '' AND substr(hash, 1, length(?)) <> ? "
            "AND CASE WHEN ? THEN CAST(came AS INTEGER) > ? ELSE changed_at >= datetime(?) END",
            (*_values(key), hash_, hash_, came, came, since),
        )
        return bool(rows)

    def rivals(self, key: UnitKey, *, number: str | None, ids: Iterable[str]) -> tuple[Rival, ...]:
        """Other units that are known by this number, or that have one of these ids."""
        wanted = list(ids)
        if number is None and not wanted:
            return ()
        marks = ", ".join("?" * len(wanted))
        rows = self._database.ask(
            "SELECT identity, id, posted FROM units WHERE company_id = ? AND entity = ? AND identity <> ? "  # noqa: S608 - marks alone
            f"AND id IS NOT NULL AND (number = ? OR id IN ({marks})) ORDER BY identity",
            (*_values(key), number, *wanted),
        )
        return tuple(Rival(identity, id_, bool(posted)) for identity, id_, posted in rows)

    def posted(self, company_id: str, entity: str, number: str) -> list[str]:
        """Identities of the units that were posted with a number."""
        rows = self._database.ask(
            "SELECT identity FROM units WHERE company_id = ? AND entity = ? AND number = ? AND finished AND posted",
            (company_id, entity, number),
        )
        return [identity for (identity,) in rows]

    def doubtful_for(self, key: UnitKey, path: str) -> float | None:
        """Seconds since a create below a path was last sent without anybody knowing what became of it; None: never.

        A `%` in the path stands for anything. Nobody knows it either when the run ended before it could note a result.
        Where this machine's clock and the service's differ, it is the shorter time.
        """
        rows = self._database.ask(
            "SELECT intended_at, served_at FROM requests WHERE company_id = ? "
            "AND entity = ? AND identity = ? AND method = 'POST' AND path LIKE ? "
            "AND coalesce(result, 'unknown') = 'unknown'",
            (*_values(key), path),
        )
        return min((min(self._ages(*row)) for row in rows), default=None)

    def unseen_for(self, key: UnitKey, path: str) -> float | None:
        """Seconds since a create below a path was first sent that nobody has seen: refused, or not answered.

        A `%` in the path stands for any id. Where this machine's clock and the service's differ, it is the longer time.
        """
        rows = self._database.ask(
            "SELECT intended_at, served_at FROM requests WHERE company_id = ? "
            "AND entity = ? AND identity = ? AND method = 'POST' AND path LIKE ? "
            "AND coalesce(result, 'unknown') NOT IN ('done', 'settled')",
            (*_values(key), path),
        )
        return max((max(self._ages(*row)) for row in rows), default=None)

    def was_sent(self, key: UnitKey, path: str) -> bool:
        """Whether anything was sent to a path for a unit, whatever came of it."""
        return bool(
            self._database.ask(
                "SELECT 1 FROM requests WHERE company_id = ? AND entity = ? AND identity = ? AND method = 'POST' "
                "AND path = ? LIMIT 1",
                (*_values(key), path),
            )
        )

    def was_done(self, key: UnitKey, path: str) -> bool:
        """Whether the service has answered that what was sent to a path for a unit is done."""
        return bool(
            self._database.ask(
                "SELECT 1 FROM requests WHERE company_id = ? AND entity = ? AND identity = ? AND method = 'POST' "
                "AND path = ? AND result = 'done' LIMIT 1",
                (*_values(key), path),
            )
        )

    def others(self, key: UnitKey, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that other units of the company and entity have, finished or under way."""
        wanted = list(ids)
        marks = ", ".join("?" * len(wanted))
        rows = self._database.ask(
            "SELECT id FROM units WHERE company_id = ? AND entity = ? AND identity <> ? "  # noqa: S608 - marks alone
            f"AND id IN ({marks}) UNION SELECT row_id FROM requests WHERE company_id = ? AND entity = ? "
            f"AND identity <> ? AND result = 'done' AND row_id IN ({marks})",
            (*_values(key), *wanted, *_values(key), *wanted),
        )
        return frozenset(id_ for (id_,) in rows)

    def note_found(self, key: UnitKey, path: str, before: str | None, noted: Noted) -> None:
        """Note that what a create was to make is there, although it was refused or not answered.

        Args:
            key: The unit.
            path: Where it was created.
            before: What turned the create back while nobody knew of it, as it was intended.
            noted: What became of it; its number is not asked for.
        """
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE requests SET result = ?, undo = ?, row_id = ? WHERE number = (SELECT max(number) FROM requests "
                "WHERE company_id = ? AND entity = ? AND identity = ? AND method = 'POST' AND path = ? "
                "AND coalesce(result, 'unknown') NOT IN ('done', 'settled') AND undo IS ?)",
                (noted.result, noted.undo, noted.row_id, *_values(key), path, before),
            )

    def is_in_doubt(self, key: UnitKey) -> bool:
        """Whether anything was sent for a unit of which nobody knows what became."""
        rows = self._database.ask(
            "SELECT 1 FROM requests WHERE company_id = ? AND entity = ? AND identity = ? "
            "AND coalesce(result, 'unknown') = 'unknown' LIMIT 1",
            _values(key),
        )
        return bool(rows)

    def keep_uncertain(self, key: UnitKey, record: str) -> None:
        """Keep a record of which nobody knows whether it was written, as text that the memory only keeps."""
        with self._database.transaction() as cursor:
            cursor.execute("INSERT OR REPLACE INTO uncertain VALUES (?, ?, ?, ?)", (*_values(key), record))

    def uncertain(self) -> dict[UnitKey, str]:
        """The records of which nobody knows whether they were written, as they were handed over."""
        rows = self._database.ask("SELECT company_id, entity, identity, record FROM uncertain")
        return {UnitKey(*key): record for *key, record in rows}

    def forget_uncertain(self, key: UnitKey) -> None:
        """Keep a record no longer of which nobody knew whether it was written."""
        with self._database.transaction() as cursor:
            cursor.execute(_NOT_UNCERTAIN, _values(key))

    def note_content(self, company_id: str, id_: str, size: int, sha256: str) -> None:
        """Remember what an attached file holds."""
        with self._database.transaction() as cursor:
            cursor.execute("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)", (company_id, id_, size, sha256))

    def content(self, company_id: str, id_: str, size: int) -> str | None:
        """The hash of what an attached file of a size holds; None when that is not known."""
        question = "SELECT sha256 FROM contents WHERE company_id = ? AND id = ? AND bytes = ?"
        row = next(iter(self._database.ask(question, (company_id, id_, size))), None)
        return None if row is None else str(row[0])

    def settle_doubt(self, key: UnitKey) -> None:
        """Note that what was in doubt has been seen: whatever a request was to create is there."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE requests SET result = 'settled' WHERE company_id = ? AND entity = ? AND identity = ? "
                "AND coalesce(result, 'unknown') = 'unknown'",
                _values(key),
            )

    def unfinished(self) -> int:
        """How many units an earlier run began and did not carry through."""
        ((count,),) = self._database.ask("SELECT count(*) FROM units WHERE NOT finished")
        return int(count)

    def intend(self, requests: Iterable[Intention]) -> list[int]:
        """Note requests before they are sent.

        Returns:
            A number for each, for `note_results`.
        """
        self._begin()
        numbers = []
        moments = self._moments()
        now, served_at = moments["now"], moments["served_at"]
        with self._database.transaction() as cursor:
            for each in requests:
                if each.begins:
                    cursor.execute(
                        "INSERT INTO units (company_id, entity, identity, hash, finished, changed_at, came) "  # noqa: S608 - a constant
                        "VALUES (?, ?, ?, ?, 0, ?, ?) "
                        "ON CONFLICT DO UPDATE SET hash = excluded.hash, finished = 0, "
                        f"changed_at = excluded.changed_at, {_CAME}",
                        (*_values(each.key), each.hash, now, self.came(each.position), each.position),
                    )
                cursor.execute(
                    "INSERT INTO requests (company_id, entity, identity, method, path, intended_at, served_at, undo, "
                    "version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*_values(each.key), each.method, each.path, now, served_at, each.undo, each.version),
                )
                numbers.append(int(cursor.lastrowid or 0))
        return numbers

    def note_results(self, results: Iterable[Noted]) -> None:
        """Note what became of requests."""
        with self._database.transaction() as cursor:
            cursor.executemany(
                "UPDATE requests SET result = ?, undo = coalesce(?, undo), row_id = ? WHERE number = ?",
                [(each.result, each.undo, each.row_id, each.number) for each in results],
            )

    def to_turn_back(self, key: UnitKey) -> list[Undo]:
        """What turns back what was written for a unit and not carried through, in any run; the latest first."""
        rows = self._database.ask(
            "SELECT number, undo FROM requests WHERE company_id = ? AND entity = ? AND identity = ? "
            "AND undo IS NOT NULL AND coalesce(result, 'unknown') <> 'failed' ORDER BY number DESC",
            _values(key),
        )
        return [Undo(key, number, text) for number, text in rows]

    def refused_units(self) -> list[UnitKey]:
        """Units that were refused, and of which something is still there."""
        rows = self._database.ask(
            "SELECT DISTINCT company_id, entity, identity FROM requests AS r WHERE undo IS NOT NULL "
            "AND coalesce(result, 'unknown') <> 'failed' AND NOT EXISTS (SELECT 1 FROM units AS u WHERE NOT finished "
            "AND u.company_id = r.company_id AND u.entity = r.entity AND u.identity = r.identity)"
        )
        return [UnitKey(*row) for row in rows]

    def turned_back(self, number: int) -> None:
        """Note that a request was turned back."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM requests WHERE number = ?", (number,))

    def give_up(self, number: int, after_seconds: float) -> bool:
        """Forget a request that left nothing to be found, once it cannot be carried out any more.

        Returns:
            Whether it is forgotten.
        """
        rows = self._database.ask("SELECT intended_at, served_at FROM requests WHERE number = ?", (number,))
        if not rows or min(self._ages(*rows[0])) < after_seconds:
            return False
        self.turned_back(number)
        return True

    def stand_by(self, key: UnitKey) -> None:
        """Note that nothing of a unit is to be turned back any more: it is done, or cannot be had again."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE requests SET undo = NULL WHERE company_id = ? AND entity = ? AND identity = ?", _values(key)
            )

    def finish(
        self,
        key: UnitKey,
        hash_: str,
        *,
        posted: bool,
        id_: str | None,
        number: str | None,
        lines: Mapping[str, str],
        posted_number: str | None = None,
        etag: str | None = None,
        position: int = 0,
    ) -> None:
        """Note that a unit was carried through; `position` as of an `Intention`."""
        self._begin()
        with self._database.transaction() as cursor:
            cursor.execute(
                "INSERT INTO units (company_id, entity, identity, hash, finished, posted, id, number, posted_number, "  # noqa: S608 - a constant
                "etag, changed_at, came) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "hash = excluded.hash, finished = 1, posted = excluded.posted, id = excluded.id, "
                "number = excluded.number, etag = excluded.etag, posted_number = excluded.posted_number, "
                f"changed_at = excluded.changed_at, {_CAME}",
                (
                    *(*_values(key), hash_, int(posted), id_, number, posted_number, etag),
                    *(self._moments()["now"], self.came(position), position),
                ),
            )
            cursor.execute(_OF_UNIT, _values(key))
            cursor.execute(_NOT_UNCERTAIN, _values(key))
            cursor.execute("DELETE FROM lines WHERE company_id = ? AND entity = ? AND identity = ?", _values(key))
            cursor.executemany(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?)", [(*_values(key), line, id_) for line, id_ in lines.items()]
            )

    def abandon(self, key: UnitKey, *, stays: str | None = None) -> None:
        """Note that a unit was refused, and that what it was before is to be looked up.

        What is in doubt stays so, and what is to be turned back is still known. Of a unit without an id the next run
        looks for what may have come of a create that nobody answered, whatever the unit was refused for.

        Args:
            key: The unit.
            stays: The id of what it has created and leaves there, if nothing but its id tells whose it is.
        """
        may_be_there = self.is_in_doubt(key)
        with self._database.transaction() as cursor:
            cursor.execute(f"{_OF_UNIT} AND undo IS NULL AND coalesce(result, 'unknown') <> 'unknown'", _values(key))
            cursor.execute(_NOT_UNCERTAIN, _values(key))
            if not may_be_there:
                cursor.execute(_UNWRITTEN, _values(key))
            cursor.execute(_REFUSED, _values(key))
            if stays is not None:
                cursor.execute(
                    "INSERT INTO units (company_id, entity, identity, hash, finished, id) VALUES (?, ?, ?, '', 1, ?) "
                    "ON CONFLICT DO UPDATE SET id = excluded.id",
                    (*_values(key), stays),
                )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _seconds(later: str, earlier: str) -> float:
    """Seconds from one moment to another; a moment that is none is long ago."""
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (TypeError, ValueError):
        return math.inf


def _values(key: UnitKey) -> tuple[str, str, str]:
    return (key.company_id, key.entity, key.identity)

"""Which ids does each side have, how many are they, and which has one side alone?

Ids of both sides go into one temporary database, so that millions of them fit, come out in order, and are compared
where they lie. What sides and their ids are is nobody's matter here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tap_dynamics_bc.deletions.identity import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Self

SideName: TypeAlias = Literal["source", "destination"]

SOURCE: SideName = "source"
DESTINATION: SideName = "destination"


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """What is compared with one another.

    Attributes:
        stream: A stream.
        company_id: The company whose rows they are, in lower case; empty for streams of the environment.
    """

    stream: str
    company_id: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What one side has of a part.

    Attributes:
        rows: How many ids.
        hash: Of all of them in order.
        doubled: How many rows there are beyond the first of each id.
    """

    rows: int
    hash: str
    doubled: int


class Sides:
    """The ids of both sides."""

    def __init__(self) -> None:
        # A database without a name is a file that nobody else sees, and that goes with this process.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "create table ids (stream text, company text, side text, id text, times integer, young integer, "
            "version integer, primary key (stream, company, side, id)) without rowid"
        )
        self._database.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def put(
        self, side: SideName, ids: Iterable[tuple[Part, str, bool]], *, merge: bool = False, version: int = 0
    ) -> None:
        """Add ids.

        Args:
            side: Whose they are.
            ids: What of, the id, and whether its row is younger than what is compared.
            merge: Whether an id that is there already is the same row once more, and not another one.
            version: The version of the stream that they belong to.
        """
        again = "version = excluded.version" if merge else "times = times + 1"
        self._database.executemany(
            f"insert into ids values (?, ?, ?, ?, 1, ?, ?) on conflict do update set {again}",  # noqa: S608 - no value
            ((part.stream, part.company_id, side, each, young, version) for part, each, young in ids),
        )

    def remove(self, side: SideName, part: Part, ids: Iterable[str]) -> None:
        """Take ids away."""
        self._database.executemany(
            "delete from ids where stream = ? and company = ? and side = ? and id = ?",
            ((part.stream, part.company_id, side, each) for each in ids),
        )

    def activate(self, side: SideName, stream: str, version: int) -> None:
        """Take away what is of another version of a stream, in all companies."""
        self._database.execute(
            "delete from ids where stream = ? and side = ? and version <> ?", (stream, side, version)
        )

    def has(self, side: SideName, part: Part, row_id: str) -> bool:
        """Whether a side has an id."""
        found = self._database.execute(
            "select 1 from ids where stream = ? and company = ? and side = ? and id = ?",
            (part.stream, part.company_id, side, row_id),
        )
        return found.fetchone() is not None

    def parts(self, side: SideName) -> set[Part]:
        """What a side has ids of."""
        rows = self._database.execute("select distinct stream, company from ids where side = ?", (side,))
        return {Part(*row) for row in rows}

    def tally(self, side: SideName, part: Part) -> Tally:
        """What a side has of a part."""
        fingerprint, doubled = Fingerprint(), 0
        rows = self._database.execute(
            "select id, times from ids where stream = ? and company = ? and side = ? order by id",
            (part.stream, part.company_id, side),
        )
        for each, times in rows:
            fingerprint.add(each)
            doubled += times - 1
        return Tally(fingerprint.rows, fingerprint.hash, doubled)

    def only(self, side: SideName, other: SideName, part: Part) -> Iterator[tuple[str, bool]]:
        """The ids that one side has alone, in order, each with whether its row is young."""
        rows = self._database.execute(
            "select one.id, one.young from ids one left join ids other on other.stream = one.stream "
            "and other.company = one.company and other.side = ? and other.id = one.id "
            "where one.stream = ? and one.company = ? and one.side = ? and other.id is null order by one.id",
            (other, part.stream, part.company_id, side),
        )
        return ((each, bool(young)) for each, young in rows.fetchall())

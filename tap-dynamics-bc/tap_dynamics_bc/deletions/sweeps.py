"""Which keys has a look at the whole of a source seen?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_dynamics_bc.deletions.page_keys import FLAT, MET, WITH_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dynamics_bc_client.store_database import StoreDatabase
    from tap_dynamics_bc.deletions.page_keys import PageKeys


_KEYS_ALONE = "INSERT INTO temp.swept SELECT ?, value, NULL FROM json_each(?)"
_KEEP = {
    FLAT: _KEYS_ALONE,
    WITH_ROOT: (
        "INSERT INTO temp.swept SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)"
    ),
    MET: _KEYS_ALONE,
}
"""How the keys of a page are kept, by the shape that they come in."""


class Sweep:
    """The keys that one sweep sees, on the disk: two million of them take no memory worth a word.

    Args:
        database: The index's, which has a room for it that goes with the connection.
    """

    def __init__(self, database: StoreDatabase) -> None:
        self._database = database
        self._is_indexed = False
        with self._database.explained():
            database.connection.execute("DROP TABLE IF EXISTS temp.swept")
            database.connection.execute("CREATE TEMP TABLE swept (place INTEGER, key TEXT, root TEXT)")

    def add(self, pages: Iterable[PageKeys]) -> None:
        """Keep the keys of a page."""
        with self._database.explained():
            for page in pages:
                for place, shape, body in page.bodies():
                    self._database.connection.execute(_KEEP[shape], (place, body))

    def sorted_keys(self, places: Sequence[int]) -> Iterator[str]:
        """The keys of some places, in order, each once."""
        marks = ", ".join("?" * len(places))
        with self._database.explained():
            cursor = self._database.connection.execute(
                f"SELECT DISTINCT key FROM temp.swept WHERE place IN ({marks}) ORDER BY key",  # noqa: S608 - marks alone
                places,
            )
            for (key,) in cursor:
                yield key

    def root_of(self, place: int, key: str) -> str | None:
        """The source's row that a row came with."""
        rows = self._find(place, key)
        return rows[0][0] if rows else None

    def has(self, place: int, key: str) -> bool:
        """Whether a row was seen."""
        return bool(self._find(place, key))

    def has_any(self, place: int) -> bool:
        """Whether any row of a place was seen."""
        with self._database.explained():
            return bool(
                self._database.connection.execute(
                    "SELECT 1 FROM temp.swept WHERE place = ? LIMIT 1", (place,)
                ).fetchall()
            )

    def _find(self, place: int, key: str) -> list[Any]:
        with self._database.explained():
            if not self._is_indexed:
                self._database.connection.execute("CREATE INDEX temp.swept_by_key ON swept (place, key)")
                self._is_indexed = True
            return self._database.connection.execute(
                "SELECT root FROM temp.swept WHERE place = ? AND key = ?", (place, key)
            ).fetchall()

    def close(self) -> None:
        """Forget them."""
        with self._database.explained():
            self._database.connection.execute("DROP TABLE IF EXISTS temp.swept")

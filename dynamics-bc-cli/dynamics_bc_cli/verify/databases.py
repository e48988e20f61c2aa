"""How are DuckDB and PostgreSQL opened for reading?

Their libraries come with the extra `verify` and are imported when they are needed.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FETCHED = 20_000
_LOCKED = "Could not set lock on file"
COLUMNS = (
    "select table_schema, table_name, column_name from information_schema.columns "
    "where table_schema not in ('information_schema', 'pg_catalog')"
)


class DuckDB:
    """A DuckDB file."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def columns(self) -> Sequence[tuple[str, str, str]]:
        """Schema, table and column of everything there is."""
        found: Sequence[tuple[str, str, str]] = self._connection.execute(COLUMNS).fetchall()
        return found

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        """The rows of a query."""
        cursor = self._connection.execute(query)
        while found := cursor.fetchmany(FETCHED):
            yield from found


class PostgreSQL:
    """A PostgreSQL database, as it stood at the first query."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def columns(self) -> Sequence[tuple[str, str, str]]:
        """Schema, table and column of everything there is."""
        found: Sequence[tuple[str, str, str]] = self._connection.execute(COLUMNS).fetchall()
        return found

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        """The rows of a query, which the server keeps until they are fetched."""
        with self._connection.cursor(name="ids") as cursor:
            cursor.itersize = FETCHED
            cursor.execute(query)
            yield from cursor


@contextlib.contextmanager
def open_duckdb(path: Path) -> Iterator[DuckDB]:
    """A DuckDB file.

    Raises:
        ConfigurationError: It is not there, cannot be opened, or the library is not installed.
    """
    duckdb = _library("duckdb", "DuckDB")
    if not is_there(path):
        raise ConfigurationError(f'There is no DuckDB file "{path}".')
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        if _LOCKED in str(error):
            raise ConfigurationError(
                f'The DuckDB file "{path}" is open in another program, such as a loader: wait until that has ended.'
            ) from error
        raise ConfigurationError(f'The DuckDB file "{path}" cannot be opened: {_first_line(error)}') from error
    with contextlib.closing(connection):
        yield DuckDB(connection)


@contextlib.contextmanager
def open_postgresql(url: str) -> Iterator[PostgreSQL]:
    """A PostgreSQL database; what its URL leaves out comes from PGHOST, PGPASSWORD and the like.

    Raises:
        ConfigurationError: It cannot be reached, or the library is not installed.
    """
    psycopg = _library("psycopg", "PostgreSQL")
    try:
        connection = psycopg.connect(url)
    except psycopg.Error as error:
        raise ConfigurationError(f"PostgreSQL cannot be reached: {_first_line(error)}") from error
    with connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield PostgreSQL(connection)


def _library(name: str, database: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigurationError(
            f'{database} needs the library {name}: pip install "dynamics-bc-singer[verify]".'
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]

"""Which destination is compared, and how are its ids put down?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dynamics_bc_cli.verify.databases import open_duckdb, open_postgresql
from dynamics_bc_cli.verify.known_keys import check_known_keys, read_known_keys
from dynamics_bc_cli.verify.sides import SOURCE
from dynamics_bc_cli.verify.singer_file import check_singer_file, read_singer_file
from dynamics_bc_cli.verify.warehouse import Tables
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.outgoing import hide_password_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dynamics_bc_cli.verify.sides import Sides
    from dynamics_bc_cli.verify.streams import Compared
    from dynamics_bc_cli.verify.warehouse import Warehouse


class Destination(Protocol):
    """What is compared with the service."""

    def check(self) -> None:
        """See that it is there, before the service is asked for all its ids.

        Raises:
            ConfigurationError: It is not, or cannot be read.
        """

    def read(self, sides: Sides, streams: Mapping[str, Compared]) -> None:
        """Put down the ids of these streams; those of the service are there.

        Raises:
            ConfigurationError: There is no such place, or it is another one.
        """


@dataclass(frozen=True, slots=True)
class SingerFile:
    """A file of Singer messages."""

    path: Path

    def check(self) -> None:
        """See that it can be opened."""
        check_singer_file(self.path)

    def read(self, sides: Sides, streams: Mapping[str, Compared]) -> None:
        """Put down what its records leave behind."""
        read_singer_file(self.path, sides, streams)


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The tap's index of known keys."""

    store: Path

    def check(self) -> None:
        """See that there is one."""
        check_known_keys(self.store)

    def read(self, sides: Sides, streams: Mapping[str, Compared]) -> None:
        """Put down what was emitted and not deleted again."""
        read_known_keys(self.store, sides, streams.keys())


@dataclass(frozen=True, slots=True)
class Database:
    """The tables of one schema of a database.

    Attributes:
        open: Opens the database.
        schema: The schema.
    """

    open: Callable[[], AbstractContextManager[Warehouse]]
    schema: str

    def check(self) -> None:
        """Open it and close it again."""
        with self.open():
            pass

    def read(self, sides: Sides, streams: Mapping[str, Compared]) -> None:
        """Put down what the tables hold. A stream without rows needs no table: some loaders make none."""
        with self.open() as warehouse:
            tables = Tables(warehouse, self.schema)
            lacking = [name for name, each in streams.items() if not tables.read(sides, each)]
        filled = {part.stream for part in sides.parts(SOURCE)}
        if wanted := [name for name in lacking if name in filled]:
            raise ConfigurationError(
                f'The schema "{tables.schema}" has no table for {", ".join(wanted)}; it has {tables.names()}.'
            )


def chosen(
    *, duckdb: Path | None, postgres: str | None, singer: Path | None, store: Path | None, schema: str | None
) -> Destination:
    """The one destination that was named.

    Raises:
        ConfigurationError: None or several were, or a database without its schema.
    """
    named = [each for each in (duckdb, postgres, singer, store) if each is not None]
    if len(named) != 1:
        raise ConfigurationError("Name one destination: --duckdb FILE, --postgres URL, --singer FILE or --index.")
    if schema is not None and (singer or store):
        raise ConfigurationError("--schema is for databases; a Singer file and the index have none.")
    if singer is not None:
        return SingerFile(singer)
    if store is not None:
        return KnownKeys(store)
    if schema is None:
        raise ConfigurationError("Name the schema of the tables with --schema: the loader's default_target_schema.")
    if duckdb is not None:
        return Database(lambda: open_duckdb(duckdb), schema)
    assert postgres is not None  # one of the three is named
    hide_password_of(postgres)
    return Database(lambda: open_postgresql(postgres), schema)

"""Which ids do the tables of a warehouse have?

Loaders spell names in their own ways (small letters, underscores), so tables and columns are found by what their names
have in common. Only what is read stands in a query, and every name of it is quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dynamics_bc_cli.verify.sides import DESTINATION, Part
from dynamics_bc_cli.verify.streams import DELETED_AT
from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.streams.columns import COMPANY_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dynamics_bc_cli.verify.sides import Sides
    from dynamics_bc_cli.verify.streams import Compared

NAMES_SHOWN = 10


class Warehouse(Protocol):
    """A database, opened for reading."""

    def columns(self) -> Sequence[tuple[str, str, str]]:
        """Schema, table and column of everything there is."""

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        """The rows of a query, as they come."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a stream."""

    schema: str
    name: str
    columns: Mapping[str, str]

    @property
    def quoted(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def column(self, name: str) -> str | None:
        """The table's column for a property, quoted; None when it has none."""
        found = self.columns.get(bare(name))
        return None if found is None else quoted(found)


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def bare(name: str) -> str:
    """What loaders leave of a name in common."""
    return name.replace("_", "").casefold()


class Tables:
    """The tables of one schema.

    Args:
        warehouse: Where they are.
        schema: The schema's name, in any case.

    Raises:
        ConfigurationError: There is no such schema, or there are two that are told apart by case alone.
    """

    def __init__(self, warehouse: Warehouse, schema: str) -> None:
        self._warehouse = warehouse
        self._columns: dict[str, dict[str, list[str]]] = {}
        for each, table, column in warehouse.columns():
            self._columns.setdefault(each, {}).setdefault(table, []).append(column)
        alike = [each for each in self._columns if each.casefold() == schema.casefold()]
        chosen = [schema] if schema in alike else alike
        if len(chosen) != 1:
            raise ConfigurationError(
                f'The database has no schema "{schema}" with tables in it; it has {_listed(self._columns)}.'
                if not chosen
                else f'The database has several schemas "{schema}": name one of {_listed(chosen)} with --schema.'
            )
        self._schema = chosen[0]

    def read(self, sides: Sides, compared: Compared) -> bool:
        """Put down the ids of a stream's table; returns whether there is one.

        Raises:
            ConfigurationError: There are two tables, or the table lacks a column of the key.
        """
        table = self._table(compared)
        if table is None:
            return False
        names = (*((COMPANY_ID.name,) if compared.stream.in_company else ()), *compared.identity)
        columns = [table.column(name) for name in names]
        if lacking := [name for name, column in zip(names, columns, strict=True) if column is None]:
            raise ConfigurationError(
                f"The table {table.quoted} has no column {', '.join(lacking)}, which is part of the key of "
                f'"{compared.name}".'
            )
        deleted = table.column(DELETED_AT)
        alive = f" where {deleted} is null" if deleted else ""
        listed = ", ".join(column for column in columns if column)
        rows = self._warehouse.rows(f"select {listed} from {table.quoted}{alive}")  # noqa: S608 - names are quoted
        sides.put(DESTINATION, (_identified(compared, row) for row in rows))
        return True

    def names(self) -> str:
        """The tables, for a message."""
        return _listed(self._columns[self._schema])

    @property
    def schema(self) -> str:
        """The schema, as the database spells it."""
        return self._schema

    def _table(self, compared: Compared) -> _Table | None:
        tables = self._columns[self._schema]
        alike = [name for name in tables if bare(name) == bare(compared.name)]
        exact = [name for name in alike if name == compared.name] or alike
        if len(exact) > 1:
            raise ConfigurationError(
                f'The schema "{self._schema}" has several tables for "{compared.name}": {_listed(exact)}.'
            )
        if not exact:
            return None
        return _Table(self._schema, exact[0], {bare(column): column for column in tables[exact[0]]})


def _identified(compared: Compared, row: Sequence[Any]) -> tuple[Part, str, bool]:
    company, parts = (row[0], row[1:]) if compared.stream.in_company else ("", row)
    return Part(compared.name, str(company or "").lower()), compared.of_parts(parts), False


def _listed(names: Mapping[str, Any] | Sequence[str]) -> str:
    shown = sorted(names)
    more = len(shown) - NAMES_SHOWN
    text = ", ".join(f'"{name}"' for name in shown[:NAMES_SHOWN]) or "none"
    return f"{text} and {more} more" if more > 0 else text

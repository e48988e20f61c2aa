"""The control `tables`: set-up that no entity set shows, such as invoice discounts, is read and replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.checking import checked
from dynamics_bc_emulator.rows.company import resolve_company
from dynamics_bc_emulator.rows.set_up_tables import TABLES, completed, internal_set, place

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.emulator import Emulator

_REQUEST: dict[str, type] = {"company": str, "table": str, "rows": list}


def tables(emulator: Emulator, company: str) -> dict[str, list[dict[str, Any]]]:
    """Every table of a company with its rows.

    Raises:
        Refusal: There is no such company.
    """
    store = emulator.service.store
    company_id = resolve_company(store, company)
    rows = {table: store.find(company_id, internal_set(table)) for table in TABLES}
    return {table: [completed(table, row) for row in sorted(kept, key=place)] for table, kept in rows.items()}


def set_table(emulator: Emulator, body: Any) -> dict[str, list[dict[str, Any]]]:
    """Replace all rows of one table: `company`, `table`, `rows`.

    Returns:
        Every table of the company.

    Raises:
        KeyError: The company, the table or its rows are missing, or there is no such table.
        ValueError: A row has an unknown column, or a value that the column does not take.
        Refusal: There is no such company.
    """
    told = checked(body, "a table", _REQUEST)
    table, store = told["table"], emulator.service.store
    if table not in TABLES:
        raise KeyError(f"the table {table} (there are {', '.join(TABLES)})")
    rows = [_row(table, raw) for raw in told["rows"]]
    company_id = resolve_company(store, told["company"])
    with store.transaction():
        for row in store.find(company_id, internal_set(table)):
            store.delete(company_id, internal_set(table), row["id"])
        for number, row in enumerate(rows):
            store.insert(company_id, internal_set(table), {**row, "_place": number})
    return tables(emulator, told["company"])


def _row(table: str, raw: Any) -> dict[str, Any]:
    columns = TABLES[table]
    row = completed(table, checked(raw, f"a row of {table}", {name: column.type for name, column in columns.items()}))
    for name, column in columns.items():
        if column.members and row[name] not in column.members:
            raise ValueError(f"{name} of {table} is one of {', '.join(map(repr, column.members))}, not {row[name]!r}")
    return row

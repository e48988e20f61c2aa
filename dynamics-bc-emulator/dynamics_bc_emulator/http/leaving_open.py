"""The control that leaves transactions open, and ends them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.checking import checked
from dynamics_bc_emulator.http.edited_rows import row_values
from dynamics_bc_emulator.rows.company import Company, resolve_company
from dynamics_bc_emulator.rows.transactions import Change
from dynamics_bc_emulator.rules.ledger import next_entry_number
from dynamics_bc_emulator.stamps import from_stamp, rounded, to_milliseconds

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.emulator import Emulator

_TRANSACTION: dict[str, type] = {"rows": list, "seen": bool, "transaction": int, "end": str}
_ROW: dict[str, type] = {
    "company": str,
    "entity_set": str,
    "id": str,
    "set": dict,
    "stamp": str,
    "delete": bool,
}


def change_transaction(emulator: Emulator, body: Any) -> dict[str, Any]:
    """Begin a transaction, or end one.

    Args:
        emulator: Where.
        body: To begin: `rows`, each as an edit has them, and `seen`, whether reads of the primary see them before they
            are committed (true unless said). To end: `transaction`, its number, and `end`, `commit` or `rollback`.

    Returns:
        The number of the transaction, and the ids of its rows.

    Raises:
        KeyError: There is no such company, set or transaction.
        ValueError: Something in it makes no sense.
    """
    told = checked(body, "a transaction", _TRANSACTION)
    if ("rows" in told) == ("end" in told):
        raise ValueError("a transaction has rows to begin with, or an end")
    transactions = emulator.service.transactions
    if "rows" in told:
        changes = [_change(emulator, row) for row in told["rows"]]
        emulator.touch()
        number = transactions.begin(_numbered(emulator, changes), is_seen=told.get("seen", True))
        return {"transaction": number, "ids": [held.id for held in transactions.open[number].rows]}
    number = told["transaction"]
    ends = {"commit": transactions.commit, "rollback": transactions.roll_back}
    if told["end"] not in ends:
        raise ValueError(f"a transaction ends with commit or rollback, not with {told['end']!r}")
    held = transactions.open.get(number)
    ends[told["end"]](number)
    return {"transaction": number, "ids": [one.id for one in held.rows] if held else []}


def _change(emulator: Emulator, raw: Any) -> Change:
    told = checked(raw, "a row of a transaction", _ROW)
    known = emulator.service.standard.catalogue.sets.get(told["entity_set"])
    if known is None and not told["entity_set"].startswith("_"):
        raise KeyError(told["entity_set"])
    company = resolve_company(emulator.service.store, told["company"]) if told.get("company") else ""
    if told.get("delete") and "id" not in told:
        raise KeyError("id")
    values = None if told.get("delete") else row_values(known, told.get("set", {}))
    now = rounded(to_milliseconds(emulator.service.clock()))
    stamp = from_stamp(told["stamp"]) if "stamp" in told else now
    return Change(company, told["entity_set"], told["id"].lower() if "id" in told else None, values, stamp)


def _numbered(emulator: Emulator, changes: list[Change]) -> list[Change]:
    """New ledger entries with the next numbers of their ledger, unless they have their own."""
    service = emulator.service
    last: dict[tuple[str, str], int] = {}
    numbered = []
    for change in changes:
        known, place = service.standard.catalogue.sets.get(change.entity_set), (change.company, change.entity_set)
        if change.values is None or change.id is not None or known is None or "entryNumber" not in known.properties:
            numbered.append(change)
            continue
        if place not in last:
            company = Company(change.company, service.store, service.clock)
            last[place] = next_entry_number(company, change.entity_set) - 1
        number = int(change.values.get("entryNumber", last[place] + 1))
        last[place] = max(number, last[place])
        numbered.append(replace(change, values={**change.values, "entryNumber": number}))
    return numbered


def transactions(emulator: Emulator) -> list[dict[str, Any]]:
    """The transactions that are open."""
    return [
        {"transaction": number, "seen": one.is_seen, "ids": [held.id for held in one.rows]}
        for number, one in emulator.service.transactions.open.items()
    ]

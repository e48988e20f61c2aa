"""The rows that the further APIs keep for themselves: users, permissions, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.seed.books import make_id
from dynamics_bc_emulator.stamps import rounded, to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dynamics_bc_emulator.rows.store import Store
    from dynamics_bc_emulator.shown_routes import Kept

# A value that is another row's id: the set and the place of the row.
_REFERENCE = "@"
_DAY, _MINUTE = 86_400_000, 60_000


def put(store: Store, sets: Iterable[Kept], seed: int, start: datetime) -> None:
    """Give each set that has no rows yet those it begins with, a day older than the emulator."""
    newest = to_milliseconds(start) - _DAY
    for each in sets:
        companies = [""] if each.entity_set.tenant_wide else [str(company["id"]) for company in store.companies()]
        for company in companies:
            if each.rows and not store.count(company, each.entity_set.name):
                store.insert_many(company, each.entity_set.name, _rows(each, f"{seed}/{company}", newest))


def _rows(each: Kept, seed: str, newest: int) -> list[dict[str, Any]]:
    short = each.entity_set.name.partition(" of ")[0]
    return [
        {
            **_guids(each, seed, place),
            **{_inner(each, name): _value(value, seed) for name, value in row.items()},
            "id": _id(seed, short, place),
            "_stamp": rounded(newest - place * _MINUTE),
        }
        for place, row in enumerate(each.rows)
    ]


def _guids(each: Kept, seed: str, place: int) -> dict[str, str]:
    """Keys that the file does not give: the row's own id."""
    short = each.entity_set.name.partition(" of ")[0]
    names = ("userSecurityId", "packageId", "systemId", "operationID")
    own = next((name for name in names if name in each.entity_set.properties), None)
    return {own: _id(seed, short, place)} if own else {}


def _inner(each: Kept, name: str) -> str:
    """A property called id that is no GUID is kept under another name."""
    return name if name in each.entity_set.properties and name != "id" else f"{name} "


def _value(value: Any, seed: str) -> Any:
    if isinstance(value, str) and value.startswith(_REFERENCE):
        name, _, place = value.removeprefix(_REFERENCE).partition("/")
        return _id(seed, name, int(place))
    return value


def _id(seed: str, name: str, place: int) -> str:
    return make_id(seed, name, place)

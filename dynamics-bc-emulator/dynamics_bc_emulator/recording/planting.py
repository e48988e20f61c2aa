"""Rows from a recording: whatever its answers showed of companies and their sets becomes what the emulator holds."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.seed.books import Books, make_id
from dynamics_bc_emulator.seed.planting import fill
from dynamics_bc_emulator.seed.posting_setup import posting_setup
from dynamics_bc_emulator.stamps import from_stamp, to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from dynamics_bc_emulator.odata.catalogue import Catalogue, EntitySet
    from dynamics_bc_emulator.recording.exchanges import Exchange
    from dynamics_bc_emulator.rows.store import Row, Store

_STANDARD = re.compile(r"api/v2\.0/(?P<rest>.*)")
_COMPANY = re.compile(r"companies\((?P<id>[0-9a-f-]{36})\)(?:/(?P<rest>.*))?", re.IGNORECASE)
_STEP = re.compile(r"(?P<name>\w+)(?:\((?P<key>[^)]*)\))?")
_RECORDED = "recorded"
_NUMBERS = ("number", "code", "entryNumber")


@dataclass
class Shown:
    """Rows by company and set, by their keys; what was seen of a row twice is joined."""

    catalogue: Catalogue
    companies: dict[str, Row] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Row]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    _without_key: list[tuple[str, EntitySet, Row]] = field(default_factory=list)

    def add(self, company: str, entity_set: EntitySet, row: Mapping[str, Any]) -> None:
        """Take a row with the rows that are expanded in it."""
        values = {name: value for name, value in row.items() if name in entity_set.properties and value is not None}
        if entity_set.stamp and isinstance(row.get(entity_set.stamp), str):
            values["_stamp"] = from_stamp(row[entity_set.stamp])
        key = str(row.get((entity_set.key or ("id",))[0], "")).lower()
        for name, value in row.items():
            if name in entity_set.navigation:
                self._add_expanded(company, entity_set, name, value, values)
        if key:
            self.rows[company][entity_set.name].setdefault(key, {}).update(values)
        elif values:
            self._without_key.append((company, entity_set, values))

    def complete(self) -> None:
        """Join what was selected without its key with the row of that number or code, or make it a row of its own."""
        for company, entity_set, values in self._without_key:
            rows = self.rows[company][entity_set.name]
            name = next((name for name in _NUMBERS if name in values), None)
            known = next((key for key, row in rows.items() if name and row.get(name) == values[name]), None)
            what = values[name] if name else sorted((one, str(value)) for one, value in values.items())
            new = {} if known else {(entity_set.key or ("id",))[0]: make_id(company, entity_set.name, what)}
            rows.setdefault(known or next(iter(new.values())), {}).update({**values, **new})

    def _add_expanded(self, company: str, source: EntitySet, name: str, value: Any, owner: Row) -> None:
        target = self.catalogue.sets[source.navigation[name].target]
        below = [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]
        if target.name == "dimensionSetLines":
            # These are not rows of their own: they say what hangs on their owner.
            owner["_dimensions"] = {row["code"]: row.get("valueCode", "") for row in below if row.get("code")}
            return
        for row in below:
            self.add(company, target, row)


def plant_recording(store: Store, exchanges: Iterable[Exchange], now: datetime) -> None:
    """Fill an empty store with what a recording shows; accounts of postings are those of the demo company."""
    shown = shown_by(exchanges, load_catalogue())
    with store.transaction():
        for place, company_id in enumerate(sorted({*shown.companies, *shown.rows})):
            name = f"Company {place + 1}"
            known = {"name": name, "displayName": name, **shown.companies.get(company_id, {})}
            store.insert("", "companies", {**known, "id": company_id, "timestamp": known.get("timestamp", place + 1)})
            books = Books(company_id, _RECORDED, shown.catalogue, to_milliseconds(now))
            for name, rows in shown.rows[company_id].items():
                books.rows[name] = list(rows.values())
            books.rows |= posting_setup(company_id)
            fill(store, books)
        store.set_fact("plan", _RECORDED)


def shown_by(exchanges: Iterable[Exchange], catalogue: Catalogue) -> Shown:
    """What the reads of a recording that went well show."""
    shown = Shown(catalogue)
    for each in exchanges:
        address = _STANDARD.fullmatch(each.path)
        if each.method == "GET" and each.status == 200 and address and isinstance(each.body, dict):
            _show(shown, address["rest"], each.body)
    shown.complete()
    return shown


def _show(shown: Shown, rest: str, body: Mapping[str, Any]) -> None:
    company = _COMPANY.fullmatch(rest)
    rows = [row for row in body.get("value", [body]) if isinstance(row, dict)]
    if rest.lower() == "companies" or (company and not company["rest"]):
        entity_set = shown.catalogue.sets["companies"]
        for row in rows:
            if row.get("id"):
                kept = {name: value for name, value in row.items() if name in entity_set.properties}
                shown.companies[str(row["id"]).lower()] = kept
        return
    led = _led(shown.catalogue, company["rest"]) if company and company["rest"] else None
    if company and led:
        for row in rows:
            shown.add(company["id"].lower(), led, row)


def _led(catalogue: Catalogue, path: str) -> EntitySet | None:
    """The set that a path below a company leads to; None if it leads to something else than rows."""
    reached: EntitySet | None = None
    for name in _names(path):
        if reached is None:
            reached = catalogue.sets.get(name)
        else:
            navigation = reached.navigation.get(name)
            reached = catalogue.sets[navigation.target] if navigation else None
        if reached is None:
            return None
    return reached


def _names(path: str) -> Iterator[str]:
    for part in path.strip("/").split("/"):
        match = _STEP.fullmatch(part)
        yield match["name"] if match else ""

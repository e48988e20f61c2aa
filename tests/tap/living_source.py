"""A source that lives: two small companies whose rows come, change and go, also while they are read.

Its moves are those of people and of the service. What it remembers is which rows were touched when, so that a test
knows which ones a run must have brought: all that were certain before the run began, as far as its reads could see.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.in_process import Desk, open_desk

from dynamics_bc_emulator.odata.options import Options
from dynamics_bc_emulator.odata.vanished import Vanished
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.permissions import Permission
from dynamics_bc_emulator.rows.rows import passing, rows_of
from dynamics_bc_emulator.rows.transactions import Change
from dynamics_bc_emulator.rows.view import View
from dynamics_bc_emulator.rules.dimensions import dimensions_of
from dynamics_bc_emulator.rules.ledger import next_entry_number
from dynamics_bc_emulator.serving.rendering import render
from dynamics_bc_emulator.serving.slices import shown_by_default
from dynamics_bc_emulator.stamps import BLANK_STAMP, from_stamp, rounded, to_milliseconds
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.commits import Commit

MASTERS = ("customers", "vendors", "items")
READ_ONLY = ("dimensions", "dimensionValues")
LEDGER = "generalLedgerEntries"
PEOPLES_NUMBER = "J"
"""The document number of the journal lines that people write."""
# What the source offers, with how many rows of the demo company are left of each.
KEPT = {
    "customers": 4,
    "vendors": 3,
    "taxGroups": 3,
    "dimensions": 3,
    "dimensionValues": 6,
    LEDGER: 12,
    "salesInvoices": 4,
    "salesInvoiceLines": None,
    "items": 7,
    "dimensionSetLines": None,
    "journals": 2,
    "journalLines": None,
    "defaultDimensions": None,
    "companies": None,
    "companyInformation": None,
}
STREAMS = tuple(name for name in KEPT if name not in {"companies", "companyInformation"})
# Beside them, what records of a HotGlue job hold.
OFFERED = (*KEPT, "itemCategories", "pictures")
WITH_DIMENSIONS = (LEDGER, "salesInvoices", "salesInvoiceLines", "journalLines")
# What the service calculates when a row is read: it moves without a stamp.
CALCULATED = frozenset(("balanceDue", "balance", "inventory", "remainingAmount", "unitCost", "status"))
# Sets whose rows have dimension set lines too, and that are not read.
DOCUMENTS = ("sales", "purchase", "customerPay", "vendorPay", "itemLedger", "project", "timeReg", "transfer")
LONGEST_TRANSACTION = timedelta(minutes=30)
TAP = "tap"
"""Who reads; others may do what they like."""
Row = dict[str, Any]
Place = tuple[str, str]
"""A company's id and an entity set."""


def small_route() -> Route[Any]:
    """The standard API with the sets of this source alone."""
    route = standard_route(28)
    sets = {
        name: replace(each, navigation={key: way for key, way in each.navigation.items() if way.target in OFFERED})
        for name, each in route.catalogue.sets.items()
        if name in OFFERED
    }
    return replace(route, catalogue=replace(route.catalogue, sets=sets))


@dataclass
class Open:
    """A transaction that is open.

    Attributes:
        number: Its number.
        until: When the service ends it at the latest.
    """

    number: int
    until: datetime


@dataclass
class Source:
    """Two companies at a desk.

    Attributes:
        desk: Who serves them.
        company_ids: Their ids.
        open: Transactions that are open.
        touched: When a row was committed last, by its company's id and its own.
    """

    desk: Desk
    company_ids: tuple[str, str]
    open: list[Open] = field(default_factory=list)
    touched: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _made: int = 0

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.desk.clock()

    def rows(self, company_id: str, entity_set: str) -> list[Row]:
        """All rows of a set as they are served, whoever their parents are, also of a company that is away."""
        service = self.desk.service
        view = View(service, service.standard, service.store, company_id, "")
        chosen, found = view.catalogue.sets[entity_set], rows_of(view, entity_set)
        shown = passing(chosen, found.all(view), found.values(view), shown_by_default(entity_set))
        rows = (decode(line) for line in render(view, chosen, [row for _, row in shown], Options()))
        return [{name: value for name, value in row.items() if "@odata." not in name} for row in rows]

    def picture(self) -> dict[Place, list[Row]]:
        """All rows of all sets that are read; of dimension set lines those whose parents are."""
        picture = {(company, name): self.rows(company, name) for company in self.company_ids for name in STREAMS}
        for company in self.company_ids:
            parents = {row["id"] for name in WITH_DIMENSIONS for row in picture[company, name]}
            lines = picture[company, "dimensionSetLines"]
            picture[company, "dimensionSetLines"] = [row for row in lines if row["parentId"] in parents]
        return picture

    def unsettled_since(self, moment: datetime) -> set[tuple[str, str]]:
        """Companies and ids of the rows that somebody committed since a moment, or holds in a transaction."""
        held = {(one.company, one.id) for each in self.desk.service.transactions.open.values() for one in each.rows}
        return held | {place for place, at in self.touched.items() if at >= moment}

    def note(self, commit: Commit) -> None:
        """Somebody committed a row; whoever listens to a store is told so."""
        for row_id in {commit.id, commit.parent or commit.id}:
            self.touched[commit.company, row_id] = self.now

    # --- what people do -----------------------------------------------------------------------------------------------

    def at(self, place: int) -> Desk:
        """The desk, for one of the companies."""
        return replace(self.desk, company=replace(self.desk.company, id=self.company_ids[place % 2]))

    def new_name(self) -> str:
        self._made += 1
        return f"N{self._made}"

    def insert(self, place: int, entity_set: str) -> None:
        name, company = self.new_name(), self.at(place).company
        if entity_set in READ_ONLY:
            company.insert(entity_set, {"code": name, "displayName": name, **self._dimension(company, entity_set)})
            return
        key = {"items": "number", "taxGroups": "code"}.get(entity_set)
        self._ask(place, "POST", entity_set, {"displayName": name, **({key: name} if key else {})})

    def change(self, place: int, entity_set: str, which: int) -> None:
        if row := self._row(place, entity_set, which):
            changes = {"displayName": self.new_name()}
            if entity_set in READ_ONLY:
                self.at(place).company.update(entity_set, row["id"], changes)
                return
            self._ask(place, "PATCH", f"{entity_set}({row['id']})", changes)

    def delete(self, place: int, entity_set: str, which: int) -> None:
        if row := self._row(place, entity_set, which):
            if entity_set in READ_ONLY:
                if not self._is_used(place, entity_set, row):
                    self.at(place).company.delete(entity_set, row["id"])
                return
            self._ask(place, "DELETE", f"{entity_set}({row['id']})")

    def _is_used(self, place: int, entity_set: str, row: Row) -> bool:
        """Whether documents or entries have a dimension or a value of it: nobody can delete it then (table 348)."""
        company = self.at(place).company
        parent = company.get("dimensions", row["dimensionId"]) if entity_set == "dimensionValues" else row
        if parent is None:
            return False
        given = [dimensions_of(each) for name in WITH_DIMENSIONS for each in company.find(name)]
        values = {each[parent["code"]] for each in given if parent["code"] in each}
        return bool(values) if parent is row else row["code"] in values

    def _dimension(self, company: Any, entity_set: str) -> Row:
        """What a dimension value belongs to."""
        found = company.find("dimensions") if entity_set == "dimensionValues" else []
        return {"dimensionId": found[0]["id"]} if found else {}

    def give_dimension(self, place: int, parent_set: str, which: int, value: int) -> None:
        parent, chosen = self._row(place, parent_set, which), self._row(place, "dimensionValues", value)
        if parent and chosen:
            body = {"dimensionId": chosen["dimensionId"], "dimensionValueId": chosen["id"]}
            self._ask(place, "POST", f"{parent_set}({parent['id']})/defaultDimensions", body)

    def draft(self, place: int, lines: int) -> None:
        customer, item = self._row(place, "customers", lines), self._row(place, "items", lines)
        if customer and item:
            bodies = [{"itemId": item["id"], "quantity": each + 1, "unitPrice": 10} for each in range(lines)]
            body = {"customerId": customer["id"], "postingDate": "2026-01-10", "salesInvoiceLines": bodies}
            self._ask(place, "POST", "salesInvoices", body)

    def change_line(self, place: int, which: int, quantity: int) -> None:
        if line := self._row(place, "salesInvoiceLines", which):
            self._ask(place, "PATCH", f"salesInvoiceLines({line['id']})", {"quantity": quantity})

    def add_line(self, place: int, which: int) -> None:
        document, item = self._row(place, "salesInvoices", which), self._row(place, "items", which)
        if document and item:
            body = {"itemId": item["id"], "quantity": 2}
            self._ask(place, "POST", f"salesInvoices({document['id']})/salesInvoiceLines", body)

    def post(self, place: int, which: int) -> None:
        if document := self._row(place, "salesInvoices", which):
            self._ask(place, "POST", f"salesInvoices({document['id']})/Microsoft.NAV.post")

    def add_journal_line(self, place: int, which: int) -> None:
        if journal := self._row(place, "journals", which):
            body = {"accountNumber": "8210", "postingDate": "2026-01-10", "amount": 5, "documentNumber": PEOPLES_NUMBER}
            self._ask(place, "POST", f"journals({journal['id']})/journalLines", body)

    def _row(self, place: int, entity_set: str, which: int) -> Row | None:
        company, transactions = self.company_ids[place % 2], self.desk.service.transactions
        # Nobody else gets at a row that is not certain to be there.
        new = {(one.company, one.id) for each in transactions.open.values() for one in each.rows if one.before is None}
        rows = self.desk.service.store.find(company, entity_set)
        rows = [row for row in rows if (company, row["id"]) not in new]
        return rows[which % len(rows)] if rows else None

    def _ask(self, place: int, method: str, path: str, body: Any = None) -> None:
        """Ask as a user does; what the rules refuse does not happen."""
        service = self.desk.service
        vanished, service.vanished = service.vanished, Vanished()
        try:
            response = self.at(place).ask(method, path, body)
        finally:
            service.vanished = vanished
        assert response.status < 500, response

    # --- what transactions do -----------------------------------------------------------------------------------------

    def begin(self, place: int, entity_set: str, which: int, *, is_seen: bool, is_new: bool) -> None:
        """Write a row that becomes certain later, if at all, with the stamp of now."""
        company, stamp = self.company_ids[place % 2], rounded(to_milliseconds(self.now))
        if entity_set == LEDGER:
            desk = self.at(place)
            number = max(next_entry_number(desk.company, LEDGER), 900_000 + len(self.touched))
            values = {"entryNumber": number, "description": self.new_name(), "documentNumber": "T"}
            change = Change(company, LEDGER, None, values, stamp)
        elif is_new:
            change = Change(
                company, entity_set, None, {"displayName": self.new_name(), "number": self.new_name()}, stamp
            )
        else:
            row = self._row(place, entity_set, which)
            held = self.unsettled_since(self.now + timedelta(days=1))
            if row is None or (company, row["id"]) in held:
                return
            change = Change(company, entity_set, row["id"], {"displayName": self.new_name()}, stamp)
        number = self.desk.service.transactions.begin([change], is_seen=is_seen)
        self.open.append(Open(number, self.now + LONGEST_TRANSACTION))

    def end(self, which: int, *, commit: bool) -> None:
        if self.open:
            self._end(self.open.pop(which % len(self.open)), commit=commit)

    def _end(self, ended: Open, *, commit: bool) -> None:
        transactions = self.desk.service.transactions
        places = [(held.company, held.id) for held in transactions.open[ended.number].rows]
        (transactions.commit if commit else transactions.roll_back)(ended.number)
        for place in places:
            self.touched[place] = self.now

    # --- what the service does ----------------------------------------------------------------------------------------

    @property
    def lag(self) -> float:
        return self.desk.service.switches.replica_lag_seconds

    def advance(self, duration: timedelta) -> None:
        """Let time pass; the service ends what is open too long."""
        self.desk.clock.advance(duration)
        for each in [each for each in self.open if each.until < self.now]:
            self.open.remove(each)
            self._end(each, commit=False)

    def lag_behind(self, seconds: float) -> None:
        self.desk.service.switches = self.desk.service.switches.changed({"replica_lag_seconds": seconds})

    def vanish(self, name: str) -> None:
        vanished = self.desk.service.vanished
        self.desk.service.vanished = replace(vanished, sets=vanished.sets | {name}, _left={})

    def vanish_company(self, place: int) -> None:
        service, company = self.desk.service, self.company_ids[place % 2]
        if company not in service.vanished.companies:
            away = {company: service.store.line("", "companies", company)}
            service.vanished = replace(service.vanished, companies={**service.vanished.companies, **away}, _left={})
            service.store.put_line("", "companies", company, None)
            service.replica.forget()

    def come_back(self) -> None:
        service = self.desk.service
        for company, line in service.vanished.companies.items():
            service.store.put_line("", "companies", company, line)
        service.vanished = Vanished()
        service.replica.forget()
        service.gate.grant(())

    def forbid(self, place: int | None, entity_set: str | None, status: int) -> None:
        company = None if place is None else self.company_ids[place % 2]
        refused = Permission(company, entity_set, frozenset(), TAP, status=status)
        self.desk.service.gate.grant((*self.desk.service.gate.permissions, refused))

    @property
    def closed(self) -> set[str]:
        """The companies of which nothing can be read."""
        service = self.desk.service
        return {
            *service.vanished.companies,
            *(each.company for each in service.gate.permissions if each.company and each.entity_set is None),
        }

    @property
    def is_narrowed(self) -> bool:
        """Whether something is missing in companies that can be read."""
        service = self.desk.service
        return bool(service.vanished.sets) or any(
            each.entity_set and each.company not in self.closed for each in service.gate.permissions
        )

    @property
    def is_whole(self) -> bool:
        """Whether everything can be read."""
        service = self.desk.service
        return not (service.vanished.sets or service.vanished.companies or service.gate.permissions)


def small_source() -> Source:
    """Two companies with a few rows of the demo company each, some of them with blank stamps."""
    desk = open_desk()
    store = desk.service.store
    # The same ids in every life, so that a life can be told again.
    drawn = random.Random(1)
    store._new_id = lambda: str(uuid.UUID(int=drawn.getrandbits(128), version=4))
    first = desk.company.id
    second = f"fff{first[3:]}"
    for (name,) in store.connection.execute("SELECT entity_set FROM buckets WHERE company = ?", (first,)).fetchall():
        if name not in KEPT and name.startswith(DOCUMENTS):
            _thin_out(store, first, name, 0)
    for name, count in KEPT.items():
        _thin_out(store, first, name, count)
    for row in store.find(first, "customers")[:1] + store.find(first, "taxGroups"):
        name = "customers" if "currencyCode" in row else "taxGroups"
        store.update_at(first, name, row["id"], {}, from_stamp(BLANK_STAMP))
    copy_company(store, first, second)
    source = Source(desk, (first, second))
    store.listeners.append(source.note)
    return source


# Rows that go with those that they belong to.
_OWNERS = {
    "salesInvoiceLines": ("documentId", ("salesInvoices",)),
    "journalLines": ("journalId", ("journals",)),
    "dimensionValues": ("dimensionId", ("dimensions",)),
    "defaultDimensions": ("parentId", MASTERS),
}


def _thin_out(store: Any, company: str, entity_set: str, count: int | None) -> None:
    """Leave some rows of a set; of those that belong to others the ones whose owners are left."""
    rows = store.find(company, entity_set)
    if entity_set in _OWNERS:
        name, sets = _OWNERS[entity_set]
        left = {row["id"] for each in sets for row in store.find(company, each)}
        rows.sort(key=lambda row: row[name] not in left)
        count = min(sum(row[name] in left for row in rows), len(rows) if count is None else count)
    if entity_set == "salesInvoices":
        rows.sort(key=lambda row: row["status"] != "Draft")
    if entity_set == "items":
        sold = {row["itemId"] for row in store.find(company, "salesInvoiceLines")}
        rows.sort(key=lambda row: row["id"] not in sold)
    if entity_set == "journals":
        rows.sort(key=lambda row: row["templateDisplayName"] != "GENERAL")
    for row in rows[len(rows) if count is None else count :]:
        store.put_line(company, entity_set, row["id"], None)


def copy_company(store: Any, first: str, second: str) -> None:
    """A second company with the same rows, ids included: what tells them apart is the company."""
    line = list(store.line("", "companies", first))
    line[5] = line[5].replace(first, second).replace("CRONUS International Ltd.", "CRONUS copied")
    line[2] = "CRONUS copied" if line[2] else line[2]
    store.put_line("", "companies", second, tuple(line))
    buckets = store.connection.execute("SELECT bucket, entity_set FROM buckets WHERE company = ?", (first,)).fetchall()
    for bucket, entity_set in buckets:
        store.put_line(second, entity_set, "00000000-0000-0000-0000-000000000000", None)
        (new,) = store.connection.execute(
            "SELECT bucket FROM buckets WHERE company = ? AND entity_set = ?", (second, entity_set)
        ).fetchone()
        store.connection.execute(
            "INSERT INTO entities SELECT ?, id, parent, sequence, name, document, stamp, data, internal FROM entities "
            "WHERE bucket = ?",
            (new, bucket),
        )
    store.connection.execute(
        "INSERT INTO series SELECT ?, series, prefix, width, last FROM series WHERE company = ?", (second, first)
    )

"""The rows that every emulator begins with: a demo company, and invented ones beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.seed import derived, documents, extras, facts, invented, ledgers, masters, series
from dynamics_bc_emulator.seed.books import Books, make_id
from dynamics_bc_emulator.seed.countries import COUNTRIES, GREAT_BRITAIN, Country
from dynamics_bc_emulator.seed.posted import CompanyInTheMaking, correct_some, post_documents, rehearsed
from dynamics_bc_emulator.seed.posting_setup import posting_setup
from dynamics_bc_emulator.stamps import to_milliseconds, to_stamp

if TYPE_CHECKING:
    from datetime import datetime

    from dynamics_bc_emulator.rows.store import Row, Store

# What tells the rows of the posting set-up apart.
_KEYS = (
    "taxAreaCode",
    "generalProductPostingGroupCode",
    "party",
    "bankAccountNumber",
    "paymentMethodCode",
    "currencyCode",
)
_SYSTEM_USER = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to plant.

    Attributes:
        companies: How many; the first is the demo company.
        seed: What all ids are made from.
        scale: How many times the general ledger's and the item ledger's entries.
        start: When the emulator begins; stamps end a day before.
        country: Whose demo data.
    """

    companies: int
    seed: int
    scale: int
    start: datetime
    country: Country = GREAT_BRITAIN


def plant(store: Store, plan: Plan) -> None:
    """Fill an empty store."""
    with store.transaction():
        for place in range(plan.companies):
            known = _facts(plan, place)
            company_id = _company_id(plan.seed, known.name, place)
            store.insert("", "companies", _company_row(company_id, known, place, plan))
            books = _books(company_id, known, plan, place)
            fill(store, books)
            _post(CompanyInTheMaking(company_id, store, lambda: plan.start, books), known, plan.scale)
        store.set_fact("plan", f"{plan.companies} companies, seed {plan.seed}, scale {plan.scale}")
        store.set_fact("country", plan.country.code)


def _post(company: CompanyInTheMaking, known: facts.Facts, scale: int) -> None:
    """Add the entries of earlier years, and after them what the rules post."""
    by_rules = known.posted_by_rules
    entries = rehearsed(company, known.documents) if by_rules and scale > 1 else known.sets
    for entity_set, rows in ledgers.earlier_years(company.books, entries, scale):
        company.store.insert_many(company.id, entity_set, rows)
    if by_rules:
        post_documents(company, known.documents)
    else:
        correct_some(company)


def complete(store: Store) -> None:
    """Add what companies of a file lack that an emulator of an earlier version made."""
    country = COUNTRIES[country_of(store)]
    with store.transaction():
        for company in store.companies():
            for entity_set, rows in posting_setup(company["id"], country):
                _complete_set(store, company["id"], entity_set, rows)


def _complete_set(store: Store, company_id: str, entity_set: str, rows: list[Row]) -> None:
    """Add a set that is not there, and to the rows of one that is, the columns that they lack."""
    kept = store.find(company_id, entity_set)
    if not kept:
        store.insert_many(company_id, entity_set, rows)
    wanted = {_setup_key(row): row for row in rows}
    for row in kept:
        like = wanted.get(_setup_key(row), {})
        missing = {name: value for name, value in like.items() if name not in row and not name.startswith("_")}
        if missing:
            store.update(company_id, entity_set, row["id"], missing, touch=False)


def _setup_key(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _KEYS)


def country_of(store: Store) -> str:
    """The country of a file's companies; files of the first versions are British."""
    return store.fact("country") or GREAT_BRITAIN.code


def _facts(plan: Plan, place: int) -> facts.Facts:
    if place == 0:
        return facts.demo_company(plan.country)
    if plan.country is GREAT_BRITAIN:
        return invented.company(place, plan.seed)
    return facts.opened_company(plan.country, place)


def _company_id(seed: int, name: str, place: int) -> str:
    """An id that sorts by the company's place, so that the list of companies begins with the demo company."""
    return f"{0x100 + place:03x}{make_id(seed, 'companies', name)[3:]}"


def _books(company_id: str, known: facts.Facts, plan: Plan, place: int) -> Books:
    end = to_milliseconds(plan.start.replace(microsecond=0) - timedelta(days=1))
    books = Books(company_id, f"{plan.seed}/{place}", load_catalogue(), end)
    masters.put(books, known)
    documents.put(books, known)
    ledgers.put(books, known, plan.scale)
    derived.put(books)
    extras.put(books)
    books.rows |= posting_setup(books.seed, plan.country)
    return books


def fill(store: Store, books: Books) -> None:
    """Store a company's rows, and begin its number series behind them."""
    for entity_set, rows in books.rows.items():
        store.insert_many(books.company_id, entity_set, rows)
    for name, prefix, width, last in series.lasts(books):
        store.set_series(books.company_id, name, prefix, width, last)


def _company_row(company_id: str, known: facts.Facts, place: int, plan: Plan) -> Row:
    stamp = to_stamp(to_milliseconds(plan.start.replace(microsecond=0) - timedelta(days=400 - place)))
    return {
        "id": company_id,
        "systemVersion": "28.0.0.0",
        "timestamp": 20_001 + place,
        "name": known.name,
        "displayName": known.display_name,
        "businessProfileId": "",
        "systemCreatedAt": stamp,
        "systemCreatedBy": _SYSTEM_USER,
        "systemModifiedAt": stamp,
        "systemModifiedBy": _SYSTEM_USER,
    }

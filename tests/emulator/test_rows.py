"""Stored or made: the same questions, the same kinds of answers, and one place that tells of a commit."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime, timezone

import pytest

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.filters import Comparison
from dynamics_bc_emulator.odata.options import Order
from dynamics_bc_emulator.odata.routes import Route
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.commits import Commit
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.links import Parent
from dynamics_bc_emulator.rows.made import Made
from dynamics_bc_emulator.rows.rows import Change, Window, rows_of
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.rows.stored import Stored
from dynamics_bc_emulator.rows.twin import Twin
from dynamics_bc_emulator.rows.view import View
from dynamics_bc_emulator.rules.journals import SETS as JOURNAL_SETS
from dynamics_bc_emulator.rules.journals import twins

COMPANY = "10000000-0000-4000-8000-000000000000"
IDS = [f"{place:08d}-0000-4000-8000-000000000000" for place in range(1, 6)]
SETS = load_catalogue().sets
ITEMS = [
    {"id": row_id, "number": f"N{5 - place}", "displayName": f"Name {place % 2}", "unitPrice": 10 * place}
    for place, row_id in enumerate(IDS)
]


def make_items(_view, _asked):
    return [dict(item) for item in reversed(ITEMS)]


@pytest.fixture
def store():
    clock = Clock(datetime(2026, 1, 1, tzinfo=timezone.utc))
    opened = Store(SETS, clock, new_id=iter(IDS).__next__)
    yield opened
    opened.close()


@pytest.fixture(params=["stored", "made"])
def view(request, store):
    """The same five items, stored or made."""
    if request.param == "stored":
        store.insert_many(COMPANY, "items", ITEMS)
    items = Stored(SETS["items"]) if request.param == "stored" else Made(SETS["items"], make_items)
    sets = {name: Stored(entity_set) for name, entity_set in SETS.items()}
    route = Route("api/test", load_catalogue(), {**sets, "items": items})
    return View(Service(store, (route,), Clock()), route, store, COMPANY, "")


def numbers(view, rows):
    values = rows_of(view, "items").values(view)
    return [values(row)["number"] for row in rows]


def test_a_row_is_found_by_its_key(view):
    items = rows_of(view, "items")
    assert numbers(view, [items.get(view, IDS[2])]) == ["N3"]
    assert items.get(view, COMPANY) is None


def test_rows_come_in_the_order_of_their_keys_window_after_window(view):
    items = rows_of(view, "items")
    first = items.scan(view, Window(limit=2))
    second = items.scan(view, Window(after=first.token, limit=2))
    last = items.scan(view, Window(after=second.token, limit=2))
    assert [numbers(view, each.rows) for each in (first, second, last)] == [["N5", "N4"], ["N3", "N2"], ["N1"]]


def test_rows_come_in_an_order_that_is_asked_for(view):
    order = (Order("displayName", descending=True), Order("number", descending=False))
    items = rows_of(view, "items")
    first = items.scan(view, Window(order=order, limit=3))
    rest = items.scan(view, Window(order=order, after=first.token))
    assert numbers(view, first.rows) == ["N2", "N4", "N1"]
    assert numbers(view, rest.rows) == ["N3", "N5"]
    assert numbers(view, items.scan(view, Window(order=order, skip=4)).rows) == ["N5"]


def test_a_filter_lets_the_same_rows_through_when_they_are_counted(view):
    wanted = Comparison("displayName", "eq", "Name 1")
    items = rows_of(view, "items")
    assert numbers(view, items.scan(view, Window(filter=wanted)).rows) == ["N4", "N2"]
    assert items.count(view, wanted) == 2
    assert items.count(view, None) == 5
    assert sorted(numbers(view, items.all(view))) == ["N1", "N2", "N3", "N4", "N5"]


def test_a_set_that_is_only_made_takes_no_writes(view):
    items, company = rows_of(view, "items"), Company(COMPANY, view.store, Clock())
    change = Change(None, {"id": "a0000000-0000-4000-8000-000000000000", "number": "NEW"})
    if isinstance(items, Stored):
        assert items.put(company, change)["number"] == "NEW"
        assert items.count(view, None) == 6
        return
    with pytest.raises(Refusal) as refusal:
        items.put(company, change)
    assert refusal.value.status == 405


def test_stored_rows_are_added_changed_and_removed(store):
    items, company = Stored(SETS["items"]), Company(COMPANY, store, Clock())
    row = items.put(company, Change(None, {"number": "A"}))
    assert (row["id"], row["unitPrice"]) == (IDS[0], 0)
    changed = items.put(company, Change(row, {**row, "number": "B"}))
    assert items.find(company, row["id"], None)["number"] == changed["number"] == "B"
    items.put(company, Change(changed, None))
    assert items.find(company, row["id"], None) is None


def test_a_row_below_a_parent_is_found_by_its_own_parent_only(store):
    company, variants = Company(COMPANY, store, Clock()), Stored(SETS["itemVariants"])
    store.insert_many(COMPANY, "itemVariants", [{"id": IDS[3], "itemId": IDS[0], "code": "RED"}])
    own, other = (
        Parent(SETS["items"], {**ITEMS[place]}, SETS["items"].navigation["itemVariants"]) for place in range(2)
    )
    assert variants.find(company, IDS[3], own)["code"] == "RED"
    assert variants.find(company, IDS[3], other) is None


def test_a_twin_is_written_changed_and_removed_with_the_row_it_is_a_twin_of(store):
    company = Company(COMPANY, store, Clock())
    all_journals, payments = (Twin(SETS[name], twins) for name in ("journals", "vendorPaymentJournals"))
    paid = payments.put(company, Change(None, {"code": "PAY"}))
    assert company.get("journals", paid["id"])["templateDisplayName"] == "PAYMENT"
    journal = company.get("journals", paid["id"])
    all_journals.put(company, Change(journal, {**journal, "code": "PAID"}))
    assert company.get("vendorPaymentJournals", paid["id"])["code"] == "PAID"
    received = {**company.get("journals", paid["id"]), "templateDisplayName": "CASHRCPT"}
    all_journals.put(company, Change(journal, received))
    assert company.get("vendorPaymentJournals", paid["id"]) is None
    assert company.get("customerPaymentJournals", paid["id"])["code"] == "PAID"
    all_journals.put(company, Change(received, None))
    assert [company.find(name) for name in JOURNAL_SETS] == [[], [], []]


def test_a_journal_of_no_payment_template_has_no_twin(store):
    company = Company(COMPANY, store, Clock())
    Twin(SETS["journals"], twins).put(company, Change(None, {"code": "A", "templateDisplayName": "GENERAL"}))
    assert [len(company.find(name)) for name in JOURNAL_SETS] == [1, 0, 0]


def test_what_a_navigation_leads_to_is_found_for_all_rows_at_once(view):
    rows = [{"id": IDS[place], "itemId": IDS[place // 2], "code": f"V{place}"} for place in range(4)]
    view.store.insert_many(COMPANY, "itemVariants", rows)
    items, navigation = rows_of(view, "items"), SETS["items"].navigation["itemVariants"]
    sources = items.scan(view, Window(limit=3)).rows
    groups = rows_of(view, "itemVariants").related(view, SETS["items"], sources, navigation)
    values = rows_of(view, "itemVariants").values(view)
    assert [[values(row)["code"] for row in group] for group in groups] == [["V0", "V1"], ["V2", "V3"], []]


def test_a_commit_is_told_once_it_is_certain_and_in_order(store):
    told = []
    store.listeners.append(told.append)
    with store.transaction():
        row = store.insert(COMPANY, "items", {"number": "A"})
        store.update(COMPANY, "items", row["id"], {"number": "B"})
        with store.transaction():
            store.insert(COMPANY, "customers", {"number": "C"})
        assert told == []
    store.delete(COMPANY, "items", row["id"])
    assert told == [
        Commit(COMPANY, "items", IDS[0], "added"),
        Commit(COMPANY, "customers", IDS[1], "added"),
        Commit(COMPANY, "items", IDS[0], "removed"),
    ]


@pytest.mark.parametrize(
    ("there", "steps", "what"),
    [
        (False, "aca", ["added"]),
        (False, "ar", []),
        (False, "ara", ["added"]),
        (True, "cc", ["changed"]),
        (True, "cr", ["removed"]),
        (True, "ra", ["changed"]),
        (True, "rar", ["removed"]),
    ],
)
def test_of_a_row_a_commit_tells_what_the_whole_transaction_did(store, there, steps, what):
    told = []
    if there:
        store.insert(COMPANY, "items", {"id": IDS[3], "number": "A"})
    store.listeners.append(told.append)
    do = {
        "a": lambda: store.get(COMPANY, "items", IDS[3]) or store.insert(COMPANY, "items", {"id": IDS[3]}),
        "c": lambda: store.update(COMPANY, "items", IDS[3], {"number": "B"}),
        "r": lambda: store.delete(COMPANY, "items", IDS[3]),
    }
    with store.transaction():
        for step in steps:
            do[step]()
    assert [commit.what for commit in told] == what


def test_a_commit_names_the_row_that_a_row_belongs_to(store):
    told = []
    store.listeners.append(told.append)
    row = store.insert(COMPANY, "salesInvoiceLines", {"documentId": IDS[2].upper()})
    store.delete(COMPANY, "salesInvoiceLines", row["id"])
    assert [commit.parent for commit in told] == [IDS[2], IDS[2]]


def test_what_is_rolled_back_is_never_told(store):
    told = []
    store.listeners.append(told.append)
    with contextlib.suppress(sqlite3.IntegrityError), store.transaction():
        store.insert(COMPANY, "items", {"id": IDS[4], "number": "A"})
        store.insert(COMPANY, "items", {"id": IDS[4], "number": "B"})
    assert store.count(COMPANY, "items") == 0
    with store.transaction():
        store.insert(COMPANY, "items", {"id": IDS[3], "number": "C"})
        with contextlib.suppress(KeyError), store.transaction():
            store.insert(COMPANY, "customers", {"number": "D"})
            store.update(COMPANY, "customers", IDS[4], {"number": "E"})
    assert store.count(COMPANY, "customers") == 0
    store.delete(COMPANY, "items", IDS[4])
    assert told == [Commit(COMPANY, "items", IDS[3], "added")]

"""How rows lead to rows, what a maker is asked, and what ledgers add up to: literals and a small store."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from types import SimpleNamespace

import pytest

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.odata.catalogue import Link, Navigation, load_catalogue
from dynamics_bc_emulator.odata.filters import Comparison, Every, Nothing, Some
from dynamics_bc_emulator.rows.balances import Balances
from dynamics_bc_emulator.rows.links import demanded, follows, matching, source_values
from dynamics_bc_emulator.rows.makers.asked import Asked, asked, comparisons
from dynamics_bc_emulator.rows.store import ServedRow, Store

SETS = load_catalogue().sets
COMPANY, OTHER = "10000000-0000-4000-8000-000000000000", "20000000-0000-4000-8000-000000000000"


def navigation(*links):
    return Navigation("way", "there", many=True, implied=False, links=links)


BY_ID = Link("id", "parentId", None, None)
OF_TYPE = Link(None, "parentType", "Box", None)
FROM_BOXES = Link(None, None, "Box", "ownType")
NUMBER = Link("customerNumber", "customerNo", None, None)


@pytest.mark.parametrize(
    ("links", "demand"),
    [
        ((), {}),
        ((BY_ID,), {"parentId": 7}),
        ((BY_ID, OF_TYPE), {"parentId": 7, "parentType": "Box"}),
        ((BY_ID, FROM_BOXES), {"parentId": 7}),
    ],
)
def test_a_navigation_demands_its_links_of_the_rows_it_leads_to(links, demand):
    assert demanded(navigation(*links), {"id": 7, "ownType": "Box"}) == demand


def test_a_row_says_what_its_links_need_and_no_more():
    row = ServedRow("7", '{"id":7,"ownType":"Box","customerNumber":"C","more":1}', None)
    assert source_values(row, navigation(BY_ID, OF_TYPE, FROM_BOXES)) == {"id": 7, "ownType": "Box"}
    assert source_values(row, navigation(Link("absent", "x", None, None))) == {"absent": None}


@pytest.mark.parametrize(
    ("links", "source", "starts"),
    [
        ((BY_ID,), {"id": 7}, True),
        ((FROM_BOXES,), {"ownType": "Box"}, True),
        ((FROM_BOXES,), {"ownType": "Bag"}, False),
        ((FROM_BOXES,), {}, False),
    ],
)
def test_a_way_begins_at_rows_of_its_own_kind_only(links, source, starts):
    assert follows(navigation(*links), source) is starts
    candidates = {None: [({"parentType": "Box", "parentId": 7}, "row")]}
    assert list(matching(navigation(*links, OF_TYPE), source, candidates)) == (["row"] if starts else [])


ROWS = [
    ({"parentId": 7, "parentType": "Box"}, "a"),
    ({"parentId": 7, "parentType": "Bag"}, "b"),
    ({"parentId": 8, "parentType": "Box"}, "c"),
]


@pytest.mark.parametrize(
    ("links", "candidates", "reached"),
    [
        ((BY_ID,), {7: ROWS[:2], 8: ROWS[2:]}, ["a", "b"]),
        ((BY_ID, OF_TYPE), {7: ROWS[:2], 8: ROWS[2:]}, ["a"]),
        ((BY_ID, OF_TYPE), {None: ROWS}, ["a"]),
        ((OF_TYPE,), {None: ROWS}, ["a", "c"]),
        ((), {None: ROWS}, ["a", "b", "c"]),
        ((BY_ID,), {9: ROWS}, []),
        ((BY_ID,), {}, []),
    ],
)
def test_candidates_are_those_that_fulfil_every_link(links, candidates, reached):
    assert list(matching(navigation(*links), {"id": 7}, candidates)) == reached


@pytest.mark.parametrize(("number", "reached"), [("C1", ["own"]), ("C2", []), (None, [])])
def test_a_property_that_the_other_page_does_not_have_is_its_number(number, reached):
    candidates = {None: [({"number": "C1"}, "own"), ({"number": "C3"}, "other")]}
    assert list(matching(navigation(NUMBER), {"customerNumber": number}, candidates)) == reached


def compared(name, operator, value):
    return Comparison(name, operator, value)


DAY = "dateFilter"


@pytest.mark.parametrize(
    ("node", "period"),
    [
        (None, ("", "9999-12-31")),
        (Nothing(), ("", "9999-12-31")),
        (compared(DAY, "eq", "2026-01-15"), ("2026-01-15", "2026-01-15")),
        (compared(DAY, "ge", "2026-01-15"), ("2026-01-15", "9999-12-31")),
        (compared(DAY, "le", "2026-01-15"), ("", "2026-01-15")),
        (compared(DAY, "ne", "2026-01-15"), ("", "9999-12-31")),
        (compared("other", "eq", "2026-01-15"), ("", "9999-12-31")),
        (Every((compared(DAY, "ge", "2026-01-01"), compared(DAY, "le", "2026-01-31"))), ("2026-01-01", "2026-01-31")),
        (Every((compared(DAY, "ge", "2026-01-01"), compared(DAY, "ge", "2026-01-09"))), ("2026-01-09", "9999-12-31")),
        (Every((compared(DAY, "le", "2026-01-31"), compared(DAY, "lt", "2026-01-09"))), ("", "2026-01-09")),
        (
            Every((compared(DAY, "gt", "2026-01-01"), compared("other", "le", "2026-01-31"))),
            ("2026-01-01", "9999-12-31"),
        ),
    ],
)
def test_a_period_is_the_narrowest_that_a_filter_asks_for(node, period):
    assert Asked({}, node).period(DAY) == period


def test_what_is_wanted_is_what_the_path_says_and_the_equalities_of_the_filter():
    node = Every(
        (
            Some((compared("parentId", "eq", "a"), compared("parentId", "eq", "b"))),
            compared("parentType", "eq", 1),
            compared("code", "gt", "x"),
        )
    )
    known = SETS["dimensionSetLines"]
    member = known.properties["parentType"].enum[1]
    assert asked(known, {}, node).wanted == {"parentId": ("a", "b"), "parentType": (member,)}
    assert asked(known, {"parentId": "c"}, node).wanted == {"parentId": ("c",), "parentType": (member,)}
    assert [one.name for one in comparisons(node)] == ["parentId", "parentId", "parentType", "code"]


@pytest.mark.parametrize(("values", "one"), [(("a",), "a"), (("a", "b"), None), ((), None)])
def test_a_value_is_settled_when_there_is_only_one(values, one):
    assert Asked({"x": values}).one("x") == one
    assert Asked({"x": values}).one("y") is None


@pytest.fixture
def ledgers():
    store = Store(SETS, Clock(datetime(2026, 3, 1, tzinfo=timezone.utc)))
    yield SimpleNamespace(store=store, company=COMPANY)
    store.close()


def test_what_is_open_is_summed_by_document_and_by_owner_until_a_day(ledgers):
    for owner, document, due, left in (
        ("a", "1", "2026-01-31", 5),
        ("a", "2", "2026-02-28", 7),
        ("b", "1", "2026-02-28", -1),
    ):
        row = {"customerId": owner, "documentId": document, "dueDate": due, "remainingAmount": Decimal(left)}
        ledgers.store.insert(COMPANY, "_customerLedgerEntries", row)
        ledgers.store.insert(OTHER, "_customerLedgerEntries", row)
    balances, ledger = Balances(), "_customerLedgerEntries"
    assert balances.remaining_by_document(ledgers, ledger) == {"1": 4, "2": 7}
    assert balances.remaining_by_owner(ledgers, ledger, "customerId") == {"a": 12, "b": -1}
    assert balances.remaining_by_owner(ledgers, ledger, "customerId", due_before="2026-02-28") == {"a": 5, "b": 0}
    assert balances.remaining_by_owner(ledgers, ledger, "customerId", due_before="2026-02-28~") == {"a": 12, "b": -1}


@pytest.mark.parametrize(
    ("period", "sums"),
    [
        ({}, {"1": 3, "2": -3}),
        ({"start": "2026-01-02"}, {"1": 2, "2": -2}),
        ({"end": "2026-01-01"}, {"1": 1, "2": -1}),
        ({"start": "2026-01-02", "end": "2026-01-02"}, {"1": 2, "2": -2}),
        ({"start": "2026-01-03"}, {"1": 0, "2": 0}),
    ],
)
def test_net_changes_are_debits_less_credits_of_both_days_and_between(ledgers, period, sums):
    for day, amount in (("2026-01-01", 1), ("2026-01-02", 2)):
        for number, side in (("1", "debitAmount"), ("2", "creditAmount")):
            row = {"accountNumber": number, "postingDate": day, side: Decimal(amount)}
            ledgers.store.insert(COMPANY, "generalLedgerEntries", row)
    assert Balances().net_change(ledgers, **period) == sums


def test_sums_are_kept_until_their_ledger_changes(ledgers):
    balances = Balances()

    def add(company, quantity):
        ledgers.store.insert(company, "itemLedgerEntries", {"itemNumber": "I", "quantity": Decimal(quantity)})

    add(COMPANY, 5)
    first = balances.inventory(ledgers)
    add(OTHER, 1)
    assert balances.inventory(ledgers) is first
    add(COMPANY, -2)
    assert (balances.inventory(ledgers), first) == ({"I": 3}, {"I": 5})
    assert balances.inventory(SimpleNamespace(store=ledgers.store, company=OTHER)) == {"I": 1}

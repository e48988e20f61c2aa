"""Which part of a filter SQLite answers, and that both parts together keep what the whole filter keeps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator.in_process import seed
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.filters import Comparison, Every, Nothing, Some, holds, parse_filter
from dynamics_bc_emulator.rows.pushdown import EVERYTHING, Pushed, push
from dynamics_bc_emulator.rows.store import Condition
from dynamics_bc_emulator.switches import Switches

SETS = load_catalogue().sets
ITEMS, ENTRIES = SETS["items"], SETS["generalLedgerEntries"]
COLUMNS = {"id": "id", "number": "name", "documentId": "parent"}
ENTRY_COLUMNS = {"id": "id", "entryNumber": "name", "documentNumber": "document"}
NUMBER = Comparison("number", "eq", "A")
PRICE = Comparison("unitPrice", "gt", Decimal(5))
NAME = Comparison("number", "startswith", "A")


@pytest.mark.parametrize(
    ("node", "pushed"),
    [
        (None, EVERYTHING),
        (NUMBER, Pushed("(name = ?)", ("A",), None)),
        (PRICE, Pushed("1", (), PRICE)),
        (NAME, Pushed("1", (), NAME)),
        (Nothing(), Pushed("1", (), Nothing())),
        (
            Comparison("number", "eq", "a", any_case=True),
            Pushed("1", (), Comparison("number", "eq", "a", any_case=True)),
        ),
        (Comparison("lastModifiedDateTime", "ge", 5), Pushed("(stamp >= ?)", (5,), None)),
        (Every((NUMBER, PRICE)), Pushed("(name = ?)", ("A",), PRICE)),
        (Every((PRICE, NAME)), Pushed("1", (), Every((PRICE, NAME)))),
        (Every((NUMBER, Comparison("id", "ne", "x"))), Pushed("(name = ?) AND (id <> ?)", ("A", "x"), None)),
        (
            Some((NUMBER, Comparison("number", "lt", "B"))),
            Pushed("((name = ?) OR (name < ?))", ("A", "B"), None),
        ),
        (Some((NUMBER, NAME)), Pushed("1", (), Some((NUMBER, NAME)))),
        (
            Some((Every((NUMBER, Comparison("number", "le", "B"))), NUMBER)),
            Pushed("(((name = ?) AND (name <= ?)) OR (name = ?))", ("A", "B", "A"), None),
        ),
    ],
)
def test_a_filter_is_cut_where_the_indexed_columns_end(node, pushed):
    assert push(node, ITEMS, COLUMNS) == pushed


@pytest.mark.parametrize(
    ("operator", "sql"), [("eq", "="), ("ne", "<>"), ("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<=")]
)
def test_every_operator_has_its_own_in_sql(operator, sql):
    assert push(Comparison("number", operator, "A"), ITEMS, COLUMNS).sql == f"(name {sql} ?)"


@pytest.mark.parametrize(
    ("number", "value"),
    [("7", 7), ("7.0", 7), ("7.5", 7.5), ("9223372036854775807", 2**63 - 1), ("9223372036854775808", float(2**63))],
)
def test_an_entry_number_is_looked_for_as_a_number_that_sqlite_can_hold(number, value):
    pushed = push(Comparison("entryNumber", "gt", Decimal(number)), ENTRIES, ENTRY_COLUMNS)
    assert (pushed.sql, pushed.values, type(pushed.values[0])) == ("(sequence > ?)", (value,), type(value))


def test_a_number_under_another_name_than_the_entrys_is_not_looked_for_as_text():
    node = Comparison("versionNumber", "eq", Decimal(1))
    assert push(node, ITEMS, {"versionNumber": "name"}) == Pushed("1", (), node)


def test_a_set_without_a_stamp_pushes_none():
    node = Comparison("lastModifiedDateTime", "eq", 1)
    assert push(node, SETS["salesInvoiceLines"], {}).rest == node


CLAUSES = st.sampled_from(
    [
        "number eq '1896-S'",
        "number gt '1900-S'",
        "number ne ''",
        "startswith(number,'19')",
        "tolower(number) eq '1896-s'",
        "unitPrice gt 100",
        "unitPrice le 100.5",
        "type eq 'Service'",
        "blocked eq false",
        "lastModifiedDateTime gt 2025-09-01T00:00:00Z",
        "lastModifiedDateTime eq null",
        "id gt 80000000-0000-0000-0000-000000000000",
        "itemCategoryCode eq 'CHAIR'",
    ]
)
ORS = st.lists(st.sampled_from(["number eq '1896-S'", "number lt '1900-S'", "endswith(number,'S')"]), min_size=1)
PARTS = st.one_of(CLAUSES, ORS.map(lambda parts: f"({' or '.join(parts)})"))


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_sqlite_and_the_rest_together_keep_what_the_whole_filter_keeps(parts):
    store = seed()
    company = store.companies()[0]["id"]
    node = parse_filter(" and ".join(parts), ITEMS, Switches())
    pushed = push(node, ITEMS, store.indexed_columns("items"))

    def kept(rows, wanted):
        read = ((row.id, store.to_row("items", row)) for row in rows)
        return [row_id for row_id, values in read if wanted is None or holds(wanted, values, ITEMS)]

    narrowed = store.scan(company, "items", [Condition(pushed.sql, pushed.values)])
    assert kept(narrowed, pushed.rest) == kept(store.scan(company, "items"), node)


@given(st.integers(-5, 3000), st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]))
def test_entry_numbers_are_counted_alike_by_sqlite_and_row_by_row(number, operator):
    store = seed()
    company = store.companies()[0]["id"]
    node = parse_filter(f"entryNumber {operator} {number}", ENTRIES, Switches())
    pushed = push(node, ENTRIES, store.indexed_columns("generalLedgerEntries"))
    assert pushed.rest is None
    last = store.count(company, "generalLedgerEntries")
    expected = sum(holds(node, {"entryNumber": each}, ENTRIES) for each in range(1, last + 1))
    assert store.count(company, "generalLedgerEntries", [Condition(pushed.sql, pushed.values)]) == expected

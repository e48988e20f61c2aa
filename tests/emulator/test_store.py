"""The store: what it fills in, finds, numbers, versions and takes back."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import suppress
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.rows.served_values import etag_of, served_value, with_etag
from dynamics_bc_emulator.rows.store import Condition, Store
from dynamics_bc_emulator.stamps import to_milliseconds
from dynamics_bc_emulator.values import decode, encode

SETS = load_catalogue().sets
COMPANY, OTHER = "10000000-0000-4000-8000-000000000000", "20000000-0000-4000-8000-000000000000"
ROW = "ABCDEF01-0000-4000-8000-00000000000A"
NOW = datetime(2026, 1, 1, microsecond=5_000, tzinfo=timezone.utc)


@pytest.fixture
def clock():
    held = Clock()
    held.freeze(frozen=True)
    held.set(NOW)
    return held


@pytest.fixture
def store(clock):
    opened = Store(SETS, clock)
    yield opened
    opened.close()


def test_a_row_has_every_property_of_its_set_and_its_internal_ones(store):
    row = store.insert(COMPANY, "vendors", {"id": ROW, "number": "V", "_secret": {"a": 1}, "nonsense": 5})
    public = {name for name in row if not name.startswith("_")}
    assert public == set(SETS["vendors"].blanks)
    assert (row["id"], row["number"], row["displayName"], row["balance"]) == (ROW.lower(), "V", "", 0)
    assert row["_secret"] == {"a": 1}
    assert row["lastModifiedDateTime"] == "2026-01-01T00:00:00.007Z"


def test_an_internal_set_has_the_properties_it_was_given(store):
    row = store.insert(COMPANY, "_ledger", {"amount": Decimal("1.50"), "_hidden": 1})
    assert {name for name in row if name != "_etag"} == {"id", "amount", "_hidden"}
    assert (row["amount"], type(row["amount"])) == (Decimal("1.5"), Decimal)


@pytest.mark.parametrize("spelling", [ROW, ROW.lower()])
def test_a_row_is_found_and_removed_by_its_id_in_any_case(store, spelling):
    store.insert(COMPANY, "vendors", {"id": ROW})
    assert store.get(COMPANY, "vendors", spelling)["id"] == ROW.lower()
    assert [row["id"] for row in store.find(COMPANY, "vendors", id=spelling.lower())] == [ROW.lower()]
    store.delete(COMPANY, "vendors", spelling)
    assert store.get(COMPANY, "vendors", spelling) is None


def test_companies_and_sets_keep_their_rows_apart(store):
    store.insert(COMPANY, "vendors", {"id": ROW, "number": "A"})
    store.insert(OTHER, "vendors", {"id": ROW, "number": "B"})
    store.insert(COMPANY, "customers", {"id": ROW, "number": "C"})
    assert [
        store.get(*place, ROW)["number"] for place in ((COMPANY, "vendors"), (OTHER, "vendors"), (COMPANY, "customers"))
    ] == [*"ABC"]
    store.delete(COMPANY, "vendors", ROW)
    assert [store.count(company, "vendors") for company in (COMPANY, OTHER)] == [0, 1]


@pytest.mark.parametrize(
    ("equal", "found"),
    [
        ({}, "abc"),
        ({"documentId": "d1"}, "ab"),
        ({"documentId": "D1"}, ""),
        ({"sequence": 2}, "b"),
        ({"quantity": Decimal(3)}, "bc"),
        ({"documentId": "d1", "quantity": Decimal(3)}, "b"),
        ({"documentId": "d3"}, ""),
        ({"nonsense": "x"}, ""),
    ],
)
def test_rows_are_found_by_index_or_by_looking_in_the_order_of_their_sequence(store, equal, found):
    for row_id, document, sequence, quantity in (("c", "d2", 3, 3), ("b", "d1", 2, 3), ("a", "d1", 1, 5)):
        row = {"id": row_id, "documentId": document, "sequence": sequence, "quantity": Decimal(quantity)}
        store.insert(COMPANY, "salesInvoiceLines", row)
    assert "".join(row["id"] for row in store.find(COMPANY, "salesInvoiceLines", **equal)) == found


@pytest.mark.parametrize(
    ("entity_set", "columns"),
    [
        ("items", {"id": "id", "documentId": "parent", "number": "name", "documentNumber": "document"}),
        ("currencies", {"id": "id", "documentId": "parent", "code": "name", "documentNumber": "document"}),
        (
            "generalLedgerEntries",
            {"id": "id", "documentId": "parent", "entryNumber": "name", "documentNumber": "document"},
        ),
        ("journalLines", {"id": "id", "journalId": "parent", "number": "name", "documentNumber": "document"}),
        ("dimensionValues", {"id": "id", "dimensionId": "parent", "code": "name", "documentNumber": "document"}),
        ("trialBalances", {"accountId": "id", "documentId": "parent", "number": "name", "documentNumber": "document"}),
    ],
)
def test_a_set_is_indexed_by_key_parent_name_and_document(store, entity_set, columns):
    assert store.indexed_columns(entity_set) == columns


def test_rows_are_scanned_under_conditions_in_an_order_and_a_window(store):
    for number in range(5):
        store.insert(COMPANY, "items", {"id": f"i{number}", "number": f"N{4 - number}"})

    def scanned(*conditions, **window):
        return [row.id for row in store.scan(COMPANY, "items", [Condition(*one) for one in conditions], **window)]

    assert scanned() == ["i0", "i1", "i2", "i3", "i4"]
    assert scanned(order="name", limit=2, offset=1) == ["i3", "i2"]
    assert scanned(("name > ?", ("N1",)), ("id > ? OR name = ?", ("i0", "N4"))) == ["i0", "i1", "i2"]
    assert store.count(COMPANY, "items", [Condition("name > ?", ("N1",)), Condition("id > ?", ("i0",))]) == 2


def test_a_change_moves_the_stamp_unless_it_is_told_not_to(store, clock):
    store.insert(COMPANY, "items", {"id": ROW, "number": "A"})
    clock.set(NOW.replace(hour=5))
    silent = store.update(COMPANY, "items", ROW, {"number": "B"}, touch=False)
    assert (silent["number"], silent["lastModifiedDateTime"]) == ("B", "2026-01-01T00:00:00.007Z")
    touched = store.update(COMPANY, "items", ROW, {})
    assert (touched["number"], touched["lastModifiedDateTime"]) == ("B", "2026-01-01T05:00:00.007Z")
    assert store.stamp(COMPANY, "items", ROW) % 10 == 7
    placed = store.update_at(COMPANY, "items", ROW, {"id": "another"}, 0)
    assert (placed["id"], placed["lastModifiedDateTime"]) == (ROW.lower(), "0001-01-01T00:00:00Z")


def test_many_rows_keep_the_stamps_they_come_with(store):
    store.insert_many(COMPANY, "items", [{"id": "a", "_stamp": 0}, {"id": "b", "_stamp": 1_000}, {"id": "c"}])
    assert [store.stamp(COMPANY, "items", row_id) for row_id in "abc"] == [0, 1_000, to_milliseconds(NOW) + 2]
    assert "_stamp" not in store.get(COMPANY, "items", "b")


@pytest.mark.parametrize("act", ["update", "stamp", "update_at"])
def test_a_row_that_is_not_there_is_a_key_error(store, act):
    arguments = {"update": ({},), "stamp": (), "update_at": ({}, 0)}[act]
    with pytest.raises(KeyError):
        getattr(store, act)(COMPANY, "items", ROW, *arguments)


def test_deleting_what_is_not_there_tells_nobody(store):
    told = []
    store.listeners.append(told.append)
    store.delete(COMPANY, "items", ROW)
    assert told == []


def test_a_sets_version_is_another_one_after_every_change_to_it(store):
    versions = [store.version(COMPANY, "items")]

    def changed():
        versions.append(store.version(COMPANY, "items"))
        return len(set(versions)) == len(versions)

    store.insert(COMPANY, "items", {"id": ROW})
    assert changed()
    store.update(COMPANY, "items", ROW, {"number": "B"})
    assert changed()
    store.insert_many(COMPANY, "items", [{"id": "b"}])
    assert changed()
    store.delete(COMPANY, "items", ROW)
    assert changed()
    with pytest.raises(RuntimeError), store.transaction():
        raise RuntimeError
    assert changed()
    store.insert(COMPANY, "customers", {"id": ROW})
    store.insert(OTHER, "items", {"id": ROW})
    assert store.version(COMPANY, "items") == versions[-1]


def test_a_copy_has_the_rows_series_and_facts_and_lives_its_own_life(store, clock):
    store.insert(COMPANY, "items", {"id": ROW, "number": "A"})
    store.set_series(COMPANY, "S", "X", 3, 7)
    store.set_fact("plan", "small")
    copy = Store(SETS, clock)
    copy.insert(COMPANY, "customers", {"id": ROW})
    before = copy.version(COMPANY, "customers")
    copy.copy_from(store)
    assert (copy.get(COMPANY, "items", ROW)["number"], copy.fact("plan")) == ("A", "small")
    assert copy.count(COMPANY, "customers") == 0
    assert copy.version(COMPANY, "customers") != before
    assert copy.next_number(COMPANY, "S") == "X008"
    copy.update(COMPANY, "items", ROW, {"number": "B"})
    assert (store.get(COMPANY, "items", ROW)["number"], store.next_number(COMPANY, "S")) == ("A", "X008")
    copy.close()


def test_a_fact_is_replaced_and_an_unknown_one_is_none(store):
    store.set_fact("plan", "a")
    store.set_fact("plan", "b")
    assert (store.fact("plan"), store.fact("other")) == ("b", None)


@pytest.mark.parametrize(
    ("prefix", "width", "last", "numbers"),
    [("", 4, 1000, ["1001", "1002"]), ("V", 5, 0, ["V00001", "V00002"]), ("G0", 2, 98, ["G099", "G0100"])],
)
def test_a_series_counts_on_with_prefix_and_digits(store, prefix, width, last, numbers):
    store.set_series(COMPANY, "S", prefix, width, last)
    store.set_series(OTHER, "S", "other", 1, 5)
    assert [store.next_number(COMPANY, "S") for _ in numbers] == numbers
    with pytest.raises(KeyError, match="number series T"):
        store.next_number(COMPANY, "T")


def test_a_number_that_is_drawn_in_vain_is_drawn_again(store):
    store.set_series(COMPANY, "S", "", 1, 0)
    with suppress(RuntimeError), store.transaction():
        store.next_number(COMPANY, "S")
        raise RuntimeError
    assert store.next_number(COMPANY, "S") == "1"


def test_an_inner_failure_takes_back_the_inner_part_alone(store):
    with store.transaction():
        store.insert(COMPANY, "items", {"id": "a"})
        with suppress(RuntimeError), store.transaction():
            store.insert(COMPANY, "items", {"id": "b"})
            store.insert(COMPANY, "newSet", {"id": "c"})
            raise RuntimeError
        store.insert(COMPANY, "newSet", {"id": "d"})
    assert [row["id"] for name in ("items", "newSet") for row in store.find(COMPANY, name)] == ["a", "d"]


def test_a_transaction_whose_end_fails_is_taken_back_and_the_next_one_begins(store):
    """As on a disk that is full when it is written; nobody is told of what is not there."""
    told = []
    store.listeners.append(told.append)
    store.connection.execute("PRAGMA foreign_keys = ON")
    store.connection.execute("CREATE TABLE u (n INTEGER PRIMARY KEY)")
    store.connection.execute("CREATE TABLE t (n REFERENCES u DEFERRABLE INITIALLY DEFERRED)")
    with suppress(sqlite3.IntegrityError), store.transaction():
        store.insert("c1", "items", {"number": "1"})
        store.connection.execute("INSERT INTO t VALUES (1)")
    assert not store.connection.in_transaction
    with store.transaction():
        store.insert("c1", "items", {"number": "2"})
    assert [row["number"] for row in store.find("c1", "items")] == ["2"]
    assert len(told) == 1


def test_companies_are_in_the_order_in_which_they_were_made(store):
    for name, timestamp in (("B", 7), ("A", 30), ("C", 5)):
        store.insert("", "companies", {"name": name, "timestamp": timestamp})
    assert [row["name"] for row in store.companies()] == ["C", "B", "A"]
    assert {row["_etag"] for row in store.companies()} == {None}


@pytest.mark.parametrize(
    ("value", "served"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal("1.0"), "1"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("123456789012345678.90"), "123456789012345678.9"),
        (Decimal("-0.0000012"), "-0.0000012"),
        (Decimal("0.000001"), "0.000001"),
        ("1.50", '"1.50"'),
        (True, "true"),
    ],
)
def test_a_decimal_is_served_with_its_shortest_digits_and_no_exponent(value, served):
    assert encode(served_value(value)).decode() == served


@given(st.decimals(-(10**12), 10**12, places=10))
def test_a_served_decimal_is_the_same_number_and_is_stored_as_it_was(value):
    text = encode(served_value(value)).decode()
    assert Decimal(text) == value
    assert "E" not in text


def test_a_tiny_decimal_is_kept_and_served_whole(store):
    store.insert(COMPANY, "items", {"id": ROW, "unitCost": Decimal("0.0000000001")})
    row = store.get(COMPANY, "items", ROW)
    assert row["unitCost"] == Decimal("0.0000000001")
    assert '"unitCost":0.0000000001,' in store.scan(COMPANY, "items")[0].data
    assert store.update(COMPANY, "items", ROW, {"number": "A"})["unitCost"] == row["unitCost"]


def test_an_etag_is_weak_comes_first_and_moves_with_any_value():
    row = {"id": "a", "number": "1"}
    decoded = decode(with_etag(row))
    assert list(decoded) == ["@odata.etag", "id", "number"]
    assert decoded["@odata.etag"] == etag_of(row)
    assert etag_of({**row, "number": "2"}) != etag_of(row)
    opaque = base64.b64decode(etag_of(row).removeprefix('W/"').removesuffix('"')).decode()
    number = opaque.removeprefix("'19;").removesuffix(";00;'")
    assert (len(number), number.isdigit()) == (20, True)
    assert list(decode(with_etag({}))) == ["@odata.etag"]

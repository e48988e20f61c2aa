"""What tells that two sides hold the same rows?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap.sample_metadata import METADATA

from dynamics_bc_cli.verify.comparing import LOOKED_AT, Verdict, verdict
from dynamics_bc_cli.verify.destinations import chosen
from dynamics_bc_cli.verify.sides import DESTINATION, SOURCE, Part, Sides
from dynamics_bc_cli.verify.singer_file import read_singer_file
from dynamics_bc_cli.verify.streams import compared, why_not
from dynamics_bc_cli.verify.warehouse import Tables
from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.streams.discovery import describe_streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

STREAMS = describe_streams(METADATA)
CUSTOMERS = compared(STREAMS["customers"])
PART = Part("customers", "c-1")
GUID = "0327218b-5017-4309-aec4-93ef645015d9"


@dataclass
class Service:
    """Rows that are there when they are asked for once more."""

    rows: set[str] = field(default_factory=set)
    failed: dict[Part, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def existing(self, part: Part, ids: Sequence[str]) -> set[str]:
        assert part == PART
        self.asked += ids
        return self.rows & set(ids)


def told_of(source: str, destination: str, service: Service, young: str = "") -> Verdict:
    """What is said of ids of one letter each."""
    with Sides() as found:
        found.put(SOURCE, [(PART, each, each in young) for each in source], merge=True)
        found.put(DESTINATION, [(PART, each, False) for each in destination])
        return verdict(found, PART, service)


def test_sides_with_the_same_ids_agree_in_whatever_order_they_came():
    told = told_of("abc", "cab", Service())
    assert told.agrees
    assert told.source == told.destination
    assert told.source.rows == 3


def test_a_row_that_the_destination_lacks_is_missing():
    told = told_of("abc", "ab", Service({"c"}))
    assert not told.agrees
    assert (told.missing, told.extra) == (("c",), ())


def test_a_row_that_was_deleted_in_the_source_is_one_too_many():
    told = told_of("ab", "abc", Service())
    assert not told.agrees
    assert (told.missing, told.extra) == ((), ("c",))


def test_a_row_that_came_since_is_not_missing_and_both_hashes_are_without_it():
    told = told_of("abc", "ab", Service({"c"}), young="c")
    assert told.agrees
    assert told.source.rows == 2


def test_a_row_that_went_while_it_was_read_is_not_missing():
    assert told_of("abc", "ab", Service()).agrees


def test_a_row_that_a_page_passed_over_is_not_one_too_many():
    assert told_of("ab", "abc", Service({"c"})).agrees


def test_a_row_that_was_loaded_twice_does_not_agree():
    told = told_of("ab", "abb", Service())
    assert not told.agrees
    assert told.destination.doubled == 1
    assert told.source.hash == told.destination.hash


def test_what_could_not_be_read_is_not_known_and_not_asked_for_again():
    service = Service(failed={PART: "No permission."})
    told = told_of("", "ab", service)
    assert not told.agrees
    assert told.unknown == "No permission."
    assert service.asked == []


def test_where_all_is_different_not_every_row_is_asked_for_once_more():
    service = Service({f"{number:06}" for number in range(3 * LOOKED_AT)})
    with Sides() as found:
        found.put(SOURCE, [(PART, f"{number:06}", False) for number in range(3 * LOOKED_AT)])
        assert len(verdict(found, PART, service).missing) == 3 * LOOKED_AT
    assert len(service.asked) == LOOKED_AT


@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_sides_agree_exactly_when_they_have_the_same_ids(source: set[str], destination: set[str]):
    told = told_of("".join(source), "".join(destination), Service(source))
    assert told.agrees == (source == destination)
    assert set(told.missing) == source - destination
    assert set(told.extra) == destination - source


# --- a Singer file ----------------------------------------------------------------------------------------------------


def left_by(tmp_path: Path, *lines: str) -> dict[Part, int]:
    path = tmp_path / "out.singer"
    path.write_text("\n".join(lines))
    with Sides() as found:
        read_singer_file(path, found, {"customers": CUSTOMERS})
        return {part: found.tally(DESTINATION, part).rows for part in found.parts(DESTINATION)}


def record(row_id: str, company: str = "C-1", **more: str) -> str:
    members = {"company_id": company, "id": row_id, **more}
    return json.dumps({"type": "RECORD", "stream": "customers", "record": members})


def test_a_record_that_is_there_twice_is_one_row(tmp_path: Path):
    assert left_by(tmp_path, record("a"), record("b"), record("a")) == {PART: 2}


def test_a_deletion_takes_its_row_away_and_a_later_record_brings_it_back(tmp_path: Path):
    gone = record("a", _sdc_deleted_at="2026-01-01T00:00:00Z")
    assert left_by(tmp_path, record("a"), record("b"), gone) == {PART: 1}
    assert left_by(tmp_path, record("a"), gone, record("a")) == {PART: 1}


def test_an_activated_version_takes_all_others_away(tmp_path: Path):
    versioned = record("b")[:-1] + ',"version":7}'
    activate = '{"type":"ACTIVATE_VERSION","stream":"customers","version":7}'
    assert left_by(tmp_path, record("a"), versioned, activate) == {PART: 1}


def test_companies_are_told_apart_and_other_streams_passed_over(tmp_path: Path):
    other = record("x").replace('"customers"', '"vendors"')
    lines = ('{"type":"SCHEMA","stream":"customers"}', record("a"), record("a", "C-2"), other, "", '{"type":"STATE"}')
    assert left_by(tmp_path, *lines) == {PART: 1, Part("customers", "c-2"): 1}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", 'Line 2 of the Singer file ".*" is not a Singer message, or was cut off'),
        ("[]", 'Line 2 of the Singer file ".*" is not a Singer message, or was cut off'),
        ('{"type":"RECORD","stream":"customers","record":{"company_id":"c"}}', "lacks a part of its key .id."),
        ('{"type":"RECORD","stream":"customers"}', "lacks a part of its key"),
    ],
)
def test_a_file_that_is_no_output_of_the_tap_is_refused(tmp_path: Path, line: str, said: str):
    with pytest.raises(ConfigurationError, match=said):
        left_by(tmp_path, record("a"), line)


def test_a_singer_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be read"), Sides() as found:
        read_singer_file(tmp_path / "none.singer", found, {})


# --- tables -----------------------------------------------------------------------------------------------------------


@dataclass
class Warehouse:
    """A database of one table or some."""

    tables: dict[tuple[str, str], dict[str, list[Any]]]
    queries: list[str] = field(default_factory=list)

    def columns(self) -> Sequence[tuple[str, str, str]]:
        return [(schema, table, column) for (schema, table), columns in self.tables.items() for column in columns]

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        self.queries.append(query)
        for columns in self.tables.values():
            yield from zip(*columns.values(), strict=True)


def query_of(schema: str, table: str, *columns: str, asked: str = "bc") -> str:
    warehouse = Warehouse({(schema, table): {column: [] for column in columns}})
    with Sides() as found:
        assert Tables(warehouse, asked).read(found, CUSTOMERS)
    (query,) = warehouse.queries
    return query


@pytest.mark.parametrize("table", ["customers", "CUSTOMERS", "Customers"])
def test_a_table_is_found_however_its_loader_spells_it(table: str):
    assert query_of("bc", table, "company_id", "id") == f'select "company_id", "id" from "bc"."{table}"'
    assert query_of("BC", table, "COMPANY_ID", "ID") == f'select "COMPANY_ID", "ID" from "BC"."{table}"'


def test_rows_that_are_marked_as_deleted_count_as_gone():
    query = query_of("bc", "customers", "company_id", "id", "_sdc_deleted_at")
    assert query.endswith(' where "_sdc_deleted_at" is null')


def test_names_are_quoted_so_that_none_is_read_as_sql():
    schema = 'b"c; drop table x'
    assert query_of(schema, "customers", "company_id", "id", asked=schema).endswith(
        ' from "b""c; drop table x"."customers"'
    )


def test_names_with_underscores_are_found():
    warehouse = Warehouse(
        {("bc", "dimension_set_lines"): {"companyId": [], "parent_type": [], "parentid": [], "id": []}}
    )
    with Sides() as found:
        assert Tables(warehouse, "bc").read(found, compared(STREAMS["dimensionSetLines"]))
    assert warehouse.queries == ['select "companyId", "parent_type", "parentid", "id" from "bc"."dimension_set_lines"']


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({("other", "customers"): ("company_id", "id")}, 'no schema "bc" with tables in it; it has "other"'),
        ({("BC", "x"): ("id",), ("Bc", "x"): ("id",)}, 'several schemas "bc"'),
        ({("bc", "Customers"): ("id",), ("bc", "CUSTOMERS"): ("id",)}, 'several tables for "customers"'),
        ({("bc", "customers"): ("company_id", "number")}, 'no column id, which is part of the key of "customers"'),
        ({("bc", "customers"): ("number",)}, "no column company_id, id"),
    ],
)
def test_a_wrong_table_is_refused_with_what_is_there(tables: dict[tuple[str, str], tuple[str, ...]], said: str):
    warehouse = Warehouse({name: {column: [] for column in columns} for name, columns in tables.items()})
    with pytest.raises(ConfigurationError, match=said), Sides() as found:
        Tables(warehouse, "bc").read(found, CUSTOMERS)


def test_the_types_of_a_database_make_the_ids_of_the_service():
    assert CUSTOMERS.of_parts([UUID(GUID)]) == CUSTOMERS.of_parts([GUID.upper()]) == GUID
    assert CUSTOMERS.of_parts([None, Decimal("10.0"), date(2026, 1, 31)]) == "|10|2026-01-31"


def test_what_has_no_rows_of_its_own_is_not_compared():
    reasons = {name: why_not(stream) for name, stream in STREAMS.items()}
    assert reasons["customers"] == ""
    assert reasons["environments"] == "it is not an entity set"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({}, "Name one destination"),
        ({"singer": "x", "postgres": "y"}, "Name one destination"),
        ({"postgres": "postgresql://x/y"}, "Name the schema"),
        ({"singer": "x", "schema": "s"}, "a Singer file and the index have none"),
        ({"store": "x", "singer": "y"}, "Name one destination"),
    ],
)
def test_one_destination_is_named(named: dict[str, Any], said: str):
    with pytest.raises(ConfigurationError, match=said):
        chosen(**{"duckdb": None, "postgres": None, "singer": None, "store": None, "schema": None, **named})

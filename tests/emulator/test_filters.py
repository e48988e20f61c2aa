"""`$filter`: the server's rows are those that the same condition keeps of the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from emulator.plain_api import by_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.filters import holds, parse_filter
from dynamics_bc_emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.in_process import Desk
    from emulator.plain_api import Api

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
# Property by the way its literal is spelled.
SPELLINGS: dict[str, dict[str, Callable[[Any], str]]] = {
    "items": {
        "number": lambda value: "'" + value.replace("'", "''") + "'",
        "displayName": lambda value: "'" + value.replace("'", "''") + "'",
        "unitPrice": str,
        "inventory": str,
        "blocked": lambda value: str(value).lower(),
        "id": str,
        "lastModifiedDateTime": str,
        "type": lambda value: f"'{value}'",
    },
    "generalLedgerEntries": {
        "entryNumber": str,
        "postingDate": str,
        "documentNumber": lambda value: f"'{value}'",
        "debitAmount": str,
        "accountId": str,
        "lastModifiedDateTime": str,
    },
}
ONLY_EQUALITY = {"blocked", "id", "accountId", "type"}
shared_emulator = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@shared_emulator
@given(data=st.data(), entity_set=st.sampled_from(tuple(SPELLINGS)))
def test_a_filter_keeps_what_the_same_condition_keeps_of_the_truth(
    api: Api, data: st.DataObject, entity_set: str
) -> None:
    truth = api.rows(entity_set)
    clauses = []
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(tuple(SPELLINGS[entity_set])))
        operators = ("eq", "ne") if name in ONLY_EQUALITY else tuple(OPERATORS)
        operator, row = data.draw(st.sampled_from(operators)), data.draw(st.sampled_from(truth[:200]))
        clauses.append((name, operator, row[name]))
    text = " and ".join(f"{name} {operator} {SPELLINGS[entity_set][name](value)}" for name, operator, value in clauses)
    expected = [
        row
        for row in truth
        if all(OPERATORS[operator](key(row[name]), key(value)) for name, operator, value in clauses)
    ]
    pages = api.pages(f"{api.company}/{entity_set}", f"$filter={text}", Prefer="odata.maxpagesize=1000")
    assert by_key([row for page in pages for row in page]) == by_key(expected), text


def key(value: Any) -> Any:
    """A value as the service compares it: stamps with trimmed zeros as moments."""
    if isinstance(value, str) and len(value) > 19 and value[10] == "T":
        whole, _, fraction = value.rstrip("Z").partition(".")
        return whole, f"{fraction:0<3}"
    return value


@shared_emulator
@given(data=st.data(), name=st.sampled_from(("number", "displayName")), function=st.sampled_from(tuple(FUNCTIONS)))
def test_text_functions_keep_what_python_keeps(api: Api, data: st.DataObject, name: str, function: str) -> None:
    truth = api.rows("items")
    text = data.draw(st.sampled_from(truth))[name]
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    part = text[start:end]
    literal = part.replace("'", "''").replace("&", "%26").replace("#", "%23").replace("+", "%2B")
    rows = api.ok(f"{api.company}/items", f"$filter={function}({name},'{literal}')")["value"]
    assert by_key(rows) == by_key([row for row in truth if FUNCTIONS[function](row[name], part)])


@shared_emulator
@given(data=st.data(), number=st.integers(1, 100))
def test_a_chain_of_ids_finds_those_rows(api: Api, data: st.DataObject, number: int) -> None:
    truth = api.rows("salesInvoices")
    wanted = data.draw(st.lists(st.sampled_from(truth), min_size=1, max_size=number, unique_by=lambda row: row["id"]))
    chain = " or ".join(f"id eq {row['id']}" for row in wanted)
    assert by_key(api.ok(f"{api.company}/salesInvoices", f"$filter={chain}")["value"]) == by_key(wanted)


def test_stamps_are_compared_to_the_millisecond_and_blank_ones_by_equality(api: Api) -> None:
    truth = api.rows("generalLedgerEntries")
    stamp = sorted(row["lastModifiedDateTime"] for row in truth)[1500]
    for operator in ("ge", "gt", "eq"):
        query = f"$filter=lastModifiedDateTime {operator} {stamp} or lastModifiedDateTime eq 0001-01-01T00:00:00Z"
        rows = api.ok(f"{api.company}/generalLedgerEntries", query)["value"]
        expected = [
            row
            for row in truth
            if OPERATORS[operator](key(row["lastModifiedDateTime"]), key(stamp))
            or row["lastModifiedDateTime"] == "0001-01-01T00:00:00Z"
        ]
        assert by_key(rows) == by_key(expected)


def test_a_calculated_value_can_be_filtered_on(api: Api) -> None:
    rows = api.ok(f"{api.company}/customers", "$filter=balanceDue gt 0")["value"]
    assert by_key(rows) == by_key([row for row in api.rows("customers") if row["balanceDue"] > 0])
    assert rows


def test_or_joins_clauses_about_one_field_only(api: Api) -> None:
    rows = api.ok(f"{api.company}/items", "$filter=(number eq '1896-S' or number eq '1900-S') and type eq 'Inventory'")
    assert sorted(row["number"] for row in rows["value"]) == ["1896-S", "1900-S"]
    status, _, message = api.refused(f"{api.company}/items", "$filter=number eq '1896-S' or type eq 'Inventory'")
    assert (status, message) == (400, "The 'OR' operator is not supported on distinct fields on an OData filter.")


def test_in_is_refused_or_ignored_as_the_switch_says(api: Api) -> None:
    query = "$filter=number in ('1896-S','1900-S')"
    refusal = (501, "BadRequest_MethodNotImplemented", "The OData filter expression is not supported.")
    assert api.refused(f"{api.company}/items", query) == refusal
    api.control("switches", {"in_filter": "ignore"})
    assert len(api.ok(f"{api.company}/items", query)["value"]) == 64


def test_a_lambda_is_ignored(api: Api) -> None:
    query = "$filter=defaultDimensions/any(d:d/dimensionCode eq 'AREA') and number eq '10000'"
    assert [row["number"] for row in api.ok(f"{api.company}/customers", query)["value"]] == ["10000"]


def test_blank_text_is_null(api: Api) -> None:
    blank = api.ok(f"{api.company}/items", "$filter=itemCategoryCode eq null")["value"]
    filled = api.ok(f"{api.company}/items", "$filter=itemCategoryCode ne null")["value"]
    assert {row["itemCategoryCode"] for row in blank} == {""}
    assert len(blank) + len(filled) == 64


def test_case_functions_make_a_comparison_blind_to_case(api: Api) -> None:
    rows = api.ok(f"{api.company}/items", "$filter=tolower(displayName) eq 'ATHENS DESK'")["value"]
    assert [row["number"] for row in rows] == ["1896-S"]


@pytest.mark.parametrize("value", ["Positive_x0020_Adjmt_x002E_", "Purchase", "Sale"])
def test_enums_are_filtered_by_their_encoded_names(api: Api, value: str) -> None:
    rows = api.ok(f"{api.company}/itemLedgerEntries", f"$filter=entryType eq '{value}'")["value"]
    assert by_key(rows) == by_key([row for row in api.rows("itemLedgerEntries") if row["entryType"] == value])


def test_enums_are_filtered_by_their_own_text_too(desk: Desk) -> None:
    encoded = desk.rows("itemLedgerEntries", filter="entryType eq 'Positive_x0020_Adjmt_x002E_'")
    assert desk.rows("itemLedgerEntries", filter="entryType eq 'Positive Adjmt.'") == encoded
    assert {row["entryType"] for row in encoded} == {"Positive_x0020_Adjmt_x002E_"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("number eq", 400),
        ("number equals 'x'", 400),
        ("number eq 'x' extra", 400),
        ("number eq x'", 400),
        ("(number eq 'x'", 400),
        ("number eq 5", 400),
        ("unitPrice eq 'x'", 400),
        ("lastModifiedDateTime gt '2026-01-01T00:00:00Z'", 400),
        ("lastModifiedDateTime gt 2026-13-01T00:00:00Z", 400),
        ("type eq 'Nonsense'", 400),
        ("id eq 'x'", 400),
        ("blocked eq 1", 400),
        ("not number eq 'x'", 501),
        ("indexof(number,'x') eq 1", 501),
        ("contains(tolower(number),'x')", 501),
        ("item/number eq 'x'", 501),
    ],
)
def test_what_the_service_cannot_do_is_refused(api: Api, text: str, status: int) -> None:
    assert api.refused(f"{api.company}/items", f"$filter={text}")[0] == status


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("unitPrice ge 10.5 and unitPrice lt 11", True),
        ("displayName eq 'O''Brien; (x) and or'", True),
        ("displayName eq 'o''brien; (x) and or'", False),
        ("(unitPrice gt 10) and (number eq 'A' or number eq 'B')", True),
        ("lastModifiedDateTime ge 2026-01-01T00:00:00.55Z", True),
        ("lastModifiedDateTime gt 2026-01-01T00:00:00.5500001Z", False),
        ("lastModifiedDateTime eq 2026-01-01T01:00:00.550+01:00", True),
        ("ID eq ABCDEF01-0000-4000-8000-000000000000", True),
    ],
)
def test_a_parsed_filter_is_evaluated_over_a_row(text: str, kept: bool) -> None:
    items = load_catalogue().sets["items"]
    row = {
        "id": "abcdef01-0000-4000-8000-000000000000",
        "number": "B",
        "displayName": "O'Brien; (x) and or",
        "unitPrice": Decimal("10.9"),
        "lastModifiedDateTime": "2026-01-01T00:00:00.55Z",
    }
    assert holds(parse_filter(text, items, Switches()), row, items) is kept

"""What a `$filter` is parsed into and what the tree keeps: literals and small properties, no emulator."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.filters import (
    Comparison,
    Every,
    Nothing,
    Some,
    comparable,
    holds,
    names_in,
    parse_filter,
    without,
)
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.stamps import from_stamp
from dynamics_bc_emulator.switches import Switches

SETS = load_catalogue().sets
ITEMS, ENTRIES, LINES = (SETS[name] for name in ("items", "generalLedgerEntries", "salesInvoiceLines"))
GUID = "ABCDEF01-0000-4000-8000-00000000000a"


def parse(text, entity_set=ITEMS, **switches):
    return parse_filter(text, entity_set, Switches(**switches))


def refusal_of(text, entity_set=ITEMS, **switches):
    with pytest.raises(Refusal) as caught:
        parse(text, entity_set, **switches)
    return caught.value


def equal(name, value):
    return Comparison(name, "eq", value)


A, B, C = (equal("number", letter) for letter in "ABC")
BLOCKED, FREE = equal("blocked", True), equal("blocked", False)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("number eq 'A'", A),
        (" number  eq  'A' ", A),
        ("NUMBER eq 'A'", A),
        ("(number eq 'A')", A),
        ("((number eq 'A'))", A),
        ("number eq 'A' and blocked eq true", Every((A, BLOCKED))),
        ("number eq 'A' or number eq 'B'", Some((A, B))),
        ("number eq 'A' or number eq 'B' or number eq 'C'", Some((A, B, C))),
        ("number eq 'A' and number eq 'B' or number eq 'C'", Some((Every((A, B)), C))),
        ("number eq 'A' or number eq 'B' and number eq 'C'", Some((A, Every((B, C))))),
        ("number eq 'A' and (number eq 'B' or number eq 'C')", Every((A, Some((B, C))))),
        ("(number eq 'A' or number eq 'B') and blocked eq false", Every((Some((A, B)), FREE))),
        ("contains(displayName,'or')", Comparison("displayName", "contains", "or")),
        ("startswith( displayName , 'it''s' )", Comparison("displayName", "startswith", "it's")),
        ("endswith(number,'-S') and blocked eq true", Every((Comparison("number", "endswith", "-S"), BLOCKED))),
        ("tolower(number) eq 'a'", Comparison("number", "eq", "a", any_case=True)),
        ("toupper(number) ne 'A'", Comparison("number", "ne", "A", any_case=True)),
        ("itemVariants/any(v:v/code eq 'RED')", Nothing()),
        ("itemVariants/all(v:contains(v/code,')')) and blocked eq true", Every((Nothing(), BLOCKED))),
    ],
)
def test_and_binds_before_or_and_parentheses_before_both(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "entity_set", "value"),
    [
        ("unitPrice eq 5", ITEMS, Decimal(5)),
        ("unitPrice eq -0.50", ITEMS, Decimal("-0.50")),
        ("entryNumber eq 7", ENTRIES, Decimal(7)),
        ("blocked eq true", ITEMS, True),
        ("blocked eq false", ITEMS, False),
        ("blocked eq null", ITEMS, False),
        ("number eq null", ITEMS, ""),
        ("number eq 'null'", ITEMS, "null"),
        ("number eq ''", ITEMS, ""),
        ("unitPrice eq null", ITEMS, Decimal(0)),
        (f"id eq {GUID}", ITEMS, GUID.lower()),
        ("id eq null", ITEMS, "00000000-0000-0000-0000-000000000000"),
        ("postingDate eq 2026-02-28", ENTRIES, "2026-02-28"),
        ("postingDate eq null", ENTRIES, "0001-01-01"),
        ("lastModifiedDateTime eq 2026-01-01T00:00:00Z", ITEMS, from_stamp("2026-01-01T00:00:00Z")),
        ("lastModifiedDateTime eq 2026-01-01T00:00Z", ITEMS, from_stamp("2026-01-01T00:00:00Z")),
        ("lastModifiedDateTime eq 2026-01-01", ITEMS, from_stamp("2026-01-01T00:00:00Z")),
        ("lastModifiedDateTime eq 2026-01-01T00:00:00.0009Z", ITEMS, from_stamp("2026-01-01T00:00:00Z") + 0.9),
        ("lastModifiedDateTime eq 2026-01-01T02:00:00-01:00", ITEMS, from_stamp("2026-01-01T03:00:00Z")),
        ("type eq 'Inventory'", ITEMS, 0),
        ("type eq Service", ITEMS, 1),
        ("type eq 'Non_x002D_Inventory'", ITEMS, 2),
    ],
)
def test_a_literal_becomes_what_the_property_is_compared_with(text, entity_set, value):
    tree = parse(text, entity_set)
    assert (tree.value, type(tree.value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "entity_set"),
    [
        ("number eq 5", ITEMS),
        ("number eq true", ITEMS),
        ("unitPrice eq '5'", ITEMS),
        ("unitPrice eq true", ITEMS),
        ("blocked eq 'true'", ITEMS),
        ("blocked eq 1", ITEMS),
        (f"id eq '{GUID}'", ITEMS),
        ("id eq 5", ITEMS),
        ("postingDate eq '2026-02-28'", ENTRIES),
        ("postingDate eq 2026-02-28T00:00:00Z", ENTRIES),
        ("lastModifiedDateTime eq 5", ITEMS),
        ("type eq 0", ITEMS),
        ("type eq 'inventory'", ITEMS),
        ("type eq 'Non Inventory'", ITEMS),
        ("contains(unitPrice,'5')", ITEMS),
        ("contains(number,5)", ITEMS),
        ("contains(type,'I')", ITEMS),
        ("nickname eq 'x'", ITEMS),
    ],
)
def test_a_literal_of_another_type_is_a_bad_request(text, entity_set):
    refusal = refusal_of(text, entity_set)
    assert (refusal.status, refusal.code) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("text", "entity_set", "types"),
    [
        ("number eq 5", ITEMS, "'Edm.String' and 'Edm.Int32'"),
        ("unitPrice eq 'x'", ITEMS, "'Edm.Decimal' and 'Edm.String'"),
        ("unitPrice eq 2026-01-01", ITEMS, "'Edm.Decimal' and 'Edm.Date'"),
        (f"unitPrice eq {GUID}", ITEMS, "'Edm.Decimal' and 'Edm.Guid'"),
        ("unitPrice eq 2026-01-01T00:00:00Z", ITEMS, "'Edm.Decimal' and 'Edm.DateTimeOffset'"),
        ("unitPrice eq true", ITEMS, "'Edm.Decimal' and 'Edm.Boolean'"),
        ("postingDate eq 'x'", ENTRIES, "'Edm.Date' and 'Edm.String'"),
    ],
)
def test_the_refusal_of_a_literal_names_both_types(text, entity_set, types):
    assert f"Found operand types {types} for operator kind 'Equal'." in refusal_of(text, entity_set).message


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "number",
        "number 'A'",
        "number is 'A'",
        "'A' eq number",
        "number eq 'A' and",
        "number eq 'A' number eq 'B'",
        "number eq 'A')",
        "(number eq 'A'",
        "number eq 'A",
        "number eq #",
        "contains(number 'A')",
        "contains(number,'A'",
        "contains('A',number)",
        "tolower(number eq 'a'",
        "itemVariants/any(v:v/code eq 'RED'",
        "number in 'A'",
        "postingDate eq 2026-02-30",
        "postingDate eq 0000-01-01",
        "lastModifiedDateTime eq 2026-02-30",
        "lastModifiedDateTime eq 2026-01-01T25:00:00Z",
    ],
)
def test_what_is_no_filter_is_a_syntax_error(text):
    refusal = refusal_of(text, ENTRIES if "postingDate" in text else ITEMS)
    assert (refusal.status, refusal.code) == (400, "BadRequest_NotFound")


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{name}(displayName,'a') eq 1"
            for name in ("indexof", "replace", "concat", "trim", "length", "substringof", "year")
        ),
        "not (number eq 'A')",
        "NOT number eq 'A'",
        "contains(toupper(number),'A')",
        "itemCategory/code eq 'X'",
        "contains(itemCategory/code,'X')",
        "number in ('A','B')",
        "tolower(number) in ('a')",
    ],
)
def test_what_the_service_knows_and_does_not_do_is_not_implemented(text):
    refusal = refusal_of(text)
    assert (refusal.status, refusal.code) == (501, "BadRequest_MethodNotImplemented")
    assert refusal.message == "The OData filter expression is not supported."


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("number in ('A','B')", Nothing()),
        ("tolower(number) in ('a','b')", Nothing()),
        ("number in ('A','(') and blocked eq true", Every((Nothing(), BLOCKED))),
        ("number in ('A') or number eq 'B'", Some((Nothing(), B))),
    ],
)
def test_an_in_that_is_ignored_takes_its_list_with_it(text, tree):
    assert parse(text, in_filter="ignore") == tree


@pytest.mark.parametrize(
    "text",
    [
        "number eq 'A' or blocked eq true",
        "(number eq 'A' and blocked eq true) or number eq 'B'",
        "number eq 'A' or (number eq 'B' or contains(displayName,'x'))",
    ],
)
def test_or_between_different_fields_is_refused_as_the_switches_say(text):
    refusal = refusal_of(text)
    assert (refusal.status, refusal.code) == (400, "BadRequest_MethodNotImplemented")
    assert refusal.message == "The 'OR' operator is not supported on distinct fields on an OData filter."
    other = refusal_of(text, or_on_distinct_fields_status=501, or_on_distinct_fields_code="BadRequest")
    assert (other.status, other.code) == (501, "BadRequest")


TREE = Every((A, Some((BLOCKED, Nothing())), Comparison("unitPrice", "gt", Decimal(1))))


def test_the_names_of_a_filter_are_those_of_all_its_comparisons():
    assert list(names_in(TREE)) == ["number", "blocked", "unitPrice"]
    assert list(names_in(Nothing())) == []


def test_a_filter_without_some_names_keeps_everything_else():
    expected = Every((Nothing(), Some((BLOCKED, Nothing())), Nothing()))
    assert without(TREE, frozenset(("number", "unitPrice"))) == expected
    assert without(TREE, frozenset(("blocked",))).parts[1] == Some((Nothing(), Nothing()))
    assert without(TREE, frozenset()) == TREE


@pytest.mark.parametrize(
    ("node", "kept"),
    [
        (Nothing(), True),
        (Every(()), True),
        (Some(()), False),
        (Every((A, Nothing())), True),
        (Every((A, B)), False),
        (Some((A, B)), True),
        (Some((B, C)), False),
    ],
)
def test_every_part_or_some_part_must_hold(node, kept):
    assert holds(node, {"number": "A"}, ITEMS) is kept


@pytest.mark.parametrize(
    ("text", "row", "kept"),
    [
        ("number eq 'A'", {"number": "a"}, False),
        ("tolower(number) eq 'A'", {"number": "a"}, True),
        ("toupper(number) ne 'a'", {"number": "A"}, False),
        ("tolower(unitPrice) eq 5", {"unitPrice": 5}, True),
        ("number eq 'A'", {}, False),
        ("number eq null", {}, True),
        ("number eq null", {"number": None}, True),
        ("number ne null", {"number": "A"}, True),
        ("number gt 'A'", {"number": "A"}, False),
        ("number ge 'A'", {"number": "A"}, True),
        ("number lt 'A'", {"number": "A"}, False),
        ("number le 'A'", {"number": "A"}, True),
        ("number gt 'A'", {"number": "B"}, True),
        ("number lt 'B'", {"number": "A"}, True),
        ("unitPrice eq 1.10", {"unitPrice": Decimal("1.1")}, True),
        ("unitPrice lt 10", {"unitPrice": 9}, True),
        ("unitPrice gt 10", {"unitPrice": Decimal("10.01")}, True),
        ("startswith(number,'A')", {"number": "BA"}, False),
        ("endswith(number,'A')", {"number": "BA"}, True),
        ("contains(number,'A')", {"number": "BAB"}, True),
        ("contains(number,'')", {"number": ""}, True),
        ("type gt 'Inventory'", {"type": "Service"}, True),
        ("type lt 'Non_x002D_Inventory'", {"type": "Service"}, True),
        ("type eq 'Inventory'", {"type": "Added_x0020_By_x0020_An_x0020_Extension"}, False),
        ("type gt 'Non_x002D_Inventory'", {"type": "Added_x0020_By_x0020_An_x0020_Extension"}, True),
        (f"id eq {GUID}", {"id": GUID}, True),
        (f"id ne {GUID.lower()}", {"id": GUID.upper()}, False),
        ("lastModifiedDateTime gt 2026-01-01T00:00:00.1Z", {"lastModifiedDateTime": "2026-01-01T00:00:00.1Z"}, False),
        ("lastModifiedDateTime lt 2026-01-01T00:00:00.1001Z", {"lastModifiedDateTime": "2026-01-01T00:00:00.1Z"}, True),
        ("lastModifiedDateTime le 2026-01-02", {"lastModifiedDateTime": "2026-01-02T00:00:00Z"}, True),
        ("lastModifiedDateTime eq null", {"lastModifiedDateTime": "0001-01-01T00:00:00Z"}, True),
    ],
)
def test_a_comparison_keeps_a_row_on_one_side_of_it(text, row, kept):
    assert holds(parse(text), row, ITEMS) is kept


@pytest.mark.parametrize(
    ("name", "value", "compared"),
    [
        ("number", None, ""),
        ("number", "a", "a"),
        ("blocked", None, False),
        ("unitPrice", 3, Decimal(3)),
        ("id", GUID, GUID.lower()),
        ("type", "Service", 1),
        ("type", "Unheard_x0020_Of", 3),
        ("lastModifiedDateTime", "0001-01-01T00:00:00.5Z", 500),
    ],
)
def test_a_value_is_compared_in_the_form_of_its_type(name, value, compared):
    assert comparable(value, ITEMS.properties[name]) == compared


NUMBERS = st.sampled_from(["", "A", "B", "O'Hara (x)", "and", "or"])
OPERATORS = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


LEAVES = st.tuples(st.sampled_from(tuple(OPERATORS)), NUMBERS)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
)


def spelled(tree):
    if isinstance(tree[1], str):
        return f"number {tree[0]} {quoted(tree[1])}"
    return "(" + f" {tree[0]} ".join(spelled(part) for part in tree[1]) + ")"


def evaluated(tree, number):
    if isinstance(tree[1], str):
        return OPERATORS[tree[0]](number, tree[1])
    return {"and": all, "or": any}[tree[0]](evaluated(part, number) for part in tree[1])


@given(TREES, NUMBERS)
def test_any_tree_over_one_field_is_spelled_parsed_and_evaluated_alike(tree, number):
    assert holds(parse(spelled(tree)), {"number": number}, ITEMS) == evaluated(tree, number)

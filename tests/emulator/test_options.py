"""What query options are read as, and which are refused: claims that need no emulator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.filters import Comparison
from dynamics_bc_emulator.odata.options import Options, Order, parse_options, split_outside
from dynamics_bc_emulator.odata.ordering import from_token, is_after, sort_key, sorted_rows, to_token
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.store import ServedRow
from dynamics_bc_emulator.switches import Switches

CATALOGUE = load_catalogue()
ITEMS, INVOICES, COMPANIES = (CATALOGUE.sets[name] for name in ("items", "salesInvoices", "companies"))


def parse(query, entity_set=ITEMS):
    return parse_options(query, entity_set, CATALOGUE, Switches())


def refusal_of(query, entity_set=ITEMS):
    with pytest.raises(Refusal) as refusal:
        parse(query, entity_set)
    return refusal.value.status, refusal.value.code


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({}, Options()),
        ({"company": "x", "aid": "FIN"}, Options()),
        ({"$TOP": "3", "$skip": "0"}, Options(top=3)),
        ({"$top": "0"}, Options(top=0)),
        ({"$top": " 2147483647 ", "$skip": "0002"}, Options(top=2_147_483_647, skip=2)),
        ({"$count": "TRUE"}, Options(count=True)),
        ({"$count": "false"}, Options()),
        ({"$schemaversion": "2.1"}, Options()),
        ({"$select": "", "$expand": "", "$filter": "", "$orderby": ""}, Options()),
        ({"$orderby": "number ASC"}, Options(order=(Order("number", False),))),
        ({"$orderby": "number DESC"}, Options(order=(Order("number", True),))),
        ({"$select": "unitprice, NUMBER"}, Options(select=("number", "unitPrice"))),
        ({"$select": "number,*"}, Options()),
        ({"$select": "number,itemVariants"}, Options(select=("number",))),
        ({"$orderby": "Number desc, unitPrice"}, Options(order=(Order("number", True), Order("unitPrice", False)))),
        ({"$filter": "number eq 'A'"}, Options(filter=Comparison("number", "eq", "A"))),
        ({"$skiptoken": "abc", "$format": "json"}, Options(skiptoken="abc")),
    ],
)
def test_options_are_read_in_any_case_and_in_the_services_order(query, options):
    assert parse(query) == options


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ({"$top": "-1"}, (400, "BadRequest")),
        ({"$top": ""}, (400, "BadRequest")),
        ({"$skip": "1.5"}, (400, "BadRequest")),
        ({"$top": "²"}, (400, "BadRequest")),
        ({"$top": "٣"}, (400, "BadRequest")),
        ({"$top": "2147483648"}, (400, "BadRequest")),
        ({"$skip": "9" * 5000}, (400, "BadRequest")),
        ({"$select": "name"}, (400, "BadRequest")),
        ({"$orderby": "number down"}, (400, "BadRequest_NotFound")),
        ({"$orderby": "number desc asc"}, (400, "BadRequest_NotFound")),
        ({"$orderby": "number,"}, (400, "BadRequest_NotFound")),
        ({"$orderby": "name"}, (400, "BadRequest")),
        ({"$expand": "nothing"}, (400, "BadRequest")),
        ({"$expand": "itemVariants($top=1"}, (400, "BadRequest_NotFound")),
        ({"$expand": "itemVariants(top)"}, (400, "BadRequest_NotFound")),
        ({"$expand": "itemVariants($top=1)x"}, (400, "BadRequest_NotFound")),
        ({"$expand": "itemVariants($select=nickname)"}, (400, "BadRequest")),
        ({"$expand": "itemVariants($levels=2)"}, (501, "BadRequest_MethodNotImplemented")),
        ({"$compute": "x"}, (501, "BadRequest_MethodNotImplemented")),
        ({"$deltatoken": "x"}, (501, "BadRequest_MethodNotImplemented")),
        ({"$apply": "x"}, (501, "BadRequest_MethodNotImplemented")),
        ({"$search": "x"}, (501, "BadRequest_MethodNotImplemented")),
        ({"$what": "x"}, (400, "BadRequest")),
    ],
)
def test_what_cannot_be_read_or_done_is_refused(query, refused):
    assert refusal_of(query) == refused


def test_expansions_have_options_of_their_own_and_expansions_again():
    text = "salesInvoiceLines($filter=sequence eq 10000;$expand=dimensionSetLines($top=2);$select=id),customer"
    lines, customer = parse({"$expand": text}, INVOICES).expand
    assert (lines.navigation.name, customer.navigation.name) == ("salesInvoiceLines", "customer")
    assert lines.options.filter == Comparison("sequence", "eq", 10_000)
    assert lines.options.select == ("id",)
    (dimensions,) = lines.options.expand
    assert (dimensions.navigation.target, dimensions.options.top) == ("dimensionSetLines", 2)
    assert customer.options == Options()


@pytest.mark.parametrize(("name", "text"), [("$top", "-1"), ("$skip", "x")])
def test_the_refusal_of_a_count_names_the_option_and_what_was_sent(name, text):
    with pytest.raises(Refusal, match=f"^Invalid value '{text}' for \\{name} query option found"):
        parse({name: text})


def test_a_company_is_expanded_by_every_set_below_it():
    (expansion,) = parse({"$expand": "CUSTOMERS($top=1)"}, COMPANIES).expand
    assert (expansion.navigation.target, expansion.navigation.many, expansion.options.top) == ("customers", True, 1)
    assert refusal_of({"$expand": "subscriptions"}, COMPANIES) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("a", ["a"]),
        ("a,b(c,d),e", ["a", "b(c,d)", "e"]),
        ("a eq 'x,y',b", ["a eq 'x,y'", "b"]),
        ("a eq 'it''s, so',b", ["a eq 'it''s, so'", "b"]),
        ("a eq '(',b", ["a eq '('", "b"]),
    ],
)
def test_a_list_is_cut_outside_parentheses_and_quotes_only(text, parts):
    assert list(split_outside(text, ",")) == parts


@pytest.mark.parametrize("text", ["a(b", "a)", "a eq 'x"])
def test_parentheses_and_quotes_must_close(text):
    with pytest.raises(Refusal):
        list(split_outside(text, ","))


VALUES = st.fixed_dictionaries(
    {"number": st.sampled_from(["", "A", "a", "B"]), "unitPrice": st.integers(-2, 2), "blocked": st.booleans()}
)
ORDERS = st.lists(st.builds(Order, st.sampled_from(["number", "unitPrice", "blocked"]), st.booleans()), max_size=3)


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ((), "abcd"),
        ((Order("unitPrice", descending=False),), "cabd"),
        ((Order("unitPrice", descending=True),), "dabc"),
        ((Order("number", descending=False),), "dacb"),
        ((Order("number", descending=True),), "bcad"),
        ((Order("blocked", descending=True), Order("number", descending=False)), "cbda"),
        ((Order("blocked", descending=False), Order("unitPrice", descending=True)), "dabc"),
    ],
)
def test_rows_are_sorted_by_each_property_in_its_direction_and_then_by_id(order, ids):
    values = {
        "a": {"number": "A", "unitPrice": 2, "blocked": False},
        "b": {"number": "C", "unitPrice": 2, "blocked": True},
        "c": {"number": "B", "unitPrice": 1, "blocked": True},
        "d": {"number": "", "unitPrice": 3, "blocked": False},
    }
    rows = [(values[row_id], ServedRow(row_id, "", None)) for row_id in "dbca"]
    assert "".join(row.id for _, row in sorted_rows(rows, order, ITEMS)) == ids


def test_the_token_of_rows_in_the_order_of_their_keys_is_the_last_key():
    assert to_token({"number": "A"}, "7", ()) == "7"
    assert from_token("7", ()) == ({}, "7")
    assert "=" not in to_token({"number": "A"}, "7", (Order("number", descending=False),))


@given(st.lists(VALUES, max_size=8), ORDERS, st.integers(0, 7))
def test_the_rows_after_a_token_are_the_rest_of_the_order(drawn, order, place):
    rows = [(values, ServedRow(f"{number:04d}", "", None)) for number, values in enumerate(drawn)]
    ordered = sorted_rows(rows[::-1], order, ITEMS)
    assert sorted(row.id for _, row in ordered) == [row.id for _, row in rows]
    if place >= len(ordered):
        return
    values, row = ordered[place]
    ended, ended_id = from_token(to_token(values, row.id, order), order)
    end = (sort_key(ended, order, ITEMS), ended_id)
    rest = [each for each in ordered if is_after(sort_key(each[0], order, ITEMS), each[1].id, end, order)]
    assert rest == ordered[place + 1 :]


@pytest.mark.parametrize("token", ["", "!", "bnVsbA", "W10"])
def test_a_token_that_is_not_ours_is_refused(token):
    with pytest.raises(Refusal) as refusal:
        from_token(token, (Order("number", descending=False),))
    assert refusal.value.code == "BadRequest_NotFound"

"""Enum names, literals, filters and URLs."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.limits import VALUES_IN_ONE_FILTER
from dynamics_bc_client.odata.query import (
    Expansion,
    Query,
    all_of,
    any_of,
    equals,
    literal,
    stamp_literal,
    text_literal,
)
from dynamics_bc_client.odata.urls import company_path, join, key_literal, origin, record_path
from dynamics_bc_client.odata.values import BLANK_ENUM, BLANK_STAMP, ZERO_GUID, decode_enum, encode_enum, is_blank

GUID = "5de545bc-f6f9-ef11-9344-6045bdc8c234"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Positive_x0020_Adjmt_x002E_", "Positive Adjmt."),
        ("In_x0020_Progress", "In Progress"),
        ("_x0020_", " "),
        ("Non_x002D_Inventory", "Non-Inventory"),
        ("G_x002F_L_x0020_Account", "G/L Account"),
        ("Expired_x0020_", "Expired "),
        ("Draft", "Draft"),
        ("under_score", "under_score"),
        ("_x0031_st", "1st"),
    ],
)
def test_enum_names_are_their_text_and_back(name, text):
    assert decode_enum(name) == text
    assert encode_enum(text) == name


@given(st.text())
def test_every_text_survives_as_an_enum_name(text):
    assert decode_enum(encode_enum(text)) == text


@given(st.lists(st.sampled_from(["_", "x", "0020", "00000020", " ", "_x0020_", "X", "a", "é"])).map("".join))
def test_texts_that_look_like_escapes_survive_too(text):
    assert decode_enum(encode_enum(text)) == text


def test_what_is_no_character_is_no_escape():
    assert decode_enum("_xFFFFFFFF_") == "_xFFFFFFFF_"


@pytest.mark.parametrize("value", [None, "", "0001-01-01", BLANK_STAMP, ZERO_GUID, BLANK_ENUM])
def test_blanks_are_known(value):
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, Decimal(0), [], {}, " x"])
def test_zero_and_false_are_no_blanks(value):
    assert not is_blank(value)


def test_quotes_in_text_are_doubled():
    assert text_literal("O'Brien") == "'O''Brien'"


@given(st.text())
def test_a_text_literal_reads_back(text):
    quoted = text_literal(text)
    assert quoted[0] == quoted[-1] == "'"
    assert "'" not in quoted[1:-1].replace("''", "")
    assert quoted[1:-1].replace("''", "'") == text


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (True, "true"),
        (7, "7"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (date(2026, 1, 28), "2026-01-28"),
        (datetime(2026, 1, 28, 11, 0, tzinfo=timezone(timedelta(hours=1))), "2026-01-28T10:00:00.000Z"),
        (GUID, GUID),
        ("10000", "'10000'"),
    ],
)
def test_values_as_literals(value, spelled):
    assert literal(value) == spelled


def test_stamps_are_cut_to_milliseconds_never_rounded_up():
    assert stamp_literal(datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=timezone.utc)) == "2026-01-01T00:00:00.999Z"


def test_a_stamp_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        stamp_literal(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_any_of_is_a_chain_over_one_property():
    assert any_of("number", ["1", "2"]) == "number eq '1' or number eq '2'"
    assert equals("id", GUID) == f"id eq {GUID}"


def test_any_of_nothing_is_refused_because_it_would_ask_for_everything():
    with pytest.raises(ValueError, match="at least one"):
        any_of("id", [])


def test_a_hundred_guids_fit_into_a_query_string():
    chain = any_of("id", [f"{number:08x}-0000-0000-0000-000000000000" for number in range(VALUES_IN_ONE_FILTER)])
    assert len(Query("x", filter=chain).query_string) < 8_000


def test_filters_are_joined_with_parentheses_where_an_or_needs_them():
    assert all_of("a eq 1", "", "b eq 1 or b eq 2") == "a eq 1 and (b eq 1 or b eq 2)"
    assert all_of("", "a eq 1 or a eq 2") == "a eq 1 or a eq 2"
    assert all_of() == ""


def test_a_query_nests_its_expansions():
    query = Query(
        "companies(1)/salesInvoices",
        select=("id", "number"),
        expand=(
            Expansion("salesInvoiceLines", ("id",), (Expansion("dimensionSetLines"),), "quantity gt 1"),
            Expansion("customer"),
        ),
        filter="number eq 'a b&c#d+e%f''g'",
        order_by="number desc",
    )
    assert dict(parse_qsl(query.query_string)) == {
        "$select": "id,number",
        "$expand": "salesInvoiceLines($select=id;$expand=dimensionSetLines;$filter=quantity gt 1),customer",
        "$filter": "number eq 'a b&c#d+e%f''g'",
        "$orderby": "number desc",
    }
    assert "+" not in query.query_string


@given(st.text())
def test_any_text_in_a_filter_arrives_as_it_was(text):
    query = Query("x", filter=equals("name", text))
    assert dict(parse_qsl(query.query_string))["$filter"] == equals("name", text)


def test_a_query_without_options_is_its_path():
    assert Query("companies").url == "companies"


def test_paths():
    assert company_path("c") == "companies(c)"
    assert company_path(GUID, "customers") == f"companies({GUID})/customers"
    assert company_path(GUID, "journals(1)/journalLines", GUID) == f"companies({GUID})/journals(1)/journalLines({GUID})"
    assert record_path("subscriptions", "it's/1") == "subscriptions('it''s%2F1')"


@given(st.text())
def test_a_text_key_reads_back(text):
    if key_literal(text) != text:
        assert unquote(key_literal(text))[1:-1].replace("''", "'") == text


def test_whole_urls_stay_whole():
    assert join("https://a/b/", "/c") == "https://a/b/c"
    assert join("https://a/b", "https://x/y") == "https://x/y"
    assert join("https://a/b", "") == "https://a/b"


@pytest.mark.parametrize(
    "url",
    [
        "http://bc.example/",
        "https://bc.example:444/",
        "https://bc.example.evil/",
        "https://bc.example@evil/",
        "https://u:p@bc.example/",
        "//bc.example/",
        "https://bc.example:port/",
        "https://[bc.example/",
    ],
)
def test_other_origins_are_other_origins(url):
    assert origin(url) != origin("https://bc.example/v2.0")


def test_default_ports_and_case_make_no_difference():
    assert origin("https://BC.example:443/x") == origin("https://bc.example/")

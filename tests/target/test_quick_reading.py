"""The quick ways of reading come to the same as the long ones."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_dynamics_bc.identity import fingerprint_of, hash_of
from target_dynamics_bc.json_lines import from_json
from target_dynamics_bc.kinds.facts import Property
from target_dynamics_bc.wanted.reading import Reading
from target_dynamics_bc.wanted.values import fields_of, plain
from tests.target.at_the_desk import Target

_AS_JSON_DOES_IT = json.JSONDecoder(
    parse_float=Decimal,
    parse_int=lambda digits: int(digits) if len(digits) < 4000 else Decimal(digits),
    parse_constant=Decimal,
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def read(decode, text):
    """What comes of a text, with its types; the name of the error where nothing does."""
    try:
        return repr(decode(text))
    except (ValueError, RecursionError) as error:
        return type(error).__name__


@given(_VALUES, st.booleans())
def test_json_is_read_as_before(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert read(from_json, text) == read(_AS_JSON_DOES_IT.decode, text)


@given(st.text('0123456789.eE+-naNIfity"\\ud8{}[],: \t', max_size=12))
@example("1" * 5000)
@example('{"a": NaN, "b": -Infinity}')
@example('"\\ud83d"')
@example('"\\ud83d\\ude00"')
@example('"\udc80"')
@example('{"a": 1, "a": 2}')
@example("[" * 100_000)
@example("\ufeff1")
def test_what_is_hardly_json_is_read_as_before(text):
    assert read(from_json, text) == read(_AS_JSON_DOES_IT.decode, text)


def test_numbers_keep_their_digits():
    assert repr(from_json("[1.10, 1E5, -0.0, 12345678901234567890123]")) == (
        "[Decimal('1.10'), Decimal('1E+5'), Decimal('-0.0'), 12345678901234567890123]"
    )


_OF_PYTHON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(max_codepoint=0x7F), max_size=5)
    | st.text(max_size=5)
    | st.decimals()
    | st.just("\ud800")
    | st.just(date(2026, 1, 28))
    | st.sampled_from([2**63, 2**64, 10**30]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), _OF_PYTHON, max_size=6))
@example({"a": 1e16, "b": 1e-7, "c": float("nan")})
@example({"b": "\x7f\x00\n", "a": [{"d": Decimal("1E+5"), "c": Decimal("NaN")}]})
def test_a_hash_is_that_of_json_with_sorted_keys_whatever_way_it_was_made(record):
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), default=str)
    assert hash_of(record) == hashlib.sha256(text.encode()).hexdigest()


@given(
    st.decimals(allow_nan=True, allow_infinity=True) | st.integers() | st.sampled_from([10**15, 10**15 - 1, -(10**15)])
)
@example(Decimal("1E+14"))
@example(Decimal("1E-101"))
@example(Decimal(f"0.{'1' * 100}"))
@example(Decimal(f"1.{'1' * 100}"))
def test_numbers_that_books_can_hold_are_read_and_others_refused(number):
    faults = []
    read = Reading({"amount": number}, faults).amount("amount")
    digits = Decimal(number).as_tuple()
    fits = Decimal(number).is_finite() and (
        Decimal(number).adjusted() < 15 and len(digits.digits) <= 100 and abs(int(digits.exponent)) <= 100
    )
    assert (read is not None, len(faults)) == ((True, 0) if fits else (False, 1))
    assert read is None or read.as_tuple() == digits


@pytest.mark.parametrize(
    ("record", "is_sound"),
    [
        ({"a": "b", "c": Decimal("1.5"), "d": [{"e": None}]}, True),
        ({"a": "\u00e6\u00f8\U0001f600\x7f"}, True),
        ({"a": "\ud83d"}, False),
        ({"a": [{"b": Decimal("-Infinity")}]}, False),
        ({"a": float("inf")}, False),
    ],
)
def test_a_record_is_called_sound_only_if_nothing_of_it_is_to_be_looked_for(record, is_sound):
    assert fingerprint_of(record).is_sound is is_sound


_PROPERTIES = [
    Property("x"),
    Property("x", length=3),
    Property("x", length=3, is_code=True),
    Property("x", "Guid"),
    Property("x", "Decimal"),
    Property("x", "Int32"),
    Property("x", "Boolean"),
    Property("x", "Date"),
    Property("x", "Enum", members=("_x0020_", "Blanket_x0020_Order", "Item")),
]
_SPELLED = st.sampled_from([
    "2026-01-28", " 2026-01-28T23:59Z ", "1752-12-31", "0001-01-01", "2026-02-30", "item", "Blanket order", "_x0020_",
    "true", " FALSE", "10", "1e2", "1e99", "NaN", "\u00dfx", " ab ", "abcd", Decimal("1.10"), Decimal("1E+14"),
    Decimal("1E+15"), Decimal("Infinity"), 10**15, 10**15 - 1,
])  # fmt: skip


@given(st.sampled_from(_PROPERTIES), _SPELLED | _OF_PYTHON)
def test_a_value_comes_to_the_same_by_the_quick_way_and_as_a_field_of_the_record(of, value):
    def read(way):
        faults = []
        return repr(fields_of(Reading({"x": value}, faults), [way])), faults

    quick = plain(of)
    assert read(quick) == read(quick._replace(longest=-1, ways={}))


@pytest.mark.parametrize("stream", ["Vendors", "vendors", "Bills"])
def test_stream_maps_that_change_nothing_change_nothing(tmp_path, stream):
    """Without stream maps a record takes a shorter way."""
    records = [
        {"externalId": "1", "vendorName": "A", "displayName": "A", "currency": "XXQ", "currencyCode": "XXQ"},
        {"externalId": "2", "vendorName": float("nan"), "displayName": "B", "paymentMethodId": "", "country": None},
        {"externalId": "3", "vendorName": ["no", "text"], "website": 7, "currencyId": {}, "unknown": True},
        {
            "externalId": "4",
            "billNumber": "4",
            "vendorNumber": "10000",
            "expenses": [{"accountNumber": "8210", "amount": 1}],
        },
    ]
    outcomes = []
    for maps in ({}, {"stream_maps": {stream: {"__filter__": "True"}}}):
        found = Target(tmp_path).write(stream, *records, dry_run=True, **maps)
        outcomes.append([{**each, "run_id": "", "at": ""} for each in found])
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("maps", "records", "positions"),
    [
        ({"__filter__": "True"}, [{}, {"externalId": "1"}, {}], [1, 2, 3]),
        ({"__else__": None}, [{"vendorName": "x"}, {}], [1, 2]),
        ({"vendorName": None}, [{"vendorName": "x"}], [1]),
        ({"__filter__": "'vendorName' in record"}, [{}, {"vendorName": "x"}, {}], [1]),
        (None, [{}, {"vendorName": "x"}], []),
    ],
)
def test_a_record_that_is_empty_behind_a_stream_map_has_one_outcome(tmp_path, maps, records, positions):
    outcomes = Target(tmp_path).write("Vendors", *records, stream_maps={"Vendors": maps})
    assert [outcome["position"] for outcome in outcomes] == positions


@pytest.mark.parametrize("given", [Decimal("9E+999999"), None, True, [1, Decimal("1.5")], "text", 7])
def test_what_comes_in_place_of_a_record_has_a_hash_too(given):
    assert len(hash_of(given)) == 64

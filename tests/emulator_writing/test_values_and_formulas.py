"""What a JSON value becomes in the store, and where a date formula leads: both sides of every rule."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.date_formulas import date_after, is_formula
from dynamics_bc_emulator.odata.catalogue import Property
from dynamics_bc_emulator.odata.enums import own_text
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.writes.values import to_stored

GUID = "ABCDEF01-0000-4000-8000-00000000000A"
MEMBERS = ("_x0020_", "Non_x002D_Inventory", "G_x002F_L")


def known(type_name, **more):
    return Property("thing", type_name, "Thing", **more)


CODE = known("Edm.String", upper_case=True, max_length=3)
TEXT = known("Edm.String", max_length=3)
ENDLESS = known("Edm.String")
ENUM = known("Microsoft.NAV.kind", enum=MEMBERS, captions=("", "Not in stock", "Ledger"))
OPTION = known("Edm.String", options=("A", "B"))
ENCODED_OPTION = known("Edm.String", options=("A", "B_x0020_C"))
DECIMAL, INT, LONG = (known(f"Edm.{name}") for name in ("Decimal", "Int32", "Int64"))
DATE, MOMENT, BOOLEAN, ID = (known(f"Edm.{name}") for name in ("Date", "DateTimeOffset", "Boolean", "Guid"))


@pytest.mark.parametrize(
    ("property_", "value", "stored"),
    [
        (CODE, " ab ", "AB"),
        (CODE, "  abc  ", "ABC"),
        (TEXT, " a ", " a "),
        (TEXT, "abc", "abc"),
        (TEXT, None, ""),
        (ENDLESS, "x" * 5_000, "x" * 5_000),
        (ENUM, "G_x002F_L", "G_x002F_L"),
        (ENUM, "G/L", "G_x002F_L"),
        (ENUM, "Non-Inventory", "Non_x002D_Inventory"),
        (ENUM, " ", "_x0020_"),
        (ENUM, "Not in stock", "Non_x002D_Inventory"),
        (ENUM, None, "_x0020_"),
        (OPTION, "B", "B"),
        (ENCODED_OPTION, "B C", "B_x0020_C"),
        (OPTION, None, ""),
        (ID, GUID, GUID.lower()),
        (ID, None, "00000000-0000-0000-0000-000000000000"),
        (DECIMAL, 3, Decimal(3)),
        (DECIMAL, Decimal("-1.5"), Decimal("-1.5")),
        (DECIMAL, Decimal("0.0000000001"), Decimal("0.0000000001")),
        (DECIMAL, Decimal("0.00000000016"), Decimal("0.0000000002")),
        (DECIMAL, Decimal("999999999999999.9999999999"), Decimal("999999999999999.9999999999")),
        (DECIMAL, None, Decimal(0)),
        (INT, 2**31 - 1, 2**31 - 1),
        (INT, -(2**31), -(2**31)),
        (LONG, 2**63 - 1, 2**63 - 1),
        (LONG, -(2**63), -(2**63)),
        (BOOLEAN, True, True),
        (BOOLEAN, None, False),
        (DATE, "2024-02-29", "2024-02-29"),
        (DATE, "0001-01-01", "0001-01-01"),
        (DATE, None, "0001-01-01"),
        (MOMENT, "2026-01-01T01:00:00.1234567+01:00", "2026-01-01T00:00:00.123Z"),
        (MOMENT, "2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00.1Z"),
        (MOMENT, None, "0001-01-01T00:00:00Z"),
    ],
)
def test_a_value_that_fits_is_stored_as_the_service_keeps_it(property_, value, stored):
    assert (to_stored(property_, value), type(to_stored(property_, value))) == (stored, type(stored))


@pytest.mark.parametrize(
    ("property_", "value", "code"),
    [
        (CODE, "abcd", "Application_StringExceededLength"),
        (TEXT, " abc", "Application_StringExceededLength"),
        (TEXT, 5, "BadRequest"),
        (TEXT, True, "BadRequest"),
        (TEXT, [], "BadRequest"),
        (TEXT, {}, "BadRequest"),
        (ENUM, "non-inventory", "Unknown"),
        (ENUM, "non_x002d_inventory", "Unknown"),
        (ENUM, 0, "Unknown"),
        (ENUM, [], "Unknown"),
        (OPTION, "a", "Unknown"),
        (OPTION, 1, "BadRequest"),
        (ID, GUID[:-1], "Application_InvalidGUID"),
        (ID, f"{{{GUID}}}", "Application_InvalidGUID"),
        (ID, "", "Application_InvalidGUID"),
        (ID, 5, "Application_InvalidGUID"),
        (DECIMAL, "3", "BadRequest"),
        (DECIMAL, False, "BadRequest"),
        (DECIMAL, Decimal("1e15"), "BadRequest"),
        (DECIMAL, Decimal("-1e15"), "BadRequest"),
        (DECIMAL, 10**15, "BadRequest"),
        (INT, 2**31, "BadRequest"),
        (INT, -(2**31) - 1, "BadRequest"),
        (INT, True, "BadRequest"),
        (INT, "1", "BadRequest"),
        (INT, Decimal(1), "BadRequest"),
        (LONG, 2**63, "BadRequest"),
        (BOOLEAN, 1, "BadRequest"),
        (BOOLEAN, "true", "BadRequest"),
        (DATE, "2023-02-29", "BadRequest"),
        (DATE, "20230228", "BadRequest"),
        (DATE, "2026-W01-1", "BadRequest"),
        (DATE, "2026-01-01T00:00:00Z", "BadRequest"),
        (DATE, "", "BadRequest"),
        (DATE, 20260101, "BadRequest"),
        (MOMENT, "2026-01-01", "BadRequest"),
        (MOMENT, "2026-01-01T00:00:00", "BadRequest"),
        (MOMENT, "soon", "BadRequest"),
        (MOMENT, 5, "BadRequest"),
        (known("Edm.Stream"), "x", "BadRequest"),
        (known("Edm.Duration"), "PT1S", "BadRequest"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_property(property_, value, code):
    with pytest.raises(Refusal, match="thing") as caught:
        to_stored(property_, value)
    assert (caught.value.status, caught.value.code) == (400, code)


def test_a_refused_member_is_told_all_that_there_are_in_their_own_words():
    with pytest.raises(
        Refusal, match=r"^'x' is not an option. The existing options are:  ,Non-Inventory,G/L \('thing'\)$"
    ):
        to_stored(ENUM, "x")


def test_a_text_that_is_too_long_is_told_both_lengths_after_it_was_trimmed():
    with pytest.raises(
        Refusal, match=r"is 4, but it must be less than or equal to 3 characters\. Property: thing\. Value: ABCD"
    ):
        to_stored(CODE, "  abcd ")


@pytest.mark.parametrize(
    ("member", "text"),
    [("_x0020_", " "), ("A_x002F_B_x002e_", "A/B."), ("_x20_", "_x20_"), ("Plain_Name", "Plain_Name")],
)
def test_a_members_own_text_has_its_marks_back(member, text):
    assert own_text(member) == text


JANUARY_30 = date(2026, 1, 30)  # a Friday


@pytest.mark.parametrize(
    ("formula", "start", "end"),
    [
        ("1Q", date(2026, 11, 30), date(2027, 2, 28)),
        ("-1Q", date(2026, 2, 10), date(2025, 11, 10)),
        ("1Y", date(2024, 2, 29), date(2025, 2, 28)),
        ("12M", date(2026, 12, 31), date(2027, 12, 31)),
        ("-1M", date(2026, 3, 31), date(2026, 2, 28)),
        ("+1D", JANUARY_30, date(2026, 1, 31)),
        ("1M+1M", JANUARY_30, date(2026, 3, 28)),
        ("2M", JANUARY_30, date(2026, 3, 30)),
        (" 1 m + 5 d ", JANUARY_30, date(2026, 3, 5)),
        ("CD", JANUARY_30, JANUARY_30),
        ("-CD", JANUARY_30, JANUARY_30),
        ("CW", date(2026, 2, 1), date(2026, 2, 1)),
        ("CW", date(2026, 2, 2), date(2026, 2, 8)),
        ("-CW", date(2026, 2, 1), date(2026, 1, 26)),
        ("-CW", date(2026, 1, 26), date(2026, 1, 26)),
        ("CM", date(2024, 2, 1), date(2024, 2, 29)),
        ("CQ", date(2026, 4, 1), date(2026, 6, 30)),
        ("-CQ", date(2026, 6, 30), date(2026, 4, 1)),
        ("CQ", date(2026, 12, 31), date(2026, 12, 31)),
        ("-CY", JANUARY_30, date(2026, 1, 1)),
        ("CY+1D", JANUARY_30, date(2027, 1, 1)),
    ],
)
def test_terms_are_counted_one_after_the_other(formula, start, end):
    assert date_after(formula, start) == end


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("", True),
        (" ", True),
        ("14D", True),
        ("cm", True),
        ("1M+CM-2W", True),
        ("++1D", False),
        ("1.5D", False),
        ("C1D", False),
        ("²D", False),
    ],
)
def test_a_formula_is_known_when_it_is_seen(text, is_one):
    assert is_formula(text) is is_one


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(DAYS, st.integers(0, 400))
def test_days_there_and_back_lead_nowhere_and_weeks_are_seven_of_them(start, count):
    assert date_after(f"{count}D-{count}D", start) == start
    assert date_after(f"{count}W", start) == start + timedelta(7 * count) == date_after(f"{7 * count}D", start)


@given(DAYS, st.integers(0, 60))
def test_months_keep_the_day_or_end_with_the_month(start, count):
    end = date_after(f"{count}M", start)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == count
    assert end.day == min(start.day, monthrange(end.year, end.month)[1])


@given(DAYS, st.sampled_from("WMQY"))
def test_a_day_lies_in_its_own_period_and_the_next_begins_a_day_later(start, unit):
    first, last = date_after(f"-C{unit}", start), date_after(f"C{unit}", start)
    assert first <= start <= last
    assert date_after(f"-C{unit}", last + timedelta(1)) == last + timedelta(1)
    assert date_after(f"C{unit}", first) == last

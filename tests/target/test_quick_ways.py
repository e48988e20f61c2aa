"""Where the target takes a quicker way than the plain one, both give the same."""

from __future__ import annotations

import tracemalloc
import uuid
from decimal import Decimal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.odata.query import encode
from target_dynamics_bc.finding import source_codes
from target_dynamics_bc.finding.references import Referents
from target_dynamics_bc.finding.source_codes import SourceCodes
from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.missing import faults_of_numbers, without_missing

SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/dynamics-bc-singer/derived-ids")
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


@given(TEXTS, TEXTS)
def test_a_derived_id_is_a_uuid_of_version_five(company: str, name: str) -> None:
    assert derived_id(company, name) == str(uuid.uuid5(SPACE, f"{company.lower()}\n{name}"))


@given(TEXTS)
def test_a_query_is_encoded_as_a_url_wants_it(text: str) -> None:
    assert encode([("$filter", text)]) == f"$filter={quote(text, safe='$(),=:;/@*!~-._' + chr(39))}"


@pytest.mark.parametrize("missing", [Decimal("NaN"), float("nan"), " NaN ", "NaT", "<NA>", "-nan"])
@pytest.mark.parametrize("place", [lambda value: value, lambda value: [{"b": value}], lambda value: {"b": [1, value]}])
def test_an_empty_cell_is_seen_wherever_it_stands(missing, place) -> None:
    assert str(without_missing({"a": place(missing), "z": 1})).lower().count("na") == 0


@pytest.mark.parametrize("place", [lambda value: value, lambda value: [{"b": value}], lambda value: {"b": [1, value]}])
@pytest.mark.parametrize("value", [Decimal("Infinity"), float("-inf")])
def test_an_infinite_number_is_seen_wherever_it_stands(place, value) -> None:
    (fault,) = faults_of_numbers({"a": place(value)})
    assert fault.code == "no_number"


def test_a_number_beyond_any_machine_s_is_not_infinite() -> None:
    assert faults_of_numbers({"a": Decimal("1e999999")}) == ()


def test_codes_are_known_before_and_after_they_go_to_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_codes, "_AT_ONCE", 3)
    codes = SourceCodes(Referents(standard_kinds()))
    for number in range(7):
        codes.remember("accounts", {"id": f"A-{number}", "number": f"{number}"})
    codes.remember("accounts", {"id": "a-0", "number": "changed"})
    assert [codes.code("accounts", f"a-{number}") for number in range(7)] == ["changed", *"123456"]
    assert codes.code("accounts", "a-7") is None
    codes.close()


def test_few_codes_are_held_in_memory_however_many_come() -> None:
    codes = SourceCodes(Referents(standard_kinds()))
    tracemalloc.start()
    for number in range(15_000):
        codes.remember("accounts", {"id": f"A-{number}", "number": f"{number}"})
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_500_000
    assert codes.code("accounts", "a-7") == "7"
    codes.close()

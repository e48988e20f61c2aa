"""Many questions asked as few."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.errors import BadRequest
from dynamics_bc_client.limits import QUERY_STRING_CHARACTERS
from dynamics_bc_client.odata.batch import Result
from dynamics_bc_client.odata.query import Expansion, Query
from target_dynamics_bc.finding.asking import by_key, combined, parts, put_together, rows_for
from target_dynamics_bc.writing.questions import Questions

IDS = [f"00000000-0000-4000-8000-{place:012d}" for place in range(250)]
SET = "companies(x)/vendors"


def test_questions_that_differ_in_a_key_alone_are_one():
    queries = [by_key(SET, "number", "10"), Query(SET, filter="displayName eq 'A'"), by_key(SET, "number", "O'20")]
    alone, together = combined(queries)
    assert (alone.places, alone.query) == ((1,), queries[1])
    assert (together.places, together.query.filter) == ((0, 2), "number eq '10' or number eq 'O''20'")


def test_a_chain_keeps_what_else_a_row_must_fulfil():
    (asked,) = combined([by_key(SET, "number", each, also=f"vendorId eq {IDS[0]}") for each in ("1", "2")])
    assert asked.query.filter == f"vendorId eq {IDS[0]} and (number eq '1' or number eq '2')"
    assert len(combined([by_key(SET, "number", "1", also="a eq 1"), by_key(SET, "number", "1", also="a eq 2")])) == 2


@pytest.mark.parametrize("key", ["id", "number"])
def test_no_chain_is_longer_than_the_service_takes(key):
    values = IDS if key == "id" else [f"Ä{each}" * 3 for each in IDS]
    asked = combined([by_key(SET, key, value) for value in values])
    assert sorted(place for each in asked for place in each.places) == list(range(250))
    assert max(len(each.query.query_string) for each in asked) < QUERY_STRING_CHARACTERS
    assert max(each.query.filter.count(" or ") for each in asked) < 100


def test_each_question_gets_its_own_rows_in_any_case():
    rows = [{"number": "A1"}, {"number": "B"}, {"number": "a1 "}]
    assert rows_for(by_key(SET, "number", "a1"), rows) == [rows[0], rows[2]]
    assert rows_for(Query(SET), rows) == rows


def test_a_hundred_new_vendors_take_one_question_and_a_create_each(pipe, company, emulator):
    before = len(emulator.requests())
    vendors = [{"externalId": f"v-{n}", "vendorName": f"Vendor {n}", "departmentNumber": "ADM"} for n in range(100)]
    piped = pipe({"Vendors": vendors})
    assert set(piped.kinds) == {"created"}
    operations = [each for request in emulator.requests()[before:] for each in (request["operations"] or [])]
    asked = Counter(each["method"] for each in operations)
    assert asked == {"GET": 1, "POST": 100}
    ids = {row["id"] for row in company.rows("vendors") if row["displayName"].startswith("Vendor ")}
    assert len(ids) == 100
    assert {row["dimensionValueCode"] for row in company.rows("defaultDimensions") if row["parentId"] in ids} == {"ADM"}


class OneRefusal:
    """A client whose service refuses every question about `N1` and answers all others with one row for each."""

    def batch(self, operations, *, snapshot=False):
        return [self._answer(operation) for operation in operations]

    def _answer(self, operation):
        if "'N1'" in operation.path:
            error = BadRequest("No.", status=400)
            return Result(operation, 400, None, error, "failed")
        rows = [{"number": number} for number in re.findall(r"'(N\d)'", operation.path)]
        return Result(operation, 200, {"value": rows}, None, "done")


def test_one_bad_question_does_not_blind_the_others():
    first, bad, last = Questions(OneRefusal(), lambda: None).look(
        [by_key(SET, "number", f"N{each}") for each in range(3)]
    )
    assert (first, last) == ([{"number": "N0"}], [{"number": "N2"}])
    assert isinstance(bad, BadRequest)


# --- no set at two places of one question ---

DIMENSIONS = Expansion("dimensionSetLines")
LINES = Expansion("purchaseInvoiceLines", expand=(DIMENSIONS,))


@pytest.mark.parametrize(
    ("expand", "asked"),
    [
        ((), [()]),
        ((LINES,), [(LINES,)]),
        ((DIMENSIONS, Expansion("purchaseInvoiceLines")), [(DIMENSIONS, Expansion("purchaseInvoiceLines"))]),
        ((DIMENSIONS, LINES), [(DIMENSIONS,), (LINES,)]),
    ],
)
def test_a_question_that_expands_a_set_twice_is_asked_in_parts(expand, asked):
    query = Query("companies(x)/purchaseInvoices", ("id", "number"), expand, "number eq '1'")
    first, *others = parts(query)
    assert [each.expand for each in (first, *others)] == asked
    assert first.select == ("id", "number")
    assert [(each.path, each.select, each.filter) for each in others] == [
        (query.path, ("id",), query.filter) for _ in others
    ]


def test_what_the_parts_expand_is_put_into_the_rows_of_the_first():
    rows = [{"id": "1", "number": "A", "dimensionSetLines": [1]}, {"id": "2", "number": "B", "dimensionSetLines": []}]
    lines = [{"id": "2", "purchaseInvoiceLines": [2]}, {"id": "1", "purchaseInvoiceLines": []}]
    assert put_together(rows, [lines]) == [
        {**rows[0], "purchaseInvoiceLines": []},
        {**rows[1], "purchaseInvoiceLines": [2]},
    ]


def test_a_row_that_one_part_lacks_is_not_half_of_an_answer():
    assert put_together([{"id": "1"}, {"id": "2"}], [[{"id": "1"}]]) is None


def test_every_look_asks_the_database_itself_and_no_copy_that_lags_behind(tmp_path):
    target = Target(tmp_path)
    target.write("Vendors", {"externalId": "v", "vendorName": "New"})
    batches = [json.loads(request.body) for request in target.requests if request.url.endswith("$batch")]
    looks = [each["headers"] for batch in batches for each in batch["requests"] if each["method"] == "GET"]
    assert looks
    assert {each.get("Data-Access-Intent") for each in looks} == {"ReadWrite"}


def test_no_operation_of_a_run_expands_a_set_twice(pipe):
    expenses = [{"accountNumber": "8210", "description": "Paper", "amount": 5, "className": "Retail"}]
    bill = {"externalId": "b", "billNumber": "F-9", "vendorNumber": "20000", "issueDate": "2026-01-20"}
    bill |= {"expenses": expenses, "departmentName": "Administration", "isDraft": False}
    payment = {"externalId": "p", "paymentNumber": "P-9", "vendorNumber": "20000", "paymentDate": "2026-01-28"}
    payment |= {"amount": 5, "billNumber": "F-9", "isDraft": False, "className": "Retail"}
    piped = pipe([("Bills", bill), ("BillPayments", payment)])
    operations = [
        each for request in piped.requests if request.body for each in json.loads(request.body).get("requests", ())
    ]
    expanding = [each["url"] for each in operations if "$expand=" in each["url"]]
    assert any("purchaseInvoiceLines" in url for url in expanding)
    assert [url for url in expanding if url.count("dimensionSetLines") > 1] == []

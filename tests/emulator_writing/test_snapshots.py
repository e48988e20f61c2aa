"""What stays of a batch, by where it fails and what it asked for: one table, no server."""

from __future__ import annotations

import pytest
from emulator.in_process import json_of

from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.serving import batches
from dynamics_bc_emulator.values import encode

SNAPSHOT, GO_ON = {"isolation": "snapshot"}, {"prefer": "odata.continue-on-error"}
STOPS = {"prefer": "odata.continue-on-error=false, respond-async"}
POSTED = "11111111-0000-4000-8000-000000000001"
LATER = "11111111-0000-4000-8000-000000000002"


def vendor(number):
    return {"method": "post", "url": "vendors", "body": {"number": number}}


# What operations are called below.
OPERATIONS = {
    "A": vendor("A"),
    "B": vendor("B"),
    "C": vendor("C"),
    "!": {"method": "POST", "url": "vendors", "body": {"nope": 1}},
    "?": {"method": "GET", "url": "vendors?$top=1&$select=number"},
    "P": {"method": "POST", "url": f"journals({POSTED})/Microsoft.NAV.post"},
    "Q": {"method": "POST", "url": f"journals({LATER})/microsoft.nav.POST?x=1"},
}


@pytest.fixture
def with_journals(desk):
    """A desk with two journals that can be posted."""
    for row_id, code in ((POSTED, "P"), (LATER, "Q")):
        line = {"accountNumber": "8210", "amount": 1, "balancingAccountNumber": "2910", "documentNumber": code}
        desk.create("journals", {"id": row_id, "code": code, "journalLines": [line]})
    return desk


def batch(desk, letters, headers):
    requests = [
        {"id": letter, **OPERATIONS[letter], "url": f"companies({desk.company.id})/{OPERATIONS[letter]['url']}"}
        for letter in letters
    ]
    response = desk.ask("POST", "$batch", {"requests": requests}, headers)
    assert response.status == 200, response
    return "".join("x" if one["status"] >= 400 else one["id"] for one in json_of(response)["responses"])


def stays(desk):
    vendors = {row["number"] for row in desk.company.find("vendors")} & {"A", "B", "C"}
    posted = {code for code in "PQ" if desk.ledger(code)}
    return "".join(sorted(vendors | posted))


@pytest.mark.parametrize(
    ("headers", "letters", "answers", "stayed"),
    [
        ({}, "AB", "AB", "AB"),
        ({}, "!A", "x", ""),
        ({}, "A!B", "Ax", "A"),
        ({}, "AP!B", "APx", "AP"),
        (STOPS, "A!B", "Ax", "A"),
        (GO_ON, "!A", "xA", "A"),
        (GO_ON, "A!B!C", "AxBxC", "ABC"),
        (SNAPSHOT, "AB", "AB", "AB"),
        (SNAPSHOT, "!A", "x", ""),
        (SNAPSHOT, "A!B", "AxB", ""),
        (SNAPSHOT, "?!A", "?xA", ""),
        (SNAPSHOT | GO_ON, "!A", "xA", ""),
        (SNAPSHOT | GO_ON, "A!B", "AxB", ""),
        (SNAPSHOT, "AP", "AP", "AP"),
        (SNAPSHOT, "APB", "APB", "ABP"),
        (SNAPSHOT, "AP!B", "APxB", "AP"),
        (SNAPSHOT, "APB!", "APBx", "AP"),
        (SNAPSHOT, "A!P", "AxP", ""),
        (SNAPSHOT, "A!PB", "AxPB", ""),
        (SNAPSHOT, "A!PBQC", "AxPBQC", ""),
        (SNAPSHOT, "APBQ!C", "APBQxC", "ABPQ"),
        (SNAPSHOT, "!P", "x", ""),
        # A posted batch has an empty line for the next document, which says nothing when it is posted.
        (SNAPSHOT, "PP", "PP", "P"),
    ],
)
def test_what_stays_of_a_batch_is_decided_by_its_failures_and_its_postings(
    with_journals, headers, letters, answers, stayed
):
    assert (batch(with_journals, letters, headers), stays(with_journals)) == (answers, stayed)


@pytest.mark.parametrize(
    ("headers", "language"),
    [({"accept-language": "de"}, "de"), ({"if-match": "*", "prefer": "return-no-content"}, None)],
)
def test_an_operation_has_its_envelopes_language_and_not_its_preferences(desk, headers, language):
    seen = []

    operation = {"method": "patch", "url": "items?$select=a%20b", "headers": {"If-None-Match": 5}, "body": {"a": 1}}
    outer = {"authorization": "Bearer x", "company": "C", **headers}
    request = DataRequest("POST", "$batch", {}, outer, encode({"requests": [operation]}), desk.clock)
    batches.respond(desk.service, request, lambda one: seen.append(one) or DataResponse(204))
    (inner,) = seen
    assert (inner.method, inner.url_path, inner.query, inner.body) == ("PATCH", "items", {"$select": "a b"}, b'{"a":1}')
    own = {"authorization": "Bearer x", "company": "C", "if-none-match": "5"}
    assert inner.headers == own | ({"accept-language": language} if language else {})


@pytest.mark.parametrize("url", ["/companies", "https://elsewhere.example/companies", "$batch", "$Batch/"])
def test_a_url_that_leaves_the_batch_is_not_found(desk, url):
    response = desk.ask("POST", "$batch", {"requests": [{"id": "1", "method": "GET", "url": url}]})
    (one,) = json_of(response)["responses"]
    assert (one["status"], one["body"]) == (
        404,
        {"Message": f"No HTTP resource was found that matches the request URI '{url}'."},
    )


def test_content_inside_a_batch_is_text_and_an_empty_answer_has_no_body(desk):
    count = {"id": "1", "method": "GET", "url": f"companies({desk.company.id})/items/$count"}
    metadata = {"id": "2", "method": "GET", "url": "$metadata"}
    gone = {"id": "3", "method": "DELETE", "url": f"companies({desk.company.id})/vendors({POSTED})"}
    desk.create("vendors", {"id": POSTED})
    responses = json_of(desk.ask("POST", "$batch", {"requests": [count, metadata, gone]}))["responses"]
    assert responses[0]["body"] == 64
    assert responses[1]["body"].startswith("<?xml")
    assert responses[1]["headers"]["content-type"] == "application/xml"
    assert (responses[2]["status"], "body" in responses[2], responses[2]["headers"]) == (204, False, {})


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_batch_is_posted(desk, method):
    assert desk.refused(method, "$batch", {"requests": []})[:2] == (405, "BadRequest_MethodNotAllowed")


@pytest.mark.parametrize(("number", "status"), [(0, 200), (100, 200), (101, 500)])
def test_a_batch_has_a_hundred_operations_at_most(desk, number, status):
    operation = {"method": "GET", "url": "companies?$select=id"}
    assert desk.ask("POST", "$batch", {"requests": [operation] * number}).status == status

"""`$batch`: which operations run, which answers come, what stays."""

from __future__ import annotations

import pytest

GO_ON = {"Prefer": "odata.continue-on-error"}
SNAPSHOT = {"Isolation": "snapshot"}


def vendor(number, **body):
    return {"method": "POST", "url": "vendors", "body": {"number": number, "displayName": number, **body}}


BAD = {"method": "POST", "url": "vendors", "body": {"nope": 1}}


def statuses(responses):
    return [(one["id"], one["status"]) for one in responses]


def numbers(api):
    return {row["number"] for row in api.stored("vendors")}


def test_every_operation_is_answered_by_its_id(api):
    responses = api.batch([vendor("B-1"), {"method": "GET", "url": "vendors?$filter=number eq 'B-1'&$select=number"}])
    assert statuses(responses) == [("0", 201), ("1", 200)]
    assert responses[0]["body"]["number"] == "B-1"
    assert responses[0]["headers"]["location"].endswith(f"({responses[0]['body']['id']})")
    assert [row["number"] for row in responses[1]["body"]["value"]] == ["B-1"]


def test_the_first_failure_ends_a_batch_and_what_was_done_stays(api):
    assert statuses(api.batch([vendor("B-1"), BAD, vendor("B-2")])) == [("0", 201), ("1", 400)]
    assert "B-1" in numbers(api)
    assert "B-2" not in numbers(api)


@pytest.mark.parametrize("preference", ["odata.continue-on-error", "odata.continue-on-error=true"])
def test_a_batch_can_go_on_after_a_failure(api, preference):
    responses = api.batch([vendor("B-1"), BAD, vendor("B-2")], {"Prefer": preference})
    assert statuses(responses) == [("0", 201), ("1", 400), ("2", 201)]
    assert "Could not find a property" in responses[1]["body"]["error"]["message"]
    assert {"B-1", "B-2"} <= numbers(api)


def test_a_failure_takes_a_whole_snapshot_back_though_the_others_answer_as_done(api):
    before = numbers(api)
    responses = api.batch([vendor("B-1"), BAD, vendor("B-2")], SNAPSHOT)
    assert statuses(responses) == [("0", 201), ("1", 400), ("2", 201)]
    assert responses[0]["body"]["id"]
    assert numbers(api) == before
    assert api.call("GET", f"vendors({responses[0]['body']['id']})").status_code == 404


def test_a_snapshot_whose_first_operation_fails_has_one_answer(api):
    before = numbers(api)
    assert statuses(api.batch([BAD, vendor("B-1")], SNAPSHOT)) == [("0", 400)]
    assert numbers(api) == before


def test_a_snapshot_without_a_failure_stays(api):
    assert statuses(api.batch([vendor("B-1"), vendor("B-2")], SNAPSHOT)) == [("0", 201), ("1", 201)]
    assert {"B-1", "B-2"} <= numbers(api)


def test_an_operation_sees_what_the_ones_before_it_did(api, bill):
    path = f"purchaseInvoices({bill['id']})"
    responses = api.batch(
        [
            {"method": "PATCH", "url": path, "body": {"vendorInvoiceNumber": "B-9"}},
            {"method": "POST", "url": f"{path}/purchaseInvoiceLines", "body": {"description": "x"}},
            {"method": "DELETE", "url": f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})"},
            {"method": "POST", "url": f"{path}/Microsoft.NAV.post"},
            {
                "method": "GET",
                "url": f"{path}?$select=status,vendorInvoiceNumber&$expand=purchaseInvoiceLines($select=description)",
            },
        ],
        SNAPSHOT,
    )
    assert statuses(responses) == [("0", 200), ("1", 201), ("2", 204), ("3", 204), ("4", 200)]
    assert "body" not in responses[2]
    seen = responses[4]["body"]
    assert (seen["status"], seen["vendorInvoiceNumber"]) == ("Open", "B-9")
    assert [line["description"] for line in seen["purchaseInvoiceLines"]] == ["Paper", "x"]


def test_posting_commits_a_snapshot_up_to_there(api, bill):
    before = api.stored("generalLedgerEntries")
    post = {"method": "POST", "url": f"purchaseInvoices({bill['id']})/Microsoft.NAV.post"}
    responses = api.batch([vendor("B-1"), post, vendor("B-2"), BAD], SNAPSHOT)
    assert statuses(responses) == [("0", 201), ("1", 204), ("2", 201), ("3", 400)]
    assert api.read(f"purchaseInvoices({bill['id']})")["status"] == "Open"
    assert len(api.stored("generalLedgerEntries")) == len(before) + 4
    assert "B-1" in numbers(api)
    assert "B-2" not in numbers(api)


def test_a_snapshot_that_failed_before_a_posting_posts_nothing(api, bill):
    sets = ("purchaseInvoices", "purchaseInvoiceLines", "generalLedgerEntries", "itemLedgerEntries", "vendors")
    before = {name: api.stored(name) for name in sets}
    post = {"method": "POST", "url": f"purchaseInvoices({bill['id']})/Microsoft.NAV.post"}
    assert statuses(api.batch([vendor("B-1"), BAD, post], SNAPSHOT)) == [("0", 201), ("1", 400), ("2", 204)]
    assert {name: api.stored(name) for name in sets} == before
    assert api.read(f"purchaseInvoices({bill['id']})")["status"] == "Draft"


def test_exact_decimals_pass_through_a_batch(api, bill):
    line = {"accountId": api.id("accounts", number="8210"), "quantity": 3, "unitCost": 0.1}
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    response = api.batch([{"method": "POST", "url": f"{path}?$select=amountExcludingTax", "body": line}])[0]
    assert response["body"]["amountExcludingTax"] == 0.3


def test_a_hundred_operations_are_the_most(api):
    get = {"method": "GET", "url": "companyInformation?$select=id"}
    assert len(api.batch([get] * 100)) == 100
    operations = [
        {"id": str(place), "method": "GET", "url": f"companies({api.company})/vendors"} for place in range(101)
    ]
    answer = api.call("POST", "$batch", {"requests": operations})
    assert answer.status_code == 500
    assert "100" in answer.json()["error"]["message"]


def test_an_inner_url_from_the_root_is_not_found(api):
    operations = [{"id": "a", "method": "GET", "url": f"/companies({api.company})/vendors"}]
    answer = api.call("POST", "$batch", {"requests": operations}).json()["responses"]
    assert [(one["id"], one["status"]) for one in answer] == [("a", 404)]
    assert answer[0]["body"]["Message"].startswith("No HTTP resource was found")


def test_an_operation_without_an_id_is_answered_with_null(api):
    operations = [{"method": "GET", "url": f"companies({api.company})/companyInformation"}]
    answer = api.call("POST", "$batch", {"requests": operations}).json()["responses"]
    assert [(one["id"], one["status"]) for one in answer] == [(None, 200)]


def test_an_operation_may_name_its_company_in_a_header(api):
    name = next(row["name"] for row in api.emulator.control.companies() if row["id"] == api.company)
    operation = {"id": "a", "method": "POST", "url": "vendors", "headers": {"Company": name}, "body": {"number": "H-1"}}
    answer = api.call("POST", "$batch", {"requests": [operation]}).json()["responses"]
    assert answer[0]["status"] == 201
    assert "H-1" in numbers(api)


@pytest.mark.parametrize("body", [None, {}, {"requests": 5}, {"requests": [5]}, {"requests": [{"method": "GET"}]}])
def test_a_batch_that_is_none_is_a_bad_request(api, body):
    assert api.call("POST", "$batch", body).status_code == 400


def test_the_request_log_names_every_operation(api):
    since = max((one["n"] for one in api.emulator.control.requests()), default=0)
    api.batch([vendor("B-1"), BAD, vendor("B-2")], GO_ON)
    logged = [one for one in api.emulator.control.requests(since) if "$batch" in one["path"]][-1]["operations"]
    assert [(one["method"], one["path"].rpartition("/")[2], one["status"]) for one in logged] == [
        ("POST", "vendors", 201),
        ("POST", "vendors", 400),
        ("POST", "vendors", 201),
    ]

"""The control interface: what a test can do to the emulator, and what it can learn of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests
from emulator.plain_api import bare, sign_in, token

if TYPE_CHECKING:
    from emulator.plain_api import Api


def test_reset_gives_back_every_row_the_clock_the_switches_and_an_empty_log(api: Api) -> None:
    before = {name: api.rows(name) for name in ("customers", "dimensionSetLines", "salesInvoices")}
    company = api.companies[0]["id"]
    for name in ("customers", "salesInvoices"):
        api.emulator.control.edit(
            company=company, entity_set=name, id=before[name][0]["id"], set={"email": "x@example.com"}
        )
    api.control("switches", {"in_filter": "ignore"})
    api.control("clock", {"advance": "P400D", "frozen": True})
    api.emulator.control.faults([{"path": ".", "status": 500, "times": 0}])
    started = time.perf_counter()
    api.emulator.control.reset()
    assert time.perf_counter() - started < 1
    assert api.emulator.control.requests() == []
    assert {name: api.rows(name) for name in before} == before
    assert api.control("switches", method="GET")["in_filter"] == "refuse"


def test_the_log_has_what_was_asked_and_nothing_secret(api: Api) -> None:
    token(api.emulator)
    api.get(f"{api.company}/items", "$filter=number eq '1896-S'&$top=2", Prefer="odata.maxpagesize=3")
    log = api.emulator.control.requests()
    assert [entry["n"] for entry in log] == list(range(1, len(log) + 1))
    last = log[-1]
    assert (last["method"], last["status"]) == ("GET", 200)
    assert last["path"].endswith("/items")
    assert last["query"] == {"$filter": "number eq '1896-S'", "$top": "2"}
    assert last["headers"]["prefer"] == "odata.maxpagesize=3"
    assert last["headers"]["authorization"] == "***"
    assert 0 <= last["ended"] - last["started"] < 5
    assert last["operations"] == []
    assert api.emulator.control.requests(since=last["n"] - 1) == [last]
    assert api.emulator.client_secret not in str(log)
    assert "eyJ" not in str(log)


def test_a_fault_befalls_the_requests_it_describes_and_no_others(api: Api) -> None:
    company = api.company
    fault = {"method": "GET", "path": "/customers$", "skip": 1, "times": 2, "status": 503}
    api.emulator.control.faults([fault])
    assert api.get(f"{company}/vendors").status_code == 200
    answers = [api.get(f"{company}/customers") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "1"
    assert answers[1].json()["error"]["code"] == "Internal_TenantUnavailable"


def test_a_fault_says_what_it_was_told_to_say(api: Api) -> None:
    company = api.company
    body = {"error": {"code": "Internal_ServerError", "message": "The activity was deadlocked with another user."}}
    api.emulator.control.faults(
        [
            {"path": "customers", "status": 409, "body": body, "headers": {"X-Gateway": "7"}},
            {
                "path": "vendors",
                "status": 502,
                "body": "<html>bad gateway</html>",
                "headers": {"Content-Type": "text/html"},
            },
        ]
    )
    first, second = api.get(f"{company}/customers"), api.get(f"{company}/vendors")
    assert (first.status_code, first.json(), first.headers["X-Gateway"]) == (409, body, "7")
    assert (second.status_code, second.text, second.headers["Content-Type"]) == (
        502,
        "<html>bad gateway</html>",
        "text/html",
    )


def test_a_fault_can_be_found_by_a_query_and_taken_back(api: Api) -> None:
    company = api.company
    api.emulator.control.faults([{"path": r"\$filter=number eq", "status": 400, "times": 0}])
    assert api.get(f"{company}/items", "$filter=number eq '1'").status_code == 400
    assert api.get(f"{company}/items", "$top=1").status_code == 200
    api.emulator.control.clear_faults()
    assert api.get(f"{company}/items", "$filter=number eq '1'").status_code == 200


def test_a_company_that_cannot_be_read_is_a_fault_on_its_path(api: Api) -> None:
    first, second = (row["id"] for row in api.companies)
    api.emulator.control.faults([{"path": f"companies\\({second}\\)", "status": 403, "times": 0}])
    assert api.get(f"companies({first})/customers").status_code == 200
    refusal = api.get(f"companies({second})/customers")
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(("drop", "happened"), [("before", False), ("after", True)])
def test_a_dropped_connection_leaves_open_whether_the_write_happened(api: Api, drop: str, happened: bool) -> None:
    customer = api.rows("customers")[0]
    url = f"{api.root}/{api.company}/customers({customer['id']})"
    api.emulator.control.faults([{"method": "PATCH", "path": "customers", "drop": drop}])
    with pytest.raises(requests.ConnectionError):
        api.session.patch(url, json={"city": "Hull"}, headers={"If-Match": "*"}, timeout=60)
    assert (api.ok(url)["city"] == "Hull") is happened
    assert api.emulator.control.requests()[-2]["status"] is None


def test_a_status_can_come_after_the_write_was_carried_out(api: Api) -> None:
    customer = api.rows("customers")[0]
    url = f"{api.root}/{api.company}/customers({customer['id']})"
    api.emulator.control.faults([{"method": "PATCH", "path": "customers", "status": 504, "after": True}])
    answer = api.session.patch(url, json={"city": "Hull"}, headers={"If-Match": "*"}, timeout=60)
    assert answer.status_code == 504
    assert api.ok(url)["city"] == "Hull"


def test_a_fault_can_delay_an_answer(api: Api) -> None:
    company = api.company
    api.emulator.control.faults([{"path": "customers", "delay_ms": 300}])
    started = time.perf_counter()
    assert api.get(f"{company}/customers").status_code == 200
    assert 0.3 <= time.perf_counter() - started < 2


def test_faults_reach_the_sign_in_and_the_environments_too(api: Api) -> None:
    api.emulator.control.faults([{"path": "/token$", "status": 503}, {"path": "/environments", "status": 429}])
    assert token(api.emulator).status_code == 503
    assert api.get(f"{api.emulator.url}/environments/v1.2").status_code == 429
    assert token(api.emulator).status_code == 200


@pytest.mark.fault("P17")
@pytest.mark.parametrize(
    ("control", "body", "sentence"),
    [
        ("faults", [{"path": "("}], "is not a regular expression"),
        ("faults", [{"pathh": "x"}], "a fault has no pathh"),
        ("faults", [{"path": "x", "drop": "during"}], "drop is before or after"),
        ("clock", {"advance": "one hour"}, "is not an ISO 8601 duration"),
        ("clock", {"set": "2026-01-01"}, "has no time zone"),
        ("clock", {}, "a clock takes set, advance or frozen"),
        ("switches", {"infilter": "ignore"}, "there is no switch infilter"),
        ("switches", {"duplicate_key_status": "409"}, "takes a int"),
        ("edit", {"company": "Nobody", "entity_set": "customers", "set": {}}, "The company 'Nobody' does not exist."),
        ("edit", {"entity_set": "kustomers", "set": {}}, "kustomers is missing or not there"),
        ("edit", {"entity_set": "customers", "set": {"nick": "x"}}, "customers has no property nick"),
        ("faults", [{"path": 7}], "path of a fault is text, not 7"),
        ("faults", [{"path": "x", "status": "503"}], "status of a fault is a whole number, not '503'"),
        ("faults", [{"path": "x", "status": 99}], "status of a fault is from 200 to 599, not 99"),
        ("faults", [{"path": "x", "delay_ms": "soon"}], "delay_ms of a fault is a number, not 'soon'"),
        ("faults", [{"path": "x", "delay_ms": -1}], "delay_ms of a fault is not below 0, as -1 is"),
        ("faults", [{"path": "x", "times": True}], "times of a fault is a whole number, not True"),
        ("faults", [{"path": "x", "after": "yes"}], "after of a fault is true or false, not 'yes'"),
        ("faults", [{"path": "x", "headers": ["Retry-After"]}], "headers of a fault is an object"),
        ("faults", [{"path": "x", "headers": {"X-A": "b\r\nX-C: d"}}], "header 'X-A' of a fault cannot be sent"),
        ("faults", ["customers"], "a fault is an object, not 'customers'"),
        ("faults", [{"path": "(a+)+$"}], "takes too long"),
        ("clock", [], "a clock is an object, not []"),
        ("clock", {"advance": 60}, "advance of a clock is text, not 60"),
        ("clock", {"frozen": "yes"}, "frozen of a clock is true or false, not 'yes'"),
        ("clock", {"advance": "P9999999D"}, "the clock stays between 1753-01-01 and 9000-01-01"),
        ("clock", {"set": "0001-01-01T00:00:00Z"}, "the clock stays between 1753-01-01 and 9000-01-01"),
        ("clock", {"advance": "P999999999999D"}, "'P999999999999D' is longer than time"),
        ("switches", {"in_filter": "maybe"}, "switch in_filter is refuse or ignore, not 'maybe'"),
        (
            "switches",
            {"entity_changed_status": 200},
            "entity_changed_status is a status from 400 to 599, not 200",
        ),
        ("switches", {"replica_lag_seconds": -1}, "switch replica_lag_seconds is a number of seconds up to a year"),
        ("switches", [], "switches are an object, not []"),
        ("edit", [], "an edit is an object, not []"),
        ("edit", {"entity_set": "items", "set": {"unitPrice": "12"}}, "unitPrice of items is of type Edm.Decimal"),
        ("edit", {"entity_set": "items", "set": {"blocked": 1}}, "blocked of items is of type Edm.Boolean; 1 is not"),
        ("edit", {"entity_set": "items", "set": {"displayName": 1}}, "displayName of items is of type Edm.String"),
        ("edit", {"entity_set": "items", "set": []}, "set of an edit is an object, not []"),
        ("edit", {"set": {}}, "entity_set is missing or not there"),
        ("edit", {"entity_set": "items", "set": {"_dimensions": 5}}, "_dimensions of a row cannot be 5"),
        ("edit", {"entity_set": "items", "set": {"_dimensions": {"AREA": 5}}}, "_dimensions of a row cannot be"),
        ("edit", {"entity_set": "items", "set": {"_content": "é"}}, "ASCII"),
        ("device", {"user_code": 5}, "user_code of a device is text, not 5"),
        ("device", {}, "user_code is missing or not there"),
        ("permissions", [{"read": 1}], "read of a permission is true or false, not 1"),
        ("permissions", [{"entity_set": "kustomers"}], "kustomers is missing or not there"),
    ],
)
def test_a_control_that_makes_no_sense_is_answered_with_a_sentence(
    api: Api, control: str, body: object, sentence: str
) -> None:
    answer = requests.post(f"{api.emulator.url}/_emulator/{control}", json=body, timeout=60)
    assert answer.status_code in {400, 404}
    assert sentence in answer.json()["error"]


def test_a_body_that_is_no_json_and_a_request_that_has_no_number_are_refused(api: Api) -> None:
    answer = requests.post(f"{api.emulator.url}/_emulator/clock", data="{", timeout=60)
    assert (answer.status_code, answer.json()["error"][:20]) == (400, "the body is not JSON")
    answer = requests.get(f"{api.emulator.url}/_emulator/requests?since=x", timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (400, "since is a whole number, not 'x'")


def test_a_refused_control_changes_nothing(api: Api) -> None:
    before = api.control("clock", {"frozen": True})["now"]
    for body in ({"set": "2030-01-01T00:00:00Z", "advance": "one hour"}, {"frozen": False, "set": "soon"}):
        assert requests.post(f"{api.emulator.url}/_emulator/clock", json=body, timeout=60).status_code == 400
    assert api.control("clock", method="GET")["now"] == before
    faults = [{"path": ".", "status": 500, "times": 0}, {"path": "x", "status": "500"}]
    assert requests.post(f"{api.emulator.url}/_emulator/faults", json=faults, timeout=60).status_code == 400
    assert api.get(f"{api.company}/customers").status_code == 200


@pytest.mark.fault("P17")
def test_an_expression_that_never_ends_on_a_path_is_given_up_and_the_rest_goes_on(api: Api) -> None:
    url = f"{api.company}/customers"
    api.emulator.control.faults(
        [{"path": r"(?:[b-y]+[b-y]*)+#", "status": 500, "times": 0}, {"path": "vendors", "status": 503}]
    )
    started = time.perf_counter()
    assert api.get(url, f"$filter=displayName eq '{'xy' * 200}'").status_code == 200
    assert api.get(f"{api.company}/vendors").status_code == 503
    assert time.perf_counter() - started < 5


def test_a_response_without_a_body_is_ordered_without_one(api: Api) -> None:
    api.emulator.control.faults([{"path": "customers", "status": 204, "body": {"x": 1}}])
    answer = api.get(f"{api.company}/customers")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"{api.company}/customers").status_code == 200


def test_health_is_told_to_everybody_and_not_logged(api: Api) -> None:
    api.emulator.control.faults([{"path": ".", "status": 500, "times": 0}])
    answer = requests.get(f"{api.emulator.url}/health", timeout=60)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert all(entry["path"] != "/health" for entry in api.emulator.control.requests())


def test_an_edit_changes_a_row_its_stamp_and_its_etag_without_asking(api: Api) -> None:
    company = api.companies[0]["name"]
    row = next(one for one in api.ok(f"{api.company}/salesInvoices")["value"] if one["status"] == "Paid")
    api.control("clock", {"set": "2027-05-05T05:05:05.125Z", "frozen": True})
    api.control("clock", {"set": "2027-05-05T05:05:05.125Z"})
    edit = {
        "company": company,
        "entity_set": "salesInvoices",
        "id": row["id"],
        "set": {"number": "X-1", "discountAmount": 0.10},
    }
    shown = api.control("edit", edit)
    assert (shown["number"], shown["lastModifiedDateTime"]) == ("X-1", "2027-05-05T05:05:05.127Z")
    api.control("edit", {**edit, "stamp": "2020-01-01T00:00:00.1Z"})
    api.control("edit", {**edit, "set": {"number": "X-2"}, "stamp": "keep"})
    stored = next(one for one in sign_in(api.emulator).rows("salesInvoices") if one["id"] == row["id"])
    assert (stored["number"], str(stored["discountAmount"])) == ("X-2", "0.1")
    assert stored["lastModifiedDateTime"] == "2020-01-01T00:00:00.1Z"


def test_an_edit_can_add_a_row_with_an_old_stamp_and_remove_one(api: Api) -> None:
    company = api.companies[0]["id"]
    new = {"company": company, "entity_set": "generalLedgerEntries", "id": "0f000000-0000-4000-8000-000000000000"}
    stamp = "2025-12-24T18:00:00Z"
    api.control("edit", {**new, "set": {"entryNumber": 999_999, "debitAmount": 1.5}, "stamp": stamp})
    query = f"$filter=lastModifiedDateTime eq {stamp}"
    (row,) = api.ok(f"{api.company}/generalLedgerEntries", query)["value"]
    assert (row["entryNumber"], row["documentType"], row["accountId"]) == (
        999_999,
        "_x0020_",
        "00000000-0000-0000-0000-000000000000",
    )
    api.control("edit", {**new, "delete": True})
    assert api.ok(f"{api.company}/generalLedgerEntries", query)["value"] == []


def test_an_edit_that_is_refused_leaves_nothing_behind(api: Api) -> None:
    new = {"company": api.companies[0]["id"], "entity_set": "items", "id": "0f000000-0000-4000-8000-000000000000"}
    body = {**new, "set": {"number": "NEW"}, "stamp": "soon"}
    assert requests.post(f"{api.emulator.url}/_emulator/edit", json=body, timeout=60).status_code == 400
    assert [row for row in api.rows("items") if row["number"] == "NEW"] == []


def test_a_null_is_the_blank_of_a_number(api: Api) -> None:
    new = {"company": api.companies[0]["id"], "entity_set": "items"}
    api.control("edit", {**new, "set": {"number": "NEW", "unitPrice": None, "blocked": None}})
    (row,) = api.ok(f"{api.company}/items", "$filter=number eq 'NEW' and unitPrice eq 0")["value"]
    assert (row["unitPrice"], row["blocked"]) == (0, False)


def test_dimensions_of_a_row_are_edited_on_the_row(api: Api) -> None:
    invoice = api.rows("salesInvoices")[0]["id"]
    change = {"company": api.companies[0]["id"], "entity_set": "salesInvoices", "id": invoice}
    api.control("edit", {**change, "set": {"_dimensions": {"CLASS": "RETAIL"}}, "stamp": "keep"})
    lines = api.ok(f"{api.company}/salesInvoices({invoice})/dimensionSetLines")["value"]
    assert [(line["code"], line["valueCode"], line["valueDisplayName"]) for line in lines] == [
        ("CLASS", "RETAIL", "Retail")
    ]


def test_a_frozen_clock_stands_and_a_freed_one_goes_on_from_there(api: Api) -> None:
    api.control("clock", {"frozen": True})
    first = api.control("clock", method="GET")["now"]
    time.sleep(0.02)
    assert api.control("clock", method="GET")["now"] == first
    api.control("clock", {"advance": "PT1H"})
    later = api.control("clock", method="GET")["now"]
    assert later[:10] >= first[:10]
    assert later != first
    assert api.control("clock", {"frozen": False})["now"] >= later


def test_rows_of_the_root_need_no_company(api: Api) -> None:
    assert api.emulator.control.companies() == [bare(row) for row in api.companies]
    assert api.emulator.control.rows("CRONUS International Ltd.", "companyInformation")[0]["city"] == "London"

"""What holds for every write: etags, verbs, preferences, the echo."""

from __future__ import annotations

import pytest


def test_a_change_without_a_token_is_refused(api):
    path = f"vendors({api.id('vendors', number='10000')})"
    answer = api.call("PATCH", path, {"city": "x"}, {"If-Match": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest_InvalidToken")


def test_a_malformed_token_is_refused(api):
    path = f"vendors({api.id('vendors', number='10000')})"
    answer = api.call("PATCH", path, {"city": "x"}, {"If-Match": "abc"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest_InvalidToken")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_stale_token_is_a_conflict_and_the_current_one_is_not(api, method):
    vendor = api.create("vendors", {"displayName": "x"})
    path = f"vendors({vendor['id']})"
    current = api.change(path, {"city": "London"})["@odata.etag"]
    assert current != vendor["@odata.etag"]
    stale = api.call(method, path, {"city": "Paris"}, {"If-Match": vendor["@odata.etag"]})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "Request_EntityChanged")
    assert api.read(path)["city"] == "London"
    assert api.call(method, path, {"city": "Paris"}, {"If-Match": current}).ok


def test_a_dimension_lines_token_is_checked_too(api, bill):
    lines = api.rows(f"purchaseInvoices({bill['id']})/dimensionSetLines")
    department = next(line for line in lines if line["code"] == "DEPARTMENT")
    path = f"purchaseInvoices({bill['id']})/dimensionSetLines({department['id']})"
    assert api.call("PATCH", path, {"valueCode": "ADM"}, {"If-Match": 'W/"old"'}).status_code == 409
    assert api.call("PATCH", path, {"valueCode": "ADM"}, {"If-Match": department["@odata.etag"]}).status_code == 200


def test_a_deletion_needs_no_token(api):
    path = f"vendors({api.create('vendors', {'displayName': 'x'})['id']})"
    assert api.call("DELETE", path, None, {"If-Match": ""}).status_code == 204


def test_a_missing_row_is_not_found(api):
    path = "vendors(11111111-1111-1111-1111-111111111111)"
    assert api.call("PATCH", path, {"city": "x"}).status_code == 404
    assert api.call("DELETE", path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "accounts"),
        ("POST", "dimensions"),
        ("POST", "dimensionValues"),
        ("POST", "generalLedgerEntries"),
        ("POST", "companyInformation"),
        ("POST", "trialBalances"),
        ("POST", "customerSales"),
    ],
)
def test_sets_that_take_no_inserts_say_so(api, method, path):
    api.refused(method, path, {}, "BadRequest_MethodNotAllowed", 405)


def test_read_only_rows_take_no_changes(api):
    account = api.id("accounts", number="8210")
    api.refused("PATCH", f"accounts({account})", {"displayName": "x"}, "BadRequest_MethodNotAllowed", 405)
    api.refused("DELETE", f"accounts({account})", None, "BadRequest_MethodNotAllowed", 405)


def test_companies_cannot_be_created(api):
    answer = api.session.post(f"{api.root}/companies", json={"name": "New"}, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "BadRequest_MethodNotAllowed")


def test_an_unknown_set_or_action_is_not_found(api, bill):
    api.refused("POST", "generalJournalLines", {}, "BadRequest_ResourceNotFound", 404)
    api.refused(
        "POST", f"purchaseInvoices({bill['id']})/Microsoft.NAV.cancel", None, "BadRequest_ResourceNotFound", 404
    )


def test_an_unknown_company_is_not_found(api):
    answer = api.session.post(
        f"{api.root}/companies(11111111-1111-1111-1111-111111111111)/vendors", json={}, timeout=60
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Internal_CompanyNotFound")


def test_the_echo_can_be_trimmed_expanded_or_left_out(api):
    trimmed = api.create("vendors", {"displayName": "x"}, select="id,number")
    assert set(trimmed) == {"@odata.context", "@odata.etag", "id", "number"}
    dimension = {"dimensionCode": "AREA", "dimensionValueCode": "30"}
    expanded = api.create("vendors", {"displayName": "x", "defaultDimensions": [dimension]}, expand="defaultDimensions")
    assert [row["dimensionCode"] for row in expanded["defaultDimensions"]] == ["AREA"]
    silent = api.call("POST", "vendors", {"displayName": "silent"}, {"Prefer": "return-no-content"})
    assert (silent.status_code, silent.content) == (204, b"")
    assert api.id("vendors", displayName="silent") in silent.headers["Location"]


def test_a_create_says_where_the_row_is(api):
    answer = api.call("POST", "vendors", {"displayName": "x"})
    assert answer.headers["Location"].endswith(f"/companies({api.company})/vendors({answer.json()['id']})")


def test_action_names_are_read_in_any_case(api, bill):
    assert api.call("POST", f"purchaseInvoices({bill['id']})/microsoft.nav.POST").status_code == 204


def test_a_write_with_read_only_intent_is_an_error(api):
    answer = api.call("POST", "vendors", {"displayName": "x"}, {"Data-Access-Intent": "ReadOnly"})
    assert answer.status_code == 400


def test_a_failed_write_leaves_nothing(api):
    before = api.stored("vendors")
    bad = {
        "displayName": "x",
        "defaultDimensions": [{"dimensionCode": "AREA", "dimensionValueCode": "30"}, {"dimensionCode": "NOPE"}],
    }
    api.refused("POST", "vendors", bad)
    assert api.stored("vendors") == before


def test_children_cannot_be_changed_through_their_parent(api, bill):
    api.refused(
        "PATCH", f"purchaseInvoices({bill['id']})", {"purchaseInvoiceLines": [{"description": "x"}]}, "BadRequest"
    )

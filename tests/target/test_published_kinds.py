"""A stream that the table has no row for is written by what the tenant publishes of it, or not at all."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError
from tests.target.at_the_desk import Target

LOYAL = "contoso_demo_loyalCustomers"
CUSTOMER = {"number": "K-1", "displayName": "First", "loyaltyLevel": "Gold Card", "loyaltyPoints": 3}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def faults(outcome):
    return {(error["field"], error["code"]) for error in outcome["errors"]}


def test_a_set_of_another_api_is_created_found_changed_and_deleted(target):
    def outcome(**change):
        (found,) = target.write(LOYAL, {**CUSTOMER, **change}, on_delete="delete")
        return found["outcome"], found["errors"]

    assert outcome() == ("created", [])
    assert target.row("customers", number="K-1")["displayName"] == "First"
    assert outcome() == ("unchanged", [])
    assert outcome(loyaltyLevel="Bronze", slogan="Ours") == ("updated", [])
    assert outcome(_sdc_deleted_at="2026-01-29T00:00:00Z") == ("deleted", [])
    assert target.rows("customers", number="K-1") == []


def test_all_that_the_metadata_does_not_allow_is_named_before_anything_is_sent(target):
    record = {
        "number": "K-1",
        "displayName": "x" * 101,
        "loyaltyLevel": "Platinum",
        "loyaltyPoints": 1.5,
        "memberSince": "soon",
        "wantsNewsletter": "perhaps",
    }
    (outcome,) = target.write(LOYAL, record)
    assert faults(outcome) == {
        ("displayName", "too_long"),
        ("loyaltyLevel", "not_allowed"),
        ("loyaltyPoints", "not_allowed"),
        ("memberSince", "no_date"),
        ("wantsNewsletter", "wrong_type"),
    }
    assert not [each for each in target.requests if each.method != "GET" and b'"method":"GET"' not in each.body]
    assert '"Gold Card"' in next(e["message"] for e in outcome["errors"] if e["field"] == "loyaltyLevel")


def test_what_may_only_be_changed_is_changed_and_never_created_or_deleted(target):
    item = target.row("items", number="1896-S")
    stock = "contoso_demo_stockItems"
    assert target.write(stock, {"number": "1896-S", "shelf": "b-2"})[0]["outcome"] == "updated"
    assert target.write(stock, {"id": item["id"], "shelf": "B-2"})[0]["outcome"] == "unchanged"
    assert faults(target.write(stock, {"number": "NONE", "shelf": "B-2"})[0]) == {("", "not_insertable")}
    gone = {"number": "1896-S", "_sdc_deleted_at": "2026-01-29T00:00:00Z"}
    assert faults(target.write(stock, gone, on_delete="delete")[0]) == {("_sdc_deleted_at", "not_deletable")}


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ("custommers", "did you mean customers"),
        ("contoso_demo_loyalInvoices", "contoso_demo_loyalInvoices is not written: "),
        ("contoso_demo_priceLines", "contoso_demo_priceLines is not written: "),
        ("customerSales", "customerSales is not written: "),
        ("contoso_demo_nothing", "no entity set"),
        ("contoso_demo_loyalCustomer", "did you mean contoso_demo_loyalCustomers"),
    ],
)
def test_a_stream_that_nobody_can_write_is_an_error_that_says_why(target, stream, said):
    (outcome,) = target.write(stream, {"id": "x"})
    (error,) = outcome["errors"]
    assert (outcome["outcome"], error["code"]) == ("rejected", "unknown_stream")
    assert said in error["message"]
    assert "Nothing can write" not in error["message"], "it says once that the stream is not written"


def test_who_writes_what_the_table_has_reads_no_metadata(target):
    target.write("vendors", {"number": "K-1", "displayName": "First"})
    assert not [request.url for request in target.requests if "metadata" in request.url]


def test_match_keys_may_be_any_property_of_a_set_that_the_tenant_publishes(target):
    keys = {LOYAL: ["email"]}
    first = {**CUSTOMER, "email": "first@example.org"}
    assert target.write(LOYAL, first)[0]["outcome"] == "created"
    found = target.write(LOYAL, {"email": "first@example.org", "slogan": "Ours"}, match_keys=keys)
    assert (found[0]["outcome"], found[0]["number"]) == ("updated", "K-1")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"custommers": ["id"]}, "did you mean customers"),
        ({LOYAL: ["e-mail"]}, "out of id, number"),
        ({LOYAL: []}, "list"),
    ],
)
def test_match_keys_of_what_is_not_there_end_the_run(target, keys, said):
    with pytest.raises(ConfigurationError, match=said):
        target.write(LOYAL, CUSTOMER, match_keys=keys)
    assert target.rows("customers", number="K-1") == []

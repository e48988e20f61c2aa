"""Customers and vendors: what a create needs, what it fills in, what it refuses."""

from __future__ import annotations

import uuid

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"


def test_a_detailed_customer_keeps_what_was_sent(api):
    sent = {
        "number": "C-77",
        "displayName": "O'Brien & Søn #1 + 50%",
        "type": "Person",
        "addressLine1": '1 High Street, "Annex"',
        "city": "Århus",
        "country": "DK",
        "postalCode": "8000",
        "email": "office@example.com",
        "creditLimit": 1234.56,
        "taxLiable": True,
        "blocked": "Ship",
    }
    created = api.create("customers", sent)
    assert sent.items() <= created.items()
    assert api.read(f"customers({created['id']})") | {"@odata.context": 0} == created | {"@odata.context": 0}


def test_a_customer_without_a_name_is_refused(api):
    assert "displayName" in api.refused("POST", "customers", {"city": "London"})
    assert "displayName" in api.refused("POST", "customers", {"displayName": "  "})


def test_a_customers_name_cannot_be_blanked(api):
    customer = api.id("customers", number="10000")
    api.refused("PATCH", f"customers({customer})", {"displayName": ""})
    assert api.read(f"customers({customer})")["displayName"] == "Adatum Corporation"


def test_a_vendor_needs_no_name(api):
    assert api.create("vendors", {})["displayName"] == ""


@pytest.mark.parametrize("entity_set", ["customers", "vendors"])
def test_a_blank_number_is_drawn_from_the_series(api, entity_set):
    numbers = [api.create(entity_set, {"displayName": f"N{place}"})["number"] for place in range(3)]
    assert all(numbers)
    assert len(set(numbers)) == 3
    assert sorted(numbers) == numbers


@pytest.mark.parametrize("entity_set", ["customers", "vendors"])
def test_a_number_in_use_is_a_duplicate_key(api, entity_set):
    before = api.stored(entity_set)
    message = api.refused(
        "POST", entity_set, {"number": " 10000 ", "displayName": "Twin"}, "Internal_EntityWithSameKeyExists"
    )
    assert "10000" in message
    assert api.stored(entity_set) == before


def test_an_id_sent_with_a_create_is_kept_and_a_repeat_is_refused(api):
    own = str(uuid.uuid4())
    assert api.create("vendors", {"id": own.upper(), "displayName": "Ours"})["id"] == own
    api.refused("POST", "vendors", {"id": own, "displayName": "Again"}, "Internal_EntityWithSameKeyExists")
    assert [row["displayName"] for row in api.stored("vendors") if row["id"] == own] == ["Ours"]


def test_numbers_are_trimmed_and_in_upper_case(api):
    assert api.create("customers", {"number": " ab-1 ", "displayName": "x"})["number"] == "AB-1"


def test_a_changed_number_renames_the_record_and_what_names_it(api, bill):
    vendor = api.id("vendors", number="20000")
    assert api.change(f"vendors({vendor})", {"number": "20001"})["id"] == vendor
    assert api.read(f"purchaseInvoices({bill['id']})")["vendorNumber"] == "20001"
    api.refused("PATCH", f"vendors({vendor})", {"number": "10000"}, "Internal_EntityWithSameKeyExists")


def test_the_local_currency_is_served_for_a_blank_one(api):
    created = api.create("customers", {"displayName": "Local"})
    assert (created["currencyCode"], created["currencyId"]) == ("GBP", ZERO)
    assert api.create("customers", {"displayName": "Named", "currencyCode": "GBP"})["currencyId"] == ZERO


def test_an_id_fills_its_code_and_a_code_its_id(api):
    euro = api.id("currencies", code="EUR")
    assert api.create("customers", {"displayName": "a", "currencyId": euro})["currencyCode"] == "EUR"
    assert api.create("customers", {"displayName": "b", "currencyCode": "eur"})["currencyId"] == euro


def test_the_zero_guid_clears_an_id_and_its_code(api):
    euro = api.id("currencies", code="EUR")
    vendor = api.create(
        "vendors", {"displayName": "a", "currencyId": euro, "paymentTermsId": api.id("paymentTerms", code="14 DAYS")}
    )
    changed = api.change(f"vendors({vendor['id']})", {"currencyId": ZERO, "paymentTermsId": ZERO})
    assert (changed["currencyId"], changed["currencyCode"], changed["paymentTermsId"]) == (ZERO, "GBP", ZERO)


@pytest.mark.parametrize(
    "body",
    [
        {"currencyCode": "XXX"},
        {"currencyId": "11111111-1111-1111-1111-111111111111"},
        {"paymentTermsId": "11111111-1111-1111-1111-111111111111"},
        {"paymentMethodId": "11111111-1111-1111-1111-111111111111"},
    ],
)
def test_unknown_references_are_refused(api, body):
    message = api.refused("POST", "vendors", {"displayName": "x", **body})
    assert next(iter(body)) in message


def test_an_id_and_a_code_that_disagree_are_refused(api):
    body = {"displayName": "x", "currencyId": api.id("currencies", code="EUR"), "currencyCode": "USD"}
    api.refused("POST", "customers", body)


def test_a_country_that_does_not_exist_is_refused(api):
    api.refused("POST", "vendors", {"displayName": "x", "country": "QQ"}, "Internal_InvalidTableRelation")


def test_calculated_and_read_only_properties_are_passed_over_on_create_and_refused_on_change(api):
    vendor = api.create("vendors", {"displayName": "x", "balance": 5, "lastModifiedDateTime": "2020-01-01T00:00:00Z"})
    assert vendor["balance"] == 0
    assert not vendor["lastModifiedDateTime"].startswith("2020")
    message = api.refused("PATCH", f"vendors({vendor['id']})", {"balance": 5}, "BadRequest_InvalidOperation")
    assert "read-only" in message


def test_a_change_writes_only_what_it_carries(api):
    vendor = api.row("vendors", number="10000")
    changed = api.change(f"vendors({vendor['id']})", {"phoneNumber": "+44 1"})
    moved = {"@odata.context", "@odata.etag", "lastModifiedDateTime"}
    assert {name for name in vendor if vendor[name] != changed[name]} - moved == {"phoneNumber"}
    assert changed["lastModifiedDateTime"] > vendor["lastModifiedDateTime"]


def test_null_is_the_blank(api):
    vendor = api.id("vendors", number="10000")
    changed = api.change(f"vendors({vendor})", {"city": None, "blocked": None, "paymentTermsId": None})
    assert (changed["city"], changed["blocked"], changed["paymentTermsId"]) == ("", "_x0020_", ZERO)


def test_an_empty_change_succeeds_and_moves_nothing(api):
    vendor = api.row("vendors", number="10000")
    changed = api.change(f"vendors({vendor['id']})", {})
    assert changed["lastModifiedDateTime"] == vendor["lastModifiedDateTime"]


def test_a_deleted_vendor_is_gone_with_its_default_dimensions(api):
    vendor = api.create(
        "vendors", {"displayName": "x", "defaultDimensions": [{"dimensionCode": "AREA", "dimensionValueCode": "30"}]}
    )
    api.remove(f"vendors({vendor['id']})")
    assert api.call("GET", f"vendors({vendor['id']})").status_code == 404
    assert not [row for row in api.stored("defaultDimensions") if row["parentId"] == vendor["id"]]


def test_a_vendor_with_outstanding_documents_stays(api, bill):
    vendor = bill["vendorId"]
    assert "outstanding" in api.refused("DELETE", f"vendors({vendor})")
    assert api.read(f"vendors({vendor})")["number"] == "20000"


def test_blocked_takes_only_its_members(api):
    message = api.refused("POST", "customers", {"displayName": "x", "blocked": "Payment"}, "Unknown")
    assert "is not an option" in message
    assert "Ship,Invoice,All" in message


def test_too_long_a_text_names_both_lengths(api):
    message = api.refused("POST", "vendors", {"displayName": "x" * 101}, "Application_StringExceededLength")
    assert "101" in message
    assert "100" in message


def test_an_unknown_property_is_named(api):
    assert "nickName" in api.refused("POST", "vendors", {"nickName": "x"}, "BadRequest")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"currencyId": "EUR"}, "Application_InvalidGUID"),
        ({"taxLiable": "yes"}, "BadRequest"),
        ({"displayName": 5}, "BadRequest"),
    ],
)
def test_values_of_another_type_are_refused(api, body, code):
    api.refused("POST", "vendors", body, code)


def test_malformed_json_is_a_bad_request(api):
    url = f"{api.root}/companies({api.company})/vendors"
    answer = api.session.post(url, data=b'{"displayName": ', headers={"Content-Type": "application/json"}, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadRequest"

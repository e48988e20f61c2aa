"""Currencies, terms, methods, units, locations, items and tax tables: create, change, delete."""

from __future__ import annotations

import pytest

TABLES = {
    "currencies": {"code": "ZZZ", "displayName": "Test money"},
    "paymentTerms": {"code": "45D", "displayName": "45 days", "dueDateCalculation": "45D"},
    "paymentMethods": {"code": "BARTER", "displayName": "In kind"},
    "shipmentMethods": {"code": "BIKE", "displayName": "By bike"},
    "unitsOfMeasure": {"code": "CRATE", "displayName": "Crate"},
    "locations": {"code": "MOON", "displayName": "Moon base"},
    "itemCategories": {"code": "ODD", "displayName": "Oddities"},
    "countriesRegions": {"code": "QX", "displayName": "Nowhere"},
}


@pytest.fixture(params=TABLES)
def table(request):
    """An entity set and a row for it."""
    return request.param, TABLES[request.param]


def test_a_row_is_created_changed_renamed_and_deleted(api, table):
    entity_set, body = table
    created = api.create(entity_set, body)
    assert body.items() <= created.items()
    path = f"{entity_set}({created['id']})"
    assert api.change(path, {"displayName": "Other"})["displayName"] == "Other"
    assert api.change(path, {"code": "new"})["code"] == "NEW"
    api.remove(path)
    assert api.call("GET", path).status_code == 404


def test_a_code_in_use_is_a_duplicate_key(api, table):
    entity_set, body = table
    api.create(entity_set, body)
    api.refused("POST", entity_set, body, "Internal_EntityWithSameKeyExists")


@pytest.mark.parametrize("entity_set", ["paymentTerms", "paymentMethods", "shipmentMethods", "unitsOfMeasure"])
def test_a_code_is_needed(api, entity_set):
    api.refused("POST", entity_set, {"displayName": "x"}, "BadRequest_RequiredParamNotProvided")
    api.refused("POST", entity_set, {"code": " "}, "BadRequest_RequiredParamNotProvided")


def test_a_currency_has_its_defaults_and_needs_its_code(api):
    created = api.create("currencies", {"code": "ZZZ"})
    assert created["amountRoundingPrecision"] in ("0.01", 0.01)
    assert created["amountDecimalPlaces"] == "2:2"
    api.refused("POST", "currencies", {"code": ""}, "Application_FieldValidationException")


def test_a_due_date_calculation_is_a_date_formula(api):
    assert api.create("paymentTerms", {"code": "A", "dueDateCalculation": "1m + 5d"})["dueDateCalculation"] == "1M+5D"
    api.refused("POST", "paymentTerms", {"code": "B", "dueDateCalculation": "soon"}, "Application_EvaluateException")


def test_an_item_is_created_with_its_number_drawn_and_its_pairs_filled(api):
    created = api.create("items", {"displayName": "Chair", "itemCategoryCode": "CHAIR", "baseUnitOfMeasureCode": "PCS"})
    assert created["number"]
    assert created["itemCategoryId"] == api.id("itemCategories", code="CHAIR")
    assert created["baseUnitOfMeasureId"] == api.id("unitsOfMeasure", code="PCS")
    assert created["type"] == "Inventory"


def test_pairs_of_an_item_that_disagree_are_refused(api):
    body = {"itemCategoryId": api.id("itemCategories", code="CHAIR"), "itemCategoryCode": "DESK"}
    api.refused("POST", "items", body)


def test_a_unit_that_is_not_there_comes_with_the_item(api):
    created = api.create("items", {"displayName": "Sand", "baseUnitOfMeasureCode": "BUCKET"})
    assert api.id("unitsOfMeasure", code="BUCKET") == created["baseUnitOfMeasureId"]


def test_posting_groups_of_an_item_are_set_and_cleared(api):
    path = f"items({api.id('items', number='1896-S')})"
    group = api.row("generalProductPostingGroups", code="MISC")
    changed = api.change(path, {"generalProductPostingGroupId": group["id"]})
    assert changed["generalProductPostingGroupCode"] == "MISC"
    cleared = api.change(path, {"generalProductPostingGroupCode": "", "inventoryPostingGroupId": None})
    assert (cleared["generalProductPostingGroupCode"], cleared["inventoryPostingGroupCode"]) == ("", "")


def test_the_inventory_of_an_item_is_adjusted_by_a_change_and_refused_on_create(api):
    api.refused("POST", "items", {"displayName": "x", "inventory": 5})
    item = api.row("items", number="1896-S")
    path = f"items({item['id']})"
    entries = len(api.stored("itemLedgerEntries"))
    for wanted in (item["inventory"] + 5, item["inventory"] - 2):
        assert api.change(path, {"inventory": wanted})["inventory"] == wanted
    new = sorted(api.stored("itemLedgerEntries"), key=lambda row: row["entryNumber"])[entries:]
    assert [(row["entryType"], row["quantity"]) for row in new] == [
        ("Positive_x0020_Adjmt_x002E_", 5),
        ("Negative_x0020_Adjmt_x002E_", -7),
    ]


def test_an_item_in_use_stays_and_an_unused_one_goes(api):
    api.refused("DELETE", f"items({api.id('items', number='1896-S')})")
    unused = api.create("items", {"displayName": "x"})
    api.remove(f"items({unused['id']})")


def test_tax_groups_are_created_changed_and_deleted(api):
    created = api.create("taxGroups", {"code": "LUX", "displayName": "Luxury"})
    assert created["taxType"] == "VAT"
    api.refused("POST", "taxGroups", {"code": "LUX"}, "Internal_EntityWithSameKeyExists")
    path = f"taxGroups({created['id']})"
    assert api.change(path, {"displayName": "Luxury goods"})["displayName"] == "Luxury goods"
    api.refused("PATCH", path, {"taxType": "VAT"}, "BadRequest_InvalidOperation")
    api.remove(path)


def test_company_information_can_be_changed_and_nothing_else(api):
    row = api.rows("companyInformation")[0]
    path = f"companyInformation({row['id']})"
    assert api.change(path, {"city": "Leeds"})["city"] == "Leeds"
    api.refused("PATCH", path, {"currencyCode": "EUR"}, "BadRequest_InvalidOperation")
    api.refused("DELETE", path, None, "BadRequest_MethodNotAllowed", 405)


def test_drafts_of_other_documents_take_party_dates_and_totals(api):
    line = {"itemId": api.id("items", number="1896-S"), "quantity": 2}
    body = {"customerNumber": "10000", "invoiceDate": "2026-01-10", "salesInvoiceLines": [line]}
    created = api.create("salesInvoices", body, expand="salesInvoiceLines")
    assert (created["customerName"], created["status"], created["dueDate"]) == (
        "Adatum Corporation",
        "Draft",
        "2026-02-10",
    )
    price = api.row("items", number="1896-S")["unitPrice"]
    assert created["totalAmountExcludingTax"] == pytest.approx(2 * price)
    assert created["remainingAmount"] == created["totalAmountIncludingTax"]
    other = api.id("customers", number="20000")
    api.refused("POST", "salesInvoices", {"customerId": other, "customerNumber": "10000"})


def test_a_renamed_item_keeps_its_stock_and_its_lines(api, bill):
    item = api.row("items", number="1896-S")
    renamed = api.change(f"items({item['id']})", {"number": "DESK-1"})
    assert renamed["inventory"] == item["inventory"]
    assert api.read(f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})")["lineObjectNumber"] == "DESK-1"


def test_numbers_of_employees_and_contacts_are_drawn(api):
    assert api.create("employees", {"givenName": "Ann", "surname": "Bee"})["number"]
    assert api.create("contacts", {"displayName": "Ann", "jobTitle": "Clerk"})["number"]


def test_a_variant_created_under_its_item_carries_the_items_number(api):
    item = api.row("items", number="1896-S")
    created = api.create(f"items({item['id']})/itemVariants", {"code": "red", "description": "Red"})
    assert (created["itemId"], created["itemNumber"], created["code"]) == (item["id"], "1896-S", "RED")

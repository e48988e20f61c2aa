"""A new number or code reaches whatever repeats the old one, and nothing else."""

from __future__ import annotations

import pytest

# Per renamed row: its set, what it is found by, and where the old number or code stands.
RENAMED = [
    ("vendors", {"number": "20000"}, "purchaseInvoices", "vendorNumber"),
    ("vendors", {"number": "20000"}, "purchaseInvoices", "payToVendorNumber"),
    ("vendors", {"number": "20000"}, "contacts", "_relatedNumber"),
    ("customers", {"number": "10000"}, "salesInvoices", "customerNumber"),
    ("customers", {"number": "10000"}, "salesOrders", "billToCustomerNumber"),
    ("customers", {"number": "10000"}, "contacts", "_relatedNumber"),
    ("items", {"number": "1896-S"}, "itemLedgerEntries", "itemNumber"),
    ("items", {"number": "1896-S"}, "salesInvoiceLines", "lineObjectNumber"),
    ("items", {"number": "1896-S"}, "purchaseInvoiceLines", "lineObjectNumber"),
    ("unitsOfMeasure", {"code": "PCS"}, "items", "baseUnitOfMeasureCode"),
    ("unitsOfMeasure", {"code": "PCS"}, "salesInvoiceLines", "unitOfMeasureCode"),
    ("itemCategories", {"code": "CHAIR"}, "items", "itemCategoryCode"),
    ("taxGroups", {"code": "STANDARD"}, "purchaseInvoiceLines", "taxCode"),
    ("taxGroups", {"code": "STANDARD"}, "_vatPostingSetup", "taxGroupCode"),
    ("taxAreas", {"code": "DOMESTIC"}, "vendors", "_taxAreaCode"),
    ("taxAreas", {"code": "DOMESTIC"}, "customers", "_taxAreaCode"),
    ("taxAreas", {"code": "DOMESTIC"}, "_vatPostingSetup", "taxAreaCode"),
    ("taxAreas", {"code": "DOMESTIC"}, "_generalPostingSetup", "taxAreaCode"),
    ("taxAreas", {"code": "DOMESTIC"}, "_partyPostingGroups", "taxAreaCode"),
    ("currencies", {"code": "EUR"}, "currencyExchangeRates", "currencyCode"),
    ("paymentMethods", {"code": "CASH"}, "_paymentMethodAccounts", "paymentMethodCode"),
    ("bankAccounts", {"number": "CHECKING"}, "_bankPostingGroups", "bankAccountNumber"),
    ("employees", {"number": "EH"}, "fixedAssets", "employeeNumber"),
    ("fixedAssetLocations", {"code": "ADM"}, "fixedAssets", "fixedAssetLocationCode"),
    ("salespeoplePurchasers", {"code": "JO"}, "opportunities", "salespersonCode"),
    ("countriesRegions", {"code": "GB"}, "customers", "country"),
    ("locations", {"code": "EAST"}, "transferOrders", "transferFromCode"),
    ("contacts", {"number": "CT000004"}, "opportunities", "contactNumber"),
    ("paymentTerms", {"code": "CM"}, "purchaseQuotes", "paymentTermsCode"),
    ("items", {"number": "1968-S"}, "transferOrderLines", "itemNumber"),
]
# What no row of the demo company repeats.
REPEATED_HERE = {"fixedAssets": {"employeeNumber": "EH"}}


def without_the_column(rows, name):
    return [{key: value for key, value in row.items() if key not in {name, "_etag"}} for row in rows]


@pytest.mark.parametrize(("entity_set", "key", "place", "column"), RENAMED)
def test_a_renamed_row_is_renamed_wherever_it_is_repeated(desk, entity_set, key, place, column):
    ((name, old),) = key.items()
    related = {"contacts": {"vendors": "Vendor", "customers": "Customer"}.get(entity_set, "")}.get(place)

    def repeats(number):
        rows = desk.company.find(place, **{column: number})
        return {row["id"] for row in rows if related is None or row.get("_relatedType") == related}

    if place in REPEATED_HERE:
        desk.change(f"{place}({desk.company.find(place)[0]['id']})", REPEATED_HERE[place])
    before = repeats(old)
    assert before
    desk.change(f"{entity_set}({desk.id(entity_set, **key)})", {name: "RENAMED"})
    assert repeats("RENAMED") == before
    assert repeats(old) == set()


def test_a_rename_moves_no_stamp_and_no_other_property(desk):
    before = desk.company.find("purchaseInvoices")
    desk.clock.set(desk.clock().replace(hour=20))
    desk.change(f"vendors({desk.id('vendors', number='20000')})", {"number": "RENAMED"})
    after = desk.company.find("purchaseInvoices")
    for row in after:
        row.update({name: "20000" for name in ("vendorNumber", "payToVendorNumber") if row[name] == "RENAMED"})
    assert without_the_column(after, "_etag") == without_the_column(before, "_etag")


def test_an_account_with_an_items_number_is_not_renamed_with_the_item(desk):
    line = next(row for row in desk.company.find("purchaseInvoiceLines") if row["lineType"] == "Item")
    desk.edit("purchaseInvoiceLines", line["id"], lineType="Account")
    desk.change(f"items({line['itemId']})", {"number": "RENAMED"})
    assert desk.company.get("purchaseInvoiceLines", line["id"])["lineObjectNumber"] == line["lineObjectNumber"]


def test_a_vendor_and_a_customer_of_one_number_are_renamed_one_by_one(desk):
    customer = desk.id("customers", number="20000")
    contacts = desk.rows(f"customers({customer})/contactsInformation")
    assert contacts
    desk.change(f"vendors({desk.id('vendors', number='20000')})", {"number": "RENAMED"})
    assert desk.rows(f"customers({customer})/contactsInformation") == contacts
    desk.change(f"customers({customer})", {"number": "RENAMED"})
    assert desk.rows(f"customers({customer})/contactsInformation") == contacts


def test_a_renamed_tax_group_and_area_go_on_taxing(desk):
    desk.change(f"taxGroups({desk.id('taxGroups', code='STANDARD')})", {"code": "FULL"})
    desk.change(f"taxAreas({desk.id('taxAreas', code='DOMESTIC')})", {"code": "HOME"})
    line = {"itemId": desk.id("items", number="1896-S"), "quantity": 1, "unitCost": 10}
    created = desk.create("purchaseInvoices", {"vendorNumber": "20000", "purchaseInvoiceLines": [line]})
    assert created["totalTaxAmount"] * 4 == created["totalAmountExcludingTax"]


def test_a_change_that_renames_nothing_touches_nothing_else(desk):
    before = desk.company.find("purchaseInvoices")
    vendor = desk.id("vendors", number="20000")
    desk.change(f"vendors({vendor})", {"number": "20000", "city": "Leeds"})
    assert desk.company.find("purchaseInvoices") == before


@pytest.mark.parametrize(
    ("entity_set", "key", "other"),
    [
        ("vendors", {"number": "20000"}, "10000"),
        ("customers", {"number": "20000"}, "10000"),
        ("items", {"number": "1896-S"}, "1900-S"),
        ("currencies", {"code": "EUR"}, "USD"),
        ("taxGroups", {"code": "STANDARD"}, "REDUCED"),
        ("unitsOfMeasure", {"code": "PCS"}, "SET"),
        ("journals", {"code": "DAILY"}, "MONTHLY"),
    ],
)
def test_a_name_that_is_taken_is_refused_and_nothing_is_renamed(desk, entity_set, key, other):
    ((name, old),) = key.items()
    row_id = desk.id(entity_set, **key)
    refusal = desk.refused("PATCH", f"{entity_set}({row_id})", {name: other})
    assert refusal[:2] == (400, "Internal_EntityWithSameKeyExists")
    assert desk.company.get(entity_set, row_id)[name] == old


@pytest.mark.parametrize("entity_set", ["vendors", "customers", "items", "employees", "bankAccounts", "projects"])
def test_a_number_is_not_blanked(desk, entity_set):
    row = desk.company.find(entity_set)[0]
    assert desk.refused("PATCH", f"{entity_set}({row['id']})", {"number": " "})[:2] == (
        400,
        "Application_DialogException",
    )
    assert desk.company.get(entity_set, row["id"])["number"] == row["number"]

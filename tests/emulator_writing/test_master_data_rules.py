"""Customers, vendors, items, tables and default dimensions: what is drawn, filled, refused and kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamics_bc_emulator.stamps import ZERO_GUID

DIALOG = (400, "Application_DialogException")
DUPLICATE = (400, "Internal_EntityWithSameKeyExists")
RELATION = (400, "Internal_InvalidTableRelation")
READ_ONLY = (400, "BadRequest_InvalidOperation")
NEEDED = (400, "BadRequest_RequiredParamNotProvided")
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"
OWN = "abcdef01-0000-4000-8000-00000000000a"
# Per set that draws its numbers: a body that it takes, and the series.
NUMBERED = {
    "customers": ({"displayName": "x"}, "CUST"),
    "vendors": ({}, "VEND"),
    "items": ({}, "ITEM"),
    "bankAccounts": ({}, "BANK"),
    "contacts": ({"displayName": "x"}, "CONT"),
    "employees": ({}, "EMP"),
    "fixedAssets": ({}, "FA"),
    "projects": ({}, "JOB"),
}


@pytest.mark.parametrize("entity_set", NUMBERED)
def test_a_blank_number_is_the_next_that_is_free_and_a_given_one_is_kept(desk, entity_set):
    body, series = NUMBERED[entity_set]
    number = desk.create(entity_set, body)["number"]
    taken = desk.company.store.next_number(desk.company.id, series)
    assert taken > number
    following = taken[:-1] + chr(ord(taken[-1]) + 1)
    desk.create(entity_set, {**body, "number": following.lower()})
    assert desk.company.first(entity_set, number=following)
    assert desk.create(entity_set, {**body, "number": " "})["number"] > following
    assert desk.refused("POST", entity_set, {**body, "number": number})[:2] == DUPLICATE


def test_without_its_series_a_number_must_be_given(desk):
    desk.company.store.connection.execute("DELETE FROM series WHERE series = 'VEND'")
    status, code, message = desk.refused("POST", "vendors", {})
    assert ((status, code), message) == (DIALOG, "The number series VEND does not exist; give a number.")
    assert desk.create("vendors", {"number": "MINE"})["number"] == "MINE"


@pytest.mark.parametrize("entity_set", ["vendors", "items", "currencies", "journals"])
def test_an_id_of_ones_own_is_kept_once(desk, entity_set):
    bodies = {"currencies": {"code": "ZZZ"}, "journals": {"code": "Z"}}
    body = bodies.get(entity_set, {})
    assert desk.create(entity_set, {"id": OWN.upper(), **body})["id"] == OWN
    assert desk.refused("POST", entity_set, {"id": OWN, **body})[:2] == DUPLICATE
    assert desk.create("customers", {"id": ZERO_GUID, "displayName": "x"})["id"] not in {ZERO_GUID, OWN}
    path = f"{entity_set}({OWN})"
    assert desk.refused("PATCH", path, {"id": NOBODY})[:2] == READ_ONLY


@pytest.mark.parametrize("status", [400, 409])
def test_a_duplicate_key_has_the_status_of_the_switch_and_names_the_key(desk, status):
    desk.service.switches = desk.service.switches.changed({"duplicate_key_status": status})
    refusal = desk.refused("POST", "vendors", {"number": "20000"})
    assert refusal[:2] == (status, "Internal_EntityWithSameKeyExists")
    expected = "The record in table Vendor already exists. Identification fields and values: No.='20000'"
    assert refusal[2].replace("number", "No.").replace("Number", "No.").replace("No..", "No.") == expected


@pytest.mark.parametrize(
    ("entity_set", "body", "refused"),
    [
        ("customers", {}, DIALOG),
        ("customers", {"displayName": " "}, DIALOG),
        ("contacts", {}, DIALOG),
        ("paymentTerms", {}, NEEDED),
        ("paymentTerms", {"code": ""}, NEEDED),
        ("currencies", {"code": " "}, (400, "Application_FieldValidationException")),
        ("itemCategories", {"displayName": "x"}, NEEDED),
        ("locations", {"code": ""}, NEEDED),
        ("defaultDimensions", {"parentType": "Vendor"}, DIALOG),
        ("defaultDimensions", {"parentId": NOBODY}, DIALOG),
        ("purchaseInvoiceLines", {}, DIALOG),
        ("journalLines", {}, DIALOG),
    ],
)
def test_what_must_be_filled_in_is_missed(desk, entity_set, body, refused):
    before = desk.company.find(entity_set)
    assert desk.refused("POST", entity_set, body)[:2] == refused
    assert desk.company.find(entity_set) == before


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"country": "QQ"}, RELATION),
        ({"country": ""}, None),
        ({"country": "gb"}, None),
        ({"paymentTermsId": NOBODY}, DIALOG),
        ({"paymentTermsId": ZERO_GUID}, None),
        ({"currencyCode": "QQQ"}, DIALOG),
        ({"currencyCode": "gbp"}, None),
        ({"balance": 5}, None),
        ({"nickname": "x"}, (400, "BadRequest")),
        ({"@odata.type": "x", "displayName@odata.note": 1}, None),
        ({"defaultDimensions": {}}, (400, "BadRequest")),
        ({"defaultDimensions": [5]}, (400, "BadRequest")),
        ({"defaultDimensions": []}, None),
        ({"currency": [{"code": "ZZZ"}]}, (400, "BadRequest")),
        ([], (400, "BadRequest")),
        (b"{", (400, "BadRequest")),
        (b" ", None),
    ],
)
def test_a_body_is_read_property_by_property_and_a_wrong_one_refuses_all(desk, body, refused):
    before = desk.company.find("vendors")
    if refused is None:
        assert desk.ask("POST", "vendors", body).status == 201
    else:
        assert desk.refused("POST", "vendors", body)[:2] == refused
        assert desk.company.find("vendors") == before


def test_new_parties_are_domestic_in_the_local_currency_and_an_area_can_be_set(desk):
    created = desk.create("customers", {"displayName": "x"})
    assert (created["currencyCode"], created["taxAreaDisplayName"]) == ("GBP", "Domestic customers and vendors")
    assert desk.company.get("customers", created["id"])["_taxAreaCode"] == "DOMESTIC"
    path = f"customers({created['id']})"
    abroad = desk.change(path, {"taxAreaId": desk.id("taxAreas", code="EU")})
    assert abroad["taxAreaDisplayName"] == "Customers and vendors in EU"
    assert desk.company.get("customers", created["id"])["_taxAreaCode"] == "EU"
    assert desk.change(path, {"taxAreaId": ZERO_GUID})["taxAreaDisplayName"] == ""
    assert desk.company.get("customers", created["id"])["_taxAreaCode"] == ""


@pytest.mark.parametrize(
    ("inventory", "quantity", "kind"),
    [
        (7, 7, "Positive_x0020_Adjmt_x002E_"),
        (Decimal("-0.5"), Decimal("-0.5"), "Negative_x0020_Adjmt_x002E_"),
        (0, None, None),
    ],
)
def test_a_changed_inventory_is_an_entry_of_the_difference(desk, inventory, quantity, kind):
    item = desk.create("items", {"displayName": "Sand", "unitCost": 3, "inventory": 0})
    assert item["inventory"] == 0
    path = f"items({item['id']})"
    assert desk.change(path, {"inventory": inventory})["inventory"] == inventory
    assert desk.change(path, {"inventory": inventory})["inventory"] == inventory
    entries = desk.company.find("itemLedgerEntries", itemNumber=item["number"])
    assert [(row["quantity"], row["entryType"]) for row in entries] == ([(quantity, kind)] if quantity else [])
    assert desk.refused("POST", "items", {"inventory": 1})[:2] == DIALOG


@pytest.mark.parametrize(
    ("entity_set", "taken_by"),
    [
        ("items", {"purchaseInvoiceLines": {"itemId": None, "documentId": NOBODY}}),
        ("items", {"salesQuoteLines": {"itemId": None, "documentId": NOBODY}}),
        ("items", {"itemLedgerEntries": {"itemNumber": None}}),
        ("vendors", {"_vendorLedgerEntries": {"vendorId": None, "open": True}}),
        ("customers", {"_customerLedgerEntries": {"customerId": None, "open": True}}),
    ],
)
def test_what_is_used_stays_until_it_is_not(desk, entity_set, taken_by):
    row = desk.create(entity_set, {"displayName": "x"})
    ((user, values),) = taken_by.items()
    own = {
        name: row["number"] if name == "itemNumber" else row["id"] for name, value in values.items() if value is None
    }
    kept = desk.company.insert(user, {**values, **own})
    assert desk.refused("DELETE", f"{entity_set}({row['id']})")[:2] == DIALOG
    desk.company.delete(user, kept["id"])
    desk.remove(f"{entity_set}({row['id']})")


@pytest.mark.parametrize("name", ["dueDateCalculation", "discountDateCalculation"])
@pytest.mark.parametrize(
    ("formula", "kept"), [("14d", "14D"), (" cm + 1 m ", "CM+1M"), ("", ""), ("soon", None), ("14", None)]
)
def test_payment_terms_keep_date_formulas_only(desk, name, formula, kept):
    body = {"code": "Z", name: formula}
    if kept is None:
        assert desk.refused("POST", "paymentTerms", body)[:2] == (400, "Application_EvaluateException")
    else:
        assert desk.create("paymentTerms", body)[name] == kept


@pytest.fixture
def area(desk):
    """The dimension AREA with two of its values, and a value of another dimension."""
    dimension = desk.company.first("dimensions", code="AREA")
    values = {row["code"]: row["id"] for row in desk.company.find("dimensionValues", dimensionId=dimension["id"])}
    other = desk.company.first("dimensions", code="DEPARTMENT")
    foreign = desk.company.find("dimensionValues", dimensionId=other["id"])[0]
    return {
        "id": dimension["id"],
        "30": values["30"],
        "70": values["70"],
        "other": other["id"],
        "foreign": foreign["id"],
    }


@pytest.fixture
def vendor(desk):
    return desk.create("vendors", {"displayName": "x"})


def default(desk, vendor, **body):
    return desk.create("defaultDimensions", {"parentType": "Vendor", "parentId": vendor["id"], **body})


@pytest.mark.parametrize(
    "names",
    [
        {"dimensionId": "id", "dimensionValueId": "30"},
        {"dimensionValueId": "30"},
        {"dimensionId": "id", "dimensionValueCode": "code 30"},
        {"dimensionCode": "code AREA", "dimensionValueCode": "code 30"},
    ],
)
def test_a_default_dimension_goes_by_ids_or_codes_and_a_value_brings_its_dimension(desk, vendor, area, names):
    body = {name: key[5:] if key.startswith("code ") else area[key] for name, key in names.items()}
    row = default(desk, vendor, **body)
    assert (row["dimensionId"], row["dimensionCode"]) == (area["id"], "AREA")
    assert (row["dimensionValueId"], row["dimensionValueCode"]) == (area["30"], "30")
    assert row["postingValidation"] == "_x0020_"


def test_a_default_dimension_may_be_without_a_value(desk, vendor, area):
    row = default(desk, vendor, dimensionCode="AREA", postingValidation="Code_x0020_Mandatory")
    assert (row["dimensionValueId"], row["dimensionValueCode"]) == (ZERO_GUID, "")
    path = f"defaultDimensions({row['id']})"
    assert desk.change(path, {"dimensionValueId": area["70"]})["dimensionValueCode"] == "70"
    assert desk.change(path, {"dimensionValueId": ZERO_GUID})["dimensionValueCode"] == ""
    assert desk.refused("PATCH", path, {"dimensionValueCode": "30"})[:2] == READ_ONLY


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        ({}, DIALOG),
        ({"dimensionId": NOBODY}, DIALOG),
        ({"dimensionId": ZERO_GUID}, DIALOG),
        ({"dimensionCode": "NOBODY"}, DIALOG),
        ({"dimensionCode": "AREA", "dimensionValueCode": "NOBODY"}, DIALOG),
        ({"dimensionCode": "AREA", "dimensionValueId": "foreign"}, DIALOG),
        ({"dimensionValueId": "foreign", "dimensionCode": "AREA"}, DIALOG),
        ({"dimensionValueCode": "70 "}, DIALOG),
        ({"dimensionCode": "AREA", "postingValidation": "Maybe"}, (400, "Unknown")),
        ({"dimensionCode": "AREA", "parentId": NOBODY}, DIALOG),
        ({"dimensionCode": "AREA", "parentType": "Employee"}, DIALOG),
    ],
)
def test_a_default_dimension_that_names_what_is_not_there_is_refused(desk, vendor, area, names, refused):
    body = {name: area.get(value, value) for name, value in names.items()}
    before = desk.company.find("defaultDimensions")
    whole = {"parentType": "Vendor", "parentId": vendor["id"], **body}
    assert desk.refused("POST", "defaultDimensions", whole)[:2] == refused
    assert desk.company.find("defaultDimensions") == before


def test_a_parent_has_a_dimension_once_and_keeps_it(desk, vendor, area):
    row = default(desk, vendor, dimensionCode="AREA", dimensionValueCode="30")
    whole = {"parentType": "Vendor", "parentId": vendor["id"], "dimensionCode": "AREA"}
    assert desk.refused("POST", "defaultDimensions", whole)[:2] == DUPLICATE
    path = f"defaultDimensions({row['id']})"
    for change in ({"dimensionId": area["other"]}, {"dimensionValueId": area["foreign"]}):
        assert desk.refused("PATCH", path, change)[:2] == DIALOG
    assert desk.refused("PATCH", path, {"dimensionCode": "AREA"})[:2] == READ_ONLY
    again = {"dimensionId": area["id"], "dimensionValueId": area["70"]}
    assert desk.change(path, again)["dimensionValueCode"] == "70"
    item = desk.create("items", {})
    default(desk, item, parentType="Item", dimensionCode="AREA")


@pytest.mark.parametrize("blocked", ["dimensions", "dimensionValues"])
def test_what_is_blocked_is_no_default(desk, vendor, area, blocked):
    row = default(desk, vendor, dimensionCode="AREA", dimensionValueCode="70")
    desk.edit(blocked, area["id"] if blocked == "dimensions" else area["30"], _blocked=True)
    whole = {"parentType": "Vendor", "parentId": desk.create("vendors", {})["id"], "dimensionCode": "AREA"}
    assert "is blocked" in desk.refused("POST", "defaultDimensions", {**whole, "dimensionValueCode": "30"})[2]
    assert "is blocked" in desk.refused("PATCH", f"defaultDimensions({row['id']})", {"dimensionValueId": area["30"]})[2]


@pytest.mark.parametrize(
    ("parent_set", "body"),
    [("customers", {"displayName": "x"}), ("vendors", {}), ("items", {}), ("employees", {})],
)
def test_a_default_dimension_is_created_below_its_parent_or_with_it(desk, parent_set, body):
    nested = {"dimensionCode": "AREA", "dimensionValueCode": "30"}
    parent = desk.create(parent_set, {**body, "defaultDimensions": [nested]})
    path = f"{parent_set}({parent['id']})/defaultDimensions"
    desk.create(path, {"dimensionCode": "DEPARTMENT", "dimensionValueCode": "ADM"})
    rows = desk.rows(path)
    assert {(row["dimensionCode"], row["dimensionValueCode"]) for row in rows} == {
        ("AREA", "30"),
        ("DEPARTMENT", "ADM"),
    }
    assert {row["parentType"] for row in rows} == {parent_set.removesuffix("s").title()}
    if parent_set != "employees":
        desk.remove(f"{parent_set}({parent['id']})")
        assert desk.company.find("defaultDimensions", parentId=parent["id"]) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"if-match": 'W/"old"'}, 409), ({"if-match": "nonsense"}, 400), ({"if-match": ""}, 400)],
)
def test_a_change_is_for_a_version_of_the_row(desk, vendor, headers, status):
    response = desk.ask("PATCH", f"vendors({vendor['id']})", {"city": "Leeds"}, headers)
    assert response.status == status
    assert desk.company.get("vendors", vendor["id"])["city"] == ("Leeds" if status == 200 else "")


def test_a_version_is_of_the_values_and_not_of_what_is_calculated(desk, vendor):
    path, token = f"vendors({vendor['id']})", {"if-match": vendor["@odata.etag"]}
    entry = {"vendorId": vendor["id"], "dueDate": "2026-01-01", "remainingAmount": Decimal(-5), "open": True}
    desk.company.insert("_vendorLedgerEntries", entry)
    assert desk.read(path)["balance"] == 5
    assert desk.ask("PATCH", path, {"city": "Leeds"}, token).status == 200
    assert desk.ask("PATCH", path, {"city": "York"}, token).status == 409


@pytest.mark.parametrize("prefer", ["return-no-content", "return=minimal", "respond-async, RETURN=minimal"])
def test_an_echo_is_left_out_where_nobody_wants_it(desk, prefer):
    response = desk.ask("POST", "vendors", {"number": "MINE"}, {"prefer": prefer})
    assert (response.status, response.body, response.headers["Preference-Applied"]) == (204, None, "return-no-content")
    assert response.headers["Location"].endswith(f"vendors({desk.id('vendors', number='MINE')})")


@pytest.mark.parametrize(
    ("headers", "caption"),
    [
        ("salesCreditMemos", "Sales Credit Memo"),
        ("purchaseOrders", "Purchase Order"),
        ("purchaseInvoices", "Purchase Invoice"),
    ],
)
def test_who_has_a_draft_is_told_of_it_by_its_name(desk, headers, caption):
    side, name = ("customers", "Customer") if headers.startswith("sales") else ("vendors", "Vendor")
    party = desk.create(side, {"displayName": "x"})
    desk.create(headers, {f"{name.lower()}Id": party["id"]})
    said = f"You cannot delete {name} {party['number']} because there is at least one outstanding {caption} for this"
    assert desk.refused("DELETE", f"{side}({party['id']})") == (*DIALOG, f"{said} {name.lower()}.")


def test_an_item_in_a_credit_memo_stays(desk):
    item = desk.create("items", {})
    memo = desk.create("salesCreditMemos", {"customerNumber": "10000"})
    desk.create(f"salesCreditMemos({memo['id']})/salesCreditMemoLines", {"itemId": item["id"], "quantity": 1})
    said = "because there is at least one outstanding Sales Credit Memo that includes this item."
    assert desk.refused("DELETE", f"items({item['id']})") == (
        *DIALOG,
        f"You cannot delete Item {item['number']} {said}",
    )


def test_an_items_variants_go_with_it(desk):
    item = desk.create("items", {})
    variant = desk.create(f"items({item['id']})/itemVariants", {"code": "RED"})
    desk.remove(f"items({item['id']})")
    assert desk.ask("GET", f"itemVariants({variant['id']})").status == 404


def test_a_renamed_tax_group_reaches_the_items_that_have_it(desk):
    group = desk.create("taxGroups", {"code": "FEW"})
    item = desk.create("items", {"taxGroupCode": "FEW"})
    desk.change(f"taxGroups({group['id']})", {"code": "MANY"})
    assert desk.read(f"items({item['id']})")["taxGroupCode"] == "MANY"
    seeded = desk.company.first("items", number="1896-S")
    desk.change(f"taxGroups({seeded['taxGroupId']})", {"code": "OTHER"})
    assert desk.company.get("items", seeded["id"])["_taxGroupCode"] == "OTHER"


def test_a_currency_of_open_entries_stays_and_another_goes_with_its_rates(desk):
    desk.create("currencies", {"code": "ZZC"})
    rate = desk.company.insert("currencyExchangeRates", {"currencyCode": "ZZC", "startingDate": "2026-01-01"})
    path = f"currencies({desk.id('currencies', code='ZZC')})"
    for entries, table in (
        ("_customerLedgerEntries", "Cust. Ledger Entry"),
        ("_vendorLedgerEntries", "Vendor Ledger Entry"),
    ):
        entry = desk.company.insert(
            entries, {**desk.company.find(entries)[0], "id": "", "currencyCode": "ZZC", "open": True}
        )
        said = f"There is one or more opened entries in the {table} table using Currency ZZC."
        assert desk.refused("DELETE", path) == (*DIALOG, said)
        desk.company.update(entries, entry["id"], {"open": False})
    desk.remove(path)
    assert desk.company.get("currencyExchangeRates", rate["id"]) is None


def test_a_unit_that_items_are_counted_in_stays(desk):
    said = "You cannot delete the unit of measure because it is assigned to one or more records."
    assert desk.refused("DELETE", f"unitsOfMeasure({desk.id('unitsOfMeasure', code='PCS')})") == (*DIALOG, said)


def test_an_employee_is_called_by_her_names(desk):
    created = desk.create("employees", {"givenName": "Ada", "surname": "Byron"})
    assert created["displayName"] == "Ada Byron"
    assert desk.change(f"employees({created['id']})", {"surname": "Lovelace"})["displayName"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("lines", "caption"),
    [
        ("purchaseQuoteLines", "Purchase Quote"),
        ("blanketPurchaseOrderLines", "Purchase Blanket Order"),
        ("purchaseReturnOrderLines", "Purchase Return Order"),
        ("blanketSalesOrderLines", "Sales Blanket Order"),
        ("salesReturnOrderLines", "Sales Return Order"),
    ],
)
def test_an_item_in_a_document_that_is_only_read_stays(desk, lines, caption):
    item = desk.create("items", {})
    path = f"items({item['id']})"
    desk.company.insert(lines, {"lineType": "Account", "lineObjectNumber": item["number"]})
    line = desk.company.insert(lines, {"lineType": "Item", "lineObjectNumber": item["number"]})
    said = f"You cannot delete Item {item['number']} because there is at least one outstanding {caption} that includes"
    assert desk.refused("DELETE", path) == (*DIALOG, f"{said} this item.")
    desk.company.delete(lines, line["id"])
    desk.remove(path)


def test_an_item_that_is_to_be_transferred_stays(desk):
    item = desk.create("items", {})
    desk.company.insert("transferOrderLines", {"itemNumber": item["number"]})
    said = f"You cannot delete Item {item['number']} because there are one or more outstanding transfer orders"
    assert desk.refused("DELETE", f"items({item['id']})") == (*DIALOG, f"{said} that include this item.")


@pytest.mark.parametrize(
    ("entity_set", "name", "table"),
    [
        ("assemblyOrders", "itemNumber", "Assembly Header"),
        ("assemblyOrderLines", "lineObjectNumber", "Assembly Line"),
        ("transferOrderLines", "itemNumber", "Transfer Line"),
    ],
)
def test_a_variant_that_is_built_or_transferred_stays(desk, entity_set, name, table):
    item = desk.create("items", {})
    path = f"itemVariants({desk.create('itemVariants', {'itemId': item['id'], 'code': 'RED'})['id']})"
    row = desk.company.insert(entity_set, {name: item["number"], "variantCode": "RED"})
    said = f"You cannot delete item variant RED because there is at least one {table} that includes this Variant Code."
    assert desk.refused("DELETE", path) == (*DIALOG, said)
    desk.company.update(entity_set, row["id"], {"variantCode": "BLUE"})
    desk.remove(path)

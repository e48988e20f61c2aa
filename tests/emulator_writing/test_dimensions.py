"""Default dimensions, and the dimension set lines that come of them."""

from __future__ import annotations

import pytest

PARENTS = {"customers": "10000", "vendors": "20000", "items": "1896-S"}
CAPTIONS = {"customers": "Customer", "vendors": "Vendor", "items": "Item", "employees": "Employee"}


@pytest.fixture(params=CAPTIONS)
def parent(api, request):
    """A customer, vendor, item or employee without default dimensions."""
    bodies = {"employees": {"number": "E-9", "givenName": "Ann", "surname": "Bee", "jobTitle": "Clerk"}}
    created = api.create(request.param, bodies.get(request.param, {"number": "D-9", "displayName": "Dimensioned"}))
    return request.param, created["id"]


def value_id(api, code):
    return api.id("dimensionValues", code=code)


def test_a_default_dimension_is_created_by_codes(api, parent):
    entity_set, parent_id = parent
    body = {"dimensionCode": "department", "dimensionValueCode": "ADM", "postingValidation": "Code_x0020_Mandatory"}
    created = api.create(f"{entity_set}({parent_id})/defaultDimensions", body)
    assert (created["parentType"], created["parentId"]) == (CAPTIONS[entity_set], parent_id)
    assert (created["dimensionCode"], created["dimensionValueCode"]) == ("DEPARTMENT", "ADM")
    assert created["dimensionValueId"] == value_id(api, "ADM")
    assert created["postingValidation"] == "Code_x0020_Mandatory"


def test_a_default_dimension_is_created_by_ids_without_a_parent_path(api, parent):
    entity_set, parent_id = parent
    body = {
        "parentType": CAPTIONS[entity_set],
        "parentId": parent_id,
        "dimensionId": api.id("dimensions", code="DEPARTMENT"),
        "dimensionValueId": value_id(api, "ADM"),
    }
    api.create("defaultDimensions", body)
    rows = api.rows(f"{entity_set}({parent_id})/defaultDimensions")
    assert [(row["dimensionCode"], row["dimensionValueCode"]) for row in rows] == [("DEPARTMENT", "ADM")]


def test_a_value_alone_says_which_dimension_it_is(api, parent):
    entity_set, parent_id = parent
    created = api.create(f"{entity_set}({parent_id})/defaultDimensions", {"dimensionValueId": value_id(api, "ADM")})
    assert created["dimensionCode"] == "DEPARTMENT"


def test_a_value_of_another_dimension_is_refused(api, parent):
    entity_set, parent_id = parent
    path = f"{entity_set}({parent_id})/defaultDimensions"
    area, adm = api.id("dimensions", code="AREA"), value_id(api, "ADM")
    api.refused("POST", path, {"dimensionId": area, "dimensionValueId": adm})
    api.refused("POST", path, {"dimensionValueId": adm, "dimensionId": area})
    api.refused("POST", path, {"dimensionCode": "AREA", "dimensionValueCode": "ADM"})
    assert api.rows(path) == []


@pytest.mark.parametrize(("blocked_set", "code"), [("dimensions", "DEPARTMENT"), ("dimensionValues", "ADM")])
def test_what_is_blocked_is_refused(api, parent, blocked_set, code):
    entity_set, parent_id = parent
    api.emulator.control.edit(
        company=api.company, entity_set=blocked_set, id=api.id(blocked_set, code=code), set={"_blocked": True}
    )
    path = f"{entity_set}({parent_id})/defaultDimensions"
    assert "blocked" in api.refused("POST", path, {"dimensionCode": "DEPARTMENT", "dimensionValueCode": "ADM"})


def test_the_value_of_a_default_dimension_can_be_changed_and_its_dimension_cannot(api, parent):
    entity_set, parent_id = parent
    path = f"{entity_set}({parent_id})/defaultDimensions"
    row = api.create(path, {"dimensionCode": "DEPARTMENT", "dimensionValueCode": "ADM"})
    here = f"{path}({row['id']})"
    assert api.change(here, {"dimensionValueId": value_id(api, "PROD")})["dimensionValueCode"] == "PROD"
    api.refused("PATCH", here, {"dimensionId": api.id("dimensions", code="AREA")})
    api.refused("PATCH", here, {"dimensionValueId": value_id(api, "HOME")})
    assert [line["dimensionValueCode"] for line in api.rows(path)] == ["PROD"]


def test_a_default_dimension_is_deleted(api, parent):
    entity_set, parent_id = parent
    path = f"{entity_set}({parent_id})/defaultDimensions"
    row = api.create(path, {"dimensionCode": "DEPARTMENT", "dimensionValueCode": "ADM"})
    api.remove(f"{path}({row['id']})")
    assert api.rows(path) == []


def test_a_second_default_for_one_dimension_is_a_duplicate_key(api):
    path = f"vendors({api.id('vendors', number='20000')})/defaultDimensions"
    body = {"dimensionCode": "AREA", "dimensionValueCode": "30"}
    api.refused("POST", path, body, "Internal_EntityWithSameKeyExists")


def test_a_default_dimension_needs_its_parent(api):
    assert "parent" in api.refused("POST", "defaultDimensions", {"dimensionCode": "AREA"})


def test_a_document_inherits_its_vendors_dimensions_and_its_lines_inherit_the_documents(api, bill):
    wanted = {"AREA": "40", "DEPARTMENT": "PURCHASING"}
    assert api.dimensions(f"purchaseInvoices({bill['id']})") == wanted
    assert bill["shortcutDimension1Code"] == "PURCHASING"
    for line in bill["purchaseInvoiceLines"]:
        assert api.dimensions(f"purchaseInvoiceLines({line['id']})") == wanted


def test_an_items_default_goes_over_the_headers(api, bill):
    item = api.id("items", number="1900-S")
    api.create(f"items({item})/defaultDimensions", {"dimensionCode": "DEPARTMENT", "dimensionValueCode": "PROD"})
    line = api.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", {"itemId": item, "quantity": 1})
    assert api.dimensions(f"purchaseInvoiceLines({line['id']})") == {"AREA": "40", "DEPARTMENT": "PROD"}


def test_a_comment_line_has_no_dimensions(api, bill):
    line = api.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", {"description": "Thank you"})
    assert api.dimensions(f"purchaseInvoiceLines({line['id']})") == {}


@pytest.fixture(params=["header", "line", "journal line", "payment"])
def dimensioned(api, bill, request):
    """The path of a record that takes dimensions and has no CLASS yet."""
    if request.param == "header":
        return f"purchaseInvoices({bill['id']})"
    if request.param == "line":
        return f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})"
    if request.param == "journal line":
        journal = api.journal("GENERAL", "DEFAULT")
        return f"journalLines({api.create(f'journals({journal})/journalLines', {'accountNumber': '8210'})['id']})"
    journal = api.id("vendorPaymentJournals", code="GENERAL")
    payment = api.create(f"vendorPaymentJournals({journal})/vendorPayments", {"vendorNumber": "20000"})
    return f"vendorPayments({payment['id']})"


def test_a_dimension_is_added_by_codes_changed_and_taken_away(api, dimensioned):
    path = f"{dimensioned}/dimensionSetLines"
    before = api.dimensions(dimensioned)
    line = api.create(path, {"code": "businessgroup", "valueCode": "home"})
    assert line["id"] == api.id("dimensions", code="BUSINESSGROUP")
    assert (line["displayName"], line["valueId"]) == ("Business Group", value_id(api, "HOME"))
    assert api.dimensions(dimensioned) == before | {"BUSINESSGROUP": "HOME"}
    changed = api.change(f"{path}({line['id']})", {"valueId": value_id(api, "OFFICE")})
    assert changed["valueCode"] == "OFFICE"
    api.remove(f"{path}({line['id']})")
    assert api.dimensions(dimensioned) == before


def test_a_dimension_is_added_by_ids(api, dimensioned):
    body = {"id": api.id("dimensions", code="SALESCAMPAIGN"), "valueId": value_id(api, "SUMMER")}
    line = api.create(f"{dimensioned}/dimensionSetLines", body)
    assert (line["code"], line["valueCode"]) == ("SALESCAMPAIGN", "SUMMER")


def test_a_second_line_for_a_dimension_is_refused_and_the_first_stays(api, dimensioned):
    path = f"{dimensioned}/dimensionSetLines"
    api.create(path, {"code": "BUSINESSGROUP", "valueCode": "HOME"})
    assert "already exists" in api.refused("POST", path, {"code": "BUSINESSGROUP", "valueCode": "OFFICE"})
    assert api.dimensions(dimensioned)["BUSINESSGROUP"] == "HOME"


def test_the_dimension_of_a_line_cannot_be_changed(api, dimensioned):
    line = api.create(f"{dimensioned}/dimensionSetLines", {"code": "BUSINESSGROUP", "valueCode": "HOME"})
    path = f"{dimensioned}/dimensionSetLines({line['id']})"
    api.refused("PATCH", path, {"code": "AREA"})
    api.refused("PATCH", path, {"id": api.id("dimensions", code="AREA")})
    assert api.dimensions(dimensioned)["BUSINESSGROUP"] == "HOME"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "BUSINESSGROUP"},
        {"valueCode": "HOME"},
        {"code": "NOPE", "valueCode": "HOME"},
        {"code": "BUSINESSGROUP", "valueCode": "ADM"},
        {"code": "BUSINESSGROUP", "valueId": "11111111-1111-1111-1111-111111111111"},
        {"id": "11111111-1111-1111-1111-111111111111", "valueCode": "HOME"},
    ],
)
def test_a_line_without_a_known_dimension_and_value_is_refused(api, bill, body):
    path = f"purchaseInvoices({bill['id']})"
    before = api.dimensions(path)
    api.refused("POST", f"{path}/dimensionSetLines", body)
    assert api.dimensions(path) == before


def test_a_line_without_its_parent_is_refused(api):
    api.refused("POST", "dimensionSetLines", {"code": "AREA", "valueCode": "30"})


def test_an_inherited_dimension_nested_in_a_create_refuses_the_whole_of_it(api):
    before = api.stored("purchaseInvoices"), api.stored("purchaseInvoiceLines")
    body = {"vendorNumber": "20000", "dimensionSetLines": [{"code": "AREA", "valueCode": "30"}]}
    assert "already exists" in api.refused("POST", "purchaseInvoices", body)
    line = {
        "accountId": api.id("accounts", number="8210"),
        "dimensionSetLines": [{"code": "DEPARTMENT", "valueCode": "ADM"}],
    }
    body = {"vendorNumber": "20000", "purchaseInvoiceLines": [line]}
    assert "already exists" in api.refused("POST", "purchaseInvoices", body)
    assert (api.stored("purchaseInvoices"), api.stored("purchaseInvoiceLines")) == before


def test_a_dimension_that_nobody_inherits_can_be_nested(api):
    line = {
        "accountId": api.id("accounts", number="8210"),
        "dimensionSetLines": [{"code": "BUSINESSGROUP", "valueCode": "HOME"}],
    }
    created = api.create(
        "purchaseInvoices", {"vendorNumber": "20000", "purchaseInvoiceLines": [line]}, expand="purchaseInvoiceLines"
    )
    assert (
        api.dimensions(f"purchaseInvoiceLines({created['purchaseInvoiceLines'][0]['id']})")["BUSINESSGROUP"] == "HOME"
    )


def test_a_headers_dimension_nested_before_its_lines_reaches_them(api):
    body = {
        "vendorNumber": "20000",
        "dimensionSetLines": [{"code": "BUSINESSGROUP", "valueCode": "HOME"}],
        "purchaseInvoiceLines": [{"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 1}],
    }
    created = api.create("purchaseInvoices", body, expand="purchaseInvoiceLines")
    assert (
        api.dimensions(f"purchaseInvoiceLines({created['purchaseInvoiceLines'][0]['id']})")["BUSINESSGROUP"] == "HOME"
    )


@pytest.mark.parametrize(
    "order", [("vendorNumber", "shortcutDimension1Code"), ("shortcutDimension1Code", "vendorNumber")]
)
def test_a_shortcut_code_sets_its_dimension_over_the_inherited_one(api, order):
    values = {"vendorNumber": "20000", "shortcutDimension1Code": "ADM"}
    created = api.create("purchaseInvoices", {name: values[name] for name in order})
    assert created["shortcutDimension1Code"] == "ADM"
    assert api.dimensions(f"purchaseInvoices({created['id']})") == {"AREA": "40", "DEPARTMENT": "ADM"}


def test_shortcut_codes_and_dimension_lines_keep_step(api, bill):
    path = f"purchaseInvoices({bill['id']})"
    department = api.id("dimensions", code="DEPARTMENT")
    api.change(f"{path}/dimensionSetLines({department})", {"valueCode": "PROD"})
    assert api.read(path)["shortcutDimension1Code"] == "PROD"
    api.change(path, {"shortcutDimension1Code": ""})
    assert api.dimensions(path) == {"AREA": "40"}
    api.change(path, {"shortcutDimension1Code": "SALES"})
    api.remove(f"{path}/dimensionSetLines({department})")
    assert api.read(path)["shortcutDimension1Code"] == ""


def test_a_shortcut_code_that_is_no_value_of_its_dimension_is_refused(api, bill):
    body = {"shortcutDimension1Code": "HOME"}
    api.refused("PATCH", f"purchaseInvoices({bill['id']})", body, "Internal_InvalidTableRelation")


def test_dimensions_of_what_is_posted_stay(api, bill):
    path = f"purchaseInvoices({bill['id']})"
    api.act(path)
    department = api.id("dimensions", code="DEPARTMENT")
    api.refused("POST", f"{path}/dimensionSetLines", {"code": "BUSINESSGROUP", "valueCode": "HOME"})
    api.refused("PATCH", f"{path}/dimensionSetLines({department})", {"valueCode": "ADM"})
    api.refused("DELETE", f"{path}/dimensionSetLines({department})")
    line = bill["purchaseInvoiceLines"][0]["id"]
    api.refused(
        "POST", f"purchaseInvoiceLines({line})/dimensionSetLines", {"code": "BUSINESSGROUP", "valueCode": "HOME"}
    )
    entry = api.rows("generalLedgerEntries", top="1")[0]["id"]
    api.refused("POST", f"generalLedgerEntries({entry})/dimensionSetLines", {"code": "AREA", "valueCode": "30"})

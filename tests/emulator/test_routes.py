"""The APIs beside the standard one: a custom API, automation, analytics, published web services."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from emulator.in_process import json_of

from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.shown_routes import further_routes
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.in_process import Desk

    from dynamics_bc_emulator.odata.requests import DataResponse

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
CONTOSO = "api/contoso/demo/v1.0"
AUTOMATION = "api/microsoft/automation/v2.0"
ANALYTICS = "api/microsoft/analytics/v1.0"
REPORTS_FINANCE = "api/microsoft/reportsFinance/beta"
WEB = "ODataV4"
COMPANY = "Company('CRONUS International Ltd.')"


@dataclass
class Counter:
    """One API of the desk's service."""

    desk: Desk
    prefix: str
    company: str

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> DataResponse:
        token = {"if-match": "*"} if method in {"PATCH", "DELETE"} else {}
        found = self.desk.service.addressed(f"{self.prefix}/{path}")
        assert found, path
        request = DataRequest(
            method,
            found[1],
            {name if name == "company" else f"${name}": str(value) for name, value in query.items()},
            {**token, **(headers or {})},
            b"" if body is None else body if isinstance(body, bytes) else encode(body),
            self.desk.clock,
            f"http://bc/{self.prefix}",
        )
        return respond(self.desk.service, found[0], request)[0]

    def read(self, path: str, **query: Any) -> Any:
        response = self.ask("GET", f"{self.company}/{path}", **query)
        assert response.status == 200, response
        return json_of(response)

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self.read(path, **query)["value"]

    def write(self, method: str, path: str, body: Any = None, **headers: str) -> DataResponse:
        return self.ask(method, f"{self.company}/{path}", body, headers or None)


@pytest.fixture
def counter(desk: Desk) -> Callable[[str], Counter]:
    return lambda prefix: Counter(desk, prefix, COMPANY if prefix == WEB else f"companies({desk.company.id})")


@pytest.fixture
def contoso(counter):
    return counter(CONTOSO)


@pytest.fixture
def automation(counter):
    return counter(AUTOMATION)


@pytest.fixture
def web(counter):
    return counter(WEB)


def error(response: DataResponse) -> tuple[int, str]:
    return response.status, json_of(response)["error"]["code"]


# -- what there is ----------------------------------------------------------------------------------------------------


def test_the_standard_api_lists_every_api_of_the_environment(desk):
    assert [(row["publisher"], row["group"], row["version"]) for row in desk.rows("/apicategoryroutes")] == [
        ("contoso", "demo", "v1.0"),
        ("microsoft", "analytics", "v0.5"),
        ("microsoft", "analytics", "v1.0"),
        ("microsoft", "automation", "v2.0"),
        ("microsoft", "reportsFinance", "beta"),
        ("", "", "v2.0"),
    ]


@pytest.mark.parametrize("prefix", [CONTOSO, AUTOMATION, ANALYTICS, REPORTS_FINANCE, WEB])
def test_each_api_has_documents_of_its_own_and_serves_all_that_they_name(counter, prefix):
    api = counter(prefix)
    listed = {each["name"] for each in json_of(api.ask("GET", ""))["value"]}
    schema = fromstring(api.ask("GET", "$metadata").body).find(f".//{EDM}Schema")
    assert listed == {one.get("Name") for one in schema.iter(f"{EDM}EntitySet")}
    companies = "Company" if prefix == WEB else "companies"
    for name in listed - {companies, "scheduledJobs"}:
        rows = api.rows(name, top=3)
        properties = {
            one.get("Name")
            for one in schema.iter(f"{EDM}EntityType")
            if f".{one.get('Name')}"
            == schema.find(f".//{EDM}EntitySet[@Name='{name}']").get("EntityType")[len(schema.get("Namespace")) :]
            for one in one.iter(f"{EDM}Property")
            if one.get("Type") != "Edm.Stream"
        }
        for row in rows:
            assert {each for each in row if "@" not in each} == properties, name
    assert json_of(api.ask("GET", companies))["value"]


def test_an_api_that_nobody_installed_is_not_found(desk):
    assert desk.service.addressed("api/contoso/demo/v2.0/companies") is None


# -- a custom API -----------------------------------------------------------------------------------------------------


def test_a_custom_page_shows_customers_with_fields_of_an_extension(contoso, desk):
    rows = {row["id"]: row for row in contoso.rows("loyalCustomers")}
    for customer in desk.rows("customers"):
        shown = rows.pop(customer["id"])
        for name in ("number", "displayName", "balanceDue", "creditLimit", "blocked", "lastModifiedDateTime"):
            assert shown[name] == customer[name]
        assert shown["@odata.etag"].startswith('W/"')
        assert shown["loyaltyLevel"] in {"_x0020_", "Bronze", "Silver", "Gold_x0020_Card"}
        assert "website" not in shown
    assert rows == {}
    assert contoso.rows("loyalCustomers") == contoso.rows("loyalCustomers")


def test_an_extension_field_is_written_read_filtered_and_sorted_by(contoso, desk):
    row = contoso.rows("loyalCustomers")[0]
    path = f"loyalCustomers({row['id']})"
    changed = contoso.write(
        "PATCH", path, {"loyaltyPoints": 77_777, "loyaltyLevel": "Gold_x0020_Card", "email": "ada@example.com"}
    )
    assert changed.status == 200
    after = contoso.read(path)
    assert (after["loyaltyPoints"], after["loyaltyLevel"], after["email"]) == (
        77_777,
        "Gold_x0020_Card",
        "ada@example.com",
    )
    assert after["@odata.etag"] != row["@odata.etag"]
    assert after["lastModifiedDateTime"] >= row["lastModifiedDateTime"]
    assert desk.read(f"customers({row['id']})")["email"] == "ada@example.com"
    assert "loyaltyPoints" not in desk.read(f"customers({row['id']})")
    assert [each["id"] for each in contoso.rows("loyalCustomers", filter="loyaltyPoints eq 77777")] == [row["id"]]
    assert contoso.rows("loyalCustomers", orderby="loyaltyPoints desc")[0]["id"] == row["id"]


def test_a_row_of_a_custom_page_is_created_and_deleted_by_the_rules_of_its_table(contoso, desk):
    created = contoso.write(
        "POST", "loyalCustomers", {"displayName": "Ada", "slogan": "Always", "memberSince": "2026-01-02"}
    )
    assert created.status == 201
    row = json_of(created)
    assert (
        created.headers["Location"] == f"http://bc/{CONTOSO}/companies({desk.company.id})/loyalCustomers({row['id']})"
    )
    assert (row["displayName"], row["slogan"], row["memberSince"]) == ("Ada", "Always", "2026-01-02")
    assert row["number"]
    assert desk.read(f"customers({row['id']})")["displayName"] == "Ada"
    assert contoso.write("DELETE", f"loyalCustomers({row['id']})").status == 204
    assert desk.refused("GET", f"customers({row['id']})")[0] == 404


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "Application_DialogException")),
        ({"displayName": "x", "slogan": "y" * 51}, (400, "Application_StringExceededLength")),
        ({"displayName": "x", "loyaltyPoints": "many"}, (400, "BadRequest")),
        ({"displayName": "x", "website": "x"}, (400, "BadRequest")),
        ({"displayName": "x", "loyaltyLevel": "Platinum"}, (400, None)),
    ],
)
def test_what_does_not_fit_a_custom_page_is_refused_and_leaves_nothing(contoso, desk, body, refusal):
    before = len(desk.rows("customers"))
    status, code = error(contoso.write("POST", "loyalCustomers", body))
    assert status == refusal[0]
    assert refusal[1] in {None, code}
    assert len(desk.rows("customers")) == before


def test_a_stale_etag_of_an_extension_field_is_refused(contoso):
    row = contoso.rows("loyalCustomers")[0]
    path = f"loyalCustomers({row['id']})"
    assert contoso.write("PATCH", path, {"loyaltyPoints": 1}, **{"if-match": row["@odata.etag"]}).status == 200
    assert contoso.write("PATCH", path, {"loyaltyPoints": 2}, **{"if-match": row["@odata.etag"]}).status == 409


def test_a_custom_page_leads_to_others_and_back(contoso):
    expanded = contoso.rows("loyalCustomers", expand="loyalInvoices")
    row = max(expanded, key=lambda each: len(each["loyalInvoices"]))
    invoices = contoso.rows(f"loyalCustomers({row['id']})/loyalInvoices")
    assert invoices == row["loyalInvoices"] != []
    assert {each["customerId"] for each in invoices} == {row["id"]}
    assert contoso.read(f"loyalInvoices({invoices[0]['id']})/loyalCustomer")["id"] == row["id"]


def test_a_custom_query_has_no_keys_and_no_etags(contoso, desk):
    rows = contoso.rows("customerTurnovers")
    assert {row["customerNumber"]: row["turnover"] for row in rows} == {
        row["customerNumber"]: row["totalSalesAmount"] for row in desk.rows("customerSales")
    }
    assert all("@odata.etag" not in row for row in rows)
    assert error(contoso.ask("GET", f"{contoso.company}/customerTurnovers({rows[0]['customerNumber']})"))[0] == 400
    assert contoso.write("POST", "customerTurnovers", {"turnover": 1}).status == 405


def test_a_row_version_grows_with_every_change(contoso, desk):
    versions = [row["systemRowVersion"] for row in contoso.rows("ledgerMovements")]
    assert all(isinstance(each, int) and 0 <= each < 2**63 for each in versions)
    entry = desk.company.find("generalLedgerEntries")[0]
    before = contoso.read(f"ledgerMovements({entry['id']})")["systemRowVersion"]
    desk.edit("generalLedgerEntries", entry["id"], description="changed")
    after = contoso.read(f"ledgerMovements({entry['id']})")["systemRowVersion"]
    assert after > before
    newest = contoso.rows("ledgerMovements", filter=f"systemRowVersion gt {max(versions)}", orderby="systemRowVersion")
    assert [row["id"] for row in newest] == [entry["id"]]


def test_a_stamp_may_have_another_name(contoso, desk):
    shown = contoso.rows("stockItems", orderby="systemModifiedAt")
    assert [row["systemModifiedAt"] for row in shown] == sorted(
        (row["lastModifiedDateTime"] for row in desk.rows("items")), key=str
    ) or len(shown) == 64
    newest = max(row["systemModifiedAt"] for row in shown)
    assert {row["id"] for row in contoso.rows("stockItems", filter=f"systemModifiedAt ge {newest}")} == {
        row["id"] for row in shown if row["systemModifiedAt"] == newest
    }


def test_a_set_may_be_paged_by_offsets(contoso):
    numbers, query = [], {}
    while True:
        page = json_of(
            contoso.ask("GET", f"{contoso.company}/priceLines", headers={"prefer": "odata.maxpagesize=25"}, **query)
        )
        numbers += [row["itemNumber"] for row in page["value"]]
        if "@odata.nextLink" not in page:
            break
        options = dict(parse_qsl(urlsplit(page["@odata.nextLink"]).query))
        assert options == {"aid": "FIN", "$skip": str(len(numbers))}
        query = {"skip": options["$skip"]}
    assert len(numbers) == len(set(numbers)) == 64
    row = contoso.read(f"priceLines('{numbers[0]}')")
    assert row["itemNumber"] == numbers[0]


# -- automation -------------------------------------------------------------------------------------------------------


def test_a_company_is_created_by_automation_and_can_be_used(automation, desk):
    body = {"name": "Fabrikam", "displayName": "Fabrikam Ltd.", "businessProfileId": "fabrikam"}
    created = automation.write("POST", "automationCompanies", body)
    assert created.status == 201, created
    row = json_of(created)
    assert (row["name"], row["displayName"], row["evaluationCompany"]) == ("Fabrikam", "Fabrikam Ltd.", False)
    assert {each["displayName"] for each in desk.rows("/companies")} >= {"Fabrikam Ltd."}
    assert len(desk.rows("/companies")) == 2
    assert json_of(desk.ask("GET", f"/companies({row['id']})/customers"))["value"] == []
    assert automation.write("POST", "automationCompanies", body).status == 400
    assert automation.write("POST", "automationCompanies", {"displayName": "x"}).status == 400
    renamed = automation.write("PATCH", f"automationCompanies({row['id']})", {"displayName": "Fabrikam SE"})
    assert json_of(renamed)["displayName"] == "Fabrikam SE"


def test_a_package_is_created_uploaded_imported_and_applied(automation):
    package = json_of(automation.write("POST", "configurationPackages", {"code": "setup", "packageName": "Set-up"}))
    path = f"configurationPackages({package['id']})"
    assert (package["code"], package["importStatus"]) == ("SETUP", "No")
    assert error(automation.write("POST", f"{path}/Microsoft.NAV.import")) == (400, "Application_DialogException")
    assert error(automation.write("POST", f"{path}/Microsoft.NAV.apply")) == (400, "Application_DialogException")
    file = automation.rows(f"{path}/file")[0]
    assert file["code"] == "SETUP"
    assert file["content@odata.mediaEditLink"].endswith("/content")
    upload = automation.write("PATCH", f"{path}/file('SETUP')/content", gzip.compress(b"<DataList />"))
    assert (upload.status, upload.body) == (204, None)
    imported = automation.write("POST", f"{path}/Microsoft.NAV.import")
    assert (imported.status, imported.body) == (200, b"")
    assert automation.read(path)["importStatus"] == "Completed"
    assert automation.write("POST", f"{path}/Microsoft.NAV.apply").status == 200
    applied = automation.read(path)
    assert (applied["applyStatus"], applied["numberOfErrors"]) == ("Completed", 0)


def test_a_file_that_is_no_package_ends_with_an_error(automation):
    package = json_of(automation.write("POST", "configurationPackages", {"code": "BAD"}))
    path = f"configurationPackages({package['id']})"
    automation.write("PATCH", f"{path}/file('BAD')/content", b"71f8d1f3-1a02-4f7b-8d6f-6f6f0d6b3d11")
    assert automation.write("POST", f"{path}/Microsoft.NAV.import").status == 200
    assert automation.read(path)["importStatus"] == "Error"
    assert automation.write("POST", f"{path}/Microsoft.NAV.apply").status == 400


def test_a_package_needs_a_code_of_its_own(automation):
    assert automation.write("POST", "configurationPackages", {}).status == 400
    assert automation.write("POST", "configurationPackages", {"code": "A"}).status == 201
    assert automation.write("POST", "configurationPackages", {"code": "a"}).status == 400


def test_users_lead_to_their_permissions_and_groups(automation):
    users = {row["userName"]: row for row in automation.rows("users")}
    megan = users["MEGAN"]["userSecurityId"]
    assert automation.read(f"users({megan})")["displayName"] == "Megan Bowen"
    assert [row["roleId"] for row in automation.rows(f"users({megan})/userPermissions")] == ["D365 BUS FULL ACCESS"]
    assert [row["securityGroupCode"] for row in automation.rows(f"users({megan})/securityGroupMembers")] == ["FINANCE"]
    granted = automation.write("POST", f"users({megan})/userPermissions", {"roleId": "D365 BASIC"})
    assert granted.status == 201
    assert {row["roleId"] for row in automation.rows(f"users({megan})/userPermissions")} == {
        "D365 BUS FULL ACCESS",
        "D365 BASIC",
    }
    assert json_of(automation.write("PATCH", f"users({megan})", {"state": "Disabled"}))["state"] == "Disabled"
    assert automation.write("POST", "users", {"userName": "X"}).status == 405


def test_new_users_are_looked_for_in_a_job(automation):
    user = automation.rows("users")[0]["userSecurityId"]
    assert automation.write("POST", f"users({user})/Microsoft.NAV.GetNewUsersFromOffice365").status == 200
    assert [row["status"] for row in automation.rows(f"users({user})/scheduledJobs")] == ["Finished"]
    assert automation.ask("GET", f"{automation.company}/scheduledJobs").status == 400


def test_extensions_are_installed_and_taken_out_of_use(automation):
    found = {row["displayName"]: row for row in automation.rows("extensions")}
    path = f"extensions({found['Sales and Inventory Forecast']['packageId']})"
    assert automation.write("POST", f"{path}/Microsoft.NAV.uninstall").status == 400
    assert automation.write("POST", f"{path}/Microsoft.NAV.install").status == 200
    assert automation.read(path)["isInstalled"] is True
    assert automation.rows("extensionDeploymentStatus")[0]["status"] == "Completed"
    assert automation.write("POST", f"{path}/Microsoft.NAV.unpublish").status == 400
    assert automation.write("POST", f"{path}/Microsoft.NAV.uninstall").status == 200
    assert automation.write("POST", f"{path}/Microsoft.NAV.unpublish").status == 200
    assert automation.ask("GET", f"{automation.company}/{path}").status == 404


# -- analytics --------------------------------------------------------------------------------------------------------


def test_analytics_are_queries_over_ledgers_and_masters(counter, desk):
    analytics = counter(ANALYTICS)
    assert {row["customerNo"] for row in analytics.rows("customers")} == {
        row["number"] for row in desk.rows("customers")
    }
    entries = analytics.rows("balanceSheetGeneralLedgerEntries", filter="glAccountNo eq '2910'")
    assert len(entries) == len(desk.rows("generalLedgerEntries", filter="accountNumber eq '2910'"))
    assert "@odata.etag" not in entries[0] if entries else True
    assert analytics.write("POST", "customers", {"customerName": "x"}).status == 405


def test_entries_of_balance_sheet_and_income_statement_are_all_of_the_ledger(counter, desk):
    analytics, ledger = counter(ANALYTICS), desk.rows("generalLedgerEntries")
    sheet = analytics.rows("balanceSheetGeneralLedgerEntries")
    income = analytics.rows("incomeStatementGeneralLedgerEntries")
    assert {row["incomeBalance"] for row in sheet} == {"Balance_x0020_Sheet"}
    assert {row["incomeBalance"] for row in income} == {"Income_x0020_Statement"}
    assert sheet
    assert income
    shown = {row["entryNo"]: (row.get("glAccountNo") or row["accountNo"], row["amount"]) for row in (*sheet, *income)}
    assert shown == {
        row["entryNumber"]: (row["accountNumber"], row["debitAmount"] - row["creditAmount"]) for row in ledger
    }
    assert analytics.rows("closingGeneralLedgerEntries") == []


def test_a_query_without_a_key_is_paged_to_its_end(counter):
    analytics, numbers, query = counter(ANALYTICS), [], {}
    while True:
        page = json_of(
            analytics.ask(
                "GET",
                f"{analytics.company}/balanceSheetGeneralLedgerEntries",
                headers={"prefer": "odata.maxpagesize=500"},
                **query,
            )
        )
        numbers += [row["entryNo"] for row in page["value"]]
        if "@odata.nextLink" not in page:
            break
        query = {"skiptoken": dict(parse_qsl(urlsplit(page["@odata.nextLink"]).query))["$skiptoken"]}
    assert sorted(numbers) == sorted(row["entryNo"] for row in analytics.rows("balanceSheetGeneralLedgerEntries"))
    assert len(numbers) > 1000


def test_finance_reports_show_dimension_values_with_the_codes_of_their_dimensions(counter, desk):
    rows = counter(REPORTS_FINANCE).rows("dimensionValues")
    codes = {row["id"]: row["code"] for row in desk.rows("dimensions")}
    assert {(row["id"], row["dimensionCode"], row["dimensionValueCode"]) for row in rows} == {
        (row["id"], codes[row["dimensionId"]], row["code"]) for row in desk.rows("dimensionValues")
    }


def test_vendor_ledger_entries_are_published_with_the_ledgers_own_signs(counter, desk):
    rows = counter(WEB).rows("VendorLedgerEntries")
    assert {row["Entry_No"] for row in rows} == set(range(1, len(rows) + 1))
    assert {row["Amount"] < 0 for row in rows if row["Document_Type"] == "Invoice"} == {True}
    invoice = next(row for row in rows if row["Document_Type"] == "Invoice")
    assert desk.rows("purchaseInvoices", filter=f"number eq '{invoice['Document_No']}'")
    finance = counter(REPORTS_FINANCE).rows("vendorLedgerEntries")
    assert {(row["entryNumber"], row["vendorNumber"], row["amount"]) for row in finance} == {
        (row["Entry_No"], row["Vendor_No"], row["Amount"]) for row in rows
    }


# -- published web services -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "Company('CRONUS International Ltd.')/Customer_List",
        "Company(Id={id})/Customer_List",
        "Company({id})/Customer_List",
    ],
)
def test_a_company_of_web_services_goes_by_its_name_or_id(web, desk, path):
    assert len(json_of(web.ask("GET", path.format(id=desk.company.id)))["value"]) == 5


def test_a_company_of_web_services_may_stand_in_the_query(web):
    assert len(json_of(web.ask("GET", "Customer_List", company="'CRONUS International Ltd.'"))["value"]) == 5
    assert web.ask("GET", "Company('cronus international ltd.')/Customer_List").status == 404


def test_the_companies_of_web_services_have_names_of_their_own(web, desk):
    (row,) = json_of(web.ask("GET", "Company"))["value"]
    for key in ("'CRONUS International Ltd.'", f"Id={desk.company.id}"):
        assert json_of(web.ask("GET", f"Company({key})"))["Name"] == row["Name"]
    assert (row["Name"], row["Id"], row["Evaluation_Company"]) == ("CRONUS International Ltd.", desk.company.id, False)


def test_a_service_has_no_id_but_the_tables_own_key(web, desk):
    customer = desk.rows("customers")[0]
    row = web.read(f"Customer_List('{customer['number']}')")
    assert (row["No"], row["Name"], "id" in row) == (customer["number"], customer["displayName"], False)
    context = f"http://bc/{WEB}/$metadata#{COMPANY}/Customer_List('{customer['number']}')/$entity"
    assert row["@odata.context"].startswith(f"http://bc/{WEB}/$metadata#")
    assert context.endswith("/$entity")
    changed = web.write(
        "PATCH", f"Customer_List('{customer['number']}')", {"Name": "Changed", "Customer_x0027_s_Remark": "loud"}
    )
    assert json_of(changed)["Customer_x0027_s_Remark"] == "loud"
    assert desk.read(f"customers({customer['id']})")["displayName"] == "Changed"


def test_a_document_goes_by_type_and_number(web, desk):
    order = desk.rows("salesOrders")[0]
    path = f"SalesOrder(Document_Type='Order',No='{order['number']}')"
    assert web.read(path)["Sell_to_Customer_No"] == order["customerNumber"]
    assert web.ask("GET", f"{COMPANY}/SalesOrder('{order['number']}')").status == 400
    assert web.ask("GET", f"{COMPANY}/SalesOrder(Document_Type='Quote',No='{order['number']}')").status == 404


def test_a_list_with_groups_begins_with_a_row_without_values(web, desk):
    first, *rows = web.rows("Chart_of_Accounts")
    assert set(first.values()) == {""}
    assert len(rows) == len(desk.rows("accounts"))
    assert web.rows("Chart_of_Accounts", top=2)[0] == first
    assert web.rows("Chart_of_Accounts", orderby="Direct_Posting", top=1)[0]["No"]
    assert len(web.rows("Chart_of_Accounts", filter="No ge '2000' and No lt '3000'")) > 5


@pytest.mark.parametrize("api", further_routes(), ids=lambda api: api.prefix)
def test_every_set_counts_selects_sorts_and_is_addressed_by_its_key(counter, api):
    asked = counter(api.prefix)
    for name, known in api.catalogue.sets.items():
        if name == "scheduledJobs":
            continue
        place = name if known.tenant_wide else f"{asked.company}/{name}"
        first = next(name for name, each in known.properties.items() if each.enum is None)
        rows = json_of(asked.ask("GET", place, filter=f"{first} ne null"))["value"]
        assert int(asked.ask("GET", f"{place}/$count").body) == len(rows), name
        for column in [each for each in known.properties.values() if not each.is_stream][:5]:
            sorted_by = json_of(asked.ask("GET", place, orderby=column.name, top=2, select=column.name))["value"]
            assert len(sorted_by) == min(2, len(rows)), (name, column.name)
        if known.key and rows:
            values = [rows[-1][each] for each in known.key]
            texts = [
                f"'{value}'" if isinstance(value, str) and known.properties[each].type != "Edm.Guid" else str(value)
                for each, value in zip(known.key, values, strict=True)
            ]
            key = ",".join(f"{each}={text}" for each, text in zip(known.key, texts, strict=True))
            assert asked.ask("GET", f"{place}({key})").status == 200, (name, key)


def test_a_query_of_web_services_has_no_etag_and_a_page_has(web):
    assert all("@odata.etag" not in row for row in web.rows("Power_BI_Item_Sales_List", top=3))
    assert all("@odata.etag" in row for row in web.rows("Customer_List"))


def test_the_metadata_of_web_services_has_a_namespace_of_its_own(web):
    schema = fromstring(web.ask("GET", "$metadata").body).find(f".//{EDM}Schema")
    assert schema.get("Namespace") == "NAV"
    assert {one.get("EntityType") for one in schema.iter(f"{EDM}EntitySet")} >= {"NAV.Company", "NAV.Customer_List"}
    assert b"Microsoft.NAV" not in web.ask("GET", "$metadata").body


def test_pages_of_a_service_follow_on_each_other(web, desk):
    numbers, query = [], {}
    while True:
        page = json_of(
            web.ask("GET", f"{COMPANY}/General_Ledger_Entries", headers={"prefer": "odata.maxpagesize=900"}, **query)
        )
        numbers += [row["Entry_No"] for row in page["value"]]
        if "@odata.nextLink" not in page:
            break
        query = {"skiptoken": dict(parse_qsl(urlsplit(page["@odata.nextLink"]).query))["$skiptoken"]}
    assert len(numbers) == len(set(numbers)) == len(desk.company.find("generalLedgerEntries"))

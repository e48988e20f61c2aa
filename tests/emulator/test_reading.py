"""What a GET gives: envelopes, single rows, paths, selection, expansion, refusals."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import requests
from emulator.plain_api import bare, by_key

if TYPE_CHECKING:
    from emulator.plain_api import Api

MISSING = "11111111-2222-3333-4444-555555555555"
LINES = ("sales", "purchase")
NEWEST = pytest.mark.business_central("--release", "29")


def test_a_page_has_the_envelope_and_the_headers_of_the_service(api: Api) -> None:
    answer = api.get(f"{api.company}/customers")
    body = answer.json()
    assert list(body) == ["@odata.context", "value"]
    assert body["@odata.context"] == f"{api.root}/$metadata#{api.company}/customers"
    assert answer.headers["Content-Type"] == "application/json; odata.metadata=minimal; odata.streaming=true"
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    for name in ("Request-Id", "ms-correlation-x", "mise-correlation-id", "Strict-Transport-Security", "Vary"):
        assert answer.headers[name]
    assert "Retry-After" not in answer.headers


def test_the_date_follows_the_emulators_clock(api: Api) -> None:
    api.control("clock", {"set": "2027-03-01T12:00:00Z", "frozen": True})
    api.control("clock", {"set": "2027-03-01T12:00:00Z"})
    answer = requests.get(f"{api.emulator.url}/environments/v1.2", timeout=60)
    assert parsedate_to_datetime(answer.headers["Date"]) == datetime(2027, 3, 1, 12, tzinfo=timezone.utc)


def test_companies_have_a_name_a_timestamp_and_no_etag(api: Api) -> None:
    first, second = api.companies
    assert (first["name"], second["name"]) == ("CRONUS International Ltd.", "Contoso Services Ltd.")
    assert first["timestamp"] < second["timestamp"]
    assert "@odata.etag" not in first
    assert api.ok(f"companies({first['id']})")["name"] == first["name"]


@pytest.mark.parametrize("how", ["{path}/customers", "customers?company={id}", "customers?company={name}"])
def test_a_company_is_named_in_the_path_or_in_the_query(api: Api, how: str) -> None:
    company = api.companies[1]
    url = how.format(path=f"companies({company['id']})", id=company["id"], name=company["name"])
    assert by_key(api.ok(url)["value"]) == by_key(api.rows("customers", company["id"]))


def test_a_company_is_named_in_a_header(api: Api) -> None:
    company = api.companies[1]
    assert len(api.ok("vendors", Company=company["name"])["value"]) == 3


@pytest.mark.parametrize("path", ["customers", f"companies({MISSING})/customers", "customers?company=Nobody"])
def test_a_request_without_a_company_that_exists_is_refused(api: Api, path: str) -> None:
    assert api.refused(path)[:2] == (404, "Internal_CompanyNotFound")


def test_unknown_segments_are_refused_and_named(api: Api) -> None:
    expected = (404, "BadRequest_ResourceNotFound", "Resource not found for the segment 'contact'.")
    assert api.refused(f"{api.company}/contact") == expected
    customer = api.rows("customers")[0]
    assert api.refused(f"{api.company}/customers({customer['id']})/contact") == expected
    assert api.refused("generalJournalLines")[:2] == (404, "BadRequest_ResourceNotFound")


def test_the_correlation_id_of_a_message_is_the_one_of_the_header(api: Api) -> None:
    answer = api.get(f"{api.company}/contact")
    assert answer.json()["error"]["message"].endswith(f"  CorrelationId:  {answer.headers['ms-correlation-x']}.")


def test_a_row_is_read_by_its_key(api: Api) -> None:
    row = api.rows("customers")[0]
    read = api.ok(f"{api.company}/customers({row['id'].upper()})")
    assert read.pop("@odata.context") == f"{api.root}/$metadata#{api.company}/customers({row['id'].upper()})/$entity"
    assert bare(read) == row


def test_a_missing_row_and_a_malformed_key_are_refused_differently(api: Api) -> None:
    status, code, message = api.refused(f"{api.company}/customers({MISSING})")
    assert (status, code) == (404, "Internal_RecordNotFound")
    assert message.startswith("The Customer does not exist. Identification fields and values:")
    assert api.refused(f"{api.company}/customers('10000')")[:2] == (400, "BadRequest_NotFound")


def test_an_empty_set_is_an_empty_page(api: Api) -> None:
    company = api.companies[0]["id"]
    for row in api.rows("opportunities"):
        api.control("edit", {"company": company, "entity_set": "opportunities", "id": row["id"], "delete": True})
    assert api.ok(f"{api.company}/opportunities")["value"] == []


def test_select_takes_names_in_any_case_and_answers_in_the_services_own(api: Api) -> None:
    rows = api.ok(f"{api.company}/customers", "$select=NUMBER,displayname, balanceDue")["value"]
    assert [list(row) for row in rows] == [["@odata.etag", "number", "displayName", "balanceDue"]] * 5
    assert all(row["balanceDue"] == truth["balanceDue"] for row, truth in zip(rows, api.rows("customers"), strict=True))


def test_an_unknown_name_is_refused_wherever_it_stands(api: Api) -> None:
    sentence = "Could not find a property named 'nickname' on type 'Microsoft.NAV.customer'."
    for query in ("$select=nickname", "$filter=nickname eq 'x'", "$orderby=nickname", "$expand=nickname"):
        assert api.refused(f"{api.company}/customers", query) == (400, "BadRequest", sentence)


@pytest.mark.parametrize("option", ["$apply=aggregate(amount)", "$search=x", "$compute=a as b"])
def test_options_that_the_service_does_not_know_are_not_implemented(api: Api, option: str) -> None:
    assert api.refused(f"{api.company}/customers", option)[:2] == (501, "BadRequest_MethodNotImplemented")


@pytest.mark.parametrize("option", ["$top=-1", "$top=x", "$skip=1.5", "$levels2=1"])
def test_malformed_options_are_refused(api: Api, option: str) -> None:
    assert api.refused(f"{api.company}/customers", option)[0] == 400


def test_expanded_rows_are_those_of_the_truth(api: Api) -> None:
    lines = api.rows("salesInvoiceLines")
    rows = api.ok(f"{api.company}/salesInvoices", "$expand=salesInvoiceLines,customer")["value"]
    assert len(rows) == 305
    found = [line for row in rows for line in row["salesInvoiceLines"]]
    assert by_key(found) == by_key(lines)
    assert all(line["documentId"] == row["id"] for row in rows for line in row["salesInvoiceLines"])
    assert all(row["customer"]["number"] == row["customerNumber"] for row in rows)


def test_expansions_nest_and_have_options_of_their_own(api: Api) -> None:
    query = (
        "$select=number&$expand=salesInvoiceLines($select=sequence,lineType;$expand=item($expand=itemCategory($select=code));"
        "$filter=lineType eq 'Item';$orderby=sequence desc;$top=1)"
    )
    rows = api.ok(f"{api.company}/salesInvoices", query)["value"]
    lines = [line for row in rows for line in row["salesInvoiceLines"]]
    assert lines
    assert max(len(row["salesInvoiceLines"]) for row in rows) == 1
    truth = api.rows("salesInvoiceLines")
    last = {
        number: max(line["sequence"] for line in truth if line["documentId"] == number and line["lineType"] == "Item")
        for number in {line["documentId"] for line in truth if line["lineType"] == "Item"}
    }
    assert sorted(line["sequence"] for line in lines) == sorted(last.values())
    assert {tuple(bare(line)) for line in lines} == {("sequence", "lineType", "item")}
    categories = {line["item"]["itemCategory"]["code"] if line["item"]["itemCategory"] else "" for line in lines}
    assert categories <= {row["code"] for row in api.rows("itemCategories")} | {""}


def test_a_navigation_to_nothing_is_null(api: Api) -> None:
    rows = api.ok(f"{api.company}/customers", "$expand=currency,shipmentMethod")["value"]
    assert [row["currency"] for row in rows] == [None] * 5


def test_dimension_set_lines_come_with_their_parents_and_with_their_lines(api: Api) -> None:
    truth = api.rows("dimensionSetLines")
    rows = api.ok(
        f"{api.company}/purchaseInvoices", "$expand=dimensionSetLines,purchaseInvoiceLines($expand=dimensionSetLines)"
    )
    headers = [line for row in rows["value"] for line in row["dimensionSetLines"]]
    nested = [line for row in rows["value"] for one in row["purchaseInvoiceLines"] for line in one["dimensionSetLines"]]
    for kind, found in (("Purchase_x0020_Invoice", headers), ("Purchase_x0020_Invoice_x0020_Line", nested)):
        expected = [row for row in truth if row["parentType"] == kind]
        assert found
        assert by_key(found, "parentId") == by_key(expected, "parentId")
    dimensions = {row["code"]: row["id"] for row in api.rows("dimensions")}
    assert all(line["id"] == dimensions[line["code"]] for line in headers)


@pytest.mark.parametrize(
    ("entity_set", "navigation"),
    [
        ("salesInvoices", "salesInvoiceLines"),
        pytest.param("salesOrderArchives", "salesOrderArchiveLines", marks=NEWEST),
        pytest.param("purchaseReturnOrders", "purchaseReturnOrderLines", marks=NEWEST),
        pytest.param("transferOrders", "transferOrderLines", marks=NEWEST),
        ("journals", "journalLines"),
        ("vendorPaymentJournals", "vendorPayments"),
        ("customerPaymentJournals", "customerPayments"),
        ("dimensions", "dimensionValues"),
        ("items", "itemVariants"),
        ("employees", "timeRegistrationEntries"),
        ("customers", "defaultDimensions"),
        pytest.param("physicalInventoryRecordings", "physicalInventoryRecordingLines", marks=NEWEST),
        pytest.param("workflows", "workflowSteps", marks=NEWEST),
    ],
)
def test_a_navigation_path_gives_what_an_expansion_gives(api: Api, entity_set: str, navigation: str) -> None:
    parents = api.ok(f"{api.company}/{entity_set}", f"$expand={navigation}")["value"]
    parent = max(parents, key=lambda row: len(row[navigation]))
    assert parent[navigation]
    path = f"{api.company}/{entity_set}({parent['id']})/{navigation}"
    rows = [row for page in api.pages(path, Prefer="odata.maxpagesize=1") for row in page]
    assert rows == parent[navigation]
    key = next(name for name in ("systemId", "id") if name in rows[0])
    one = api.ok(f"{path}({rows[-1][key]})")
    assert bare(one) == bare(rows[-1])
    assert api.get(f"{path}/$count").text == str(len(rows))


def test_a_navigation_path_to_one_row_leads_on(api: Api) -> None:
    invoice = api.rows("salesInvoices")[0]
    path = f"{api.company}/salesInvoices({invoice['id']})/customer"
    assert api.ok(path)["number"] == invoice["customerNumber"]
    assert api.ok(f"{path}/paymentTerm")["code"]
    assert api.ok(f"{path}/number")["value"] == invoice["customerNumber"]
    assert api.refused(f"{path}/currency")[:2] == (404, "BadRequest_ResourceNotFound")
    assert api.refused(f"{api.company}/salesInvoices({MISSING})/salesInvoiceLines")[:2] == (
        404,
        "Internal_RecordNotFound",
    )


def test_a_dimension_set_line_leads_back_to_its_own_kind_of_parent_only(api: Api) -> None:
    invoice = next(
        row
        for row in api.ok(f"{api.company}/salesInvoices", "$expand=dimensionSetLines")["value"]
        if row["dimensionSetLines"]
    )
    path = f"{api.company}/salesInvoices({invoice['id']})/dimensionSetLines"
    (line, *_) = api.ok(path, "$expand=salesInvoice($select=number),salesOrder")["value"]
    assert line["salesInvoice"]["number"] == invoice["number"]
    assert line["salesOrder"] is None


def test_etags_are_weak_opaque_and_of_the_row(api: Api) -> None:
    rows = api.ok(f"{api.company}/items")["value"]
    etags = {row["@odata.etag"] for row in rows}
    assert len(etags) == len(rows)
    for etag in etags:
        assert etag.startswith('W/"')
        assert base64.b64decode(etag[3:-1]).decode().strip("'").split(";")[2:] == ["00", ""]


def test_an_etag_changes_with_the_row_and_not_with_what_is_calculated(api: Api) -> None:
    customer = next(row for row in api.ok(f"{api.company}/customers")["value"] if row["balanceDue"])
    path = f"{api.company}/customers({customer['id']})"
    entries = {
        row["id"]: row
        for row in api.rows("_customerLedgerEntries")
        if row["customerId"] == customer["id"] and row["open"]
    }
    for entry in entries:
        change = {"company": api.companies[0]["id"], "entity_set": "_customerLedgerEntries", "id": entry}
        api.control("edit", {**change, "set": {"remainingAmount": 0, "open": False}})
    paid = api.ok(path)
    assert paid["balanceDue"] == 0
    assert paid["@odata.etag"] == customer["@odata.etag"]
    assert paid["lastModifiedDateTime"] == customer["lastModifiedDateTime"]
    api.emulator.control.edit(
        company=api.companies[0]["id"], entity_set="customers", id=customer["id"], set={"city": "Leeds"}
    )
    assert api.ok(path)["@odata.etag"] != customer["@odata.etag"]


def test_content_is_linked_and_read_behind_its_link(api: Api) -> None:
    items = {row["id"] for row in api.rows("items")}
    with_picture = [row["id"] for row in api.rows("pictures") if row["width"] and row["id"] in items]
    picture = api.ok(f"{api.company}/items({with_picture[0]})/picture")
    assert picture["id"] == with_picture[0]
    content = api.get(picture["pictureContent@odata.mediaReadLink"])
    assert (content.status_code, content.headers["Content-Type"], content.content[:4]) == (200, "image/png", b"\x89PNG")
    without = next(iter(items.difference(with_picture)))
    assert api.ok(f"{api.company}/items({without})/picture")["width"] == 0
    assert api.get(f"{api.company}/items({without})/picture/pictureContent").status_code == 204


def test_a_document_is_printed_on_demand(api: Api) -> None:
    posted = next(row for row in api.rows("salesInvoices") if row["status"] == "Paid")
    path = f"{api.company}/salesInvoices({posted['id']})/pdfDocument"
    assert api.ok(path)["parentId"] == posted["id"]
    pdf = api.get(f"{path}/pdfDocumentContent")
    assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    draft = next(row for row in api.rows("purchaseInvoices") if row["status"] == "Draft")
    assert api.refused(f"{api.company}/purchaseInvoices({draft['id']})/pdfDocument/pdfDocumentContent")[0] == 400


def test_a_read_after_a_write_can_lag_unless_it_asks_for_the_primary(api: Api) -> None:
    api.control("switches", {"replica_lag_seconds": 30})
    customer = api.rows("customers")[0]
    path = f"{api.company}/customers({customer['id']})"
    change = api.session.patch(f"{api.root}/{path}", json={"city": "Hull"}, headers={"If-Match": "*"}, timeout=60)
    assert change.status_code == 200, change.text
    assert api.ok(path)["city"] == customer["city"]
    assert api.ok(path, **{"Data-Access-Intent": "ReadWrite"})["city"] == "Hull"
    api.control("clock", {"advance": "PT31S"})
    assert api.ok(path)["city"] == "Hull"


def test_every_stamp_is_before_the_day_that_the_emulator_began(api: Api) -> None:
    began = datetime.now(timezone.utc) - timedelta(days=1) + timedelta(minutes=10)
    for entity_set in ("customers", "generalLedgerEntries", "salesInvoices", "items"):
        stamps = [row["lastModifiedDateTime"] for row in api.rows(entity_set)]
        assert max(stamps) < began.isoformat()
        assert min(stamps) == "0001-01-01T00:00:00Z"


def test_companies_can_be_read_with_the_sets_below_them(api: Api) -> None:
    query = (
        "$select=name&$expand=currencies($select=code;$orderby=code desc;$top=2),"
        "customers($filter=number eq '10000';$expand=currency)"
    )
    rows = api.ok("companies", query)["value"]
    assert [row["name"] for row in rows] == [company["name"] for company in api.companies]
    for row, company in zip(rows, api.companies, strict=True):
        codes = sorted((each["code"] for each in api.rows("currencies", company["id"])), reverse=True)
        assert [each["code"] for each in row["currencies"]] == codes[:2]
        customers = [each for each in api.rows("customers", company["id"]) if each["number"] == "10000"]
        assert by_key(row["customers"]) == [{**each, "currency": row["customers"][0]["currency"]} for each in customers]
    (company,) = api.companies[:1]
    one = api.ok(f"companies({company['id']})", "$expand=generalLedgerEntries")
    assert by_key(one["generalLedgerEntries"]) == by_key(api.rows("generalLedgerEntries", company["id"]))


def test_a_set_that_needs_its_parent_cannot_be_read_below_companies_either(api: Api) -> None:
    assert api.refused("companies", "$expand=salesInvoiceLines")[0] == 400
    assert api.refused("companies", "$expand=nickname")[0] == 400
    assert api.refused("companies", "$expand=companies")[0] == 400

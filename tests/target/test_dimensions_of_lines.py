"""A dimension of a record is one of all its lines that do not name that dimension themselves."""

from __future__ import annotations

import pytest

VENDOR = {"externalId": "v", "vendorNumber": "DIMV", "vendorName": "With a default", "className": "Wholesale"}


def bill(vendor="DIMV", **more):
    return {
        "externalId": "b-1",
        "billNumber": "F-1",
        "vendorNumber": vendor,
        "issueDate": "2026-01-20",
        "expenses": [
            {"externalId": "1", "accountNumber": "8210", "description": "Paper", "amount": 5},
            {"externalId": "2", "accountNumber": "8310", "description": "Ink", "amount": 6, "className": "Online"},
        ],
        **more,
    }


def of_lines(company, bill_id, code="CLASS"):
    return [company.dimensions(line["id"]).get(code) for line in company.lines(bill_id)]


@pytest.mark.fault("W5")
@pytest.mark.parametrize("vendor", ["DIMV", "20000"])
def test_a_bills_dimension_reaches_its_lines_also_where_the_vendor_has_a_default(pipe, company, vendor):
    piped = pipe([("Vendors", VENDOR), ("Bills", bill(vendor, className="Retail", departmentName="Sales"))])
    id_ = piped.outcome("b-1")["id"]
    assert company.dimensions(id_)["CLASS"] == "RETAIL"
    assert of_lines(company, id_) == ["RETAIL", "ONLINE"]
    assert of_lines(company, id_, "DEPARTMENT") == ["SALES", "SALES"]


@pytest.mark.fault("W5")
@pytest.mark.parametrize("vendor", ["DIMV", "20000"])
def test_a_bills_dimension_reaches_the_lines_of_a_bill_that_is_there(pipe, company, vendor):
    id_ = pipe([("Vendors", VENDOR), ("Bills", bill(vendor, departmentName="Sales"))]).outcome("b-1")["id"]
    piped = pipe({"Bills": [bill(vendor, className="Retail", departmentName="Administration")]})
    assert piped.kinds == ["updated"]
    assert of_lines(company, id_) == ["RETAIL", "ONLINE"]
    assert set(of_lines(company, id_, "DEPARTMENT")) == {company.dimensions(id_)["DEPARTMENT"]}


def test_a_line_that_differs_from_its_bill_is_seen_and_set_right(pipe, company):
    record = bill("20000", className="Retail")
    id_ = pipe({"Bills": [record]}).outcome("b-1")["id"]
    line = company.lines(id_)[0]
    (row,) = [row for row in company.rows("dimensionSetLines", parentId=line["id"]) if row["code"] == "CLASS"]
    assert row["valueCode"] == "RETAIL"
    changed = {**record, "className": "Wholesale"}
    pipe({"Bills": [changed]})
    assert of_lines(company, id_) == ["WHOLESALE", "ONLINE"]
    assert pipe({"Bills": [record]}, store=None).kinds == ["updated"]
    assert of_lines(company, id_) == ["RETAIL", "ONLINE"]


def test_a_posted_bill_whose_lines_have_another_value_differs(pipe):
    pipe([("Vendors", VENDOR), ("Bills", bill(isDraft=False))])
    piped = pipe({"Bills": [bill(isDraft=False, className="Retail")]})
    assert piped.errors("b-1") == {("", "posted_differs")}
    assert "dimensions" in piped.outcome("b-1")["errors"][0]["message"]


def test_a_bill_in_the_services_own_names_hands_its_dimensions_down_too(pipe, company):
    pipe({"Vendors": [VENDOR]})
    line = {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitCost": 5}
    record = {
        "id": "f0000000-0000-0000-0000-000000000001",
        "vendorNumber": "DIMV",
        "vendorInvoiceNumber": "F-2",
        "dimensionSetLines": [{"code": "CLASS", "valueCode": "RETAIL"}],
        "purchaseInvoiceLines": [
            line,
            {**line, "dimensionSetLines": [{"code": "CLASS", "valueCode": "ONLINE"}]},
            {"lineType": "Comment", "description": "Thank you"},
        ],
    }
    pipe({"purchaseInvoices": [record]})
    id_ = company.row("purchaseInvoices", vendorInvoiceNumber="F-2")["id"]
    assert of_lines(company, id_)[:2] == ["RETAIL", "ONLINE"]

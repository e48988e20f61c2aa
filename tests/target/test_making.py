"""Vendors, customers and items that a record names are made on the way, where a setting says so."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target

MAKE = {"create_missing": ["Vendors", "customers", "items"]}
BILL = {
    "externalId": "B-1",
    "billNumber": "B-1",
    "vendorName": "Brand New Ltd.",
    "lineItems": [{"itemNumber": "NEW-1", "quantity": 1, "unitPrice": 5}],
}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def codes(outcome):
    return {(error["field"], error["code"]) for error in outcome["errors"]}


def test_nothing_is_made_without_the_setting(target):
    assert codes(target.write("Bills", BILL)[0]) == {
        ("vendorName", "not_found"),
        ("lineItems[0].itemNumber", "not_found"),
    }
    assert target.rows("vendors", displayName="Brand New Ltd.") == []


def test_what_a_bill_names_is_made_once_and_the_bill_written(target):
    other = {**BILL, "externalId": "B-2", "billNumber": "B-2"}
    outcomes = target.write("Bills", BILL, other, **MAKE)
    assert [(each["outcome"], each["errors"]) for each in outcomes] == [("created", [])] * 2
    (vendor,) = target.rows("vendors", displayName="Brand New Ltd.")
    (item,) = target.rows("items", number="NEW-1")
    bills = [row for row in target.rows("purchaseInvoices") if row["vendorInvoiceNumber"] in {"B-1", "B-2"}]
    assert [row["vendorId"] for row in bills] == [vendor["id"]] * 2
    assert item["displayName"] == "NEW-1"


def test_a_vendor_that_comes_later_in_the_same_input_is_not_made(target):
    vendor = {"externalId": "V-1", "vendorName": "Brand New Ltd.", "email": "new@example.org"}
    lines = [{**BILL["lineItems"][0], "itemNumber": "1896-S"}]
    outcomes = target.pipe([("Bills", {**BILL, "lineItems": lines}), ("Vendors", vendor)], **MAKE)
    assert [each["outcome"] for each in outcomes] == ["created", "created"]
    assert [row["email"] for row in target.rows("vendors", displayName="Brand New Ltd.")] == ["new@example.org"]


def test_nothing_is_made_for_a_record_that_is_wrong_otherwise(target):
    wrong = {**BILL, "lineItems": [{**BILL["lineItems"][0], "locationNumber": "NOWHERE"}]}
    lacking = {**BILL, "expenses": [{"accountNumber": "8210"}]}
    assert ("expenses[0].amount", "required") in codes(target.write("Bills", lacking, **MAKE)[0])
    assert ("lineItems[0].locationNumber", "not_found") in codes(target.write("Bills", wrong, **MAKE)[0])
    assert target.rows("vendors", displayName="Brand New Ltd.") == []
    assert target.rows("items", number="NEW-1") == []


def test_a_dry_run_makes_nothing_and_foretells_the_bill(target):
    assert target.write("Bills", BILL, dry_run=True, **MAKE)[0]["outcome"] == "created"
    assert target.rows("vendors", displayName="Brand New Ltd.") == []


def test_a_customer_is_made_for_an_order_in_business_centrals_own_names(target):
    order = {
        "customerNumber": "K-77",
        "externalDocumentNumber": "K-1",
        "salesOrderLines": [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}],
    }
    assert target.write("salesOrders", order, **MAKE)[0]["outcome"] == "created"
    assert target.row("customers", number="K-77")["displayName"] == "K-77"


ALIKE = ["BRAND NEW LTD.", " Brand New Ltd. ", "brand  new Ltd."]


def bills(*names):
    lines = [{**BILL["lineItems"][0], "itemNumber": "1896-S"}]
    return [
        {"externalId": f"N-{place}", "billNumber": f"N-{place}", "vendorName": name, "lineItems": lines}
        for place, name in enumerate(names)
    ]


def bills_of(target):
    return {row["vendorId"] for row in target.rows("purchaseInvoices") if row["vendorInvoiceNumber"].startswith("N-")}


@pytest.mark.parametrize("one_run", [True, False])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_name_that_differs_in_case_or_blanks_alone_makes_no_second_vendor(target, one_run, dry_run):
    records = bills("Brand New Ltd.", *ALIKE)
    before = len(target.rows("vendors"))
    runs = [records] if one_run else [[record] for record in records]
    outcomes = [each for run in runs for each in target.write("Bills", *run, dry_run=dry_run, **MAKE)]
    assert [(each["outcome"], each["errors"]) for each in outcomes] == [("created", [])] * 4
    assert len(target.rows("vendors")) == before + (not dry_run)
    assert len(bills_of(target)) == (not dry_run)


@pytest.mark.parametrize("there", ALIKE)
def test_a_vendor_that_is_called_alike_gets_the_bill(target, there):
    vendor = target.desk.create("vendors", {"displayName": there})
    (outcome,) = target.write("Bills", *bills("Brand New Ltd."), **MAKE)
    assert outcome["outcome"] == "created", outcome
    assert bills_of(target) == {vendor["id"]}


def test_where_several_are_called_alike_none_is_made_and_the_outcome_says_which_they_are(target):
    there = [target.desk.create("vendors", {"displayName": name}) for name in ("BRAND NEW LTD.", "brand new ltd.")]
    before = len(target.rows("vendors"))
    (outcome,) = target.write("Bills", *bills("Brand New Ltd."), **MAKE)
    assert codes(outcome) == {("vendorName", "ambiguous")}
    (error,) = outcome["errors"]
    assert all(f'{row["number"]} "{row["displayName"]}"' in error["message"] for row in there)
    assert "name the one by its id or its number" in error["message"]
    assert len(target.rows("vendors")) == before


def test_two_of_exactly_one_name_are_named_by_their_numbers(target):
    there = [target.desk.create("vendors", {"displayName": "Brand New Ltd."}) for _ in range(2)]
    (outcome,) = target.write("Bills", *bills("Brand New Ltd."), **MAKE)
    (error,) = outcome["errors"]
    assert (error["field"], error["code"]) == ("vendorName", "ambiguous")
    assert all(row["number"] in error["message"] for row in there)


def test_what_the_service_refuses_to_make_is_said_in_the_outcome(target):
    def around(request, ask):
        if request.method == "POST" and request.url.endswith("/vendors"):
            said = b'{"error": {"code": "Application_DialogException", "message": "No more vendors."}}'
            return Response(400, {"Content-Type": "application/json"}, said)
        return ask(request)

    (outcome,) = target.write("Bills", *bills("Brand New Ltd."), around=around, **MAKE)
    assert codes(outcome) == {("vendorName", "not_found")}
    assert "could not be made: " in outcome["errors"][0]["message"]
    assert "No more vendors." in outcome["errors"][0]["message"]


def test_items_neither(target):
    def named(number, name):
        lines = [{"itemName": name, "quantity": 1, "unitPrice": 5}]
        return {"externalId": number, "billNumber": number, "vendorNumber": "10000", "lineItems": lines}

    before = len(target.rows("items"))
    outcomes = target.write("Bills", named("A", "Something New"), named("B", "SOMETHING  new"), **MAKE)
    assert [(each["outcome"], each["errors"]) for each in outcomes] == [("created", [])] * 2
    assert len(target.rows("items")) == before + 1


def test_a_customers_number_neither(target):
    lines = [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}]
    orders = [
        {"customerNumber": number, "externalDocumentNumber": f"K-{place}", "salesOrderLines": lines}
        for place, number in enumerate(["K-77", " k-77 "])
    ]
    assert [each["outcome"] for each in target.write("salesOrders", *orders, **MAKE)] == ["created", "created"]
    assert len(target.rows("customers", number="K-77")) == 1


def test_names_beyond_the_first_page_are_known_too(target):
    target.desk.service.page_limit = 2
    vendor = target.desk.create("vendors", {"displayName": "BRAND new Ltd."})
    assert target.write("Bills", *bills("Brand New Ltd."), **MAKE)[0]["outcome"] == "created"
    assert bills_of(target) == {vendor["id"]}


def test_names_that_cannot_be_read_make_nothing(target):
    def around(request, ask):
        if request.method == "GET" and "vendors" in request.url and "filter" not in request.url:
            return Response(403, {"Content-Type": "application/json"}, b'{"error": {"code": "x", "message": "No."}}')
        return ask(request)

    before = len(target.rows("vendors"))
    (outcome,) = target.write("Bills", *bills("Brand New Ltd."), around=around, **MAKE)
    assert codes(outcome) == {("vendorName", "not_found")}
    assert "the names of vendors cannot be read" in outcome["errors"][0]["message"]
    assert len(target.rows("vendors")) == before


def test_only_what_a_name_is_enough_for_can_be_made(target):
    with pytest.raises(ConfigurationError, match="customers, items, vendors can be made"):
        target.write("Bills", BILL, create_missing=["accounts", "vendors"])

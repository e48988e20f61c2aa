"""A draft is posted only if posting it books what the record says."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from tests.target.sent_records import LINE, bill_of_desks

BILL = bill_of_desks("m-1", "M-1")


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def put(target, table, **row):
    blank = {"currencyCode": ""} if table == "invoiceDiscounts" else {"minimumQuantity": 0}
    target.desk.company.insert(f"_{table}", {**blank, **row})


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def test_a_bill_whose_vendor_grants_an_invoice_discount_of_its_own_is_not_posted(target):
    put(target, "invoiceDiscounts", party="Vendor", code="10000", minimumAmount=100, discountPercent=10)
    (outcome,) = target.write("Bills", BILL)
    assert (outcome["outcome"], codes(outcome)) == ("rejected", [("lineItems[0]", "discount_differs")])
    (row,) = target.rows("purchaseInvoices", vendorInvoiceNumber="M-1")
    assert row["status"] == "Draft"


def test_a_bill_with_a_line_discount_that_the_service_found_is_not_posted(target):
    put(target, "lineDiscounts", party="Vendor", number="10000", itemNumber="1896-S", discountPercent=5)
    (outcome,) = target.write("Bills", BILL)
    assert (outcome["outcome"], codes(outcome)) == ("rejected", [("lineItems[0]", "amount_differs")])
    assert "200" in outcome["errors"][0]["message"]


@pytest.mark.fault("W2")
@pytest.mark.parametrize("store", [True, False])
def test_a_draft_with_a_discount_of_the_services_that_somebody_posts_is_not_as_the_record_says(target, store):
    put(target, "lineDiscounts", party="Vendor", number="10000", itemNumber="1896-S", discountPercent=5)
    assert target.write("Bills", BILL, remember=store)[0]["outcome"] == "rejected"
    draft = target.row("purchaseInvoices", vendorInvoiceNumber="M-1")
    target.desk.act(f"purchaseInvoices({draft['id']})")
    (outcome,) = target.write("Bills", BILL, remember=store)
    assert codes(outcome) == [("", "posted_differs")]
    assert "the amount of lineItems[0]" in outcome["errors"][0]["message"]


def test_without_discounts_it_is_posted(target):
    (outcome,) = target.write("Bills", BILL)
    assert outcome["outcome"] == "posted"


def test_a_draft_may_have_the_discounts_of_its_vendor(target):
    put(target, "invoiceDiscounts", party="Vendor", code="10000", minimumAmount=100, discountPercent=10)
    (outcome,) = target.write("Bills", {**BILL, "isDraft": True})
    assert outcome["outcome"] == "created"


def test_a_line_whose_price_the_record_leaves_open_takes_the_services(target):
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}
    record = {"vendorInvoiceNumber": "M-2", "vendorNumber": "10000", "purchaseInvoiceLines": [line], "isDraft": False}
    (outcome,) = target.write("purchaseInvoices", record)
    assert outcome["outcome"] == "posted"


def test_a_dry_run_prints_the_requests_as_they_would_be_sent_and_what_they_come_to(target, caplog):
    with caplog.at_level("INFO"):
        (outcome,) = target.write("Bills", {**BILL, "expenses": [{"accountNumber": "8210", "amount": 7}]}, dry_run=True)
    assert outcome["outcome"] == "created"
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("dry run:")]
    request, total = said
    assert request.startswith(f'dry run: POST companies({target.desk.company.id})/purchaseInvoices {{"')
    body = json.loads(request.partition("purchaseInvoices ")[2])
    assert body["vendorInvoiceNumber"] == "M-1"
    assert total == "dry run: m-1 comes to 207, and is posted then."
    target.write("Bills", {**BILL, "expenses": [{"accountNumber": "8210", "amount": 7}]})
    (sent,) = [each.body for each in target.requests if each.url.endswith("/purchaseInvoices")]
    assert sent.decode() == request.partition("purchaseInvoices ")[2]


def test_a_dry_run_says_what_an_entry_debits(target, caplog):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    entry = {"externalId": "e", "journalEntryNumber": "E-1", "transactionDate": "2026-01-27", "lineItems": lines}
    with caplog.at_level("INFO"):
        target.write("JournalEntries", {**entry, "isDraft": False}, dry_run=True)
    assert "dry run: e comes to 5, and is posted then." in caplog.messages


def test_the_outcome_of_an_update_names_what_was_set(target):
    draft = {**BILL, "isDraft": True, "dueDate": "2026-02-20"}
    (created,) = target.write("Bills", draft)
    assert "changed" not in created
    (updated,) = target.write("Bills", {**draft, "dueDate": "2026-03-20", "lineItems": [{**LINE, "unitPrice": 60}]})
    assert (updated["outcome"], updated["changed"]) == ("updated", ["dueDate", "lineItems[0].unitCost"])


# --- what the service fills in ---


def boxes(target, own):
    """An item that is bought or sold by the dozen, unless somebody says otherwise."""
    target.desk.company.insert("unitsOfMeasure", {"code": "BOX12", "displayName": "Box of twelve"})
    put(target, "itemUnitsOfMeasure", itemNumber="1896-S", unitOfMeasureCode="BOX12", quantityPerUnitOfMeasure=12)
    target.desk.edit("items", target.desk.id("items", number="1896-S"), **{own: "BOX12"})


def test_a_quantity_in_a_unit_that_the_items_card_filled_in_is_not_posted(target):
    boxes(target, "_purchaseUnitOfMeasureCode")
    (outcome,) = target.write("Bills", BILL)
    assert codes(outcome) == [("lineItems[0].unitOfMeasureCode", "filled_in")]
    assert "4 BOX12" in outcome["errors"][0]["message"]
    (row,) = target.rows("purchaseInvoices", vendorInvoiceNumber="M-1")
    assert row["status"] == "Draft"


@pytest.mark.parametrize("unit", ["PCS", "BOX12"])
def test_a_quantity_in_a_unit_that_the_record_states_is_posted_in_it(target, unit):
    boxes(target, "_purchaseUnitOfMeasureCode")
    (outcome,) = target.write("Bills", {**BILL, "lineItems": [{**LINE, "unitOfMeasure": unit}]})
    assert outcome["outcome"] == "posted"
    (line,) = target.rows("purchaseInvoiceLines", documentId=outcome["id"])
    assert (line["unitOfMeasureCode"], line["quantity"], line["unitCost"]) == (unit, 4, 50)


def invoice(**more):
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 4, "unitPrice": 50}
    return {
        "customerNumber": "10000",
        "externalDocumentNumber": "S-1",
        "salesInvoiceLines": [line],
        "isDraft": False,
        **more,
    }


def test_a_sale_in_a_unit_that_the_items_card_filled_in_is_not_posted(target):
    boxes(target, "_salesUnitOfMeasureCode")
    (outcome,) = target.write("salesInvoices", invoice())
    assert codes(outcome) == [("salesInvoiceLines[0].unitOfMeasureCode", "filled_in")]


def pays_in_euro(target, parties):
    euro = target.row("currencies", code="EUR")
    target.desk.edit(parties, target.desk.id(parties, number="10000"), currencyCode="EUR", currencyId=euro["id"])


def test_amounts_without_a_currency_are_not_posted_in_that_of_the_party(target):
    pays_in_euro(target, "vendors")
    pays_in_euro(target, "customers")
    (outcome,) = target.write("Bills", BILL)
    assert codes(outcome) == [("currency", "filled_in")]
    assert "EUR" in outcome["errors"][0]["message"]
    (outcome,) = target.write("salesInvoices", invoice())
    assert codes(outcome) == [("currencyCode", "filled_in")]


@pytest.mark.parametrize("code", ["EUR", "GBP"])
def test_amounts_are_posted_in_the_currency_that_the_record_states(target, code):
    pays_in_euro(target, "vendors")
    (outcome,) = target.write("Bills", {**BILL, "currency": code})
    assert outcome["outcome"] == "posted"
    assert target.row("purchaseInvoices", id=outcome["id"])["currencyCode"] == code


def test_prices_that_may_include_tax_or_not_are_not_posted(target):
    target.desk.edit("vendors", target.desk.id("vendors", number="10000"), _pricesIncludeTax=True)
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitCost": 60}
    record = {"vendorInvoiceNumber": "M-2", "vendorNumber": "10000", "purchaseInvoiceLines": [line], "isDraft": False}
    (outcome,) = target.write("purchaseInvoices", record)
    assert codes(outcome) == [("pricesIncludeTax", "filled_in")]
    (outcome,) = target.write("purchaseInvoices", {**record, "pricesIncludeTax": True})
    assert outcome["outcome"] == "posted"


def test_a_location_of_the_vendor_is_taken_as_it_is(target):
    target.desk.edit(
        "vendors", target.desk.id("vendors", number="10000"), _locationId=target.rows("locations")[0]["id"]
    )
    (outcome,) = target.write("Bills", BILL)
    assert outcome["outcome"] == "posted"


def test_an_order_of_which_a_part_alone_would_be_invoiced_is_not_posted(target):
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 4, "unitPrice": 50}
    order = {"customerNumber": "10000", "externalDocumentNumber": "O-1", "salesOrderLines": [line]}
    (created,) = target.write("salesOrders", order)
    (row,) = target.rows("salesOrderLines", documentId=created["id"])
    target.desk.edit("salesOrderLines", row["id"], shipQuantity=1, invoiceQuantity=1)
    (outcome,) = target.write("salesOrders", {**order, "action": "shipAndInvoice"})
    assert codes(outcome) == [("salesOrderLines[0].quantity", "filled_in")]
    target.desk.edit("salesOrderLines", row["id"], shipQuantity=4, invoiceQuantity=4)
    (outcome,) = target.write("salesOrders", {**order, "action": "shipAndInvoice"})
    assert outcome["outcome"] == "posted"


def test_all_that_speaks_against_posting_is_said_at_once(target):
    boxes(target, "_purchaseUnitOfMeasureCode")
    pays_in_euro(target, "vendors")
    (outcome,) = target.write("Bills", {**BILL, "totalAmount": 1})
    found = [("totalAmount", "total_differs"), ("currency", "filled_in")]
    assert codes(outcome) == [*found, ("lineItems[0].unitOfMeasureCode", "filled_in")]


# --- what the record states and the service calculates ---


def own_bill(line=None, **more):
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2, "unitCost": 50, **(line or {})}
    return {
        "vendorInvoiceNumber": "C-1",
        "vendorNumber": "10000",
        "isDraft": False,
        "purchaseInvoiceLines": [line],
        **more,
    }


@pytest.mark.parametrize(
    ("line", "more", "field"),
    [
        ({"amountExcludingTax": 80}, {}, "purchaseInvoiceLines[0].amountExcludingTax"),
        ({"netAmount": "80"}, {}, "purchaseInvoiceLines[0].netAmount"),
        ({"taxPercent": 50}, {}, "purchaseInvoiceLines[0].taxPercent"),
        ({"discountPercent": 10, "discountAmount": 0}, {}, "purchaseInvoiceLines[0].discountPercent"),
        ({}, {"totalAmountExcludingTax": 80}, "totalAmountExcludingTax"),
        ({}, {"totalTaxAmount": 20}, "totalTaxAmount"),
    ],
)
def test_a_number_that_the_service_calculates_otherwise_is_not_posted(target, line, more, field):
    (outcome,) = target.write("purchaseInvoices", own_bill(line, **more))
    assert codes(outcome) == [(field, "amount_differs")]
    assert target.row("purchaseInvoices", vendorInvoiceNumber="C-1")["status"] == "Draft"


def test_another_rate_of_tax_is_named_once_with_where_it_comes_from(target):
    taxed = {"taxPercent": 20, "totalTaxAmount": 20, "amountIncludingTax": 120, "netTaxAmount": 20}
    record = own_bill(taxed, vendorNumber="20000", totalTaxAmount=20, totalAmountExcludingTax=100)
    (outcome,) = target.write("purchaseInvoices", record)
    assert codes(outcome) == [("purchaseInvoiceLines[0].taxPercent", "amount_differs")]
    message = outcome["errors"][0]["message"]
    assert "sent as 20" in message
    assert 'at 25% (taxCode "STANDARD", vendor 20000)' in message


def test_numbers_that_the_service_calculates_alike_are_no_reason_against_posting(target):
    line = {"amountExcludingTax": 100, "netAmount": 100, "taxPercent": 0, "discountPercent": 0}
    (outcome,) = target.write("purchaseInvoices", own_bill(line, totalAmountExcludingTax=100.004))
    assert outcome["outcome"] == "posted"


def test_a_discount_in_percent_is_written_as_an_amount(target):
    (outcome,) = target.write("purchaseInvoices", own_bill({"discountPercent": 10}))
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert target.row("purchaseInvoices", vendorInvoiceNumber="C-1")["totalAmountExcludingTax"] == 90


def test_an_invoice_discount_is_taken_once_the_lines_are_there(target):
    (outcome,) = target.write("purchaseInvoices", own_bill(discountAmount=10))
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    row = target.row("purchaseInvoices", vendorInvoiceNumber="C-1")
    assert (row["discountAmount"], row["totalAmountExcludingTax"]) == (10, 90)


def test_an_invoice_discount_in_percent_is_rejected_because_the_service_has_none(target):
    (outcome,) = target.write("purchaseInvoices", own_bill(discountPercent=10))
    assert codes(outcome) == [("discountPercent", "unsupported_discount")]
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="C-1") == []


@pytest.mark.parametrize(("stated", "ends"), [(200.01, "posted"), (199.99, "posted"), (200.02, "rejected")])
def test_a_total_may_be_off_by_the_tolerance_and_no_more(target, stated, ends):
    (outcome,) = target.write("Bills", {**BILL, "totalAmount": stated}, total_tolerance=0.01)
    assert outcome["outcome"] == ends


def settled_with(target, entity_set, name):
    """The card of the party says that another one pays, or is paid."""
    card, other = target.desk.id(entity_set, number="10000"), {"number": "PAYER", "displayName": "Somebody else"}
    target.desk.edit(entity_set, card, **{name: target.desk.create(entity_set, other)["id"]})


ITEM = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}
OWN_BILL = {"vendorInvoiceNumber": "M-2", "vendorNumber": "10000", "invoiceDate": "2026-01-20", "isDraft": False}
OWN_INVOICE = {"externalDocumentNumber": "M-3", "customerNumber": "10000", "isDraft": False}
ORDER = {"customerNumber": "10000", "externalDocumentNumber": "O-1", "action": "shipAndInvoice"}
PARTIES = [
    ("Bills", BILL, "payToVendorNumber"),
    ("purchaseInvoices", {**OWN_BILL, "purchaseInvoiceLines": [{**ITEM, "unitCost": 60}]}, "payToVendorNumber"),
    ("salesInvoices", {**OWN_INVOICE, "salesInvoiceLines": [{**ITEM, "unitPrice": 60}]}, "billToCustomerNumber"),
    ("salesOrders", {**ORDER, "salesOrderLines": [{**ITEM, "unitPrice": 60}]}, "billToCustomerNumber"),
    ("salesCreditMemos", {**OWN_INVOICE, "salesCreditMemoLines": [{**ITEM, "unitPrice": 60}]}, "billToCustomerNumber"),
]


@pytest.mark.parametrize(("stream", "record", "field"), PARTIES, ids=[stream for stream, *_ in PARTIES])
@pytest.mark.parametrize("stated", [None, "10000", "PAYER"])
def test_a_document_is_posted_on_the_account_that_the_record_states(target, stream, record, field, stated):
    settled_with(target, "vendors", "_payToVendorId")
    settled_with(target, "customers", "_billToCustomerId")
    (outcome,) = target.write(stream, record if stated is None else {**record, field: stated})
    if stated is None:
        assert codes(outcome) == [(field, "filled_in")]
        assert f"states no {field}" in outcome["errors"][0]["message"]
        assert "PAYER" in outcome["errors"][0]["message"]
        return
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    side = "_vendorLedgerEntries" if field.startswith("payTo") else "_customerLedgerEntries"
    newest = max(target.rows(side), key=lambda row: row["entryNumber"])
    party = "vendors" if field.startswith("payTo") else "customers"
    assert target.desk.id(party, number=stated) in newest.values()


def test_who_pays_by_default_is_no_reason(target):
    (outcome,) = target.write("Bills", BILL)
    assert outcome["outcome"] == "posted"


# --- what a unified bill says of its amounts and taxes ---

TAXED = {**BILL, "vendorNumber": "20000"}  # a quarter of the price


@pytest.mark.parametrize(
    ("bill", "field"),
    [
        ({**TAXED, "lineItems": [{**LINE, "amount": 300}]}, "lineItems[0].amount"),
        ({**TAXED, "lineItems": [{**LINE, "totalPrice": "199.90"}]}, "lineItems[0].totalPrice"),
        ({**TAXED, "lineItems": [{**LINE, "taxAmount": 0}]}, "lineItems[0].taxAmount"),
        ({**TAXED, "expenses": [{"accountNumber": "8210", "amount": 100, "taxAmount": 19}]}, "expenses[0].taxAmount"),
        ({**TAXED, "lineItems": [{**LINE, "taxRate": 10}]}, "lineItems[0].taxRate"),
        (
            {**TAXED, "expenses": [{"accountNumber": "8210", "amount": 100, "taxPercent": "7"}]},
            "expenses[0].taxPercent",
        ),
        ({**TAXED, "taxAmount": 38}, "taxAmount"),
        ({**TAXED, "subTotal": 250}, "subTotal"),
    ],
)
def test_a_bill_that_comes_to_other_amounts_than_it_says_is_not_posted(target, bill, field):
    (outcome,) = target.write("Bills", bill)
    assert codes(outcome) == [(field, "amount_differs")]
    (row,) = target.rows("purchaseInvoices", vendorInvoiceNumber="M-1")
    assert row["status"] == "Draft"


@pytest.mark.parametrize(
    "line",
    [
        {"amount": 200},
        {"amount": 250, "taxAmount": "50.00"},
        {"discount": 20, "amount": 180, "totalPrice": 225},
        {"discount": 20, "amount": 200},
        {"amount": None, "taxAmount": ""},
        {"taxRate": 25, "taxPercent": "0.25"},
        {"taxRate": "Standard, 20%", "taxPercent": "nan"},
    ],
)
def test_an_amount_of_a_line_may_be_with_tax_and_before_its_discount(target, line):
    (outcome,) = target.write("Bills", {**TAXED, "lineItems": [{**LINE, **line}]})
    assert outcome["outcome"] == "posted", outcome


def test_a_bill_that_comes_to_what_it_says_is_posted_and_nothing_of_that_is_said_to_be_left_out(target, caplog):
    with caplog.at_level("INFO"):
        (outcome,) = target.write(
            "Bills", {**TAXED, "subTotal": 200, "taxAmount": 50, "lineItems": [{**LINE, "amount": 200}]}
        )
    assert outcome["outcome"] == "posted"
    assert not [name for name in ("taxAmount", "subTotal", "lineItems.amount") if name in caplog.text]

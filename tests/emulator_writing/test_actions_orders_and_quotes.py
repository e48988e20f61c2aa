"""What becomes of orders of either side and of quotes, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator_writing.trading import (
    account_line,
    draft,
    item_line,
    led_to,
    lines_of,
    path_of,
    posted,
    read,
    stock,
)

SALES, PURCHASES = "salesOrders", "purchaseOrders"
BOTH = pytest.mark.parametrize("entity_set", [SALES, PURCHASES])
ACTIONS = {SALES: "shipAndInvoice", PURCHASES: "receiveAndInvoice"}
INVOICES = {SALES: "salesInvoices", PURCHASES: "purchaseInvoices"}
DELIVERIES = {SALES: "salesShipments", PURCHASES: "purchaseReceipts"}
TO_DELIVER = {SALES: "shipQuantity", PURCHASES: "receiveQuantity"}
DELIVERED = {SALES: "shippedQuantity", PURCHASES: "receivedQuantity"}
OUT = {SALES: -1, PURCHASES: 1}


def refused(desk, entity_set, row, action=None):
    return desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.{action or ACTIONS[entity_set]}")[2]


@BOTH
def test_an_order_is_gone_and_its_invoice_and_delivery_are_there(desk, entity_set):
    row = draft(desk, entity_set, item_line(desk, entity_set), account_line(desk, entity_set), {"description": "note"})
    where, invoice = led_to(desk, entity_set, row, ACTIONS[entity_set])
    assert where == INVOICES[entity_set]
    assert desk.refused("GET", path_of(entity_set, row))[0] == 404
    assert not desk.company.find(f"{entity_set[:-1]}Lines", documentId=row["id"])
    assert (invoice["orderId"], invoice["orderNumber"], invoice["status"]) == (row["id"], row["number"], "Open")
    assert invoice["id"] != row["id"]
    assert invoice["totalAmountIncludingTax"] == row["totalAmountIncludingTax"] == 425
    lines = lines_of(desk, where, invoice)
    assert [line["lineType"] for line in lines] == ["Item", "Account", "Comment"]
    (delivery,) = desk.rows(DELIVERIES[entity_set], filter=f"orderNumber eq '{row['number']}'")
    goods = desk.rows(f"{DELIVERIES[entity_set]}({delivery['id']})/{DELIVERIES[entity_set][:-1]}Lines")
    assert [line["quantity"] for line in goods] == [3, 1, 0]
    assert [line["lineType"] for line in goods] == ["Item", "G_x002F_L_x0020_Account", "_x0020_"]
    assert delivery["postingDate"] == "2026-01-10"


@BOTH
def test_the_goods_of_an_order_move_with_its_delivery(desk, entity_set):
    before = stock(desk)[0]
    row = draft(desk, entity_set)
    desk.act(path_of(entity_set, row), ACTIONS[entity_set])
    (delivery,) = desk.rows(DELIVERIES[entity_set], filter=f"orderNumber eq '{row['number']}'")
    (entry,) = desk.company.find("itemLedgerEntries", documentNumber=delivery["number"])
    assert entry["documentType"] in {"Sales_x0020_Shipment", "Purchase_x0020_Receipt"}
    assert stock(desk)[0] - before == entry["quantity"] == 3 * OUT[entity_set]
    assert entry["salesAmountActual"] == (300 if entity_set == SALES else 0)
    assert entry["costAmountActual"] == {SALES: Decimal("-1519.8"), PURCHASES: Decimal(300)}[entity_set]


@BOTH
def test_a_new_line_is_to_be_delivered_and_invoiced_wholly(desk, entity_set):
    (line,) = lines_of(desk, entity_set, draft(desk, entity_set))
    assert (line[TO_DELIVER[entity_set]], line["invoiceQuantity"], line[DELIVERED[entity_set]]) == (3, 3, 0)


@BOTH
def test_a_part_is_delivered_and_invoiced_and_the_rest_waits(desk, entity_set):
    part = {TO_DELIVER[entity_set]: 4}
    row = draft(desk, entity_set, item_line(desk, entity_set, 10, 10, discountPercent=10, **part), discountAmount=9)
    before = stock(desk)[0]
    _, invoice = led_to(desk, entity_set, row, ACTIONS[entity_set])
    assert invoice["totalAmountExcludingTax"] == Decimal("32.4")
    (line,) = lines_of(desk, entity_set, row)
    quantities = [
        line[name] for name in (TO_DELIVER[entity_set], "invoiceQuantity", DELIVERED[entity_set], "invoicedQuantity")
    ]
    assert quantities == [6, 6, 4, 4]
    assert stock(desk)[0] - before == 4 * OUT[entity_set]
    desk.edit(entity_set, row["id"], _vendorInvoiceNumber="the rest")
    _, rest = led_to(desk, entity_set, row, ACTIONS[entity_set])
    assert rest["totalAmountExcludingTax"] == Decimal("48.6")
    assert desk.refused("GET", path_of(entity_set, row))[0] == 404
    assert stock(desk)[0] - before == 10 * OUT[entity_set]


@BOTH
def test_what_is_delivered_may_be_invoiced_later(desk, entity_set):
    row = draft(desk, entity_set, item_line(desk, entity_set, 5, 10))
    (line,) = lines_of(desk, entity_set, row)
    path = f"{entity_set[:-1]}Lines({line['id']})"
    desk.change(path, {"invoiceQuantity": 0})
    assert led_to(desk, entity_set, row, ACTIONS[entity_set])[0] == entity_set
    flag = "fullyShipped" if entity_set == SALES else "fullyReceived"
    after = read(desk, entity_set, row)
    assert (after[flag], lines_of(desk, entity_set, row)[0]["invoiceQuantity"]) == (True, 5)
    where, invoice = led_to(desk, entity_set, row, ACTIONS[entity_set])
    assert (where, invoice["totalAmountExcludingTax"]) == (INVOICES[entity_set], 50)
    assert len(desk.rows(DELIVERIES[entity_set], filter=f"orderNumber eq '{row['number']}'")) == 1


@BOTH
@pytest.mark.parametrize("name", ["deliver", "invoiceQuantity"])
def test_more_than_is_left_is_not_delivered_and_not_invoiced(desk, entity_set, name):
    row = draft(desk, entity_set)
    (line,) = lines_of(desk, entity_set, row)
    body = {TO_DELIVER[entity_set] if name == "deliver" else name: 4}
    assert "more than 3 units" in desk.refused("PATCH", f"{entity_set[:-1]}Lines({line['id']})", body)[2]


@BOTH
def test_nothing_to_deliver_and_nothing_to_invoice_is_nothing_to_post(desk, entity_set):
    row = draft(desk, entity_set, item_line(desk, entity_set, 3, 10, **{TO_DELIVER[entity_set]: 0}))
    assert "nothing to post" in refused(desk, entity_set, row)


def test_an_order_without_lines_says_so(desk):
    row = desk.create(SALES, {"customerNumber": "10000"})
    assert refused(desk, SALES, row) == "Please add at least one line item to the estimate."


def test_an_order_that_is_to_be_shipped_completely_is_not_shipped_in_part(desk):
    row = draft(desk, SALES, item_line(desk, SALES, 3, 10, shipQuantity=1), partialShipping=False)
    assert "partial shipping is not allowed" in refused(desk, SALES, row)
    assert not desk.rows("salesShipments", filter=f"orderNumber eq '{row['number']}'")


def test_a_new_order_may_be_shipped_in_part(desk):
    assert desk.create(SALES, {"customerNumber": "10000"})["partialShipping"] is True


@pytest.mark.parametrize("blocked", ["Ship", "Invoice", "All"])
def test_a_blocked_customer_gets_nothing(desk, blocked):
    row = draft(desk, SALES)
    desk.edit("customers", desk.id("customers", number="10000"), blocked=blocked)
    assert f"is blocked with type {blocked}" in refused(desk, SALES, row)


def test_a_purchase_order_needs_the_vendors_number_which_its_page_does_not_have(desk):
    row = draft(desk, PURCHASES)
    desk.edit(PURCHASES, row["id"], _vendorInvoiceNumber="")
    assert "Vendor Invoice No." in refused(desk, PURCHASES, row)
    desk.edit(PURCHASES, row["id"], _vendorInvoiceNumber="B-77")
    _, invoice = led_to(desk, PURCHASES, row, "receiveAndInvoice")
    assert invoice["vendorInvoiceNumber"] == "B-77"


def test_a_purchase_order_is_posted_without_the_vendors_number_where_the_set_up_does_not_demand_it(desk):
    desk.company.insert("_externalDocumentNumbers", {"party": "Vendor", "mandatory": False})
    for _ in range(2):
        row = draft(desk, PURCHASES)
        desk.edit(PURCHASES, row["id"], _vendorInvoiceNumber="")
        _, invoice = led_to(desk, PURCHASES, row, "receiveAndInvoice")
        assert invoice["vendorInvoiceNumber"] == ""


def test_a_sale_needs_the_customers_number_where_the_set_up_demands_it(desk):
    desk.company.insert("_externalDocumentNumbers", {"party": "Customer", "mandatory": True})
    row = draft(desk, SALES)
    assert "External Document No. must have a value" in refused(desk, SALES, row)
    desk.change(path_of(SALES, row), {"externalDocumentNumber": "C-1"})
    assert led_to(desk, SALES, row, "shipAndInvoice")[0] == "salesInvoices"


@BOTH
def test_an_order_whose_invoice_cannot_be_posted_delivers_nothing(desk, entity_set):
    row = draft(desk, entity_set)
    desk.edit("items", desk.id("items", number="1896-S"), blocked=True)
    before = stock(desk)
    assert "Blocked must be" in refused(desk, entity_set, row)
    assert stock(desk) == before
    assert not desk.rows(DELIVERIES[entity_set], filter=f"orderNumber eq '{row['number']}'")


def test_what_a_canceled_invoice_has_posted_of_an_order_may_be_posted_again(desk):
    row = draft(desk, SALES, item_line(desk, SALES, 5, 10, shipQuantity=2))
    _, invoice = led_to(desk, SALES, row, "shipAndInvoice")
    desk.act(path_of("salesInvoices", invoice), "cancel")
    (line,) = lines_of(desk, SALES, row)
    assert [line[name] for name in ("shipQuantity", "invoiceQuantity", "shippedQuantity", "invoicedQuantity")] == [
        5,
        5,
        0,
        0,
    ]


def test_a_canceled_invoice_of_an_order_that_is_gone_gives_the_goods_back(desk):
    before = stock(desk)
    _, invoice = led_to(desk, SALES, draft(desk, SALES), "shipAndInvoice")
    desk.act(path_of("salesInvoices", invoice), "cancel")
    assert stock(desk) == before


def test_the_due_date_of_an_orders_invoice_follows_its_payment_terms(desk):
    row = draft(desk, SALES, orderDate="2026-01-10", paymentTermsId=desk.id("paymentTerms", code="14 DAYS"))
    _, invoice = led_to(desk, SALES, row, "shipAndInvoice")
    assert invoice["dueDate"] == "2026-01-24"


@pytest.mark.parametrize(
    ("action", "entity_set", "parent_type"),
    [("makeOrder", "salesOrders", "Sales_x0020_Order"), ("makeInvoice", "salesInvoices", "Sales_x0020_Invoice")],
)
def test_a_quote_becomes_a_draft_with_an_id_of_its_own(desk, action, entity_set, parent_type):
    row = draft(
        desk,
        "salesQuotes",
        item_line(desk, "salesQuotes", discountPercent=10),
        {"description": "words"},
        discountAmount=27,
    )
    note = desk.create("attachments", {"parentId": row["id"], "parentType": "Sales_x0020_Quote", "fileName": "n.txt"})
    where, made = led_to(desk, "salesQuotes", row, action)
    assert (where, made["status"]) == (entity_set, "Draft")
    assert made["id"] != row["id"]
    assert desk.refused("GET", path_of("salesQuotes", row))[0] == 404
    for name in ("totalAmountIncludingTax", "discountAmount", "customerNumber", "postingDate", "billToCustomerNumber"):
        assert made[name] == row[name]
    assert [line["lineType"] for line in lines_of(desk, entity_set, made)] == ["Item", "Comment"]
    kept = desk.company.get("attachments", note["id"])
    assert (kept["parentId"], kept["parentType"]) == (made["id"], parent_type)


def test_an_order_that_was_a_quote_is_shipped_and_invoiced(desk):
    _, order = led_to(desk, "salesQuotes", draft(desk, "salesQuotes"), "makeOrder")
    assert led_to(desk, SALES, order, "shipAndInvoice")[0] == "salesInvoices"


def test_an_invoice_that_was_a_quote_is_posted(desk):
    _, invoice = led_to(desk, "salesQuotes", draft(desk, "salesQuotes"), "makeInvoice")
    desk.act(path_of("salesInvoices", invoice))
    assert read(desk, "salesInvoices", invoice)["status"] == "Open"


def test_a_quote_for_a_blocked_customer_becomes_nothing(desk):
    row = draft(desk, "salesQuotes")
    desk.edit("customers", desk.id("customers", number="10000"), blocked="All")
    for action in ("makeOrder", "makeInvoice"):
        assert "is blocked with type All" in refused(desk, "salesQuotes", row, action)
    assert read(desk, "salesQuotes", row)["number"] == row["number"]


def test_a_quote_that_is_sent_says_so(desk):
    row = draft(desk, "salesQuotes")
    desk.act(path_of("salesQuotes", row), "send")
    after = read(desk, "salesQuotes", row)
    assert (after["status"], after["sentDate"]) == ("Sent", "2026-03-01T08:00:00Z")
    assert [mail["documentNumber"] for mail in desk.company.find("_mails")] == [row["number"]]


def test_a_quote_is_sent_to_an_address_and_with_lines(desk):
    empty = desk.create("salesQuotes", {"customerNumber": "10000"})
    assert "at least one line item" in refused(desk, "salesQuotes", empty, "send")
    row = draft(desk, "salesQuotes")
    desk.edit("customers", desk.id("customers", number="10000"), email="")
    assert "send-to email is empty" in refused(desk, "salesQuotes", row, "send")
    assert read(desk, "salesQuotes", row)["status"] == "Draft"


def test_posted_invoices_of_orders_and_drafts_have_numbers_of_one_series(desk):
    first = posted(desk, "salesInvoices")
    _, second = led_to(desk, SALES, draft(desk, SALES), "shipAndInvoice")
    assert int(second["number"]) == int(first["number"]) + 1

"""What the actions of sales invoices and of purchase invoices refuse, do and leave."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator_writing.trading import (
    account_line,
    correction_of,
    draft,
    item_line,
    led_to,
    lines_of,
    path_of,
    pay,
    posted,
    read,
    stock,
)

SALES = "salesInvoices"
BOTH = pytest.mark.parametrize("entity_set", ["salesInvoices", "purchaseInvoices"])


@BOTH
def test_a_posted_invoice_keeps_its_ids_and_gets_a_number_of_the_posted_series(desk, entity_set):
    row = draft(desk, entity_set)
    lines = lines_of(desk, entity_set, row)
    assert led_to(desk, entity_set, row, "post") == (entity_set, read(desk, entity_set, row))
    after = read(desk, entity_set, row)
    assert (after["status"], after["number"] != row["number"]) == ("Open", True)
    assert after["totalAmountIncludingTax"] == row["totalAmountIncludingTax"] == 375
    assert [line["id"] for line in lines_of(desk, entity_set, row)] == [line["id"] for line in lines]


@BOTH
def test_an_invoice_is_posted_once(desk, entity_set):
    row = posted(desk, entity_set)
    refusal = desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.post")
    assert refusal == (400, "Application_DialogException", "The action can be applied to a draft invoice only.")


def test_a_sale_goes_to_revenue_vat_and_receivables(desk):
    lines = (item_line(desk, SALES, 2, 100), account_line(desk, SALES, 40, "6610"))
    row = posted(desk, SALES, *lines)
    assert desk.ledger(row["number"]) == [("6110", -200), ("5610", -50), ("6610", -40), ("2310", 290)]
    entries = desk.rows("generalLedgerEntries", filter=f"documentNumber eq '{row['number']}'")
    assert {entry["documentType"] for entry in entries} == {"Invoice"}
    assert row["remainingAmount"] == 290


def test_discounts_go_to_the_account_of_discounts(desk):
    line = item_line(desk, SALES, 10, 10, discountPercent=10)
    row = posted(desk, SALES, line, discountAmount=18)
    assert row["totalAmountExcludingTax"] == 72
    assert desk.ledger(row["number"]) == [("6110", -100), ("6910", 28), ("5610", -18), ("2310", 90)]
    line = item_line(desk, "purchaseInvoices", 10, 10, discountPercent=10)
    row = posted(desk, "purchaseInvoices", line)
    assert desk.ledger(row["number"]) == [("7110", 100), ("7140", -10), ("5630", 22.5), ("5410", -112.5)]


def test_lines_for_the_same_account_with_the_same_dimensions_become_one_entry(desk):
    row = posted(desk, SALES, item_line(desk, SALES, 1, 10), item_line(desk, SALES, 2, 10))
    assert desk.ledger(row["number"]) == [("6110", -30), ("5610", -7.5), ("2310", 37.5)]


def test_under_reverse_charge_the_buyer_owes_the_tax_and_deducts_it(desk):
    vendor = next(row for row in desk.company.find("vendors") if row["_taxAreaCode"] == "EU")
    row = posted(desk, "purchaseInvoices", item_line(desk, "purchaseInvoices", 1, 80), vendorNumber=vendor["number"])
    assert row["totalTaxAmount"] == 0
    assert desk.ledger(row["number"])[:4] == [("7120", 80), ("5630", 20), ("5620", -20), ("5420", -80)]


def test_a_sale_takes_goods_out_at_cost(desk):
    before, cost = stock(desk)
    row = posted(desk, SALES, item_line(desk, SALES, 3, 900))
    unit_cost = desk.company.first("items", number="1896-S")["unitCost"]
    assert stock(desk) == (before - 3, cost - 3 * unit_cost)
    (entry,) = desk.company.find("itemLedgerEntries", documentNumber=row["number"])
    expected = {
        "entryType": "Sale",
        "sourceType": "Customer",
        "sourceNumber": "10000",
        "documentType": "Sales_x0020_Invoice",
        "quantity": -3,
        "salesAmountActual": 2700,
        "postingDate": "2026-01-10",
    }
    assert expected.items() <= entry.items()


def test_a_customer_who_pays_cash_has_paid_as_the_invoice_is_posted(desk):
    customer = desk.id("customers", number="10000")
    desk.edit("customers", customer, paymentMethodId=desk.id("paymentMethods", code="CASH"))
    row = posted(desk, SALES)
    assert (row["status"], row["remainingAmount"]) == ("Paid", 0)
    assert desk.ledger(row["number"])[-2:] == [("2310", -375), ("2910", 375)]


@pytest.mark.parametrize(("blocked", "stops"), [("Invoice", True), ("All", True), ("Ship", False)])
def test_a_blocked_customer_is_invoiced_nothing(desk, blocked, stops):
    row = draft(desk, SALES)
    desk.edit("customers", desk.id("customers", number="10000"), blocked=blocked)
    action = f"{path_of(SALES, row)}/Microsoft.NAV.post"
    if stops:
        assert "is blocked with type" in desk.refused("POST", action)[2]
        assert read(desk, SALES, row)["status"] == "Draft"
    else:
        desk.act(path_of(SALES, row))


def test_an_invoice_without_lines_says_so(desk):
    row = desk.create(SALES, {"customerNumber": "10000"})
    for action in ("post", "postAndSend", "send"):
        message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.{action}")[2]
        assert message == "Please add at least one line item to the invoice."


def test_an_invoice_of_texts_alone_has_nothing_to_post(desk):
    row = draft(desk, SALES, {"description": "only words"})
    assert "nothing to post" in desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.post")[2]


def test_a_canceled_invoice_is_taken_back_by_a_corrective_credit_memo_of_its_date(desk):
    goods, balance = stock(desk), desk.read(f"customers({desk.id('customers', number='10000')})")["balanceDue"]
    row = posted(desk, SALES, item_line(desk, SALES, 3, 100, discountPercent=10), discountAmount=27)
    assert led_to(desk, SALES, row, "cancel") == (SALES, read(desk, SALES, row))
    after = read(desk, SALES, row)
    assert (after["status"], after["remainingAmount"], after["number"]) == ("Canceled", 0, row["number"])
    memo = correction_of(desk, "salesCreditMemos", row)
    assert (memo["status"], memo["postingDate"]) == ("Corrective", "2026-01-10")
    assert (memo["invoiceId"], memo["invoiceNumber"]) == (row["id"], row["number"])
    assert desk.ledger(memo["number"]) == [(account, -amount) for account, amount in desk.ledger(row["number"])]
    assert stock(desk) == goods
    assert desk.read(f"customers({row['customerId']})")["balanceDue"] == balance
    assert [line["unitPrice"] for line in lines_of(desk, "salesCreditMemos", memo)] == [100]


def test_goods_come_back_at_what_they_cost_when_they_were_sold(desk):
    goods = stock(desk)
    row = posted(desk, SALES)
    desk.edit("items", desk.id("items", number="1896-S"), unitCost=1)
    desk.act(path_of(SALES, row), "cancel")
    assert stock(desk) == goods


def test_an_invoice_is_canceled_once(desk):
    row = posted(desk, SALES)
    desk.act(path_of(SALES, row), "cancel")
    message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.cancel")[2]
    assert message == "The invoice cannot be canceled because it has already been canceled."


@pytest.mark.parametrize("action", ["cancel", "cancelAndSend", "makeCorrectiveCreditMemo"])
def test_a_draft_is_not_corrected(desk, action):
    row = draft(desk, SALES)
    message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.{action}")[2]
    assert message == "The action can be applied to a posted invoice only."


@pytest.mark.parametrize("amount", [None, -1])
@pytest.mark.parametrize("action", ["cancel", "makeCorrectiveCreditMemo"])
def test_what_is_paid_is_not_corrected(desk, amount, action):
    row = posted(desk, SALES)
    pay(desk, SALES, row, amount)
    assert read(desk, SALES, row)["status"] == ("Open" if amount else "Paid")
    message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.{action}")[2]
    assert "paid" in message or "closed" in message
    assert not desk.company.find("salesCreditMemos", invoiceId=row["id"])


def test_a_refused_cancellation_leaves_nothing(desk):
    row = posted(desk, SALES)
    desk.edit("accounts", desk.id("accounts", number="6110"), blocked=True)
    entries = len(desk.company.find("generalLedgerEntries"))
    message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.cancel")[2]
    assert message.startswith("Canceling the invoice failed because of the following error: Blocked must be")
    assert read(desk, SALES, row)["status"] == "Open"
    assert len(desk.company.find("generalLedgerEntries")) == entries
    assert not desk.company.find("salesCreditMemos", invoiceId=row["id"])


def test_an_invoice_whose_period_is_closed_is_not_canceled(desk):
    row = posted(desk, SALES)
    setup = desk.company.ledger_setup
    desk.edit("generalLedgerSetup", setup["id"], allowPostingFrom="2026-02-01")
    assert "allowed posting dates" in desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.cancel")[2]


def test_a_corrective_credit_memo_is_a_draft_that_settles_the_invoice_once_it_is_posted(desk):
    row = posted(desk, SALES, item_line(desk, SALES, 4, 100))
    where, memo = led_to(desk, SALES, row, "makeCorrectiveCreditMemo")
    assert (where, memo["status"]) == ("salesCreditMemos", "Draft")
    assert (memo["invoiceId"], memo["invoiceNumber"]) == (row["id"], row["number"])
    assert memo["totalAmountIncludingTax"] == row["totalAmountIncludingTax"]
    assert memo["id"] != row["id"]
    (line,) = lines_of(desk, where, memo)
    desk.change(f"salesCreditMemoLines({line['id']})", {"quantity": 1})
    goods = stock(desk)
    desk.act(path_of(where, memo))
    after = read(desk, SALES, row)
    assert (after["status"], after["remainingAmount"]) == ("Open", 375)
    assert read(desk, where, memo)["status"] == "Paid"
    assert stock(desk)[0] == goods[0] + 1


def test_a_posted_invoice_is_canceled_of_which_a_draft_credit_memo_waits(desk):
    row = posted(desk, SALES)
    _, memo = led_to(desk, SALES, row, "makeCorrectiveCreditMemo")
    desk.act(path_of(SALES, row), "cancel")
    assert read(desk, SALES, row)["status"] == "Canceled"
    message = desk.refused("POST", f"salesCreditMemos({memo['id']})/Microsoft.NAV.post")[2]
    assert f"{row['number']} is closed" in message


@pytest.mark.parametrize(
    ("before", "action", "kind", "status"),
    [
        ((), "send", "document", "Draft"),
        ((), "postAndSend", "document", "Open"),
        (("post",), "send", "document", "Open"),
        (("post",), "cancelAndSend", "cancellation", "Canceled"),
        (("post", "cancel"), "send", "cancellation", "Canceled"),
    ],
)
def test_a_mail_goes_to_the_customers_address(desk, before, action, kind, status):
    row = draft(desk, SALES, email="of-the-document@example.com")
    for earlier in before:
        desk.act(path_of(SALES, row), earlier)
    assert led_to(desk, SALES, row, action) == (SALES, read(desk, SALES, row))
    (mail,) = desk.company.find("_mails")
    after = read(desk, SALES, row)
    expected = {"to": "robert.townes@contoso.com", "kind": kind, "documentId": row["id"], "entitySet": SALES}
    assert expected.items() <= mail.items()
    assert (mail["documentNumber"], after["status"]) == (after["number"], status)


@pytest.mark.parametrize(
    ("posts", "action", "status"),
    [(False, "send", "Draft"), (False, "postAndSend", "Open"), (True, "cancelAndSend", "Canceled")],
)
def test_without_an_address_nothing_is_sent_but_what_was_committed_stays(desk, posts, action, status):
    row = draft(desk, SALES)
    if posts:
        desk.act(path_of(SALES, row))
    desk.edit("customers", desk.id("customers", number="10000"), email="")
    message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.{action}")[2]
    assert message.startswith("The send-to email is empty.")
    assert read(desk, SALES, row)["status"] == status
    assert not desk.company.find("_mails")


def test_what_is_attached_to_a_draft_is_attached_to_the_posted_invoice(desk):
    row = draft(desk, SALES)
    body = {"parentId": row["id"], "parentType": "Sales_x0020_Invoice", "fileName": "note.txt"}
    note = desk.create("attachments", body)
    desk.act(path_of(SALES, row))
    assert [one["id"] for one in desk.rows(f"{path_of(SALES, row)}/attachments")] == [note["id"]]


def test_a_refusal_in_a_batch_keeps_what_the_application_had_committed(desk):
    row = draft(desk, SALES)
    desk.edit("customers", desk.id("customers", number="10000"), email="")
    path = f"companies({desk.company.id})/{path_of(SALES, row)}/Microsoft.NAV.postAndSend"
    body = {"requests": [{"id": "1", "method": "POST", "url": path}]}
    assert desk.ask("POST", "$batch", body).status == 200
    assert read(desk, SALES, row)["status"] == "Open"


def test_the_cost_of_goods_is_posted_once_the_set_up_says_where(desk):
    accounts = {"inventoryAccount": "2110", "soldAccount": "7190", "boughtAccount": "7170"}
    desk.company.insert("_costPosting", {"inventoryPostingGroupCode": "RESALE", **accounts})
    sale = posted(desk, SALES, item_line(desk, SALES, 1, 900))
    assert desk.ledger(sale["number"])[-2:] == [("2110", Decimal("-506.6")), ("7190", Decimal("506.6"))]
    bought = posted(desk, "purchaseInvoices", item_line(desk, "purchaseInvoices", 2, 100))
    assert desk.ledger(bought["number"])[-2:] == [("2110", 200), ("7170", -200)]
    desk.act(path_of(SALES, sale), "cancel")
    memo = correction_of(desk, "salesCreditMemos", sale)
    assert desk.ledger(memo["number"])[-2:] == [("2110", Decimal("506.6")), ("7190", Decimal("-506.6"))]
    item = desk.id("items", number="1896-S")
    inventory = desk.read(f"items({item})")["inventory"]
    desk.change(f"items({item})", {"inventory": inventory + 1})
    assert desk.ledger("T00001")[-2:] == [("2110", Decimal("506.6")), ("7170", Decimal("-506.6"))]


DELIVERED = {
    SALES: ("Customer", "salesShipments", "Sales_x0020_Shipment", Decimal("-1519.8")),
    "purchaseInvoices": ("Vendor", "purchaseReceipts", "Purchase_x0020_Receipt", 300),
}


@BOTH
def test_an_invoice_delivers_its_goods_once_the_set_up_says_so(desk, entity_set):
    party, deliveries, item_type, cost = DELIVERED[entity_set]
    before, goods = len(desk.rows(deliveries)), stock(desk)
    posted(desk, entity_set)
    assert len(desk.rows(deliveries)) == before
    desk.company.insert("_deliveryOnInvoice", {"party": party})
    row = posted(desk, entity_set)
    (delivery,) = [one for one in desk.rows(deliveries) if not one["orderNumber"]]
    lines = desk.rows(f"{deliveries}({delivery['id']})/{deliveries[:-1]}Lines")
    assert [line["quantity"] for line in lines] == [3]
    (entry,) = desk.company.find("itemLedgerEntries", documentNumber=delivery["number"])
    assert (entry["documentType"], entry["costAmountActual"]) == (item_type, cost)
    assert not desk.company.find("itemLedgerEntries", documentNumber=row["number"])
    assert stock(desk) == (goods[0] + 2 * entry["quantity"], goods[1] + 2 * cost)

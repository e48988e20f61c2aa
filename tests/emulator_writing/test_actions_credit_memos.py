"""What the actions of credit memos of either side refuse, do and leave."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator_writing.trading import (
    REFERENCES,
    account_line,
    correction_of,
    draft,
    item_line,
    led_to,
    lines_of,
    path_of,
    posted,
    read,
    side_of,
    stock,
)

from dynamics_bc_emulator.rules.posting.corrections import cancel
from dynamics_bc_emulator.rules.posting.kinds import POSTING_KINDS

SALES, PURCHASES = "salesCreditMemos", "purchaseCreditMemos"
BOTH = pytest.mark.parametrize("entity_set", [SALES, PURCHASES])
INVOICES = {SALES: "salesInvoices", PURCHASES: "purchaseInvoices"}


def corrective(desk, entity_set):
    """An invoice and the posted credit memo that cancels it; the API cancels no purchase invoice, a person does."""
    invoice = posted(desk, INVOICES[entity_set])
    kind = POSTING_KINDS[INVOICES[entity_set]]
    cancel(desk.company, kind, desk.company.get(kind.headers, invoice["id"]))
    return invoice, correction_of(desk, entity_set, invoice)


@BOTH
def test_a_posted_credit_memo_keeps_its_ids_and_gets_a_number_of_the_posted_series(desk, entity_set):
    row = draft(desk, entity_set)
    lines = lines_of(desk, entity_set, row)
    assert led_to(desk, entity_set, row, "post") == (entity_set, read(desk, entity_set, row))
    after = read(desk, entity_set, row)
    assert (after["status"], after["number"] != row["number"]) == ("Open", True)
    assert [line["id"] for line in lines_of(desk, entity_set, row)] == [line["id"] for line in lines]


@pytest.mark.parametrize(
    ("entity_set", "ledger"),
    [
        (SALES, [("6110", 200), ("5610", 50), ("8210", 50), ("2310", -300)]),
        (PURCHASES, [("7110", -200), ("5630", -50), ("8210", -50), ("5410", 300)]),
    ],
)
def test_a_credit_memo_takes_back_what_an_invoice_posts(desk, entity_set, ledger):
    row = posted(desk, entity_set, item_line(desk, entity_set, 2, 100), account_line(desk, entity_set))
    assert desk.ledger(row["number"]) == ledger
    entries = desk.rows("generalLedgerEntries", filter=f"documentNumber eq '{row['number']}'")
    assert {entry["documentType"] for entry in entries} == {"Credit_x0020_Memo"}


@pytest.mark.parametrize(("entity_set", "sign", "kind"), [(SALES, 1, "Sale"), (PURCHASES, -1, "Purchase")])
def test_goods_go_the_other_way(desk, entity_set, sign, kind):
    before = stock(desk)[0]
    row = posted(desk, entity_set)
    assert stock(desk)[0] - before == 3 * sign
    (entry,) = desk.company.find("itemLedgerEntries", documentNumber=row["number"])
    assert entry["entryType"] == kind
    assert entry["documentType"] == f"{side_of(entity_set).title()}_x0020_Credit_x0020_Memo"
    assert (entry["quantity"] > 0) == (entry["costAmountActual"] > 0) == (sign > 0)


@BOTH
def test_a_credit_memo_settles_the_invoice_that_it_names(desk, entity_set):
    invoice = posted(desk, INVOICES[entity_set])
    row = posted(desk, entity_set, invoiceId=invoice["id"])
    assert read(desk, entity_set, row)["status"] == "Paid"
    assert read(desk, INVOICES[entity_set], invoice)["status"] == "Paid"


@BOTH
def test_a_part_of_an_invoice_is_credited(desk, entity_set):
    invoice = posted(desk, INVOICES[entity_set], item_line(desk, INVOICES[entity_set], 3, 100))
    row = posted(desk, entity_set, item_line(desk, entity_set, 1, 100), invoiceNumber=invoice["number"])
    assert (row["status"], read(desk, INVOICES[entity_set], invoice)["status"]) == ("Paid", "Open")


@BOTH
def test_a_credit_memo_without_lines_says_so(desk, entity_set):
    row = draft(desk, entity_set)
    for line in lines_of(desk, entity_set, row):
        desk.remove(f"{entity_set[:-1]}Lines({line['id']})")
    message = desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.post")[2]
    assert message == "Please add at least one line item to the credit memo."


@BOTH
def test_a_credit_memo_is_posted_once(desk, entity_set):
    row = posted(desk, entity_set)
    message = desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.post")[2]
    assert message == "The action can be applied to a draft credit memo only."


def test_a_purchase_credit_memo_needs_the_vendors_number_and_a_new_one(desk):
    name = REFERENCES[PURCHASES]
    row = draft(desk, PURCHASES, **{name: ""})
    action = f"{path_of(PURCHASES, row)}/Microsoft.NAV.post"
    assert "Vendor Cr. Memo No." in desk.refused("POST", action)[2]
    desk.change(path_of(PURCHASES, row), {name: "CM-7"})
    desk.act(path_of(PURCHASES, row))
    again = draft(desk, PURCHASES, **{name: "CM-7"})
    assert "already exists" in desk.refused("POST", f"{path_of(PURCHASES, again)}/Microsoft.NAV.post")[2]
    # An invoice may have the number of a credit memo.
    posted(desk, "purchaseInvoices", vendorInvoiceNumber="CM-7")


@BOTH
def test_a_credit_memo_that_corrects_nothing_is_not_canceled(desk, entity_set):
    row = posted(desk, entity_set)
    status, _, message = desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.cancel")
    assert (status, "not a corrective document" in message) == (400, True)


@BOTH
def test_a_draft_is_not_canceled(desk, entity_set):
    row = draft(desk, entity_set)
    message = desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.cancel")[2]
    assert message == "The action can be applied to a posted credit memo only."


@BOTH
def test_a_canceled_credit_memo_leaves_the_invoice_open_again(desk, entity_set):
    goods = stock(desk)
    invoice, memo = corrective(desk, entity_set)
    assert stock(desk) == goods
    assert read(desk, INVOICES[entity_set], invoice)["status"] == "Canceled"
    assert led_to(desk, entity_set, memo, "cancel") == (entity_set, read(desk, entity_set, memo))
    assert read(desk, entity_set, memo)["status"] == "Canceled"
    assert read(desk, INVOICES[entity_set], invoice)["status"] == "Open"
    second = correction_of(desk, INVOICES[entity_set], memo)
    assert second["status"] == "Corrective"
    assert desk.ledger(second["number"]) == desk.ledger(invoice["number"])
    moved = {SALES: (-3, Decimal("-1519.8")), PURCHASES: (3, Decimal(300))}[entity_set]
    assert stock(desk) == (goods[0] + moved[0], goods[1] + moved[1])


@BOTH
def test_an_invoice_that_is_open_again_is_canceled_again(desk, entity_set):
    invoice, memo = corrective(desk, entity_set)
    desk.act(path_of(entity_set, memo), "cancel")
    kind = POSTING_KINDS[INVOICES[entity_set]]
    cancel(desk.company, kind, desk.company.get(kind.headers, invoice["id"]))
    assert read(desk, INVOICES[entity_set], invoice)["status"] == "Canceled"
    assert len(desk.company.find(entity_set, _corrects=invoice["id"])) == 2


@BOTH
def test_a_credit_memo_is_canceled_once(desk, entity_set):
    _, memo = corrective(desk, entity_set)
    desk.act(path_of(entity_set, memo), "cancel")
    assert "already been canceled" in desk.refused("POST", f"{path_of(entity_set, memo)}/Microsoft.NAV.cancel")[2]


def test_the_invoice_that_cancels_a_credit_memo_is_not_canceled(desk):
    _, memo = corrective(desk, SALES)
    desk.act(path_of(SALES, memo), "cancel")
    second = correction_of(desk, "salesInvoices", memo)
    assert "correction" in desk.refused("POST", f"salesInvoices({second['id']})/Microsoft.NAV.cancel")[2]


def test_a_draft_credit_memo_is_not_sent(desk):
    row = draft(desk, SALES)
    status, _, message = desk.refused("POST", f"{path_of(SALES, row)}/Microsoft.NAV.send")
    assert (status, message) == (400, "The action can be applied to a posted credit memo only.")


@pytest.mark.parametrize(("action", "kind"), [("postAndSend", "document"), ("send", "document")])
def test_a_posted_credit_memo_is_sent(desk, action, kind):
    row = draft(desk, SALES) if action == "postAndSend" else posted(desk, SALES)
    desk.act(path_of(SALES, row), action)
    (mail,) = desk.company.find("_mails")
    assert (mail["kind"], mail["documentId"], mail["to"]) == (kind, row["id"], "robert.townes@contoso.com")
    assert read(desk, SALES, row)["status"] == "Open"


@pytest.mark.parametrize("actions", [("cancelAndSend",), ("cancel", "send")])
def test_that_a_credit_memo_is_canceled_is_sent(desk, actions):
    _, memo = corrective(desk, SALES)
    for action in actions:
        desk.act(path_of(SALES, memo), action)
    (mail,) = desk.company.find("_mails")
    assert (mail["kind"], mail["documentId"]) == ("cancellation", memo["id"])


def test_the_control_shows_the_mails(api):
    quote = next(row for row in api.rows("salesQuotes") if row["status"] == "Draft")
    api.act(f"salesQuotes({quote['id']})", "send")
    answer = api.session.get(f"{api.emulator.url}/_emulator/mails", timeout=60)
    (mail,) = answer.json()
    assert (mail["company"], mail["entitySet"], mail["documentNumber"]) == (api.company, "salesQuotes", quote["number"])

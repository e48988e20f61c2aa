"""Purchase invoices."""

from __future__ import annotations

import pytest
from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import PURCHASE_INVOICE, PURCHASE_ORDER, shows, with_lines

CODEUNIT = "APIV2 - Purchase Invoices E2E"


@shows(
    TestGetInvoices=headers.a_posted_one_and_a_draft_are_listed,
    TestPostInvoices=headers.a_new_one_keeps_its_addresses_and_dates,
    TestPostPurchaseInvoiceWithCurrency=headers.a_new_one_keeps_its_currency,
    TestModifyInvoices=headers.a_change_gives_it_other_addresses,
    TestEmptyModifyInvoices=headers.a_change_blanks_its_addresses,
    TestPartialModifyInvoices=headers.a_change_gives_it_parts_of_other_addresses,
    TestDeleteInvoice=headers.a_draft_is_deleted,
    TestCreateInvoiceThroughPageAndAPI=headers.one_that_repeats_the_card_is_like_one_that_names_the_party,
    TestPostInvoiceFailsWithoutVendorNoOrId=headers.one_for_nobody_is_refused,
    TestActionPostPurchaseInvoice=actions.a_draft_is_posted,
)
def test_purchase_invoices(api, claim):
    claim(api, PURCHASE_INVOICE)


@pytest.mark.theirs("TestGetInvoiceFromPostedOrderCorrectOrderIdAndNo")
def test_an_invoice_names_the_order_that_it_came_of(api):
    order = with_lines(api, PURCHASE_ORDER)
    actions.run(api, PURCHASE_ORDER, order, "receiveAndInvoice")
    invoice = api.row("purchaseInvoices", orderNumber=order["number"])
    assert (invoice["orderId"], invoice["status"]) == (order["id"], "Open")

"""Sales invoices."""

from __future__ import annotations

import pytest
from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import (
    FOREIGN_CURRENCY,
    LOCAL_CURRENCY,
    SALES_INVOICE,
    SALES_ORDER,
    new_document,
    shows,
    with_lines,
)
from conformance.plain_http import ZERO

CODEUNIT = "APIV2 - Sales Invoices E2E"


@shows(
    TestPostInvoices=headers.a_new_one_keeps_its_addresses_and_dates,
    TestPostInvoiceWithCurrency=headers.a_new_one_keeps_its_currency,
    TestModifyInvoices=headers.a_change_gives_it_other_addresses,
    TestEmptyModifyInvoices=headers.a_change_blanks_its_addresses,
    TestPartialModifyInvoices=headers.a_change_gives_it_parts_of_other_addresses,
    TestDeleteInvoice=headers.a_draft_is_deleted,
    TestCreateInvoiceThroughPageAndAPI=headers.one_that_repeats_the_card_is_like_one_that_names_the_party,
    TestGetInvoicesAppliesDiscountPct=headers.reading_shows_the_discount_of_the_table,
    TestGetInvoicesRedistributesDiscountAmt=headers.reading_shows_the_amount_that_is_left_of_the_discount,
    TestPostInvoiceFailsWithoutCustomerNoOrId=headers.one_for_nobody_is_refused,
    TestModifyInvoiceSetManualDiscount=headers.a_discount_is_set_as_an_amount,
    TestClearingManualDiscounts=headers.a_discount_is_taken_back,
    TestGetInvoices=headers.a_posted_one_and_a_draft_are_listed,
    TestActionPostInvoice=actions.a_draft_is_posted,
    TestActionPostAndSendInvoice=actions.a_draft_is_posted_and_sent,
    TestActionCancelInvoice=actions.a_posted_invoice_is_canceled,
    TestActionCancelAndSendInvoice=actions.a_posted_invoice_is_canceled_and_sent,
    TestActionSendPostedInvoice=actions.a_posted_one_is_sent,
    TestActionSendDraftInvoice=actions.a_draft_is_sent,
    TestActionSendCancelledInvoice=actions.a_canceled_invoice_is_sent,
    TestActionMakeCorrectiveCreditMemo=actions.a_posted_invoice_gets_a_corrective_credit_memo,
)
def test_sales_invoices(api, claim):
    claim(api, SALES_INVOICE)


@pytest.mark.theirs("TestPostInvoiceWithEmail")
def test_a_new_invoice_keeps_its_mail_address(api):
    created = new_document(api, SALES_INVOICE, currencyCode=FOREIGN_CURRENCY, email="test@contoso.example")
    assert api.row("salesInvoices", number=created["number"])["email"] == "test@contoso.example"


@pytest.mark.theirs("TestPostInvoiceWithDates")
def test_a_new_invoice_keeps_its_dates(api):
    dates = {"invoiceDate": "2026-03-01", "dueDate": "2026-03-02", "postingDate": "2026-03-02"}
    created = new_document(api, SALES_INVOICE, **dates)
    assert dates.items() <= api.row("salesInvoices", number=created["number"]).items()


@pytest.mark.theirs("TestModifyingWithBlankIdEmptiesTheCodeAndTheId")
def test_a_blank_id_clears_what_it_names(api):
    ids = {
        "currencyId": api.id("currencies", code=FOREIGN_CURRENCY),
        "paymentTermsId": api.id("paymentTerms", code="14 DAYS"),
        "shipmentMethodId": api.id("shipmentMethods", code="CIF"),
    }
    path = f"salesInvoices({new_document(api, SALES_INVOICE, **ids)['id']})"
    assert ids.items() <= api.get(path).items()
    assert api.get(path)["currencyCode"] == FOREIGN_CURRENCY
    blank = dict.fromkeys(ids, ZERO)
    api.patch(path, blank)
    assert blank.items() <= api.get(path).items()
    assert api.get(path)["currencyCode"] == LOCAL_CURRENCY


@pytest.mark.theirs("TestModifyInvoiceNumberForDraftInvoice")
def test_the_number_of_a_draft_is_read_only(api):
    path = f"salesInvoices({new_document(api, SALES_INVOICE)['id']})"
    status, _, message = api.refused("PATCH", path, {"number": "A-NEW-ONE"})
    assert status == 400
    assert "read-only" in message


@pytest.mark.theirs("TestGetInvoiceFromPostedOrderCorrectOrderIdAndNo")
def test_an_invoice_names_the_order_that_it_came_of(api):
    order = with_lines(api, SALES_ORDER)
    actions.run(api, SALES_ORDER, order, "shipAndInvoice")
    invoice = api.row("salesInvoices", orderNumber=order["number"])
    assert (invoice["orderId"], invoice["status"]) == (order["id"], "Open")

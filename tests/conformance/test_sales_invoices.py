"""Sales invoices."""

from __future__ import annotations

from conformance import document_headers as headers
from conformance.documents import SALES_INVOICE, shows

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
)
def test_sales_invoices(api, claim):
    claim(api, SALES_INVOICE)

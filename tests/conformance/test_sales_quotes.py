"""Sales quotes."""

from __future__ import annotations

from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import SALES_QUOTE, shows

CODEUNIT = "APIV2 - Sales Quotes E2E"


@shows(
    TestGetQuotes=headers.two_drafts_are_listed,
    TestPostQuotes=headers.a_new_one_keeps_its_addresses_and_dates,
    TestPostQuoteWithCurrency=headers.a_new_one_keeps_its_currency,
    TestModifyQuotes=headers.a_change_gives_it_other_addresses,
    TestEmptyModifyQuotes=headers.a_change_blanks_its_addresses,
    TestPartialModifyQuotes=headers.a_change_gives_it_parts_of_other_addresses,
    TestDeleteQuotes=headers.two_drafts_are_deleted,
    TestCreateQuoteThroughPageAndAPI=headers.one_that_repeats_the_card_is_like_one_that_names_the_party,
    TestGetQuotesAppliesDiscountPct=headers.reading_shows_the_discount_of_the_table,
    TestGetQuotesRedistributesDiscountAmt=headers.reading_shows_the_amount_that_is_left_of_the_discount,
    TestModifyQuoteSetManualDiscount=headers.a_discount_is_set_as_an_amount,
    TestClearingManualDiscounts=headers.a_discount_is_taken_back,
    TestActionSendQuote=actions.a_quote_is_sent,
    TestActionMakeInvoiceFromQuote=actions.a_quote_becomes_an_invoice,
    TestActionMakeOrderFromQuote=actions.a_quote_becomes_an_order,
)
def test_sales_quotes(api, claim):
    claim(api, SALES_QUOTE)

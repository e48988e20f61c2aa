"""Purchase credit memos."""

from __future__ import annotations

import pytest
from conformance import document_headers as headers
from conformance.documents import PURCHASE_CREDIT_MEMO, new_document, shows

CODEUNIT = "APIV2 - Purch. Cr. Memos E2E"


@shows(
    TestPostCreditMemos=headers.a_new_one_keeps_its_addresses_and_dates,
    TestPostCreditMemoWithCurrency=headers.a_new_one_keeps_its_currency,
    TestModifyCreditMemos=headers.a_change_gives_it_other_addresses,
    TestEmptyModifyCreditMemos=headers.a_change_blanks_its_addresses,
    TestPartialModifyCreditMemos=headers.a_change_gives_it_parts_of_other_addresses,
    TestDeleteCreditMemo=headers.a_draft_is_deleted,
    TestCreateCreditMemoThroughPageAndAPI=headers.one_that_repeats_the_card_is_like_one_that_names_the_party,
    TestModifyCreditMemoSetManualDiscount=headers.a_discount_is_set_as_an_amount,
    TestClearingManualDiscounts=headers.a_discount_is_taken_back,
)
def test_purchase_credit_memos(api, claim):
    claim(api, PURCHASE_CREDIT_MEMO)


@pytest.mark.theirs("TestPostCreditMemoWithVendorCreditMemoNo")
def test_a_new_credit_memo_keeps_the_vendors_number(api):
    created = new_document(api, PURCHASE_CREDIT_MEMO, vendorCreditMemoNumber="ABC-15")
    kept = api.row("purchaseCreditMemos", number=created["number"])
    assert (kept["id"], kept["vendorCreditMemoNumber"]) == (created["id"], "ABC-15")

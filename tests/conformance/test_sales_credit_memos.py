"""Sales credit memos."""

from __future__ import annotations

from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import SALES_CREDIT_MEMO, shows

CODEUNIT = "APIV2 - Sales Credit Memos E2E"


@shows(
    TestPostCreditMemos=headers.a_new_one_keeps_its_addresses_and_dates,
    TestPostCreditMemoWithCurrency=headers.a_new_one_keeps_its_currency,
    TestModifyCreditMemos=headers.a_change_gives_it_other_addresses,
    TestEmptyModifyCreditMemos=headers.a_change_blanks_its_addresses,
    TestPartialModifyCreditMemos=headers.a_change_gives_it_parts_of_other_addresses,
    TestDeleteCreditMemo=headers.a_draft_is_deleted,
    TestCreateCreditMemoThroughPageAndAPI=headers.one_that_repeats_the_card_is_like_one_that_names_the_party,
    TestGetCreditMemosAppliesDiscountPct=headers.reading_shows_the_discount_of_the_table,
    TestGetCreditMemosRedistributesDiscountAmt=headers.reading_shows_the_amount_that_is_left_of_the_discount,
    TestModifyCreditMemoSetManualDiscount=headers.a_discount_is_set_as_an_amount,
    TestClearingManualDiscounts=headers.a_discount_is_taken_back,
    TestGetCreditMemos=headers.a_posted_one_and_a_draft_are_listed,
    TestActionPostCreditMemo=actions.a_draft_is_posted,
    TestActionPostAndSendCreditMemo=actions.a_draft_is_posted_and_sent,
    TestActionCancelNonCorrectiveCreditMemo=actions.another_credit_memo_is_not_canceled,
    TestActionCancelCorrectiveCreditMemo=actions.a_corrective_credit_memo_is_canceled,
    TestActionCancelAndSendCorrectiveCreditMemo=actions.a_corrective_credit_memo_is_canceled_and_sent,
    TestActionSendPostedCreditMemo=actions.a_posted_one_is_sent,
    TestActionSendDraftCreditMemo=actions.a_draft_is_not_sent,
    TestActionSendCancelledCreditMemo=actions.a_canceled_credit_memo_is_sent,
)
def test_sales_credit_memos(api, claim):
    claim(api, SALES_CREDIT_MEMO)

"""Purchase credit memos."""

from __future__ import annotations

import pytest
from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import PURCHASE_CREDIT_MEMO, PURCHASE_INVOICE, new_document, path_of, shows, with_lines

from dynamics_bc_emulator.rules.posting.corrections import cancel
from dynamics_bc_emulator.rules.posting.kinds import POSTING_KINDS

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
    TestGetCreditMemos=headers.a_posted_one_and_a_draft_are_listed,
    TestActionPostCreditMemo=actions.a_draft_is_posted,
    TestActionCancelNonCorrectiveCreditMemo=actions.another_credit_memo_is_not_canceled,
)
def test_purchase_credit_memos(api, claim):
    claim(api, PURCHASE_CREDIT_MEMO)


@pytest.mark.theirs("TestPostCreditMemoWithVendorCreditMemoNo")
def test_a_new_credit_memo_keeps_the_vendors_number(api):
    created = new_document(api, PURCHASE_CREDIT_MEMO, vendorCreditMemoNumber="ABC-15")
    kept = api.row("purchaseCreditMemos", number=created["number"])
    assert (kept["id"], kept["vendorCreditMemoNumber"]) == (created["id"], "ABC-15")


@pytest.mark.theirs("TestActionCancelCorrectiveCreditMemo")
def test_a_corrective_credit_memo_is_canceled(api):
    """The API cancels no purchase invoice: a person does it in the client."""
    invoice = with_lines(api, PURCHASE_INVOICE)
    actions.run(api, PURCHASE_INVOICE, invoice, "post")
    company = api.desk.company
    cancel(company, POSTING_KINDS["purchaseInvoices"], company.get("purchaseInvoices", invoice["id"]))
    memo = api.row("purchaseCreditMemos", invoiceNumber=api.get(path_of(PURCHASE_INVOICE, invoice))["number"])
    assert memo["status"] == "Corrective"
    actions.run(api, PURCHASE_CREDIT_MEMO, memo, "cancel")
    assert actions.status_of(api, PURCHASE_CREDIT_MEMO, memo) == "Canceled"

"""The lines of purchase credit memos."""

from __future__ import annotations

from conformance import document_lines as lines
from conformance.documents import PURCHASE_CREDIT_MEMO, shows

CODEUNIT = "APIV2 - Purch. Cr.M. Lines E2E"


@shows(
    TestFailsOnIDAbsense=lines.reading_without_a_parent_is_refused,
    TestGetCreditMemoLineDirectly=lines.a_line_is_read_by_its_id,
    TestGetCreditMemoLines=lines.lines_are_read_through_their_document,
    TestGetCreditMemoLinesDirectlyWithDocumentIdFilter=lines.lines_are_read_by_their_documents_id,
    TestPostCreditMemoLines=lines.a_line_is_added,
    TestPostCreditMemoLineWithSequence=lines.a_line_keeps_the_place_it_asks_for,
    TestModifyCreditMemoLines=lines.a_lines_quantity_is_changed,
    TestModifyCreditMemoLineFailsOnSequenceIdOrDocumentIdChange=lines.a_line_stays_in_its_place_and_its_document,
    TestDeleteCreditMemoLine=lines.a_line_is_deleted,
    TestCreateLineThroughPageAndAPI=lines.a_line_that_repeats_the_item_is_like_one_that_names_it,
    TestGettingLinesWithDifferentTypes=lines.lines_of_every_type_are_listed,
    TestPostingBlankLineDefaultsToCommentType=lines.a_line_with_a_text_alone_is_a_comment,
    TestPostingCommentLine=lines.a_comment_is_kept,
    TestPatchingTheIdToAccountChangesLineType=lines.an_account_makes_an_item_line_one_for_it,
    TestPatchingTheIdToItemChangesLineType=lines.an_item_makes_an_asset_line_one_for_it,
    TestPatchingTheTypeBlanksIds=lines.another_type_blanks_what_the_line_is_for,
    TestPostCreditMemoLinesWithItemVariant=lines.a_line_is_for_a_variant_of_its_item,
    TestPostCreditMemoLinesWithWrongItemVariant=lines.a_variant_of_another_item_is_refused,
    TestGetPostedCreditMemoLines=lines.lines_of_a_posted_one_are_read,
    TestDeletePostedCreditMemoLine=lines.a_line_of_a_posted_one_stays,
)
def test_purchase_credit_memo_lines(api, claim):
    claim(api, PURCHASE_CREDIT_MEMO)

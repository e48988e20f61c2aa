"""The lines of sales quotes."""

from __future__ import annotations

from conformance import document_lines as lines
from conformance.documents import SALES_QUOTE, shows

CODEUNIT = "APIV2 - Sales Quote Lines E2E"


@shows(
    TestGetQuoteLineDirectly=lines.a_line_is_read_by_its_id,
    TestGetQuoteLines=lines.lines_are_read_through_their_document,
    TestGetQuoteLinesDirectlyWithDocumentIdFilter=lines.lines_are_read_by_their_documents_id,
    TestPostQuoteLines=lines.a_line_is_added,
    TestModifyQuoteLines=lines.a_lines_quantity_is_changed,
    TestModifyQuoteLineFailsOnSequenceIdOrDocumentIdChange=lines.a_line_stays_in_its_place_and_its_document,
    TestDeleteQuoteLine=lines.a_line_is_deleted,
    TestInsertingLineUpdatesQuoteDiscountPct=lines.a_new_line_reaches_the_tables_discount,
    TestModifyingLineUpdatesQuoteDiscountPct=lines.a_larger_line_reaches_the_tables_discount,
    TestDeletingLineMovesQuoteDiscountPct=lines.without_a_line_a_smaller_discount_is_reached,
    TestDeletingLineRemovesQuoteDiscountPct=lines.without_a_line_no_discount_is_reached,
    TestInsertingLineKeepsQuoteDiscountAmt=lines.a_new_line_keeps_the_discount_amount,
    TestModifyingLineKeepsQuoteDiscountAmt=lines.an_emptied_line_takes_its_share_of_a_sales_discount,
    TestDeletingLineKeepsQuoteDiscountAmt=lines.without_a_line_the_discount_amount_stays,
    TestPostingBlankLineDefaultsToCommentType=lines.a_line_with_a_text_alone_is_a_comment,
    TestPostingCommentLine=lines.a_comment_is_kept,
    TestPatchingTheTypeBlanksIds=lines.another_type_blanks_what_the_line_is_for,
    TestPostQuoteLinesWithItemVariant=lines.a_line_is_for_a_variant_of_its_item,
    TestPostQuoteLinesWithWrongItemVariant=lines.a_variant_of_another_item_is_refused,
)
def test_sales_quote_lines(api, claim):
    claim(api, SALES_QUOTE)

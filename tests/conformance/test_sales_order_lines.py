"""The lines of sales orders."""

from __future__ import annotations

from conformance import document_lines as lines
from conformance.documents import SALES_ORDER, shows

CODEUNIT = "APIV2 - Sales Order Lines E2E"


@shows(
    TestFailsOnIDAbsense=lines.reading_without_a_parent_is_refused,
    TestGetOrderLineDirectly=lines.a_line_is_read_by_its_id,
    TestGetOrderLines=lines.lines_are_read_through_their_document,
    TestGetOrderLinesDirectlyWithDocumentIdFilter=lines.lines_are_read_by_their_documents_id,
    TestPostOrderLines=lines.a_line_is_added,
    TestModifyOrderLines=lines.a_lines_quantity_is_changed,
    TestModifyOrderLineFailsOnSequenceIdOrDocumentIdChange=lines.a_line_stays_in_its_place_and_its_document,
    TestDeleteOrderLine=lines.a_line_is_deleted,
    TestCreateLineThroughPageAndAPI=lines.a_line_that_repeats_the_item_is_like_one_that_names_it,
    TestInsertingLineUpdatesOrderDiscountPct=lines.a_new_line_reaches_the_tables_discount,
    TestModifyingLineUpdatesOrderDiscountPct=lines.a_larger_line_reaches_the_tables_discount,
    TestDeletingLineMovesOrderDiscountPct=lines.without_a_line_a_smaller_discount_is_reached,
    TestDeletingLineRemovesOrderDiscountPct=lines.without_a_line_no_discount_is_reached,
    TestInsertingLineKeepsOrderDiscountAmt=lines.a_new_line_keeps_the_discount_amount,
    TestModifyingLineKeepsOrderDiscountAmt=lines.an_emptied_line_takes_its_share_of_a_sales_discount,
    TestDeletingLineKeepsOrderDiscountAmt=lines.without_a_line_the_discount_amount_stays,
    TestGettingLinesWithDifferentTypes=lines.lines_of_every_type_are_listed,
    TestPostingBlankLineDefaultsToCommentType=lines.a_line_with_a_text_alone_is_a_comment,
    TestPostingCommentLine=lines.a_comment_is_kept,
    TestPatchingTheIdToAccountChangesLineType=lines.an_account_makes_an_item_line_one_for_it,
    TestPatchingTheIdToItemChangesLineType=lines.an_item_makes_an_account_line_one_for_it,
    TestPatchingTheTypeBlanksIds=lines.another_type_blanks_what_the_line_is_for,
    TestPostOrderLineWithItemVariant=lines.a_line_is_for_a_variant_of_its_item,
    TestPostOrderLineWithWrongItemVariant=lines.a_variant_of_another_item_is_refused,
    TestExpandReturnsCorrectDocumentLines=lines.a_document_is_read_with_its_own_lines,
    TestExpandReturnsCorrectDocumentLinesWithMultipleDocuments=lines.each_document_is_read_with_its_own_lines,
)
def test_sales_order_lines(api, claim):
    claim(api, SALES_ORDER)

"""The lines of sales invoices."""

from __future__ import annotations

from conformance import document_lines as lines
from conformance.documents import SALES_INVOICE, shows

CODEUNIT = "APIV2 - Sales Inv. Lines E2E"


@shows(
    TestFailsOnIDAbsense=lines.reading_without_a_parent_is_refused,
    TestGetInvoiceLineDirectly=lines.a_line_is_read_by_its_id,
    TestGetInvoiceLines=lines.lines_are_read_through_their_document,
    TestGetInvoiceLinesDirectlyWithDocumentIdFilter=lines.lines_are_read_by_their_documents_id,
    TestPostInvoiceLines=lines.a_line_is_added,
    TestPostInvoiceLineWithSequence=lines.a_line_keeps_the_place_it_asks_for,
    TestPostInvoiceLinesWithUoM=lines.a_line_takes_its_unit_by_id_or_by_code,
    TestModifyInvoiceLine=lines.a_lines_quantity_is_changed,
    TestModifyInvoiceLineFailsOnSequenceIdOrDocumentIdChange=lines.a_line_stays_in_its_place_and_its_document,
    TestModifyInvoiceLineWithUoM=lines.a_lines_unit_is_changed_by_id_or_by_code,
    TestDeleteInvoiceLine=lines.a_line_is_deleted,
    TestCreateLineThroughPageAndAPI=lines.a_line_that_repeats_the_item_is_like_one_that_names_it,
    TestInsertingLineUpdatesInvoiceDiscountPct=lines.a_new_line_reaches_the_tables_discount,
    TestModifyingLineUpdatesInvoiceDiscountPct=lines.a_larger_line_reaches_the_tables_discount,
    TestDeletingLineMovesInvoiceDiscountPct=lines.without_a_line_a_smaller_discount_is_reached,
    TestDeletingLineRemovesInvoiceDiscountPct=lines.without_a_line_no_discount_is_reached,
    TestInsertingLineKeepsInvoiceDiscountAmt=lines.a_new_line_keeps_the_discount_amount,
    TestModifyingLineKeepsInvoiceDiscountAmt=lines.an_emptied_line_takes_its_share_of_a_sales_discount,
    TestDeletingLineKeepsInvoiceDiscountAmt=lines.without_a_line_the_discount_amount_stays,
    TestGettingLinesWithDifferentTypes=lines.lines_of_every_type_are_listed,
    TestPostingBlankLineDefaultsToCommentType=lines.a_line_with_a_text_alone_is_a_comment,
    TestPostingCommentLine=lines.a_comment_is_kept,
    TestPatchingTheIdToAccountChangesLineType=lines.an_account_makes_an_item_line_one_for_it,
    TestPatchingTheIdToItemChangesLineType=lines.an_item_makes_an_account_line_one_for_it,
    TestPatchingTheTypeBlanksIds=lines.another_type_blanks_what_the_line_is_for,
    TestPostInvoiceLinesWithItemVariant=lines.a_line_is_for_a_variant_of_its_item,
    TestPostInvoiceLinesWithWrongItemVariant=lines.a_variant_of_another_item_is_refused,
    TestGetPostedInvoiceLines=lines.lines_of_a_posted_one_are_read,
    TestDeletePostedInvoiceLine=lines.a_line_of_a_posted_one_stays,
)
def test_sales_invoice_lines(api, claim):
    claim(api, SALES_INVOICE)

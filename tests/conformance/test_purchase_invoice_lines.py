"""The lines of purchase invoices."""

from __future__ import annotations

from conformance import document_lines as lines
from conformance.documents import PURCHASE_INVOICE, shows

CODEUNIT = "APIV2 - Purchase Inv Lines E2E"


@shows(
    TestFailsOnIDAbsense=lines.reading_without_a_parent_is_refused,
    TestGetInvoiceLineDirectly=lines.a_line_is_read_by_its_id,
    TestGetInvoiceLines=lines.lines_are_read_through_their_document,
    TestGetInvoiceLinesDirectlyWithDocumentIdFilter=lines.lines_are_read_by_their_documents_id,
    TestGetPostedInvoiceLines=lines.lines_of_a_posted_one_are_read,
    TestPostInvoiceLines=lines.a_line_is_added,
    TestPostInvoiceLineWithSequence=lines.a_line_keeps_the_place_it_asks_for,
    TestModifyInvoiceLines=lines.a_lines_quantity_is_changed,
    TestModifyInvoiceLineFailsOnSequenceIdOrDocumentIdChange=lines.a_line_stays_in_its_place_and_its_document,
    TestDeleteInvoiceLine=lines.a_line_is_deleted,
    TestDeletePostedInvoiceLine=lines.a_line_of_a_posted_one_stays,
    TestCreateLineThroughPageAndAPI=lines.a_line_that_repeats_the_item_is_like_one_that_names_it,
    TestInsertingLineUpdatesInvoiceDiscountPct=lines.a_new_line_reaches_the_tables_discount,
    TestModifyingLineUpdatesInvoiceDiscountPct=lines.a_larger_line_reaches_the_tables_discount,
    TestDeletingLineRemovesInvoiceDiscountPct=lines.without_a_line_no_discount_is_reached,
    TestInsertingLineKeepsInvoiceDiscountAmt=lines.a_new_line_keeps_the_discount_amount,
    TestPostingBlankLineDefaultsToCommentType=lines.a_line_with_a_text_alone_is_a_comment,
    TestPostingCommentLine=lines.a_comment_is_kept,
    TestPatchingTheTypeBlanksIds=lines.another_type_blanks_what_the_line_is_for,
    TestPostInvoiceLinesWithItemVariant=lines.a_line_is_for_a_variant_of_its_item,
    TestPostInvoiceLinesWithWrongItemVariant=lines.a_variant_of_another_item_is_refused,
)
def test_purchase_invoice_lines(api, claim):
    claim(api, PURCHASE_INVOICE)

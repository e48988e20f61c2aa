"""Sales orders."""

from __future__ import annotations

import pytest
from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import SALES_ORDER, path_of, shows, with_lines

CODEUNIT = "APIV2 - Sales Orders E2E"


@shows(
    TestGetOrders=headers.two_drafts_are_listed,
    TestPostOrders=headers.a_new_one_keeps_its_addresses_and_dates,
    TestPostOrderForCustomerWithLocationCode=headers.a_new_one_takes_its_partys_location,
    TestPostOrderWithCurrency=headers.a_new_one_keeps_its_currency,
    TestModifyOrders=headers.a_change_gives_it_other_addresses,
    TestEmptyModifyOrders=headers.a_change_blanks_its_addresses,
    TestPartialModifyOrders=headers.a_change_gives_it_parts_of_other_addresses,
    TestDeleteOrders=headers.two_drafts_are_deleted,
    TestCreateOrderThroughPageAndAPI=headers.one_that_repeats_the_card_is_like_one_that_names_the_party,
    TestGetOrdersAppliesDiscountPct=headers.reading_shows_the_discount_of_the_table,
    TestGetOrdersRedistributesDiscountAmt=headers.reading_shows_the_amount_that_is_left_of_the_discount,
    TestModifyOrderSetManualDiscount=headers.a_discount_is_set_as_an_amount,
    TestClearingManualDiscounts=headers.a_discount_is_taken_back,
)
def test_sales_orders(api, claim):
    claim(api, SALES_ORDER)


@pytest.mark.theirs("TestActionShipAndInvoice")
def test_an_order_is_shipped_and_invoiced(api):
    order = with_lines(api, SALES_ORDER)
    actions.run(api, SALES_ORDER, order, "shipAndInvoice")
    assert not api.is_there(path_of(SALES_ORDER, order))
    assert api.rows("salesOrders", filter=f"number eq '{order['number']}'") == []
    assert api.row("salesShipments", orderNumber=order["number"])["customerNumber"] == order["customerNumber"]
    assert api.row("salesInvoices", orderNumber=order["number"])["status"] == "Open"

"""Purchase orders."""

from __future__ import annotations

import pytest
from conformance import document_actions as actions
from conformance import document_headers as headers
from conformance.documents import (
    LOCAL_CURRENCY,
    PURCHASE_ORDER,
    address_of,
    home_of,
    new_party,
    path_of,
    prefixed,
    shows,
    with_lines,
)

CODEUNIT = "APIV2 - Purchase Orders E2E"


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
def test_purchase_orders(api, claim):
    claim(api, PURCHASE_ORDER)


@pytest.mark.theirs("TestPostOrdersWithEmptyShippingAddress")
def test_a_new_order_without_an_address_is_shipped_to_the_company(api):
    vendor, payee = (new_party(api, PURCHASE_ORDER, name) for name in ("First", "Second"))
    dates = {"orderDate": "2026-03-01", "postingDate": "2026-03-01"}
    numbers = {"vendorNumber": vendor["number"], "payToVendorNumber": payee["number"]}
    created = api.post("purchaseOrders", {**numbers, **dates, **prefixed("buyFrom", home_of(vendor))})
    kept = api.row("purchaseOrders", number=created["number"])
    assert {**numbers, **dates, "currencyCode": LOCAL_CURRENCY}.items() <= kept.items()
    assert all(kept[f"shipTo{name}"] for name in ("Name", "AddressLine1", "City", "Country", "PostCode"))
    assert address_of(kept, "buyFrom") == home_of(vendor)
    assert address_of(kept, "payTo") == home_of(payee)


@pytest.mark.theirs("TestActionRecieveAndInvoice")
def test_an_order_is_received_and_invoiced(api):
    order = with_lines(api, PURCHASE_ORDER)
    actions.run(api, PURCHASE_ORDER, order, "receiveAndInvoice")
    assert not api.is_there(path_of(PURCHASE_ORDER, order))
    assert api.rows("purchaseOrders", filter=f"number eq '{order['number']}'") == []
    assert api.row("purchaseInvoices", orderNumber=order["number"])["status"] == "Open"

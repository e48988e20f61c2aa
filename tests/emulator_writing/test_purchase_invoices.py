"""Purchase invoices as drafts: what a create takes from the vendor, amounts, discounts, what a change may do."""

from __future__ import annotations

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"


def stamp(api, bill):
    return api.read(f"purchaseInvoices({bill['id']})")["lastModifiedDateTime"]


def totals(api, bill):
    header = api.read(f"purchaseInvoices({bill['id']})")
    return header["totalAmountExcludingTax"], header["totalTaxAmount"], header["totalAmountIncludingTax"]


def test_a_create_without_a_vendor_is_refused(api):
    assert "vendor" in api.refused("POST", "purchaseInvoices", {"vendorInvoiceNumber": "x"})


@pytest.mark.parametrize(
    "body", [{"vendorNumber": "NOPE"}, {"vendorId": "11111111-1111-1111-1111-111111111111"}, {"vendorId": ZERO}]
)
def test_an_unknown_vendor_is_refused(api, body):
    api.refused("POST", "purchaseInvoices", body)


def test_a_draft_takes_what_it_needs_from_its_vendor(api):
    vendor = api.row("vendors", number="20000")
    created = api.create("purchaseInvoices", {"vendorId": vendor["id"], "invoiceDate": "2026-01-10"})
    assert (created["status"], created["orderId"]) == ("Draft", ZERO)
    assert created["number"]
    assert (created["vendorNumber"], created["vendorName"]) == ("20000", "First Up Consultants")
    assert (created["payToVendorId"], created["payToName"]) == (vendor["id"], "First Up Consultants")
    assert (created["buyFromAddressLine1"], created["buyFromPostCode"]) == (
        vendor["addressLine1"],
        vendor["postalCode"],
    )
    assert created["shipToName"] == "CRONUS International Ltd."
    assert created["currencyCode"] == "GBP"
    # Payment terms CM: the end of the month of the invoice.
    assert (created["invoiceDate"], created["postingDate"], created["dueDate"]) == (
        "2026-01-10",
        "2026-01-10",
        "2026-01-31",
    )


def test_a_create_keeps_the_sent_addresses_and_dates(api):
    sent = {
        "dueDate": "2026-03-03",
        "postingDate": "2026-02-01",
        "buyFromAddressLine1": "Elsewhere 1",
        "shipToName": "Warehouse",
        "shipToCity": "Leeds",
        "vendorNumber": "20000",
        "invoiceDate": "2026-01-31",
    }
    assert sent.items() <= api.create("purchaseInvoices", sent).items()


def test_the_id_of_a_vendor_wins_over_its_number(api):
    body = {"vendorId": api.id("vendors", number="10000"), "vendorNumber": "20000"}
    assert api.create("purchaseInvoices", body)["vendorNumber"] == "10000"


def test_orders_refuse_a_vendor_number_that_disagrees_with_the_id(api):
    body = {"vendorId": api.id("vendors", number="10000"), "vendorNumber": "20000"}
    api.refused("POST", "purchaseOrders", body)


def test_an_invoice_in_a_currency_shows_it(api):
    assert api.create("purchaseInvoices", {"vendorNumber": "20000", "currencyCode": "EUR"})["currencyCode"] == "EUR"


def test_a_blocked_vendor_gets_no_invoice(api):
    vendor = api.id("vendors", number="20000")
    api.change(f"vendors({vendor})", {"blocked": "All"})
    assert "blocked" in api.refused("POST", "purchaseInvoices", {"vendorId": vendor})


def test_numbers_cannot_be_sent(api, bill):
    assert api.create("purchaseInvoices", {"vendorNumber": "20000", "number": "MINE"})["number"] != "MINE"
    message = api.refused("PATCH", f"purchaseInvoices({bill['id']})", {"number": "MINE"}, "BadRequest_InvalidOperation")
    assert "read-only" in message


def test_two_drafts_may_share_a_vendor_invoice_number(api, bill):
    assert (
        api.create("purchaseInvoices", {"vendorNumber": "20000", "vendorInvoiceNumber": "b-1"})["vendorInvoiceNumber"]
        == "B-1"
    )


def test_a_draft_is_changed(api, bill):
    changes = {"dueDate": "2026-04-01", "vendorInvoiceNumber": "B-2", "buyFromCity": "Oxford"}
    assert changes.items() <= api.change(f"purchaseInvoices({bill['id']})", changes).items()


def test_an_empty_change_changes_nothing(api, bill):
    before = api.read(f"purchaseInvoices({bill['id']})")
    assert api.change(f"purchaseInvoices({bill['id']})", {}) == before


def test_a_changed_date_moves_the_due_date(api, bill):
    assert api.change(f"purchaseInvoices({bill['id']})", {"invoiceDate": "2026-02-05"})["dueDate"] == "2026-02-28"


def test_a_deleted_draft_takes_its_lines_with_it(api, bill):
    api.remove(f"purchaseInvoices({bill['id']})")
    assert api.call("GET", f"purchaseInvoices({bill['id']})").status_code == 404
    assert not [row for row in api.stored("purchaseInvoiceLines") if row["documentId"] == bill["id"]]


def test_the_totals_are_those_of_the_lines_with_tax_of_the_set_up(api, bill):
    item, account = bill["purchaseInvoiceLines"]
    assert (item["taxCode"], item["taxPercent"], item["amountExcludingTax"], item["totalTaxAmount"]) == (
        "STANDARD",
        25,
        200,
        50,
    )
    assert (account["taxPercent"], account["amountIncludingTax"]) == (0, 50.25)
    assert totals(api, bill) == (250.25, 50, 300.25)


@pytest.mark.parametrize(("vendor", "percent"), [("20000", 25), ("30000", 0), ("10000", 0)])
def test_tax_follows_the_vendors_area(api, vendor, percent):
    line = {"itemId": api.id("items", number="1896-S"), "quantity": 1, "unitCost": 10}
    created = api.create(
        "purchaseInvoices", {"vendorNumber": vendor, "purchaseInvoiceLines": [line]}, expand="purchaseInvoiceLines"
    )
    assert created["purchaseInvoiceLines"][0]["taxPercent"] == percent


def test_a_tax_code_sets_the_rate_of_a_line(api, bill):
    line = bill["purchaseInvoiceLines"][1]["id"]
    changed = api.change(f"purchaseInvoiceLines({line})", {"taxCode": "reduced"})
    assert (changed["taxCode"], changed["taxPercent"], changed["totalTaxAmount"]) == ("REDUCED", 10, 5.03)
    api.refused("PATCH", f"purchaseInvoiceLines({line})", {"taxCode": "NOPE"}, "Internal_InvalidTableRelation")


def test_prices_that_include_tax_are_split(api, bill):
    api.change(f"purchaseInvoices({bill['id']})", {"pricesIncludeTax": True})
    item = api.read(f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})")
    assert (item["amountIncludingTax"], item["amountExcludingTax"], item["totalTaxAmount"]) == (200, 160, 40)
    assert totals(api, bill) == (210.25, 40, 250.25)


def test_an_invoice_discount_is_spread_over_the_lines(api, bill):
    changed = api.change(f"purchaseInvoices({bill['id']})", {"discountAmount": 25})
    assert changed["discountAmount"] == 25
    lines = api.rows(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines")
    assert [line["invoiceDiscountAllocation"] for line in lines] == [19.98, 5.02]
    assert changed["totalAmountExcludingTax"] == 225.25


def test_an_invoice_discount_survives_a_new_line_and_a_deleted_one(api, bill):
    api.change(f"purchaseInvoices({bill['id']})", {"discountAmount": 25})
    body = {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 100}
    line = api.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", body)
    assert line["invoiceDiscountAllocation"] == 7.14
    assert api.read(f"purchaseInvoices({bill['id']})")["discountAmount"] == 25
    api.remove(f"purchaseInvoiceLines({line['id']})")
    assert api.read(f"purchaseInvoices({bill['id']})")["discountAmount"] == 25
    assert totals(api, bill)[0] == 225.25


def test_an_invoice_discount_goes_with_the_last_line(api, bill):
    api.change(f"purchaseInvoices({bill['id']})", {"discountAmount": 25})
    for line in bill["purchaseInvoiceLines"]:
        api.remove(f"purchaseInvoiceLines({line['id']})")
    assert api.read(f"purchaseInvoices({bill['id']})")["discountAmount"] == 0
    assert totals(api, bill) == (0, 0, 0)


def test_a_discount_sent_with_a_create_is_refused_as_there_are_no_lines_yet(api):
    line = {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 100}
    body = {"vendorNumber": "20000", "discountAmount": 10, "purchaseInvoiceLines": [line]}
    assert api.refused("POST", "purchaseInvoices", body).startswith("Cannot apply an invoice discount because")
    assert api.create("purchaseInvoices", {**body, "discountAmount": 0})["totalAmountExcludingTax"] == 100


def test_a_line_for_an_item_takes_its_card(api, bill):
    item = api.row("items", number="1900-S")
    line = api.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", {"itemId": item["id"], "quantity": 3})
    assert (line["lineType"], line["lineObjectNumber"], line["description"]) == ("Item", "1900-S", item["displayName"])
    assert (line["unitCost"], line["unitOfMeasureCode"]) == (item["unitCost"], item["baseUnitOfMeasureCode"])
    assert line["sequence"] == 30000


def test_a_line_for_an_account_takes_its_name_unless_one_is_sent(api, bill):
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    account = api.id("accounts", number="8210")
    assert api.create(path, {"accountId": account})["description"] == "Office Supplies"
    assert api.create(path, {"description": "Mine", "accountId": account})["description"] == "Mine"


def test_a_line_is_found_by_type_and_number(api, bill):
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    assert api.create(path, {"lineType": "Item", "lineObjectNumber": "1900-s"})["itemId"] == api.id(
        "items", number="1900-S"
    )
    assert api.create(path, {"lineType": "Account", "lineObjectNumber": "8210"})["accountId"] == api.id(
        "accounts", number="8210"
    )


def test_a_body_with_only_a_description_makes_a_comment_line(api, bill):
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    assert api.create(path, {"description": "Hello"})["lineType"] == "Comment"
    assert api.create(path, {"lineType": "Comment", "description": "Hello"})["lineType"] == "Comment"


def test_a_line_is_created_at_the_top_with_its_document(api, bill):
    line = api.create("purchaseInvoiceLines", {"documentId": bill["id"], "description": "x"})
    assert line["documentId"] == bill["id"]
    assert "document" in api.refused("POST", "purchaseInvoiceLines", {"description": "x"})


def test_a_sequence_is_kept_and_not_used_twice(api, bill):
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    assert api.create(path, {"sequence": 15000, "description": "x"})["sequence"] == 15000
    message = api.refused("POST", path, {"sequence": 15000, "description": "y"})
    assert message == "You cannot insert a line with a duplicate sequence number."


def test_sequence_document_and_number_of_a_line_cannot_be_changed(api, bill):
    other = api.create("purchaseInvoices", {"vendorNumber": "10000"})
    path = f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})"
    for change in ({"sequence": 5}, {"documentId": other["id"]}, {"lineObjectNumber": "1900-S"}):
        api.refused("PATCH", path, change)


def test_item_and_account_in_one_line_are_refused(api, bill):
    body = {"itemId": api.id("items", number="1896-S"), "accountId": api.id("accounts", number="8210")}
    api.refused("POST", f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", body)


@pytest.mark.parametrize(
    "body",
    [
        {"itemId": "11111111-1111-1111-1111-111111111111"},
        {"accountId": "11111111-1111-1111-1111-111111111111"},
        {"lineType": "Item", "lineObjectNumber": "NOPE"},
        {"lineType": "Account", "lineObjectNumber": "NOPE"},
        {"locationId": "11111111-1111-1111-1111-111111111111"},
        {"lineType": "Account", "unitOfMeasureCode": "PCS"},
    ],
)
def test_a_line_that_names_what_is_not_there_is_refused(api, bill, body):
    before = api.rows(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines")
    api.refused("POST", f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", body)
    assert api.rows(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines") == before


@pytest.mark.parametrize("number", ["1002", "2110"])
def test_an_account_that_takes_no_direct_postings_is_refused(api, bill, number):
    body = {"accountId": api.id("accounts", number=number)}
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    api.refused("POST", path, body, "Application_FieldValidationException")


def test_a_changed_type_clears_what_the_line_was_for(api, bill):
    changed = api.change(f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})", {"lineType": "Account"})
    assert (changed["lineObjectNumber"], changed["itemId"], changed["accountId"]) == ("", ZERO, ZERO)


def test_a_changed_account_or_item_changes_the_type(api, bill):
    item, account = bill["purchaseInvoiceLines"]
    changed = api.change(f"purchaseInvoiceLines({item['id']})", {"accountId": account["accountId"]})
    assert (changed["lineType"], changed["itemId"]) == ("Account", ZERO)
    changed = api.change(f"purchaseInvoiceLines({account['id']})", {"itemId": item["itemId"]})
    assert (changed["lineType"], changed["accountId"]) == ("Item", ZERO)


def test_a_variant_must_be_the_items_own(api, bill):
    variant = api.rows("itemVariants", top="1")[0]
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    assert (
        api.create(path, {"itemId": variant["itemId"], "itemVariantId": variant["id"]})["itemVariantId"]
        == variant["id"]
    )
    api.refused("POST", path, {"itemId": api.id("items", number="1896-S"), "itemVariantId": variant["id"]})


def test_discount_percent_and_amount_follow_each_other(api, bill):
    path = f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})"
    changed = api.change(path, {"discountPercent": 10})
    assert (changed["discountAmount"], changed["amountExcludingTax"]) == (20, 180)
    assert api.change(path, {"discountAmount": 30})["discountPercent"] == 15
    # The percentage stays when the quantity changes.
    changed = api.change(path, {"quantity": 4})
    assert (changed["discountPercent"], changed["discountAmount"], changed["amountExcludingTax"]) == (15, 60, 340)


def test_a_discount_sent_before_quantity_and_price_counts(api, bill):
    body = {"accountId": api.id("accounts", number="8210"), "discountAmount": 5, "quantity": 2, "unitCost": 10}
    line = api.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", body)
    assert (line["discountAmount"], line["discountPercent"], line["amountExcludingTax"]) == (5, 25, 15)


def test_a_location_takes_price_and_discount_from_the_items_card(api, bill):
    line = bill["purchaseInvoiceLines"][0]
    path = f"purchaseInvoiceLines({line['id']})"
    card = api.read(f"items({line['itemId']})")["unitCost"]
    api.change(path, {"discountPercent": 10})
    moved = api.change(path, {"locationId": api.id("locations", code="EAST")})
    assert (moved["unitCost"], moved["discountPercent"], moved["discountAmount"]) == (card, 0, 0)
    # Written again after the location, they stay.
    again = api.change(path, {"locationId": api.id("locations", code="WEST"), "unitCost": 100, "discountPercent": 10})
    assert (again["unitCost"], again["discountAmount"]) == (100, 20)


def test_properties_are_handled_in_the_order_of_the_body(api, bill):
    item, location = api.row("items", number="1896-S"), api.id("locations", code="EAST")
    path = f"purchaseInvoices({bill['id']})/purchaseInvoiceLines"
    assert api.create(path, {"itemId": item["id"], "locationId": location, "unitCost": 7})["unitCost"] == 7
    assert (
        api.create(path, {"itemId": item["id"], "unitCost": 7, "locationId": location})["unitCost"] == item["unitCost"]
    )


def test_net_amounts_sent_go_nowhere(api, bill):
    changed = api.change(
        f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})", {"netAmount": 1, "netTaxAmount": 2}
    )
    assert (changed["netAmount"], changed["netTaxAmount"]) == (200, 50)


def test_a_new_line_and_a_deleted_one_move_the_headers_stamp(api, bill):
    first = stamp(api, bill)
    api.emulator.control.advance("PT1M")
    line = api.create(f"purchaseInvoices({bill['id']})/purchaseInvoiceLines", {"description": "x"})
    second = stamp(api, bill)
    api.emulator.control.advance("PT1M")
    api.remove(f"purchaseInvoiceLines({line['id']})")
    assert first < second < stamp(api, bill)


def test_a_text_or_dimension_of_an_item_line_leaves_the_headers_stamp(api, bill):
    before = stamp(api, bill)
    api.emulator.control.advance("PT1M")
    path = f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})"
    assert api.change(path, {"description": "Other"})["description"] == "Other"
    api.create(f"{path}/dimensionSetLines", {"code": "BUSINESSGROUP", "valueCode": "HOME"})
    assert stamp(api, bill) == before


def test_an_amount_of_an_item_line_moves_the_headers_stamp_and_totals(api, bill):
    before = stamp(api, bill)
    api.emulator.control.advance("PT1M")
    api.change(f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][0]['id']})", {"quantity": 3})
    assert stamp(api, bill) > before
    assert totals(api, bill) == (350.25, 75, 425.25)


def test_any_change_of_another_line_moves_the_headers_stamp(api, bill):
    before = stamp(api, bill)
    api.emulator.control.advance("PT1M")
    api.change(f"purchaseInvoiceLines({bill['purchaseInvoiceLines'][1]['id']})", {"description": "Other"})
    assert stamp(api, bill) > before


def test_one_bad_line_refuses_the_whole_invoice(api):
    before = api.stored("purchaseInvoices"), api.stored("purchaseInvoiceLines")
    good = {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 1}
    body = {"vendorNumber": "20000", "purchaseInvoiceLines": [good, {"lineType": "Item", "lineObjectNumber": "NOPE"}]}
    api.refused("POST", "purchaseInvoices", body)
    assert (api.stored("purchaseInvoices"), api.stored("purchaseInvoiceLines")) == before

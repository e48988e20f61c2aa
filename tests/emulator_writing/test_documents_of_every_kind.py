"""What holds for headers and lines of all seven kinds of documents: each claim a row for each kind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dynamics_bc_emulator.date_formulas import date_after
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.stamps import ZERO_GUID

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)
PURCHASES = [kind for kind in KINDS if kind.is_purchase]
SALES = [kind for kind in KINDS if not kind.is_purchase]
DIALOG = (400, "Application_DialogException")
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"


def body_of(kind, *lines, number="20000", **more):
    return {
        kind.party.number_name: number,
        kind.date: "2026-01-10",
        **({kind.lines: list(lines)} if lines else {}),
        **more,
    }


def item_line(kind, desk, **more):
    return {"itemId": desk.id("items", number="1896-S"), "quantity": 2, kind.price: 100, **more}


def account_line(kind, desk, **more):
    return {"accountId": desk.id("accounts", number="8210"), "quantity": 1, kind.price: Decimal("50.25"), **more}


def draft(kind, desk, *lines, **more):
    """A draft with an item line and an account line, unless it is to have others."""
    return desk.create(
        kind.headers, body_of(kind, *(lines or (item_line(kind, desk), account_line(kind, desk))), **more)
    )


def lines_of(kind, desk, header):
    return desk.rows(f"{kind.headers}({header['id']})/{kind.lines}")


def totals(desk, kind, header):
    row = desk.read(f"{kind.headers}({header['id']})")
    return row["totalAmountExcludingTax"], row["totalTaxAmount"], row["totalAmountIncludingTax"]


def stamp(desk, kind, header):
    return desk.read(f"{kind.headers}({header['id']})")["lastModifiedDateTime"]


@kinds
def test_a_document_names_its_party_or_is_refused(desk, kind):
    before = desk.company.find(kind.headers)
    status, code, message = desk.refused("POST", kind.headers, {kind.date: "2026-01-10"})
    assert (status, code) == DIALOG
    id_name = "vendorID" if kind.headers == "purchaseInvoices" else kind.party.id_name
    assert message == f'A "{kind.party.number_name}" or a "{id_name}" must be provided.'
    role = {"sellTo": "sell-to ", "buyFrom": "buy-from "}[kind.party.address]
    who = f"{'' if kind.headers == 'purchaseInvoices' else role}{kind.party.name}"
    for party in ({kind.party.number_name: "NOBODY"}, {kind.party.id_name: NOBODY}, {kind.party.id_name: ZERO_GUID}):
        assert desk.refused("POST", kind.headers, party) == (*DIALOG, f"The {who} cannot be found.")
    assert desk.company.find(kind.headers) == before


@kinds
def test_a_document_takes_name_address_and_payer_from_its_party(desk, kind):
    party = desk.company.first(kind.party.party_set, number="20000")
    row = desk.create(kind.headers, body_of(kind))
    assert (row[kind.party.id_name], row[kind.party.number_name]) == (party["id"], "20000")
    assert row[f"{kind.party.name}Name"] == party["displayName"]
    assert row[f"{kind.party.address}City"] == party["city"]
    assert row[f"{kind.party.address}AddressLine1"] == party["addressLine1"]
    assert row[f"{kind.party.address}PostCode"] == party["postalCode"]
    payer = f"{kind.party.payer}{kind.party.caption}"
    assert (row[f"{payer}Id"], row[f"{payer}Number"]) == (party["id"], "20000")
    assert row[f"{kind.party.payer}Name"] == party["displayName"]
    assert (row["status"], row["currencyCode"]) == ("Draft", "GBP")


@kinds
def test_what_a_request_sets_itself_is_kept_whichever_comes_first(desk, kind):
    sent = {f"{kind.party.address}City": "Leeds"}
    party = {kind.party.number_name: "20000"}
    for body in ({**sent, **party}, {**party, **sent}):
        assert desk.create(kind.headers, body)[f"{kind.party.address}City"] == "Leeds"


@kinds
def test_a_payer_that_is_named_stays_when_the_party_comes_after_it(desk, kind):
    payer = f"{kind.party.payer}{kind.party.caption}"
    other = desk.company.first(kind.party.party_set, number="10000")
    row = desk.create(kind.headers, {f"{payer}Number": "10000", kind.party.number_name: "20000"})
    assert (row[f"{payer}Id"], row[f"{kind.party.payer}Name"]) == (other["id"], other["displayName"])
    assert row[kind.party.number_name] == "20000"


@kinds
def test_a_number_that_disagrees_with_the_id_before_it(desk, kind):
    body = {kind.party.id_name: desk.id(kind.party.party_set, number="10000"), kind.party.number_name: "20000"}
    if kind.headers == "purchaseInvoices":
        assert desk.create(kind.headers, body)[kind.party.number_name] == "10000"
    else:
        assert desk.refused("POST", kind.headers, body)[:2] == DIALOG


@kinds
@pytest.mark.parametrize(
    ("sent", "dates"),
    [
        ({}, ("2026-03-01", "2026-03-01")),
        ({"document": "2026-01-10"}, ("2026-01-10", "2026-01-10")),
        ({"posting": "2026-01-11"}, ("2026-01-11", "2026-01-11")),
        ({"document": "2026-01-10", "posting": "2026-01-11"}, ("2026-01-10", "2026-01-11")),
        ({"posting": "2026-01-11", "document": "2026-01-10"}, ("2026-01-10", "2026-01-11")),
    ],
)
def test_document_and_posting_date_follow_each_other_and_then_the_clock(desk, kind, sent, dates):
    names = {"document": kind.date, "posting": "postingDate"}
    body = {kind.party.number_name: "20000", **{names[which]: day for which, day in sent.items()}}
    row = desk.create(kind.headers, body)
    assert (row[kind.date], row["postingDate"]) == dates


@kinds
def test_a_changed_document_date_leaves_the_posting_date(desk, kind):
    row = desk.create(kind.headers, body_of(kind))
    changed = desk.change(f"{kind.headers}({row['id']})", {kind.date: "2026-02-05"})
    assert (changed[kind.date], changed["postingDate"]) == ("2026-02-05", "2026-01-10")


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.headers.endswith("Invoices")], ids=lambda kind: kind.headers
)
@pytest.mark.parametrize("code", ["CM", "COD", "14 DAYS", "1M(8D)", "60 DAYS"])
def test_the_due_date_is_counted_from_the_document_date_by_the_partys_terms(desk, kind, code):
    terms = desk.company.first("paymentTerms", code=code)
    desk.edit(kind.party.party_set, desk.id(kind.party.party_set, number="20000"), paymentTermsId=terms["id"])
    row = desk.create(kind.headers, body_of(kind))
    path = f"{kind.headers}({row['id']})"
    expected = date_after(terms["dueDateCalculation"], date(2026, 1, 10)).isoformat()
    assert row["dueDate"] == expected
    assert desk.change(path, {f"{kind.party.address}City": "Leeds"})["dueDate"] == expected
    assert desk.change(path, {"dueDate": "2026-12-24"})["dueDate"] == "2026-12-24"
    moved = desk.change(path, {kind.date: "2026-02-05"})["dueDate"]
    assert moved == date_after(terms["dueDateCalculation"], date(2026, 2, 5)).isoformat()
    assert desk.change(path, {kind.date: "2026-02-06", "dueDate": "2026-12-24"})["dueDate"] == "2026-12-24"


def test_a_party_without_payment_terms_pays_on_the_documents_day(desk):
    desk.edit("vendors", desk.id("vendors", number="20000"), paymentTermsId=ZERO_GUID)
    assert (
        desk.create("purchaseInvoices", {"vendorNumber": "20000", "invoiceDate": "2026-01-10"})["dueDate"]
        == "2026-01-10"
    )


def test_the_payers_terms_count_where_the_invoice_has_none_of_its_own(desk):
    payer = desk.company.first("vendors", number="10000")
    desk.edit("vendors", payer["id"], paymentTermsId=desk.id("paymentTerms", code="60 DAYS"))
    body = {"payToVendorNumber": "10000", "vendorNumber": "20000", "invoiceDate": "2026-01-10"}
    assert desk.create("purchaseInvoices", body)["dueDate"] == "2026-03-11"


def test_a_due_date_beyond_the_calendar_is_refused(desk):
    desk.edit("paymentTerms", desk.id("paymentTerms", code="14 DAYS"), dueDateCalculation="9999Y")
    desk.edit("vendors", desk.id("vendors", number="20000"), paymentTermsId=desk.id("paymentTerms", code="14 DAYS"))
    status, code, message = desk.refused("POST", "purchaseInvoices", {"vendorNumber": "20000"})
    assert ((status, code), message) == (DIALOG, "The due date cannot be calculated from 2026-03-01 and 9999Y.")


@kinds
def test_drafts_draw_the_next_number_of_their_series_and_a_refused_one_draws_none(desk, kind):
    first = desk.create(kind.headers, body_of(kind))["number"]
    assert desk.company.store.next_number(desk.company.id, kind.series) == str(int(first) + 1).rjust(len(first), "0")
    desk.refused("POST", kind.headers, {kind.party.number_name: "NOBODY"})
    desk.refused("POST", kind.headers, body_of(kind, {"lineType": "Item", "lineObjectNumber": "NOPE"}))
    assert int(desk.create(kind.headers, body_of(kind))["number"]) == int(first) + 2


@kinds
def test_totals_are_net_amounts_and_tax_of_the_lines(desk, kind):
    header = draft(kind, desk)
    lines = lines_of(kind, desk, header)
    assert [line["amountExcludingTax"] for line in lines] == [200, Decimal("50.25")]
    assert [(line["taxCode"], line["taxPercent"]) for line in lines] == [("STANDARD", 25), ("", 0)]
    assert totals(desk, kind, header) == (Decimal("250.25"), 50, Decimal("300.25"))


@kinds
def test_lines_are_numbered_in_tens_of_thousands_after_the_last(desk, kind):
    header = draft(kind, desk)
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    assert [line["sequence"] for line in lines_of(kind, desk, header)] == [10_000, 20_000]
    assert desk.create(path, {"description": "x", "sequence": 25_001})["sequence"] == 25_001
    assert desk.create(path, {"description": "y"})["sequence"] == 35_001
    assert desk.create(path, {"description": "z", "sequence": 0})["sequence"] == 45_001
    status, code, message = desk.refused("POST", path, {"description": "z", "sequence": 20_000})
    assert (status, code) == DIALOG
    assert message.startswith("You cannot insert ")


@kinds
@pytest.mark.parametrize(
    ("more", "amounts"),
    [
        ({"discountPercent": 10}, (10, 20, 180, 45)),
        ({"discountAmount": 30}, (15, 30, 170, Decimal("42.5"))),
        ({"discountPercent": 10, "discountAmount": 30}, (15, 30, 170, Decimal("42.5"))),
        ({"discountAmount": 30, "discountPercent": 10}, (10, 20, 180, 45)),
    ],
)
def test_the_discount_that_is_named_last_decides(desk, kind, more, amounts):
    (line,) = lines_of(kind, desk, draft(kind, desk, item_line(kind, desk, **more)))
    names = ("discountPercent", "discountAmount", "amountExcludingTax", "totalTaxAmount")
    assert tuple(line[name] for name in names) == amounts


@pytest.mark.parametrize(
    ("more", "includes_tax", "amounts"),
    [
        ({"amountExcludingTax": 150}, False, (25, 50, 150, Decimal("187.5"))),
        ({"amountIncludingTax": 125}, False, (50, 100, 100, 125)),
        ({"amountExcludingTax": 100}, True, (Decimal("37.5"), 75, 100, 125)),
        ({"amountIncludingTax": 150}, True, (25, 50, 120, 150)),
    ],
)
def test_an_amount_that_is_sent_to_a_purchase_invoices_line_is_reached_by_a_discount(desk, more, includes_tax, amounts):
    kind = PURCHASES[0]
    header = draft(kind, desk, item_line(kind, desk, **more), pricesIncludeTax=includes_tax)
    (line,) = lines_of(kind, desk, header)
    names = ("discountPercent", "discountAmount", "amountExcludingTax", "amountIncludingTax")
    assert tuple(line[name] for name in names) == amounts


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind.headers in {"purchaseInvoices", "purchaseOrders", "salesOrders"}],
    ids=lambda kind: kind.headers,
)
def test_prices_with_tax_are_split_for_every_line(desk, kind):
    header = draft(kind, desk, item_line(kind, desk, **{kind.price: Decimal("62.5")}), pricesIncludeTax=True)
    assert totals(desk, kind, header) == (100, 25, 125)
    desk.change(f"{kind.headers}({header['id']})", {"pricesIncludeTax": False})
    assert totals(desk, kind, header) == (125, Decimal("31.25"), Decimal("156.25"))


@kinds
def test_an_invoice_discount_is_never_more_than_the_document_and_never_negative(desk, kind):
    header = draft(kind, desk)
    path = f"{kind.headers}({header['id']})"
    assert desk.refused("PATCH", path, {"discountAmount": 250.26}) == (
        *DIALOG,
        "The maximum Invoice Discount Amount that you can apply is 250.25.",
    )
    assert desk.change(path, {"discountAmount": 250.25})["discountAmount"] == Decimal("250.25")
    assert totals(desk, kind, header) == (0, 0, 0)
    assert desk.refused("PATCH", path, {"discountAmount": -1})[:2] == DIALOG
    assert desk.change(path, {"discountAmount": 0})["totalAmountExcludingTax"] == Decimal("250.25")


@kinds
def test_a_line_is_for_an_item_or_an_account_and_says_so(desk, kind):
    header = desk.create(kind.headers, body_of(kind))
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    item = desk.company.first("items", number="1896-S")
    line = desk.create(path, {"itemId": item["id"]})
    assert (line["lineType"], line["lineObjectNumber"], line["description"]) == ("Item", "1896-S", item["displayName"])
    assert (line[kind.price], line["unitOfMeasureCode"]) == (item[kind.item_price], item["baseUnitOfMeasureCode"])
    line = desk.create(path, {"lineType": "Account", "lineObjectNumber": "8210"})
    assert (line["accountId"], line["description"]) == (desk.id("accounts", number="8210"), "Office Supplies")
    line = desk.create(path, {"lineType": "Item", "lineObjectNumber": "1896-s"})
    assert (line["itemId"], line["description"]) == (item["id"], item["displayName"])
    for line_type in ("Item", "Account"):
        body = {"lineType": line_type, "lineObjectNumber": "NOBODY"}
        assert desk.refused("POST", path, body)[2] == f"{line_type} does not exist."
    line = desk.create(path, {"lineType": "Account", "lineObjectNumber": "8210", "description": "Mine"})
    both = {"itemId": item["id"], "accountId": line["accountId"]}
    assert desk.refused("POST", path, both)[:2] == DIALOG
    assert desk.create(path, {"itemId": ZERO_GUID, "accountId": line["accountId"]})["lineType"] == "Account"
    assert desk.create(path, {"description": "words"})["lineType"] == "Comment"


@kinds
@pytest.mark.parametrize("change", [{"sequence": 5}, {"documentId": NOBODY}, {"lineObjectNumber": "1900-S"}])
def test_place_document_and_number_of_a_line_stay(desk, kind, change):
    line = lines_of(kind, desk, draft(kind, desk))[0]
    path = f"{kind.lines}({line['id']})"
    assert desk.refused("PATCH", path, change)[:2] == DIALOG
    same = {name: line[name] for name in change}
    assert desk.change(path, same)["sequence"] == 10_000


@kinds
def test_a_line_that_changes_its_type_is_for_nothing_any_more(desk, kind):
    line = lines_of(kind, desk, draft(kind, desk))[0]
    changed = desk.change(f"{kind.lines}({line['id']})", {"lineType": "Account"})
    blank = {"itemId": ZERO_GUID, "accountId": ZERO_GUID, "lineObjectNumber": "", "unitOfMeasureCode": ""}
    blank["unitOfMeasureId"] = ZERO_GUID
    assert blank.items() <= changed.items()
    again = desk.change(f"{kind.lines}({line['id']})", {"accountId": desk.id("accounts", number="8210")})
    assert (again["lineType"], again["lineObjectNumber"]) == ("Account", "8210")
    assert desk.change(f"{kind.lines}({line['id']})", {"accountId": ZERO_GUID})["lineObjectNumber"] == ""


@kinds
def test_a_blocked_item_and_an_account_that_cannot_be_posted_to_are_refused(desk, kind):
    header = desk.create(kind.headers, body_of(kind))
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    item = desk.id("items", number="1896-S")
    desk.edit("items", item, blocked=True)
    assert desk.refused("POST", path, {"itemId": item})[:2] == DIALOG
    account = desk.id("accounts", number="8210")
    for name, value in (("accountType", "Heading"), ("directPosting", False), ("blocked", True)):
        desk.edit("accounts", account, accountType="Posting", directPosting=True, blocked=False)
        desk.edit("accounts", account, **{name: value})
        status, code, message = desk.refused("POST", path, {"accountId": account})
        assert (status, code) == (400, "Application_FieldValidationException")
        assert message.startswith(f"{name} must be equal to ")
    assert lines_of(kind, desk, header) == []


@kinds
def test_a_unit_is_for_items_only_and_a_blank_one_for_any_line(desk, kind):
    header = desk.create(kind.headers, body_of(kind))
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    assert desk.refused("POST", path, {"description": "x", "unitOfMeasureCode": "PCS"})[:2] == DIALOG
    assert (
        desk.create(path, {"description": "x", "unitOfMeasureCode": "", "unitOfMeasureId": ZERO_GUID})["description"]
        == "x"
    )
    body = {"itemId": desk.id("items", number="1896-S"), "unitOfMeasureCode": "SET"}
    assert desk.create(path, body)["unitOfMeasureId"] == desk.id("unitsOfMeasure", code="SET")


@kinds
def test_a_line_inherits_its_headers_dimensions_and_over_them_the_items(desk, kind):
    item = desk.id("items", number="1896-S")
    default = {"parentType": "Item", "parentId": item, "dimensionCode": "AREA", "dimensionValueCode": "70"}
    desk.create("defaultDimensions", default)
    header = draft(kind, desk)
    own = {row["code"]: row["valueCode"] for row in desk.rows(f"{kind.headers}({header['id']})/dimensionSetLines")}
    of_item, of_account = (
        {row["code"]: row["valueCode"] for row in desk.rows(f"{kind.lines}({line['id']})/dimensionSetLines")}
        for line in lines_of(kind, desk, header)
    )
    assert own
    assert own["AREA"] != "70"
    assert of_account == own
    assert of_item == {**own, "AREA": "70"}


@kinds
def test_a_text_leaves_an_item_lines_header_alone_and_an_amount_moves_it(desk, kind):
    header = draft(kind, desk)
    item, account = (f"{kind.lines}({line['id']})" for line in lines_of(kind, desk, header))
    for path, change, moves in (
        (item, {"description": "Other"}, False),
        (item, {"quantity": 3}, True),
        (item, {kind.price: 101}, True),
        (item, {"discountPercent": 5}, True),
        (item, {"taxCode": "REDUCED"}, True),
        (account, {"description": "Other"}, True),
    ):
        before = stamp(desk, kind, header)
        desk.clock.set(desk.clock().replace(minute=desk.clock().minute + 1))
        desk.change(path, change)
        assert (stamp(desk, kind, header) != before) is moves, change


@kinds
def test_a_deleted_draft_takes_its_lines_and_nobody_elses(desk, kind):
    header, other = draft(kind, desk), draft(kind, desk)
    kept = lines_of(kind, desk, other)
    desk.remove(f"{kind.headers}({header['id']})")
    assert desk.company.find(kind.lines, documentId=header["id"]) == []
    assert lines_of(kind, desk, other) == kept


@kinds
def test_a_posted_document_and_its_lines_take_no_change(desk, kind):
    header = draft(kind, desk)
    line = lines_of(kind, desk, header)[0]
    desk.edit(kind.headers, header["id"], _posted=True)
    for method, path, body in (
        ("PATCH", f"{kind.headers}({header['id']})", {}),
        ("DELETE", f"{kind.headers}({header['id']})", None),
        ("POST", f"{kind.headers}({header['id']})/{kind.lines}", {"description": "x"}),
        ("PATCH", f"{kind.lines}({line['id']})", {"description": "x"}),
        ("DELETE", f"{kind.lines}({line['id']})", None),
    ):
        status, code, message = desk.refused(method, path, body)
        assert (status, code) == DIALOG
        assert ("posted" in message) or ("Allow Document Deletion Before" in message and body is None)
    assert lines_of(kind, desk, header)[0] == line


# Which documents a block of a customer forbids, besides the one that forbids all.
BLOCKS = {
    "salesQuotes": {"Ship": True, "Invoice": True},
    "salesOrders": {"Ship": True, "Invoice": True},
    "salesInvoices": {"Ship": False, "Invoice": True},
    "salesCreditMemos": {"Ship": False, "Invoice": False},
}


@kinds
def test_a_party_that_is_blocked_gets_no_document(desk, kind):
    party = desk.id(kind.party.party_set, number="20000")
    payer = f"{kind.party.payer}{kind.party.caption}Number"
    refusing = {"All": True, "Payment": False} if kind.is_purchase else {"All": True, **BLOCKS[kind.headers]}
    for blocked, refuses in refusing.items():
        desk.edit(kind.party.party_set, party, blocked=blocked)
        for body in (body_of(kind), {**body_of(kind, number="10000"), payer: "20000"}):
            if refuses:
                assert desk.refused("POST", kind.headers, body)[2].endswith(f"20000 is blocked with type {blocked}")
            else:
                assert desk.create(kind.headers, body)["status"] == "Draft"


@pytest.mark.parametrize("kind", PURCHASES, ids=lambda kind: kind.headers)
def test_what_is_bought_is_shipped_to_the_company_itself(desk, kind):
    own = desk.company.first("companyInformation")
    row = desk.create(kind.headers, body_of(kind))
    if "shipToName" in row:
        assert (row["shipToName"], row["shipToCity"]) == (own["displayName"], own["city"])


@pytest.mark.parametrize("kind", SALES, ids=lambda kind: kind.headers)
def test_what_is_sold_is_shipped_to_the_customer_by_its_salesperson(desk, kind):
    customer = desk.company.first("customers", number="20000")
    row = desk.create(kind.headers, body_of(kind))
    assert row["salesperson"] == customer["salespersonCode"]
    if "shipToName" in row:
        assert (row["shipToName"], row["shipToCity"]) == (customer["displayName"], customer["city"])


@kinds
def test_a_party_with_outstanding_documents_stays_and_one_without_goes(desk, kind):
    party = desk.create(kind.party.party_set, {"displayName": "New"})
    header = desk.create(kind.headers, body_of(kind, number=party["number"]))
    path = f"{kind.party.party_set}({party['id']})"
    assert "at least one outstanding" in desk.refused("DELETE", path)[2]
    desk.remove(f"{kind.headers}({header['id']})")
    desk.remove(path)

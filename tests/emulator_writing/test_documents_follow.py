"""What a document takes over from others, now and when they change: addresses, terms, areas, variants, locations."""

from __future__ import annotations

import pytest

from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.stamps import ZERO_GUID

DIALOG = (400, "Application_DialogException")
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)
invoices = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.headers.endswith("Invoices")], ids=lambda kind: kind.headers
)
ADDRESS = {
    "AddressLine1": "addressLine1",
    "AddressLine2": "addressLine2",
    "City": "city",
    "Country": "country",
    "State": "state",
    "PostCode": "postalCode",
}


@pytest.fixture
def party(desk):
    """How to make a party whose every property differs from every other's."""

    def make(kind, number):
        values = {source: f"{source[:6]} {number}" for source in ADDRESS.values() if source != "country"}
        values["country"] = "DK"
        more = {
            "number": number,
            "displayName": f"Name {number}",
            "phoneNumber": f"+{number}",
            "email": f"{number}@x.example",
        }
        ids = {"paymentTermsId": desk.id("paymentTerms", code="14 DAYS")}
        if kind.party.party_set == "customers":
            ids |= {"shipmentMethodId": desk.id("shipmentMethods", code="CIF"), "salespersonCode": "JO"}
        return desk.create(kind.party.party_set, {**values, **more, **ids})

    return make


def copied(row, source, prefix):
    """The pairs of a document's and a party's values that the document has."""
    names = {f"{prefix}{name}": from_ for name, from_ in ADDRESS.items()}
    return {name: (row[name], source[from_]) for name, from_ in names.items() if name in row}


@kinds
def test_every_line_of_an_address_is_the_partys_and_the_payers(desk, kind, party):
    buyer, payer = party(kind, "7001"), party(kind, "7002")
    stem = f"{kind.party.payer}{kind.party.caption}"
    row = desk.create(kind.headers, {kind.party.number_name: "7001", f"{stem}Number": "7002"})
    for prefix, source in ((kind.party.address, buyer), (kind.party.payer, payer)):
        pairs = copied(row, source, prefix)
        assert pairs
        assert all(mine == theirs for mine, theirs in pairs.values()), pairs
    assert (row[f"{kind.party.name}Name"], row[f"{kind.party.payer}Name"]) == ("Name 7001", "Name 7002")


@kinds
def test_terms_phone_and_mail_are_the_partys_where_the_page_has_them(desk, kind, party):
    buyer = party(kind, "7001")
    row = desk.create(kind.headers, {kind.party.number_name: "7001"})
    names = ("paymentTermsId", "shipmentMethodId", "currencyId", "currencyCode", "phoneNumber", "email")
    shared = {name: row[name] for name in names if name in row and name in buyer}
    assert shared == {name: buyer[name] for name in shared}
    assert "currencyCode" in shared
    if kind.headers == "salesInvoices":
        assert set(shared) == set(names)


@kinds
def test_another_party_brings_its_own_and_what_was_sent_with_it_stays(desk, kind, party):
    party(kind, "7001")
    other = party(kind, "7002")
    row = desk.create(kind.headers, {kind.party.number_name: "7001"})
    path = f"{kind.headers}({row['id']})"
    city = f"{kind.party.address}City"
    changed = desk.change(path, {city: "Leeds", kind.party.id_name: other["id"]})
    assert (changed[kind.party.number_name], changed[f"{kind.party.name}Name"]) == ("7002", "Name 7002")
    assert changed[city] == "Leeds"
    assert changed[f"{kind.party.address}PostCode"] == other["postalCode"]
    assert changed[f"{kind.party.payer}{kind.party.caption}Number"] == "7002"


@invoices
def test_another_payers_terms_and_a_blank_date(desk, kind):
    payer = desk.company.first(kind.party.party_set, number="10000")
    desk.edit(kind.party.party_set, payer["id"], paymentTermsId=desk.id("paymentTerms", code="60 DAYS"))
    desk.edit(
        kind.party.party_set,
        desk.id(kind.party.party_set, number="20000"),
        paymentTermsId=desk.id("paymentTerms", code="14 DAYS"),
    )
    row = desk.create(kind.headers, {kind.party.number_name: "20000", kind.date: "2026-01-10"})
    path = f"{kind.headers}({row['id']})"
    assert row["dueDate"] == "2026-01-24"
    assert desk.change(path, {kind.date: None})["dueDate"] == "2026-01-24"
    desk.change(path, {kind.date: "2026-01-10"})
    changed = desk.change(path, {f"{kind.party.payer}{kind.party.caption}Number": "10000"})
    # A sales invoice shows terms of its own, which the payer's do not replace.
    assert changed["dueDate"] == ("2026-03-11" if kind.is_purchase else "2026-01-24")


@kinds
def test_a_party_that_moves_to_another_tax_area_changes_the_tax_of_its_drafts_when_they_are_written(desk, kind):
    line = {"itemId": desk.id("items", number="1896-S"), "quantity": 1, kind.price: 100}
    row = desk.create(kind.headers, {kind.party.number_name: "20000", kind.lines: [line]})
    assert (row["totalTaxAmount"], row["totalAmountIncludingTax"]) == (25, 125)
    desk.edit(kind.party.party_set, row[kind.party.id_name], _taxAreaCode="EXPORT")
    changed = desk.change(f"{kind.headers}({row['id']})", {f"{kind.party.address}City": "Leeds"})
    assert (changed["totalTaxAmount"], changed["totalAmountIncludingTax"]) == (0, 100)
    (kept,) = desk.company.find(kind.lines, documentId=row["id"])
    assert (kept["taxPercent"], kept["totalTaxAmount"]) == (0, 0)


@kinds
def test_a_variant_is_the_items_own_and_goes_with_it(desk, kind):
    variant = desk.company.find("itemVariants")[0]
    header = desk.create(kind.headers, {kind.party.number_name: "20000"})
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    own = {"itemId": variant["itemId"], "itemVariantId": variant["id"]}
    created = desk.create(path, own)
    assert created["itemVariantId"] == variant["id"]
    assert (
        desk.refused("POST", path, {"itemId": desk.id("items", number="1896-S"), "itemVariantId": variant["id"]})[:2]
        == DIALOG
    )
    assert desk.refused("POST", path, {"itemVariantId": variant["id"]})[:2] == DIALOG
    moved = desk.change(f"{kind.lines}({created['id']})", {"itemId": desk.id("items", number="1896-S")})
    assert moved["itemVariantId"] == ZERO_GUID


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.is_purchase], ids=lambda kind: kind.headers)
def test_a_location_takes_the_cards_price_once_for_items_alone(desk, kind):
    item = desk.company.first("items", number="1896-S")
    east, west = (desk.id("locations", code=code) for code in ("EAST", "WEST"))
    header = desk.create(kind.headers, {kind.party.number_name: "20000"})
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    line = desk.create(path, {"itemId": item["id"], "quantity": 1, kind.price: 1, "discountPercent": 10})
    row = f"{kind.lines}({line['id']})"
    moved = desk.change(row, {"locationId": east})
    assert (moved[kind.price], moved["discountPercent"]) == (item[kind.item_price], 0)
    desk.change(row, {kind.price: 1})
    assert desk.change(row, {"locationId": east})[kind.price] == 1
    assert desk.change(row, {"locationId": west})[kind.price] == item[kind.item_price]
    assert desk.refused("PATCH", row, {"locationId": NOBODY})[:2] == DIALOG
    account = desk.create(path, {"accountId": desk.id("accounts", number="8210"), "quantity": 1, kind.price: 2})
    assert desk.change(f"{kind.lines}({account['id']})", {"locationId": east})[kind.price] == 2


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.is_purchase], ids=lambda kind: kind.headers)
def test_a_location_leaves_the_price_of_what_is_sold(desk, kind):
    header = desk.create(kind.headers, {kind.party.number_name: "20000"})
    body = {"itemId": desk.id("items", number="1896-S"), "quantity": 1, kind.price: 1, "discountPercent": 10}
    line = desk.create(f"{kind.headers}({header['id']})/{kind.lines}", body)
    moved = desk.change(f"{kind.lines}({line['id']})", {"locationId": desk.id("locations", code="EAST")})
    assert (moved[kind.price], moved["discountPercent"]) == (1, 10)
    assert desk.refused("PATCH", f"{kind.lines}({line['id']})", {"locationId": NOBODY})[:2] == DIALOG


def address(row, prefix):
    return {name: row[f"{prefix}{name}"] for name in ADDRESS}


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.headers != "salesCreditMemos"], ids=lambda kind: kind.headers
)
def test_the_address_that_was_like_the_partys_follows_it_line_by_line(desk, kind, party):
    buyer = party(kind, "7001")
    row = desk.create(kind.headers, {kind.party.number_name: "7001"})
    path, own = f"{kind.headers}({row['id']})", kind.party.address
    follower = kind.party.payer if kind.is_purchase else "shipTo"
    assert address(row, follower) == address(row, own)
    changed = desk.change(path, {f"{own}City": "Leeds", f"{own}Country": "FR"})
    assert (
        address(changed, follower) == address(changed, own) == {**address(row, own), "City": "Leeds", "Country": "FR"}
    )
    if not kind.is_purchase:
        desk.change(path, {"shipToCity": "Elsewhere"})
        changed = desk.change(path, {f"{own}City": "York"})
        assert changed["shipToCity"] == "Elsewhere"
    assert changed[kind.party.number_name] == buyer["number"]


@kinds
def test_the_payers_address_is_the_partys_whenever_a_document_is_written(desk, kind, party):
    party(kind, "7001")
    other = party(kind, "7002")
    row = desk.create(kind.headers, {kind.party.number_name: "7001"})
    path, payer = f"{kind.headers}({row['id']})", f"{kind.party.payer}{kind.party.caption}"
    desk.edit(kind.headers, row["id"], **{f"{kind.party.payer}City": "Elsewhere"})
    follows = kind.headers in {"salesInvoices", "salesOrders", "salesQuotes", "purchaseOrders"}
    date = {kind.date: "2026-01-10"}
    city = f"{kind.party.payer}City"
    assert desk.change(path, date)[city] == (row[city] if follows else "Elsewhere")
    assert desk.change(path, {f"{payer}Number": "7002"})[city] == other["city"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.is_purchase], ids=lambda kind: kind.headers)
@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"quantity": 2}, 20),
        ({"unitPrice": 50}, 20),
        ({"discountPercent": 5}, 20),
        ({"discountAmount": 5}, 30),
        ({"description": "Other"}, 30),
        ({"taxCode": "REDUCED"}, 30),
    ],
)
def test_a_sales_lines_share_of_the_discount_goes_when_its_price_is_worked_out_again(desk, kind, change, left):
    line = {"itemId": desk.id("items", number="1896-S"), "quantity": 1, kind.price: 100}
    body = {kind.party.number_name: "20000", kind.lines: [line, {**line, kind.price: 200}]}
    row = desk.create(kind.headers, body)
    path = f"{kind.headers}({row['id']})"
    desk.change(path, {"discountAmount": 30})
    first = min(desk.rows(f"{path}/{kind.lines}"), key=lambda row: row["sequence"])
    desk.change(f"{kind.lines}({first['id']})", change)
    assert desk.read(path)["discountAmount"] == left


@kinds
def test_a_line_at_the_top_names_a_document_that_is_there(desk, kind):
    header = desk.create(kind.headers, {kind.party.number_name: "20000"})
    created = desk.create(kind.lines, {"documentId": header["id"], "description": "x"})
    assert (created["documentId"], created["sequence"]) == (header["id"], 10_000)
    assert (
        desk.refused("POST", kind.lines, {"description": "x"})[2] == "You must specify a document id to get the lines."
    )
    assert desk.refused("POST", kind.lines, {"documentId": NOBODY})[:2] == DIALOG
    path = f"{kind.headers}({header['id']})/{kind.lines}"
    assert desk.refused("POST", path, {"documentId": NOBODY, "description": "x"})[:2] == DIALOG
    assert desk.create(path, {"documentId": header["id"], "description": "y"})["sequence"] == 20_000


@kinds
def test_an_amount_discount_outlives_all_lines_and_is_taken_of_the_next(desk, kind):
    line = {"accountId": desk.id("accounts", number="8210"), "quantity": 1, kind.price: 100}
    body = {kind.party.number_name: "20000", kind.lines: [line, {**line, kind.price: 200}]}
    assert desk.refused("POST", kind.headers, {**body, "discountAmount": 30})[:2] == DIALOG
    path = f"{kind.headers}({desk.create(kind.headers, body)['id']})"
    row = desk.change(path, {"discountAmount": 30})

    def shares():
        lines = desk.company.find(kind.lines, documentId=row["id"])
        return [one["amountExcludingTax"] - one["netAmount"] for one in lines]

    assert (row["discountAmount"], shares()) == (30, [10, 20])
    third = desk.create(f"{path}/{kind.lines}", {**line, kind.price: 300})
    assert (desk.read(path)["discountAmount"], shares()) == (30, [5, 10, 15])
    for one in desk.company.find(kind.lines, documentId=row["id"])[:2]:
        desk.remove(f"{kind.lines}({one['id']})")
    assert (desk.read(path)["discountAmount"], shares()) == (30, [30])
    desk.remove(f"{kind.lines}({third['id']})")
    assert (desk.read(path)["discountAmount"], shares()) == (0, [])
    assert desk.refused("POST", f"{path}/{kind.lines}", {**line, kind.price: 29}) == (
        *DIALOG,
        "The maximum Invoice Discount Amount that you can apply is 29.",
    )
    desk.create(f"{path}/{kind.lines}", line)
    assert (desk.read(path)["discountAmount"], shares()) == (30, [30])

"""What Microsoft's tests of a document show, for any kind of document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.documents import (
    BLANK_ADDRESS,
    FOREIGN_CURRENCY,
    LEFT_OUT,
    LOCAL_CURRENCY,
    PURCHASE_CREDIT_MEMO,
    PURCHASE_INVOICE,
    SALES_CREDIT_MEMO,
    SALES_QUOTE,
    address_of,
    allow_discount,
    home_of,
    item_line,
    lines_of,
    lines_path,
    new_document,
    new_item,
    new_party,
    path_of,
    prefixed,
)
from conformance.plain_http import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from conformance.documents import Kind
    from conformance.plain_http import Api

TODAY = "2026-03-01"
# Kinds whose page takes the payer's address; the others show the payer's own.
TAKE_PAYER_ADDRESS = {SALES_QUOTE, SALES_CREDIT_MEMO, PURCHASE_CREDIT_MEMO}
DRAFT = "Draft"


def two_drafts_are_listed(api: Api, kind: Kind) -> None:
    numbers = [with_one_line(api, kind)["number"] for _ in range(2)]
    assert_listed(api, kind, numbers)


def a_posted_one_and_a_draft_are_listed(api: Api, kind: Kind) -> None:
    posted = with_one_line(api, kind)
    api.act(path_of(kind, posted), "post")
    draft = with_one_line(api, kind)
    assert_listed(api, kind, [api.get(path_of(kind, posted))["number"], draft["number"]])


def assert_listed(api: Api, kind: Kind, numbers: Iterable[str]) -> None:
    listed = {row["number"]: row["id"] for row in api.rows(kind.headers)}
    assert all(listed[number] != ZERO for number in numbers)


def a_new_one_keeps_its_addresses_and_dates(api: Api, kind: Kind) -> None:
    party, payer, receiver = (new_party(api, kind, name) for name in ("First", "Second", "Third"))
    sent = {kind.address: home_of(party)}
    if has_ship_to(kind):
        sent["shipTo"] = home_of(receiver)
    body: dict[str, Any] = {kind.party_number: party["number"], kind.date: TODAY, "postingDate": TODAY}
    if kind in {SALES_CREDIT_MEMO, PURCHASE_CREDIT_MEMO}:
        sent[kind.payer] = home_of(payer)
    elif kind != PURCHASE_INVOICE:
        body[kind.payer_number] = payer["number"]
    for prefix, address in sent.items():
        body |= prefixed(prefix, address)
    created = api.post(kind.headers, body)
    assert created["id"] != ZERO
    kept = api.row(kind.headers, number=created["number"])
    assert (kept[kind.party_number], kept[kind.date], kept["postingDate"]) == (party["number"], TODAY, TODAY)
    assert kept["currencyCode"] == LOCAL_CURRENCY
    assert {prefix: address_of(kept, prefix) for prefix in sent} == sent
    assert address_of(kept, kind.payer) == home_of(party if kind == PURCHASE_INVOICE else payer)


def has_ship_to(kind: Kind) -> bool:
    return kind not in {SALES_CREDIT_MEMO, PURCHASE_CREDIT_MEMO}


def a_new_one_keeps_its_currency(api: Api, kind: Kind) -> None:
    created = new_document(api, kind, currencyCode=FOREIGN_CURRENCY)
    kept = api.row(kind.headers, number=created["number"])
    assert (kept["id"], kept["currencyCode"]) == (created["id"], FOREIGN_CURRENCY)


def a_new_one_takes_its_partys_location(api: Api, kind: Kind) -> None:
    """No property has a party's location, or a document's: the lines of items show it."""
    party = new_party(api, kind, "First")
    location = api.post("locations", {"code": "HERE", "displayName": "Here", "city": "Ribe"})
    api.desk.edit(kind.parties, party["id"], _locationId=location["id"])
    created = new_document(api, kind, [item_line(kind, new_item(api))], party=party)
    (line,) = lines_of(api, kind, created)
    assert line["locationId"] == location["id"]
    if not kind.is_sale:
        assert (created["shipToName"], created["shipToCity"]) == ("Here", "Ribe")


def a_change_gives_it_other_addresses(api: Api, kind: Kind) -> None:
    _change_addresses(api, kind, without=())


def a_change_gives_it_parts_of_other_addresses(api: Api, kind: Kind) -> None:
    _change_addresses(api, kind, without=LEFT_OUT)


def _change_addresses(api: Api, kind: Kind, without: Iterable[str]) -> None:
    party, payer, receiver = (new_party(api, kind, name) for name in ("First", "Second", "Third"))
    person = api.post("salespeoplePurchasers", {"code": "NN", "displayName": "Nora Nielsen"})["code"]
    header = with_one_line(api, kind, party=party)
    body = {kind.person: person, kind.party_number: party["number"]}
    sent = {kind.address: home_of(party, without=without)}
    if has_ship_to(kind):
        sent["shipTo"] = home_of(receiver, without=without)
    # Where the page takes the payer's address it is sent in part as well.
    paid_from = home_of(payer, without=without if kind in TAKE_PAYER_ADDRESS else ())
    if kind in TAKE_PAYER_ADDRESS:
        sent[kind.payer] = paid_from
    if kind not in {SALES_CREDIT_MEMO, PURCHASE_CREDIT_MEMO, PURCHASE_INVOICE}:
        body[kind.payer_number] = payer["number"]
    for prefix, address in sent.items():
        body |= prefixed(prefix, address)
    api.patch(path_of(kind, header), body)
    kept = api.get(path_of(kind, header))
    assert kept[kind.person] == person
    assert {prefix: address_of(kept, prefix) for prefix in sent} == sent
    if kind != PURCHASE_INVOICE:
        assert address_of(kept, kind.payer) == paid_from


def a_change_blanks_its_addresses(api: Api, kind: Kind) -> None:
    header = with_one_line(api, kind, party=new_party(api, kind, "First"))
    assert address_of(header, kind.address) != BLANK_ADDRESS
    blanked = [kind.address, *(["shipTo"] if has_ship_to(kind) else [])]
    if kind in TAKE_PAYER_ADDRESS:
        blanked.append(kind.payer)
    body: dict[str, Any] = {}
    for prefix in blanked:
        body |= prefixed(prefix, BLANK_ADDRESS)
    api.patch(path_of(kind, header), body)
    kept = api.get(path_of(kind, header))
    # The payer is the same party, whose address on the document it follows without being sent one.
    followed = [kind.payer, *blanked] if kind != PURCHASE_INVOICE else blanked
    assert [address_of(kept, prefix) for prefix in followed] == [BLANK_ADDRESS] * len(followed)


def a_draft_is_deleted(api: Api, kind: Kind) -> None:
    header = with_one_line(api, kind)
    api.delete(path_of(kind, header))
    assert not api.is_there(path_of(kind, header))


def two_drafts_are_deleted(api: Api, kind: Kind) -> None:
    headers = [with_one_line(api, kind) for _ in range(2)]
    for header in headers:
        api.delete(path_of(kind, header))
    assert [api.is_there(path_of(kind, header)) for header in headers] == [False, False]


def one_that_repeats_the_card_is_like_one_that_names_the_party(api: Api, kind: Kind) -> None:
    """Theirs fills in a client page by the party and the dates alone."""
    party = new_party(api, kind, "First")
    dates = {kind.date: TODAY, "postingDate": TODAY}
    body = {kind.party_number: party["number"], **dates}
    spelled = {**body, **prefixed(kind.address, home_of(party))}
    if kind.is_sale and has_ship_to(kind):
        spelled |= prefixed("shipTo", home_of(party))
    differ = {"@odata.context", "@odata.etag", "id", "number", "lastModifiedDateTime"}
    spelled_out, named = (
        {name: value for name, value in api.post(kind.headers, each).items() if name not in differ}
        for each in (spelled, body)
    )
    assert spelled_out == named
    assert address_of(named, kind.address) == home_of(party)


def reading_shows_the_discount_of_the_table(api: Api, kind: Kind) -> None:
    allow_discount(api, kind, 12)
    item = new_item(api)
    header = new_document(api, kind, [item_line(kind, item, quantity) for quantity in (2, 3)])
    assert_totals(api, kind, header, 60)


def reading_shows_the_amount_that_is_left_of_the_discount(api: Api, kind: Kind) -> None:
    """Another quantity takes a sales line's share away from the discount; a purchase keeps it."""
    allow_discount(api, kind, 12)
    item = new_item(api)
    header = new_document(api, kind, [item_line(kind, item, quantity) for quantity in (2, 3)])
    api.patch(path_of(kind, header), {"discountAmount": 50})
    # The first line's share is 20.
    api.patch(lines_path(kind, header, lines_of(api, kind, header)[0]), {"quantity": 3})
    assert_totals(api, kind, header, 30 if kind.is_sale else 50)


def assert_totals(api: Api, kind: Kind, header: dict[str, Any], discount: Decimal | float) -> None:
    """The discount is spread over the lines, the totals are theirs, and reading moves nothing."""
    read = api.get(path_of(kind, header))
    lines = lines_of(api, kind, header)
    assert read["discountAmount"] == discount
    assert read["totalAmountExcludingTax"] == sum(line["amountExcludingTax"] for line in lines) - discount
    assert read["totalAmountIncludingTax"] == read["totalAmountExcludingTax"] + read["totalTaxAmount"]
    assert read["totalTaxAmount"] == read["totalAmountExcludingTax"] / 4
    if kind != SALES_QUOTE:
        assert sum(line["invoiceDiscountAllocation"] for line in lines) == discount
        assert read["totalAmountExcludingTax"] == sum(line["netAmount"] for line in lines)
        assert read["totalTaxAmount"] == sum(line["netTaxAmount"] for line in lines)
    assert api.get(path_of(kind, header))["@odata.etag"] == read["@odata.etag"]


def a_discount_is_set_as_an_amount(api: Api, kind: Kind) -> None:
    header = with_one_line(api, kind)
    half = header["totalAmountExcludingTax"] / 2
    answer = api.patch(path_of(kind, header), {"discountAmount": half})
    assert (answer["number"], answer["discountAmount"]) == (header["number"], half)
    assert_totals(api, kind, header, half)


def a_discount_is_taken_back(api: Api, kind: Kind) -> None:
    header = with_one_line(api, kind)
    api.patch(path_of(kind, header), {"discountAmount": header["totalAmountExcludingTax"] / 2})
    answer = api.patch(path_of(kind, header), {"discountAmount": 0})
    assert (answer["number"], answer["discountAmount"]) == (header["number"], 0)
    assert_totals(api, kind, header, 0)


def with_one_line(api: Api, kind: Kind, **more: Any) -> dict[str, Any]:
    """A draft of an item that is there from the beginning."""
    item = api.row("items", number="1896-S")
    return new_document(api, kind, [{"itemId": item["id"], "quantity": 1, kind.price: 100}], **more)


def one_for_nobody_is_refused(api: Api, kind: Kind) -> None:
    status, code, message = api.refused("POST", kind.headers, {"currencyCode": FOREIGN_CURRENCY})
    identifier = "vendorID" if kind == PURCHASE_INVOICE else f"{kind.party}Id"
    assert (status, code) == (400, "Application_DialogException")
    assert message == f'A "{kind.party_number}" or a "{identifier}" must be provided.'

"""What a customer or vendor changes about its documents: prices that include VAT, and lines that nobody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.rules.document_kinds import KINDS

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

# Documents that show whether their prices include tax, and those on which the API lets one say so.
SHOWN = [kind for kind in KINDS if kind.headers != "salesQuotes"]
TOLD = [kind for kind in SHOWN if kind.headers in {"purchaseInvoices", "purchaseOrders", "salesOrders"}]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)
# Vendor 20000 and customer 10000 are taxed at 25 percent.
PARTIES = {"Vendor": "20000", "Customer": "10000"}


def document(desk: Desk, kind: DocumentKind, **more: Any) -> dict[str, Any]:
    return desk.create(kind.headers, {kind.party.number_name: PARTIES[kind.party.caption], **more})


def lines(desk: Desk, kind: DocumentKind, header: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(desk.rows(f"{kind.headers}({header['id']})/{kind.lines}"), key=lambda line: int(line["sequence"]))


def include_tax(desk: Desk, kind: DocumentKind) -> None:
    party = desk.id(kind.party.party_set, number=PARTIES[kind.party.caption])
    desk.edit(kind.party.party_set, party, _pricesIncludeTax=True)


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.headers)
def test_a_document_s_prices_include_tax_if_its_payer_s_do(desk: Desk, kind: DocumentKind) -> None:
    assert document(desk, kind)["pricesIncludeTax"] is False
    include_tax(desk, kind)
    assert document(desk, kind)["pricesIncludeTax"] is True


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.headers)
def test_a_request_says_something_else(desk: Desk, kind: DocumentKind) -> None:
    include_tax(desk, kind)
    assert document(desk, kind, pricesIncludeTax=False)["pricesIncludeTax"] is False


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.headers)
def test_a_price_that_is_sent_means_something_else_then(desk: Desk, kind: DocumentKind) -> None:
    sent = {"itemId": desk.id("items", number="1896-S"), "quantity": 2, kind.price: 125}
    amounts = []
    for _ in range(2):
        header = document(desk, kind)
        line = desk.create(f"{kind.headers}({header['id']})/{kind.lines}", sent)
        amounts.append((line["amountExcludingTax"], line["amountIncludingTax"]))
        include_tax(desk, kind)
    assert amounts == [(250, 312.5), (200, 250)]


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.headers)
def test_the_price_of_the_card_comes_with_tax_on_top(desk: Desk, kind: DocumentKind) -> None:
    item = desk.company.find("items", number="1896-S")[0]
    sent, prices = {"itemId": item["id"], "quantity": 1}, []
    for _ in range(2):
        header = document(desk, kind)
        prices.append(desk.create(f"{kind.headers}({header['id']})/{kind.lines}", sent)[kind.price])
        include_tax(desk, kind)
    assert prices[1] * 100 == prices[0] * 125
    assert prices[0] == item[kind.item_price]


def recur(desk: Desk, kind: DocumentKind, *facts: dict[str, Any]) -> None:
    blank = {"lineObjectNumber": "", "description": "", "quantity": 0, "price": 0}
    whose = {"party": kind.party.caption, "number": PARTIES[kind.party.caption], "entitySet": kind.headers}
    for number, fact in enumerate(facts):
        desk.company.insert("_recurringLines", {**blank, **whose, **fact, "_place": number})


@every_kind
def test_a_new_document_has_the_lines_that_recur_before_those_of_the_request(desk: Desk, kind: DocumentKind) -> None:
    rent = {"lineType": "Account", "lineObjectNumber": "8110", "quantity": 1, "price": 500, "description": "Rent"}
    text, goods = {"description": "As agreed"}, {"lineObjectNumber": "1896-S", "quantity": 2}
    recur(desk, kind, {"lineType": "Comment", **text}, rent, {"lineType": "Item", **goods})
    own = {"itemId": desk.id("items", number="1900-S"), "quantity": 1, kind.price: 10}
    header = document(desk, kind, **{kind.lines: [own]})
    comment, account, item, sent = lines(desk, kind, header)
    assert (comment["lineType"], comment["description"]) == ("Comment", "As agreed")
    assert (account["lineObjectNumber"], account["description"], account["amountExcludingTax"]) == ("8110", "Rent", 500)
    assert (item["lineObjectNumber"], item["quantity"]) == ("1896-S", 2)
    assert (sent["lineObjectNumber"], sent["sequence"]) == ("1900-S", 40_000)
    assert desk.read(f"{kind.headers}({header['id']})")["totalAmountExcludingTax"] > 510


@every_kind
def test_other_documents_and_other_parties_have_none(desk: Desk, kind: DocumentKind) -> None:
    recur(desk, kind, {"lineType": "Comment", "description": "As agreed"})
    for other in KINDS:
        if other is not kind:
            assert lines(desk, other, document(desk, other)) == []
    stranger = desk.create(kind.headers, {kind.party.number_name: "30000"})
    assert lines(desk, kind, stranger) == []


@every_kind
def test_a_document_goes_to_who_pays_by_the_party_s_card_unless_the_request_says_it(
    desk: Desk, kind: DocumentKind
) -> None:
    party = kind.party
    number = PARTIES[party.caption]
    other = next(row for row in desk.rows(party.party_set) if row["number"] != number)
    desk.edit(party.party_set, other["id"], currencyCode="USD", currencyId=desk.id("currencies", code="USD"))
    desk.edit(party.party_set, desk.id(party.party_set, number=number), **{f"_{party.payer_id_name}": other["id"]})
    header = document(desk, kind)
    assert header[party.payer_id_name] == other["id"]
    assert header[f"{party.payer}Name"] == other["displayName"]
    assert header["currencyCode"] == "USD"
    own = document(desk, kind, **{f"{party.payer}{party.caption}Number": number})
    assert own[party.payer_id_name] == own[party.id_name]
    assert own["currencyCode"] != "USD"


@every_kind
def test_who_pays_by_the_card_must_not_be_blocked(desk: Desk, kind: DocumentKind) -> None:
    party = kind.party
    number = PARTIES[party.caption]
    other = next(row for row in desk.rows(party.party_set) if row["number"] != number)
    desk.edit(party.party_set, other["id"], blocked="All")
    desk.edit(party.party_set, desk.id(party.party_set, number=number), **{f"_{party.payer_id_name}": other["id"]})
    with pytest.raises(AssertionError, match="blocked"):
        document(desk, kind)

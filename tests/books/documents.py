"""Which documents of purchase and sale may a record be, and what does each add to the books?"""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from books.asked import Asked, Books, Place, number_of
from books.world import (
    ASSET,
    CHARGE,
    DAY,
    EXPENSES,
    ITEMS,
    KEPT_BACK,
    LINES_FOR,
    LOCAL,
    RATES,
    RESOURCE,
    TRADED,
    WITHOUT_TAX,
    Own,
    World,
    amount,
    cents,
    dimensions,
    own_dimensions,
)

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Trade:
    """Documents of a kind.

    Attributes:
        party: The property that names the other party by its number.
        reference: The property that holds the sender's number.
        lines: The navigation to lines.
        price: What a line costs.
        sign: Of what is traded in the ledger; 0 for what is never posted itself.
        action: What it may ask for besides `isDraft: false`.
        becomes: The set of what it ends as.
        date: The property of its date.
    """

    party: str
    reference: str
    lines: str
    price: str
    sign: int
    date: str
    action: str = "post"
    becomes: str = ""


def _trade(name: str, party: str, sign: int, date: str, **more: str) -> Trade:
    is_sale = party == "customerNumber"
    reference = "externalDocumentNumber" if is_sale else "vendorInvoiceNumber"
    if name == "purchaseCreditMemos":
        reference = "vendorCreditMemoNumber"
    price = "unitPrice" if is_sale else "directUnitCost" if name == "purchaseOrders" else "unitCost"
    return Trade(party, reference, f"{name.removesuffix('s')}Lines", price, sign, date, **more)


TRADES = {
    "purchaseInvoices": _trade("purchaseInvoices", "vendorNumber", 1, "invoiceDate"),
    "purchaseCreditMemos": _trade("purchaseCreditMemos", "vendorNumber", -1, "creditMemoDate"),
    "purchaseOrders": _trade(
        "purchaseOrders", "vendorNumber", 1, "orderDate", action="receiveAndInvoice", becomes="purchaseInvoices"
    ),
    "salesInvoices": _trade("salesInvoices", "customerNumber", -1, "invoiceDate"),
    "salesCreditMemos": _trade("salesCreditMemos", "customerNumber", 1, "creditMemoDate"),
    "salesOrders": _trade(
        "salesOrders", "customerNumber", -1, "orderDate", action="shipAndInvoice", becomes="salesInvoices"
    ),
    "salesQuotes": _trade(
        "salesQuotes", "customerNumber", 0, "documentDate", action="makeOrder", becomes="salesOrders"
    ),
}
POSTED = ("purchaseInvoices", "purchaseCreditMemos", "salesInvoices", "salesCreditMemos")
"""The sets of posted documents."""


@dataclass(slots=True)
class Sum:
    """Adds up what the lines of a document come to."""

    currency: str
    sign: int
    net: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, account: str, own: Own, value: Decimal) -> None:
        self.net[(account, *own)] += value

    @property
    def total(self) -> Decimal:
        return sum(self.net.values(), Decimal(0))

    def books(self) -> Books:
        factor = self.sign * RATES[self.currency]
        return Counter({
            (*key, self.currency): cents(value * factor) for key, value in self.net.items() if cents(value * factor)
        })  # fmt: skip


def _quantity_and_price(chance: random.Random) -> tuple[Any, Decimal, Decimal]:
    """A quantity, a price and what they come to."""
    quantity = Decimal(chance.randrange(1, 6)) if chance.random() < 0.7 else Decimal(chance.randrange(60, 400)) / 100
    price = amount(chance) if chance.random() < 0.8 else Decimal(chance.randrange(1, 9_000_000)) / 100_000
    return quantity, price, cents(quantity * price)


@dataclass(frozen=True, slots=True)
class Further:
    """What a line is for that is for neither an item nor an account.

    Attributes:
        type: As the service spells it.
        number: Its number.
        held_back: The code of the fault with which the document stays a draft; empty where it is posted.
    """

    type: str
    number: str
    held_back: str = ""

    @property
    def account(self) -> str:
        """Where it is posted to."""
        return LINES_FOR[self.type]


def further(chance: random.Random, stream: str, world: World) -> Further | None:
    """What some lines are for besides items and accounts: a resource, and in invoices and credit memos more."""
    if world.is_early or chance.random() > 0.12:
        return None
    resource, is_sale = Further("Resource", RESOURCE), stream.startswith("sales")
    if stream not in {*POSTED, "Bills"}:
        return resource
    refused = "Application_FieldValidationException" if is_sale else ""
    asset = Further("Fixed_x0020_Asset", ASSET, refused)
    return chance.choice((resource, resource, asset, Further("Charge", CHARGE, "unpostable_line")))


def _hold_back(asked: Asked, lines: list[Further]) -> None:
    """Nothing posts a charge, as the API assigns none, nor a sold asset."""
    codes = {each.held_back for each in lines} - {""}
    asked.held_back, asked.is_surely_held_back = asked.held_back | codes, asked.is_surely_held_back or bool(codes)


def bill(chance: random.Random, name: str, world: World) -> Asked:
    """A unified bill."""
    party = world.vendor(chance)
    own, fields = dimensions(chance, world.handed_down(party))
    currency = world.currency(chance)
    added = Sum(currency.replace(LOCAL, ""), 1)
    record: dict[str, Any] = {
        "externalId": name, "billNumber": number_of(name), "issueDate": DAY, **party.fields, **fields,
        "lineItems": [], "expenses": [],
    }  # fmt: skip
    rare: list[Further] = []
    if currency:
        record["currency"] = currency
    for number in range(chance.randrange(1, 5)):
        line_own, line_fields = dimensions(chance, own)
        line: dict[str, Any] = {"externalId": f"{name}-{number}", "description": f"Line {number}", **line_fields}
        if (other := further(chance, "Bills", world)) is not None:
            quantity, price, net = _quantity_and_price(chance)
            words = {"lineType": other.type.replace("_x0020_", " "), "lineObjectNumber": other.number}
            stated = {"discount": 0} if world.is_explicit else {}
            record["lineItems"].append({**line, **words, "quantity": quantity, "unitPrice": price, **stated})
            added.add(other.account, line_own, net)
            rare.append(other)
        elif chance.random() < 0.4:
            quantity, price, net = _quantity_and_price(chance)
            line |= {"itemNumber": chance.choice(ITEMS), "quantity": quantity, "unitPrice": price}
            if chance.random() < 0.2:
                line["locationNumber"] = "EAST"
            if chance.random() < 0.2:
                line["discount"] = discount = min(amount(chance), net)
                net -= discount
            elif world.is_explicit:
                line["discount"] = 0
            if chance.random() < 0.1:
                line["unitOfMeasure"] = "PCS"
            record["lineItems"].append(line)
            added.add(TRADED, line_own, net)
        else:
            account, cost = chance.choice(EXPENSES), amount(chance)
            stated = {"discount": 0} if world.is_explicit else {}
            record["expenses"].append({**line, "accountNumber": account, "amount": cost, **stated})
            added.add(account, line_own, cost)
    asked = Asked(name, "Bills", record, Place("purchaseInvoices", {"vendorInvoiceNumber": number_of(name)}))
    asked.books, asked.party, asked.can_go = added.books(), party, True
    asked.held_back = party.held_back | (KEPT_BACK if world.rounds(record["lineItems"]) else frozenset())
    _hold_back(asked, rare)
    if party.fields.get("vendorNumber") in WITHOUT_TAX and not added.currency:
        asked.total = added.total
    if chance.random() < 0.4 and party.fields.get("vendorNumber") in WITHOUT_TAX:
        is_right = chance.random() < 0.7
        record["totalAmount"] = added.total if is_right else added.total + 1
        if not is_right:
            asked.held_back, asked.is_surely_held_back = asked.held_back | KEPT_BACK, True
    return with_files(chance, asked)


def document(chance: random.Random, name: str, world: World, stream: str) -> Asked:
    """A document in Business Central's own names."""
    trade, number = TRADES[stream], number_of(name)
    party = world.vendor(chance, by_number=True) if trade.party == "vendorNumber" else world.customer(chance)
    own, fields = own_dimensions(chance, world.handed_down(party))
    currency = world.currency(chance)
    added = Sum(currency.replace(LOCAL, ""), trade.sign)
    record: dict[str, Any] = {
        "externalId": name, trade.reference: number, **party.fields, trade.date: DAY, "postingDate": DAY, **fields,
    }  # fmt: skip
    if stream in {"purchaseOrders", "salesQuotes"}:
        del record["postingDate"]
    if stream == "purchaseOrders":
        del record[trade.reference]
    if currency:
        record["currencyCode"] = currency
    lines, rare = [], list[Further]()
    part, part_lines = Sum(added.currency, trade.sign), []
    for place in range(chance.randrange(1, 5)):
        line_own, line_fields = own_dimensions(chance, own)
        quantity, price, net = _quantity_and_price(chance)
        line: dict[str, Any] = {"description": f"{number} {place}", "quantity": quantity, trade.price: price}
        if (other := further(chance, stream, world)) is not None:
            line = {"lineType": other.type, "lineObjectNumber": other.number, **line}
            account = other.account
            rare.append(other)
        elif chance.random() < 0.6:
            line = {"lineType": "Item", "lineObjectNumber": chance.choice(world.items_of(stream)), **line}
            account = TRADED
        else:
            account = chance.choice(EXPENSES)
            line = {"lineType": "Account", "lineObjectNumber": account, **line}
        first = Decimal(1) if quantity > 1 else cents(quantity / 2)
        part.add(account, line_own, cents(first * price))
        undiscounted = {"discountAmount": 0} if world.is_explicit else {}
        part_lines.append({**line, **line_fields, **undiscounted, **_to_be_posted(stream, first)})
        if chance.random() < 0.2:
            line["discountAmount"] = discount = min(amount(chance), net)
            net -= discount
        elif world.is_explicit:
            line["discountAmount"] = 0
        lines.append({**line, **line_fields})
        added.add(account, line_own, net)
    if chance.random() < 0.2:
        lines.append({"lineType": "Comment", "description": "Ring twice"})
    record[trade.lines] = lines
    held_back = party.held_back | (KEPT_BACK if world.rounds(lines) else frozenset())
    place = Place(stream, {trade.reference: number}, trade.becomes)
    if stream == "purchaseOrders":  # nothing of it is the sender's but its lines
        place = Place(stream, {"description": f"{number} 0"}, trade.becomes, by_line=True)
    asked = Asked(
        name, stream, record, place, added.books(), held_back=held_back, party=party, action=trade.action,
        can_go=stream in POSTED,
    )  # fmt: skip
    _hold_back(asked, rare)
    if stream == "purchaseOrders":
        _as_purchase_order(asked, world)
    if stream in PARTS and part.net:
        asked.part = (part_lines, part.books())
    if stream == "salesQuotes":
        _turning(chance, asked, added)
    if stream not in POSTED:
        return asked
    if chance.random() < 0.15:
        _in_pieces(chance, asked, trade)
    return with_files(chance, asked)


PARTS = {"salesOrders": "shipQuantity", "purchaseOrders": "receiveQuantity"}
"""By the set of orders, the property of what is to be delivered of a line."""


def _to_be_posted(stream: str, quantity: Decimal) -> dict[str, Decimal]:
    """What says that so much of an order's line is to be posted."""
    return {PARTS[stream]: quantity, "invoiceQuantity": quantity} if stream in PARTS else {}


def _as_purchase_order(asked: Asked, world: World) -> None:
    """It is told from others by the store alone, and has no number that the set-up may ask for."""
    asked.is_bad = not world.has_store
    if world.orders_need_numbers:
        asked.held_back, asked.is_surely_held_back = asked.held_back | {"Application_DialogException"}, True


def _turning(chance: random.Random, asked: Asked, added: Sum) -> None:
    """A quote becomes an order or an invoice, which another record has posted."""
    asked.action, becomes = chance.choice((("makeOrder", "salesOrders"), ("makeInvoice", "salesInvoices")))
    trade, quote = TRADES[becomes], TRADES["salesQuotes"]
    assert asked.place is not None
    asked.place = replace(asked.place, becomes=becomes)
    stated = ("externalId", quote.reference, quote.party, "currencyCode")
    known = {name: asked.record[name] for name in stated if name in asked.record}
    lines = [dict(line) for line in asked.record[quote.lines]]
    # What is left out is as the quote said.
    record = {**known, "action": trade.action, **({trade.lines: lines} if chance.random() < 0.5 else {})}
    place = Place(becomes, asked.place.equal, trade.becomes)
    books = Sum(added.currency, trade.sign, added.net).books()
    asked.turned = Asked(
        asked.name, becomes, record, place, books, posts=True, held_back=asked.held_back, party=asked.party,
        action=trade.action,
    )  # fmt: skip


def buy_order(chance: random.Random, name: str, world: World) -> Asked:
    """A unified buy order."""
    party = world.vendor(chance)
    own, fields = dimensions(chance, world.handed_down(party))
    currency, number = world.currency(chance), number_of(name)
    added = Sum(currency.replace(LOCAL, ""), 1)
    lines = []
    for place in range(chance.randrange(1, 4)):
        line_own, line_fields = dimensions(chance, own)
        quantity, price, net = _quantity_and_price(chance)
        item = chance.choice(world.items_of("purchaseOrders"))
        line = {"itemNumber": item, "description": f"{number} {place}", "quantity": quantity}
        lines.append({**line, chance.choice(("unitCost", "unitPrice")): price, **line_fields})
        added.add(TRADED, line_own, net)
    record: dict[str, Any] = {"externalId": name, "orderDate": DAY, **party.fields, **fields, "lineItems": lines}
    if currency:
        record["currency"] = currency
    place = Place("purchaseOrders", {"description": f"{number} 0"}, "purchaseInvoices", by_line=True)
    asked = Asked(name, "BuyOrders", record, place, added.books(), party=party, action="receiveAndInvoice")
    asked.held_back = party.held_back | (KEPT_BACK if world.rounds(lines) else frozenset())
    _as_purchase_order(asked, world)
    return asked


def _in_pieces(chance: random.Random, asked: Asked, trade: Trade) -> None:
    """Lines and dimensions come as records of their own, as the tap has read them from another company."""
    id_ = _guid(chance)
    asked.record["id"] = id_
    noun = {"In": "Invoice", "Cr": "Credit Memo"}[trade.lines.removeprefix("purchase").removeprefix("sales")[:2]]
    parent = f"{'Purchase' if trade.party == 'vendorNumber' else 'Sales'} {noun}"
    owners = [(id_, parent, asked.record)]
    for place, line in enumerate(asked.record.pop(trade.lines)):
        line_id = _guid(chance)
        piece = {"id": line_id, "documentId": id_, "sequence": (place + 1) * 10_000, **line}
        asked.pieces.append((trade.lines, piece))
        owners.append((line_id, f"{parent} Line", piece))
    for owner_id, kind, owner in owners:
        for each in owner.pop("dimensionSetLines", ()):
            asked.pieces.append(
                ("dimensionSetLines", {"id": _guid(chance), "parentId": owner_id, "parentType": kind, **each})
            )


def _guid(chance: random.Random) -> str:
    return f"{chance.getrandbits(32):08x}-0000-4000-8000-{chance.getrandbits(48):012x}"


def with_files(chance: random.Random, asked: Asked) -> Asked:
    """The record, with a file attached at times."""
    if chance.random() < 0.15:
        content = base64.b64encode(f"What {asked.name} says".encode()).decode()
        asked.record["attachments"] = [{"name": f"{asked.name}.txt", "content": content}]
        asked.files = (f"{asked.name}.txt",)
    return asked

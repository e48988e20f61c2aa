"""Which records does a random file hold, and what does each add to the books?

What is expected is worked out from the record alone and from what the demo company is set up to do, with nothing of the
target's.
"""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from books.asked import Asked, Books, Party, Place, number_of

EXPENSES = ("8210", "8310", "8410", "8450")
ITEMS = ("1896-S", "1906-S", "1968-S")
TRADED = "traded"
TRADED_ACCOUNTS = frozenset({"7110", "7120", "7130", "7140", "6110", "6120", "6130", "6910"})
"""Accounts of what is bought and sold, and of discounts, wherever the other party is."""
CASH = "2910"
ASSET, ASSETS = "FA000010", "1210"
"""A fixed asset, and the account that it is bought onto."""
CHARGE, RESOURCE = "FREIGHT", "MARTY"
CLASSES = {"RETAIL": "Retail", "ONLINE": "Online", "WHOLESALE": "Wholesale"}
DEPARTMENTS = {"SALES": "Sales", "ADM": "Administration", "PROD": "Production"}
VENDORS = ("10000", "20000", "30000")
EMPLOYEES = ("JO", "TD", "OF", "MH", "EH")
CUSTOMERS = ("10000", "20000", "30000", "40000")
OF_VENDORS = "PURCHASING"
"""The department that all vendors of the demo company hand down."""
ODD_VENDOR, ODD_ITEM = "40000", "1968-S"
"""A vendor whose new bills have a line of their own, and a discount on the item, where the world is an odd one."""
ODD_CUSTOMER, ROUNDED_ITEM = "40000", "1906-S"
"""A customer whose documents have an invoice discount of their own there, and an item that is sold by the piece."""
RATES = {"": Decimal(1), "EUR": Decimal("0.6458"), "USD": Decimal("0.648824"), "SEK": Decimal("0.098965")}
LOCAL = "GBP"
CENT = Decimal("0.01")
ACCOUNTS = frozenset({*EXPENSES, TRADED, CASH, ASSETS})
"""The accounts that records of files add to."""
LINES_FOR = {"Item": TRADED, "Resource": TRADED, "Charge": TRADED, "Fixed_x0020_Asset": ASSETS}
"""Where a line is posted to by its type; one for an account names it."""
KEPT_BACK = frozenset({"foreign_lines", "amount_differs", "discount_differs", "not_applied", "total_differs"})
DAY = "2026-01-20"
WITHOUT_TAX = ("10000", "30000")
"""Vendors abroad, on whose bills no tax is added."""
Own = tuple[str, str]
"""A class and a department."""


@dataclass(slots=True)
class World:
    """What is particular about the company and the run that a file is for.

    Attributes:
        has_store: The target keeps what it did.
        is_odd: One vendor has recurring lines and discounts.
        newcomers: Vendors that come with the file, in either dialect.
        fixed: The party of the next record, which is another version of one.
        is_explicit: The next record says everything, because what it did not say would stay as it was.
        orders_need_numbers: Purchase orders are not posted, as their page has no number of the vendor's.
        contact: The id of a contact of a customer.
        only: Kinds of which a file holds one record at most, as there is one row of them.
    """

    has_store: bool = True
    is_odd: bool = False
    newcomers: list[Party] = field(default_factory=list)
    fixed: Party | None = None
    is_explicit: bool = False
    orders_need_numbers: bool = False
    contact: str = ""
    only: list[str] = field(default_factory=lambda: ["companyInformation", "customerContacts"])

    def currency(self, chance: random.Random) -> str:
        """What a document says of its currency; empty for nothing."""
        found = chance.choice(("", "", *RATES))
        return LOCAL if self.is_explicit and not found else found

    def rounds(self, lines: list[dict[str, Any]]) -> bool:
        """Whether the service rounds a quantity of these lines to whole pieces."""
        items = (line for line in lines if (line.get("itemNumber") or line.get("lineObjectNumber")) == ROUNDED_ITEM)
        return self.is_odd and any(line["quantity"] % 1 for line in items)

    def items_of(self, stream: str) -> tuple[str, ...]:
        """What a document is for. Without a number, one in doubt is known by all that it says, if that is kept."""
        kept = self.is_odd and stream == "purchaseOrders"
        return tuple(item for item in ITEMS if not (kept and item == ROUNDED_ITEM))

    def handed_down(self, party: Party) -> Own | None:
        """What a document need not say of its dimensions."""
        return None if self.is_explicit else party.handed_down

    def vendor(self, chance: random.Random, *, by_number: bool = False) -> Party:
        """A vendor of a document."""
        if self.fixed is not None:
            return self.fixed
        known = [each for each in self.newcomers if not by_number or "vendorNumber" in each.fields]
        if known and chance.random() < 0.4:
            return chance.choice(known)
        if self.is_odd and chance.random() < 0.3:
            return Party({"vendorNumber": ODD_VENDOR}, ("", OF_VENDORS), KEPT_BACK)
        return Party({"vendorNumber": chance.choice(VENDORS)}, ("", OF_VENDORS))

    def customer(self, chance: random.Random) -> Party:
        """A customer of a document."""
        if self.fixed is not None:
            return self.fixed
        number = chance.choice(CUSTOMERS)
        is_odd = self.is_odd and number == ODD_CUSTOMER
        return Party({"customerNumber": number}, held_back=KEPT_BACK if is_odd else frozenset())


def amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(1, 90_000)) / 100


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


# --- dimensions -------------------------------------------------------------------------------------------------------


def dimensions(chance: random.Random, inherited: Own | None) -> tuple[Own, dict[str, Any]]:
    """A class and a department, and the fields that say so; each may be the one that is inherited, unsaid."""
    fields: dict[str, Any] = {}
    found = []
    for name, values, above in (("class", CLASSES, 0), ("department", DEPARTMENTS, 1)):
        if inherited is not None and chance.random() < 0.5:
            found.append(inherited[above])
            continue
        code = chance.choice(sorted(values))
        found.append(code)
        way = chance.random()
        if way < 0.4:
            fields[f"{name}Number"] = code
        elif way < 0.7:
            fields[f"{name}Name"] = values[code]
        else:
            fields.setdefault("dimensions", []).append({"number": name.upper(), "valueNumber": code})
    return (found[0], found[1]), fields


def own_dimensions(chance: random.Random, inherited: Own | None) -> tuple[Own, dict[str, Any]]:
    """The same in Business Central's own names."""
    lines, found = [], []
    for code, values, above in (("CLASS", CLASSES, 0), ("DEPARTMENT", DEPARTMENTS, 1)):
        if inherited is not None and chance.random() < 0.5:
            found.append(inherited[above])
            continue
        found.append(chance.choice(sorted(values)))
        lines.append({"code": code, "valueCode": found[-1]})
    return (found[0], found[1]), ({"dimensionSetLines": lines} if lines else {})


# --- documents --------------------------------------------------------------------------------------------------------


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


def further(chance: random.Random, stream: str) -> Further | None:
    """What some lines are for besides items and accounts: a resource, and in invoices and credit memos more."""
    if chance.random() > 0.12:
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
        if (other := further(chance, "Bills")) is not None:
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
    return _with_files(chance, asked)


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
        if (other := further(chance, stream)) is not None:
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
    return _with_files(chance, asked)


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


def _with_files(chance: random.Random, asked: Asked) -> Asked:
    if chance.random() < 0.15:
        content = base64.b64encode(f"What {asked.name} says".encode()).decode()
        asked.record["attachments"] = [{"name": f"{asked.name}.txt", "content": content}]
        asked.files = (f"{asked.name}.txt",)
    return asked


# --- journals ---------------------------------------------------------------------------------------------------------


def entry(chance: random.Random, name: str, world: World) -> Asked:
    """A unified entry."""
    own, fields = dimensions(chance, None if world.is_explicit else ("", ""))
    added = Sum("", 1)
    lines = []
    for _ in range(chance.randrange(1, 4)):
        line_own, line_fields = dimensions(chance, own)
        account, debit = chance.choice(EXPENSES), amount(chance)
        lines.append({"accountNumber": account, "entryType": "Debit", "debitAmount": debit, **line_fields})
        added.add(account, line_own, debit)
    total = sum(line["debitAmount"] for line in lines)
    lines.append({"accountNumber": CASH, "entryType": "Credit", "creditAmount": total})
    added.add(CASH, own, -total)
    record = {
        "externalId": name, "journalEntryNumber": number_of(name), "transactionDate": "2026-01-27",
        "lineItems": lines, **fields,
    }  # fmt: skip
    if chance.random() < 0.2:
        record["currency"] = "GBP"
    asked = Asked(name, "JournalEntries", record, None, added.books())
    if chance.random() < 0.1:
        record["currency"], asked.is_bad = "EUR", True
    return _with_files(chance, asked)


def own_entry(chance: random.Random, name: str, _world: World) -> Asked:
    own, fields = own_dimensions(chance, None)
    account, debit = chance.choice(EXPENSES), amount(chance)
    lines = [{"accountNumber": each, "amount": value, **fields} for each, value in ((account, debit), (CASH, -debit))]
    number = number_of(name)
    record = {"externalId": name, "documentNumber": number, "postingDate": "2026-01-27", "journalLines": lines}
    added = Sum("", 1)
    added.add(account, own, debit)
    added.add(CASH, own, -debit)
    return _with_files(chance, Asked(name, "journalLines", record, None, added.books()))


def payment(chance: random.Random, name: str, world: World) -> Asked:
    own, fields = dimensions(chance, None)
    party = world.fixed or Party({"vendorNumber": chance.choice(VENDORS)})
    paid = amount(chance)
    record = {
        "externalId": name, "paymentNumber": number_of(name), "paymentDate": "2026-01-28", "amount": paid,
        **party.fields, "journalExternalId": "GENERAL", **fields,
    }  # fmt: skip
    added = Sum("", -1)
    added.add(CASH, own, paid)
    return Asked(name, "BillPayments", record, None, added.books(), party=party)


def own_payment(chance: random.Random, name: str, world: World, stream: str) -> Asked:
    own, fields = own_dimensions(chance, None)
    is_vendors = stream == "vendorPayments"
    paid = amount(chance) * (1 if is_vendors else -1)
    who, known = ("vendorNumber", VENDORS) if is_vendors else ("customerNumber", CUSTOMERS)
    party = world.fixed or Party({who: chance.choice(known)})
    record = {
        "externalId": name, "documentNumber": number_of(name), "postingDate": "2026-01-28", "amount": paid,
        "journalDisplayName": "GENERAL", **party.fields, **fields,
    }  # fmt: skip
    added = Sum("", -1)
    added.add(CASH, own, paid)
    return Asked(name, stream, record, None, added.books(), party=party)


# --- master data ------------------------------------------------------------------------------------------------------

# By kind: what its key and its text are called, and what else a new one needs.
MASTERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "customers": ("number", "displayName", {}),
    "vendors": ("number", "displayName", {}),
    "items": ("number", "displayName", {"baseUnitOfMeasureCode": "PCS", "unitPrice": 100}),
    "itemVariants": ("code", "description", {"itemNumber": "1896-S"}),
    "itemCategories": ("code", "displayName", {}),
    "unitsOfMeasure": ("code", "displayName", {}),
    "paymentTerms": ("code", "displayName", {"dueDateCalculation": "30D"}),
    "paymentMethods": ("code", "displayName", {}),
    "shipmentMethods": ("code", "displayName", {}),
    "taxGroups": ("code", "displayName", {}),
    "taxAreas": ("code", "displayName", {}),
    "currencies": ("code", "displayName", {}),
    "countriesRegions": ("code", "displayName", {}),
    "locations": ("code", "displayName", {}),
    "salespeoplePurchasers": ("code", "displayName", {}),
    "customerReturnReasons": ("code", "description", {}),
    "disputeStatus": ("code", "displayName", {}),
    "bankAccounts": ("number", "displayName", {}),
    "contacts": ("number", "displayName", {}),
    "employees": ("number", "givenName", {}),
    "projects": ("number", "displayName", {}),
    "opportunities": ("number", "description", {}),
    "fixedAssetLocations": ("code", "displayName", {}),
    "fixedAssets": ("number", "displayName", {}),
    "journals": ("code", "displayName", {}),
    "customerPaymentJournals": ("code", "displayName", {}),
    "vendorPaymentJournals": ("code", "displayName", {}),
}


def master(chance: random.Random, name: str, _world: World) -> Asked:
    """A record of master data in Business Central's own names."""
    stream = chance.choice(sorted(MASTERS))
    key, text, more = MASTERS[stream]
    number, said = number_of(name), f"Text {chance.randrange(1000)}"
    record = {"externalId": name, key: number, text: said, **more}
    return Asked(name, stream, record, Place(stream, {key: number}), values={text: said}, text=text, can_go=True)


def of_another_api(chance: random.Random, name: str, _world: World) -> Asked:
    """A customer as a custom API shows it, with fields of an extension."""
    said = f"Text {chance.randrange(1000)}"
    record = {"externalId": name, "number": number_of(name), "displayName": said, "loyaltyLevel": "Gold Card"}
    place = Place("customers", {"number": number_of(name)})
    return Asked(
        name, "contoso_demo_loyalCustomers", record, place, values={"displayName": said}, text="displayName",
        can_go=True,
    )  # fmt: skip


def time(chance: random.Random, name: str, _world: World) -> Asked:
    """The hours of somebody on a day of the record's own."""
    place = int(name[1:])
    key = {"employeeNumber": EMPLOYEES[place % len(EMPLOYEES)], "date": f"2026-02-{place % 28 + 1:02d}"}
    hours, (own, fields) = Decimal(chance.randrange(1, 64)) / 8, own_dimensions(chance, None)
    record = {"externalId": name, **key, "quantity": hours, **fields}
    asked = Asked(name, "timeRegistrationEntries", record, Place("timeRegistrationEntries", key), can_go=True)
    asked.values, asked.codes = {"quantity": hours}, {"CLASS": own[0], "DEPARTMENT": own[1]}
    return asked


def only_row(chance: random.Random, name: str, world: World) -> Asked:
    """A change of what is there already and cannot be created: the company itself, or somebody's contact."""
    if not world.only:
        return master(chance, name, world)
    stream = world.only.pop(chance.randrange(len(world.only)))
    text, key = ("city", {}) if stream == "companyInformation" else ("email", {"id": world.contact})
    said = f"City {chance.randrange(1000)}" if text == "city" else f"c{chance.randrange(1000)}@contoso.com"
    record = {"externalId": name, text: said, **key}
    return Asked(name, stream, record, Place(stream, key), values={text: said}, text=text)


def unified_master(chance: random.Random, name: str, _world: World) -> Asked:
    stream, entity_set, field_ = chance.choice(
        (("Vendors", "vendors", "vendorName"), ("Customers", "customers", "companyName"))
    )
    said = f"Unified {name}"
    city = f"City {chance.randrange(1000)}"
    record = {"externalId": name, field_: said, "addresses": [{"addressType": "shipping", "city": city}]}
    return Asked(name, stream, record, Place(entity_set, {"displayName": said}), values={"city": city})


def newcomer(chance: random.Random, name: str, world: World) -> Asked:
    """A vendor that bills of the file name; in Business Central's own names it hands a class down."""
    if chance.random() < 0.5:
        world.newcomers.append(Party({"vendorExternalId": name}))
        said = f"Newcomer {name}"
        record = {"externalId": name, "vendorName": said}
        return Asked(name, "Vendors", record, Place("vendors", {"displayName": said}))
    number, id_ = number_of(name), f"0000{chance.randrange(1, 10_000):04d}-aaaa-4bbb-8ccc-0123456789ab"
    code = chance.choice(sorted(CLASSES))
    world.newcomers.append(Party({"vendorNumber": number}, (code, "")))
    record = {"externalId": name, "id": id_, "number": number, "displayName": f"Newcomer {name}"}
    asked = Asked(name, "vendors", record, Place("vendors", {"number": number}))
    default = {"parentType": "Vendor", "parentId": id_, "dimensionCode": "CLASS", "dimensionValueCode": code}
    asked.pieces.append(("defaultDimensions", default))
    return asked


# --- files ------------------------------------------------------------------------------------------------------------

Maker = Callable[[random.Random, str, World], Asked]
MAKERS: tuple[tuple[float, Maker], ...] = (
    (5, bill),
    (2, partial(document, stream="purchaseInvoices")),
    (2, partial(document, stream="salesInvoices")),
    (1, partial(document, stream="purchaseCreditMemos")),
    (1, partial(document, stream="salesCreditMemos")),
    (1, partial(document, stream="salesOrders")),
    (1, partial(document, stream="salesQuotes")),
    (1, partial(document, stream="purchaseOrders")),
    (1, buy_order),
    (2, entry),
    (2, own_entry),
    (2, payment),
    (1, partial(own_payment, stream="vendorPayments")),
    (1, partial(own_payment, stream="customerPayments")),
    (3, master),
    (1, unified_master),
    (0.5, of_another_api),
    (0.5, time),
    (0.5, only_row),
)
_POSTED_WITHOUT_A_WORD = frozenset(
    {*POSTED, *PARTS, "Bills", "BuyOrders", "JournalEntries", "journalLines", "BillPayments", "vendorPayments",
     "customerPayments"}
)  # fmt: skip
"""Streams whose records ask to be posted by `isDraft: false`, too."""


def random_file(chance: random.Random, size: int, world: World) -> list[Asked]:
    """Records of all kinds, in their order."""
    file = [newcomer(chance, f"v{number}", world) for number in range(chance.randrange(0, 3))]
    makers, weights = [maker for _, maker in MAKERS], [weight for weight, _ in MAKERS]
    file += [ask(chance, chance.choices(makers, weights)[0], f"r{number}", world) for number in range(size)]
    for place, asked in enumerate(file):
        if asked.stream == "BillPayments" and not asked.is_bad and chance.random() < 0.6:
            file[place] = paying(chance, asked, file)
    chance.shuffle(file)
    return file


def paying(chance: random.Random, asked: Asked, file: list[Asked]) -> Asked:
    """A payment of bills of the file: a part of one, or all of several."""
    paid = {name for each in file for name in each.pays}
    bills = [
        each for each in file if each.total and each.posts and not (each.is_bad or each.held_back or each.name in paid)
    ]
    if not bills:
        return asked
    first = chance.choice(bills)
    bills = [each for each in bills if each.record["vendorNumber"] == first.record["vendorNumber"]]
    record = {**asked.record, "vendorNumber": first.record["vendorNumber"]}
    assert first.total is not None
    if len(bills) > 1 and chance.random() < 0.6:
        pays = {each.name: each.total for each in bills[:2] if each.total is not None}
        record["bills"] = [{"billNumber": number_of(name), "amount": part} for name, part in pays.items()]
    else:
        part = first.total if chance.random() < 0.5 else max(cents(first.total / 3), CENT)
        pays = {first.name: part}
        record |= chance.choice(({"billNumber": number_of(first.name)}, {"billExternalId": first.name}))
    whole = sum(pays.values(), Decimal(0))
    books = Counter(dict.fromkeys(asked.books, -whole))
    party = Party({"vendorNumber": record["vendorNumber"]})
    return replace(asked, record={**record, "amount": whole}, books=books, pays=pays, party=party)


def ask(chance: random.Random, maker: Maker, name: str, world: World) -> Asked:
    """A record that may ask to be posted, and may be one that nothing good can come of."""
    asked = maker(chance, name, world)
    asked.maker = maker
    if (asked.books or asked.stream == "salesQuotes") and chance.random() < 0.7:
        asked.posts = True
        without = chance.random() < 0.7 and asked.stream in _POSTED_WITHOUT_A_WORD
        asked.record |= {"isDraft": False} if without else {"action": asked.action}
        if asked.part is not None and chance.random() < 0.4:
            asked.record[TRADES[asked.stream].lines], asked.books = asked.part
            asked.is_in_part = True
    if chance.random() < 0.08 and asked.stream in {"Bills", "JournalEntries", "BillPayments"}:
        spoil(chance, asked)
    return asked


def spoil(chance: random.Random, asked: Asked) -> None:
    """Make it a record that nothing good can come of."""
    name = chance.choice(("class", "department"))
    kept = {key: value for key, value in asked.record.items() if not key.startswith((name, "dimensions"))}
    asked.record, asked.is_bad = {**kept, f"{name}Number": "NOWHERE"}, True


def newer(chance: random.Random, asked: Asked, world: World) -> Asked:
    """Another version of a record that has come to a draft or a row: it says something else, or that it is gone."""
    if chance.random() < 0.15 and asked.can_go:
        record = {**asked.record, "_sdc_deleted_at": "2026-01-29T00:00:00Z"}
        return replace(asked, record=record, pieces=[], is_gone=True)
    if asked.text:
        said = f"Other {chance.randrange(1000)}"
        return replace(asked, record={**asked.record, asked.text: said}, values={asked.text: said})
    world.fixed, world.is_explicit = asked.party, True
    found = ask(chance, asked.maker, asked.name, world)
    world.fixed, world.is_explicit = None, False
    return replace(found, stays=asked if found.is_bad else None)

"""Which records does a random file hold?

What each adds to the books is worked out from the record alone and from what the demo company is set up to do, with
nothing of the target's.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from books.asked import Asked, Party, number_of
from books.documents import PARTS, POSTED, TRADES, bill, buy_order, document
from books.journals import entry, own_entry, own_payment, payment
from books.masters import master, newcomer, of_another_api, only_row, time, unified_master
from books.world import ASSET, CENT, CHARGE, RESOURCE, World, cents

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
    if not world.has_store and any(number in str(asked.record) for number in (RESOURCE, ASSET, CHARGE)):
        # Nobody knows that lines of a kind that the record has no more of were its own, so they are not posted with it.
        found.held_back |= {"foreign_lines", "total_differs"}
    return replace(found, stays=asked if found.is_bad else None)

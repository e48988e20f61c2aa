"""Does a document state a price or a discount in a field that nothing reads?

Then what would be booked is not what it says: Business Central takes the price of an item's card for a line without
one, and a discount that is left out makes the document come to more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.wanted.reading import number_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from target_dynamics_bc.kinds.kind import Noun
    from target_dynamics_bc.wanted.reading import Reading

_DISCOUNT = "discount"
_PRICES = ("price", "cost", "amount", "total")
_NO_PRICES = ("tax", "vat", _DISCOUNT)
_NO_DISCOUNTS = ("account", "date", "days", "code")

AMOUNT_OF_LINES = "an amount of each line alone"
"""How a document takes discounts."""

AMOUNT_OF_ITS_OWN = "an amount alone"
"""How a payment takes the discount that is kept back of what it pays."""


def refuse_unread_discounts(place: Reading, unread: Iterable[str], noun: Noun, takes: str) -> None:
    """Refuse discounts of a document, or of a line of it.

    Args:
        place: The document, or the line.
        unread: Its fields that nothing reads.
        noun: What people call the document.
        takes: How it takes discounts, and the field that is read.
    """
    for name in unread:
        if _is_of_discount(name.lower()) and (number := number_of(place.data[name])):
            message = f"{place.field(name)} is {number}, and {noun} takes discounts as {takes}."
            place.fault(name, "unsupported_discount", message)


def refuse_unread_price(line: Reading, unread: Collection[str], price: str) -> None:
    """Refuse a line that has no price where the price is read, and has one where nothing reads it."""
    if number_of(line.data.get(price)) is not None:
        return
    for name in unread:
        if _is_of_price(name.lower()) and (number := number_of(line.data[name])):
            message = (
                f"{line.path} has no {price}, and nothing reads its {name}, {number}: Business Central would take the "
                f"price of a card. Send the {price}."
            )
            line.fault(price, "required", message)
            return


def _is_of_discount(name: str) -> bool:
    return _DISCOUNT in name and not any(word in name for word in _NO_DISCOUNTS)


def _is_of_price(name: str) -> bool:
    return any(word in name for word in _PRICES) and not any(word in name for word in _NO_PRICES)

"""Whether a document's prices include VAT, and what a price of an item's card is then.

A customer or vendor says whether prices do: the API shows no property for it, so that it is the internal
`_pricesIncludeTax`. A document takes it from who pays, unless the request says something else; a quote, which shows no
such property, does not. A card's prices are without VAT: a document whose prices include it adds the rate.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.posting_setup import tax_rate

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_INCLUDED = "pricesIncludeTax"
_UNIT_PRICE = Decimal("0.00001")


def take_prices_include_tax(draft: Draft, payer: Row) -> None:
    """Let a document's prices include VAT if its payer's do."""
    if _INCLUDED in draft.row and _INCLUDED not in draft.given and "_pricesIncludeTax" in payer:
        draft.row[_INCLUDED] = bool(payer["_pricesIncludeTax"])


def card_price(company: Company, price: Decimal, header: Row, area: str, tax_group: str) -> Decimal:
    """A price of a card as the document counts prices.

    Args:
        company: Whose set-up of VAT.
        price: The price of the card, without VAT.
        header: The document.
        area: The tax area that the document's lines are taxed in.
        tax_group: The code of its tax group, which says the rate; blank for none.
    """
    if not header.get(_INCLUDED) or not tax_group:
        return price
    percent = tax_rate(company, area, tax_group).percent
    return (Decimal(price) * (1 + percent / 100)).quantize(_UNIT_PRICE, ROUND_HALF_UP)

"""How does an amount that the service writes as text become a number with the same digits?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from dynamics_bc_client.errors import UnexpectedAnswer

if TYPE_CHECKING:
    from msgspec import UnsetType

# As the service writes amounts in English: groups of three digits, a dot before the decimals.
_AMOUNT = re.compile(r"-?(?:[1-9]\d{0,2}(?:,\d{3})*|[1-9]\d*|0)(?:\.\d+)?", re.ASCII)


def to_number(text: str | UnsetType | None) -> msgspec.Raw | UnsetType | None:
    """An amount in text as a JSON number; a blank one, which a heading has, as null.

    Raises:
        UnexpectedAnswer: It is no amount in English.
    """
    if not isinstance(text, str):
        return text
    amount = text.strip()
    if not amount:
        return None
    if _AMOUNT.fullmatch(amount) is None:
        raise UnexpectedAnswer(f'"{text}" is not an amount such as 72,893.84.')
    return msgspec.Raw(amount.replace(",", "").encode())

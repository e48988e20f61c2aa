"""Do two values of a property mean the same?

Numbers by amount, ids and codes in any case, blanks alike. Pure.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.wanted.records import Row

# Properties that the service keeps in upper case, and ids, which have no case.
_CASELESS = frozenset({
    "currencyCode", "country", "postalCode", "taxCode", "documentNumber", "number", "salespersonCode", "irs1099Code",
    "vendorInvoiceNumber", "externalDocumentNumber", "shortcutDimension1Code", "shortcutDimension2Code",
})  # fmt: skip


def differences(wanted: Mapping[str, Any], current: Row) -> dict[str, Any]:
    """The wanted properties whose values are not there, in their order."""
    return {name: value for name, value in wanted.items() if not same_value(name, value, current.get(name))}


def same_value(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a property mean the same: numbers by amount, ids and codes in any case, blanks alike."""
    one, other = _plain(one), _plain(other)
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return _number(one) == _number(other)
    if isinstance(one, str) and isinstance(other, str) and (name in _CASELESS or name.endswith("Id")):
        return one.upper() == other.upper()
    return bool(one == other)


def _plain(value: Any) -> Any:
    if value in {None, "", ZERO_GUID, BLANK_DATE}:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    return value.strip() if isinstance(value, str) else value


def _number(value: Any) -> Decimal | None:
    """Of two values of which one is a number; a blank counts as zero."""
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value or 0))
    except InvalidOperation:
        return None


_FIVE_DECIMALS = frozenset({"quantity", "unitCost"})


def is_rounded(name: str, sent: Any, found: Any) -> bool:
    """Whether two numbers differ by less than the property's last decimal."""
    numbers = [_number(_plain(value)) for value in (sent, found)]
    if isinstance(sent, bool) or not isinstance(_plain(sent), Decimal) or None in numbers:
        return False
    one, other = (Decimal(number or 0) for number in numbers)
    return abs(one - other) < (Decimal("0.00001") if name in _FIVE_DECIMALS else Decimal("0.01"))

"""How is one value of a record read, and what is said about one that cannot be?

A `Reading` is a record, or an object inside one, with the list of faults that reading it adds to. Absent, null and
(where a blank means nothing) blank values read as None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_WHOLE_DIGITS = 15
_DIGITS = 100
_KINDS = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}


class Reading:
    """Reads the fields of one object.

    Args:
        data: The object.
        faults: Where faults go; shared with all objects of the record.
        path: Where the object stands in the record, such as `lineItems[0]`; empty for the record itself.
    """

    def __init__(self, data: Mapping[str, Any], faults: list[Fault], path: str = "") -> None:
        self.data = data
        self.faults = faults
        self.path = path

    def field(self, name: str) -> str:
        """The full name of a field of this object."""
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, code: str, message: str) -> None:
        """Add a fault of the mapping stage."""
        self.faults.append(Fault("map", self.field(name), code, message))

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(name) is not None

    def text(self, name: str, *, longest: int | None = None) -> str | None:
        """Text as it stands; a whole number or a decimal becomes its digits."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            self.fault(name, "wrong_type", f"{self.field(name)} must be text, not {_kind(value)}.")
            return None
        text = str(value)
        if longest is not None and len(text) > longest:
            self.fault(
                name, "too_long", f"{self.field(name)} has {len(text)} characters; Business Central takes {longest}."
            )
            return None
        return text

    def key(self, name: str) -> str | None:
        """What identifies something: trimmed text; a blank one is none."""
        text = self.text(name)
        return (text.strip() or None) if text is not None else None

    def code(self, name: str, *, longest: int | None = None) -> str | None:
        """A code as Business Central keeps codes: trimmed, in upper case; a blank one stays blank."""
        text = self.text(name, longest=longest)
        return text.strip().upper() if text is not None else None

    def truth(self, name: str) -> bool | None:
        """True or false, also spelled as text."""
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
            return value.strip().lower() == "true"
        self.fault(name, "wrong_type", f"{self.field(name)} must be true or false, not {_shown(value)}.")
        return None

    def day(self, name: str) -> str | None:
        """A date as `2026-01-28`; of a moment, the day that it is written with."""
        text = self.key(name)
        if text is None:
            return None
        match = _DAY.fullmatch(text)
        try:
            return date.fromisoformat(match[1] if match else text).isoformat()
        except ValueError:
            self.fault(name, "no_date", f'{self.field(name)} must be a date such as 2026-01-28, not "{text}".')
            return None

    def amount(self, name: str) -> Decimal | None:
        """A number, exact; also spelled as text."""
        value = self.data.get(name)
        if value is None or value == "":
            return None
        try:
            number = None if isinstance(value, bool | Mapping | list) else Decimal(str(value).strip())
        except (InvalidOperation, ValueError):
            number = None
        if number is None or not _is_bookable(number):
            self.fault(name, "no_number", f"{self.field(name)} must be a number, not {_shown(value)}.")
            return None
        return number

    def children(self, name: str) -> list[Reading] | None:
        """The objects of an array; None when there is no array."""
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.fault(name, "wrong_type", f"{self.field(name)} must be a list, not {_kind(value)}.")
            return None
        children = []
        for place, child in enumerate(value):
            path = f"{self.field(name)}[{place}]"
            if isinstance(child, Mapping):
                children.append(Reading(child, self.faults, path))
            else:
                self.faults.append(Fault("map", path, "wrong_type", f"{path} must be an object, not {_kind(child)}."))
        return children

    def first(self, names: Sequence[str]) -> str | None:
        """The first of several fields that names something."""
        return next((key for name in names if (key := self.key(name)) is not None), None)

    def first_field(self, names: Sequence[str]) -> str:
        """Full name of the first of several fields that is there; of the first one when none is."""
        return self.field(next((name for name in names if self.has(name)), names[0]))


def check_exchange_rate(reading: Reading) -> None:
    """Refuse an exchange rate of an entry or a payment: Business Central books by its own, and takes none."""
    rate = reading.amount("exchangeRate")
    if rate is not None and rate != 1:
        message = (
            f"{reading.field('exchangeRate')} is {rate}, and a journal takes no exchange rate: Business Central books "
            "by its own. Leave it out, and send the amount in the currency that is booked."
        )
        reading.fault("exchangeRate", "unsupported_currency", message)


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


def _is_bookable(number: Decimal) -> bool:
    """Whether books can hold the number: Business Central's decimals end below a thousand million million."""
    if not number.is_finite():
        return False
    digits = number.as_tuple()
    return len(digits.digits) <= _DIGITS and abs(int(digits.exponent)) <= _DIGITS and number.adjusted() < _WHOLE_DIGITS


def _shown(value: Any) -> str:
    if not isinstance(value, str | int | float | Decimal):
        return _kind(value)
    text = str(value)
    return f'"{text}"' if len(text) <= _DIGITS else f'"{text[:_DIGITS]}..."'

"""What a JSON value becomes in the store, by the type of its property."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.codes import to_code
from dynamics_bc_emulator.odata.enums import member, own_text
from dynamics_bc_emulator.refusals import Refusal, bad_request
from dynamics_bc_emulator.stamps import from_stamp, to_stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.odata.catalogue import Property

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
# More than any amount needs, and less than the database's decimal(38,20) holds.
_LARGEST = Decimal(10) ** 15
_SMALLEST = Decimal("1e-10")
_INT_RANGES = {"Edm.Int32": 2**31, "Edm.Int64": 2**63}


def to_stored(wanted: Property, value: Any) -> Any:
    """The value as it is stored: checked against type, length and members.

    Codes are trimmed and in upper case, null is the blank.

    Args:
        wanted: The property it is for.
        value: A decoded JSON value; numbers with a fraction are decimals.

    Raises:
        Refusal: The value does not fit the property.
    """
    if value is None:
        return wanted.blank
    if wanted.enum is not None:
        return _member(wanted, wanted.enum, value)
    if wanted.options is not None and isinstance(value, str):
        return _member(wanted, wanted.options, value)
    convert = _CONVERSIONS.get(wanted.type)
    if convert is None:
        raise bad_request(f"The property '{wanted.name}' cannot be written in a JSON body.")
    return convert(wanted, value)


def is_guid(value: str) -> bool:
    """Whether a text is a GUID as the API writes them."""
    return _GUID.fullmatch(value) is not None


def _member(wanted: Property, members: tuple[str, ...], value: Any) -> str:
    named = member(members, value, wanted.captions) if isinstance(value, str) else None
    if named is not None:
        return named
    known = ",".join(own_text(each) for each in members)
    raise Refusal(400, "Unknown", f"'{value}' is not an option. The existing options are: {known} ('{wanted.name}')")


def _text(wanted: Property, value: Any) -> str:
    if not isinstance(value, str):
        raise _misfit(wanted, value)
    text = to_code(value) if wanted.upper_case else value
    if wanted.max_length is not None and len(text) > wanted.max_length:
        message = (
            f"The length of the string is {len(text)}, but it must be less than or equal to {wanted.max_length} "
            f"characters. Property: {wanted.name}. Value: {text}"
        )
        raise Refusal(400, "Application_StringExceededLength", message)
    return text


def _guid(wanted: Property, value: Any) -> str:
    if not isinstance(value, str) or not is_guid(value):
        message = f"Invalid format of GUID string. The value '{value}' of '{wanted.name}' is not a GUID."
        raise Refusal(400, "Application_InvalidGUID", message)
    return value.lower()


def _date(wanted: Property, value: Any) -> str:
    try:
        day = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        day = None
    # Python reads the other formats of ISO 8601 too.
    if day is None or day != value:
        raise bad_request(f"Unable to convert value '{value}' of '{wanted.name}' to Date.")
    return day


def _moment(wanted: Property, value: Any) -> str:
    try:
        return to_stamp(from_stamp(value))
    except (AttributeError, ValueError):
        raise bad_request(f"Unable to convert value '{value}' of '{wanted.name}' to DateTime.") from None


def _decimal(wanted: Property, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _misfit(wanted, value)
    number = Decimal(value)
    if abs(number) >= _LARGEST:
        raise bad_request(f"The value of '{wanted.name}' was either too large or too small for a Decimal.")
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= _SMALLEST.adjusted() else number.quantize(_SMALLEST)


def _integer(wanted: Property, value: Any) -> int:
    limit = _INT_RANGES[wanted.type]
    if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
        raise _misfit(wanted, value)
    return value


def _boolean(wanted: Property, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _misfit(wanted, value)
    return value


def _misfit(wanted: Property, value: Any) -> Refusal:
    return bad_request(f"Cannot convert the value '{value}' of '{wanted.name}' to the expected type '{wanted.type}'.")


_CONVERSIONS: dict[str, Callable[[Property, Any], Any]] = {
    "Edm.String": _text,
    "Edm.Guid": _guid,
    "Edm.Date": _date,
    "Edm.DateTimeOffset": _moment,
    "Edm.Decimal": _decimal,
    "Edm.Int32": _integer,
    "Edm.Int64": _integer,
    "Edm.Boolean": _boolean,
}

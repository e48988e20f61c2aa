"""How is one value of a record read, and what is said about one that cannot be?

A `Reading` is a record, or an object inside one, with the list of faults that reading it adds to. Absent, null and
(where a blank means nothing) blank values read as None. It knows which fields were looked for, so that those which
nothing reads can be named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import BLANK_DATE
from target_dynamics_bc.json_lines import from_json
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.same_names import upper_case
from target_dynamics_bc.wanted.missing import without_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEXTS = frozenset({str, NoneType})
"""Types of values that name something and of which nothing is wrong, so that what they name may be told once."""

_DAY = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_FIRST_DAY = "1753-01-01"
# Half of such a text is another one, and not a shorter one.
_IDENTIFYING = re.compile("mail|site|phone|number|code|iban|id$", re.IGNORECASE)
_PLACES = re.compile(r"\[\d+\]")
_SPELLED = (str, int, float, Decimal)
_FRACTIONS = (float, Decimal)
_WHOLE_DIGITS = 15
_LARGEST_WHOLE = 10**_WHOLE_DIGITS
_DIGITS = 100
# Nothing of so few letters is a name, however it is spelled.
_ISO_CODE = 3
_SMALL_WORDS = frozenset({"and", "of", "the"})
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
# A whole number that is longer than this is no number or code of anything.
_LONGEST_NUMBER = 40
# They say where a record goes; the company is found by them.
_ROUTING = frozenset({"company_id", "company_name"})


class Reading:
    """Reads the fields of one object.

    Args:
        data: The object.
        faults: Where faults go; shared with all objects of the record.
        path: Where the object stands in the record, such as `lineItems[0]`; empty for the record itself.
        cuts: Takes the fields whose text was cut because it was too long; None where none is to be cut.
    """

    __slots__ = ("_inner", "asked", "cuts", "data", "faults", "path")

    def __init__(
        self, data: Mapping[str, Any], faults: list[Fault], path: str = "", cuts: set[str] | None = None
    ) -> None:
        self.data = data
        self.cuts = cuts
        self.faults = faults
        self.path = path
        self.asked: set[str] = set()
        self._inner: list[tuple[str, Reading]] = []

    def value(self, name: str) -> Any:
        """The value of a field as it stands; None when it is absent."""
        self.asked.add(name)
        return self.data.get(name)

    def unread(self) -> Sequence[str]:
        """The fields that hold something and that nothing looked for; those in a list with the list's name first."""
        found = self.unread_here()
        of_lists = [(name, child.unread()) for name, child in self._inner if child.asked]
        if any(names for _, names in of_lists):
            found = [*found, *dict.fromkeys(f"{name}.{each}" for name, names in of_lists for each in names)]
        return found

    def nested(self) -> Iterator[tuple[str, Reading]]:
        """The objects of the lists that were looked for, each with the name of its list."""
        yield from self._inner

    def unread_here(self) -> Sequence[str]:
        """The fields of this very object that hold something and that nothing looked for."""
        if self.data.keys() <= self.asked:
            return ()
        read = self.asked | _ROUTING
        fields = ((name, value) for name, value in self.data.items() if value is not None)
        return [name for name, _ in fields if name not in read and not name.startswith("_")]

    def field(self, name: str) -> str:
        """The full name of a field of this object."""
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, code: str, message: str) -> None:
        """Add a fault of the mapping stage."""
        self.faults.append(Fault("map", self.field(name), code, message))

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.value(name) is not None

    def text(self, name: str, *, longest: int | None = None) -> str | None:
        """Text as it stands; a number becomes its digits, a whole one without a fraction."""
        self.asked.add(name)
        value = self.data.get(name)
        if value is None:
            return None
        if type(value) is str and (longest is None or len(value) <= longest):
            return value  # nearly all are, so these are out of the way
        if type(value) is not str:
            if isinstance(value, bool) or not isinstance(value, _SPELLED):
                self.fault(name, "wrong_type", f"{self.field(name)} must be text, not {_kind(value)}.")
                return None
            value = digits(value)
        text: str = value
        if longest is not None and len(text) > longest:
            if self.cuts is not None and not _IDENTIFYING.search(name):
                self.cuts.add(_PLACES.sub("", self.field(name)))
                return text[:longest].rstrip()
            self.fault(
                name, "too_long", f"{self.field(name)} has {len(text)} characters; Business Central takes {longest}."
            )
            return None
        return text

    def key(self, name: str) -> str | None:
        """What identifies something: trimmed text; a blank one is none."""
        self.asked.add(name)
        value = self.data.get(name)
        if value is None:
            return None
        if type(value) is str:
            return value.strip() or None
        text = self.text(name)
        return (text.strip() or None) if text is not None else None

    def code(self, name: str, *, longest: int | None = None) -> str | None:
        """A code as Business Central keeps codes: trimmed, in upper case; a blank one stays blank."""
        value = self.data.get(name)
        if type(value) is str and (longest is None or len(value) <= longest):
            self.asked.add(name)
            value = value.strip()
            return value.upper() if value.isascii() else upper_case(value)
        text = self._whole(name, longest)
        return upper_case(text.strip()) if text is not None else None

    def _whole(self, name: str, longest: int | None) -> str | None:
        """Text that is never cut: half a code is another code."""
        cuts, self.cuts = self.cuts, None
        try:
            return self.text(name, longest=longest)
        finally:
            self.cuts = cuts

    def code_or_stand_in(self, name: str, stand_in: str, *, longest: int | None) -> str | None:
        """A code; where the field names none, the one in another field, which a fault is then about."""
        if self.key(name):
            return self.code(name, longest=longest)
        code = self.code(stand_in)
        if code is not None and longest is not None and len(code) > longest:
            message = (
                f"{self.field(stand_in)} stands in for {name}, which is missing, and has {len(code)} characters; "
                f"Business Central takes {longest}. Send a {name}."
            )
            self.fault(stand_in, "too_long", message)
            return None
        return code

    def truth(self, name: str) -> bool | None:
        """True or false, also spelled as text."""
        self.asked.add(name)
        value = self.data.get(name)
        truth = truth_of(value)
        if truth is not None or value is None or (isinstance(value, str) and not value.strip()):
            return truth
        self.fault(name, "wrong_type", f"{self.field(name)} must be true or false, not {_shown(value)}.")
        return None

    def day(self, name: str) -> str | None:
        """A date as `2026-01-28`; of a moment, the day that it is written with."""
        text = self.key(name)
        if text is None:
            return None
        sound = sound_day(text)
        if sound is not None:
            return sound
        day = _day(text)
        if day is not None:
            self.fault(name, "no_date", f"{self.field(name)} is {day}, and Business Central has no day before 1753.")
        else:
            self.fault(name, "no_date", f'{self.field(name)} must be a date such as 2026-01-28, not "{text}".')
        return None

    def amount(self, name: str) -> Decimal | None:
        """A number, exact; also spelled as text."""
        self.asked.add(name)
        value = self.data.get(name)
        if value is None:
            return None
        type_ = type(value)
        number = whole_number(value) if type_ is int else sound_number(value) if type_ is Decimal else None
        if number is not None or (type_ is str and not value.strip()):
            return number
        number = number_of(value)
        if number is None or sound_number(number) is None:
            self.fault(name, "no_number", f"{self.field(name)} must be a number, not {_shown(value)}.")
            return None
        return number

    def children(self, name: str) -> list[Reading] | None:
        """The objects of an array, which may be spelled as text in JSON; None when there is no array."""
        self.asked.add(name)
        value = self.data.get(name)
        if value is None:
            return None
        value = _from_text(value) if isinstance(value, str) else value
        if not isinstance(value, list):
            self.fault(name, "wrong_type", f"{self.field(name)} must be a list, not {_kind(value)}.")
            return None
        children, field = [], self.field(name)
        for place, child in enumerate(value):
            path = f"{field}[{place}]"
            if type(child) is dict or isinstance(child, Mapping):
                children.append(Reading(child, self.faults, path, self.cuts))
                self._inner.append((name, children[-1]))
            else:
                self.faults.append(Fault("map", path, "wrong_type", f"{path} must be an object, not {_kind(child)}."))
        return children

    def texts(self, names: Sequence[str]) -> tuple[str | None, ...] | None:
        """The values of several fields, where all are texts or not there, so that what they name may be told once."""
        values = tuple(map(self.data.get, names))
        return values if TEXTS.issuperset(map(type, values)) else None

    def has_none(self, names: Sequence[str]) -> bool:
        """Whether none of several fields is there at all, which is so of most."""
        self.asked.update(names)
        return self.data.keys().isdisjoint(names)

    def first(self, names: Sequence[str]) -> str | None:
        """The first of several fields that names something."""
        if self.has_none(names):
            return None
        data = self.data
        for name in names:
            if data.get(name) is not None and (key := self.key(name)) is not None:
                return key
        return None

    def first_field(self, names: Sequence[str]) -> str:
        """Full name of the first of several fields that is there; of the first one when none is."""
        return self.field(next((name for name in names if self.has(name)), names[0]))


def check_exchange_rate(reading: Reading, where: str) -> None:
    """Refuse an exchange rate: Business Central books by its own, and takes none. `where` is what does not take it."""
    rate = reading.amount("exchangeRate")
    if rate is not None and rate != 1:
        message = (
            f"{reading.field('exchangeRate')} is {rate}, and {where} takes no exchange rate: Business Central books "
            "by its own. Leave it out, and send the amount in the currency that is booked."
        )
        reading.fault("exchangeRate", "unsupported_currency", message)


def refuse_another(line: Reading, name: str, stated: Any, of_all: Any) -> None:
    """Refuse a line that states another value than the one that all lines of its record get, such as a date."""
    if stated and of_all and stated not in {of_all, BLANK_DATE}:
        message = f"{line.field(name)} is {stated}, and that of the whole is {of_all}. Send a record for each."
        line.fault(name, "contradiction", message)


def by_code_or_name(text: str, longest: int | None) -> tuple[str | None, str | None]:
    """A text as code and as name of something that has both: names are longer, or not in upper case."""
    is_short = longest is None or len(text) <= longest
    is_name = not is_short or (text != text.upper() and len(text) > _ISO_CODE)
    return (text if is_short else None), (text if is_name else None)


def country_by_code_or_name(text: str, longest: int | None) -> tuple[str | None, str | None]:
    """As `by_code_or_name`, for countries: a name that is all in upper or all in lower case is spelled as names are."""
    code, name = by_code_or_name(text, longest)
    if len(text) > _ISO_CODE and text in {text.upper(), text.lower()}:
        words = (word if word in _SMALL_WORDS else word.capitalize() for word in text.lower().split())
        return code, " ".join(words)
    return code, name


def digits(value: Any) -> str:
    """A value as text: of a whole number its digits alone, however it is spelled (`10000.0`, `1e4`)."""
    if isinstance(value, _FRACTIONS):
        number = Decimal(str(value))
        if number.is_finite() and number.adjusted() < _LONGEST_NUMBER and number == number.to_integral_value():
            return str(int(number))
    return str(value)


@lru_cache(maxsize=1024)
def sound_day(text: str) -> str | None:
    """The day that a text says, as `2026-01-28`; None for one that Business Central does not have, or that is none."""
    day = _day(text.strip())
    return None if day is None or (day < _FIRST_DAY and day != BLANK_DATE) else day


def whole_number(value: int) -> Decimal | None:
    """A whole number as it is booked; None for one that books cannot hold."""
    return Decimal(value) if -_LARGEST_WHOLE < value < _LARGEST_WHOLE else None


def sound_number(number: Decimal) -> Decimal | None:
    """The number if books can hold it, None otherwise: Business Central's end below a thousand million million."""
    text = str(number)
    if len(text) <= _WHOLE_DIGITS and "E" not in text and number.is_finite():
        return number  # nearly all are, and to count the digits takes much longer
    if not number.is_finite() or number.adjusted() >= _WHOLE_DIGITS:
        return None
    digits = number.as_tuple()
    fits = len(digits.digits) <= _DIGITS and abs(int(digits.exponent)) <= _DIGITS
    return number if fits else None


def _day(text: str) -> str | None:
    """A date, or the day of a moment, as `2026-01-28`; None for what is neither."""
    match = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(match[1]).isoformat() if match else None
    except ValueError:
        return None


def truth_of(value: Any) -> bool | None:
    """True or false, also spelled as text; None for what is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def number_of(value: Any) -> Decimal | None:
    """A number, also spelled as text; None for what is none."""
    if isinstance(value, bool | Mapping | list):
        return None
    text = str(value).strip()
    try:
        return None if "_" in text else Decimal(text)
    except (InvalidOperation, ValueError):
        return None


def _from_text(value: str) -> Any:
    """The array that a text spells in JSON, as table programs write one into a cell; anything else as it is."""
    if not value.lstrip().startswith("["):
        return value
    try:
        found = from_json(value)
    except (ValueError, RecursionError):
        return value
    return without_missing({"": found})[""] if isinstance(found, list) else value


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


def _shown(value: Any) -> str:
    if not isinstance(value, str | int | float | Decimal):
        return _kind(value)
    text = str(value)
    return f'"{text}"' if len(text) <= _DIGITS else f'"{text[:_DIGITS]}..."'

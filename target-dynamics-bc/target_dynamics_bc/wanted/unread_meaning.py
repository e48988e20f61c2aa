"""Does a field that nothing reads say in which currency, on which dimension, or whether at all a record is booked?

Then what would be booked is not what it says, however rightly everything else is read: an amount in euros becomes one
in pounds, a cost goes to the vendor's department, a draft is posted. Such a field is a misspelt one (`Currency`,
`classCode`, `is_draft`), one of the other dialect, or one at a place that has none, such as the currency of a
document's line. What it says of a number is refused in any case; what it says of dimensions, company and draft only
where the record would be posted, since a draft can be put right. Other fields are named and left out. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import ZERO_GUID
from dynamics_bc_plugin.spelling import comes_close
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.dimension_fields import names_of_prefix
from target_dynamics_bc.wanted.reading import number_of, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.reading import Reading

_DRAFT = "isDraft"
_PLACES = re.compile(r"\[\d+\]")
_COMPANY = ("subsidiaryId", "subsidiaryName")
_COMPANIES = frozenset({"subsidiary", "subsidiaryid", "subsidiaryname", "subsidiarynumber", "subsidiarycode"})
_CURRENCIES = frozenset({
    "currency", "currencycode", "currencyid", "currencyname", "currencyiso", "currencyisocode", "isocurrency",
    "isocurrencycode", "transactioncurrency", "transactioncurrencycode",
})  # fmt: skip
_RATES = frozenset(
    {"exchangerate", "currencyrate", "currencyexchangerate", "currencyfactor", "conversionrate", "fxrate"}
)
_OF_OTHER_DIALECT = frozenset({"dimensionsetlines", "shortcutdimension1code", "shortcutdimension2code"})
_UNITS = frozenset({
    "uom", "uomid", "uomcode", "uomname", "unitofmeasure", "unitofmeasureid", "unitofmeasurecode",
    "unitofmeasurenumber", "unitofmeasurename",
})  # fmt: skip
_UNITS_READ = ("unitOfMeasureCode", "unitOfMeasureId", "unitOfMeasure", "unitOfMeasureNumber", "unitOfMeasureName")
_SUFFIXES = ("", "id", "number", "name", "code", "externalid")


@lru_cache(maxsize=1024)
def telling(unread: tuple[str, ...], prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the fields that nothing reads of which the others are worth a look: of most records, none."""
    known = _CURRENCIES | _RATES | _COMPANIES | _UNITS
    return tuple(
        name
        for name in unread
        if _letters(name) in known
        or _dimension(name, prefixes) is not None
        or _is_draft(name)
        or "discount" in name.lower()
    )


def misspelt_draft(record: Reading, unread: Iterable[str], kind: Kind) -> Iterator[Fault]:
    """A fault where a record is called a draft by another name; one that says that it is none is posted rightly."""
    if record.has(_DRAFT) or (kind.posting is None and kind.journal is None):
        return
    for name in unread:
        value = record.data[name]
        if _is_draft(name) and says_something(value) and truth_of(value) is not False:
            message = f"Nothing reads {record.field(name)}; whether the record is a draft is said by {_DRAFT}."
            yield Fault("map", record.field(name), "unread_draft", message)


def misspelt_company(record: Reading, unread: Iterable[str]) -> Iterator[Fault]:
    """A fault where a record names its company by another name: it would be booked in the one of the settings."""
    if any(says_something(record.data.get(name)) for name in _COMPANY):
        return
    for name in unread:
        if _letters(name) in _COMPANIES and says_something(record.data[name]):
            message = (
                f"Nothing reads {record.field(name)}; the company of a record is named in {' or '.join(_COMPANY)}."
            )
            yield Fault("map", record.field(name), "unread_company", message)


def unread_dimensions(place: Reading, unread: Iterable[str], prefixes: tuple[str, ...]) -> Iterator[Fault]:
    """A fault for each dimension of a record, or of a line, in a field that nothing reads, where no other names it."""
    for name in unread:
        prefix = _dimension(name, prefixes)
        if prefix is None or not says_something(place.data[name]):
            continue
        names = names_of_prefix(prefix) if prefix else ("dimensions",)
        if not any(says_something(place.data.get(each)) for each in names):
            of = f"a value of the dimension that {prefix} is mapped to" if prefix else "a dimension"
            message = f"Nothing reads {place.field(name)}; {of} is named in {' or '.join(names)}."
            yield Fault("map", place.field(name), "unread_dimension", message)


def refuse_unread_units(line: Reading, unread: Iterable[str]) -> None:
    """Refuse a unit of measure of a line in a field that nothing reads: its quantity would be in the card's unit."""
    names = [name for name in unread if _letters(name) in _UNITS and says_something(line.data[name])]
    if names and not any(says_something(line.data.get(each)) for each in _UNITS_READ if each not in names):
        message = f"Nothing reads {line.field(names[0])}; the unit of a quantity is named in {_UNITS_READ[0]}."
        line.fault(names[0], "unread_unit", message)


def refuse_unread_rates(place: Reading, unread: Iterable[str], what: str) -> None:
    """Refuse an exchange rate in a field that nothing reads; `what` takes none, such as `a bill`."""
    for name in unread:
        if _letters(name) in _RATES and (number_of(place.data[name]) or 1) != 1:
            message = (
                f"{place.field(name)} is {place.data[name]}, and {what} takes no exchange rate: Business Central books "
                "by its own. Leave it out, and send the amount in the currency that is booked."
            )
            place.fault(name, "unsupported_currency", message)


def currencies_unread(place: Reading, unread: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The currencies that fields name which nothing reads, each with the field before it."""
    there = ((name, place.data[name]) for name in unread if _letters(name) in _CURRENCIES)
    return tuple((place.field(name), _text(value)) for name, value in there if says_something(value))


def judged_apart(left_out: tuple[str, ...], currencies: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """What is left out, without the currencies: a record is rejected for them, or they are its own."""
    if not currencies:
        return left_out
    judged = {_PLACES.sub("", field) for field, _ in currencies}
    return tuple(name for name in left_out if name not in judged)


def says_something(value: Any) -> bool:
    """Whether a value is one: no blank text, no empty list and no id of nothing."""
    if isinstance(value, str):
        return value.strip() not in {"", ZERO_GUID}
    return value is not None and value not in ([], {})


def _text(value: Any) -> str:
    return "an object" if isinstance(value, Mapping | list) else str(value).strip()


@lru_cache(maxsize=1024)
def _is_draft(name: str) -> bool:
    return comes_close(name, _DRAFT)


@lru_cache(maxsize=1024)
def _dimension(name: str, prefixes: tuple[str, ...]) -> str | None:
    """The prefix whose dimension a field seems to name; empty for a field of the other dialect, None for any other."""
    letters = _letters(name)
    if letters in _OF_OTHER_DIALECT:
        return ""
    return next((each for each in prefixes if _is_of_prefix(name, letters, each)), None)


def _is_of_prefix(name: str, letters: str, prefix: str) -> bool:
    """Whether a field is called like those of a prefix, or nearly so: `classCode`, `classNumbr`, but not `lastName`."""
    meant = _letters(prefix)
    if letters in {f"{meant}{suffix}" for suffix in _SUFFIXES}:
        return True
    return letters.startswith(meant[:3]) and any(comes_close(name, each) for each in names_of_prefix(prefix))


@lru_cache(maxsize=4096)
def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())

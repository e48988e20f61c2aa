"""What does a read ask for, and how is that spelled in a URL?

Rules of the service that shape this module: names and literals are spelled bare but for text, which is quoted with
doubled quotes; `or` joins comparisons of one property only; a query string ends at 8,000 characters; paging is asked
for by a header, never by `$top` or `$skip`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote
from uuid import UUID

from dynamics_bc_client.odata.urls import GUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Literal: TypeAlias = "str | int | Decimal | bool | date | datetime | UUID"

# What a query value may not hold unencoded (RFC 3986), besides "+", which many servers read as a space, and "&", which
# ends a value. A filter of a hundred ids is long, and `quote` looks at every character.
_ENCODED = re.compile("[^A-Za-z0-9$(),'=:;/@*!~._-]+")


@dataclass(frozen=True, slots=True)
class Expansion:
    """A navigation property to read along, with what of it.

    Attributes:
        navigation: Name of the navigation property, such as `salesInvoiceLines`.
        select: Properties to read; empty for all.
        expand: Navigation properties of the target, in turn.
        filter: An OData filter over the target's properties; empty for none.
    """

    navigation: str
    select: tuple[str, ...] = ()
    expand: tuple[Expansion, ...] = ()
    filter: str = ""

    def __str__(self) -> str:
        options = ";".join(f"{name}={value}" for name, value in _options(self.select, self.expand, self.filter, ""))
        return f"{self.navigation}({options})" if options else self.navigation


@dataclass(frozen=True, slots=True)
class Query:
    """A read of an entity set.

    Attributes:
        path: The entity set, below the API root (`companies(<guid>)/customers`), or a whole URL of the configured host.
        select: Properties to read; empty for all.
        expand: Navigation properties to read along.
        filter: An OData filter; empty for none.
        order_by: An OData order such as `lastModifiedDateTime`; empty for the service's own, which is the key.
        language: The language to ask in, where the service writes dates or amounts as text; empty for that of the
            connection.
    """

    path: str
    select: tuple[str, ...] = ()
    expand: tuple[Expansion, ...] = ()
    filter: str = ""
    order_by: str = ""
    language: str = ""

    @property
    def query_string(self) -> str:
        """The encoded query string, without the question mark; empty when everything is asked for."""
        return encode(_options(self.select, self.expand, self.filter, self.order_by))

    @property
    def url(self) -> str:
        """The path with the query string."""
        query_string = self.query_string
        return f"{self.path}?{query_string}" if query_string else self.path


def encode(options: Iterable[tuple[str, str]]) -> str:
    """Query options as a query string; spaces become `%20`, so that no server has to guess about `+`."""
    return "&".join(f"{name}={_ENCODED.sub(lambda found: quote(found[0]), value)}" for name, value in options)


def _options(
    select: tuple[str, ...], expand: tuple[Expansion, ...], filter_: str, order_by: str
) -> list[tuple[str, str]]:
    options = [
        ("$select", ",".join(select)),
        ("$expand", ",".join(str(expansion) for expansion in expand)),
        ("$filter", filter_),
        ("$orderby", order_by),
    ]
    return [(name, value) for name, value in options if value]


def text_literal(text: str) -> str:
    """Text as a literal: `O'Brien` becomes `'O''Brien'`."""
    return "'" + text.replace("'", "''") + "'"


def stamp_literal(moment: datetime) -> str:
    """A moment as the service writes stamps: UTC, milliseconds (cut off, not rounded), `2026-01-28T10:00:00.000Z`.

    Raises:
        ValueError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone, so it names no moment.")
    in_utc = moment.astimezone(timezone.utc)
    return f"{in_utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def literal(value: Literal) -> str:
    """Any value as a literal: text quoted; GUIDs (also as text), numbers, dates, stamps and booleans bare."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return stamp_literal(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | UUID):
        return str(value)
    return value if GUID.fullmatch(value) else text_literal(value)


def equals(name: str, value: Literal) -> str:
    """`name eq value`. A text that has the form of a GUID is taken for one; for a text property quote it yourself."""
    return f"{name} eq {literal(value)}"


def any_of(name: str, values: Sequence[Literal]) -> str:
    """`name eq a or name eq b or ...`: the service's `in`, which it may refuse or silently ignore.

    Args:
        name: The property; `or` over different properties is refused by the service.
        values: At least one value; at most a hundred fit into a URL, see `limits.VALUES_IN_ONE_FILTER`.

    Raises:
        ValueError: No values: an empty chain would ask for everything.
    """
    if not values:
        raise ValueError(f"any_of needs at least one value for {name}.")
    return " or ".join(equals(name, value) for value in values)


def all_of(*filters: str) -> str:
    """All filters at once; empty ones are left out, and one with an `or` is put into parentheses."""
    given = [text for text in filters if text]
    if len(given) < 2:
        return "".join(given)
    return " and ".join(f"({text})" if " or " in text else text for text in given)

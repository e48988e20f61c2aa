"""What the query options of a request say: `$select`, `$expand` with its own options, `$orderby`, `$top`, and so on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.catalogue import Navigation
from dynamics_bc_emulator.odata.filters import Node, parse_filter
from dynamics_bc_emulator.refusals import bad_request, not_implemented, query_syntax, unknown_property

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.odata.catalogue import Catalogue, EntitySet
    from dynamics_bc_emulator.switches import Switches

_REFUSED = ("$apply", "$search", "$compute", "$deltatoken", "$levels")
_KNOWN = (
    "$select",
    "$expand",
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$count",
    "$format",
    "$schemaversion",
    "$skiptoken",
)
# Counts are 32 bits wide.
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """A property to sort by."""

    name: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Options:
    """Query options, read and checked against the entity set.

    Attributes:
        select: Names in the service's own spelling and order; None for all.
        top: At most that many rows; None for all.
        skiptoken: Where the last page ended.
    """

    select: tuple[str, ...] | None = None
    expand: tuple[Expansion, ...] = ()
    filter: Node | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None


@dataclass(frozen=True, slots=True)
class Expansion:
    """A navigation to serve inside its source's row, with options of its own.

    Attributes:
        query: The same options as they were written.
        is_empty: The service leaves it empty, whatever is there.
    """

    navigation: Navigation
    options: Options
    query: Mapping[str, str] = field(default_factory=dict)
    is_empty: bool = False


def parse_options(query: Mapping[str, str], entity_set: EntitySet, catalogue: Catalogue, switches: Switches) -> Options:
    """Read the options of a query.

    Args:
        query: Options by name; names in any case, with or without the dollar sign where OData allows it.
        entity_set: What is queried.
        catalogue: Where navigations lead.
        switches: How unsettled questions are answered.

    Raises:
        Refusal: An option is unknown, malformed or not supported.
    """
    given = {name.lower(): value for name, value in query.items() if name.startswith("$")}
    for name in given:
        if name in _REFUSED:
            raise not_implemented(f"The query option '{name}' is not supported.")
        if name not in _KNOWN:
            raise bad_request(f"The query parameter '{name}' is not supported.")
    expand = tuple(_expansions(given["$expand"], entity_set, catalogue, switches)) if given.get("$expand") else ()
    return Options(
        select=_select(given["$select"], entity_set) if given.get("$select") else None,
        expand=expand,
        filter=parse_filter(given["$filter"], entity_set, switches) if given.get("$filter") else None,
        order=tuple(_order(given["$orderby"], entity_set)) if given.get("$orderby") else (),
        top=_number("$top", given["$top"]) if "$top" in given else None,
        skip=_number("$skip", given.get("$skip", "0")),
        count=given.get("$count", "false").lower() == "true",
        skiptoken=given.get("$skiptoken"),
    )


def _select(text: str, entity_set: EntitySet) -> tuple[str, ...] | None:
    wanted = set()
    navigations = {name.lower() for name in entity_set.navigation}
    for part in text.split(","):
        name = part.strip()
        if name == "*":
            return None
        spelling = entity_set.spelling(name)
        if spelling is None and name.lower() not in navigations:
            raise unknown_property(name, entity_set.entity)
        if spelling:
            wanted.add(spelling)
    return tuple(name for name in entity_set.properties if name in wanted)


def _order(text: str, entity_set: EntitySet) -> Iterator[Order]:
    for part in text.split(","):
        words = part.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1].lower() not in {"asc", "desc"}):
            raise query_syntax()
        spelling = entity_set.spelling(words[0])
        if spelling is None:
            raise unknown_property(words[0], entity_set.entity)
        yield Order(spelling, len(words) == 2 and words[1].lower() == "desc")


def _number(name: str, text: str) -> int:
    digits = text.strip()
    # Compared by its digits first: a text of thousands of them is no number that Python would read.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(_LARGEST)) or int(digits) > _LARGEST:
        rule = f"The {name} query option requires a non-negative integer value."
        raise bad_request(f"Invalid value '{text}' for {name} query option found. {rule}")
    return int(digits)


def _expansions(text: str, entity_set: EntitySet, catalogue: Catalogue, switches: Switches) -> Iterator[Expansion]:
    navigations = _navigations(entity_set, catalogue)
    for part in split_outside(text, ","):
        name, options = _cut_options(part.strip())
        navigation = navigations.get(name.lower())
        if navigation is None:
            raise unknown_property(name, entity_set.entity)
        query = dict(_pairs(options))
        options_of_it = parse_options(query, catalogue.sets[navigation.target], catalogue, switches)
        yield Expansion(navigation, options_of_it, query)


def _navigations(entity_set: EntitySet, catalogue: Catalogue) -> dict[str, Navigation]:
    """Where rows of a set lead, by lower-case name; a company leads to every set below it."""
    if entity_set.name != "companies":
        return {name.lower(): navigation for name, navigation in entity_set.navigation.items()}
    below = (each for each in catalogue.sets.values() if not each.tenant_wide)
    return {each.name.lower(): Navigation(each.name, each.name, many=True, implied=True, links=()) for each in below}


def _cut_options(part: str) -> tuple[str, str]:
    name, opened, rest = part.partition("(")
    if opened and not rest.endswith(")"):
        raise query_syntax()
    return name.strip(), rest[:-1] if opened else ""


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in split_outside(text, ";"):
        name, equals, value = part.partition("=")
        if not equals:
            raise query_syntax()
        yield name.strip(), value.strip()


def split_outside(text: str, mark: str) -> Iterator[str]:
    """The parts of a text between marks that are neither in parentheses nor in quotes.

    Raises:
        Refusal: Parentheses or quotes do not close.
    """
    depth, quoted, start = 0, False, 0
    for place, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
        elif not quoted and not depth and letter == mark:
            yield text[start:place]
            start = place + 1
    if depth or quoted:
        raise query_syntax()
    if text[start:].strip():
        yield text[start:]

"""What a `$filter` says: its text parsed into a tree, and the tree evaluated over a row."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.enums import member
from dynamics_bc_emulator.refusals import Refusal, bad_request, not_implemented, query_syntax, unknown_property
from dynamics_bc_emulator.stamps import from_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet, Property
    from dynamics_bc_emulator.switches import Switches

COMPARISONS = {"eq", "ne", "gt", "ge", "lt", "le"}
TEXT_FUNCTIONS = {"contains", "startswith", "endswith"}
CASE_FUNCTIONS = {"tolower", "toupper"}
_SAME_FIELD = "The 'OR' operator is not supported on distinct fields on an OData filter."

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
  | (?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
  | (?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<number>-?\d+(?:\.\d+)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<mark>[(),:])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A property compared with a literal; `function` is one of the text functions, None for the plain operators."""

    name: str
    operator: str
    value: Any
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """A clause that the service ignores; it holds for every row."""


Node = Comparison | Every | Some | Nothing


def parse_filter(text: str, entity_set: EntitySet, switches: Switches) -> Node:
    """Parse a filter against the properties of a set.

    Raises:
        Refusal: As the service refuses it: 400 for what it cannot read, 501 for what it cannot do.
    """
    parser = _Parser(_tokens(text), entity_set, switches)
    node = parser.either()
    if parser.peek() is not None:
        raise query_syntax()
    return node


def names_in(node: Node) -> Iterator[str]:
    """The properties that a filter looks at."""
    if isinstance(node, Comparison):
        yield node.name
    elif isinstance(node, (Every, Some)):
        for part in node.parts:
            yield from names_in(part)


def without(node: Node, names: frozenset[str]) -> Node:
    """The same filter with the clauses about some properties always true."""
    if isinstance(node, Comparison):
        return Nothing() if node.name in names else node
    if isinstance(node, Every):
        return Every(tuple(without(part, names) for part in node.parts))
    if isinstance(node, Some):
        return Some(tuple(without(part, names) for part in node.parts))
    return node


def holds(node: Node, row: Mapping[str, Any], entity_set: EntitySet) -> bool:
    """Whether a row passes the filter."""
    if isinstance(node, Comparison):
        return _compare(node, comparable(row.get(node.name), entity_set.properties[node.name]))
    if isinstance(node, Every):
        return all(holds(part, row, entity_set) for part in node.parts)
    if isinstance(node, Some):
        return any(holds(part, row, entity_set) for part in node.parts)
    return True


def comparable(value: Any, known: Property) -> Any:
    """A row's value in the form in which it is compared and sorted."""
    if value is None:
        value = known.blank
    if known.type == "Edm.DateTimeOffset":
        return from_stamp(value)
    if known.type == "Edm.Decimal":
        return Decimal(value)
    if known.enum:
        return known.enum.index(value) if value in known.enum else len(known.enum)
    if known.type == "Edm.Guid":
        return str(value).lower()
    return value


def _compare(node: Comparison, value: Any) -> bool:
    wanted = node.value
    if node.any_case and isinstance(value, str):
        value, wanted = value.lower(), wanted.lower()
    if node.operator == "eq":
        return bool(value == wanted)
    if node.operator == "ne":
        return bool(value != wanted)
    if node.operator in TEXT_FUNCTIONS:
        checks: dict[str, Callable[[str, str], bool]] = {
            "contains": str.__contains__,
            "startswith": str.startswith,
            "endswith": str.endswith,
        }
        return checks[node.operator](value, wanted)
    if isinstance(value, str) and not isinstance(wanted, str):
        return False
    return bool(
        {"gt": value > wanted, "ge": value >= wanted, "lt": value < wanted, "le": value <= wanted}[node.operator]
    )


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise query_syntax()
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        place = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; `or` binds weaker than `and`."""

    def __init__(self, tokens: list[tuple[str, str]], entity_set: EntitySet, switches: Switches) -> None:
        self._tokens = tokens
        self._place = 0
        self._set = entity_set
        self._switches = switches

    def peek(self) -> tuple[str, str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def either(self) -> Node:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        if len({name for part in parts for name in names_in(part)}) > 1:
            code, status = self._switches.or_on_distinct_fields_code, self._switches.or_on_distinct_fields_status
            raise Refusal(status, code, _SAME_FIELD)
        return Some(tuple(parts))

    def _both(self) -> Node:
        parts = [self._unit()]
        while self._takes("and"):
            parts.append(self._unit())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _unit(self) -> Node:
        if self._takes("("):
            node = self.either()
            self._expect(")")
            return node
        kind, word = self._next()
        if kind != "name":
            raise query_syntax()
        if word.lower() == "not":
            raise not_implemented("The OData filter expression is not supported.")
        if self._takes("("):
            return self._call(word)
        return self._comparison(word)

    def _call(self, word: str) -> Node:
        if word.rpartition("/")[2] in {"any", "all"}:
            return self._skip_lambda()
        if word in CASE_FUNCTIONS:
            name = self._property(self._next()[1]).name
            self._expect(")")
            comparison = self._comparison(name)
            return replace(comparison, any_case=True) if isinstance(comparison, Comparison) else comparison
        if word not in TEXT_FUNCTIONS:
            raise not_implemented("The OData filter expression is not supported.")
        return self._text_function(word)

    def _text_function(self, word: str) -> Node:
        kind, name = self._next()
        if kind != "name":
            raise query_syntax()
        if self.peek() == ("mark", "("):
            raise not_implemented("The OData filter expression is not supported.")
        known = self._property(name)
        self._expect(",")
        kind, literal = self._next()
        if kind != "text" or known.type != "Edm.String":
            raise bad_request(
                f"No function signature for the function with name '{word}' matches the specified arguments."
            )
        self._expect(")")
        return Comparison(known.name, word, _unquoted(literal))

    def _skip_lambda(self) -> Node:
        depth = 1
        while depth:
            _, word = self._next()
            depth += {"(": 1, ")": -1}.get(word, 0)
        return Nothing()

    def _comparison(self, name: str) -> Node:
        known = self._property(name)
        _, operator = self._next()
        if operator == "in":
            return self._membership()
        if operator not in COMPARISONS:
            raise query_syntax()
        return Comparison(known.name, operator, self._literal(known))

    def _membership(self) -> Node:
        self._expect("(")
        self._skip_lambda()
        if self._switches.in_filter == "ignore":
            return Nothing()
        raise not_implemented("The OData filter expression is not supported.")

    def _property(self, name: str) -> Property:
        if "/" in name:
            raise not_implemented("The OData filter expression is not supported.")
        spelling = self._set.spelling(name)
        if spelling is None:
            raise unknown_property(name, self._set.entity)
        return self._set.properties[spelling]

    def _literal(self, known: Property) -> Any:
        kind, text = self._next()
        if (kind, text) == ("name", "null"):
            return comparable(None, known)
        return to_literal(kind, text, known)

    def _takes(self, word: str) -> bool:
        token = self.peek()
        if token is None or token[1] != word or token[0] == "text":
            return False
        self._place += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise query_syntax()

    def _next(self) -> tuple[str, str]:
        token = self.peek()
        if token is None:
            raise query_syntax()
        self._place += 1
        return token


def to_literal(kind: str, text: str, known: Property) -> Any:
    """A literal of a filter as the value that a property is compared with.

    Raises:
        Refusal: The literal does not fit the property's type.
    """
    if known.enum:
        return _enum_literal(kind, text, known)
    if known.type == "Edm.String" and kind == "text":
        return _unquoted(text)
    if known.type == "Edm.Guid" and kind == "guid":
        return text.lower()
    if known.type == "Edm.Date" and kind == "date":
        return _day(text)
    if known.type == "Edm.DateTimeOffset" and kind in {"stamp", "date"}:
        return _moment(text if kind == "stamp" else f"{text}T00:00:00Z")
    if known.type in {"Edm.Decimal", "Edm.Int32", "Edm.Int64"} and kind == "number":
        return Decimal(text)
    if known.type == "Edm.Boolean" and text in {"true", "false"}:
        return text == "true"
    shown = {
        "text": "Edm.String",
        "guid": "Edm.Guid",
        "date": "Edm.Date",
        "stamp": "Edm.DateTimeOffset",
        "number": "Edm.Int32",
    }
    types = f"'{known.type}' and '{shown.get(kind, 'Edm.Boolean')}'"
    sentence = "A binary operator with incompatible types was detected."
    raise bad_request(f"{sentence} Found operand types {types} for operator kind 'Equal'.")


def _enum_literal(kind: str, text: str, known: Property) -> int:
    assert known.enum is not None
    name = _unquoted(text) if kind == "text" else text
    named = member(known.enum, name, known.captions) if kind in {"text", "name"} else None
    if named is None:
        raise bad_request(f"The string '{name}' is not a valid enumeration type constant of '{known.type}'.")
    return known.enum.index(named)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise query_syntax() from None


def _moment(text: str) -> float:
    """Milliseconds, with a fraction where the literal is finer than the stamps it is compared with."""
    try:
        whole = from_stamp(text)
    except ValueError as error:
        raise query_syntax() from error
    digits = re.search(r"\.(\d+)", text)
    rest = f"{digits[1]:0<7}"[3:7] if digits else "0"
    return whole + int(rest) / 10_000 if int(rest) else whole


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")

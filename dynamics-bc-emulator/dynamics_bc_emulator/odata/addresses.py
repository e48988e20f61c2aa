"""What a path below an API's root addresses: the company, and the steps from set to row to what the row leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import query_syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.routes import Route

_STEP = re.compile(r"(?P<name>[^()]+)(?:\((?P<key>.*)\))?", re.DOTALL)
_NAMED = re.compile(r"\s*(?P<name>\w+)=(?P<value>.*)", re.DOTALL)
KEY_SEPARATOR = ","
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Step:
    """A name between slashes, with what stands in its parentheses.

    Attributes:
        keys: Texts by the name of the key's property, without quotes; a key that is not named has the name `""`. None
            if there are no parentheses.
    """

    name: str
    keys: tuple[tuple[str, str], ...] | None = None

    @property
    def has_key(self) -> bool:
        """Whether the step leads to one row."""
        return self.keys is not None

    @property
    def key(self) -> str:
        """The only key.

        Raises:
            Refusal: There is none, or there are several.
        """
        if self.keys is None or len(self.keys) != 1:
            raise query_syntax()
        return self.keys[0][1]

    @property
    def id(self) -> str:
        """The only key as a GUID, in lower case.

        Raises:
            Refusal: The key is no GUID.
        """
        if not is_guid(self.key):
            raise query_syntax()
        return self.key.lower()

    @property
    def named(self) -> tuple[str, ...]:
        """The names of the key's properties; blank for a key that is not named."""
        return tuple(name for name, _ in self.keys or ())

    def key_of(self, entity_set: EntitySet) -> str:
        """The key of a row as its set's rows are kept by it: the values in the order of the key's properties.

        Raises:
            Refusal: It is not the key of such a row.
        """
        names = entity_set.key
        if len(names) == 1:
            text = self.key
            if self.named[0] not in ("", names[0]):
                raise query_syntax()
            given = {names[0]: text}
        else:
            given = dict(self.keys or ())
        if not names or given.keys() != set(names):
            raise query_syntax()
        parts = [(text, entity_set.properties[name].type) for name, text in ((name, given[name]) for name in names)]
        if any(kind == "Edm.Guid" and not is_guid(text) for text, kind in parts):
            raise query_syntax()
        return KEY_SEPARATOR.join(text.lower() if kind == "Edm.Guid" else text for text, kind in parts)

    @property
    def predicate(self) -> str:
        """What stands in the parentheses, without quotes."""
        return ",".join(f"{name}={text}" if name else text for name, text in self.keys or ())

    def __str__(self) -> str:
        if self.keys is None:
            return self.name
        return f"{self.name}({','.join(f'{name}={_quoted(text)}' if name else text for name, text in self.keys)})"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes.

    Attributes:
        route: The API it is below.
        steps: From the root or, where the path names a company, from that company.
        company: How the path spells the company: an id or a name; None where it names none.
        company_key: The property that it is the value of, if the path says so.
    """

    route: Route[Any] = field(repr=False)
    steps: tuple[Step, ...]
    company: str | None = None
    company_key: str = ""

    def __str__(self) -> str:
        """The path, as a link spells it."""
        company = () if self.company is None else (Step(self.route.companies, (("", self.company),)),)
        return "/".join(str(step) for step in (*company, *self.steps))

    @property
    def is_batch(self) -> bool:
        """Whether it is where batches are sent."""
        return self.company is None and [str(step).lower() for step in self.steps] == ["$batch"]

    def in_company(self, company_id: str) -> Address:
        """The same steps in a company."""
        return replace(self, company=company_id, company_key="")

    def to(self, *steps: Step) -> Address:
        """Other steps in the same company."""
        return replace(self, steps=steps)

    def at(self, key: str) -> Address:
        """One row of the set that the last step leads to."""
        *before, last = self.steps
        return replace(self, steps=(*before, Step(last.name, (("", key),))))


def parse_address(route: Route[Any], path: str) -> Address:
    """Read a decoded path below a route's root.

    Raises:
        Refusal: A step cannot be read.
    """
    steps = tuple(_step(part) for part in _parts(path.strip("/")))
    if len(steps) > 1 and steps[0].name == route.companies and steps[0].has_key:
        return Address(route, steps[1:], steps[0].key, steps[0].named[0])
    return Address(route, steps)


def key_step(entity_set: EntitySet, key: str) -> Step:
    """The step to a row of a set by its key, as `key_of` gives it."""
    if len(entity_set.key) < 2:
        return Step(entity_set.name, (("", key),))
    values = key.split(KEY_SEPARATOR, len(entity_set.key) - 1)
    return Step(entity_set.name, tuple(zip(entity_set.key, values, strict=True)))


def is_guid(text: str) -> bool:
    """Whether a text is spelled as a GUID."""
    return bool(_GUID.fullmatch(text))


def _parts(path: str, mark: str = "/") -> Iterator[str]:
    """Between marks, but not inside a quoted key."""
    part, quoted = "", False
    for letter in path:
        if letter == "'":
            quoted = not quoted
        if letter == mark and not quoted:
            yield part
            part = ""
        else:
            part += letter
    if part:
        yield part


def _step(part: str) -> Step:
    matched = _STEP.fullmatch(part)
    if not matched:
        raise query_syntax()
    return Step(matched["name"], None if matched["key"] is None else _keys(matched["key"].strip()))


def _keys(text: str) -> tuple[tuple[str, str], ...]:
    named = [_NAMED.fullmatch(part) for part in _parts(text, ",")]
    if named and all(named):
        return tuple((part["name"], _unquoted(part["value"].strip())) for part in named if part)
    return (("", _unquoted(text)),)


def _quoted(text: str) -> str:
    return text if is_guid(text) or text.isdecimal() else "'" + text.replace("'", "''") + "'"


def _unquoted(text: str) -> str:
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text

"""Which fields does a unified record have, of which types, and what do they refer to? The mapping itself tells.

It is run over a record that notes how each field is read: as text, with its longest, as an amount, as a date, as a list
whose members have fields again. What it makes of that tells which fields name the same thing. Run over a record without
any field, it says what is required.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.reading import Reading
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import Reference, WantedLine

_TEXT = ("string", "null")
_NAME = ("string", "integer", "null")
"""What names something is mostly text, and digits for many."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a record, or of the members of a list in one.

    Attributes:
        types: A JSON Schema of each field, without what its members are.
        members: The fields of the members of each list.
        required: Of each group, a new one needs one.
    """

    types: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, Fields] = field(default_factory=dict)
    required: list[tuple[str, ...]] = field(default_factory=list)


class _Noting(Reading):
    """A record that notes how it is read. Each text in it is the name of its field, unless it has none."""

    def __init__(self, path: str = "", *, blank: bool, faults: list[Any]) -> None:
        super().__init__({}, faults, path)
        self.types: dict[str, dict[str, Any]] = {}
        self.inner: dict[str, _Noting] = {}
        self._blank = blank

    def _note(self, name: str, types: tuple[str, ...], **more: Any) -> str | None:
        self.asked.add(name)
        known = self.types.setdefault(name, {"type": list(types)})
        known |= {each: value for each, value in more.items() if value is not None and each not in known}
        return None if self._blank else name

    def value(self, name: str) -> Any:
        self.asked.add(name)
        return None

    def has(self, name: str) -> bool:
        self.asked.add(name)
        return False

    def texts(self, names: Sequence[str]) -> None:
        """None of them is told once: each reading is noted."""

    def has_none(self, names: Sequence[str]) -> bool:
        self.asked.update(names)
        return False

    def text(self, name: str, *, longest: int | None = None) -> str | None:
        return self._note(name, _TEXT, maxLength=longest)

    def key(self, name: str) -> str | None:
        return self._note(name, _NAME)

    def code(self, name: str, *, longest: int | None = None) -> str | None:
        return self._note(name, _NAME, maxLength=longest)

    def code_or_stand_in(self, name: str, stand_in: str, *, longest: int | None) -> str | None:
        self.code(stand_in)
        return self.code(name, longest=longest)

    def truth(self, name: str) -> bool | None:
        self._note(name, ("boolean", "null"))
        return None

    def day(self, name: str) -> str | None:
        self._note(name, _TEXT, format="date")
        return None

    def amount(self, name: str) -> Any:
        self._note(name, ("number", "null"))
        return None

    def children(self, name: str) -> list[Reading] | None:
        self._note(name, ("array", "null"))
        if name not in self.inner:
            self.inner[name] = _Noting(f"{self.field(name)}[0]", blank=self._blank, faults=self.faults)
        return [self.inner[name]]

    def first(self, names: Sequence[str]) -> str | None:
        given = [self.key(name) for name in names]
        return next((each for each in given if each is not None), None)

    def first_field(self, names: Sequence[str]) -> str:
        return self.field(names[0])

    def take(self, other: _Noting, alike: Iterable[Iterable[str]]) -> None:
        """Take the fields that are only looked for where others are missing; those that are alike say the same."""
        self.asked |= other.asked
        self.types |= {name: known for name, known in other.types.items() if name not in self.types}
        for group in alike:
            known = [self.types[name] for name in group if name in self.types]
            how = next((each["description"] for each in known if "description" in each), None)
            for each in known if how is not None else ():
                each.setdefault("description", how)
        for name, child in other.inner.items():
            self.inner[name].take(child, alike)

    def all(self) -> Iterator[_Noting]:
        """This one, and all that are in it."""
        yield self
        for child in self.inner.values():
            yield from child.all()


def unified_fields(kind: Kind, prefixes: Iterable[str] = ()) -> Fields:
    """The fields of the unified records of a kind.

    Args:
        kind: One that they speak of.
        prefixes: Prefixes of root fields that the dimension mapping knows.
    """
    reading, read = _read(kind, tuple(prefixes), blank=False)
    lines: Sequence[WantedLine] = read["lines"] or ()
    parts = ((each.field, each.references) for each in (*lines, *read["applications"]))
    by_path = {each.path: each for each in reading.all()}
    assert kind.unified is not None
    groups: dict[str, list[tuple[str, ...]]] = {path: list(kind.unified.alike) for path in by_path}
    for path, references in (("", read["references"]), *parts):
        for property_, reference in references.items():
            groups[path].append(_explain(by_path[path], property_, reference))
    blank, _ = _read(kind, tuple(prefixes), blank=True)
    reading.take(blank, kind.unified.alike)
    needed = _needed(kind, blank, lines)
    return _fields(reading, {path: _in_groups(names, groups[path]) for path, names in needed.items()})


def _read(kind: Kind, prefixes: tuple[str, ...], *, blank: bool) -> tuple[_Noting, dict[str, Any]]:
    assert kind.unified is not None
    reading = _Noting(blank=blank, faults=[])
    for name in ("externalId", "subsidiaryId", "subsidiaryName", "action"):
        reading.key(name)
    reading.truth("isDraft")
    read = kind.unified.read(reading, kind, prefixes)
    wanted_dimensions(reading, prefixes)
    return reading, {"lines": None, "references": {}, "applications": (), **read}


def _explain(reading: _Noting, property_: str, reference: Reference) -> tuple[str, ...]:
    """Say of each field that names something what it names; gives those fields."""
    given = (reference.id, reference.number, reference.external, reference.name)
    names = tuple(dict.fromkeys(name for name in given if name in reading.types))
    within = f", among those of {reference.within}" if reference.within else ""
    how = f"One of {reference.kind}{within}, by {' or '.join(names)}; the first that is given and found counts."
    if property_ == BOOKED_CURRENCY:
        how += " It has to be the currency that is booked."
    for name in names:
        reading.types[name]["description"] = how
    return names


def _needed(kind: Kind, blank: _Noting, lines: Iterable[WantedLine]) -> dict[str, list[str]]:
    """The names that a record without any field lacks, by the place that lacks them."""
    found: dict[str, list[str]] = {each.path: [] for each in blank.all()}
    for fault in blank.faults:
        path, _, name = fault.field.rpartition(".")
        if fault.code == "required" and path in found and not path.startswith("dimensions"):
            found[path].append(name)
    for group in (*kind.facts.required, *((name,) for name in kind.needs)):
        found[""] += [name for name in (kind.called(each, own=False) for each in group[:1]) if name in blank.types]
    for line in lines:
        type_ = kind.lines.type_of(line.kind) if kind.lines is not None else None
        needs = (type_.needs_called or type_.needs, "quantity") if type_ is not None else ()
        known = next(each for each in blank.all() if each.path == line.field)
        found[line.field] += [name for name in needs if name in known.types]
    return found


def _in_groups(names: Iterable[str], groups: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Each name with those that may stand in its place."""
    found = (next((group for group in groups if name in group), (name,)) for name in names)
    return list(dict.fromkeys(found))


def _fields(reading: _Noting, required: Mapping[str, list[tuple[str, ...]]]) -> Fields:
    members = {name: _fields(child, required) for name, child in reading.inner.items()}
    for name in reading.asked:
        reading.types.setdefault(name, {"type": list(_NAME)})
    return Fields(reading.types, members, required.get(reading.path, []))

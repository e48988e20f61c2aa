"""Which routes does the setting `apis` mean, and what are their streams called?

Rules:
- A stream is called `publisher_group_entitySet`. An underscore in the publisher's or the group's name is doubled, what
  else is no letter and no digit becomes one, so that no two routes share their names by accident.
- Of a route with several versions each entity set is read once, as its newest version has it. So names stay when a
  version appears, and no set is lost that the newest one does not have.
- A version that is named counts alone. When the same route is also meant in another way (two versions are named, or one
  and a pattern), the version stands in the names of what is named: `publisher_group_v1_0_entitySet`.
- Names depend on the setting alone, never on what the environment lists.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STANDARD_API, ALL = "standard", "all"
ANY = "*"

_VERSION = re.compile(r"v(\d+)\.(\d+)")
_UNUSUAL = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Api:
    """A route, or a pattern of routes, in its three parts."""

    publisher: str
    group: str
    version: str

    @classmethod
    def of(cls, text: str) -> Api:
        """The parts of `publisher/group/version`; those that are left out at the end are any.

        Raises:
            ValueError: It has more parts, or an empty one, or one that leads elsewhere in a path.
        """
        parts = text.strip().strip("/").split("/")
        if len(parts) > len(cls.__slots__) or not all(part.strip().strip(".") for part in parts):
            raise ValueError(f'must name routes as publisher/group/version, not "{text}".')
        return cls(*(*(part.strip() for part in parts), ANY, ANY)[:3])

    @property
    def name(self) -> str:
        """As the service lists it."""
        return f"{self.publisher}/{self.group}/{self.version}"

    @property
    def family(self) -> tuple[str, str]:
        """What all versions of it share."""
        return self.publisher.casefold(), self.group.casefold()

    def covers(self, route: Api) -> bool:
        """Whether a route is meant, in any case."""
        pairs = ((self.publisher, route.publisher), (self.group, route.group), (self.version, route.version))
        return all(fnmatchcase(part.casefold(), pattern.casefold()) for pattern, part in pairs)

    @property
    def is_pattern(self) -> bool:
        """Whether the service's list is needed to know what it means."""
        return ANY in self.name

    @property
    def age(self) -> tuple[int, int, str]:
        """What versions of one route compare by: `beta` is older than every number."""
        match = _VERSION.fullmatch(self.version.casefold())
        return (int(match[1]), int(match[2]), "") if match else (-1, -1, self.version)


@dataclass(frozen=True, slots=True)
class Family:
    """Routes whose sets are read together, under one prefix.

    Attributes:
        prefix: What the names of their streams begin with.
        versions: The newest first.
    """

    prefix: str
    versions: tuple[Api, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the setting means in an environment.

    Attributes:
        families: In the order of their prefixes.
        unmatched: Patterns that mean no route that is listed.
        doubled: Families whose prefix another one has already.
    """

    families: tuple[Family, ...]
    unmatched: tuple[Api, ...] = ()
    doubled: tuple[Family, ...] = ()


Patterns: TypeAlias = "tuple[str, ...]"


def needs_list(patterns: Patterns) -> bool:
    """Whether the service's list of routes is needed to know what the setting means."""
    return any(pattern.is_pattern for pattern in _patterns(patterns))


def reads_standard(patterns: Patterns) -> bool:
    """Whether the standard API is among what is read."""
    return bool({STANDARD_API, ALL} & {pattern.casefold() for pattern in patterns})


def chosen(patterns: Patterns, listed: Iterable[str]) -> Chosen:
    """The routes that a setting means.

    Args:
        patterns: The setting: `standard`, `all`, or routes, parts of which may have `*`.
        listed: The routes of the environment, as the service lists them. Those of one part are versions of the standard
            API, which the setting does not mean.
    """
    wanted = list(_patterns(patterns))
    routes = list(_routes(listed))
    named = [each for each in wanted if not each.is_pattern]
    families: dict[str, Family] = {}
    doubled: list[Family] = []
    for family in (*_matched(wanted, routes, named), *_named(wanted, named)):
        known = families.setdefault(family.prefix.casefold(), family)
        if known is not family:
            doubled.append(family)
    unmatched = [each for each in wanted if each.is_pattern and not any(each.covers(route) for route in routes)]
    everything = Api(ANY, ANY, ANY)
    return Chosen(
        tuple(families[prefix] for prefix in sorted(families)),
        tuple(each for each in unmatched if each != everything),
        tuple(doubled),
    )


def is_of(patterns: Patterns, stream: str) -> bool:
    """Whether a stream of that name belongs to what the setting means, there or not."""
    folded = stream.casefold()
    for api in _patterns(patterns):
        publisher, group = (_part(part).replace(ANY, "[a-z0-9_]*") for part in api.family)
        if re.fullmatch(f"{publisher}_{group}_.+", folded):
            return True
    return False


def _routes(listed: Iterable[str]) -> Iterator[Api]:
    """Those of the listed routes that are whole."""
    for each in listed:
        with contextlib.suppress(ValueError):
            if each.strip("/").count("/") == 2:
                yield Api.of(each)


def _patterns(patterns: Patterns) -> Iterator[Api]:
    for pattern in patterns:
        if pattern.casefold() == ALL:
            yield Api(ANY, ANY, ANY)
        elif pattern.casefold() != STANDARD_API:
            yield Api.of(pattern)


def _matched(wanted: Sequence[Api], routes: Sequence[Api], named: Sequence[Api]) -> Iterator[Family]:
    """The families that patterns mean, and those of which one version is named and nothing else."""
    found: dict[tuple[str, str], list[Api]] = {}
    for route in sorted(routes, key=lambda route: route.name.casefold()):
        if any(pattern.is_pattern and pattern.covers(route) for pattern in wanted):
            found.setdefault(route.family, []).append(route)
    for route in named:
        alone = [each for each in named if each.family == route.family] == [route]
        if alone and not _is_meant_by_pattern(wanted, route):
            found[route.family] = [route]
    for versions in found.values():
        newest = sorted(versions, key=lambda route: route.age, reverse=True)
        yield Family(f"{_prefix(newest[0])}", tuple(newest))


def _named(wanted: Sequence[Api], named: Sequence[Api]) -> Iterator[Family]:
    """The versions that are named beside others of their family."""
    for route in named:
        alone = [each for each in named if each.family == route.family] == [route]
        if not alone or _is_meant_by_pattern(wanted, route):
            yield Family(f"{_prefix(route)}{_UNUSUAL.sub('_', route.version)}_", (route,))


def _is_meant_by_pattern(wanted: Sequence[Api], route: Api) -> bool:
    """Whether a pattern means its family, whatever versions there are."""
    family = Api(route.publisher, route.group, ANY)
    return any(pattern.is_pattern and Api(*pattern.family, ANY).covers(family) for pattern in wanted)


def _prefix(route: Api) -> str:
    return f"{_part(route.publisher)}_{_part(route.group)}_"


def _part(name: str) -> str:
    return "".join(each if each == ANY else _UNUSUAL.sub("_", each) for each in name.replace("_", "__"))

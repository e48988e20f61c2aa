"""Which kind does a stream hold that the table has no row for? The tenant's own metadata tells.

A stream is called like an entity set of the standard API, or `publisher_group_entitySet` like one of another API, as
the tap calls them. The documents are read when such a stream is announced, and once: who writes what the table has
pays nothing for this.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Query
from target_dynamics_bc.kinds.choosing import did_you_mean
from target_dynamics_bc.kinds.generic import kind_of
from target_dynamics_bc.kinds.kind import Action
from target_dynamics_bc.kinds.overlaying import overlaid
from target_dynamics_bc.kinds.unwritten import why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dynamics_bc_client.odata.metadata import Metadata
    from target_dynamics_bc.kinds.facts import EntitySet, Facts
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds

ROUTES = Query("apicategoryroutes", ("publisher", "group", "version"))
_ENVIRONMENTS = "environments"
"""The tap's list of them, which is no set of the API."""
_UNUSUAL = re.compile(r"[^A-Za-z0-9_]")
_NUMBERED = re.compile(r"v(\d+)\.(\d+)")


class Publishing(Protocol):
    """Whoever knows what the tenant publishes: the client."""

    def metadata(self, route: str | None = None) -> Metadata:
        """What an API publishes, the standard one for None."""
        ...

    def rows(self, query: Query) -> list[dict[str, str]]:
        """All rows of a query."""
        ...


class Published:
    """Finds kinds of streams that the table does not have.

    Args:
        client: Knows what the tenant publishes.
        root_of: The root of an API, by its route.
        kinds: The table.
    """

    def __init__(self, client: Publishing, root_of: Callable[[str], str], kinds: Kinds) -> None:
        self._client = client
        self._root_of = root_of
        self._kinds = kinds
        self._routes: list[str] | None = None
        self._sets: dict[str | None, Facts] = {}

    def kind(self, stream: str) -> Kind | str:
        """The kind that a stream holds, or why nothing can write it.

        Raises:
            DynamicsError: The tenant could not be asked.
        """
        name = stream.strip()
        facts = self._sets_of(None)
        if (found := _named(facts, name)) is not None:
            return _kind_or_reason(found)
        near: list[str] = []
        for prefix, route in self._by_prefix(name):
            sets = self._sets_of(route)
            if (found := _named(sets, name[len(prefix) :])) is not None:
                return _kind_or_reason(found, stream=prefix + found.name, root=self._root_of(route))
            near += [prefix + each for each in _writable(sets)]
        standard = (each for each in _writable(facts) if not why_not(each, is_writable=True))
        return self._unknown(name, [*near, *standard])

    def publishes(self, stream: str) -> bool:
        """Whether a stream is called like an entity set of any API, written or not.

        Raises:
            DynamicsError: The tenant could not be asked.
        """
        name = stream.strip()
        if _named(self._sets_of(None), name) is not None:
            return True
        return any(_named(self._sets_of(route), name[len(prefix) :]) for prefix, route in self._by_prefix(name))

    def all(self) -> Iterator[Kind]:
        """All kinds that can be written here: those of the table, of the other sets of the standard API, and of others.

        An API that cannot be read has none.

        Raises:
            DynamicsError: The tenant could not be asked.
        """
        metadata = self._client.metadata()
        of_table = (as_published(kind, metadata) for kind in self._kinds)
        yield from (each for each in of_table if not isinstance(each, str))
        facts = self._sets_of(None)
        of_sets = (_kind_or_reason(facts[name]) for name in _writable(facts) if self._kinds.of_stream(name) is None)
        yield from (each for each in of_sets if not isinstance(each, str))
        named = set[str]()
        for route in self._all_routes():
            short, long = _prefixes(route)
            prefix = long if short in named else short
            named.add(short)
            yield from self._of_route(route, prefix)

    def _of_route(self, route: str, prefix: str) -> Iterator[Kind]:
        try:
            sets = self._sets_of(route)
        except DynamicsError as error:
            if error.scope == "run":
                raise
            return
        root = self._root_of(route)
        kinds = (_kind_or_reason(sets[name], stream=prefix + name, root=root) for name in _writable(sets))
        yield from (each for each in kinds if not isinstance(each, str))

    def _sets_of(self, route: str | None) -> Facts:
        """The entity sets that an API publishes, None for the standard one; put together once."""
        if route not in self._sets:
            facts = self._kinds.facts if route is None else {}
            self._sets[route] = overlaid(facts, self._client.metadata(route))
        return self._sets[route]

    def _all_routes(self) -> list[str]:
        if self._routes is None:
            self._routes = _newest_first(self._client.rows(ROUTES))
        return self._routes

    def _by_prefix(self, stream: str) -> Iterator[tuple[str, str]]:
        """The routes that a stream may be of, with what its name begins with; the newest version first."""
        if "_" not in stream:
            return
        for route in self._all_routes():
            for prefix in _prefixes(route):
                if stream.lower().startswith(prefix.lower()):
                    yield prefix, route

    def _unknown(self, stream: str, writable: Iterable[str]) -> str:
        if stream.casefold() == _ENVIRONMENTS:
            return f"{stream} is not written: environments are made in the admin center."
        of_table = (each for kind in self._kinds for each in kind.names())
        names = (*of_table, *writable)  # the service's own spelling comes last, and wins
        near = did_you_mean(stream, names, always=True)
        return f'Business Central publishes no entity set that is called "{stream}"{near}'


def as_published(kind: Kind, metadata: Metadata) -> Kind | str:
    """A kind of the table over what the tenant publishes; why nothing can write it where that lacks its set."""
    facts = overlaid({}, metadata)
    parts = [kind.facts, *(child.facts for child in kind.children)]
    if missing := [each.name for each in parts if each.name not in facts]:
        return f"Business Central does not publish {' and '.join(missing)} in this environment."
    known = overlaid({each.name: each for each in parts}, metadata)
    children = tuple(replace(child, facts=known[child.facts.name]) for child in kind.children)
    return replace(kind, facts=known[kind.facts.name], children=children)


def _kind_or_reason(facts: EntitySet, *, stream: str = "", root: str = "") -> Kind | str:
    is_writable = facts.insertable or facts.updatable
    name = stream or facts.name
    why = why_not(facts.name, is_writable=is_writable) if not root else ""
    if why or not is_writable:
        return f"{name} is not written: {why or 'Business Central lets nobody write it'}."
    if not facts.key:
        return f"{name} is not written: it has no key, and its rows cannot be told apart."
    actions = tuple(Action(name, commits=False, is_custom=True) for name in facts.actions)
    return kind_of(facts, name=stream, root=root, actions=actions)


def _writable(facts: Facts) -> Iterator[str]:
    return (name for name, each in facts.items() if each.insertable or each.updatable)


def _named(facts: Mapping[str, EntitySet], name: str) -> EntitySet | None:
    return facts.get(name) or next((each for known, each in facts.items() if known.lower() == name.lower()), None)


def _newest_first(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """The routes of all APIs but the standard one. `beta` is older than every number."""
    routes = [(row["publisher"], row["group"], row["version"]) for row in rows if row.get("publisher")]
    return ["/".join(route) for route in sorted(routes, key=lambda route: _age(route[2]), reverse=True)]


def _prefixes(route: str) -> tuple[str, str]:
    """What the names of streams of an API begin with, without its version and with it."""
    publisher, group, version = route.split("/")
    family = f"{_part(publisher)}_{_part(group)}_"
    return family, f"{family}{_UNUSUAL.sub('_', version)}_"


def _age(version: str) -> tuple[int, int]:
    match = _NUMBERED.fullmatch(version.lower())
    return (int(match[1]), int(match[2])) if match else (-1, -1)


def _part(name: str) -> str:
    """A publisher's or a group's name as streams have it: an underscore of its own is doubled."""
    return _UNUSUAL.sub("_", name.replace("_", "__"))

"""Which rows arrive at which place of a source's pages, and whose are they?

A source is an entity set that is listed. Its place and those below it, one for each navigation property that is
expanded, say what is asked for of the rows there, and which stream they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.pages import RowKeys
from dynamics_bc_client.odata.query import Expansion
from tap_dynamics_bc.streams.media import STATUS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from tap_dynamics_bc.streams.columns import Column
    from tap_dynamics_bc.streams.description import Stream, Way
    from tap_dynamics_bc.streams.replication import Replication


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a stream is wanted.

    Attributes:
        columns: What of the tap's own to emit.
        properties: Properties of the set to emit, in the order of its metadata; keys and stamp are among them.
        replication: How changed rows are found again; `WHOLE` too where somebody asked for that.
        nested: Navigation properties whose rows records hold.
    """

    columns: tuple[Column, ...]
    properties: tuple[str, ...]
    replication: Replication
    nested: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """The rows that arrive at one place of a source's pages.

    Attributes:
        stream: The stream they belong to.
        selection: What to emit of them as records; None when they are only passed on the way to others, or nested.
        navigation: The navigation property that leads here; empty for the source itself.
        many: Whether it leads to a list.
        parent_set: The sets on the way here, in the bookmarks of streams with parents of several kinds.
        path: The navigation properties from the source to here.
        below: What is expanded in turn.
        nested: Whether the rows stay inside the record of the place above, whole.
        also: Properties to ask for besides, for what is made of the rows.
        filter: An OData filter that the rows have to meet; empty for all.
        within: The filters that the rows above have to meet, without empty ones: rows come with their parents alone.
    """

    stream: Stream
    selection: Selection | None
    navigation: str = ""
    many: bool = True
    parent_set: str | None = None
    path: tuple[str, ...] = ()
    below: tuple[Place, ...] = ()
    nested: bool = False
    also: tuple[str, ...] = ()
    filter: str = ""
    within: tuple[str, ...] = ()

    @property
    def filters(self) -> tuple[str, ...]:
        """All filters that decide which rows come, the uppermost first."""
        return (*self.within, self.filter) if self.filter else self.within

    @cached_property
    def emitted(self) -> tuple[str, ...]:
        """The properties to emit."""
        if self.nested:
            return tuple(self.stream.properties)
        return self.selection.properties if self.selection is not None else ()

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The properties to ask for: those to emit, else what tells rows apart and when they were changed."""
        if self.nested or self.selection is not None:
            return tuple(dict.fromkeys((*self.emitted, *self.also)))
        names = {*self.stream.entity_set.type.key, self.stream.stamp, *self.also}
        return tuple(name for name in self.stream.properties if name in names)

    @cached_property
    def select(self) -> tuple[str, ...]:
        """For `$select`; empty when everything is asked for."""
        return () if len(self.needed) == len(self.stream.entity_set.type.properties) else self.needed

    @cached_property
    def row_keys(self) -> RowKeys:
        """What every row must have, and the rows that are expanded with it."""
        own = self.stream.own_keys or self.stream.entity_set.type.key
        return RowKeys(
            tuple(name for name in own if name in self.needed),
            tuple((place.navigation, place.row_keys) for place in self.below),
            many=self.many,
        )

    @cached_property
    def expansions(self) -> tuple[Expansion, ...]:
        """What is below, as a query asks for it.

        Raises:
            UnexpectedAnswer: An entity set is at two places below, see `requests`.
        """
        names = [place.stream.entity_set.name for child in self.below for place in child.walk()]
        if twice := sorted({each for each in names if names.count(each) > 1}):
            raise UnexpectedAnswer(
                f"One request for {self.stream.name} would hold {', '.join(twice)} twice, and the service would return "
                "one of them empty.",
                scope="run",
            )
        return tuple(Expansion(each.navigation, each.select, each.expansions, each.filter) for each in self.below)

    @cached_property
    def requests(self) -> tuple[Place, ...]:
        """This place in as few requests as it takes for none to hold an entity set at two places below it.

        Release 27 returns one of two such places empty (microsoft/AL issue 8179): a document's own dimensions are asked
        for apart from those of its lines. The first request has the properties of this place, the others what tells its
        rows apart.
        """
        together: list[list[Place]] = []
        for child in self.below:
            fitting = (each for each in together if _sets(each).isdisjoint(_sets([child])))
            found = next(fitting, None)
            if found is None:
                together.append([child])
            else:
                found.append(child)
        first, *others = together or [[]]
        passed = replace(self, selection=None)
        return (replace(self, below=tuple(first)), *(replace(passed, below=tuple(each)) for each in others))

    def walk(self) -> Iterator[Place]:
        """This place and all below it, parents first."""
        yield self
        for place in self.below:
            yield from place.walk()

    def holds(self, path: tuple[str, ...]) -> bool:
        """Whether the rows at a path below are inside this place's records, or are these rows themselves."""
        return path == self.path or any(place.nested and place.holds(path) for place in self.below)

    def asked(self) -> Place:
        """The place without what is not asked for, but made of its rows; see `streams.media`."""
        below = tuple(
            each.asked() for each in self.below if each.stream.media is None or not each.stream.media.is_rendered
        )
        if below == self.below:
            return self
        made = len(below) < len(self.below) and STATUS in self.stream.properties
        return replace(self, below=below, also=(STATUS,) if made else ())

    def bare(self) -> Place:
        """The place without what is below it."""
        return replace(self, below=())


def _sets(places: Iterable[Place]) -> set[str]:
    return {each.stream.entity_set.name for place in places for each in place.walk()}


def source_places(
    streams: Mapping[str, Stream], selections: Mapping[str, Selection], filters: Mapping[str, str] | None = None
) -> dict[str, Place]:
    """The place of each source that feeds a selected stream, by the source's name, in the order of the streams.

    Args:
        streams: All streams by name.
        selections: What is wanted of those that are selected, by name.
        filters: The filter of a stream, by its name, selected or not: it holds for what is read through it as well.
    """
    ways: dict[str, list[Way]] = {}
    for name, stream in streams.items():
        for way in stream.ways if name in selections else ():
            ways.setdefault(f"{stream.route.prefix}{way.source}", []).append(way)
    return {
        name: _filtered(_source_place(stream, streams, selections, ways.get(name, ())), filters or {})
        for name, stream in streams.items()
        if not stream.ways and (name in selections or name in ways)
    }


def _source_place(
    source: Stream, streams: Mapping[str, Stream], selections: Mapping[str, Selection], ways: Sequence[Way]
) -> Place:
    own = selections.get(source.name)
    if source.listed is not None:
        navigation = source.listed.navigation
        return Place(source.listed.parent, None, below=(Place(source, own, navigation, path=(navigation,)),))
    nested = _nested(source, (), () if own is None else own.nested)
    fed = _Fed(streams, selections).below(source, source.entity_set.name, (), ways)
    return Place(source, own, below=(*nested, *fed))


def _filtered(place: Place, filters: Mapping[str, str], within: tuple[str, ...] = ()) -> Place:
    """A place with the filters of its stream and of those below it; what records hold stays whole."""
    if not filters or place.nested:
        return place
    own = replace(place, filter=filters.get(place.stream.name, ""), within=within)
    return replace(own, below=tuple(_filtered(each, filters, own.filters) for each in place.below))


def _nested(holder: Stream, path: tuple[str, ...], wanted: Container[str] | None = None) -> tuple[Place, ...]:
    """The places of what a stream's records hold; of all of it when `wanted` is None."""
    return tuple(
        Place(
            each.stream,
            None,
            each.navigation,
            each.many,
            path=(*path, each.navigation),
            below=_nested(each.stream, (*path, each.navigation)),
            nested=True,
        )
        for each in holder.nested
        if wanted is None or each.navigation in wanted
    )


@dataclass(frozen=True, slots=True)
class _Fed:
    """Makes the places of rows that feed streams of their own."""

    streams: Mapping[str, Stream]
    selections: Mapping[str, Selection]

    def below(self, parent: Stream, parent_set: str, path: tuple[str, ...], ways: Sequence[Way]) -> tuple[Place, ...]:
        """The places below a parent on these ways."""
        depth = len(path)
        onward: dict[str, list[Way]] = {}
        for way in ways:
            if len(way.legs) > depth:
                onward.setdefault(way.legs[depth].navigation, []).append(way)
        # In the metadata's order, so that it does not depend on which streams are selected.
        return tuple(
            self._place(parent, parent_set, path, onward[navigation])
            for navigation in parent.entity_set.type.navigation
            if navigation in onward
        )

    def _place(self, parent: Stream, parent_set: str, path: tuple[str, ...], ways: Sequence[Way]) -> Place:
        leg = ways[0].legs[len(path)]
        stream = self.streams[f"{parent.route.prefix}{leg.entity_set}"]
        child_path = (*path, leg.navigation)
        return Place(
            stream=stream,
            selection=self.selections.get(stream.name),
            navigation=leg.navigation,
            many=leg.many,
            parent_set=parent_set if stream.by_parent else None,
            path=child_path,
            below=self.below(stream, f"{parent_set}/{leg.entity_set}", child_path, ways),
        )

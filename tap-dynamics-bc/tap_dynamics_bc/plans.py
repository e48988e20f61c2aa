"""What is asked of the service so that one source feeds all streams that hang on it?

Pure. A source is an entity set that is listed; a tree of nodes says which navigation properties are expanded with it,
what is selected of each, and which stream the rows of each node belong to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.pages import RowKeys
from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.urls import company_path
from tap_dynamics_bc.bookmarks import Partition, Start, earliest

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from tap_dynamics_bc.discovery import FeedPath, StreamDescription


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a stream is wanted.

    Attributes:
        added: Properties to emit that the tap adds.
        properties: Properties of the entity to emit, in the order of its metadata; keys and stamp are among them.
        replication_key: None when the stream is read whole.
        nested: Navigation properties whose rows records hold.
    """

    added: tuple[str, ...]
    properties: tuple[str, ...]
    replication_key: str | None
    nested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """The rows that arrive at one place of a source's pages.

    Attributes:
        stream: The stream they belong to.
        selection: What to emit of them as records; None when they are only passed on the way to others, or nested.
        navigation: The navigation property that leads here; empty for the source itself.
        many: Whether it leads to a list.
        parent_set: The sets on the way here, in the bookmarks of streams with parents of several kinds.
        path: The navigation properties from the source to here.
        children: What is expanded in turn.
        nested: Whether the rows stay inside the record of the node above, whole.
    """

    stream: StreamDescription
    selection: Selection | None
    navigation: str = ""
    many: bool = True
    parent_set: str | None = None
    path: tuple[str, ...] = ()
    children: tuple[Node, ...] = field(default=())
    nested: bool = False

    @property
    def emitted(self) -> tuple[str, ...]:
        """The properties to emit."""
        if self.nested:
            return tuple(self.stream.properties)
        return self.selection.properties if self.selection is not None else ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The properties to ask for: those to emit, else what tells rows apart and when they were changed."""
        if self.nested or self.selection is not None:
            return self.emitted
        names = {*self.stream.entity_set.type.key, *([self.stream.stamp] if self.stream.stamp else [])}
        return tuple(name for name in self.stream.properties if name in names)

    @property
    def row_keys(self) -> RowKeys:
        """What every row must have, and the rows that are expanded with it."""
        own = self.stream.own_keys or self.stream.entity_set.type.key
        needed = frozenset(self.needed)
        return RowKeys(
            tuple(name for name in own if name in needed),
            tuple((child.navigation, child.row_keys) for child in self.children),
        )

    @property
    def select(self) -> tuple[str, ...]:
        """For `$select`; empty when everything is asked for."""
        return () if len(self.needed) == len(self.stream.entity_set.type.properties) else self.needed

    def partition(self, company_id: str | None) -> Partition:
        """The bookmark of this node's rows."""
        key = self.selection.replication_key if self.selection else None
        return Partition(self.stream.name, key, company_id, self.parent_set)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def holds(self, path: tuple[str, ...]) -> bool:
        """Whether the rows at a path below are inside this node's records, or are these rows themselves."""
        return path == self.path or any(child.nested and child.holds(path) for child in self.children)

    def bare(self) -> Node:
        """The node without what is below it."""
        return replace(self, children=())


def source_tree(
    source: StreamDescription,
    streams: Mapping[str, StreamDescription],
    selection_of: Callable[[str], Selection | None],
) -> Node:
    """The tree of a source for the streams that are selected.

    Args:
        source: The set that is listed.
        streams: All streams by name.
        selection_of: What is wanted of a stream; None when it is not selected.
    """
    own = selection_of(source.name)
    if source.listed is not None:
        navigation = source.listed.navigation
        return Node(source.listed.parent, None, children=(Node(source, own, navigation, path=(navigation,)),))
    paths = [
        path
        for name in streams
        if selection_of(name) is not None
        for path in streams[name].feeds
        if path.source == source.name
    ]
    nested = _nested(source, (), () if own is None else own.nested)
    fed = _children(source, source.name, (), paths=paths, streams=streams, selection_of=selection_of)
    return Node(source, own, children=(*nested, *fed))


def _nested(holder: StreamDescription, path: tuple[str, ...], wanted: Container[str] | None = None) -> tuple[Node, ...]:
    """The nodes of what a stream's records hold; of all of it when `wanted` is None."""
    return tuple(
        Node(
            each.stream,
            None,
            each.navigation,
            each.many,
            path=(*path, each.navigation),
            children=_nested(each.stream, (*path, each.navigation)),
            nested=True,
        )
        for each in holder.nested
        if wanted is None or each.navigation in wanted
    )


def _children(
    parent: StreamDescription,
    parent_set: str,
    path: tuple[str, ...],
    *,
    paths: list[FeedPath],
    streams: Mapping[str, StreamDescription],
    selection_of: Callable[[str], Selection | None],
) -> tuple[Node, ...]:
    depth = len(path)
    below = [each for each in paths if len(each.steps) > depth and _navigations(each)[:depth] == path]
    steps = {each.steps[depth].navigation: each.steps[depth] for each in below}
    children = []
    # In the metadata's order, so that it does not depend on which streams are selected.
    for step in (steps[navigation] for navigation in parent.entity_set.type.navigation if navigation in steps):
        stream = streams[step.entity_set]
        child_path = (*path, step.navigation)
        children.append(
            Node(
                stream=stream,
                selection=selection_of(stream.name),
                navigation=step.navigation,
                many=step.many,
                parent_set=parent_set if stream.row.by_parent else None,
                path=child_path,
                children=_children(
                    stream,
                    f"{parent_set}/{step.entity_set}",
                    child_path,
                    paths=below,
                    streams=streams,
                    selection_of=selection_of,
                ),
            )
        )
    return tuple(children)


def _navigations(path: FeedPath) -> tuple[str, ...]:
    return tuple(step.navigation for step in path.steps)


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a source: of one company, or of the environment.

    Attributes:
        tree: What is read.
        company_id: GUID of the company; None for a set of the environment.
        query: What is asked with the first of the tree's requests.
        page_size: Rows of a page of `query`.
        listing: The keys of the same rows without expansions; for when the expansions of a page fail.
        starts: From where each node's stream is read, by the node's path.
    """

    tree: Node
    company_id: str | None
    query: Query
    page_size: int
    listing: Query
    starts: Mapping[tuple[str, ...], Start]


def request_trees(tree: Node) -> tuple[Node, ...]:
    """A tree in as few trees as it takes for none to hold an entity set at two places below its source.

    Release 27 returns one of two such places empty (microsoft/AL issue 8179): a document's own dimensions are asked for
    apart from those of its lines. The first tree has the source's properties, the others what tells its rows apart.
    """
    places: list[list[Node]] = []
    for child in tree.children:
        fitting = (each for each in places if _sets(each).isdisjoint(_sets([child])))
        together = next(fitting, None)
        if together is None:
            places.append([child])
        else:
            together.append(child)
    first, *others = places or [[]]
    passed = replace(tree, selection=None)
    return (replace(tree, children=tuple(first)), *(replace(passed, children=tuple(each)) for each in others))


def _sets(places: Iterable[Node]) -> set[str]:
    return {node.stream.entity_set.name for place in places for node in place.walk()}


@dataclass(frozen=True, slots=True)
class Trees:
    """A source's tree, and its two parts.

    Rows with a stamp of their own change without their parent, so all parents have to be read for them. Where that is
    more than the source itself needs, the two parts are read apart, and only the keys of the parents are read again.

    Attributes:
        whole: Everything.
        following: The source and what is found again by its stamp; None when nothing of that is wanted.
        apart: The source's keys, and what has stamps of its own below them; None when there is nothing like that.
    """

    whole: Node
    following: Node | None
    apart: Node | None

    @classmethod
    def of(cls, tree: Node) -> Trees:
        """The parts of a tree."""
        apart = tuple(child for child in tree.children if any(node.stream.stamp for node in child.walk()))
        following = replace(tree, children=tuple(child for child in tree.children if child not in apart))
        wanted = following.selection is not None or bool(following.children)
        return cls(
            tree, following if wanted else None, replace(tree, selection=None, children=apart) if apart else None
        )


def plan_reads(
    trees: Trees,
    company_id: str | None,
    start_of: Callable[[Partition], Start],
    *,
    page_size: int | None,
) -> list[Read]:
    """The reads of a source for one company: one, or two when most of the source's rows need not be read again.

    Rows are asked for from the lowest start of the streams that they feed.

    Args:
        trees: The source's tree.
        company_id: GUID of the company; None for a set of the environment.
        start_of: The start of a partition.
        page_size: Rows of a page; None for the default.
    """

    def starts(tree: Node) -> dict[tuple[str, ...], Start]:
        return {node.path: start_of(node.partition(company_id)) for node in tree.walk() if node.selection is not None}

    def read(tree: Node, since: Start) -> Read:
        query = to_query(request_trees(tree)[0], company_id, since.filter(tree.stream.stamp))
        rows = tree.stream.expanded_page_rows if tree.children else tree.stream.page_rows
        listing = Query(query.path, tree.stream.entity_set.type.key[:1], filter=query.filter)
        return Read(tree, company_id, query, page_size or rows, listing, starts(tree))

    if trees.following is None:
        return [read(trees.whole, Start())]
    since = earliest(starts(trees.following).values()) if trees.whole.stream.stamp else Start()
    if trees.apart is None:
        return [read(trees.whole, since)]
    if since.at is None:
        return [read(trees.whole, Start())]
    return [read(trees.following, since), read(trees.apart, Start())]


def to_query(tree: Node, company_id: str | None, filter_: str) -> Query:
    """The query of a tree, with its expansions.

    Raises:
        UnexpectedAnswer: An entity set is at two places below the source, see `request_trees`.
    """
    below = [node.stream.entity_set.name for child in tree.children for node in child.walk()]
    if twice := sorted({each for each in below if below.count(each) > 1}):
        raise UnexpectedAnswer(
            f"One request for {tree.stream.name} would hold {', '.join(twice)} twice, and the service would return one "
            "of them empty.",
            scope="run",
        )
    name = tree.stream.entity_set.name
    path = name if company_id is None else company_path(company_id, name)
    return Query(path, select=tree.select, expand=tuple(_expansion(child) for child in tree.children), filter=filter_)


def _expansion(node: Node) -> Expansion:
    return Expansion(node.navigation, select=node.select, expand=tuple(_expansion(child) for child in node.children))

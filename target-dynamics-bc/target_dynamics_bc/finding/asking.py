"""How are many questions asked as few?

Every operation counts as a request against the service's rate limit, in a batch too. Questions that differ in one key
alone (the same set, the same expansions) become one question with a chain of `or`, and each gets its rows of the
answer. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynamics_bc_client.limits import QUERY_STRING_CHARACTERS, VALUES_IN_ONE_FILTER
from dynamics_bc_client.odata.query import Expansion, Query, all_of, text_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_dynamics_bc.wanted.records import Row


@dataclass(frozen=True, slots=True)
class ByKey(Query):
    """A question for the rows with one value of a key: an id, or a number or code, which have no case.

    Attributes:
        key: The property.
        value: The value.
        also: What else a row must fulfil, as a filter.
        is_text: The value is text; others stand bare.
    """

    key: str = ""
    value: str = ""
    also: str = ""
    is_text: bool = True

    def has(self, row: Row) -> bool:
        """Whether a row of an answer to several questions answers this one."""
        return str(row.get(self.key, "")).strip().upper() == self.value.strip().upper()


def by_key(
    path: str,
    key: str,
    value: str,
    *,
    select: tuple[str, ...] = (),
    expand: tuple[Expansion, ...] = (),
    also: str = "",
    is_text: bool | None = None,
) -> ByKey:
    """The question for the rows with one value of a key; ids are compared in lower case, bare.

    Without a word on whether the value is text, a property whose name ends as ids' do holds one.
    """
    is_text = not _is_id(key) if is_text is None else is_text
    value = value if is_text else value.lower()
    filter_ = all_of(also, _comparison(key, value, is_text=is_text))
    return ByKey(path, select, expand, filter_, key=key, value=value, also=also, is_text=is_text)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that stands for several, and their places."""

    query: Query
    places: tuple[int, ...]


def combined(queries: Sequence[Query]) -> list[Asked]:
    """The questions to ask in place of these."""
    asked: list[Asked] = []
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, query in enumerate(queries):
        if isinstance(query, ByKey):
            groups.setdefault((query.path, query.select, query.expand, query.key, query.also), []).append(place)
        else:
            asked.append(Asked(query, (place,)))
    for places in groups.values():
        asked += _chunks([(place, query) for place in places if isinstance(query := queries[place], ByKey)])
    return asked


def _chunks(members: Sequence[tuple[int, ByKey]]) -> Iterator[Asked]:
    """Chains that are short enough for the service."""
    values = list(dict.fromkeys(query.value for _, query in members))
    first = members[0][1]
    chain = " or ".join(_comparison(first.key, value, is_text=first.is_text) for value in values)
    query = replace(Query(first.path, first.select, first.expand), filter=all_of(first.also, chain))
    if len(values) == 1 or (len(values) <= VALUES_IN_ONE_FILTER and len(query.query_string) < QUERY_STRING_CHARACTERS):
        yield Asked(query, tuple(place for place, _ in members))
        return
    half = set(values[: len(values) // 2])
    yield from _chunks([member for member in members if member[1].value in half])
    yield from _chunks([member for member in members if member[1].value not in half])


def rows_for(query: Query, rows: Iterable[Row]) -> list[Row]:
    """The rows of an answer to several questions that answer this one."""
    return [row for row in rows if not isinstance(query, ByKey) or query.has(row)]


def parts(query: Query) -> tuple[Query, ...]:
    """A question in as few as it takes for none to expand an entity set at two places.

    Release 27 returns one of two such places empty (microsoft/AL issue 8179): the dimensions of a document are asked
    for apart from those of its lines. The first has the rows' own properties, the others their ids.
    """
    places: list[list[Expansion]] = []
    for expansion in query.expand:
        together = next((each for each in places if _sets(each).isdisjoint(_sets([expansion]))), None)
        if together is None:
            places.append([expansion])
        else:
            together.append(expansion)
    first, *others = places or [[]]
    bare = Query(query.path, ("id",), filter=query.filter)
    return (replace(query, expand=tuple(first)), *(replace(bare, expand=tuple(each)) for each in others))


def _sets(expansions: Iterable[Expansion]) -> set[str]:
    """The sets below, by the navigation properties that lead there: those of one set are called alike."""
    return {name for each in expansions for name in ({each.navigation} | _sets(each.expand))}


def put_together(rows: Sequence[Row], others: Sequence[Sequence[Row]]) -> list[Row] | None:
    """The rows of a question's first part with what its other parts expand of them.

    None when a row is missing in one of those: it was changed between them, and half of it must not pass for all.
    """
    complete = [dict(row) for row in rows]
    for part in others:
        by_id = {str(row.get("id")): row for row in part}
        for row in complete:
            other = by_id.get(str(row.get("id")))
            if other is None:
                return None
            row.update({name: value for name, value in other.items() if name not in row})
    return list(complete)


def _comparison(key: str, value: str, *, is_text: bool) -> str:
    return f"{key} eq {text_literal(value) if is_text else value}"


def _is_id(key: str) -> bool:
    return key == "id" or key.endswith("Id")

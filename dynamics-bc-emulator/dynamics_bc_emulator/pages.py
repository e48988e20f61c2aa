"""Which rows an answer holds, and how the next page is found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dynamics_bc_emulator import expansions, virtual
from dynamics_bc_emulator.errors import query_syntax, refused
from dynamics_bc_emulator.filters import Comparison, Every, Node, holds, names_in, without
from dynamics_bc_emulator.options import Options, Order, parse_options
from dynamics_bc_emulator.ordering import compare, from_token, sort_key, sorted_rows, to_token
from dynamics_bc_emulator.pushdown import Pushed, push
from dynamics_bc_emulator.rendering import render
from dynamics_bc_emulator.stamps import ZERO_GUID, from_stamp
from dynamics_bc_emulator.store import Condition
from dynamics_bc_emulator.values import decode
from dynamics_bc_emulator.virtual.asked import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dynamics_bc_emulator.catalogue import EntitySet, Navigation
    from dynamics_bc_emulator.paths import Segment
    from dynamics_bc_emulator.requests import DataRequest
    from dynamics_bc_emulator.store import Stored
    from dynamics_bc_emulator.view import View

# The service's own page size, and the most a client can ask for.
PAGE_LIMIT = 20_000
# More than SQLite can hold, and with a skip still no more than it can count to.
_ALL = 1 << 60
_ASKED_SIZE = re.compile(r"(?:odata\.)?maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
# Properties that a filter sets for the calculation instead of choosing rows by them.
_PARAMETERS = frozenset(("dateFilter", "agedAsOfDate", "periodLengthFilter", "dateFilter_FilterOnly"))
# Sets that refuse a read without a parent, besides those that the catalogue names: all of these filters must be there.
_REFUSED_FLAT = {"contactsInformation": ("relatedId", "relatedType")}
# The same, where sources disagree; a switch allows them.
_DISPUTED_FLAT = {
    "defaultDimensions": ("parentId", "id"),
    "timeRegistrationEntries": ("employeeId", "employeeNumber", "id"),
}
# Sets that look for missing filters only once there is a row to show.
_REFUSED_WITH_ROWS = frozenset(("journalLines", "customerPayments", "vendorPayments"))
# What a read shows where nothing else is asked for.
_SHOWN_BY_DEFAULT = {"journals": ("templateDisplayName", "GENERAL"), "attachments": ("parentId", ZERO_GUID)}


@dataclass(frozen=True, slots=True)
class Collection:
    """Rows of a set that a path leads to.

    Attributes:
        path: The path below the company, for contexts.
        constraints: What a navigation demands of the rows.
        led: Set, row and navigation that led here, None if the set was named itself.
    """

    entity_set: EntitySet
    path: str
    constraints: Mapping[str, Any] = field(default_factory=dict)
    led: tuple[EntitySet, Stored, Navigation] | None = None

    def at(self, key: str) -> Collection:
        """The same with a row's key in the path."""
        return replace(self, path=f"{self.path}({key})")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's rows.

    Attributes:
        lines: Entities as JSON.
        count: All rows that the filter lets through, None unless asked for.
    """

    lines: list[bytes]
    count: int | None
    next_link: str | None
    select: tuple[str, ...] | None
    size_was_asked_for: bool


@dataclass(frozen=True, slots=True)
class _Slice:
    rows: list[Stored]
    token: str | None


def page(view: View, request: DataRequest, place: Collection) -> Page:
    """The page that a request asks for.

    Raises:
        ServiceFault: An option is refused, or the set cannot be read without a parent.
    """
    options = parse_options(request.query, place.entity_set, view.catalogue, view.service.switches)
    check_parent(view, place, options)
    options = _with_default_filter(place, options)
    size, was_asked = page_size(request.headers, view.service.page_limit)
    limit = size if options.top is None else min(size, options.top)
    found = _slice(view, place, options, limit) if limit else _Slice([], None)
    left = None if options.top is None else options.top - len(found.rows)
    ended = len(found.rows) < limit or left == 0
    return Page(
        lines=render(view, place.entity_set, found.rows, options),
        count=count(view, place, options) if options.count else None,
        next_link=None if ended else next_link(request, found.token or "", left),
        select=options.select,
        size_was_asked_for=was_asked,
    )


def whole(view: View, entity_set: EntitySet, options: Options) -> list[bytes]:
    """All rows of a set that options let through, as JSON; they come inside another answer and are not paged.

    Raises:
        ServiceFault: The set cannot be read without a parent.
    """
    place = Collection(entity_set, entity_set.name)
    check_parent(view, place, options)
    options = _with_default_filter(place, options)
    limit = _ALL if options.top is None else options.top
    return render(view, entity_set, _slice(view, place, options, limit).rows, options) if limit else []


def count(view: View, place: Collection, options: Options) -> int:
    """How many rows the filter lets through, whatever `$top` and `$skip` say."""
    check_parent(view, place, options)
    options = _with_default_filter(place, options)
    if place.led or virtual.is_virtual(place.entity_set.name):
        return len(_listed(view, place, options))
    pushed = _pushed(view, place, options)
    if pushed.rest is None:
        return view.store.count(view.company, place.entity_set.name, [Condition(pushed.sql, pushed.values)])
    return len(_scan(view, place.entity_set, pushed, "", -1))


def page_size(headers: Mapping[str, str], limit: int = PAGE_LIMIT) -> tuple[int, bool]:
    """How many rows a page may have, and whether the client said so."""
    found = _ASKED_SIZE.search(headers.get("prefer", ""))
    if found and int(found[1]):
        return min(int(found[1]), limit), True
    return limit, False


def next_link(request: DataRequest, token: str, left: int | None) -> str:
    """Where the next page is: the request's own options, the service's `aid`, and the place where this page ended."""
    query = {name: value for name, value in request.query.items() if name.lower() not in {"$skiptoken", "$skip", "aid"}}
    if left is not None:
        query = {name: str(left) if name.lower() == "$top" else value for name, value in query.items()}
    options = [f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items()]
    path = quote(request.url_path.strip("/"), safe="/(),'=-$")
    return f"{request.base_url}/{path}?{'&'.join([*options, 'aid=FIN', f'$skiptoken={token}'])}"


def related_rows(view: View, place: Collection) -> list[Stored]:
    """The rows that the navigation of a path leads to."""
    assert place.led
    entity_set, row, navigation = place.led
    return expansions.related(view, entity_set, [row], navigation)[0]


def row_by_key(view: View, place: Collection, segment: Segment) -> Stored | None:
    """One row of a collection, None if it is not there.

    Raises:
        ServiceFault: The key is malformed, or the set cannot be read without a parent.
    """
    entity_set = place.entity_set
    key = segment.key or ""
    if not entity_set.key:
        raise query_syntax()
    if entity_set.properties[entity_set.key[0]].type == "Edm.Guid":
        key = segment.id
    if place.led:
        return next((row for row in related_rows(view, place) if row.id == key), None)
    if virtual.is_virtual(entity_set.name):
        check_parent(view, place, Options())
        rows = virtual.make(view, entity_set, asked(entity_set, {entity_set.key[0]: key}, None))
        return next((row for row in rows if row.id == key), None)
    found = view.store.scan(view.company, entity_set.name, [Condition("id = ?", (key,))])
    return found[0] if found else None


def check_parent(view: View, place: Collection, options: Options) -> None:
    """Refuse a flat read of a set that needs its parent.

    Raises:
        ServiceFault: No filter and no path names the parent.
    """
    entity_set = place.entity_set
    named = {*place.constraints, *(names_in(options.filter) if options.filter else ())}
    if place.led or _names_parent(view, entity_set, named):
        return
    if entity_set.name in _REFUSED_WITH_ROWS and not view.store.count(view.company, entity_set.name):
        return
    raise refused(_parent_sentence(entity_set))


def _names_parent(view: View, entity_set: EntitySet, named: set[str]) -> bool:
    if entity_set.name in _REFUSED_FLAT:
        return named.issuperset(_REFUSED_FLAT[entity_set.name])
    if entity_set.name in _DISPUTED_FLAT and view.service.switches.flat_parent_reads == "refuse":
        return bool(named.intersection(_DISPUTED_FLAT[entity_set.name]))
    if entity_set.parent_filter is None:
        return True
    enough = all if entity_set.parent_filter == "all" else any
    return enough(bool(named.intersection(choice.split("|"))) for choice in entity_set.parent_filter_names)


def _parent_sentence(entity_set: EntitySet) -> str:
    if "documentId" in entity_set.properties:
        return "You must specify an Id or a Document Id to get the lines."
    if "journalId" in entity_set.properties:
        return "You must specify a journal batch ID or a journal ID to get a journal line."
    if "relatedType" in entity_set.properties:
        return "Related id and related id type not specified."
    return "You must specify a parent id and a parent type to get the records."


def _with_default_filter(place: Collection, options: Options) -> Options:
    node = options.filter
    if node and virtual.is_virtual(place.entity_set.name):
        return options
    default = _SHOWN_BY_DEFAULT.get(place.entity_set.name)
    if default is None or place.led or (node and {default[0], "id"}.intersection(names_in(node))):
        return options
    shown = Comparison(default[0], "eq", default[1])
    return replace(options, filter=Every((node, shown)) if node else shown)


def default_filter(entity_set: str) -> Node | None:
    """What a read of a whole set shows only, None if it shows everything."""
    default = _SHOWN_BY_DEFAULT.get(entity_set)
    return Comparison(default[0], "eq", default[1]) if default else None


# -- slices
# -----------------------------------------------------------------------------------------------------------------


def _slice(view: View, place: Collection, options: Options, limit: int) -> _Slice:
    if place.led or virtual.is_virtual(place.entity_set.name):
        return _of_list(
            place.entity_set, _listed(view, place, options), _list_order(place.entity_set, options), options, limit
        )
    if not options.order:
        return _by_id(view, place, options, limit)
    pushed = _pushed(view, place, options)
    if pushed.rest is None and len(options.order) == 1 and options.order[0].name == place.entity_set.stamp:
        return _by_stamp(view, place, options, pushed, limit)
    rows = [
        (virtual.full_row(view, place.entity_set, row), row) for row in _scan(view, place.entity_set, pushed, "", -1)
    ]
    return _of_list(place.entity_set, rows, options.order, options, limit)


def _pushed(view: View, place: Collection, options: Options) -> Pushed:
    return push(options.filter, place.entity_set, view.store.indexed_columns(place.entity_set.name))


def _by_id(view: View, place: Collection, options: Options, limit: int) -> _Slice:
    """Keyset paging on the key, the service's own order."""
    pushed = _pushed(view, place, options)
    rows = _scan(view, place.entity_set, pushed, options.skiptoken or "", options.skip + limit)[options.skip :]
    return _Slice(rows, rows[-1].id if rows else None)


def _scan(view: View, entity_set: EntitySet, pushed: Pushed, after: str, limit: int) -> list[Stored]:
    """Rows after a key that pass a filter, in the order of their keys; all of them if the limit is negative."""
    rows: list[Stored] = []
    for row in _passing(view, entity_set, pushed, after, limit):
        rows.append(row)
        if len(rows) == limit:
            break
    return rows


def _passing(view: View, entity_set: EntitySet, pushed: Pushed, after: str, limit: int) -> Iterator[Stored]:
    chunk_size = limit if pushed.rest is None else 2000
    while True:
        conditions = [Condition(pushed.sql, pushed.values), Condition("id > ?", (after,))]
        chunk = view.store.scan(view.company, entity_set.name, conditions, limit=chunk_size)
        for row in chunk:
            if pushed.rest is None or holds(pushed.rest, virtual.full_row(view, entity_set, row), entity_set):
                yield row
        if len(chunk) < chunk_size or chunk_size < 0:
            return
        after = chunk[-1].id


def _by_stamp(view: View, place: Collection, options: Options, pushed: Pushed, limit: int) -> _Slice:
    descending = options.order[0].descending
    conditions = [Condition(pushed.sql, pushed.values)]
    if options.skiptoken:
        ended = from_token(options.skiptoken, options.order)
        stamp = _stamp(ended[0][options.order[0].name])
        conditions.append(
            Condition(f"stamp {'<' if descending else '>'} ? OR (stamp = ? AND id > ?)", (stamp, stamp, ended[1]))
        )
    order = f"stamp {'DESC' if descending else 'ASC'}, id"
    rows = view.store.scan(
        view.company, place.entity_set.name, conditions, order=order, limit=limit, offset=options.skip
    )
    if not rows:
        return _Slice([], None)
    stamp_text = decode(rows[-1].data)[options.order[0].name]
    return _Slice(rows, to_token({options.order[0].name: stamp_text}, rows[-1].id, options.order))


def _stamp(text: Any) -> int:
    try:
        return from_stamp(str(text))
    except ValueError:
        raise query_syntax() from None


def _listed(view: View, place: Collection, options: Options) -> list[tuple[Mapping[str, Any], Stored]]:
    """All rows of a place that is not paged by SQLite, filtered."""
    entity_set = place.entity_set
    if place.led and not virtual.is_virtual(entity_set.name):
        rows = related_rows(view, place)
    else:
        rows = virtual.make(view, entity_set, asked(entity_set, place.constraints, options.filter))
    node = without(options.filter, _PARAMETERS) if options.filter else None
    full = [(virtual.full_row(view, entity_set, row), row) for row in rows]
    return [(values, row) for values, row in full if node is None or holds(node, values, entity_set)]


def _list_order(entity_set: EntitySet, options: Options) -> tuple[Order, ...]:
    if options.order:
        return options.order
    natural = next((name for name in ("sequence", "lineNumber", "entryNumber") if name in entity_set.properties), None)
    return (Order(natural, descending=False),) if natural else ()


def _of_list(
    entity_set: EntitySet,
    rows: Sequence[tuple[Mapping[str, Any], Stored]],
    order: tuple[Order, ...],
    options: Options,
    limit: int,
) -> _Slice:
    rows = sorted_rows(rows, order, entity_set)
    if options.skiptoken:
        ended = from_token(options.skiptoken, order)
        place = (sort_key(ended[0], order, entity_set), ended[1])
        rows = [row for row in rows if _is_after(sort_key(row[0], order, entity_set), row[1].id, place, order)]
    rows = rows[options.skip : options.skip + limit]
    return _Slice([row for _, row in rows], to_token(*_last(rows), order) if rows else None)


def _last(rows: Sequence[tuple[Mapping[str, Any], Stored]]) -> tuple[Mapping[str, Any], str]:
    return rows[-1][0], rows[-1][1].id


def _is_after(key: tuple[Any, ...], row_id: str, place: tuple[tuple[Any, ...], str], order: Sequence[Order]) -> bool:
    found = compare(key, place[0], order)
    return found > 0 or (found == 0 and row_id > place[1])

"""Which expansions does the service refuse, whatever the row, and can what they lead to be read in another way?

A page is refused as a whole when one of its expansions is: for want of a permission on its table (401, 403, but also
400, 404 and 500 were seen), or because the service cannot compute it. A few rows are asked for alone, each with one
expansion at a time: what fails for all of them is the expansion's own fault and not theirs. All that travels in one
batch. What cannot be expanded may still be listed below each parent, which is asked in a second one.

What was found in one company is asked for first in the others, so that none of them spends its patience on it again.
Permissions are given for each company, so it is asked for there all the same.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from dynamics_bc_client.batched_reads import BatchedRead
from dynamics_bc_client.errors import (
    BadRequest,
    DynamicsError,
    Forbidden,
    MethodNotAllowed,
    PageBroken,
    RecordNotFound,
    ResourceNotFound,
    Transient,
)
from dynamics_bc_client.odata.pages import check_page
from dynamics_bc_client.odata.query import Query
from tap_dynamics_bc.pages.promises import missing_property
from tap_dynamics_bc.pages.rows import items_of, members_of, row_ids
from tap_dynamics_bc.pages.source_page import LeftOut, Path

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from dynamics_bc_client.batched_reads import BatchedResponse
    from dynamics_bc_client.client import Client
    from dynamics_bc_client.odata.pages import RowKeys
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read

log = logging.getLogger(__name__)

ROWS_ASKED = 3
"""Rows that have to fail alone before an expansion is taken for refused."""

_OF_ANY_ROW = (Forbidden, ResourceNotFound, MethodNotAllowed)
"""What is no fault of a row: one that fails so is enough."""

_OF_SOME_ROW = (BadRequest, RecordNotFound, PageBroken)

_FAILED = 500


def is_refusal(error: DynamicsError, place: Place) -> bool:
    """Whether an error of a page may be that of one of its expansions.

    Args:
        error: The error.
        place: What was asked for. A navigation that is gone is called a property that is missing, as a property is.
    """
    missing = missing_property(error)
    if missing is not None and missing["name"] not in {each.navigation for each in place.walk()}:
        return False
    if error.scope in {"company", "run"}:
        return False
    if isinstance(error, Transient):
        return error.status == _FAILED
    return isinstance(error, (*_OF_ANY_ROW, *_OF_SOME_ROW))


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What of a read is not expanded.

    Attributes:
        apart: Paths of what is listed below each parent instead.
        refused: Paths of what cannot be read at all, with what the service said.
    """

    apart: frozenset[Path] = frozenset()
    refused: Mapping[Path, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.apart or self.refused)

    def reduced(self, place: Place) -> Place:
        """A place with what can be expanded."""
        return without(place, {*self.apart, *self.refused})

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What rows come without."""
        return tuple(LeftOut(path, None, message) for path, message in self.refused.items())

    def joined(self, other: Otherwise) -> Otherwise:
        """Both."""
        return Otherwise(self.apart | other.apart, {**self.refused, **other.refused})


AS_PLANNED = Otherwise()


class KnownRefusals:
    """What was refused somewhere in this run, by source; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: dict[str, frozenset[Path]] = {}

    def of(self, place: Place) -> frozenset[Path]:
        """The paths below a source that were not expanded elsewhere."""
        with self._lock:
            return self._paths.get(place.stream.name, frozenset()) & {each.path for each in place.walk()}

    def add(self, place: Place, found: Otherwise) -> None:
        """Remember what was found."""
        with self._lock:
            known = self._paths.get(place.stream.name, frozenset())
            self._paths[place.stream.name] = known | found.apart | found.refused.keys()


def without(place: Place, paths: Container[Path]) -> Place:
    """A place without what is at these paths, and below them."""
    return replace(place, below=tuple(without(each, paths) for each in place.below if each.path not in paths))


def along(place: Place, path: Path) -> Place:
    """A place with nothing below it but the way to a path; of what is passed only what tells it apart."""
    child = next((each for each in place.below if each.path == path[: len(each.path)]), None)
    if child is None:
        return place.bare()
    return replace(place, selection=None, below=(along(child, path),))


def find_refusals(client: Client, read: Read, ids: Sequence[str], paths: Container[Path]) -> Otherwise:
    """What of a read is refused, whatever the row.

    Args:
        client: Talks to the service.
        read: The read.
        ids: Rows to ask for, of which a few are taken.
        paths: What may be refused; what is below a path that is refused need not be asked for.

    Raises:
        DynamicsError: Nothing can be read at all.
    """
    asked = list(dict.fromkeys([*ids[:1], *ids[len(ids) // 2 :][:1], *ids[-1:]]))[:ROWS_ASKED]
    suspects = [place for place in read.place.walk() if place.path and place.path in paths]
    if not asked or not suspects:
        return AS_PLANNED
    answers = _ask_expanded(client, read, asked, suspects)
    refused: dict[Path, DynamicsError] = {}
    for suspect in suspects:
        if not any(suspect.path[: len(path)] == path for path in refused):
            errors = [each.error for each in answers[suspect.path]]
            if (error := _of_any_row(errors, suspect)) is not None:
                refused[suspect.path] = error
    return _sorted(client, read, asked, {each.path: each for each in suspects}, refused)


def _of_any_row(errors: Sequence[DynamicsError | None], suspect: Place) -> DynamicsError | None:
    """The error that rows have in common; None when it may be their own, or that of some."""
    given = [error for error in errors if error is not None and is_refusal(error, suspect)]
    if len(given) < len(errors) or not (len(given) > 1 or isinstance(given[0], _OF_ANY_ROW)):
        return None
    return given[0]


def _ask_expanded(
    client: Client, read: Read, ids: Sequence[str], suspects: Sequence[Place]
) -> dict[Path, list[BatchedResponse]]:
    """What each of some rows returns with each expansion alone, by path."""
    reads = []
    for suspect in suspects:
        asked = along(replace(read.place, selection=None), suspect.path)
        check = partial(check_row, keys=asked.row_keys)
        reads += [
            BatchedRead(
                Query(asked.stream.row_path(read.target.path, row_id), asked.select, asked.expansions).url,
                check=check,
                doubted=False,
            )
            for row_id in ids
        ]
    responses = iter(client.read_many(reads))
    return {suspect.path: [next(responses) for _ in ids] for suspect in suspects}


def _sorted(
    client: Client,
    read: Read,
    ids: Sequence[str],
    places: Mapping[Path, Place],
    refused: Mapping[Path, DynamicsError],
) -> Otherwise:
    """What is refused, told by whether it can be listed below its parents."""
    apart: set[Path] = set()
    given_up: dict[Path, str] = {}
    for path, error in refused.items():
        place = places[path]
        parents = _parents(client, read, ids, path)
        if _can_be_listed(client, parents, place):
            apart.add(path)
        elif place.below and _can_be_listed(client, parents, place.bare()):
            apart.add(path)
            given_up |= {child.path: error.explained for child in place.below}
        else:
            given_up[path] = error.explained
            continue
        log.warning("%s It is listed below each parent instead.", error.sentence)
    return Otherwise(frozenset(apart), given_up)


def _can_be_listed(client: Client, parents: Sequence[str], place: Place) -> bool:
    """Whether the rows of a place can be listed below parents."""
    listed = client.read_many([below(parent, place, doubted=False) for parent in parents])
    return bool(listed) and all(each.error is None for each in listed)


def _parents(client: Client, read: Read, ids: Sequence[str], path: Path) -> list[str]:
    """The addresses of some rows that a path leads down from."""
    addresses = [read.place.stream.row_path(read.target.path, row_id) for row_id in ids]
    if len(path) == 1:
        return addresses
    asked = along(replace(read.place, selection=None), path[:-1])
    queries = [Query(each, select=asked.select, expand=asked.expansions) for each in addresses]
    rows = client.read_many([BatchedRead(query.url, doubted=False) for query in queries])
    found: list[str] = []
    for address, response in zip(addresses, rows, strict=True):
        if response.error is None:
            found += list(addresses_below(asked, address, response.body))[:1]
    return found


def addresses_below(place: Place, address: str, row: bytes) -> Iterator[str]:
    """The addresses of the rows that a place leads down to, in what was expanded with a row."""
    if not place.below:
        yield address
        return
    (child,) = place.below
    value = members_of(row).get(child.navigation, b"null")
    if value == b"null":
        return
    if not child.many:
        yield from addresses_below(child, f"{address}/{child.navigation}", value)
        return
    for row_id, item in zip(row_ids(b'{"value":%s}' % value, child.stream), items_of(value), strict=True):
        yield from addresses_below(child, child.stream.row_path(f"{address}/{child.navigation}", row_id), item)


def below(address: str, place: Place, *, doubted: bool = True) -> BatchedRead:
    """The rows of a place below one parent, as a read of their own."""
    query = Query(f"{address}/{place.navigation}", place.select, place.expansions, place.filter)
    check = partial(check_list if place.many else check_one, keys=place.row_keys)
    return BatchedRead(query.url, check=check, doubted=doubted)


def check_row(body: bytes, *, keys: RowKeys) -> None:
    """Whether a body is one row.

    Raises:
        UnexpectedAnswer: It is none.
    """
    check_page(b'{"value":[%s]}' % (body or b"{}"), root=None, keys=keys)


def check_one(body: bytes, *, keys: RowKeys) -> None:
    """Whether a body is one row, or nothing at all.

    Raises:
        UnexpectedAnswer: It is something else.
    """
    if body:
        check_row(body, keys=keys)


def check_list(body: bytes, *, keys: RowKeys) -> None:
    """Whether a body is a page of rows.

    Raises:
        UnexpectedAnswer: It is none.
    """
    check_page(body, root=None, keys=replace(keys, many=False))

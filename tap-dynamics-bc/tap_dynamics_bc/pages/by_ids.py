"""How are rows read that are known by their ids, and which of them are gone?

They travel in `$batch` requests of up to a hundred GETs. What is agreed with whoever asks:

- Each id that was asked for ends in exactly one of three places: its row came (`rows`), the service says that there is
  no such row (`gone`), or nobody knows (`undecided`, with the error).
- Gone is a 404 in the service's own words for a record that is not there, and nothing else. A refusal (401, 403), a
  wrong request (400), a failure (5xx), a set or a company that is not found, a row that came without its key: all of
  these say nothing about whether the row exists.
- A copy of the database shows a moment that has passed, and the database itself what is not committed yet. So gone is
  only what neither has: what does not come is asked of the database, too.
- Where the rows have to meet a filter, one that does not meet it any more is gone, too: it is no row of what is read.
- A row that is hidden from this user by a security filter looks the same as one that is gone: the service answers both
  alike, and no caller can tell them apart.
- Nothing is written, so all of it may be asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from dynamics_bc_client.batched_reads import BatchedRead
from dynamics_bc_client.errors import DynamicsError, RecordNotFound, UnexpectedAnswer
from dynamics_bc_client.odata.pages import check_page
from dynamics_bc_client.odata.query import Query, all_of, text_literal
from tap_dynamics_bc.pages.joining import expanded_members, joined
from tap_dynamics_bc.pages.rest import row_with_rest
from tap_dynamics_bc.pages.rows import members_of, raw_rows, row_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Target
    from tap_dynamics_bc.streams.description import Stream

NOT_THERE = frozenset({"Internal_RecordNotFound", "Internal_DataNotFoundFilter"})
"""The service's codes for a record that does not exist (Microsoft's page on API errors)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the ids that were asked for.

    Attributes:
        rows: The rows as they came, undecoded JSON objects, by id as it was asked for.
        gone: Ids that the service has no row of.
        undecided: Ids of which nobody knows, each with the reason.
        served_at: When the last of them was answered, by the service's clock; None when nothing was asked.
    """

    rows: dict[str, bytes] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    undecided: dict[str, DynamicsError] = field(default_factory=dict)
    served_at: datetime | None = None


def read_by_ids(client: Client, target: Target, place: Place, ids: Iterable[str]) -> Found:
    """The rows of a set by their ids; for one thread.

    Args:
        client: Talks to the service.
        target: The set, of a company or of the environment.
        place: What is wanted of its rows and what is expanded with them; `place.bare()` for nothing of the latter.
        ids: As `Stream.row_id` makes them; twice the same is asked once. All rows that are found are held in memory.

    Raises:
        DynamicsError: Nothing can be read at all (no sign-in, no connection): no id is decided.
    """
    asked = list(dict.fromkeys(ids))
    found = _found(client, target, place, asked, from_database=False)
    return _confirmed(found, _found(client, target, place, found.gone, from_database=True)) if found.gone else found


def read_from_database(client: Client, target: Target, place: Place, ids: Iterable[str]) -> Found:
    """The same of the database itself, for rows that a copy of it has shown already.

    What is gone of it is so according to the database alone, and may be of a change that is not committed.
    """
    return _found(client, target, place, list(dict.fromkeys(ids)), from_database=True)


def _confirmed(found: Found, again: Found) -> Found:
    """What was found, once what seemed to be gone has been asked for again."""
    return Found(
        {**found.rows, **again.rows},
        again.gone,
        {**found.undecided, **again.undecided},
        again.served_at or found.served_at,
    )


def _found(client: Client, target: Target, place: Place, asked: Sequence[str], *, from_database: bool) -> Found:
    """What becomes of ids, each given once."""
    ask = partial(_ask, client, target, from_database=from_database)
    first, *others = place.requests
    answers = ask(first, asked)
    for other in others:
        more = ask(other, list(answers.rows))
        served_at = more.served_at or answers.served_at
        answers = _Answers(_joined(answers.rows, more.rows, other), {**answers.errors, **more.errors}, served_at)
    missing = [each for each, error in answers.errors.items() if _is_not_there(error)]
    # With expansions, what does not exist may also be something that was to be expanded.
    alone = ask(place.bare(), missing).errors if place.below else answers.errors
    gone = {each for each in missing if each in alone and _is_not_there(alone[each])}
    undecided = {each: error for each, error in answers.errors.items() if each not in gone}
    rows = answers.rows
    if place.filter:
        kept = _meeting_filter(client, target, place, rows, from_database=from_database)
        gone |= {each for each, meets in kept.items() if meets is False}
        undecided |= {each: error for each, error in kept.items() if isinstance(error, DynamicsError)}
        rows = {each: row for each, row in rows.items() if kept[each] is True}
    return Found(rows, tuple(each for each in asked if each in gone), undecided, answers.served_at)


def _meeting_filter(
    client: Client, target: Target, place: Place, rows: Mapping[str, bytes], *, from_database: bool
) -> dict[str, bool | DynamicsError]:
    """Whether rows meet the filter of their place, or why that is not known."""
    keys = place.bare().row_keys
    reads = [
        BatchedRead(
            Query(target.path, keys.names, filter=all_of(_key_condition(place.stream, row), place.filter)).url,
            check=partial(check_page, root=None, keys=keys),
            from_database=from_database,
        )
        for row in rows.values()
    ]
    return {
        row_id: response.error or bool(raw_rows(response.body))
        for row_id, response in zip(rows, client.read_many(reads), strict=True)
    }


def _key_condition(stream: Stream, row: bytes) -> str:
    """The condition that one row alone meets: as values come in JSON they are literals, but for text."""
    members, entity = members_of(row), stream.entity_set.type
    values = {name: msgspec.json.decode(members[name]) for name in entity.key}
    return all_of(
        *(
            f"{name} eq {text_literal(value) if entity.properties[name].type == 'Edm.String' else value}"
            for name, value in values.items()
        )
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """What one request for each row returned."""

    rows: dict[str, bytes]
    errors: dict[str, DynamicsError]
    served_at: datetime | None


def _ask(client: Client, target: Target, place: Place, ids: Sequence[str], *, from_database: bool) -> _Answers:
    """The rows of these ids with what one request can expand of them."""
    reads = [
        BatchedRead(
            Query(place.stream.row_path(target.path, each), select=place.select, expand=place.expansions).url,
            check=partial(_check, row_id=each, place=place),
            from_database=from_database,
        )
        for each in ids
    ]
    responses = dict(zip(ids, client.read_many(reads), strict=True))
    answers = _Answers({}, {}, max((response.served_at for response in responses.values()), default=None))
    for row_id, response in responses.items():
        if response.error is not None:
            answers.errors[row_id] = response.error
            continue
        row, cut_off = row_with_rest(client, place, row_id, response.body, url=response.url)
        if cut_off:
            answers.errors[row_id] = UnexpectedAnswer(f"{'/'.join(cut_off[0].path)} of {row_id}: {cut_off[0].message}")
        else:
            answers.rows[row_id] = row
    return answers


def _is_not_there(error: DynamicsError) -> bool:
    return isinstance(error, RecordNotFound) and error.code in NOT_THERE


def _joined(rows: Mapping[str, bytes], more: Mapping[str, bytes], place: Place) -> dict[str, bytes]:
    """Rows with what another request expanded of them, as far as it has them."""
    navigations = {child.navigation for child in place.below}
    return {each: joined(rows[each], expanded_members(row, navigations)) for each, row in more.items()}


def _check(body: bytes, *, row_id: str, place: Place) -> None:
    """Whether a row is the one that was asked for, with no error in it.

    Raises:
        UnexpectedAnswer: It is none, or another one.
    """
    page = b'{"value":[%s]}' % body
    check_page(page, root=None, keys=place.row_keys)
    came = row_ids(page, place.stream)
    if [each.casefold() for each in came] != [row_id.casefold()]:
        raise UnexpectedAnswer(
            f"The row {row_id} was asked for, and {', '.join(came) or 'none'} came.", repeatable=True
        )

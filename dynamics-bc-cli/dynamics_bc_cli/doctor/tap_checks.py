"""Can the tap read what is selected? One row of every selected stream."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from dynamics_bc_cli.doctor.connection_checks import companies_to_read
from dynamics_bc_cli.doctor.findings import Case, Check, FaultError, Finding
from dynamics_bc_client.errors import CONFIG_KEEPER, SERVICE_ADMINISTRATOR, DynamicsError, ServiceError
from dynamics_bc_client.odata.pages import rows
from dynamics_bc_client.odata.query import Expansion, Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.streams.description import Stream, Way

ENVIRONMENT_LIST = "environments"
STREAMS_NAMED = 5
COVER_THEM = "Give the app or the user permission sets that cover them, or do not select them."


def streams(case: Case) -> Iterator[Finding]:
    """One row of every selected stream comes, and one of the first in each further company."""
    chosen = _selected(case)
    if not chosen:
        yield Finding("streams", "note", "no stream is selected, so a run reads nothing")
        return
    # The list of environments is no entity set; its own check looked at it.
    chosen = [stream for stream in chosen if stream.name != ENVIRONMENT_LIST]
    first, *others = companies_to_read(case)
    if failed := _unreadable(case.client, chosen, first):
        causes = by_cause(failed)
        error = next(iter(failed.values()))
        raise FaultError(
            f"{len(failed)} of {len(chosen)} selected streams cannot be read in {first.name}: {'; '.join(causes)}",
            # What all have in common is the errors' own matter; several causes are for whoever gives permissions.
            who=error.who if len(causes) == 1 and error.remedy else SERVICE_ADMINISTRATOR,
            remedy=error.remedy if len(causes) == 1 and error.remedy else COVER_THEM,
            exit_code=1,
        )
    yield Finding("streams", "ok", f"{len(chosen)} selected streams can be read in {first.name}")
    in_company = [stream for stream in chosen if stream.in_company][:1]
    for company in others:
        for error in _unreadable(case.client, in_company, company).values():
            raise FaultError(
                f"{company.name} cannot be read: {error.message}",
                who=SERVICE_ADMINISTRATOR,
                remedy=f"Give permission sets that hold in {company.name}, or leave it out of company_ids.",
                exit_code=1,
            )
        yield Finding("streams", "ok", f"{company.name} can be read")


def _selected(case: Case) -> list[Stream]:
    """The streams that are selected.

    Raises:
        FaultError: The catalog selects some that are not there: a run reads the others and ends with 1.
    """
    from dynamics_bc_cli.stream_list import published_streams, selected_names  # noqa: PLC0415 - imports the SDK

    published = published_streams(case.client, case.config)
    names = selected_names(published.streams.values(), case.catalog_path)
    if lost := sorted(names - published.streams.keys()):
        raise FaultError(
            f"The catalog selects {'; '.join(f'{name} ({published.why_missing(name)})' for name in lost)}.",
            who=CONFIG_KEEPER,
            remedy="Correct the catalog, or discover it again: `dynamics-bc streams` lists the names.",
            exit_code=1,
        )
    return sorted((published.streams[name] for name in names), key=lambda stream: stream.name.casefold())


def _unreadable(client: Client, streams: Sequence[Stream], company: Company) -> dict[str, DynamicsError]:
    """Why streams cannot be read, by stream and in their order; as many are asked at once as the service works on.

    Raises:
        DynamicsError: What concerns all of them: the network, the sign-in.
    """
    with ThreadPoolExecutor(client.settings.max_concurrent_requests) as pool:
        errors = pool.map(partial(_failure, client, company), streams)
        return {stream.name: error for stream, error in zip(streams, errors, strict=True) if error is not None}


def _failure(client: Client, company: Company, stream: Stream) -> DynamicsError | None:
    """Why a stream cannot be read; None when it can, with or without rows."""
    try:
        page = next(client.pages(one_row(stream, company), page_size=1))
        rows(page.body)
    except DynamicsError as error:
        if error.scope == "run":
            raise
        return error
    return None


def by_cause(failed: Mapping[str, DynamicsError]) -> list[str]:
    """Failures in words, each cause once with the streams it concerns.

    Args:
        failed: Why streams cannot be read, by stream.
    """
    streams: dict[str, list[str]] = {}
    for name, error in failed.items():
        streams.setdefault(_cause(error), []).append(name)
    return [f"{_listed(names)} ({cause})" for cause, names in streams.items()]


def _cause(error: DynamicsError) -> str:
    """What an error says but for the request that met it, so that equal causes are equal."""
    if not isinstance(error, ServiceError):
        return error.message
    return f"{error.status} {error.code}: {error.text}".replace(" :", ":").rstrip(": ")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - STREAMS_NAMED
    return f"{', '.join(names[:STREAMS_NAMED])}{f' and {more} more' if more > 0 else ''}"


def one_row(stream: Stream, company: Company) -> Query:
    """Asks for one row of a stream: of the set itself, or of a set that its rows are read through."""
    if stream.ways:
        way = stream.ways[0]
        # The keys of other routes' parents may have other names.
        select = () if stream.route.name else ("id",)
        return Query(stream.route.path(way.source, company), select=select, expand=(_expansion(way, 0),))
    if stream.listed:
        parents = stream.route.path(stream.listed.parent.entity_set.name, company)
        return Query(parents, select=("id",), expand=(Expansion(stream.listed.navigation),))
    path = stream.route.path(stream.entity_set.name, company if stream.in_company else None)
    return Query(path, select=stream.own_keys, expand=_nested(stream, set()))


def _nested(stream: Stream, asked: set[str]) -> tuple[Expansion, ...]:
    """What records of the stream hold of others: it has to be readable too. No request holds a set twice."""
    expansions = []
    for each in stream.nested:
        if each.stream.entity_set.name not in asked:
            asked.add(each.stream.entity_set.name)
            expansions.append(Expansion(each.navigation, expand=_nested(each.stream, asked)))
    return tuple(expansions)


def _expansion(way: Way, depth: int) -> Expansion:
    inner = (_expansion(way, depth + 1),) if depth + 1 < len(way.legs) else ()
    return Expansion(way.legs[depth].navigation, expand=inner)


TAP_CHECKS = (Check("streams", streams, SERVICE_ADMINISTRATOR, "Look at the environment's state in the admin center."),)

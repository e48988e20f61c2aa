"""What do settings add to a stream: the period of a report, the file of a row?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.streams.columns import COMPANY_ID, FILE, PERIOD_END, PERIOD_START
from tap_dynamics_bc.streams.media import MEDIA
from tap_dynamics_bc.streams.reports import REPORTS
from tap_dynamics_bc.streams.routes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tap_dynamics_bc.streams.description import Stream, Way
    from tap_dynamics_bc.streams.media import Media


def with_periods(streams: Mapping[str, Stream], entity_sets: Collection[str]) -> dict[str, Stream]:
    """The streams, with the period in keys and records of those reports that are read by periods.

    A report that lacks what it is asked by, or what tells its rows apart, stays as it is.

    Args:
        streams: All streams by name.
        entity_sets: The entity sets of the reports that are read by periods.
    """
    return {name: _by_period(stream, entity_sets) for name, stream in streams.items()}


def _by_period(stream: Stream, entity_sets: Collection[str]) -> Stream:
    name = stream.entity_set.name
    report = REPORTS[name] if stream.route is STANDARD and name in entity_sets else None
    if report is None or not stream.properties.keys() >= {report.asked_by, report.row_key}:
        return stream
    period = (PERIOD_END,) if report.of_a_moment else (PERIOD_START, PERIOD_END)
    amounts = {
        name: replace(stream.properties[name], type="Edm.Decimal")
        for name in report.amounts
        if name in stream.properties
    }
    return replace(
        stream,
        columns=(*stream.columns, *period),
        properties={**stream.properties, **amounts},
        own_keys=(report.row_key,),
        keys=(COMPANY_ID.name, *(each.name for each in period), report.row_key),
        report=report,
    )


def with_media(streams: Mapping[str, Stream], wanted: Mapping[str, Sequence[str]]) -> dict[str, Stream]:
    """The streams, with the files of those that are downloaded in their records.

    A stream whose files are wanted is selected when nobody says otherwise.

    Args:
        streams: All streams by name.
        wanted: What is downloaded, by the setting's names, and of which parents alone; none for all.

    Raises:
        ConfigurationError: There are no such parents.
    """
    return {name: _with_files(stream, wanted) for name, stream in streams.items()}


def _with_files(stream: Stream, wanted: Mapping[str, Sequence[str]]) -> Stream:
    media = MEDIA.get(stream.entity_set.name) if stream.route is STANDARD else None
    if media is None or media.name not in wanted:
        return stream
    return replace(
        stream,
        columns=(*stream.columns, *FILE),
        ways=_ways(stream, media, wanted[media.name]),
        media=media,
        selected=True,
        reason="",
    )


def _ways(stream: Stream, media: Media, parents: Sequence[str]) -> tuple[Way, ...]:
    """The ways through these parents; all where none is named."""
    by_source = {way.source.casefold(): way for way in stream.ways}
    for parent in parents:
        if parent.casefold() not in by_source:
            known = ", ".join(way.source for way in stream.ways) or "no other set"
            raise ConfigurationError(
                f'download_media names "{media.name}/{parent}", and "{stream.name}" comes with {known}.'
            )
    named = {parent.casefold() for parent in parents}
    return tuple(way for way in stream.ways if not named or way.source.casefold() in named)

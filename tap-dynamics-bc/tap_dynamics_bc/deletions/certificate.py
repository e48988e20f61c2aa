"""Does the index of known keys hold what the source holds, for each stream and company, and as of when?

The index is what was written and not deleted again, so this is what a destination holds that loaded all of it. A
source was compared by its ids (all of them were seen), or by its number of rows where no ids were due.
`certificate.json` in the store has the result of the last run:

    {"run_id": ..., "written_at": ..., "entries": [{
        "stream": ..., "company_id": ..., "company_name": ...,
        "compared": "ids" | "count" | null,     null: nothing was compared in this run
        "as_of": ...,                           when the source was seen, by the service's clock
        "ids_compared_at": ...,                 when ids were last compared
        "rows": {"source": ..., "index": ...}, "hash": {"source": ..., "index": ...},
        "agrees": true | false | null,
        "unresolved": [...],                    some ids that one side has and the other has not
        "deleted": {reason: rows}               what this run wrote as deleted
    }]}

A hash is that of `identity.Fingerprint`; there are none where no ids were compared.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tap_dynamics_bc.deletions.identity import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.deletions.index import Index

FILE_NAME = "certificate.json"
UNRESOLVED_SHOWN = 20

Reason: TypeAlias = Literal["gone", "invoiced", "missed_twice", "with_its_parent"]
"""Why a row was written as deleted: the service has no such row any more; it has none, and an invoice names it as the
order that it was made of; nobody could say, and two runs have missed it; what it came with is gone, or has it no more.
"""


@dataclass
class Comparison:
    """What one run knows of one stream in one company.

    Attributes:
        company: The company.
        places: What the index knows its rows by.
        compared: Places whose ids were seen.
        counted: The number of rows that the source has, where they were counted and the number agreed.
        as_of: When the source was last seen, as a stamp.
        ids_compared_at: When ids were last compared, by the state.
        absent: Keys that the index has and the source has not, and that were not deleted.
        unknown: Keys that the source has and the index has not.
        refused: Whether so many rows are gone that somebody has to confirm it.
        deleted: Rows that were written as deleted, by reason.
    """

    company: Company | None
    places: set[int] = field(default_factory=set)
    compared: set[int] = field(default_factory=set)
    counted: int | None = None
    as_of: str | None = None
    ids_compared_at: str | None = None
    absent: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    refused: bool = False
    deleted: Counter[Reason] = field(default_factory=Counter)


@dataclass(frozen=True)
class Entry:
    """A line of the certificate.

    Attributes:
        stream: The stream.
        company: The company.
        agrees: None where nothing was compared, and nothing is left of which nobody could say whether it is there.
        is_explained: Whether a failure has said already why they do not agree.
        record: As JSON has it.
    """

    stream: str
    company: Company | None
    agrees: bool | None
    is_explained: bool
    record: dict[str, Any]


class Certificate:
    """What one run knows of all streams and companies.

    Args:
        run_id: The run.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._of: dict[tuple[str, str], Comparison] = {}

    def of(self, stream: str, company: Company | None) -> Comparison:
        """What is known of one stream in one company; made when it is asked for first."""
        key = stream, "" if company is None else company.id
        if key not in self._of:
            self._of[key] = Comparison(company)
        return self._of[key]

    def entries(self, index: Index) -> list[Entry]:
        """All lines, in the order in which the streams were planned."""
        return [_entry(stream, each, index) for (stream, _), each in self._of.items()]

    def record(self, entries: Iterable[Entry], written_at: str) -> dict[str, Any]:
        """As JSON has it."""
        return {"run_id": self._run_id, "written_at": written_at, "entries": [each.record for each in entries]}


def _entry(stream: str, comparison: Comparison, index: Index) -> Entry:
    result = _result(comparison, index)
    company = comparison.company
    record = {
        "stream": stream,
        "company_id": None if company is None else company.id,
        "company_name": None if company is None else company.name,
        "compared": result.compared,
        "as_of": comparison.as_of if result.compared else None,
        "ids_compared_at": comparison.as_of if result.compared == "ids" else comparison.ids_compared_at,
        "rows": {"source": result.source_rows, "index": result.rows},
        "hash": {"source": result.source_hash, "index": result.hash},
        "agrees": result.agrees,
        "unresolved": sorted(comparison.absent | comparison.unknown)[:UNRESOLVED_SHOWN],
        "deleted": dict(comparison.deleted),
    }
    return Entry(stream, company, result.agrees, comparison.refused, record)


@dataclass(frozen=True, slots=True)
class _Result:
    rows: int
    hash: str | None = None
    compared: str | None = None
    source_rows: int | None = None
    source_hash: str | None = None
    agrees: bool | None = None


def _result(comparison: Comparison, index: Index) -> _Result:
    places = sorted(comparison.places)
    if comparison.refused or comparison.compared >= comparison.places:
        known = Fingerprint(index.sorted_keys(places))
        if comparison.refused:
            return _Result(known.rows, known.hash, "ids", agrees=False)
        source = _of_source(comparison, index, known)
        return _Result(known.rows, known.hash, "ids", source.rows, source.hash, source.hash == known.hash)
    rows = sum(index.count(place) for place in places)
    differs = bool(comparison.absent or comparison.unknown)
    if comparison.counted is None and not differs:
        return _Result(rows)
    there = rows - len(comparison.absent) + len(comparison.unknown)
    compared = None if comparison.counted is None else "count"
    return _Result(rows, compared=compared, source_rows=there, agrees=not differs)


def _of_source(comparison: Comparison, index: Index, known: Fingerprint) -> Fingerprint:
    """The ids that were seen: those of the index, but for the differences that were found."""
    if not comparison.absent and not comparison.unknown:
        return known
    return Fingerprint(_seen(index.sorted_keys(sorted(comparison.places)), comparison))


def _seen(known: Iterator[str], comparison: Comparison) -> Iterator[str]:
    there = (key for key in known if key not in comparison.absent)
    return heapq.merge(there, sorted(comparison.unknown))

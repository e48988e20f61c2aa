"""Which rows of a source that did not come are gone?

Gone is a row when the service, asked for it by its id, says that there is no such row, or when nobody could say and a
later run misses it again. A refusal never makes a row gone. What is there is written again: it had moved between two
pages, or was changed and changed back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamics_bc_client.errors import Forbidden, Unauthorized
from tap_dynamics_bc.deletions.hidden import hidden_kind
from tap_dynamics_bc.deletions.index import Known
from tap_dynamics_bc.pages.by_ids import Found, read_by_ids, read_from_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.means import Means
    from tap_dynamics_bc.deletions.rewriting import Rewriter
    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Target

    Reading: TypeAlias = Callable[[Client, Target, Place, Sequence[str]], Found]

IDS_AT_ONCE = 500
"""Rows that are asked for by their ids and held in memory at once."""


@dataclass
class Missing:
    """What became of rows of a source that did not come.

    Attributes:
        gone: There is no such row any more.
        given_up: Nobody could say, now and in an earlier run.
        undecided: Keys of rows of which nobody knows, or nobody may decide.
        refusal: Why there were too many to ask for; None where there were not.
        at: When the last was answered.
    """

    gone: list[Known] = field(default_factory=list)
    given_up: list[Known] = field(default_factory=list)
    undecided: set[str] = field(default_factory=set)
    refusal: str | None = None
    at: datetime | None = None


class Asking:
    """Asks for the rows of a source by their ids.

    Args:
        means: What it takes.
        family: The source.
        rewriter: Writes what is there.
    """

    def __init__(self, means: Means, family: Family, rewriter: Rewriter) -> None:
        self._means = means
        self._family = family
        self._rewriter = rewriter

    def judge(self, source: Watched, candidates: Iterator[Known], *, came: bool) -> Missing:
        """What became of rows of a source that did not come.

        Args:
            source: The source.
            candidates: The rows.
            came: Whether any row came at all.
        """
        judged = Missing()
        known = self._means.index.count(source.number)
        limits, stream = self._means.limits, source.place.stream.name
        # A person who confirms may have any number of them gone, so they are taken one by one.
        first = list(islice(candidates, limits.most(stream, known)))
        judged.refusal = limits.refusal(stream, len(first), known, came=came) if first else None
        if judged.refusal is not None:
            judged.undecided.update(each.key for each in first)
            return judged
        for some in chunks(first):
            self._ask(source, some, judged)
        for some in chunks(candidates):
            self._ask(source, some, judged)
        if len(judged.gone) > 1 and not limits.is_confirmed(stream):
            self._doubt(stream, judged)
        return judged

    def _doubt(self, stream: str, judged: Missing) -> None:
        """Take nothing for gone where the service may hide it."""
        kind = hidden_kind(self._means.client, self._family.target)
        if kind is not None:
            judged.refusal = (
                f"{len(judged.gone):,} known rows are gone and the service shows no {kind} at all, as it does to "
                f'whoever may not read them, so none is deleted; if that is right, name "{stream}" in '
                "confirm_deletions for one run"
            )
            judged.gone, judged.given_up = [], []

    def heal(self, source: Watched, keys: Iterable[str]) -> set[str]:
        """Write rows that the index does not know; returns those of which nobody could say what they are."""
        return self._write(source, keys, read_by_ids)

    def look_again(self, source: Watched, keys: Iterable[str]) -> set[str]:
        """Write rows as the database has them, where a copy of it may have shown them as they were before.

        Returns:
            Those of which nobody could say what they are.
        """
        return self._write(source, keys, read_from_database)

    def _write(self, source: Watched, keys: Iterable[str], read: Reading) -> set[str]:
        undecided: set[str] = set()
        for some in chunks(keys):
            ids = {source.id_of(Known(key)): key for key in some}
            undecided |= {key for each, key in ids.items() if each is None}
            found = self._read([each for each in ids if each is not None], read)
            undecided |= {ids[each] for each in found.undecided}
        return undecided

    def _ask(self, source: Watched, missing: Sequence[Known], judged: Missing) -> None:
        ids: dict[str | None, Known] = {source.id_of(each): each for each in missing}
        undecided: dict[str, Any] = {each.key: None for each in missing} if None in ids else {}
        found = self._read([each for each in ids if each is not None], read_by_ids)
        judged.at = found.served_at or judged.at
        judged.gone += [ids[each] for each in found.gone]
        undecided |= {ids[each].key: error for each, error in found.undecided.items()}
        open_questions = {key for key, error in undecided.items() if not isinstance(error, Forbidden | Unauthorized)}
        before = self._means.index.missed_before(source.number, open_questions, self._means.run_id)
        judged.given_up += [each for each in missing if each.key in before]
        judged.undecided |= undecided.keys() - before

    def _read(self, ids: Sequence[str], read: Reading) -> Found:
        """Read rows by their ids, and write those that are there."""
        if not ids:
            return Found()
        family = self._family
        found = read(self._means.client, family.target, family.place.asked(), ids)
        self._rewriter.write(found.rows.values(), found.served_at)
        return found


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Items in lists of `IDS_AT_ONCE`."""
    rest = iter(items)
    while some := list(islice(rest, IDS_AT_ONCE)):
        yield some

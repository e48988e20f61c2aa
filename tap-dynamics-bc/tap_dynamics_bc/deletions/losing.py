"""How are rows that are gone written as deletions, with all that came with them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import stamp_literal
from tap_dynamics_bc.deletions.identity import canonical_id
from tap_dynamics_bc.deletions.invoiced import invoiced
from tap_dynamics_bc.reads.remembered import GENERATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tap_dynamics_bc.deletions.certificate import Reason
    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.index import Known
    from tap_dynamics_bc.deletions.means import Means
    from tap_dynamics_bc.deletions.rewriting import Rewriter
    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.pages.source_page import LeftOut


class Losing:
    """Writes the deletions of a family.

    Args:
        means: What it takes.
        family: The family.
        rewriter: Writes them.

    Attributes:
        at: When it was seen that they are gone.
    """

    def __init__(self, means: Means, family: Family, rewriter: Rewriter) -> None:
        self.at: datetime = means.started_at
        self._means = means
        self._index = means.index
        self._family = family
        self._rewriter = rewriter

    def lose(self, source: Watched, gone: Sequence[Known], reason: Reason) -> None:
        """Rows of the source are gone, and with them all that came with them.

        Args:
            source: The source.
            gone: The rows.
            reason: Why.
        """
        if not gone:
            return
        for each in self._family.below():
            children = [child for root in gone for child in self._index.of_root(each.number, root.key)]
            self._bury(each, children, "with_its_parent")
        made = invoiced(self._means.client, self._family.target, [each.key for each in gone])
        for place in {place.number: place for place in (source, self._family.source, self._family.passed)}.values():
            known = [known for root in gone for known in self._index.find(place.number, root.key)]
            self._bury(place, [each for each in known if each.key not in made], reason)
            self._bury(place, [each for each in known if each.key in made], "invoiced")

    def left_behind(self, watched: Watched, source: Watched, read: int, left_out: Sequence[LeftOut]) -> Sequence[Known]:
        """Rows that came with a row of the source before, and not with it now.

        Args:
            watched: Theirs.
            source: The source.
            read: What the index knows the read by that brought the source's rows.
            left_out: What the service could not give.

        Returns:
            The rows; none if there are too many of them, which is said.
        """
        excluded = roots_left_out(left_out, watched.place.path)
        if excluded is None:
            return ()
        left = self._index.left_behind(watched.number, source.number, read)
        return self.within_limits(watched, [each for each in left if each.root not in excluded])

    def within_limits(self, watched: Watched, gone: Sequence[Known]) -> Sequence[Known]:
        """Rows that did not come with the row of the source that they came with before; none if there are too many."""
        known = self._index.count(watched.number) if gone else 0
        refusal = self._means.limits.refusal(watched.place.stream.name, len(gone), known)
        if refusal is None:
            return gone
        self.refuse(watched, refusal)
        return ()

    def lose_below(self, watched: Watched, gone: Sequence[Known]) -> None:
        """Rows are gone that came with a row of the source that is there, or went before."""
        self._bury(watched, gone, "with_its_parent")

    def refuse(self, watched: Watched, refusal: str) -> None:
        """There are too many of them."""
        family = self._family
        if watched.emitted:
            self._means.comparison(watched, family).refused = True
        self._means.forget_sweep(family)
        named = watched.place.stream.name
        company = "" if family.company is None else f' of "{family.company.name}"'
        self._means.failures.note(f"the deletions of {named}{company}", refusal)

    def write_again(self, watched: Watched) -> None:
        """Write deletions that may never have arrived."""
        generation = int(self._means.bookmarks.remembered(watched.partition, GENERATION) or 0)
        if watched.emitted:
            self._emit(watched, self._index.buried_since(watched.number, generation))

    def _bury(self, watched: Watched, gone: Sequence[Known], reason: Reason) -> None:
        """Write deletions, and forget the rows."""
        if not gone:
            return
        deleted_at = stamp_literal(self.at)
        self._index.bury(watched.number, gone, deleted_at)
        if watched.emitted:
            self._emit(watched, ((each, deleted_at) for each in gone))
            self._means.comparison(watched, self._family).deleted[reason] += len(gone)

    def _emit(self, watched: Watched, gone: Iterable[tuple[Known, str]]) -> None:
        for known, deleted_at in gone:
            self._rewriter.delete(watched.place.path, watched.deletion(known, self._family.company, deleted_at))


def roots_left_out(left_out: Sequence[LeftOut], path: tuple[str, ...]) -> set[str] | None:
    """Rows of the source of which the service could not give what is at a path, or above it; None for all of them."""
    found = {each.id for each in left_out if path[: len(each.path)] == each.path}
    return None if None in found else {canonical_id([each]) for each in found if each is not None}

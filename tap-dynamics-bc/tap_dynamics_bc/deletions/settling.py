"""What follows when a read is through: which known rows did not come, which of them are gone, and who is told?

`asking` tells which rows of a source are gone. What came with a source's row before, and did not come with it now, is
gone without being asked for: the page that brought the row has said it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_dynamics_bc.deletions.asking import Asking
from tap_dynamics_bc.deletions.families import is_whole, start_of
from tap_dynamics_bc.deletions.losing import Losing, roots_left_out
from tap_dynamics_bc.deletions.rewriting import Rewriter
from tap_dynamics_bc.reads.remembered import GENERATION
from tap_dynamics_bc.streams.stamps import order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tap_dynamics_bc.deletions.asking import Missing
    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.index import Known
    from tap_dynamics_bc.deletions.means import Means
    from tap_dynamics_bc.deletions.sweeps import Sweep
    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.pages.source_page import LeftOut
    from tap_dynamics_bc.reads.plan import Read


@dataclass(frozen=True)
class Bringing:
    """What is known of a read of records that is through.

    Attributes:
        number: What the index knows the read by.
        first: The same of the first of the windows that it is one of.
        left_out: What the service could not give of it.
        left_out_before: The same, and what it could not give of the windows before.
    """

    number: int
    first: int
    left_out: Sequence[LeftOut] = ()
    left_out_before: Sequence[LeftOut] = ()


class Settling:
    """What follows from one read of a family.

    Args:
        means: What it takes.
        family: The family.
    """

    def __init__(self, means: Means, family: Family) -> None:
        self._means = means
        self._index = means.index
        self._family = family
        self._rewriter = Rewriter(means, family)
        self._asking = Asking(means, family, self._rewriter)
        self._losing = Losing(means, family, self._rewriter)

    # --- records ------------------------------------------------------------------------------------------------------

    def records_read(self, read: Read, watched: Mapping[tuple[str, ...], Watched], bringing: Bringing) -> None:
        """All pages of a read of records have been written.

        Args:
            read: The read, or a window of it.
            watched: What was watched of it.
            bringing: What is known of what it brought.
        """
        number, source = bringing.number, watched[()]
        self._index.merge(number)
        for each in watched.values():
            self._losing.write_again(each)
        left = [
            (each, self._losing.left_behind(each, source, number, bringing.left_out))
            for path, each in watched.items()
            if path
        ]
        self._look_again(source, left)
        if not read.more and not read.again:
            self._look_for_missing(read, source, bringing)
            if is_whole(read):
                self._lose_orphans(source, bringing)
        self._settle_rewritten()
        for each in watched.values():
            self._remember(each)
            left_out = roots_left_out(bringing.left_out_before, each.place.path)
            if read.more or read.again or not each.emitted or left_out != set():
                continue
            if each.index.begun and each.place.path in read.advances:
                self._index.note_read(each.number)
            if is_whole(read):
                self._means.saw_ids(each, self._family, self._losing.at)
        self._index.forget_read(number)

    def _look_for_missing(self, read: Read, source: Watched, bringing: Bringing) -> None:
        """Rows of the source that should have come and did not."""
        came = not is_whole(read) or self._index.brought(source.number, bringing.first)
        missing = self._asking.judge(source, self._candidates(read, source, bringing.first), came=came)
        self._lose(source, missing)
        self._index.forget_recent(source.number, order(self._means.ceiling))

    def _lose_orphans(self, source: Watched, bringing: Bringing) -> None:
        """Rows whose row of the source went when what came with it could not be read; all rows of the source came."""
        for each in self._family.below():
            if roots_left_out(bringing.left_out_before, each.place.path) is None:
                continue
            places = [place.number for place in (source, self._family.source, self._family.passed)]
            orphans = list(self._index.orphans(each.number, places, bringing.first))
            self._losing.lose_below(each, self._losing.within_limits(each, orphans))

    def _candidates(self, read: Read, source: Watched, number: int) -> Iterator[Known]:
        """Rows of the source that should have come with a read and did not, each once."""
        met: set[str] = set()
        start = start_of(read).at
        found: list[Iterator[Known]] = []
        if is_whole(read):
            found.append(self._index.not_seen(source.number, number))
        elif start is not None and source.place.stream.tracking.kind == "moment":
            found.append(self._index.recent_not_seen(source.number, number, order(str(start))))
        generation = int(self._means.bookmarks.remembered(source.partition, GENERATION) or 0)
        if source.emitted and source.index.generation > generation:
            found.append(self._index.unsure(source.number, number, generation))
        for each in found:
            for known in each:
                if known.key not in met:
                    met.add(known.key)
                    yield known

    # --- sweeps -------------------------------------------------------------------------------------------------------

    def swept(self, sweep: Sweep, read: Read, left_out: Sequence[LeftOut], served_at: datetime) -> None:
        """All ids of a source have been seen.

        Args:
            sweep: What was seen.
            read: The read of the ids.
            left_out: What the service could not give.
            served_at: When the last of it was served.
        """
        self._losing.at = served_at
        source = self._family.source
        self._reconsider(source)
        missing_keys, unknown_keys = self._differences(source, sweep)
        missing = self._asking.judge(
            source,
            (known for key in missing_keys for known in self._index.find(source.number, key)),
            came=sweep.has_any(source.number),
        )
        swept = [source]
        heal = set(unknown_keys) if source.emitted else set()
        below = {place.path for place in read.place.walk() if place.path}
        for each in self._family.below():
            if each.place.path in below and (roots := roots_left_out(left_out, each.place.path)) is not None:
                heal |= self._sweep_below(each, sweep, roots)
                swept += [] if roots else [each]
        unhealed = self._asking.heal(source, heal)
        self._lose(source, missing)
        self._settle_rewritten()
        for each in self._family.watched.values():
            self._remember(each)
        for each in swept:
            if each.emitted:
                self._means.saw_ids(each, self._family, served_at).unknown.update(unhealed)

    def _differences(self, watched: Watched, sweep: Sweep) -> tuple[list[str], list[str]]:
        """Keys that the index knows and the sweep did not see, and the other way round."""
        return differences(self._index.sorted_keys([watched.number]), sweep.sorted_keys([watched.number]))

    def _sweep_below(self, watched: Watched, sweep: Sweep, excluded: set[str]) -> set[str]:
        """Rows that came with the source's: those that did not come with it are gone; the roots of unknown ones."""
        missing_keys, unknown_keys = self._differences(watched, sweep)
        source = self._family.source
        self._reconsider(watched)
        missing = [known for key in missing_keys for known in self._index.find(watched.number, key)]
        settled = [
            each
            for each in missing
            if each.root is not None and each.root not in excluded and self._is_settled(source, each.root, sweep)
        ]
        gone = self._losing.within_limits(watched, settled)
        is_there = {each.root: sweep.has(source.number, str(each.root)) for each in gone}
        self._look_again(source, [(watched, [each for each in gone if is_there[each.root]])])
        self._losing.lose_below(watched, [each for each in gone if not is_there[each.root]])
        roots = {sweep.root_of(watched.number, key) for key in unknown_keys}
        return {each for each in roots if each is not None}

    def _reconsider(self, watched: Watched) -> None:
        """Rows of a place of which an earlier read could not say what they are are looked at again."""
        if watched.emitted:
            absent = self._means.comparison(watched, self._family).absent
            absent -= {key for key in absent if any(self._index.find(watched.number, key))}

    def _is_settled(self, source: Watched, root: str, sweep: Sweep) -> bool:
        """Whether a row of the source is there, or went in an earlier run, when what came with it could not be read."""
        return sweep.has(source.number, root) or not any(self._index.find(source.number, root))

    # --- both ---------------------------------------------------------------------------------------------------------

    def _look_again(self, source: Watched, left: Sequence[tuple[Watched, Sequence[Known]]]) -> None:
        """Read rows of the source once more that came without what came with them before.

        A copy of the database may have shown them as they were before it came. What the database has is written, and
        what does not come with that either is gone.
        """
        if not source.has_ids:
            for watched, gone in left:
                self._losing.lose_below(watched, gone)
            return
        roots = dict.fromkeys(each.root for _, gone in left for each in gone if each.root is not None)
        undecided = self._asking.look_again(source, roots)
        for watched, gone in left:
            absent = {each.key for each in gone if each.root in undecided}
            if absent and watched.emitted:
                self._means.comparison(watched, self._family).absent |= absent
                self._means.forget_sweep(self._family)

    def _lose(self, source: Watched, missing: Missing) -> None:
        """Write the deletions of rows of the source, and note of which nobody knows what became of them."""
        self._losing.at = missing.at or self._losing.at
        self._losing.lose(source, missing.gone, "gone")
        self._losing.lose(source, missing.given_up, "missed_twice")
        if missing.refusal is not None:
            self._losing.refuse(source, missing.refusal)
        elif source.emitted:
            self._means.comparison(source, self._family).absent |= missing.undecided

    def _settle_rewritten(self) -> None:
        """What follows from the rows that were read by their ids."""
        self._index.merge(self._rewriter.number)
        if self._rewriter.wrote_rows:
            source = self._family.source
            for each in self._family.below():
                self._losing.lose_below(each, self._losing.left_behind(each, source, self._rewriter.number, ()))
        self._index.forget_read(self._rewriter.number)

    def _remember(self, watched: Watched) -> None:
        if not watched.emitted:
            return
        if not watched.index.known:
            self._index.note_known(watched.number, self._family.since)
        self._means.bookmarks.remember(watched.partition, GENERATION, self._index.generation)

    def end(self) -> dict[str, int]:
        """Write what is held back; the number of records that were written, by stream."""
        return self._rewriter.end()


def differences(known: Iterator[str], seen: Iterator[str]) -> tuple[list[str], list[str]]:
    """What only the first and what only the second of two ordered lists holds; the lists themselves are not held."""
    missing: list[str] = []
    unknown: list[str] = []
    one, other = next(known, None), next(seen, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one < other):
            missing.append(str(one))
            one = next(known, None)
        elif one is None or other < one:
            unknown.append(other)
            other = next(seen, None)
        else:
            one, other = next(known, None), next(seen, None)
    return missing, unknown

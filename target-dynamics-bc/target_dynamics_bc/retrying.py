"""Which dead letters of earlier runs are tried once more, and which has something newer overtaken?

Each is tried once in a run, behind the run's own input, so that what it refers to is there. A version of a record that
came or was written after it always wins: then it is not tried, and it is taken out of the file when the newer one is
done.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from dynamics_bc_plugin.run_lines import counted
from target_dynamics_bc.intake import Rejected
from target_dynamics_bc.kept.units import UnitKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from target_dynamics_bc.kept.dead_letters import DeadLetters, Letter, LetterKey
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.wanted.records import WantedRecord
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a dead letter is tried.

    Attributes:
        attempts: How often a record may have been rejected and is still tried; None for any number.
        age: How long ago it may have come; None for any time.
    """

    attempts: int | None = None
    age: timedelta | None = None


class Retrying:
    """The dead letters that earlier runs left, and what this run does with each.

    Args:
        letters: The dead letter file.
        memory: Knows what was written since.
        allowance: How long a letter is tried.
        now: The moment, in UTC.
    """

    def __init__(
        self,
        letters: DeadLetters,
        memory: Memory,
        allowance: Allowance,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._letters = letters
        self._memory = memory
        self._allowance = allowance
        self._now = now
        self._newest: dict[Any, LetterKey] = {}
        self._ranks: dict[LetterKey, tuple[int, int]] = {}
        self._without_company: dict[tuple[str, str], tuple[int, int]] = {}
        self._by_text: dict[tuple[str, str], set[Any]] = {}
        self._due: set[LetterKey] = set()
        self._given_up = self._overtaken = 0
        self.is_loaded = False

    def load(
        self,
        read: Callable[[Letter], Unit | Rejected | None],
        names: Callable[[Unit | Rejected], tuple[Collection[Any], Collection[Any]]],
    ) -> None:
        """Get to know the letters, before anything of the input is written.

        Args:
            read: The record as a unit of work; None when it is none.
            names: What it goes by, and what it goes by in any company.
        """
        self.is_loaded = True
        for letter in self._letters.letters():
            found = read(letter)
            if found is not None and self._has_newer(found, letter):
                self._letters.drop(letter.key)
                self._overtaken += 1
                continue
            if not self._is_worth_it(letter):
                self._given_up += 1
            else:
                self._due.add(letter.key)
            if found is not None:
                self._place(letter, *names(found))

    def meet(self, wanted: WantedRecord, names: Collection[Any], anywhere: Collection[Any] = ()) -> None:
        """A record of the input is carried through or rejected: it is newer than any letter that goes by its names.

        Args:
            wanted: The record.
            names: What it goes by.
            anywhere: What it goes by in any company, where nobody knows which it is for.
        """
        key = (wanted.stream, wanted.hash)
        self._due.discard(key)
        self._overtake_anywhere(anywhere)
        for name in self._newest.keys() & names:
            self._overtake(name, key)

    def due(self) -> Iterator[Letter]:
        """The letters that are to be tried now."""
        for letter in self._letters.letters():
            if letter.key in self._due:
                yield letter

    def tell(self) -> None:
        """Say what was not tried."""
        if self._overtaken:
            log.info(
                "Taken out of the dead letters, because newer versions were written since: %s.",
                counted(self._overtaken, "record"),
            )
        if self._given_up:
            log.warning(
                'Not tried any more (retry_attempts, retry_days): %s in "%s". `dynamics-bc replay` tries them.',
                counted(self._given_up, "dead letter"),
                self._letters.path,
            )

    def _has_newer(self, found: Unit | Rejected, letter: Letter) -> bool:
        unit = found.unit if isinstance(found, Rejected) else found
        return unit is not None and self._memory.has_newer(
            unit.key, unit.wanted.hash, came=letter.came, since=letter.rejected_at
        )

    def _place(self, letter: Letter, names: Collection[Any], anywhere: Collection[Any]) -> None:
        """Find out which of the letters that share a name came last; they need not stand in the file as they came."""
        rank = self._ranks[letter.key] = _rank(letter)
        for text in anywhere:
            self._without_company[text] = max(rank, self._without_company.get(text, rank))
            for name in self._by_text.get(text, ()):
                if self._ranks[self._newest[name]] <= rank:
                    self._due.discard(self._newest[name])
        for name in names:
            text = _without_company(name)
            if self._without_company.get(text, rank) > rank:
                self._due.discard(letter.key)
            newest = self._newest.get(name)
            if newest is not None and self._ranks[newest] > rank:
                self._due.discard(letter.key)
                self._letters.watch(newest, letter.key)
                continue
            self._overtake(name, letter.key)
            self._newest[name] = letter.key
            self._by_text.setdefault(text, set()).add(name)

    def _overtake_anywhere(self, texts: Collection[Any]) -> None:
        """Hold back what goes by these texts; it stays in the file, because nobody knows that it is the same."""
        for name in {name for text in texts for name in self._by_text.get(text, ())}:
            self._due.discard(self._newest[name])

    def _overtake(self, name: Any, newer: LetterKey) -> None:
        older = self._newest.get(name)
        if older is not None and older != newer:
            self._due.discard(older)
            self._letters.watch(newer, older)

    def _is_worth_it(self, letter: Letter) -> bool:
        attempts, age = self._allowance.attempts, self._allowance.age
        if attempts is not None and letter.attempts >= attempts:
            return False
        rejected_at = _moment(letter.rejected_at)
        return age is None or rejected_at is None or self._now() - rejected_at < age


def _rank(letter: Letter) -> tuple[int, int]:
    """Greater for what came later: what somebody corrected came last, and what an older release kept first."""
    if letter.came:
        return (1, letter.came)
    return (0, 0) if letter.rejected_at else (2, 0)


def _without_company(name: Any) -> tuple[str, str]:
    return (name.entity, name.identity) if isinstance(name, UnitKey) else (name[1], name[2])


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)

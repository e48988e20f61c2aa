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

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from target_dynamics_bc.kept.dead_letters import DeadLetters, Letter, LetterKey
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
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
        patience: How long a letter is tried.
        now: The moment, in UTC.
    """

    def __init__(
        self,
        letters: DeadLetters,
        memory: Memory,
        patience: Patience,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._letters = letters
        self._memory = memory
        self._patience = patience
        self._now = now
        self._newest: dict[Any, LetterKey] = {}
        self._due: set[LetterKey] = set()
        self._given_up = self._overtaken = 0
        self.is_loaded = False

    def load(self, unit_of: Callable[[Letter], Unit | None], names: Callable[[Unit], Collection[Any]]) -> None:
        """Get to know the letters, before anything of the input is written.

        Args:
            unit_of: The record as a unit of work; None when it is none.
            names: What a unit goes by.
        """
        self.is_loaded = True
        for letter in self._letters.letters():
            unit = unit_of(letter)
            if unit is not None and self._memory.has_newer(unit.key, unit.wanted.hash, letter.rejected_at):
                self._letters.drop(letter.key)
                self._overtaken += 1
                continue
            for name in names(unit) if unit is not None else ():
                self._overtake(name, letter.key)
                self._newest[name] = letter.key
            if self._is_worth_it(letter):
                self._due.add(letter.key)
            else:
                self._given_up += 1

    def meet(self, unit: Unit, names: Collection[Any]) -> None:
        """A record of the input is carried through: it is newer than any letter that goes by one of its names."""
        key = (unit.wanted.stream, unit.wanted.hash)
        self._due.discard(key)
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

    def _overtake(self, name: Any, newer: LetterKey) -> None:
        older = self._newest.get(name)
        if older is not None and older != newer:
            self._due.discard(older)
            self._letters.watch(newer, older)

    def _is_worth_it(self, letter: Letter) -> bool:
        attempts, age = self._patience.attempts, self._patience.age
        if attempts is not None and letter.attempts >= attempts:
            return False
        rejected_at = _moment(letter.rejected_at)
        return age is None or rejected_at is None or self._now() - rejected_at < age


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)

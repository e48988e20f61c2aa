"""What may still come of a create or an action that nobody has answered, so that it is not sent once more?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.service import LATE_AT_MOST, path_of

if TYPE_CHECKING:
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.writing.steps import Send
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Write

_LOST_CREATE = (
    "Nobody knows what became of the create of this record: it was not answered, or the run was killed. Business "
    "Central does not show it and may still carry it out, so it is created again after twenty minutes at the earliest; "
    "send it again then."
)
_LOST_POSTING = (
    "Nobody knows what became of posting this record: it was not answered, twice. Business Central does not show it as "
    "posted and may still carry it out; send it again, and it is looked for before it is posted."
)
_LOST_PART = (
    "Nobody knows what became of posting this part of the order: it was not answered. Business Central does not show "
    "it as posted and may still carry it out. A second call would post more of the order, so it is not called for "
    "again before twenty minutes have passed; send it again then."
)
_LOST_MAKING = (
    "Nobody knows what became of the action: it was not answered. Business Central does not show what comes of it and "
    "may still carry it out. A second call would make another one, so it is not called for again before twenty minutes "
    "have passed; send the record again then."
)
_LOST_WITHOUT_TRACE = (
    "Nobody knows whether the action was carried out: it was not answered, or refused by somebody on the way, and "
    "nothing in Business Central shows it. It is not called again. If it was not carried out, send the record once "
    "without its action, and then with it."
)
_LOST_CALL = (
    "Nobody knows whether the action was carried out: it was not answered, and what it was called for is as it was. It "
    "is not called again; the next run looks whether that has changed. If it was not carried out, send the record once "
    "without its action, and then with it."
)


@dataclass(frozen=True, slots=True)
class Held:
    """A unit that something may still come of, which was not answered: of an action, or of a create.

    Attributes:
        unit: The unit.
        message: What its outcome says if nothing comes of it.
        is_called_again: It is an action that is called a second time, once it was looked for in vain.
    """

    unit: Unit
    message: str
    is_called_again: bool = False


class InDoubt:
    """Says which units have to wait for what was not answered.

    Args:
        memory: Knows what was sent, and when.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def held(self, unit: Unit, step: Send) -> Held | None:
        """The unit, if what is to be sent may still come of a create or an action of it that was not answered.

        None where nothing may: it can be sent. Where the service itself refuses the second create, nothing has to wait.
        """
        if any(self._is_called(unit, write) for write in step.writes):
            return Held(unit, _LOST_CALL if unit.action is not None and unit.action.is_custom else _LOST_WITHOUT_TRACE)
        posting = Held(unit, _LOST_PART) if unit.posts_a_part else Held(unit, _LOST_POSTING, is_called_again=True)
        posting = Held(unit, _LOST_MAKING) if unit.makes_one_more else posting
        actions = [write for write in step.writes if write.action]
        if any(self._is_in_doubt(unit, write) for write in actions):
            return posting
        if step.purpose == "update" and "post" in unit.history.doubts and self._memory.is_in_doubt(unit.requests_key):
            return posting  # it may be posted at this very moment
        creates = [write for write in step.writes if write.creates and not write.once]
        return Held(unit, _LOST_CREATE) if any(self._is_in_doubt(unit, write) for write in creates) else None

    def _is_in_doubt(self, unit: Unit, write: Write) -> bool:
        age = self._memory.doubtful_for(unit.requests_key, path_of(unit.books.id, write, ""))
        return age is not None and age < LATE_AT_MOST

    def _is_called(self, unit: Unit, write: Write) -> bool:
        """Whether an action that must not be called twice was called, and nobody has answered, however long ago."""
        known = unit.known
        is_over = known is not None and known.called_at not in {None, write.etag} and not unit.interrupted
        if not write.never_again or (is_over and "post" not in unit.history.doubts):
            return False  # another version of the record asks for it once more, and the row has changed since
        return self._memory.doubtful_for(unit.requests_key, path_of(unit.books.id, write, "")) is not None

"""What has a run done for a record so far?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import RecordChanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_client.errors import DynamicsError
    from dynamics_bc_client.odata.batch import Ended
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Preview, Purpose, Send
    from target_dynamics_bc.writing.writes import Write


@dataclass(frozen=True, slots=True)
class Event:
    """One write of this run, and what became of it; `row` is what the service has answered."""

    purpose: Purpose
    write: Write
    result: Ended
    row: Row


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step of this run that was refused."""

    step: Send
    error: DynamicsError


@dataclass(slots=True)
class History:
    """What this run has done for a unit so far; the only thing of it that grows.

    Attributes:
        events: Writes, and what became of them.
        refusals: Steps that were refused.
        done: Fingerprints of the writes that were carried out.
        doubts: Purposes of writes that were not answered.
        removal: How it ends when the draft of its preview is gone.
        removed: The service said that it is.
        since: From when on what a create made that nobody has seen is there, as the service writes moments; empty for
            no limit.
        was_turned: An earlier run has called for what makes another document of it, and nothing would show that.
        was_answered: An earlier run was told that what makes another document of it is done, and could not look.
        called_since: From when on what an action has made of a posted document is there, if nobody has seen it, as
            `since` is written; None where it was not called for.
        taken: The id of what an earlier run made of it without being told so.
        draft: What the last look has shown of it that somebody has to post.
    """

    events: list[Event] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    doubts: set[Purpose] = field(default_factory=set)
    removal: Preview | None = None
    removed: bool = False
    since: str = ""
    was_turned: bool = False
    was_answered: bool = False
    called_since: str | None = None
    taken: str | None = None
    draft: Row | None = None
    _carried_out: set[Purpose] = field(default_factory=set)

    def add(self, step: Send, results: Sequence[tuple[Write, Ended, Row]]) -> None:
        """Note what became of a step. After one that withdraws what was created it is as if nothing had been done."""
        for write, result, row in results:
            self.events.append(Event(step.purpose, write, result, row))
            if result == "done":
                self.done.add(write.fingerprint)
                self._carried_out.add(step.purpose)
        if step.then is not None:
            self.removal, self.removed = step.then, all(result == "done" for _, result, _ in results)
        if any(result == "unknown" for _, result, _ in results):
            self.doubts.add(step.purpose)
        if step.purpose == "withdraw" and all(result == "done" for _, result, _ in results):
            self.events.clear()
            self.done.clear()
            self._carried_out.clear()

    def saw(self, place: int, row: Row) -> None:
        """Note that what a create was to make is there, although it was refused or not answered.

        What was nested in it may not be there, so it counts as a create of the bare row.
        """
        event = self.events[place]
        bare = {name: value for name, value in (event.write.body or {}).items() if not isinstance(value, list)}
        self.events[place] = replace(event, write=replace(event.write, body=bare), result="done", row=row)
        self.done.add(event.write.fingerprint)
        self._carried_out.add(event.purpose)

    def refuse(self, step: Send, error: DynamicsError) -> None:
        """Note that a step was refused. What had been set may have to be set again if somebody else changed the row."""
        self.refusals.append(Refusal(step, error))
        if isinstance(error, RecordChanged):
            changes = {event.write.fingerprint for event in self.events if event.write.method == "PATCH"}
            self.done -= changes

    def has(self, purpose: Purpose) -> bool:
        """Whether a write of a purpose was carried out."""
        return purpose in self._carried_out

    def refused(self, step: Send) -> int:
        """How often the very same step was refused."""
        return sum(refusal.step.fingerprint == step.fingerprint for refusal in self.refusals)

    @property
    def stale(self) -> frozenset[str]:
        """Versions of rows that were refused."""
        changed = (each.step for each in self.refusals if isinstance(each.error, RecordChanged))
        return frozenset(write.etag for step in changed for write in step.writes if write.etag)

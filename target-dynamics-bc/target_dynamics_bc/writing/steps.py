"""What is to be done next for a unit of work?

Pure. A unit of work is never a list of steps to be walked through: after each step the service is looked at again and
the next step is planned from what is there. So a run that was killed at any point is resumed by beginning again, and a
step whose answer was lost is not repeated blindly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.records import Row
from target_dynamics_bc.writing.comparing import is_rounded, same_value
from target_dynamics_bc.writing.writes import ETAG, Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.kept.outcomes import Became, Foreseen, OutcomeKind

Answers: TypeAlias = Mapping[str, Sequence[Row]]
"""The rows that each look has found, by its name."""

Purpose = Literal["create", "update", "post", "clean", "withdraw"]


@dataclass(frozen=True, slots=True)
class Send:
    """The next step: these writes, all or none of them.

    Attributes:
        nests_dimensions: A create nests dimensions that the service may have inherited already; refused, it is tried
            without.
        of_preview: It is about a draft that is there to be looked at alone.
        then: How it ends once that draft is removed; None while it is not removed.
    """

    writes: tuple[Write, ...]
    purpose: Purpose
    nests_dimensions: bool = False
    of_preview: bool = False
    then: Preview | None = None

    @property
    def fingerprint(self) -> str:
        """The same for two steps that would do the same."""
        return "\n".join(write.fingerprint for write in self.writes)


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do.

    Attributes:
        kind: The outcome; None to derive it from what was done.
        lines: Id of each line, by the sender's id of the line.
        draft: It is a draft that somebody has to post.
        posted: It is posted.
        became: The document that came of it.
        etag: The version of its row in the look that this follows from; None where that is gone.
        kept: Properties whose number the service rounded.
        faults: Values that the service took and did not keep, or what it said when it refused what it did all the
            same. What has any is not posted.
        changed: Properties that an action has changed.
    """

    id: str | None
    number: str | None
    kind: OutcomeKind | None = None
    lines: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False
    posted: bool = False
    became: Became | None = None
    etag: str | None = None
    kept: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()


def with_version(finish: Finish, seen: Iterable[Row]) -> Finish:
    """The end of a record, with the version of its row among those that the service has shown last."""
    id_ = (finish.id or "").lower()
    found = next((row for row in seen if id_ and row.get(ETAG) and str(row.get("id")).lower() == id_), None)
    return finish if found is None else replace(finish, etag=str(found[ETAG]))


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of it is known, and nothing of it is left.

    Attributes:
        foreseen: What would become of it.
        id: What could not be removed; None when nothing is left.
        faults: Why it would be rejected, or what would not be as the record says.
        kept: Properties whose number the service rounded.
    """

    foreseen: Foreseen
    id: str | None = None
    faults: tuple[Fault, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """It cannot be done, and what is there stays as it is.

    Attributes:
        unseen: Something was written of it, or may have been, and could not be looked at: the next run looks.
    """

    faults: tuple[Fault, ...]
    id: str | None = None
    number: str | None = None
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class TakeBack:
    """It cannot be done, and what was written of it is turned back: half of it is worse than none.

    Attributes:
        also: Writes of no run that is remembered, which are to be done all the same.
    """

    faults: tuple[Fault, ...]
    id: str | None = None
    number: str | None = None
    also: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True)
class LookAgain:
    """There may be another way: it is planned from what is there now, and from what was refused."""


Step: TypeAlias = Send | Finish | Preview | Refuse | TakeBack | LookAgain


def refuse(
    field_: str,
    code: str,
    message: str,
    *,
    row: Row | None = None,
    number: str = "number",
    repeatable: bool = False,
) -> Refuse:
    """A refusal with one fault of the planning stage; `row` is what it is about, if that is there already."""
    fault = Fault("plan", field_, code, message, repeatable=repeatable)
    if row is None:
        return Refuse((fault,))
    return Refuse((fault,), str(row["id"]), str(row.get(number) or "") or None)


def take_back(refusal: Refuse) -> TakeBack:
    """A refusal that leaves nothing behind."""
    return TakeBack(refusal.faults, refusal.id, refusal.number)


def next_step(writes: Sequence[Write], done: AbstractSet[str], finish: Finish) -> Send | Finish | Refuse:
    """What follows from what is left to write.

    A number that was set and reads differently by less than its rounding is the service's own way to keep it. Any other
    value that was set and is not there is not set again: the record is done without it, and says so. Anything else that
    was done and is not there is a refusal.
    """
    if not writes:
        return finish
    left = [write for write in writes if write.fingerprint not in done]
    again = [write for write in writes if write.fingerprint in done]
    lost = [write for write in again if write.method != "PATCH" or write.about == "dimension"]
    if lost:
        places = ", ".join(write.address.entity_set for write in lost)
        message = f"Business Central accepted a change and does not show it ({places}); look at the record there."
        return Refuse((Fault("send", "", "not_applied", message),), finish.id, finish.number)
    if left:
        return Send(tuple(left), "update")
    faults = tuple(fault for write in again for fault in _not_applied(write))
    if faults:
        return replace(finish, faults=(*finish.faults, *faults))
    return replace(finish, kept=(*finish.kept, *(name for write in again for name in write.body or ())))


def _not_applied(write: Write) -> Iterable[Fault]:
    """A fault for each value that was set and is not there."""
    found, facts = write.before or {}, write.facts
    for name, sent in (write.body or {}).items() if facts is not None else ():
        assert facts is not None
        if same_value(facts, name, sent, found.get(name)) or is_rounded(facts, name, sent, found.get(name)):
            continue
        field_ = f"{write.field}.{name}" if write.field else name
        message = (
            f"{field_} was sent as {_quoted(sent)}, and Business Central has {_quoted(found.get(name))} in its place; "
            "a rule there replaces it. Correct it there, or send what it is to be."
        )
        yield Fault("send", field_, "not_applied", message)


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int | float | Decimal) else f'"{"" if value is None else value}"'

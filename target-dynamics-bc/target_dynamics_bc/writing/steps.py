"""Which writes turn what is there into what is wanted?

Pure. A unit of work is never a list of steps to be walked through: after each step the service is looked at again and
the next step is planned from what is there. So a run that was killed at any point is resumed by beginning again, and a
step whose answer was lost is not repeated blindly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dynamics_bc_client.odata.urls import record_path
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.writing.comparing import is_rounded, same_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.wanted.records import Row

Purpose = Literal["create", "update", "post", "clean", "withdraw"]


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changes something.

    Attributes:
        method: POST, PATCH or DELETE.
        path: Below the API root.
        body: What to write; None for none.
        action: Name of the bound action, such as `post`; empty for none.
        before: What a PATCH finds in place of its values.
        field: The part of the record that it is for, such as `lineItems[0]`; empty for the record itself.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    action: str = ""
    before: Mapping[str, Any] | None = None
    field: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for two writes that would do the same."""
        return json.dumps([self.method, self.path, self.action, self.body], default=str)


@dataclass(frozen=True, slots=True)
class Send:
    """The next step: these writes, all or none of them.

    Attributes:
        nests_dimensions: A create nests dimensions that the service may have inherited already; refused, it is tried
            without.
    """

    writes: tuple[Write, ...]
    purpose: Purpose
    nests_dimensions: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do.

    Attributes:
        kind: The outcome; None to derive it from what was done.
        lines: Id of each line, by the sender's id of the line.
        draft: It is a draft that somebody has to post.
        posted: It is posted.
        kept: Properties whose number the service rounded.
        faults: Values that the service took and did not keep. What has any is not posted.
    """

    id: str | None
    number: str | None
    kind: OutcomeKind | None = None
    lines: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False
    posted: bool = False
    kept: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """It cannot be done.

    Attributes:
        takes_back: What this run wrote of it is to be undone.
    """

    faults: tuple[Fault, ...]
    id: str | None = None
    number: str | None = None
    takes_back: bool = False


Step: TypeAlias = Send | Finish | Refuse


def refuse(
    field_: str, code: str, message: str, *, row: Row | None = None, number: str = "number", **marks: bool
) -> Refuse:
    """A refusal with one fault of the planning stage; `row` is what it is about, if that is there already."""
    fault = Fault("plan", field_, code, message, **marks)
    if row is None:
        return Refuse((fault,))
    return Refuse((fault,), str(row["id"]), str(row.get(number) or "") or None)


def next_step(writes: Sequence[Write], done: frozenset[str], finish: Finish) -> Step:
    """What follows from what is left to write.

    A number that was set and reads differently by less than its rounding is the service's own way to keep it. Any other
    value that was set and is not there is not set again: the record is done without it, and says so. Anything else that
    was done and is not there is a refusal.
    """
    left = [write for write in writes if write.fingerprint not in done]
    again = [write for write in writes if write.fingerprint in done]
    lost = [write for write in again if write.method != "PATCH" or "imension" in write.path]
    if lost:
        places = ", ".join(write.path.rpartition("/")[2] for write in lost)
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
    found = write.before or {}
    for name, sent in (write.body or {}).items():
        if same_value(name, sent, found.get(name)) or is_rounded(name, sent, found.get(name)):
            continue
        field_ = f"{write.field}.{name}" if write.field else name
        message = (
            f"{field_} was sent as {_quoted(sent)}, and Business Central has {_quoted(found.get(name))} in its place; "
            "a rule there replaces it. Correct it there, or send what it is to be."
        )
        yield Fault("send", field_, "not_applied", message)


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int | float | Decimal) else f'"{"" if value is None else value}"'


def patch(path: str, wanted: Mapping[str, Any], current: Row, field_: str = "") -> Write:
    """The write that changes properties of a row."""
    return Write("PATCH", path, wanted, before={name: current.get(name) for name in wanted}, field=field_)


def undoing(write: Write, answer: Row) -> Write | None:
    """The write that takes a change of something that was there before back; None when that is not possible."""
    if write.method == "PATCH" and write.before is not None:
        return Write("PATCH", write.path, write.before)
    if write.method == "POST" and write.path.endswith("/dimensionSetLines") and answer.get("id"):
        return Write("DELETE", record_path(write.path, str(answer["id"])))
    return None

"""What is to be done next for a unit of work, and with which requests?

Pure. A unit of work is never a list of steps to be walked through: after each step the service is looked at again and
the next step is planned from what is there. So a run that was killed at any point is resumed by beginning again, and a
step whose answer was lost is not repeated blindly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dynamics_bc_client.odata.urls import company_path, record_path
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.records import Row
from target_dynamics_bc.writing.comparing import is_rounded, same_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.kept.outcomes import Became, Foreseen, OutcomeKind
    from target_dynamics_bc.kinds.facts import EntitySet
    from target_dynamics_bc.wanted.files import WantedFile

Answers: TypeAlias = Mapping[str, Sequence[Row]]
"""The rows that each look has found, by its name."""

Purpose = Literal["create", "update", "post", "clean", "withdraw"]

FIND = "FIND"
"""The method of what turns back a create of which nobody knows the id."""

ETAG = "@odata.etag"

# --- writes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is in a company.

    Attributes:
        entity_set: The entity set, or the navigation property below a parent. A set of another API than the standard
            one has the root of that before it, as a whole URL.
        id: The id of the row, or its key in parentheses where that is no id; empty for all of them.
        parent: The row that it belongs to, where the way leads through that.
    """

    entity_set: str
    id: str = ""
    parent: Address | None = None

    def at(self, id_: Any) -> Address:
        """One row of this set."""
        return replace(self, id=str(id_))

    def below(self, navigation: str) -> Address:
        """What belongs to this row."""
        return Address(navigation, parent=self)

    def path(self, company_id: str) -> str:
        """The path of a request."""
        if self.parent is None:
            root, slash, name = self.entity_set.rpartition("/")
            collection = f"{root}{slash}{company_path(company_id, name)}"
        else:
            collection = f"{self.parent.path(company_id)}/{self.entity_set}"
        if self.id.startswith("("):
            return f"{collection}{self.id}"
        return record_path(collection, self.id) if self.id else collection

    def __str__(self) -> str:
        own = f"{self.entity_set}({self.id})" if self.id else self.entity_set
        return own if self.parent is None else f"{self.parent}/{own}"


@dataclass(frozen=True, slots=True)
class Trace:
    """How to find what a create has made if it was not answered.

    Attributes:
        filter: The filter for the rows among which it is.
        lines: The navigation property to their lines.
        description: The description of the line that only it has.
    """

    filter: str
    lines: str
    description: str


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changes something.

    Attributes:
        method: POST, PATCH or DELETE.
        address: What it changes, or the set that a new row goes into.
        body: What to write; None for none.
        about: What is written: the record itself, a line of it, a dimension of either, or a file that comes with it.
        action: Name of the bound action, such as `post`; empty for none.
        facts: What is known of what is written, to compare its values; None for what is not compared.
        before: What a PATCH finds in place of its values; of an action that is not called twice, the whole row.
        field: The part of the record that it is for, such as `lineItems[0]`; empty for the record itself.
        etag: The version of the row that was looked at; empty for whichever is there.
        once: The service itself refuses a second one of what this creates.
        content: The file whose bytes are sent, in place of the body, which then says how many there are.
        trace: How to find what it creates where that is to go again in any case; None where it is to stay.
    """

    method: str
    address: Address
    body: Mapping[str, Any] | None = None
    about: Literal["record", "line", "dimension", "attachment"] = "record"
    action: str = ""
    facts: EntitySet | None = field(default=None, compare=False, repr=False)
    before: Mapping[str, Any] | None = None
    field: str = ""
    etag: str = ""
    once: bool = False
    content: WantedFile | None = None
    trace: Trace | None = None

    @property
    def fingerprint(self) -> str:
        """The same for two writes that would do the same."""
        return json.dumps([self.method, str(self.address), self.action, self.body], default=str)

    @property
    def never_again(self) -> bool:
        """Whether it must not be sent a second time, although nobody has answered the first."""
        return bool(self.action) and self.before is not None

    @property
    def creates(self) -> bool:
        """Whether there is one row more afterwards."""
        return self.method == "POST" and not self.action


def patch(
    address: Address,
    facts: EntitySet | None,
    changes: Mapping[str, Any],
    row: Row,
    *,
    about: Literal["record", "line", "dimension"] = "record",
    field_: str = "",
) -> Write:
    """The write that changes properties of a row, as it was when it was looked at."""
    before = {name: row.get(name) for name in changes}
    etag = "" if about == "dimension" else str(row.get(ETAG) or "")
    return Write("PATCH", address, changes, about, facts=facts, before=before, field=field_, etag=etag)


def delete(address: Address, row: Row, *, about: Literal["record", "line", "attachment"] = "record") -> Write:
    """The write that deletes a row, as it was when it was looked at."""
    return Write("DELETE", address, about=about, etag=str(row.get(ETAG) or ""))


def act(address: Address, action: str, row: Row) -> Write:
    """The write that calls a bound action of a row, as it was when it was looked at."""
    return Write("POST", address, action=action, etag=str(row.get(ETAG) or ""))


def undoing(write: Write, answer: Row) -> Write | None:
    """The write that turns another one back; None where none can, or where it is not known yet what was created."""
    if write.method == "PATCH" and write.before is not None:
        return Write("PATCH", write.address, write.before, write.about)
    id_ = answer.get("id") or (write.body or {}).get("id")
    if not write.creates or not id_:
        return None
    # Lines are addressed by their own set afterwards, dimensions through what they belong to.
    parent = write.address.parent if write.about == "dimension" else None
    return Write("DELETE", Address(write.address.entity_set, str(id_), parent), about=write.about)


def with_sound_etags(writes: Sequence[Write], stale: frozenset[str] = frozenset()) -> tuple[Write, ...]:
    """The writes of one transaction, with the versions that none of them changes before another one is carried out.

    Args:
        writes: The writes.
        stale: Versions that were refused although the row still has them: what changed it was one of our own.
    """
    sound, touched = [], set[Address]()
    for write in writes:
        is_sound = write.address not in touched and write.etag not in stale
        sound.append(write if is_sound or not write.etag else replace(write, etag=""))
        touched.add(write.address)
        if write.about in {"record", "dimension"}:
            # A change of the header, or of its dimensions, goes over its lines.
            touched |= {each.address for each in writes if each.about == "line"}
    return tuple(sound)


# --- steps ---------------------------------------------------------------------------------------------------


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
    """It cannot be done, and what is there stays as it is."""

    faults: tuple[Fault, ...]
    id: str | None = None
    number: str | None = None


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

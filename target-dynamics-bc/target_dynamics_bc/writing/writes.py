"""Which request changes something: what, where, and as it was when it was looked at? Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from dynamics_bc_client.odata.urls import company_path, record_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_dynamics_bc.kinds.facts import EntitySet
    from target_dynamics_bc.wanted.files import WantedFile
    from target_dynamics_bc.wanted.records import Row


ETAG = "@odata.etag"


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
class Seen:
    """What an action was decided on.

    The service is told the version of the row alone, and no source says that it looks at it; and what changes of a
    document may change in its lines alone.

    Attributes:
        versions: Those of the row and of its lines.
        lines: The navigation property to its lines; empty where it has none.
        leads_to: The entity set of what it makes while the row stays as it is; empty where it makes nothing.
        origin: The property of that which holds the id of the row.
    """

    versions: frozenset[str]
    lines: str = ""
    leads_to: str = ""
    origin: str = ""


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
        seen: What an action was decided on; None for no look before it is called once more.
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
    seen: Seen | None = None
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


def act(address: Address, action: str, row: Row, *, lines: str = "", leads_to: str = "", origin: str = "") -> Write:
    """The write that calls a bound action of a row, as it was when it was looked at.

    Args:
        address: Of the row.
        action: Its name.
        row: The row, with its lines.
        lines: The navigation property to them; empty where it has none.
        leads_to: As of `Seen`.
        origin: As of `Seen`.
    """
    etag = str(row.get(ETAG) or "")
    seen = Seen(versions_of(row, lines), lines, leads_to, origin) if etag or leads_to else None
    return Write("POST", address, action=action, etag=etag, seen=seen)


def versions_of(row: Row, lines: str) -> frozenset[str]:
    """The versions of a row and of its lines."""
    return frozenset(str(each.get(ETAG) or "") for each in (row, *(row.get(lines) or ())))


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

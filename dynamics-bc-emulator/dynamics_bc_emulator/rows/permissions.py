"""What whoever asks may do: the one gate before rows.

What nobody speaks of is allowed, and costs nothing: a principal without permissions checks an empty tuple.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, no_credentials
from dynamics_bc_emulator.rows.tables import table_data, tables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.odata.catalogue import EntitySet

# The letters of a permission set, and the right to run an action that posts.
RIGHTS = ("read", "insert", "modify", "delete", "post")
# What posting actions are called; every other action changes its row.
_POSTING = frozenset(("post", "postandsend", "cancel", "cancelandsend", "shipandinvoice", "receiveandinvoice"))
_USERS = uuid.UUID("05e25000-0000-4000-8000-000000000000")
_WORDS = {"read": "Read", "insert": "Insert", "modify": "Modify", "delete": "Delete", "post": "Modify"}


def user_id(principal: str) -> str:
    """The id of an application or a user, as records name it."""
    return str(uuid.uuid5(_USERS, principal))


@dataclass(frozen=True, slots=True)
class Permission:
    """What is allowed to somebody in one place, or to everybody everywhere.

    Attributes:
        company: The company's id, None for every one.
        entity_set: The set's name, None for every one.
        rights: Of `RIGHTS`.
        principal: Client id of an application or name of a user, None for everybody.
        table: One of the tables that the set reads, None for all of them.
        action: Name of a bound action in lower case; it speaks of that action alone.
        status: What a missing right is answered with, 403 or 401.
    """

    company: str | None
    entity_set: str | None
    rights: frozenset[str]
    principal: str | None = None
    table: str | None = None
    action: str | None = None
    status: int = 403

    def is_for(self, company: str, entity_set: str, table: str, action: str | None) -> bool:
        """Whether it speaks of a table of a set of a company, or of an action there."""
        return (
            self.company in {None, company}
            and self.entity_set in {None, entity_set}
            and self.table in {None, table}
            and self.action in {None, action}
        )

    def refusal(self, right: str, table: str) -> Refusal:
        """How the service says no: with the table's number and the letter that is missing, or as for a bad token.

        The text is that of recordings; the documentation has 401 for a missing permission below a company, too.
        """
        if self.status == 401:
            return no_credentials()
        what = f"{table_data(table)} {_WORDS[right]}: Base Application"
        return Refusal(403, "Internal_ServerError", f"Sorry, the current permissions prevented the action. ({what})")


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks.

    The first permission that speaks of a table of a place decides, and what none speaks of is allowed. A set is read if
    each of its tables may be.
    """

    permissions: tuple[Permission, ...] = ()

    def check(self, right: str, company: str, entity_set: EntitySet, action: str | None = None) -> None:
        """The gate: every read of a set's rows and every write passes here.

        Raises:
            Refusal: The right is missing.
        """
        if not self.permissions:
            return
        for table in tables_of(entity_set) if right == "read" else (entity_set.table,):
            deciding = (each for each in self.permissions if each.is_for(company, entity_set.name, table, action))
            permission = next(deciding, None)
            if permission is not None and right not in permission.rights:
                raise permission.refusal(right, table)

    def check_action(self, name: str, company: str, entity_set: EntitySet) -> None:
        """The same for a bound action.

        Raises:
            Refusal: The right is missing.
        """
        lower = name.lower()
        self.check("post" if lower in _POSTING else "modify", company, entity_set, lower)


@dataclass
class Gate:
    """All permissions, sorted by whom they speak of.

    Attributes:
        permissions: In the order in which they decide.
    """

    permissions: tuple[Permission, ...] = ()
    _known: dict[str, Principal] = field(default_factory=dict, repr=False)

    def grant(self, permissions: Sequence[Permission]) -> None:
        """Forget what was granted, and grant this."""
        self.permissions = tuple(permissions)
        self._known.clear()

    def principal(self, name: str) -> Principal:
        """What is granted to the application or user of that name."""
        known = self._known.get(name)
        if known is None:
            theirs = tuple(each for each in self.permissions if each.principal in {None, name})
            known = self._known[name] = Principal(theirs)
        return known

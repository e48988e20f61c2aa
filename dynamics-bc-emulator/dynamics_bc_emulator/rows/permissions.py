"""What whoever asks may do: the one gate before rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.catalogue import EntitySet

RIGHTS = ("read", "write", "post")


@dataclass(frozen=True, slots=True)
class Permission:
    """What is allowed in one place, or everywhere.

    Attributes:
        company: The company's id, None for every one.
        entity_set: The set's name, None for every one.
        rights: Of `read`, `write` and `post`.
    """

    company: str | None
    entity_set: str | None
    rights: frozenset[str]

    def is_for(self, company: str, entity_set: str) -> bool:
        """Whether it speaks of a set of a company."""
        return self.company in {None, company} and self.entity_set in {None, entity_set}


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks; the first permission that speaks of a place decides, and what none speaks of is allowed."""

    permissions: tuple[Permission, ...] = ()

    def check(self, right: str, company: str, entity_set: EntitySet) -> None:
        """The gate: every read of a set's rows and every write passes here.

        Raises:
            Refusal: The right is missing.
        """
        for permission in self.permissions:
            if permission.is_for(company, entity_set.name):
                if right not in permission.rights:
                    what = "Read" if right == "read" else "Modify"
                    message = (
                        f"Sorry, the current permissions prevented the action. (TableData {entity_set.table} {what})"
                    )
                    raise Refusal(403, "Internal_ServerError", message)
                return

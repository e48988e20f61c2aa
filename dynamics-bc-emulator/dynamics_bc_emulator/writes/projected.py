"""How a row is written that shows another set's: there, by its rules, with what is the shown set's own beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, unknown_property
from dynamics_bc_emulator.writes.records import Writer
from dynamics_bc_emulator.writes.values import to_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.links import Parent
    from dynamics_bc_emulator.rows.projected import Projected
    from dynamics_bc_emulator.rows.store import Row


@dataclass(frozen=True, slots=True)
class ProjectedWriter:
    """Writes what a set shows of another one."""

    shown: Projected
    company: Company

    def create(self, entity_set: EntitySet, body: Mapping[str, Any], parent: Parent | None) -> Row:
        """Create a row of the set that is shown; gives it with the key that it is shown under.

        Raises:
            Refusal: It is refused there, or a value does not fit.
        """
        theirs, own = self._parted(entity_set, body, creating=True)
        row = self._writer().create(self.shown.source, {**self.shown.only, **theirs}, self._inner(parent))
        row = self._keep(row, own)
        return {**row, "id": self.shown.key_of(row)}

    def update(self, entity_set: EntitySet, stored: Row, body: Mapping[str, Any], parent: Parent | None) -> None:  # noqa: ARG002 - as Writer
        """Change the row that is shown.

        Raises:
            Refusal: The change is refused there, or a value does not fit.
        """
        theirs, own = self._parted(entity_set, body, creating=False)
        if theirs:
            self._writer().update(self.shown.source, stored, theirs, None)
        self._keep(stored, own)

    def delete(self, entity_set: EntitySet, stored: Row, parent: Parent | None) -> None:  # noqa: ARG002 - as Writer
        """Delete the row that is shown.

        Raises:
            Refusal: The deletion is refused there.
        """
        self._writer().delete(self.shown.source, stored, None)

    def _inner(self, parent: Parent | None) -> Parent | None:
        """The parent as the shown set knows it: by its names of what makes a row that parent's child."""
        if parent is None:
            return None
        names = self.shown.names
        links = (replace(link, target=names.get(link.target or "", link.target)) for link in parent.navigation.links)
        return replace(parent, navigation=replace(parent.navigation, links=tuple(links)))

    def _writer(self) -> Writer:
        return Writer(self.shown.home, self.shown.company_of(self.company))

    def _keep(self, row: Row, own: Mapping[str, Any]) -> Row:
        if not own:
            return row
        kept = {**row.get(self.shown.internal, {}), **own}
        return self.shown.company_of(self.company).update(
            self.shown.source.name, row["id"], {self.shown.internal: kept}
        )

    def _parted(
        self, entity_set: EntitySet, body: Mapping[str, Any], *, creating: bool
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the shown set has, by its names there, and what is this one's own."""
        theirs: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for name, value in body.items():
            known = entity_set.properties.get(name)
            if "@" in name:
                continue
            if known is None:
                raise unknown_property(name, entity_set.entity)
            if name in self.shown.names:
                theirs[self.shown.names[name]] = value
            elif known.editable and name not in self.shown.constants:
                own[name] = to_stored(known, value)
            elif not creating:
                raise Refusal(400, "BadRequest_InvalidOperation", f"Control '{name}' is read-only.")
        return theirs, own

"""How a record is created, changed and deleted: the catalogue's checks, the set's rules, its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.enums import own_text
from dynamics_bc_emulator.refusals import Refusal, bad_request, method_not_allowed, read_only, refused, unknown_property
from dynamics_bc_emulator.rows.links import Parent
from dynamics_bc_emulator.rows.rows import Change, Rows
from dynamics_bc_emulator.rules.draft import Draft, DuplicateKey
from dynamics_bc_emulator.rules.registry import rules_of
from dynamics_bc_emulator.rules.relations import relation_rules
from dynamics_bc_emulator.writes.templates import template_values
from dynamics_bc_emulator.writes.values import to_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet, Navigation, Property
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Rules


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes records of one company through one route."""

    route: Route[Any]
    company: Company

    def create(self, entity_set: EntitySet, body: Mapping[str, Any], parent: Parent | None) -> Row:
        """Create a record with the children that are nested in it.

        Args:
            entity_set: Where.
            body: Its properties, in the client's order, and arrays of children by navigation.
            parent: The row it is created through.

        Returns:
            The row as it is kept after all that its creation set off.

        Raises:
            Refusal: It, or one of its children, is refused.
            DuplicateKey: A row with its id or key is there already.
        """
        rules = rules_of(entity_set.name)
        draft = Draft(self.company, entity_set.name, dict(entity_set.initial), parent=parent)
        _check_parent(draft, rules)
        if parent is not None:
            _set_links(draft, parent)
        rules.start(draft)
        children = _set_properties(draft, entity_set, rules, body)
        _check_mandatory(draft, entity_set, rules)
        for known, value in list(template_values(draft, entity_set)):
            _set_property(draft, known, rules, value)
        rules.insert(draft)
        _check_unique(draft, entity_set, rules)
        draft.row = self._rows(entity_set).put(self.company, Change(None, draft.row, parent))
        rules.inserted(draft)
        self._create_children(entity_set, draft.row["id"], children)
        return self.company.get(entity_set.name, draft.row["id"]) or draft.row

    def _create_children(self, entity_set: EntitySet, id: str, children: list[tuple[Navigation, Any]]) -> None:  # noqa: A002
        for navigation, bodies in children:
            target = self.route.catalogue.sets[navigation.target]
            if (
                not navigation.many
                or not isinstance(bodies, list)
                or not all(isinstance(body, dict) for body in bodies)
            ):
                raise bad_request(f"The nested '{navigation.name}' must be an array of objects.")
            if not target.insertable:
                raise method_not_allowed(target.name)
            for body in bodies:
                row = self.company.get(entity_set.name, id)
                assert row is not None
                self.create(target, body, Parent(entity_set, row, navigation))

    def update(self, entity_set: EntitySet, stored: Row, body: Mapping[str, Any], parent: Parent | None) -> None:
        """Change properties of a record.

        Raises:
            Refusal: The change is refused.
            DuplicateKey: Its new key is another row's.
        """
        rules = rules_of(entity_set.name)
        draft = Draft(self.company, entity_set.name, dict(stored), stored, parent=parent)
        _check_parent(draft, rules)
        rules.checks_modify(draft)
        if not rules.takes_any_body and _set_properties(draft, entity_set, rules, body):
            raise bad_request("Nested entities cannot be changed with their parent; change them one by one.")
        rules.modify(draft)
        _check_unique(draft, entity_set, rules)
        if draft.row != draft.stored or rules.takes_any_body:
            draft.row = self._rows(entity_set).put(self.company, Change(draft.stored, draft.row, parent))
            rules.modified(draft)

    def delete(self, entity_set: EntitySet, stored: Row, parent: Parent | None) -> None:
        """Delete a record with what belongs to it.

        Raises:
            Refusal: The deletion is refused.
        """
        rules = rules_of(entity_set.name)
        draft = Draft(self.company, entity_set.name, stored, stored, parent=parent)
        _check_parent(draft, rules)
        rules.delete(draft)
        self._rows(entity_set).put(self.company, Change(draft.stored, None, parent))
        rules.deleted(draft)

    def _rows(self, entity_set: EntitySet) -> Rows:
        rows: Rows = self.route.rows[entity_set.name]
        return rows


def _check_parent(draft: Draft, rules: Rules) -> None:
    """Refuse to write what is part of a record that may not be written itself.

    Raises:
        Refusal: No record is addressed, or it is posted or read only.
    """
    if not rules.is_part_of_parent:
        return
    parent = draft.parent
    if parent is None:
        wanted = "create a dimension set line" if draft.stored is None else "get to the dimension set line"
        raise refused(f"You must get to the parent first to {wanted}.")
    if not parent.entity_set.modifiable:
        kind = own_text(str(parent.links().get("parentType", parent.entity_set.table)))
        raise refused(
            f"Parent with ID {parent.row['id']} does not exist or dimension set lines are read only "
            f"for parent type {kind}."
        )
    name = parent.entity_set.name
    theirs = rules_of(name)
    (theirs.checks_parts or theirs.checks_modify)(Draft(draft.company, name, parent.row, parent.row))


def _set_links(draft: Draft, parent: Parent) -> None:
    """Make a new record its parent's child; what goes with the parent's id, such as its number, follows."""
    for name, value in parent.links().items():
        rule = relation_rules(draft.entity_set).get(name)
        if rule is not None:
            rule(draft, value)
        elif name in draft.row:
            draft.row[name] = value


def _set_properties(
    draft: Draft, entity_set: EntitySet, rules: Rules, body: Mapping[str, Any]
) -> list[tuple[Navigation, Any]]:
    """Set the body's properties one by one, in its order.

    Returns:
        The nested children, by navigation.
    """
    children = []
    for name, value in body.items():
        if "@" in name:
            continue
        if name in entity_set.navigation:
            children.append((entity_set.navigation[name], value))
            continue
        known = entity_set.properties.get(name)
        if known is None:
            raise unknown_property(name, entity_set.entity)
        _set_property(draft, known, rules, value)
    return children


def _set_property(draft: Draft, known: Property, rules: Rules, value: Any) -> None:
    name, creating = known.name, draft.stored is None
    rule = rules.properties.get(name) or relation_rules(draft.entity_set).get(name)
    if creating and known.settable_on_insert:
        # A blank id is none: the store gives one.
        if (given := to_stored(known, value)) != known.blank:
            draft.row[name] = given
        return
    if not known.editable:
        if not creating:
            _check_unchanged(draft, known, value)
            return
        if rule is None or name not in rules.properties:
            return
    converted = to_stored(known, value)
    if known.write_ignored:
        return
    # As on a page, a value that is there already sets nothing off.
    if creating or draft.row.get(name) != converted:
        if rule is None:
            draft.row[name] = converted
        else:
            rule(draft, converted)
    draft.given.append(name)


def _check_unchanged(draft: Draft, known: Property, value: Any) -> None:
    """Of what is read-only, the row's own id alone may be sent."""
    if known.name != "id" or draft.row["id"] != to_stored(known, value):
        raise read_only(known.name)


def _check_mandatory(draft: Draft, entity_set: EntitySet, rules: Rules) -> None:
    for group in entity_set.mandatory:
        if all(draft.is_blank(name) for name in group):
            if group in rules.missing:
                raise refused(rules.missing[group])
            message = f"{' or '.join(group)} must be filled in. Enter a value."
            raise Refusal(400, "BadRequest_RequiredParamNotProvided", message)


def _check_unique(draft: Draft, entity_set: EntitySet, rules: Rules) -> None:
    row = draft.row
    given_id = row.get("id")
    if draft.stored is None and given_id and draft.company.get(entity_set.name, given_id) is not None:
        raise DuplicateKey(entity_set.table, f"SystemId='{given_id}'")
    names = rules.unique or entity_set.natural_key
    if not names or not draft.has_changed(*names):
        return
    for other in draft.company.find(entity_set.name, **{name: row[name] for name in names}):
        if other["id"] != given_id:
            raise DuplicateKey(
                entity_set.table, ",".join(f"{entity_set.properties[name].caption}='{row[name]}'" for name in names)
            )

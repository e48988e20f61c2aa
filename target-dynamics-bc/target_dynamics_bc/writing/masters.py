"""How is master data found (a customer, an item, a payment term), and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.query import Expansion, Query, all_of, equals, text_literal
from dynamics_bc_client.odata.urls import GUID, keys_literal
from dynamics_bc_client.odata.values import BLANK_DATE, ZERO_GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.finding.contradictions import CONTRADICTION
from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.kept.faults import from_error
from target_dynamics_bc.kinds.kind import EXTERNAL_ID, ONLY, MatchKey
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.comparing import differences, same_id
from target_dynamics_bc.writing.custom_actions import called, calling, refused_call
from target_dynamics_bc.writing.dimension_writes import (
    default_dimension_writes,
    set_line_writes,
    to_default_dimension,
    to_set_line,
)
from target_dynamics_bc.writing.lacking import lacking
from target_dynamics_bc.writing.refusing import another_way
from target_dynamics_bc.writing.steps import Answers, Finish, LookAgain, Refuse, Send, Step, TakeBack, next_step, refuse
from target_dynamics_bc.writing.writes import Write, delete, patch

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.facts import EntitySet, Property
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Address


_OF_ONE = {"id": "id", "number": "number", "external_id": "externalId", "known": "externalId"}
"""Looks of which each leads to one row at most, with what the record gives for it."""
_NAMES = ("displayName", "description")


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step, by match key."""
    if _shown(unit) is not None:
        return {}
    if unit.id is not None:
        return {"id": _query(unit, "id", unit.id)}
    queries: dict[str, Query] = {}
    for key in unit.rules.match_keys:
        queries |= _queries(unit, key)
    known, has_ids = unit.known_id, unit.kind.facts.id_property
    if known and has_ids and unit.wanted.external_id and EXTERNAL_ID not in unit.kind.keys:
        queries["known"] = _query(unit, "id", known)
    return queries


def _queries(unit: Unit, key: str) -> dict[str, Query]:
    wanted = unit.wanted
    if key == "id" and wanted.id and GUID.fullmatch(wanted.id):
        return {"id": _query(unit, "id", wanted.id)}
    if key == ONLY.name:
        return {key: Query(unit.path(unit.kind.entity_set), expand=_expansions(unit))}
    if key == "name" and wanted.fields.get("displayName"):
        filter_ = f"displayName eq {text_literal(wanted.fields['displayName'])}"
        return {"name": Query(unit.path(unit.kind.entity_set), expand=_expansions(unit), filter=filter_)}
    if key == "external_id" and wanted.external_id:
        queries = {"external_id": _query(unit, "id", own_id(unit))}
        return {"known": _query(unit, "id", unit.known_id), **queries} if unit.known_id else queries
    return _queries_by_value(unit, key)


def _queries_by_value(unit: Unit, key: str) -> dict[str, Query]:
    """By what the record says of itself: its number or code, or another property that tells it from others."""
    kind, fields = unit.kind, unit.resolved.fields
    match = next((each for each in kind.keys if each.name == key), MatchKey(key))
    within = match.within
    is_number = key in {"number", kind.number_property}
    value = unit.wanted.number if is_number else fields.get(key)
    if value in {None, ""} or (within and not fields.get(within)):
        return {}
    natural = kind.natural_key
    if key == "number" and natural is not None and kind.has_number_within and fields.get(natural.within):
        return {}  # the record says inside of what
    also = equals(within, str(fields[within])) if within and within != kind.read_within else ""
    also = all_of(also, *(_equals(unit, name, fields.get(name)) for name in match.beside))
    return {key: _query(unit, kind.number_property if is_number else key, str(value), also=also)}


def _equals(unit: Unit, name: str, value: Any) -> str:
    """That a property has a value, or none."""
    of = unit.kind.facts.properties[name]
    if of.is_text:
        return f"{name} eq {text_literal(str(value or ''))}"
    blank = {"Guid": ZERO_GUID, "Boolean": "false"}.get(of.type, "0" if of.is_number else BLANK_DATE)
    return f"{name} eq {blank if value in {None, ''} else str(value).lower()}"


def _query(unit: Unit, key: str, value: str, *, also: str = "") -> Query:
    if (name := unit.kind.read_within) and (within := unit.resolved.fields.get(name)):
        also = all_of(also, equals(name, str(within)))
    facts = unit.kind.facts
    key = facts.id_property if key == "id" and facts.id_property else key
    of = facts.properties.get(key)
    is_text = of.is_text if of is not None else None
    return by_key(unit.path(unit.kind.entity_set), key, value, expand=_expansions(unit), also=also, is_text=is_text)


def _expansions(unit: Unit) -> tuple[Expansion, ...]:
    of_dimensions = (Expansion(unit.kind.dimensions_name),) if unit.kind.dimensions is not None else ()
    return (*of_dimensions, *files.expansions(unit))


def key_of(facts: EntitySet, row: Row) -> str:
    """What a row is addressed by where it has no property `id`: its id by another name, or its key in parentheses."""
    if facts.id_property:
        return str(row[facts.id_property])
    parts = {name: (_edm(facts.properties[name]), row[name]) for name in facts.key}
    return f"({keys_literal(parts)})"


def _edm(of: Property) -> str:
    return "" if of.type == "Enum" else f"Edm.{of.type}"


def own_id(unit: Unit) -> str:
    """The id that a record with a sender's id is created with."""
    return derived_id(unit.books.id, unit.kind.name, "external", unit.wanted.external_id or "")


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    found = _shown(unit) or _found(unit, answers)
    if not (isinstance(found, Refuse) and any(answers.values())):
        # What an action was called for may be gone since: not to find it is no refusal then.
        step = called(unit, None if isinstance(found, Refuse) else found)
        if step is not None:
            return step
    if isinstance(found, Refuse):
        return found
    if unit.wanted.deleted:
        return _deletion(unit, found)
    if found is None:
        return _creation(unit)
    kind, address = unit.kind, unit.set_address.at(found["id"])
    changes = differences(kind.facts, {**_another_number(unit, found), **unit.resolved.fields}, found)
    if changes and not kind.facts.updatable and not unit.created:
        message = f"{str(kind.noun).capitalize()} cannot be changed once it is there."
        return refuse(next(iter(changes)), "not_updatable", message, row=found, number=kind.number_property)
    writes = [patch(address, kind.facts, changes, found)] if changes else []
    writes += _dimension_writes(unit, address, found)
    done, finish = frozenset(unit.history.done), Finish(str(found["id"]), unit.kind.number_of(found))
    step = next_step(writes, done, finish)
    if isinstance(step, Finish):
        step = next_step(files.file_writes(unit, address, found), done, step)
    acts = isinstance(step, Finish) and not step.faults and unit.is_to_be_posted
    return calling(address, unit.action.name, found) if acts and unit.action is not None else step


def _another_number(unit: Unit, found: Row) -> dict[str, Any]:
    """The number that a record is to have from now on: it names the one it means by its id, in the service's words."""
    wanted, name = unit.wanted, unit.kind.number_property
    known = unit.kind.facts.properties.get(name)
    is_renamed = wanted.copied and wanted.number and wanted.id and same_id(wanted.id, found["id"])
    return {name: wanted.number} if is_renamed and known is not None and known.is_writable else {}


def _dimension_writes(unit: Unit, address: Address, found: Row) -> list[Write]:
    child = unit.kind.dimensions
    if child is None:
        return []
    writes_of = set_line_writes if child.holds == "dimension_set" else default_dimension_writes
    return writes_of(address, unit.resolved.dimensions, found.get(child.navigation) or ())


def refused(unit: Unit, step: Send, error: DynamicsError) -> Step:
    """What follows a refusal: another way, or the end, and then nothing is left of it."""
    if (again := another_way(unit, step, error)) is not None:
        return again
    if step.purpose == "post":
        # The service may have done it all the same: the next look tells.
        return LookAgain() if not error.repeatable else refused_call(unit, error)
    fault = from_error(error, "send")
    refusal = Refuse if fault.repeatable else TakeBack
    return refusal((fault,), None, unit.wanted.number)


def further_looks(_: Unit, __: Answers) -> dict[str, Query]:
    """Nothing: the looks ask for all."""
    return {}


def draft(_: Unit, __: Answers) -> None:
    """None: nobody posts master data."""


def alike(unit: Unit, answers: Answers) -> list[Row]:
    """The rows that may be what a create of this run has made: called alike; where there is no name, equal in all."""
    if not unit.has_sent_create:
        return []
    fields = unit.resolved.fields
    told = {name: fields[name] for name in _NAMES if fields.get(name)} or fields
    found = (row for rows in answers.values() for row in rows)
    facts = unit.kind.facts
    return [
        {**row, "id": key_of(facts, row)} if "id" not in row else row
        for row in found
        if not differences(facts, told, row)
    ]


def _found(unit: Unit, answers: Answers) -> Row | Refuse | None:
    noun = unit.kind.noun
    for name, rows in answers.items():
        if len(rows) > 1:
            numbers = ", ".join(sorted(unit.kind.number_of(row) for row in rows))
            message = f"{len(rows)} {noun.many} have the same {name} ({numbers}); name the one by its id or its number."
            return refuse("", "ambiguous", message)
        if rows:
            if (refusal := _unless_two(unit, name, rows[0], answers)) is not None:
                return refusal
            return rows[0] if "id" in rows[0] else {**rows[0], "id": key_of(unit.kind.facts, rows[0])}
    wanted = unit.wanted
    if unit.id is not None and not wanted.deleted:
        message = f"The {noun.one} was written as {unit.id} and is not to be seen yet."
        return refuse("", "undecided", message, repeatable=True)
    if wanted.id and not wanted.number and not wanted.deleted and not wanted.id_is_hint:
        return refuse("id", "not_found", f'There is no {noun.one} with the id "{wanted.id}".')
    return None


def _unless_two(unit: Unit, name: str, row: Row, answers: Answers) -> Refuse | None:
    """Why a record that was found by one of its keys is not meant: another one leads to another row."""
    facts, number, noun = unit.kind.facts, unit.kind.number_property, unit.kind.noun
    words = {**_OF_ONE, number: number}
    if name not in words:
        return None
    firsts = ((key, found[0]) for key, found in answers.items() if found and key in words)
    two = next(((key, each) for key, each in firsts if key_of(facts, each) != key_of(facts, row)), None)
    if two is None:
        return None
    key, other = two
    numbers = " and ".join(unit.kind.number_of(each) for each in (row, other))
    message = (
        f"The {words[name]} and the {words[key]} of the record are those of two {noun.many}, {numbers}; send one of "
        f"them, or both of the same {noun.one}."
    )
    field = "id" if "id" in {name, key} else number
    return refuse(unit.called(field), CONTRADICTION, message)


def _creation(unit: Unit) -> Step:
    kind = unit.kind
    if not kind.facts.insertable:
        message = f"There is no such {kind.noun.one}, and none can be created."
        return refuse("", "not_insertable", message)
    own = {
        **({"id": own_id(unit)} if unit.wanted.external_id and EXTERNAL_ID in kind.keys else {}),
        **({kind.number_property: unit.wanted.number} if unit.wanted.number else {}),
    }
    body = {**own, **unit.resolved.fields}
    if faults := lacks(unit):
        return Refuse(faults)
    child, nested = kind.dimensions, list[dict[str, str]]()
    if child is not None and unit.nests_dimensions and unit.resolved.dimensions:
        to_row = to_set_line if child.holds == "dimension_set" else to_default_dimension
        nested = [to_row(each) for each in unit.resolved.dimensions]
        body[child.navigation] = nested
    # The service itself refuses a second one with the same id or number.
    create = Write("POST", unit.set_address, body, once=bool(own))
    return Send((create,), "create", nests_dimensions=bool(nested))


def lacks(unit: Unit) -> tuple[Fault, ...]:
    """What a record lacks of being created."""
    return tuple(lacking(unit)) if unit.kind.facts.insertable else ()


def _shown(unit: Unit) -> Row | None:
    """What the answer of the create proves, if that was the last thing done, so that nobody has to look."""
    last = unit.history.events[-1] if unit.history.events else None
    if last is None or last.purpose != "create" or last.result != "done" or unit.id is None:
        return None
    return shown_by_create(unit, last.write.body or {}, last.row)


def shown_by_create(unit: Unit, body: Row, answer: Row) -> Row | None:
    """What the answer of a create proves; None when that is not all of it.

    The answer has every property of the record itself; dimensions that went with it are there, or it had been refused.
    """
    name = unit.kind.dimensions_name
    nested = body.get(name) or ()
    if not answer.get("id") or len(nested) != len(unit.resolved.dimensions):
        return None
    shown = [
        {
            "id": dimension.id,
            "valueCode": dimension.value_code,
            "dimensionCode": dimension.code,
            "dimensionValueCode": dimension.value_code,
        }
        for dimension in unit.resolved.dimensions
    ]
    return {**answer, **({name: shown} if name else {})}


def _deletion(unit: Unit, found: Row | None) -> Step:
    if found is None:
        return Finish(None, unit.wanted.number, "deleted" if unit.updated else "unchanged")
    address, removal, number = unit.set_address.at(found["id"]), unit.kind.removal, unit.kind.number_of(found)
    if unit.rules.on_delete == "delete":
        if not unit.kind.facts.deletable:
            message = f"{str(unit.kind.noun).capitalize()} cannot be deleted."
            return refuse("_sdc_deleted_at", "not_deletable", message, row=found, number=unit.kind.number_property)
        if not unit.kind.is_draft(found):
            states = " and ".join(f"{name} {value}" for name, value in removal.only_while.items())
            message = f"{str(unit.kind.noun).capitalize()} is deleted only while it has {states}."
            return refuse("_sdc_deleted_at", "not_deletable", message, row=found, number=unit.kind.number_property)
        return Send((delete(address, found),), "update")
    if unit.rules.on_delete == "block":
        if removal.block is None:
            message = f"{str(unit.kind.noun).capitalize()} cannot be blocked; set on_delete to delete or ignore."
            return refuse("_sdc_deleted_at", "not_blockable", message, row=found, number=unit.kind.number_property)
        changes = differences(unit.kind.facts, removal.block, found)
        if changes:
            return Send((patch(address, unit.kind.facts, changes, found),), "update")
    return Finish(str(found["id"]), number, "deleted" if unit.updated else "unchanged")

"""How is master data found (a customer, an item, a payment term), and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion, Query, text_literal
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.kept.faults import from_error
from target_dynamics_bc.writing.comparing import differences
from target_dynamics_bc.writing.refusing import another_way
from target_dynamics_bc.writing.rows import default_dimension_writes, to_default_dimension
from target_dynamics_bc.writing.steps import (
    Answers,
    Finish,
    Refuse,
    Send,
    Step,
    TakeBack,
    Write,
    delete,
    next_step,
    patch,
    refuse,
)

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step, by match key."""
    if _shown(unit) is not None:
        return {}
    if unit.id is not None:
        return {"id": _query(unit, "id", unit.id)}
    queries: dict[str, Query] = {}
    for key in unit.rules.match_keys:
        queries |= _queries(unit, key)
    return queries


def _queries(unit: Unit, key: str) -> dict[str, Query]:
    wanted = unit.wanted
    if key == "id" and wanted.id and GUID.fullmatch(wanted.id):
        return {"id": _query(unit, "id", wanted.id)}
    if key == "number" and wanted.number:
        return {"number": _query(unit, unit.kind.number_property, wanted.number)}
    if key == "name" and wanted.fields.get("displayName"):
        filter_ = f"displayName eq {text_literal(wanted.fields['displayName'])}"
        return {"name": Query(unit.path(unit.kind.entity_set), expand=_expansions(unit), filter=filter_)}
    if key == "external_id" and wanted.external_id:
        queries = {"external_id": _query(unit, "id", own_id(unit))}
        return {"known": _query(unit, "id", unit.known.id), **queries} if unit.known and unit.known.id else queries
    return {}


def _query(unit: Unit, key: str, value: str) -> Query:
    return by_key(unit.path(unit.kind.entity_set), key, value, expand=_expansions(unit))


def _expansions(unit: Unit) -> tuple[Expansion, ...]:
    return (Expansion(unit.kind.dimensions_name),) if unit.kind.dimensions is not None else ()


def own_id(unit: Unit) -> str:
    """The id that a record with a sender's id is created with."""
    return derived_id(unit.books.id, unit.kind.name, "external", unit.wanted.external_id or "")


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    found = _shown(unit) or _found(unit, answers)
    if isinstance(found, Refuse):
        return found
    if unit.wanted.deleted:
        return _deletion(unit, found)
    if found is None:
        return _creation(unit)
    kind, address = unit.kind, unit.set_address.at(found["id"])
    changes = differences(kind.facts, unit.resolved.fields, found)
    writes = [patch(address, kind.facts, changes, found)] if changes else []
    if kind.dimensions is not None:
        there = found.get(kind.dimensions_name) or ()
        writes += default_dimension_writes(address, unit.resolved.dimensions, there)
    return next_step(writes, frozenset(unit.history.done), Finish(str(found["id"]), _number_of(unit, found)))


def refused(unit: Unit, step: Send, error: DynamicsError) -> Step:
    """What follows a refusal: another way, or the end, and then nothing is left of it."""
    if (again := another_way(unit, step, error)) is not None:
        return again
    fault = from_error(error, "send")
    refusal = Refuse if fault.repeatable else TakeBack
    return refusal((fault,), None, unit.wanted.number)


def _number_of(unit: Unit, row: Row) -> str:
    return str(row.get(unit.kind.number_property) or "")


def _found(unit: Unit, answers: Answers) -> Row | Refuse | None:
    noun = unit.kind.noun
    for name, rows in answers.items():
        if len(rows) > 1:
            message = f"{len(rows)} {noun.many} have the same {name}; name the one by its id or its number."
            return refuse("", "ambiguous", message)
        if rows:
            return rows[0]
    wanted = unit.wanted
    if unit.id is not None and not wanted.deleted:
        message = f"The {noun.one} was written as {unit.id} and is not to be seen yet."
        return refuse("", "undecided", message, repeatable=True)
    if wanted.id and not wanted.number and not wanted.deleted and not wanted.id_is_hint:
        return refuse("id", "not_found", f'There is no {noun.one} with the id "{wanted.id}".')
    return None


def _creation(unit: Unit) -> Step:
    kind = unit.kind
    own = {
        **({"id": own_id(unit)} if unit.wanted.external_id else {}),
        **({kind.number_property: unit.wanted.number} if unit.wanted.number else {}),
    }
    body = {**own, **unit.resolved.fields}
    needed = (*kind.facts.required, *((name,) for name in kind.needs))
    missing = [group[0] for group in needed if not any(body.get(name) for name in group)]
    if missing:
        return refuse(missing[0], "required", f"A new {kind.noun.one} needs its {' and its '.join(missing)}.")
    nested = [to_default_dimension(each) for each in unit.resolved.dimensions] if unit.nests_dimensions else []
    if nested and kind.dimensions is not None:
        body[kind.dimensions_name] = nested
    # The service itself refuses a second one with the same id or number.
    create = Write("POST", unit.set_address, body, once=bool(own))
    return Send((create,), "create", nests_dimensions=bool(nested))


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
    defaults = [
        {"dimensionCode": dimension.code, "dimensionValueCode": dimension.value_code}
        for dimension in unit.resolved.dimensions
    ]
    return {**answer, **({name: defaults} if name else {})}


def _deletion(unit: Unit, found: Row | None) -> Step:
    if found is None:
        return Finish(None, unit.wanted.number, "deleted" if unit.updated else "unchanged")
    address, removal, number = unit.set_address.at(found["id"]), unit.kind.removal, _number_of(unit, found)
    if unit.rules.on_delete == "delete":
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

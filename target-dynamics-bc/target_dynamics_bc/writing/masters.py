"""How is a customer or a vendor found, and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion, Query, text_literal
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.writing.comparing import differences
from target_dynamics_bc.writing.rows import default_dimension_writes, to_default_dimension
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step, Write, next_step, patch, refuse

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

Answers = Mapping[str, Sequence["Row"]]

_DIMENSIONS = (Expansion("defaultDimensions"),)


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step, by match key."""
    if unit.shown is not None:
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
        return {"number": _query(unit, "number", wanted.number)}
    if key == "name" and wanted.fields.get("displayName"):
        filter_ = f"displayName eq {text_literal(wanted.fields['displayName'])}"
        return {"name": Query(unit.path(unit.entity.entity_set), expand=_DIMENSIONS, filter=filter_)}
    if key == "external_id" and wanted.external_id:
        queries = {"external_id": _query(unit, "id", own_id(unit))}
        return {"known": _query(unit, "id", unit.known.id), **queries} if unit.known and unit.known.id else queries
    return {}


def _query(unit: Unit, key: str, value: str) -> Query:
    return by_key(unit.path(unit.entity.entity_set), key, value, expand=_DIMENSIONS)


def own_id(unit: Unit) -> str:
    """The id that a record with a sender's id is created with."""
    return derived_id(unit.books.id, unit.entity.name, "external", unit.wanted.external_id or "")


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    found = unit.shown or _found(unit, answers)
    if isinstance(found, Refuse):
        return found
    if unit.wanted.deleted:
        return _deletion(unit, found)
    if found is None:
        return _creation(unit)
    path = unit.path(unit.entity.entity_set, str(found["id"]))
    changes = differences(unit.resolved.fields, found)
    writes = [patch(path, changes, found)] if changes else []
    writes += default_dimension_writes(path, unit.resolved.dimensions, found.get("defaultDimensions") or ())
    return next_step(writes, frozenset(unit.done), Finish(str(found["id"]), str(found["number"])))


def _found(unit: Unit, answers: Answers) -> Row | Refuse | None:
    for name, rows in answers.items():
        if len(rows) > 1:
            return refuse(
                "",
                "ambiguous",
                f"{len(rows)} {unit.entity.name} have the same {name}; name the one by its id or its number.",
            )
        if rows:
            return rows[0]
    wanted = unit.wanted
    if unit.id is not None and not wanted.deleted:
        return refuse("", "undecided", f"It was written as {unit.id} and is not to be seen yet.", repeatable=True)
    if wanted.id and not wanted.number and not wanted.deleted and not wanted.id_is_hint:
        return refuse("id", "not_found", f'There is no record with the id "{wanted.id}".')
    return None


def _creation(unit: Unit) -> Step:
    missing = [
        group[0] for group in unit.entity.facts.required if not any(unit.resolved.fields.get(name) for name in group)
    ]
    if missing:
        return refuse(missing[0], "required", f"A new one of {unit.entity.name} needs {' and '.join(missing)}.")
    body = {
        **({"id": own_id(unit)} if unit.wanted.external_id else {}),
        **({"number": unit.wanted.number} if unit.wanted.number else {}),
        **unit.resolved.fields,
    }
    nested = [] if unit.plain else [to_default_dimension(dimension) for dimension in unit.resolved.dimensions]
    if nested:
        body["defaultDimensions"] = nested
    return Send((Write("POST", unit.path(unit.entity.entity_set), body),), "create", nests_dimensions=bool(nested))


def shown_by_create(unit: Unit, body: Row, answer: Row) -> Row | None:
    """What the answer of a create proves, so that nobody has to look; None when that is not all of it.

    The answer has every property of the record itself; dimensions that went with it are there, or it had been refused.
    """
    nested = body.get("defaultDimensions") or ()
    if not answer.get("id") or len(nested) != len(unit.resolved.dimensions):
        return None
    defaults = [
        {"dimensionCode": dimension.code, "dimensionValueCode": dimension.value_code}
        for dimension in unit.resolved.dimensions
    ]
    return {**answer, "defaultDimensions": defaults}


def _deletion(unit: Unit, found: Row | None) -> Step:
    if found is None:
        return Finish(None, unit.wanted.number, "deleted" if unit.updated else "unchanged")
    id_, number = str(found["id"]), str(found["number"])
    path = unit.path(unit.entity.entity_set, id_)
    if unit.rules.on_delete == "delete":
        return Send((Write("DELETE", path),), "update")
    if unit.rules.on_delete == "block" and found.get("blocked") != "All":
        return Send((Write("PATCH", path, {"blocked": "All"}),), "update")
    return Finish(id_, number, "deleted" if unit.updated else "unchanged")

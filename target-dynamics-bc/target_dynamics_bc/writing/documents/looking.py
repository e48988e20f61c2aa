"""What has to be asked to know whether a document is there, and what of it? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion, Query, all_of, equals, text_literal
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.dimension_writes import SET_LINES

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Action
    from target_dynamics_bc.writing.unit import Unit

ID = "id"
KNOWN = "known"
"""By the id that the memory knows."""
NUMBER = "number"
SAME = "same"
TWINS = "twins"
ENDED = "ended:"
BECAME = "became"
LEDGER = "ledger:"
_STAMP = "lastModifiedDateTime"
TOTALS = ("totalAmountExcludingTax", "totalAmountIncludingTax")
"""What a document comes to: its net amount and its gross one."""


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step, by match key."""
    if unit.history.removed:
        return {}
    if unit.posted and unit.action is not None and unit.action.leads_to:
        return _for_what_it_became(unit, unit.action)
    if unit.id is not None:
        in_doubt = unit.leads_elsewhere and unit.may_have_acted
        turned = _for_what_came_of_it(unit, of_party(unit)) if in_doubt else {}
        return {ID: _query(unit, "id", unit.id), **_for_twins(unit), **turned}
    queries: dict[str, Query] = {}
    if unit.known is not None and unit.known.id:
        queries[KNOWN] = _query(unit, "id", unit.known.id)
        # The run that made it may have ended before it looked for another one.
        queries |= _for_twins(unit) if unit.interrupted else {}
    same_party = of_party(unit)
    for key in unit.rules.match_keys:
        query = _query_by(unit, key, same_party)
        if query is not None:
            queries[key] = query
    return {**queries, **_for_the_same(unit, same_party), **_for_what_came_of_it(unit, same_party)}


def is_about_others(name: str) -> bool:
    """Whether a look asks for documents beside the one that is meant."""
    return name in {TWINS, BECAME} or name.startswith((ENDED, LEDGER))


def _query_by(unit: Unit, key: str, same_party: str) -> Query | None:
    wanted, fields = unit.wanted, unit.resolved.fields
    if key == ID:
        return _query(unit, "id", wanted.id) if wanted.id and GUID.fullmatch(wanted.id) else None
    if key == NUMBER:
        is_named = wanted.number and not (wanted.copied and wanted.id)
        return _query(unit, unit.kind.number_property, wanted.number or "", also=same_party) if is_named else None
    is_within = any(each.name == key and each.within for each in unit.kind.keys)
    if fields.get(key) and (same_party or not is_within):
        return _query(unit, key, fields[key], also=same_party)
    return None


def _for_the_same(unit: Unit, same_party: str) -> dict[str, Query]:
    """What asks for a document that a create which nobody has seen may have made, where no number tells."""
    if not unit.has_unseen_create or not same_party or unit.natural_number:
        return {}
    made = f"{_STAMP} ge {since}" if (since := unit.history.since) and _STAMP in unit.kind.facts.properties else ""
    return {SAME: Query(unit.path(unit.kind.entity_set), expand=_expansions(unit), filter=all_of(same_party, made))}


def _for_twins(unit: Unit) -> dict[str, Query]:
    """What asks, behind a create, for documents with the same number: another run may have made one just now."""
    key, number = unit.kind.natural_key, unit.natural_number
    if key is None or not number:
        return {}
    select = ("id", unit.kind.number_property, "status", key.within, key.name)
    return {TWINS: by_key(unit.path(unit.kind.entity_set), key.name, number, select=select)}


def _for_what_came_of_it(unit: Unit, same_party: str) -> dict[str, Query]:
    """What asks whether an earlier run has turned the document into another one: an order that is invoiced is gone."""
    key, number = unit.kind.natural_key, unit.natural_number
    if not number:
        return _for_what_came_of_its_id(unit)
    if key is None or not same_party:
        return {}
    select = ("id", "number", key.within, key.name, *TOTALS)
    return {
        f"{ENDED}{name}": by_key(unit.path(name), key.name, number, select=select, also=same_party)
        for name in unit.kind.ends_as
    }


def _for_what_came_of_its_id(unit: Unit) -> dict[str, Query]:
    """The same where no number tells: by what they say they came of."""
    id_ = unit.claimed_id or unit.known_id
    actions = unit.kind.actions if id_ else ()
    return {
        f"{ENDED}{each.leads_to}": by_key(
            unit.path(each.leads_to), each.origin, str(id_), select=("id", "number", each.origin, *TOTALS)
        )
        for each in actions
        if each.leads_to and each.origin and not each.is_for_posted
    }


def _for_what_it_became(unit: Unit, action: Action) -> dict[str, Query]:
    """What asks for the document that came of it just now: by what it says it came of, else by its party's number."""
    path, acted_on = unit.path(action.leads_to), unit.acted_on
    if action.origin and acted_on:
        return {BECAME: by_key(path, action.origin, acted_on, select=("id", "number", action.origin))}
    key, number, same_party = unit.kind.natural_key, unit.natural_number, of_party(unit)
    if key is None or not number or not same_party:
        return {}
    select = ("id", "number", key.within, key.name)
    return {BECAME: by_key(path, key.name, number, select=select, also=same_party)}


def of_what_it_made(path: str, origin: str, id_: str, since: str) -> Query:
    """What asks for what was made of a posted document, from a moment on; from no moment on where that is empty."""
    also = f"{_STAMP} ge {since}" if since else ""
    return by_key(path, origin, id_, select=("id", "number", origin), also=also)


def of_party(unit: Unit) -> str:
    """The filter for documents of the same vendor or customer; empty when there is none."""
    party = unit.resolved.fields.get(unit.kind.party)
    return equals(unit.kind.party, party) if party else ""


def of_number(unit: Unit) -> str:
    """The filter for documents that their party numbers alike; empty when there is none."""
    natural, number = unit.kind.natural_key, unit.natural_number
    return f"{natural.name} eq {text_literal(number)}" if natural is not None and number else ""


def _query(unit: Unit, key: str, value: str, *, also: str = "") -> Query:
    return by_key(unit.path(unit.kind.entity_set), key, value, expand=_expansions(unit), also=also)


def _expansions(unit: Unit) -> tuple[Expansion, ...]:
    kind, expansions = unit.kind, []
    if kind.dimensions is not None:
        expansions.append(Expansion(SET_LINES))
    if kind.lines is not None:
        of_lines = (Expansion(SET_LINES),) if SET_LINES in kind.lines.facts.children else ()
        expansions.append(Expansion(kind.lines.navigation, expand=of_lines))
    return (*expansions, *files.expansions(unit))

"""How is a bill found, and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers. A draft is created with its lines in one request. What it has
inherited is then found by looking at it, and what differs is set in one transaction; lines go when all else is
accepted. Posting is a last step of its own. A posted bill is never written to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.query import Expansion, Query, equals
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.writing.comparing import differences, same_value
from target_dynamics_bc.writing.rows import Alignment, align, inherited_ids, set_line_writes, to_set_line
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step, Write, next_step, patch, refuse

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Dimension, Resolved, ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)

Answers = Mapping[str, Sequence["Row"]]

LINES = "purchaseInvoiceLines"
DRAFT = "Draft"
FOREIGN_LINES = "foreign_lines"
TWINS = "twins"
_VOID = frozenset({"Canceled", "Corrective"})
# A change of any of these makes the service calculate cost and discount anew, so they are written again behind it.
_RECALCULATING = ("locationId", "itemVariantId", "unitOfMeasureId", "quantity", "unitCost")
_RECALCULATED = ("unitCost", "discountAmount")
# A change of these makes the service go over all lines.
_REMAKING = frozenset({"vendorId", "pricesIncludeTax"})
# The properties that a new line needs, and what the record calls them: in unified records, and in the service's names.
_NEEDED: Mapping[bool, Mapping[str, Sequence[tuple[str, str]]]] = {
    False: {"Account": [("unitCost", "amount")], "Item": [("quantity", "quantity")]},
    True: {"Account": [("quantity", "quantity"), ("unitCost", "unitCost")], "Item": [("quantity", "quantity")]},
}
ONE_TRANSACTION = 100
"""Writes that are all carried out, or none of them."""
# Of posted lines these read differently: the VAT identifier in place of the code.
_NOT_COMPARED_WHEN_POSTED = frozenset({"taxCode"})


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step, by match key."""
    if unit.id is not None:
        return {"id": _query(unit, "id", unit.id), **_look_for_twins(unit)}
    queries: dict[str, Query] = {}
    if unit.known is not None and unit.known.id:
        queries["known"] = _query(unit, "id", unit.known.id)
    for key in unit.rules.match_keys:
        query = _query_by(unit, key)
        if query is not None:
            queries[key] = query
    return queries


def _query_by(unit: Unit, key: str) -> Query | None:
    wanted, fields = unit.wanted, unit.resolved.fields
    vendor = equals("vendorId", fields["vendorId"]) if fields.get("vendorId") else ""
    if key == "id" and wanted.id and GUID.fullmatch(wanted.id):
        return _query(unit, "id", wanted.id)
    if key == "number" and wanted.number and not (wanted.copied and wanted.id):
        return _query(unit, "number", wanted.number, also=vendor)
    if key == "vendorInvoiceNumber" and vendor and fields.get("vendorInvoiceNumber"):
        return _query(unit, key, fields["vendorInvoiceNumber"], also=vendor)
    return None


def _query(unit: Unit, key: str, value: str, *, also: str = "") -> Query:
    lines = Expansion(LINES, expand=(Expansion("dimensionSetLines"),))
    expand = (Expansion("dimensionSetLines"), lines)
    return by_key(unit.path(unit.entity.entity_set), key, value, expand=expand, also=also)


def _look_for_twins(unit: Unit) -> dict[str, Query]:
    """What asks, behind a create, for bills with the same number: another run may have made one at the same moment."""
    number = unit.resolved.fields.get("vendorInvoiceNumber")
    if not unit.created or not number:
        return {}
    path, select = unit.path(unit.entity.entity_set), ("id", "number", "status", "vendorId", "vendorInvoiceNumber")
    return {TWINS: by_key(path, "vendorInvoiceNumber", number, select=select)}


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    twins = [row for row in answers.get(TWINS, ()) if _is_twin(unit, row)]
    answers = {name: rows for name, rows in answers.items() if name != TWINS}
    if twins and (step := _without_twin(unit, answers, twins[0])) is not None:
        return step
    found = _found(unit, answers)
    if isinstance(found, Refuse):
        return found
    if unit.wanted.deleted:
        return _deletion(unit, found)
    if found is None:
        return _creation(unit)
    if found.get("status") != DRAFT:
        return _posted(unit, found)
    alignment = _alignment(unit, found)
    pairs = zip(unit.resolved.lines or (), alignment.rows, strict=True)
    if faults := _incomplete(unit, [line for line, row in pairs if row is None]):
        return Refuse(faults, str(found["id"]), str(found["number"]))
    step = _amendment(unit, found, alignment)
    if isinstance(step, Finish) and unit.rules.posts:
        return _posting(unit, found, alignment, step)
    return step


def _found(unit: Unit, answers: Answers) -> Row | Refuse | None:
    for name, rows in answers.items():
        alive = [row for row in rows if _is_meant(unit, name, row)]
        if len(alive) > 1:
            numbers = ", ".join(str(row["number"]) for row in alive)
            return refuse(name, "ambiguous", f"Several bills fit ({numbers}); name the one by its id.")
        if alive:
            return _unless_anothers(unit, name, alive[0])
    if unit.id is not None and not unit.wanted.deleted:
        return refuse("", "undecided", f"The bill was written as {unit.id} and is not to be seen yet.", repeatable=True)
    if unit.wanted.id and not unit.wanted.deleted and not unit.wanted.id_is_hint:
        return refuse("id", "not_found", f'There is no bill with the id "{unit.wanted.id}".')
    if unit.known is not None and unit.known.posted and not unit.wanted.deleted:
        message = f"The bill was posted as {unit.known.number} and is not to be found; it is not written a second time."
        return refuse("", "posted_differs", message)
    return None


def _unless_anothers(unit: Unit, key: str, row: Row) -> Row | Refuse:
    """A bill that another of the sender's ids stands for is not found by a number: the two would become one."""
    if key in {"id", "known"} or (key == "number" and unit.wanted.external_id is None):
        return row
    owners = [
        rival.identity.partition(":")[2]
        for rival in unit.rivals
        if rival.identity.startswith("external:") and same_value("id", rival.id, row["id"])
    ]
    if not owners or (unit.known is not None and same_value("id", unit.known.id, row["id"])):
        return row
    message = (
        f'The bill {row["number"]} has this {key}, and was written for the externalId "{owners[0]}"; '
        "give this one a billNumber of its own, or the id of the bill that is meant."
    )
    return refuse("billNumber" if key != "number" else "transactionNumber", "belongs_to_another", message, row=row)


def _is_meant(unit: Unit, key: str, row: Row) -> bool:
    """By a number a cancelled bill is not meant; nor is one that the same vendor numbered differently."""
    if key in {"id", "known"}:
        return True
    theirs, ours = row.get("vendorInvoiceNumber"), _stated(unit).get("vendorInvoiceNumber")
    if key == "number" and theirs and ours and not same_value("vendorInvoiceNumber", ours, theirs):
        return False
    return row.get("status") not in _VOID


def _is_twin(unit: Unit, row: Row) -> bool:
    fields = unit.resolved.fields
    is_same = all(same_value(name, fields.get(name), row.get(name)) for name in ("vendorId", "vendorInvoiceNumber"))
    return is_same and not same_value("id", row["id"], unit.id) and row.get("status") not in _VOID


def _without_twin(unit: Unit, answers: Answers, twin: Row) -> Step | None:
    """The younger of two bills is taken back by whoever made it, so that two runs agree on which one stays."""
    ours = next(iter(answers.get("id", ())), None)
    if ours is None or ours.get("status") != DRAFT:
        return None
    if _age_rank(ours) > _age_rank(twin):
        path = unit.path(unit.entity.entity_set, str(ours["id"]))
        return Send((Write("DELETE", path),), "withdraw")
    log.warning(
        "There are two bills %s of one vendor: %s, and the younger %s; if nobody takes that one back, delete it.",
        twin.get("vendorInvoiceNumber"),
        ours.get("number"),
        twin.get("number"),
    )
    return None


def _age_rank(row: Row) -> tuple[int, str]:
    """Numbers of one series grow."""
    number = str(row.get("number", ""))
    return len(number), number


# --- create --------------------------------------------------------------------------------------------------


def _creation(unit: Unit) -> Step:
    resolved = unit.resolved
    if not resolved.fields.get("vendorInvoiceNumber"):
        name = "vendorInvoiceNumber" if unit.wanted.copied else "billNumber or an externalId"
        message = f"A new bill needs a {name}: nothing else could keep it from being written twice."
        return refuse(name.split(maxsplit=1)[0], "no_key", message)
    if faults := _incomplete(unit, resolved.lines or ()):
        return Refuse(faults)
    nested = {} if unit.plain else _nestable(resolved)
    body: dict[str, Any] = dict(resolved.fields)
    if -1 in nested:
        body["dimensionSetLines"] = [to_set_line(dimension) for dimension in nested[-1]]
    if resolved.lines:
        body[LINES] = [_new_line(line, nested.get(place, ())) for place, line in enumerate(resolved.lines)]
    return Send((Write("POST", unit.path(unit.entity.entity_set), body),), "create", nests_dimensions=bool(nested))


def _incomplete(unit: Unit, new_lines: Iterable[ResolvedLine]) -> tuple[Fault, ...]:
    """What a new line lacks: Business Central would take it for 0 without a word."""
    faults = []
    for line in new_lines:
        for name, said in _NEEDED[unit.wanted.copied].get(line.kind, ()):
            if line.fields.get(name) is None:
                message = f"{line.field} is a new line and needs its {said}."
                faults.append(Fault("plan", f"{line.field}.{said}", "required", message))
    return tuple(faults)


def _new_line(line: ResolvedLine, nested: Sequence[Dimension] = ()) -> dict[str, Any]:
    body = dict(line.fields)
    if nested:
        body["dimensionSetLines"] = [to_set_line(dimension) for dimension in nested]
    return body


def _nestable(resolved: Resolved) -> dict[int, list[Dimension]]:
    """The dimensions that can be nested in the create, by the place of their line (-1 is the header).

    What is created inherits dimensions, and one that is there already cannot be created: the header inherits from the
    vendor, a line from the header, its item and its account. What an account hands down cannot be read; if that is in
    the way, the create is refused and tried again without nested dimensions.
    """
    inherited = inherited_ids([resolved.found.get("vendorId")])
    on_header = {dimension.id.lower() for dimension in resolved.dimensions}
    nestable = {-1: list(resolved.dimensions)} if on_header and not on_header & inherited else {}
    # Global dimensions are set by the header's own properties; lines inherit those too, whatever their value was
    # before.
    by_property = any(name.startswith("shortcutDimension") for name in resolved.fields)
    for place, line in enumerate(resolved.lines or ()):
        handed_down = inherited | on_header | inherited_ids([line.found.get("itemId")])
        own = [dimension for dimension in line.dimensions if dimension.id.lower() not in handed_down]
        if own and not by_property:
            nestable[place] = own
    return nestable


# --- change --------------------------------------------------------------------------------------------------


def _alignment(unit: Unit, found: Row) -> Alignment:
    known = unit.known.lines if unit.known is not None else {}
    return align(unit.resolved.lines or (), _managed_rows(unit, found), known)


def _managed_rows(unit: Unit, found: Row) -> list[Row]:
    """The rows of kinds that the record states in full. Comments and other kinds are somebody else's."""
    return [row for row in found.get(LINES) or () if row.get("lineType") in unit.wanted.line_kinds]


def _stated(unit: Unit) -> Mapping[str, Any]:
    """The header's properties as they are to be: what is assumed of a new bill is not asked of one that was there."""
    assumed = frozenset[str]() if unit.created else unit.wanted.assumed
    return {name: value for name, value in unit.resolved.fields.items() if name not in assumed}


def _amendment(unit: Unit, found: Row, alignment: Alignment) -> Step:
    """What turns the draft into the bill that is wanted: what is to go goes last, when all else is accepted.

    Until then all that was done can be taken back, so that a refusal leaves the draft as it was.
    """
    done, finish = frozenset(unit.done), _finish(unit, found, alignment, draft=True)
    step = next_step(_changes(unit, found, alignment), done, finish)
    if isinstance(step, Send):
        removals = _removals(unit, alignment)
        together = (*step.writes, *removals)
        # One transaction is all or nothing, as long as no later one has to follow.
        is_last = len(together) <= ONE_TRANSACTION and not any(_is_followed(write) for write in step.writes)
        return replace(step, writes=together) if is_last else step
    if isinstance(step, Finish):
        step = next_step(_removals(unit, alignment), done, step)
    return replace(step, takes_back=not unit.created) if isinstance(step, Refuse) else step


def _is_followed(write: Write) -> bool:
    """Whether dimensions, or all that depends on the vendor, may have to be written after this."""
    moves = any(name in _REMAKING or name.startswith("shortcutDimension") for name in write.body or ())
    return write.method == "POST" or moves or "dimensionSetLines" in write.path


def _removals(unit: Unit, alignment: Alignment) -> list[Write]:
    gone = alignment.surplus if unit.rules.replaces_lines else alignment.replaced
    return [Write("DELETE", unit.path(LINES, str(row["id"]))) for row in gone]


def _changes(unit: Unit, found: Row, alignment: Alignment) -> list[Write]:
    """What differs. A change that moves dimensions goes first: what it leaves them at is seen by the next look."""
    path = unit.path(unit.entity.entity_set, str(found["id"]))
    changes = differences(_stated(unit), found)
    writes = [patch(path, changes, found)] if changes else []
    if _REMAKING & changes.keys():
        return writes
    on_header = set_line_writes(path, unit.resolved.dimensions, found.get("dimensionSetLines") or ())
    hands_down = bool(on_header) or any(name.startswith("shortcutDimension") for name in changes)
    writes += on_header
    for line, row in zip(unit.resolved.lines or (), alignment.rows, strict=True):
        if row is None:
            # Its dimensions come with the next look, when what it has inherited is known.
            writes.append(Write("POST", f"{path}/{LINES}", _new_line(line)))
        else:
            writes += _line_changes(unit, line, row, with_dimensions=not hands_down)
    return writes


def _line_changes(unit: Unit, line: ResolvedLine, row: Row, *, with_dimensions: bool) -> list[Write]:
    path = unit.path(LINES, str(row["id"]))
    changes = differences(line.fields, row)
    if any(name in changes for name in _RECALCULATING):
        changes |= {name: line.fields[name] for name in _RECALCULATED if name in line.fields}
        changes = {name: changes[name] for name in line.fields if name in changes}
    writes = [patch(path, changes, row, line.field)] if changes else []
    if with_dimensions:
        writes += set_line_writes(path, line.dimensions, row.get("dimensionSetLines") or ())
    return writes


def _finish(unit: Unit, found: Row, alignment: Alignment, *, draft: bool) -> Finish:
    pairs = zip(unit.resolved.lines or (), alignment.rows, strict=True)
    lines = {line.external_id: str(row["id"]) for line, row in pairs if line.external_id and row is not None}
    # Of lines that the record does not speak of, what is known stays known.
    lines = {**_known_lines(unit, found, {*unit.wanted.line_kinds}), **lines}
    return Finish(str(found["id"]), str(found["number"]), lines=lines, draft=draft, posted=not draft)


def _known_lines(unit: Unit, found: Row, but: set[str]) -> dict[str, str]:
    known = unit.known.lines if unit.known is not None else {}
    there = {str(row["id"]).lower() for row in found.get(LINES) or () if row.get("lineType") not in but}
    return {external_id: id_ for external_id, id_ in known.items() if str(id_).lower() in there}


# --- post, and what is posted --------------------------------------------------------------------------------


def _posting(unit: Unit, found: Row, alignment: Alignment, draft: Finish) -> Step:
    if draft.faults:
        return Refuse(draft.faults, draft.id, draft.number)
    if foreign := _foreign_lines(unit, found, alignment):
        message = (
            f"The draft {found['number']} has lines that the record does not have ({foreign}), so it is not posted; "
            "remove them in Business Central, or send them with the record."
        )
        return refuse("", FOREIGN_LINES, message, row=found)
    total, stated = found.get("totalAmountIncludingTax"), unit.wanted.total
    if stated is not None and total is not None and abs(Decimal(str(total)) - stated) > unit.rules.total_tolerance:
        message = f"Business Central calculates a total of {total}, the record says {stated}; the bill stays a draft."
        return refuse("totalAmount", "total_differs", message, row=found)
    path = unit.path(unit.entity.entity_set, str(found["id"]))
    return Send((Write("POST", path, action="post"),), "post")


def _foreign_lines(unit: Unit, found: Row, alignment: Alignment) -> str:
    """The lines with an amount that are not of the record, in words; empty when there are none.

    A record that does not speak of lines means the bill as it stands, unless it has just made it.
    """
    if unit.resolved.lines is None and not (unit.created or unit.interrupted):
        return ""
    ours = {str(row["id"]).lower() for row in alignment.rows if row is not None}
    ours |= {id_.lower() for id_ in _known_lines(unit, found, {*unit.wanted.line_kinds}).values()}
    rows = [row for row in found.get(LINES) or () if str(row["id"]).lower() not in ours and _has_amount(row)]
    return ", ".join(f'"{row.get("description") or row.get("lineObjectNumber") or row["id"]}"' for row in rows)


def _has_amount(row: Row) -> bool:
    numbers = [Decimal(str(row.get(name) or 0)) for name in ("quantity", "unitCost", "amountExcludingTax", "netAmount")]
    return row.get("lineType") != "Comment" and bool(numbers[0] * numbers[1] or numbers[2] or numbers[3])


def _posted(unit: Unit, found: Row) -> Step:
    """A posted bill is done if it is as the record wants it, and out of reach if it is not."""
    alignment = _alignment(unit, found)
    differing = [] if unit.posted else _posted_differences(unit, found, alignment)
    if differing:
        message = (
            f"The bill is posted as {found['number']} and differs in {', '.join(differing)}; "
            "a posted bill cannot be changed. Correct it in Business Central, or send a new bill."
        )
        return refuse("", "posted_differs", message, row=found)
    finish = _finish(unit, found, alignment, draft=False)
    if unit.posted and (foreign := _foreign_lines(unit, found, alignment)):
        message = (
            f"The bill was posted as {found['number']} with lines that somebody else added at that very moment "
            f"({foreign}); correct it in Business Central."
        )
        return replace(finish, faults=(Fault("post", "", FOREIGN_LINES, message),))
    return finish


def _posted_differences(unit: Unit, found: Row, alignment: Alignment) -> list[str]:
    names = list(differences(_stated(unit), found))
    for line, row in zip(unit.resolved.lines or (), alignment.rows, strict=True):
        changes = {} if row is None else differences(line.fields, row)
        names += [f"{line.field}.{name}" for name in changes if name not in _NOT_COMPARED_WHEN_POSTED]
        names += [line.field] if row is None else []
        if row is not None and set_line_writes("", line.dimensions, row.get("dimensionSetLines") or ()):
            names.append(f"{line.field}'s dimensions")
    if set_line_writes("", unit.resolved.dimensions, found.get("dimensionSetLines") or ()):
        names.append("dimensions")
    if alignment.surplus and unit.rules.replaces_lines:
        names.append(f"{len(alignment.surplus)} lines that the record does not have")
    return names


def _deletion(unit: Unit, found: Row | None) -> Step:
    if found is None:
        return Finish(None, unit.wanted.number, "deleted" if unit.updated else "unchanged")
    if unit.rules.on_delete == "ignore":
        return Finish(str(found["id"]), str(found["number"]), "unchanged")
    if unit.rules.on_delete == "block":
        return refuse(
            "_sdc_deleted_at",
            "not_blockable",
            "A bill cannot be blocked; set on_delete to delete or ignore.",
            row=found,
        )
    if found.get("status") != DRAFT:
        return refuse("_sdc_deleted_at", "posted", "The bill is posted; a posted bill is not deleted.", row=found)
    return Send((Write("DELETE", unit.path(unit.entity.entity_set, str(found["id"]))),), "update")

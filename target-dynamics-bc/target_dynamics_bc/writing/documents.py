"""How is a document found (a bill, an order), and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal. A draft is created with
its lines in one request. What it has inherited is then found by looking at it, and what differs is set in one
transaction; lines go when all else is accepted. Posting is a last step of its own. What is posted is never written to.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.query import Expansion, Query, equals
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.before_posting import FOREIGN_LINES, differences_in_money, foreign_lines
from target_dynamics_bc.writing.comparing import differences, is_rounded, same_id, same_value
from target_dynamics_bc.writing.refusing import another_way, refusal_to_post
from target_dynamics_bc.writing.rows import (
    Alignment,
    align,
    inherited_ids,
    line_type,
    set_line_writes,
    to_set_line,
)
from target_dynamics_bc.writing.steps import (
    Answers,
    Finish,
    LookAgain,
    Refuse,
    Send,
    Step,
    TakeBack,
    Write,
    act,
    delete,
    next_step,
    patch,
    refuse,
    take_back,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import Dimension, Resolved, ResolvedLine, Row
    from target_dynamics_bc.writing.steps import Address
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)

TWINS = "twins"
SAME = "same"
ENDED = "ended:"
ONE_TRANSACTION = 100
"""Writes that are all carried out, or none of them."""
UNFINISHED = "NOT COMPLETE: this document is being changed. Do not post it."
"""The comment line that a draft has while it is half changed: whoever opens it then is told."""
# Of posted lines these read differently: the VAT identifier in place of the code.
_NOT_COMPARED_WHEN_POSTED = frozenset({"taxCode"})
_COMMENT = "Comment"
_DIMENSIONS = "dimensionSetLines"


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
    return {**queries, **_look_for_the_same(unit), **_look_for_what_came_of_it(unit)}


def _look_for_the_same(unit: Unit) -> dict[str, Query]:
    """What asks for a document that a create which was not answered may have made, where no number tells."""
    in_doubt = bool(unit.history.doubts) or unit.interrupted
    natural = unit.kind.natural_key
    has_number = natural is not None and unit.resolved.fields.get(natural.name)
    if has_number or not in_doubt or not _of_party(unit):
        return {}
    return {SAME: Query(unit.path(unit.kind.entity_set), expand=_expansions(unit), filter=_of_party(unit))}


def _query_by(unit: Unit, key: str) -> Query | None:
    wanted, fields = unit.wanted, unit.resolved.fields
    of_party = _of_party(unit)
    if key == "id":
        return _query(unit, "id", wanted.id) if wanted.id and GUID.fullmatch(wanted.id) else None
    if key == "number":
        is_named = wanted.number and not (wanted.copied and wanted.id)
        return _query(unit, unit.kind.number_property, wanted.number or "", also=of_party) if is_named else None
    is_within = any(each.name == key and each.within for each in unit.kind.keys)
    if fields.get(key) and (of_party or not is_within):
        return _query(unit, key, fields[key], also=of_party)
    return None


def _of_party(unit: Unit) -> str:
    """The filter for documents of the same vendor or customer; empty when there is none."""
    party = unit.resolved.fields.get(unit.kind.party)
    return equals(unit.kind.party, party) if party else ""


def _query(unit: Unit, key: str, value: str, *, also: str = "") -> Query:
    return by_key(unit.path(unit.kind.entity_set), key, value, expand=_expansions(unit), also=also)


def _expansions(unit: Unit) -> tuple[Expansion, ...]:
    kind, expansions = unit.kind, []
    if kind.dimensions is not None:
        expansions.append(Expansion(_DIMENSIONS))
    if kind.lines is not None:
        of_lines = (Expansion(_DIMENSIONS),) if _DIMENSIONS in kind.lines.facts.children else ()
        expansions.append(Expansion(kind.lines.navigation, expand=of_lines))
    return (*expansions, *files.expansions(unit))


def _look_for_twins(unit: Unit) -> dict[str, Query]:
    """What asks, behind a create, for documents with the same number: another run may have made one just now."""
    key = unit.kind.natural_key
    number = unit.resolved.fields.get(key.name) if key is not None else None
    if key is None or not number:
        return {}
    select = ("id", unit.kind.number_property, "status", key.within, key.name)
    return {TWINS: by_key(unit.path(unit.kind.entity_set), key.name, number, select=select)}


def _look_for_what_came_of_it(unit: Unit) -> dict[str, Query]:
    """What asks whether an earlier run has turned the document into another one: an order that is invoiced is gone."""
    key = unit.kind.natural_key
    number = unit.resolved.fields.get(key.name) if key is not None else None
    if key is None or not number or not _of_party(unit):
        return {}
    select = ("id", "number", key.within, key.name)
    return {
        f"{ENDED}{name}": by_key(unit.path(name), key.name, number, select=select, also=_of_party(unit))
        for name in unit.kind.ends_as
    }


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    twins = [row for row in answers.get(TWINS, ()) if _is_twin(unit, row)]
    ended = [(name, row) for name, rows in answers.items() if name.startswith(ENDED) for row in rows]
    answers = {name: rows for name, rows in answers.items() if name != TWINS and not name.startswith(ENDED)}
    if twins and (step := _without_twin(unit, answers, twins[0])) is not None:
        return step
    if unit.posted and (_leads_elsewhere(unit) or _acts_on_posted(unit)):
        return Finish(unit.id or _known_id(unit), unit.wanted.number or _known_number(unit), posted=True)
    found = _found(unit, answers)
    if isinstance(found, Refuse):
        return found
    if unit.wanted.deleted:
        return _deletion(unit, found)
    if found is None:
        return _ended(unit, *ended[0]) if ended else _creation(unit)
    if _is_final(unit, found):
        return _posted(unit, found)
    if faults := _disagreements(unit, found):
        refusal = TakeBack if unit.created else Refuse
        return refusal(faults, str(found["id"]), _number_of(unit, found))
    alignment = _alignment(unit, found)
    pairs = zip(unit.resolved.lines or (), alignment.rows, strict=True)
    if faults := _incomplete(unit, [line for line, row in pairs if row is None]):
        return Refuse(faults, str(found["id"]), _number_of(unit, found))
    step = _amendment(unit, found, alignment)
    if isinstance(step, Finish):
        writes = files.file_writes(unit, unit.set_address.at(found["id"]), found)
        step = next_step(writes, frozenset(unit.history.done), step)
    if isinstance(step, Finish) and unit.is_to_be_posted:
        return _posting(unit, found, alignment, step)
    return step


def refused(unit: Unit, step: Send, error: DynamicsError) -> Step:
    """What follows a refusal: another way, or the end; a refused posting leaves the draft as it is."""
    if (again := another_way(unit, step, error)) is not None:
        return again
    if step.purpose == "post":
        # The service may have done it all the same: the next look tells.
        return LookAgain() if not error.repeatable else Refuse(_faults_of_posting(error), unit.id, unit.wanted.number)
    fault = from_error(error, "send")
    if fault.repeatable or unit.posted:
        return Refuse((fault,), None, unit.wanted.number)
    return TakeBack((fault,), None, unit.wanted.number)


def _faults_of_posting(error: DynamicsError) -> tuple[Fault, ...]:
    return (from_error(error, "post", doing="Business Central refused to post it"),)


def _is_final(unit: Unit, row: Row) -> bool:
    """Whether a row is posted. A kind that is never posted, or ends as something else, can be changed while it is."""
    return unit.kind.posting is not None and not _leads_elsewhere(unit) and not unit.kind.is_draft(row)


def _leads_elsewhere(unit: Unit) -> bool:
    """Whether the document becomes another one by what it asks for, or by what posts its kind."""
    action = unit.action if unit.is_to_be_posted else unit.kind.posting
    return action is not None and bool(action.leads_to) and not action.is_for_posted


def _acts_on_posted(unit: Unit) -> bool:
    """Whether the record asks for something that is done to a posted document."""
    return unit.is_to_be_posted and unit.action is not None and unit.action.is_for_posted


def _known_id(unit: Unit) -> str | None:
    return unit.known.id if unit.known is not None else None


def _known_number(unit: Unit) -> str | None:
    return unit.known.number if unit.known is not None else None


def _number_of(unit: Unit, row: Row) -> str:
    return str(row.get(unit.kind.number_property) or "")


# --- what is there -------------------------------------------------------------------------------------------


def _found(unit: Unit, answers: Answers) -> Row | Refuse | None:
    noun = unit.kind.noun
    for name, rows in answers.items():
        alive = [row for row in rows if _is_meant(unit, name, row)]
        if len(alive) > 1:
            numbers = ", ".join(_number_of(unit, row) for row in alive)
            return refuse(name, "ambiguous", f"Several {noun.many} fit ({numbers}); name the one by its id.")
        if alive:
            return _unless_anothers(unit, name, alive[0])
    if unit.id is not None and not unit.wanted.deleted:
        message = f"The {noun.one} was written as {unit.id} and is not to be seen yet."
        return refuse("", "undecided", message, repeatable=True)
    if unit.wanted.id and not unit.wanted.deleted and not unit.wanted.id_is_hint:
        return refuse("id", "not_found", f'There is no {noun.one} with the id "{unit.wanted.id}".')
    if unit.known is not None and unit.known.posted and not unit.wanted.deleted:
        message = (
            f"The {noun.one} was posted as {unit.known.number} and is not to be found; it is not written a second time."
        )
        return refuse("", "posted_differs", message)
    return None


def _unless_anothers(unit: Unit, key: str, row: Row) -> Row | Refuse:
    """What another of the sender's ids stands for is not found by a number: the two would become one."""
    if key in {"id", "known"} or (key == "number" and unit.wanted.external_id is None):
        return row
    owners = [
        rival.identity.partition(":")[2]
        for rival in unit.rivals
        if rival.identity.startswith("external:") and same_id(rival.id, row["id"])
    ]
    if not owners or same_id(_known_id(unit), row["id"]):
        return row
    noun = unit.kind.noun.one
    natural = unit.kind.natural_key
    own = unit.called(natural.name) if natural is not None and not unit.wanted.copied else key
    message = (
        f'The {noun} {_number_of(unit, row)} has this {key}, and was written for the externalId "{owners[0]}"; '
        f"give this one a {own} of its own, or the id of the {noun} that is meant."
    )
    return refuse(unit.called(key), "belongs_to_another", message, row=row)


def _is_meant(unit: Unit, key: str, row: Row) -> bool:
    """By a number a cancelled document is not meant; nor is one that the same party numbered differently."""
    natural = unit.kind.natural_key
    if key == SAME:
        return _is_the_same(unit, row)
    if key in {"id", "known"} or natural is None:
        return True
    theirs, ours = row.get(natural.name), _stated(unit).get(natural.name)
    if key == "number" and theirs and ours and not same_value(unit.kind.facts, natural.name, ours, theirs):
        return False
    return not _is_void(unit, row)


def _is_the_same(unit: Unit, row: Row) -> bool:
    """Whether a document is as the record wants it in all that it says, and no other record's."""
    if any(same_id(rival.id, row["id"]) for rival in unit.rivals):
        return False
    alignment, child = _alignment(unit, row), unit.kind.lines
    pairs = zip(unit.resolved.lines or (), alignment.rows, strict=True)
    complete = child is None or all(
        each is not None and not differences(child.facts, line.fields, each) for line, each in pairs
    )
    return complete and not alignment.surplus and not differences(unit.kind.facts, unit.resolved.fields, row)


def _disagreements(unit: Unit, found: Row) -> tuple[Fault, ...]:
    """What the record states and nobody can write, where the service has another value: its prices would differ."""
    stated = {name: unit.wanted.record.get(name) for name in unit.kind.agreeing}
    return tuple(
        Fault(
            "send",
            name,
            "not_applied",
            f"{name} was sent as {value}, and Business Central has {found.get(name)} by the party's card; nobody can "
            "write it, and the prices would mean something else. Correct the card, or send the prices as it has them.",
        )
        for name, value in stated.items()
        if isinstance(value, bool) and isinstance(found.get(name), bool) and found[name] is not value
    )


def _is_void(unit: Unit, row: Row) -> bool:
    natural = unit.kind.natural_key
    return natural is not None and any(row.get(name) in values for name, values in natural.unless.items())


def _is_twin(unit: Unit, row: Row) -> bool:
    natural, fields = unit.kind.natural_key, unit.resolved.fields
    if natural is None or same_id(row["id"], unit.id) or _is_void(unit, row):
        return False
    names = (natural.within, natural.name)
    return all(same_value(unit.kind.facts, name, fields.get(name), row.get(name)) for name in names)


def _without_twin(unit: Unit, answers: Answers, twin: Row) -> Step | None:
    """The younger of two documents is taken back by whoever made it, so that two runs agree on which one stays."""
    ours = next(iter(answers.get("id", ())), None)
    if ours is None or not unit.kind.is_draft(ours):
        return None
    if _age_rank(unit, ours) > _age_rank(unit, twin):
        return Send((Write("DELETE", unit.set_address.at(ours["id"])),), "withdraw")
    log.warning(
        "There are two %s %s of one %s: %s, and the younger %s; if nobody takes that one back, delete it.",
        unit.kind.noun.many,
        twin.get(unit.kind.natural_key.name if unit.kind.natural_key is not None else ""),
        unit.kind.party.removesuffix("Id"),
        _number_of(unit, twin),
        _number_of(unit, ours),
    )
    return None


def _age_rank(unit: Unit, row: Row) -> tuple[int, str]:
    """Numbers of one series grow."""
    number = _number_of(unit, row)
    return len(number), number


def _ended(unit: Unit, name: str, row: Row) -> Refuse:
    noun = unit.kind.noun
    message = (
        f"The {noun.one} is not there, and {name.removeprefix(ENDED)} has {row.get('number')} with the same "
        f"number, which came of it; it is not written a second time."
    )
    return refuse("", "posted_differs", message, row=row)


# --- create --------------------------------------------------------------------------------------------------


def _creation(unit: Unit) -> Step:
    resolved, kind = unit.resolved, unit.kind
    if _acts_on_posted(unit):
        return refuse("", "not_found", f"There is no posted {kind.noun.one} that this could be done to.")
    if (refusal := _without_key(unit)) is not None:
        return refusal
    if faults := (*_lacking(unit), *_incomplete(unit, resolved.lines or ())):
        return Refuse(faults)
    nested = _nestable(unit) if unit.nests_dimensions else {}
    body: dict[str, Any] = dict(resolved.fields)
    if -1 in nested:
        body[_DIMENSIONS] = [to_set_line(dimension) for dimension in nested[-1]]
    if kind.lines is not None and resolved.lines:
        new = [_new_line(line, nested.get(place, ())) for place, line in enumerate(resolved.lines)]
        body[kind.lines.navigation] = new
    return Send((Write("POST", unit.set_address, body),), "create", nests_dimensions=bool(nested))


def _lacking(unit: Unit) -> Iterable[Fault]:
    """What a new document lacks that the service asks for."""
    kind, fields = unit.kind, unit.resolved.fields
    for group in (*kind.facts.required, *((name,) for name in kind.needs)):
        if not any(fields.get(name) for name in group):
            names = " or ".join(sorted(group, key=lambda name: not name.endswith("Id")))
            yield Fault("plan", unit.called(group[0]), "required", f"A new {kind.noun.one} needs its {names}.")


def _without_key(unit: Unit) -> Refuse | None:
    """Why a new document cannot be written without a number of the sender's; None when it has one."""
    natural = unit.kind.natural_key
    if natural is not None and unit.resolved.fields.get(natural.name):
        return None
    if natural is None or (unit.kind.remembered and unit.rules.remembers):
        return _without_memory(unit)
    called = unit.called(natural.name)
    names = called if unit.wanted.copied else f"{called} or an externalId"
    names = f"{names}, or a store_path to remember it" if unit.kind.remembered else names
    message = f"A new {unit.kind.noun.one} needs a {names}: nothing else could keep it from being written twice."
    return refuse(called, "no_key", message)


def _without_memory(unit: Unit) -> Refuse | None:
    """Why a new document of a kind that has no number of the sender's cannot be written; None when it can."""
    if unit.rules.remembers:
        return None
    noun = unit.kind.noun
    message = (
        f"Business Central keeps no number of the sender's with {noun.many}, so only a memory can keep one from being "
        "written twice: set store_path."
    )
    return refuse("", "no_store", message)


def _incomplete(unit: Unit, new_lines: Iterable[ResolvedLine]) -> tuple[Fault, ...]:
    """What a new line lacks: Business Central would take it for 0 without a word."""
    faults = []
    for line in new_lines:
        type_ = line_type(unit.kind.lines, line.kind) if unit.kind.lines is not None else None
        if type_ is None or not type_.needs:
            continue
        called = {type_.needs: type_.needs_called or type_.needs} if not unit.wanted.copied else {}
        for name in dict.fromkeys(("quantity", type_.needs)):
            if line.fields.get(name) is None:
                said = called.get(name, name)
                message = f"{line.field} is a new line and needs its {said}."
                faults.append(Fault("plan", f"{line.field}.{said}", "required", message))
    return tuple(faults)


def _new_line(line: ResolvedLine, nested: Sequence[Dimension] = ()) -> dict[str, Any]:
    body = dict(line.fields)
    if nested:
        body[_DIMENSIONS] = [to_set_line(dimension) for dimension in nested]
    return body


def _nestable(unit: Unit) -> dict[int, list[Dimension]]:
    """The dimensions that can be nested in the create, by the place of their line (-1 is the header).

    What is created inherits dimensions, and one that is there already cannot be created: the header inherits from the
    vendor or customer, a line from the header, its item and its account. What an account hands down cannot be read; if
    that is in the way, the create is refused and tried again without nested dimensions.
    """
    resolved: Resolved = unit.resolved
    inherited = inherited_ids([resolved.found.get(unit.kind.party)])
    on_header = {dimension.id.lower() for dimension in resolved.dimensions}
    nestable = {-1: list(resolved.dimensions)} if on_header and not on_header & inherited else {}
    # Global dimensions are set by the header's own properties; lines inherit those too.
    globals_ = unit.books.header_dimensions or {}
    by_property = {code for code, name in globals_.items() if name in resolved.fields}
    for place, line in enumerate(resolved.lines or ()):
        handed_down = inherited | on_header | inherited_ids(line.found.values())
        own = [
            dimension
            for dimension in line.dimensions
            if dimension.id.lower() not in handed_down and dimension.code.upper() not in by_property
        ]
        if own:
            nestable[place] = own
    return nestable


def _global_names(unit: Unit) -> frozenset[str]:
    """The properties of a header that hold the company's global dimensions."""
    return frozenset((unit.books.header_dimensions or {}).values())


# --- change --------------------------------------------------------------------------------------------------


def _alignment(unit: Unit, found: Row) -> Alignment:
    if unit.kind.lines is None:
        return Alignment((), ())
    known = unit.known.lines if unit.known is not None else {}
    return align(unit.resolved.lines or (), _managed_rows(unit, found), known, unit.kind.lines)


def _rows(unit: Unit, found: Row) -> Sequence[Row]:
    return found.get(unit.kind.lines_name) or ()


def _managed_rows(unit: Unit, found: Row) -> list[Row]:
    """The rows of kinds that the record states in full. Comments and other kinds are somebody else's."""
    stated = unit.wanted.line_kinds
    return [row for row in _rows(unit, found) if row.get("lineType") in stated and not _is_mark(row)]


def _stated(unit: Unit) -> Mapping[str, Any]:
    """The header's properties as they are to be: what is assumed of a new one is not asked of one that was there."""
    assumed = frozenset[str]() if unit.created else unit.wanted.assumed
    return {name: value for name, value in unit.resolved.fields.items() if name not in assumed}


def _amendment(unit: Unit, found: Row, alignment: Alignment) -> Step:
    """What turns the draft into what is wanted: what is to go goes last, when all else is accepted.

    Until then all that was done can be taken back, so that a refusal leaves the draft as it was. While it is half
    changed it says so, in a comment line that goes with the last transaction.
    """
    done, finish = frozenset(unit.history.done), _finish(unit, found, alignment, draft=unit.kind.posting is not None)
    removals = [*_removals(unit, alignment), *_unmarking(unit, found)]
    step = next_step(_changes(unit, found, alignment), done, finish)
    if isinstance(step, Send) and _sets_all_at_once(unit):
        step = replace(step, nests_dimensions=any(write.about == "dimension" for write in step.writes))
    if isinstance(step, Send):
        together = (*step.writes, *removals)
        # One transaction is all or nothing, as long as no later one has to follow.
        is_last = len(together) <= ONE_TRANSACTION and not any(_is_followed(unit, write) for write in step.writes)
        return replace(step, writes=together) if is_last else _marked(unit, found, step, len(together))
    if isinstance(step, Finish):
        step = next_step(removals, done, step)
    if isinstance(step, Send):
        return _marked(unit, found, step, len(step.writes))
    return take_back(step) if isinstance(step, Refuse) and not unit.created else step


def _marks(unit: Unit, found: Row) -> list[Row]:
    return [row for row in _rows(unit, found) if _is_mark(row)]


def _is_mark(row: Row) -> bool:
    return row.get("lineType") == _COMMENT and row.get("description") == UNFINISHED


def _unmarking(unit: Unit, found: Row) -> list[Write]:
    """What takes the mark off again. A record that does not speak of lines cannot have put them right."""
    rows = _marks(unit, found) if unit.resolved.lines is not None else ()
    return [delete(_line_address(unit, row), row, about="line") for row in rows]


def _marked(unit: Unit, found: Row, step: Send, writes: int) -> Send:
    """The step, with a mark on the draft if that is half changed behind it: nobody is to post half a document.

    That is so if all there is to write takes several transactions, and if the service goes over all lines in one.
    """
    lines, first = unit.kind.lines, step.writes[0]
    of_header = first.about == "record"
    is_half = writes > ONE_TRANSACTION or (of_header and bool(_remaking(unit) & (first.body or {}).keys()))
    is_told = lines is None or line_type(lines, _COMMENT) is None or bool(_marks(unit, found))
    if lines is None or is_told or not is_half or not unit.resolved.lines or not _rows(unit, found):
        return step
    address = unit.set_address.at(found["id"]).below(lines.navigation)
    mark = Write("POST", address, {"lineType": _COMMENT, "description": UNFINISHED}, "line")
    # The first transaction takes a hundred writes, and the service may take the comment along when it goes over lines.
    place = int(of_header)
    return replace(step, writes=(*step.writes[:place], mark, *step.writes[place:]))


def _is_followed(unit: Unit, write: Write) -> bool:
    """Whether dimensions, or all that depends on the party, may have to be written after this."""
    moves = (_remaking(unit) | _global_names(unit)) & (write.body or {}).keys()
    return write.method == "POST" or write.about == "dimension" or bool(moves)


def _remaking(unit: Unit) -> frozenset[str]:
    """Properties of the header after whose change the service goes over all lines."""
    return frozenset({unit.kind.party, "pricesIncludeTax"})


def _removals(unit: Unit, alignment: Alignment) -> list[Write]:
    gone = alignment.surplus if unit.rules.replaces_lines else alignment.replaced
    return [delete(_line_address(unit, row), row, about="line") for row in gone]


def _line_address(unit: Unit, row: Row) -> Address:
    return replace(unit.set_address, entity_set=unit.kind.lines_name, id=str(row["id"]))


def _changes(unit: Unit, found: Row, alignment: Alignment) -> list[Write]:
    """What differs. A change that moves dimensions goes first: what it leaves them at is seen by the next look.

    Dimension set lines of a header are its alone, so that those of a new document travel with those of its lines.
    """
    address, kind = unit.set_address.at(found["id"]), unit.kind
    changes = differences(kind.facts, _stated(unit), found)
    writes = [patch(address, kind.facts, changes, found)] if changes else []
    if _remaking(unit) & changes.keys() or kind.lines is None:
        return writes
    on_header = set_line_writes(address, unit.resolved.dimensions, found.get(_DIMENSIONS) or ())
    hands_down = (bool(on_header) and not _sets_all_at_once(unit)) or bool(_global_names(unit) & changes.keys())
    writes += on_header
    for line, row in zip(unit.resolved.lines or (), alignment.rows, strict=True):
        if row is None:
            # Its dimensions come with the next look, when what it has inherited is known.
            writes.append(Write("POST", address.below(kind.lines.navigation), _new_line(line), "line"))
        else:
            writes += _line_changes(unit, kind.lines, line, row, with_dimensions=not hands_down)
    return writes


def _sets_all_at_once(unit: Unit) -> bool:
    """Whether dimensions of the header and of lines are set together: of a new document, unless that was refused."""
    return unit.created and unit.nests_dimensions


def _line_changes(unit: Unit, child: Child, line: ResolvedLine, row: Row, *, with_dimensions: bool) -> list[Write]:
    address = _line_address(unit, row)
    changes = differences(child.facts, line.fields, row)
    if child.recalculating & changes.keys():
        # The service calculates these anew, so they are written again behind it.
        changes |= {name: line.fields[name] for name in child.recalculated if name in line.fields}
        changes = {name: changes[name] for name in line.fields if name in changes}
    writes = [patch(address, child.facts, changes, row, about="line", field_=line.field)] if changes else []
    if with_dimensions:
        writes += set_line_writes(address, line.dimensions, row.get(_DIMENSIONS) or ())
    return writes


def _finish(unit: Unit, found: Row, alignment: Alignment, *, draft: bool, posted: bool = False) -> Finish:
    pairs = zip(unit.resolved.lines or (), alignment.rows, strict=bool(alignment.rows))
    lines = {line.external_id: str(row["id"]) for line, row in pairs if line.external_id and row is not None}
    # Of lines that the record does not speak of, what is known stays known.
    lines = {**_known_lines(unit, found, {*unit.wanted.line_kinds}), **lines}
    return Finish(str(found["id"]), _number_of(unit, found), lines=lines, draft=draft, posted=posted)


def _known_lines(unit: Unit, found: Row, but: set[str]) -> dict[str, str]:
    known = unit.known.lines if unit.known is not None else {}
    there = {str(row["id"]).lower() for row in _rows(unit, found) if row.get("lineType") not in but}
    return {external_id: id_ for external_id, id_ in known.items() if str(id_).lower() in there}


# --- post, and what is posted --------------------------------------------------------------------------------


def _posting(unit: Unit, found: Row, alignment: Alignment, draft: Finish) -> Step:
    number, noun = _number_of(unit, found), unit.kind.noun
    action = unit.action
    if action is not None and action.is_for_posted:
        message = f"The {noun.one} {number} is a draft; {action.name} is for posted ones."
        return refuse("action", "not_posted", message, row=found)
    if draft.faults:
        return Refuse(draft.faults, draft.id, draft.number)
    if (error := refusal_to_post(unit)) is not None:
        return Refuse(_faults_of_posting(error), draft.id, number)
    if _marks(unit, found):
        message = (
            f"The draft {number} is half changed, as its comment says, and the record has no lines that would complete "
            "it, so it is not posted; send it with its lines."
        )
        return refuse("", "unfinished", message, row=found)
    if faults := differences_in_money(
        unit, found, alignment.rows, _known_lines(unit, found, {*unit.wanted.line_kinds})
    ):
        return Refuse(faults, draft.id, number)
    name = action.name if action is not None else ""
    # With the version that was compared: a draft that somebody has changed since then is looked at again.
    return Send((act(unit.set_address.at(found["id"]), name, found),), "post")


def _posted(unit: Unit, found: Row) -> Step:
    """What is posted is done if it is as the record wants it, and out of reach if it is not."""
    alignment, noun, number = _alignment(unit, found), unit.kind.noun.one, _number_of(unit, found)
    differing = _posted_differences(unit, found, alignment)
    if differing and not unit.posted:
        message = (
            f"The {noun} is posted as {number} and differs in {', '.join(differing)}; "
            f"a posted {noun} cannot be changed. Correct it in Business Central, or send a new {noun}."
        )
        return refuse("", "posted_differs", message, row=found)
    finish = _finish(unit, found, alignment, draft=False, posted=True)
    if _acts_on_posted(unit):
        return _acted(unit, found, finish)
    if (error := refusal_to_post(unit)) is not None and not unit.posted:
        # It was refused and done all the same, or somebody else has done it meanwhile.
        finish = replace(finish, kind="posted", faults=_faults_of_posting(error))
    known = _known_lines(unit, found, {*unit.wanted.line_kinds})
    if unit.posted and (foreign := foreign_lines(unit, found, alignment.rows, known)):
        message = (
            f"The {noun} was posted as {number} with lines that somebody else added at that very moment "
            f"({foreign}); correct it in Business Central."
        )
        return replace(finish, faults=(Fault("post", "", FOREIGN_LINES, message),))
    if unit.posted and differing:
        message = (
            f"The {noun} was posted as {number} with other values than the record's ({', '.join(differing)}), which "
            "somebody set at that very moment; correct it in Business Central."
        )
        return replace(finish, faults=(Fault("post", "", "posted_differs", message),))
    return finish


def _acted(unit: Unit, found: Row, finish: Finish) -> Step:
    """What a record asks for that is done to a posted document: once, as far as that can be seen or is remembered."""
    action = unit.action
    assert action is not None
    if action.done and all(found.get(name) in values for name, values in action.done.items()):
        return finish
    if (error := refusal_to_post(unit)) is not None:
        fault = from_error(error, "post", doing=f"Business Central refused {action.name}")
        return Refuse((fault,), finish.id, finish.number)
    return Send((act(unit.set_address.at(found["id"]), action.name, found),), "post")


def _posted_differences(unit: Unit, found: Row, alignment: Alignment) -> list[str]:
    child = unit.kind.lines
    changes = differences(unit.kind.facts, _stated(unit), found)
    names = [name for name, sent in changes.items() if not is_rounded(unit.kind.facts, name, sent, found.get(name))]
    for line, row in zip(unit.resolved.lines or (), alignment.rows, strict=True):
        if row is None or child is None:
            names.append(line.field)
            continue
        names += [f"{line.field}.{name}" for name in _posted_changes(child, line, row)]
        if set_line_writes(_line_address(unit, row), line.dimensions, row.get(_DIMENSIONS) or ()):
            names.append(f"{line.field}'s dimensions")
    if set_line_writes(unit.set_address, unit.resolved.dimensions, found.get(_DIMENSIONS) or ()):
        names.append("dimensions")
    if alignment.surplus and unit.rules.replaces_lines:
        names.append(f"{len(alignment.surplus)} lines that the record does not have")
    return names


def _posted_changes(child: Child, line: ResolvedLine, row: Row) -> list[str]:
    """What differs in a posted line. What the service rounded when it posted does not."""
    changes = differences(child.facts, line.fields, row)
    return [
        name
        for name, sent in changes.items()
        if name not in _NOT_COMPARED_WHEN_POSTED and not is_rounded(child.facts, name, sent, row.get(name))
    ]


def _deletion(unit: Unit, found: Row | None) -> Step:
    noun = unit.kind.noun.one
    if found is None:
        return Finish(None, unit.wanted.number, "deleted" if unit.updated else "unchanged")
    if unit.rules.on_delete == "ignore":
        return Finish(str(found["id"]), _number_of(unit, found), "unchanged")
    if unit.rules.on_delete == "block":
        message = f"{str(unit.kind.noun).capitalize()} cannot be blocked; set on_delete to delete or ignore."
        return refuse("_sdc_deleted_at", "not_blockable", message, row=found)
    if not unit.kind.is_draft(found):
        message = f"The {noun} is posted; a posted {noun} is not deleted."
        return refuse("_sdc_deleted_at", "posted", message, row=found)
    return Send((delete(unit.set_address.at(found["id"]), found),), "update")

"""Is a document that is posted as the record wants it? What is posted is never written to. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_plugin.run_lines import counted
from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.kept.outcomes import Became
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.before_posting import FOREIGN_LINES, differing_amounts, foreign_lines
from target_dynamics_bc.writing.comparing import differences, is_rounded
from target_dynamics_bc.writing.dimension_writes import SET_LINES, set_line_writes
from target_dynamics_bc.writing.documents.amending import line_address
from target_dynamics_bc.writing.documents.document import age_rank
from target_dynamics_bc.writing.documents.rounding import as_it_was_drafted
from target_dynamics_bc.writing.refusing import fault_of_posting, refusal_to_post
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step, refuse
from target_dynamics_bc.writing.writes import act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.documents.document import Document

# Of posted lines these read differently: the VAT identifier in place of the code.
_NOT_COMPARED = frozenset({"taxCode"})


def posted(document: Document, made: Sequence[Row] = ()) -> Step:
    """What is posted is done if it is as the record wants it, and out of reach if it is not.

    Args:
        document: What is posted.
        made: What an action that nobody has answered has made of it.
    """
    document = as_it_was_drafted(document)
    unit, noun = document.unit, document.unit.kind.noun.one
    differing = differing_names(document)
    if differing and not unit.posted:
        message = (
            f"The {noun} is posted as {document.number} and differs in {', '.join(differing)}; "
            f"a posted {noun} cannot be changed. Correct it in Business Central, or send a new {noun}."
        )
        return refuse("", "posted_differs", message, row=document.row)
    finish = document.finish(posted=True)
    if unit.acts_on_posted:
        return _acted(document, finish, made)
    if unit.posted:
        return replace(finish, faults=_set_meanwhile(document, differing))
    faults = _without_files(document)
    if (error := refusal_to_post(unit)) is not None:
        # It was refused and done all the same, or somebody else has done it meanwhile.
        return replace(finish, kind="posted", faults=(fault_of_posting(error), *faults))
    return replace(finish, faults=faults)


def _without_files(document: Document) -> tuple[Fault, ...]:
    """What a document lacks of its files, because somebody posted it before they had arrived."""
    noun, number = document.unit.kind.noun.one, document.number
    return tuple(
        Fault(
            "send",
            file.field,
            "file_missing",
            f"The {noun} is posted as {number}, and {file.name} is not there as it was sent; what is posted is never "
            "written to, so attach it in Business Central.",
        )
        for file in files.lacking(document.unit, document.row)
    )


def _set_meanwhile(document: Document, differing: list[str]) -> tuple[Fault, ...]:
    """What somebody else did between the last look and the posting."""
    unit, noun, number = document.unit, document.unit.kind.noun.one, document.number
    if foreign := foreign_lines(unit, document.row, document.alignment.rows, document.known_lines()):
        message = (
            f"The {noun} was posted as {number} with lines that somebody else added at that very moment "
            f"({foreign}); correct it in Business Central."
        )
        return (Fault("post", "", FOREIGN_LINES, message),)
    if differing:
        message = (
            f"The {noun} was posted as {number} with other values than the record's ({', '.join(differing)}), which "
            "somebody set at that very moment; correct it in Business Central."
        )
        return (Fault("post", "", "posted_differs", message),)
    return ()


def _acted(document: Document, finish: Finish, made: Sequence[Row]) -> Step:
    """What a record asks for that is done to a posted document: once, as far as that can be seen or is remembered."""
    action = document.unit.action
    assert action is not None
    if made:
        row = max(made, key=lambda row: age_rank(document.unit, row))
        return replace(finish, became=Became(action.leads_to, str(row["id"]), document.unit.kind.number_of(row)))
    if action.done and all(document.row.get(name) in values for name, values in action.done.items()):
        return finish
    if (error := refusal_to_post(document.unit)) is not None:
        fault = from_error(error, "post", doing=f"Business Central refused {action.name}")
        return Refuse((fault,), finish.id, finish.number)
    call = act(document.address, action.name, document.row, leads_to=action.leads_to, origin=action.origin)
    # Of what nothing shows nobody could tell whether a second call is the first one.
    return Send((replace(call, before=document.row) if action.leaves_no_trace else call,), "post")


def differing_names(document: Document) -> list[str]:
    """What of what is posted differs from the record, in the words of messages."""
    unit, found, child = document.unit, document.row, document.unit.kind.lines
    changes = differences(unit.kind.facts, unit.stated_fields, found)
    names = [name for name, sent in changes.items() if not is_rounded(unit.kind.facts, name, sent, found.get(name))]
    for line, row in document.pairs:
        if row is None or child is None:
            names.append(line.field)
            continue
        names += [f"{line.field}.{name}" for name in _line_differences(child, line, row)]
        if set_line_writes(line_address(unit, row), line.dimensions, row.get(SET_LINES) or ()):
            names.append(f"{line.field}'s dimensions")
    if set_line_writes(document.address, unit.resolved.dimensions, found.get(SET_LINES) or ()):
        names.append("dimensions")
    if document.alignment.surplus and unit.rules.replaces_lines:
        names.append(f"{counted(len(document.alignment.surplus), 'line')} that the record does not have")
    return [*names, *differing_amounts(unit, found, document.alignment.rows)]


def _line_differences(child: Child, line: ResolvedLine, row: Row) -> list[str]:
    """What differs in a line. What the service rounded when it posted does not."""
    changes = differences(child.facts, line.fields, row)
    return [
        name
        for name, sent in changes.items()
        if name not in _NOT_COMPARED and not is_rounded(child.facts, name, sent, row.get(name))
    ]

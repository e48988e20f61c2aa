"""Is a payment applied to the several documents that it is for, each in full? Pure.

A line in a journal names one document at most. For several of them the service lists the open entries of the party
below the line (page 30073, APIV2 - Apply Vendor Entries). Whatever is written to an entry turns its mark over: the
entry is then settled by whatever is posted under the document number of the line, or is not any more. How much of it
nobody can say: all that is open, as far as the payment reaches, by due dates. So a part of an entry cannot be paid
along with others, and no entry that somebody else has marked is touched.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion
from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.writing.journals.places import line_address, line_id, number_of, posted_from, rules_of
from target_dynamics_bc.writing.steps import Answers, Refuse, refuse
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit

_INVOICE = "Invoice"
_MARK = {"applied": True}
_UNMARK = {"applied": False}


def application_looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked of the lines that a payment of several documents may have: the open entries below them.

    They are asked for by the lines' own ids, because the service has none for a line without a party, and says so by
    refusing the whole question.
    """
    if not unit.resolved.applications:
        return {}
    ids = [line_id(unit, posted_from(unit), 0), line_id(unit, "draft", 0)]
    ids += [unit.known.id] if unit.known is not None and unit.known.id and not unit.known.posted else []
    below, path = (Expansion(rules_of(unit).applications),), unit.path(unit.kind.entity_set)
    return {_below(id_): by_key(path, "id", id_, select=("id",), expand=below) for id_ in ids}


def application_writes(unit: Unit, line: Row, answers: Answers, *, is_own: bool) -> list[Write] | Refuse:
    """What applies a line to the documents of its record, and to no others; or why it cannot be.

    Args:
        unit: A payment; of one that lists no documents nothing is written.
        line: Its line.
        answers: The open entries of its party, among others.
        is_own: Whether it stands in a batch of its own, where nobody but this run marks entries for it.
    """
    if not unit.resolved.applications:
        return []
    entries = _entries(unit, line, answers)
    invoices = {str(row["documentNumber"]).upper(): row for row in entries if _is_invoice(row)}
    pairs = [(part, invoices.get(_document(unit, part))) for part in unit.resolved.applications]
    faults = tuple(fault for part, entry in pairs for fault in _unpayable(unit, part, entry))
    if faults:
        return Refuse(faults)
    wanted = [entry for _, entry in pairs if entry is not None]
    foreign = [row for row in entries if _is_marked(unit, row) and row not in wanted]
    if foreign and (is_own or unit.created or unit.rivals):
        return _foreign(unit, foreign)
    address = line_address(unit, line).below(rules_of(unit).applications)
    marks = [Write("PATCH", address.at(row["id"]), _MARK, before=_UNMARK) for row in wanted]
    missing = [mark for mark, row in zip(marks, wanted, strict=True) if not _is_marked(unit, row)]
    surplus = [Write("PATCH", address.at(row["id"]), _UNMARK, before=_MARK) for row in foreign]
    done = unit.history.done
    if any(write.fingerprint in done for write in (*missing, *surplus)):
        message = "Business Central took what applies the payment to its documents, and does not show it; look there."
        return refuse(_field(unit), "not_applied", message)
    is_begun = any(mark.fingerprint in done for mark in marks)
    if unit.rules.previews and not is_begun and len(missing) < len(marks):
        return []  # it is the draft's that are marked, and would not be any more when the preview's batch goes
    if is_own and not missing and not is_begun:
        # Somebody's draft of the same number has marked them, or a run that was killed has: of which line the mark is
        # does not show. It is taken off and set again by this line.
        return [Write("PATCH", marks[0].address, _UNMARK, before=_MARK)]
    return missing + surplus


def _unpayable(unit: Unit, part: ResolvedLine, entry: Row | None) -> Iterator[Fault]:
    """Why a document cannot be paid as the record says."""
    name = rules_of(unit).applies_to
    document = part.found[name]["number"]
    field = next(line.references[name].field for line in unit.wanted.applications if line.field == part.field)
    if entry is None:
        message = f"Document {document} is no longer open: it has been paid or cancelled. Take it out of the payment."
        yield from refuse(field, "not_open", message).faults
        return
    mark, paid = str(entry.get("appliesToId") or ""), Decimal(part.fields["amount"])
    left = abs(Decimal(str(entry["remainingAmount"])))
    if mark and not _is_marked(unit, entry):
        message = (
            f"Document {document} is to be settled by what is posted as {mark}; take that application away in "
            "Business Central, or take it out of this payment."
        )
        yield from refuse(field, "applied_elsewhere", message).faults
    if paid > left:
        message = f"The payment gives {paid} to document {document}, of which {left} is open; pay what is open."
        yield from refuse(f"{part.field}.amount", "more_than_is_open", message).faults
    if paid < left:
        message = (
            f"The payment gives {paid} to document {document}, of which {left} is open. Business Central's API applies "
            "a payment to several documents only in full; send the part as a payment of its own."
        )
        yield from refuse(f"{part.field}.amount", "part_of_a_bill", message).faults


def _foreign(unit: Unit, entries: Sequence[Row]) -> Refuse:
    numbers = ", ".join(str(row["documentNumber"]) for row in entries)
    message = (
        f"{numbers} would be paid along, because something else of number {number_of(unit)} is applied to it; take "
        "that away in Business Central, or give the payment a number of its own."
    )
    return refuse(_field(unit), "foreign_applications", message)


def _entries(unit: Unit, line: Row, answers: Answers) -> Sequence[Row]:
    found = answers.get(_below(str(line["id"])), ())
    return [row for each in found for row in each.get(rules_of(unit).applications) or ()]


def _below(line: str) -> str:
    """What the look for the entries below a line is called."""
    return f"below {line.lower()}"


def _is_invoice(entry: Row) -> bool:
    return decode_enum(str(entry.get("documentType") or "")) == _INVOICE


def _is_marked(unit: Unit, entry: Row) -> bool:
    return str(entry.get("appliesToId") or "").upper() == number_of(unit).upper()


def _document(unit: Unit, part: ResolvedLine) -> str:
    return str(part.found[rules_of(unit).applies_to]["number"]).upper()


def _field(unit: Unit) -> str:
    """The field that holds the list."""
    return unit.wanted.applications[0].field.partition("[")[0]

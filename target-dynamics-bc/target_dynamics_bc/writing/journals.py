"""How is a journal entry or a payment found, and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers. A draft is lines in a journal that people use. One that is to
    be posted
goes into a journal batch of its own, because posting a journal posts every line in it; the batch is removed
afterwards. What is posted is found in the general ledger, by document number and posting date.

Lines carry ids of ours, derived from the entry's identity and their place, so the service itself refuses a second copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from dynamics_bc_client.odata.query import Expansion, Query, all_of, equals, text_literal
from target_dynamics_bc import identity
from target_dynamics_bc.finding.references import ZERO_GUID
from target_dynamics_bc.identity import batch_id, journal_code
from target_dynamics_bc.wanted.records import ResolvedLine
from target_dynamics_bc.writing.comparing import differences, same_value
from target_dynamics_bc.writing.leftovers import NAMED
from target_dynamics_bc.writing.rows import inherited_ids, set_line_writes, to_set_line
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step, Write, next_step, patch, refuse

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

Answers = Mapping[str, Sequence["Row"]]
Verdict = Literal["absent", "same", "differs", "unclear"]

PLACES = 1000
"""How many lines that an entry no longer has are known again as ours."""

# Who or what a line is for hands down dimensions; what they are afterwards is seen by the next look.
_MOVES_DIMENSIONS = frozenset({"accountId", "vendorId"})
_BLANK_TYPES = frozenset({"", " ", "_x0020_"})
_LEDGER_FIELDS = (
    "id", "postingDate", "documentNumber", "documentType", "accountId", "description", "debitAmount", "creditAmount"
)  # fmt: skip


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step."""
    fields = unit.resolved.fields
    number = f"documentNumber eq {text_literal(fields['documentNumber'])}"
    dimensions = Expansion("dimensionSetLines")
    in_batch = Expansion(unit.entity.entity_set, expand=(dimensions,))
    drafts = unit.path(f"{_set_path(unit, _journal(unit)['id'])}")
    queries = {
        "own": Query(unit.path(unit.entity.batches), expand=(in_batch,), filter=equals("id", own_batch_id(unit))),
        "drafts": Query(drafts, expand=(dimensions,), filter=number),
    }
    if _is_payment(unit):
        if bill := fields.get("appliesToInvoiceId"):
            # Whether it is paid may have changed since it was looked up, by this very payment.
            bills = unit.path("purchaseInvoices")
            queries["bill"] = Query(bills, ("id", "status", "totalAmountIncludingTax"), filter=equals("id", bill))
        queries["mine"] = Query(drafts, expand=(dimensions,), filter=equals("id", line_id(unit, "draft", 0)))
    day = fields.get("postingDate")
    if day:
        ledger = unit.path("generalLedgerEntries")
        queries["posted"] = Query(ledger, _LEDGER_FIELDS, filter=all_of(number, f"postingDate eq {day}"))
    return queries


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    if unit.wanted.deleted:
        message = "A deletion of an entry or a payment is not carried over; remove its lines in Business Central."
        return (
            Finish(None, _number(unit), "unchanged")
            if unit.rules.on_delete == "ignore"
            else refuse("_sdc_deleted_at", "not_blockable", message)
        )
    own = next(iter(answers["own"]), None)
    drafts = _our_drafts(unit, answers)
    verdict: Verdict = "same" if unit.posted else _verdict(unit, answers)
    if verdict == "same":
        return _clean_up(unit, own, drafts, answers)
    if verdict in {"differs", "unclear"} or (unit.known is not None and unit.known.posted):
        return _posted_otherwise(unit, verdict)
    if unit.rules.posts:
        return _towards_posting(unit, own)
    return _as_draft(unit, own, drafts, answers)


def own_batch_id(unit: Unit) -> str:
    """Id of the batch that this entry or payment is posted from."""
    return batch_id(unit.books.id, unit.entity.batches, unit.key.identity, unit.attempt)


def line_id(unit: Unit, where: Literal["draft", "post"], place: int) -> str:
    """Id of a line: the same in every run, another one in a draft than in the batch it is posted from."""
    return identity.line_id(unit.books.id, unit.entity.entity_set, unit.key.identity, where, place)


# --- drafts --------------------------------------------------------------------------------------------------


def _as_draft(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Step:
    """The lines as they are to stand in the journal that people use."""
    journal = _journal(unit)
    if _is_payment(unit) and not drafts and (doubt := _draft_in_doubt(unit, answers["drafts"])) is not None:
        return doubt
    rows = {**drafts, **_adopted(unit, drafts, answers["drafts"])}
    if not rows and (incomplete := _without_amount(unit)) is not None:
        return incomplete
    writes = _line_writes(
        unit, str(journal["id"]), "draft", rows, no_balance=bool(_balances(journal)) and not _is_payment(unit)
    )
    removals = _removals(unit, rows)
    if own is not None:
        removals.append(Write("DELETE", unit.path(unit.entity.batches, str(own["id"]))))
    first = rows.get(0)
    finish = Finish(str(first["id"]) if first else None, _number(unit), draft=True)
    step = next_step(writes, frozenset(unit.done), finish)
    if isinstance(step, Send) and not rows:
        return Send(step.writes, "create", nests_dimensions=not unit.plain)
    if isinstance(step, Finish):
        step = next_step(removals, frozenset(unit.done), step)
    return replace(step, takes_back=not unit.created) if isinstance(step, Refuse) else step


def _our_drafts(unit: Unit, answers: Answers) -> dict[int, Row]:
    """The rows of the draft journal that we wrote, by their place."""
    rows = {str(row["id"]).lower(): row for name in ("drafts", "mine") for row in answers.get(name, ())}
    places = range(1 if _is_payment(unit) else _places(unit)) if rows else range(0)
    ours = {place: rows[id_] for place in places if (id_ := line_id(unit, "draft", place)) in rows}
    taken_over = str(unit.known.id).lower() if unit.known is not None and not unit.known.posted else ""
    if _is_payment(unit) and not ours and taken_over in rows and not unit.posted:
        return {0: rows[taken_over]}
    return ours


def _draft_in_doubt(unit: Unit, rows: Sequence[Row]) -> Refuse | None:
    """Why a draft is not written beside those that somebody else has made with its number; None when it can be."""
    free = _nobodys(unit, rows)
    if sum(_is_this_payment(unit, row) for row in free) > 1:
        return refuse("paymentNumber", "ambiguous", f"{len(free)} payments of the journal fit; remove all but one.")
    others = [row for row in free if not _is_this_payment(unit, row)]
    # A sender who has ids may use one number for several vendors or bills; its own are told apart by those.
    if unit.wanted.external_id is not None:
        others = [row for row in others if _is_for_the_same(unit, row)]
    if not others or len(others) < len(free):
        return None
    row = others[0]
    message = (
        f"The journal has a payment {_number(unit)} of {row.get('amount')} to {row.get('vendorNumber')} that is not "
        "this one, and it is not overwritten; give the payment a number of its own, or remove the other one."
    )
    return refuse("paymentNumber", "ambiguous", message)


def _is_this_payment(unit: Unit, row: Row) -> bool:
    """Of the payments with this number that nobody of ours wrote: only one that is the same in all that matters."""
    return _is_for_the_same(unit, row) and same_value("amount", unit.resolved.fields.get("amount"), row.get("amount"))


def _is_for_the_same(unit: Unit, row: Row) -> bool:
    fields = unit.resolved.fields
    return all(same_value(name, fields.get(name), row.get(name)) for name in ("vendorId", "appliesToInvoiceId"))


def _nobodys(unit: Unit, rows: Sequence[Row]) -> list[Row]:
    """The draft rows that no other record of the sender's has, as far as the memory knows."""
    if not rows or not unit.rivals:
        return list(rows)
    places = 1 if _is_payment(unit) else len(rows) + _places(unit)
    taken = {rival.id.lower() for rival in unit.rivals}
    taken |= {
        identity.line_id(unit.books.id, unit.entity.entity_set, rival.identity, "draft", place)
        for rival in unit.rivals
        for place in range(places)
    }
    return [row for row in rows if str(row["id"]).lower() not in taken]


def _adopted(unit: Unit, ours: Mapping[int, Row], rows: Sequence[Row]) -> dict[int, Row]:
    """Lines that somebody else wrote for this payment or entry exactly as we would; others are left alone."""
    rows = _nobodys(unit, rows)
    if _is_payment(unit):
        row = next((row for row in rows if _is_this_payment(unit, row)), None)
        return {0: row} if row is not None and not ours else {}
    taken = {str(row["id"]) for row in ours.values()}
    free = [row for row in rows if str(row["id"]) not in taken]
    adopted = {}
    for place, line in enumerate(_lines(unit)):
        row = next((row for row in free if place not in ours and not differences(_core(line), row)), None)
        if row is not None:
            adopted[place] = row
            free = [other for other in free if other is not row]
    return adopted


def _core(line: ResolvedLine) -> dict[str, Any]:
    return {
        name: line.fields[name]
        for name in ("accountId", "postingDate", "documentNumber", "amount")
        if name in line.fields
    }


# --- posting -------------------------------------------------------------------------------------------------


def _towards_posting(unit: Unit, own: Row | None) -> Step:
    """A batch of its own, its lines, then the action."""
    if own is None:
        return _without_amount(unit) or _own_batch(unit)
    rows = {str(row["id"]).lower(): row for row in own.get(unit.entity.entity_set) or ()}
    by_place = (
        {place: rows[id_] for place in range(_places(unit)) if (id_ := line_id(unit, "post", place)) in rows}
        if rows
        else {}
    )
    writes = _line_writes(unit, str(own["id"]), "post", by_place, no_balance=False)
    writes += _removals(unit, by_place)
    strangers = [row for row in rows.values() if row not in by_place.values()]
    if strangers:
        message = f"The journal batch {own['code']} holds lines of somebody else, so it is not posted; remove them."
        return refuse("", "foreign_lines", message)
    step = next_step(writes, frozenset(unit.done), Finish(None, _number(unit)))
    if isinstance(step, Finish) and step.faults:
        step = Refuse(step.faults, None, step.number)
    if isinstance(step, Refuse):
        return replace(step, takes_back=True)
    if isinstance(step, Send):
        return step
    # The action is the journals' alone; they know every batch by its id, payment journals too.
    return Send((Write("POST", unit.path("journals", str(own["id"])), action="post"),), "post")


def _own_batch(unit: Unit) -> Send:
    id_ = own_batch_id(unit)
    journal = _journal(unit)
    body: dict[str, Any] = {"id": id_, "code": journal_code(id_), "displayName": f"{NAMED}{_number(unit)}"}
    if _is_payment(unit) and _balances(journal):
        body["balancingAccountId"] = journal["balancingAccountId"]
    body[unit.entity.entity_set] = [_new_line(unit, line, "post", place) for place, line in enumerate(_lines(unit))]
    return Send((Write("POST", unit.path(unit.entity.batches), body),), "create", nests_dimensions=not unit.plain)


def _clean_up(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Step:
    """It is posted: our batch and our drafts of it go."""
    if own is not None:
        return Send((Write("DELETE", unit.path(unit.entity.batches, str(own["id"]))),), "clean")
    # What somebody else had drafted for it would be posted once more some day; it goes with the posting, and only then.
    left = {**drafts, **(_adopted(unit, drafts, answers["drafts"]) if unit.posted else {})}
    if left:
        writes = tuple(Write("DELETE", unit.path(unit.entity.entity_set, str(row["id"]))) for row in left.values())
        return Send(writes, "clean")
    row = _posted_row(unit, answers.get("posted", ()))
    return Finish(str(row["id"]) if row is not None else None, _number(unit), posted=True)


def _posted_row(unit: Unit, rows: Sequence[Row]) -> Row | None:
    """The row of the general ledger that this payment is known by from now on; none that another is known by."""
    if not _is_payment(unit):
        return next(iter(rows), None)
    taken = {rival.id.lower() for rival in unit.rivals if rival.posted}
    own = unit.known.id if unit.known is not None and unit.known.posted else None
    free = [row for row in _of_amount(unit, rows) if str(row["id"]).lower() not in taken]
    # A payment has two rows; those of one side count them.
    debits = [row for row in free if _amount(row, "debitAmount")]
    candidates = [*(row for row in free if str(row["id"]) == own), *debits, *free, *rows]
    return next(iter(candidates), None)


def _of_amount(unit: Unit, rows: Sequence[Row]) -> list[Row]:
    amount = _wanted_amount(unit)
    if amount is None:
        return list(rows)
    return [row for row in rows if amount in {_amount(row, "debitAmount"), _amount(row, "creditAmount")}]


def _without_amount(unit: Unit) -> Refuse | None:
    """Why a new payment cannot be written: Business Central would take a missing amount for 0 without a word."""
    if not _is_payment(unit) or _wanted_amount(unit) is not None:
        return None
    return refuse("amount", "required", "A new payment needs its amount.")


def _wanted_amount(unit: Unit) -> Decimal | None:
    """Of a payment; None when the record leaves it as it is."""
    amount = unit.resolved.fields.get("amount")
    return None if amount is None else abs(Decimal(amount))


def _unclaimed(unit: Unit, rows: Sequence[Row]) -> int:
    """How many posted payments these rows are, beyond those that are known to be others of the sender's."""
    sides = [sum(bool(_amount(row, name)) for row in rows) for name in ("debitAmount", "creditAmount")]
    ids = {str(row["id"]).lower() for row in rows}
    return max(sides) - sum(rival.posted and rival.id.lower() in ids for rival in unit.rivals)


def _posted_otherwise(unit: Unit, verdict: Verdict) -> Step:
    number, day = _number(unit), unit.resolved.fields.get("postingDate")
    if verdict == "unclear" and not _is_payment(unit):
        message = (
            f"The general ledger has an entry {number} of {day} that was posted for another externalId, so nobody can "
            "tell whether this one is there too; give it a number of its own."
        )
        return refuse("journalEntryNumber", "posted_unclear", message)
    if verdict == "unclear":
        message = (
            f"The general ledger has a payment {number} of {day} with this amount, and does not say whether it "
            "is this vendor's; "
            "give the payment a number of its own if it is another one."
        )
        return refuse("paymentNumber", "posted_unclear", message)
    message = (
        f"{number} of {day} was posted before with other amounts, accounts or date; what is posted cannot be changed. "
        "Send a correcting entry with a number of its own."
    )
    return refuse("", "posted_differs", message)


def _verdict(unit: Unit, answers: Answers) -> Verdict:
    """Whether the general ledger holds this entry or payment."""
    rows = answers.get("posted", ())
    if _is_payment(unit):
        payments = [row for row in rows if row.get("documentType") == "Payment"]
        return _payment_verdict(unit, payments, next(iter(answers.get("bill", ())), None))
    return _entry_verdict(unit, [row for row in rows if str(row.get("documentType") or "") in _BLANK_TYPES])


def _entry_verdict(unit: Unit, rows: Sequence[Row]) -> Verdict:
    """Posting may split an amount into net and tax, but debits stay the same in sum, and every account is there."""
    if not rows:
        return "absent"
    ids = {str(row["id"]).lower() for row in rows}
    if any(rival.posted and rival.id.lower() in ids for rival in unit.rivals):
        return "unclear"
    debits = sum((_amount(row, "debitAmount") for row in rows), Decimal(0))
    wanted = sum((_debit(line) for line in _lines(unit)), Decimal(0))
    accounts = {str(row.get("accountId", "")).lower() for row in rows}
    complete = all(str(line.fields["accountId"]).lower() in accounts for line in _lines(unit))
    return "same" if complete and debits == wanted else "differs"


def _debit(line: ResolvedLine) -> Decimal:
    """What a line debits: its account, or its balancing account if it has one."""
    amount = Decimal(line.fields["amount"])
    is_balanced = not same_value("balancingAccountId", line.fields.get("balancingAccountId"), "")
    return abs(amount) if is_balanced else max(amount, Decimal(0))


def _payment_verdict(unit: Unit, rows: Sequence[Row], bill: Row | None) -> Verdict:
    """The general ledger does not name vendors: a payment's description does, and the bill says whether it is paid."""
    amount = _wanted_amount(unit)
    fitting = _of_amount(unit, rows)
    vendor = str(unit.resolved.fields.get("description", "")).strip()
    by_name = [row for row in rows if str(row.get("description", "")).strip() == vendor]
    if not rows or _is_open(bill, amount):
        return "absent"
    if fitting and _unclaimed(unit, fitting) > 0:
        return "same" if any(row in by_name for row in fitting) else "unclear"
    # One number may pay several bills of a vendor, if the sender tells its payments apart.
    differs = by_name and _unclaimed(unit, by_name) > 0 and unit.wanted.external_id is None
    return "differs" if differs and not fitting else "absent"


def _is_open(bill: Row | None, amount: Decimal | None) -> bool:
    """The bill that this payment would have closed is still open, so it was not this payment that was posted."""
    if bill is None or amount is None or bill.get("status") != "Open":
        return False
    return amount >= Decimal(str(bill.get("totalAmountIncludingTax") or 0)) > 0


# --- lines ---------------------------------------------------------------------------------------------------


def _line_writes(
    unit: Unit, journal_id: str, where: Literal["draft", "post"], rows: Mapping[int, Row], *, no_balance: bool
) -> list[Write]:
    writes = []
    for place, line in enumerate(_lines(unit)):
        row = rows.get(place)
        if row is None:
            body = _new_line(unit, line, where, place, no_balance=no_balance)
            writes.append(Write("POST", unit.path(_set_path(unit, journal_id)), body))
            continue
        path = unit.path(unit.entity.entity_set, str(row["id"]))
        changes = differences(line.fields, row)
        writes += [patch(path, changes, row, line.field)] if changes else []
        if not changes.keys() & _MOVES_DIMENSIONS:
            writes += set_line_writes(path, line.dimensions, row.get("dimensionSetLines") or ())
    return writes


def _removals(unit: Unit, rows: Mapping[int, Row]) -> list[Write]:
    """Lines that the entry does not have any more; they go last, when all else is accepted."""
    gone = [row for place, row in rows.items() if place >= len(_lines(unit)) and unit.rules.replaces_lines]
    return [Write("DELETE", unit.path(unit.entity.entity_set, str(row["id"]))) for row in gone]


def _new_line(
    unit: Unit, line: ResolvedLine, where: Literal["draft", "post"], place: int, *, no_balance: bool = False
) -> dict[str, Any]:
    body: dict[str, Any] = {"id": line_id(unit, where, place), **line.fields}
    if no_balance:
        # The journal would give every line a balancing account, and the entry balances by itself.
        body.setdefault("balancingAccountId", ZERO_GUID)
    inherited = inherited_ids([unit.resolved.found.get("vendorId")])
    own = {dimension.id.lower() for dimension in line.dimensions}
    if own and not unit.plain and not own & inherited:
        body["dimensionSetLines"] = [to_set_line(dimension) for dimension in line.dimensions]
    return body


def _lines(unit: Unit) -> Sequence[ResolvedLine]:
    """The lines of an entry; a payment is a line itself."""
    if _is_payment(unit):
        return (ResolvedLine("", "Entry", None, unit.resolved.fields, unit.resolved.dimensions, unit.resolved.found),)
    return unit.resolved.lines or ()


def _places(unit: Unit) -> int:
    return len(_lines(unit)) + PLACES


def _set_path(unit: Unit, journal_id: Any) -> str:
    return f"{unit.entity.batches}({journal_id})/{unit.entity.entity_set}"


def _journal(unit: Unit) -> Row:
    return unit.resolved.found["journalId"]


def _balances(journal: Row) -> bool:
    return not same_value("balancingAccountId", journal.get("balancingAccountId"), "")


def _is_payment(unit: Unit) -> bool:
    return unit.entity.name == "vendorPayments"


def _number(unit: Unit) -> str:
    return str(unit.resolved.fields["documentNumber"])


def _amount(row: Row, name: str) -> Decimal:
    return Decimal(str(row.get(name) or 0))

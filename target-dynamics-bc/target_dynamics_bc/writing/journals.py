"""How is a journal entry or a payment found, and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal. A draft is lines in a
journal that people use. One that is to be posted goes into a journal batch of its own, because posting a journal posts
every line in it; the batch is removed afterwards. What is posted is found in the general ledger, by document number and
posting date.

Lines carry ids of ours, derived from the entry's identity and their place, so the service itself refuses a second copy.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from dynamics_bc_client.errors import DuplicateKey, RecordChanged, RecordNotFound
from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.values import ZERO_GUID, decode_enum
from target_dynamics_bc import identity
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.identity import batch_id, is_derived, journal_code
from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.wanted.records import ResolvedLine
from target_dynamics_bc.writing.comparing import differences, is_blank, same_id, same_value
from target_dynamics_bc.writing.leftovers import NAMED
from target_dynamics_bc.writing.refusing import another_way, refusal_to_post
from target_dynamics_bc.writing.rows import inherited_ids, set_line_writes, to_set_line
from target_dynamics_bc.writing.steps import (
    Address,
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.kinds.kind import Journal
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

Verdict = Literal["absent", "same", "differs", "unclear"]

PLACES = 1000
"""How many lines that an entry no longer has are known again as ours."""

_JOURNALS = "journals"
"""The action that posts is the journals' alone; they know every batch by its id, those of payments too."""

_DIMENSIONS = "dimensionSetLines"
_BALANCING = "balancingAccountId"
_GL_ACCOUNT = "G/L Account"
_BALANCED_BY = (_BALANCING, "balancingAccountNumber")
_BLANK_TYPES = frozenset({"", " ", "_x0020_"})
_LEDGER_FIELDS = (
    "id", "postingDate", "documentNumber", "documentType", "accountId", "description", "debitAmount", "creditAmount"
)  # fmt: skip


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step."""
    kind, fields = unit.kind, unit.resolved.fields
    name, number = "documentNumber", str(fields["documentNumber"])
    dimensions = (Expansion(_DIMENSIONS),)
    in_batch = (Expansion(kind.entity_set, expand=dimensions),)
    drafts = _lines_of(unit, _journal(unit)["id"]).path(unit.books.id)
    queries: dict[str, Query] = {
        "own": by_key(unit.path(kind.batches), "id", own_batch_id(unit), expand=in_batch),
        "drafts": by_key(drafts, name, number, expand=dimensions),
    }
    if _is_payment(unit):
        applies_to = kind.facts.relation(_rules(unit).applies_to)
        if (paid := fields.get(_rules(unit).applies_to)) and applies_to is not None:
            # Whether it is paid may have changed since it was looked up, by this very payment.
            documents = unit.path(applies_to.entity_set)
            queries["bill"] = by_key(documents, "id", paid, select=("id", "status", "totalAmountIncludingTax"))
        queries["mine"] = by_key(drafts, "id", line_id(unit, "draft", 0), expand=dimensions)
    day = fields.get("postingDate")
    if day:
        ledger = unit.path("generalLedgerEntries")
        queries["posted"] = by_key(ledger, name, number, select=_LEDGER_FIELDS, also=f"postingDate eq {day}")
    return queries


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    if unit.wanted.deleted:
        noun = str(unit.kind.noun)
        message = f"A deletion of {noun} is not carried over; remove its lines in Business Central."
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
    if unit.is_to_be_posted:
        return _towards_posting(unit, own)
    return _as_draft(unit, own, drafts, answers)


def refused(unit: Unit, step: Send, error: DynamicsError) -> Step:
    """What follows a refusal: another way, or the end, and then nothing is left of it."""
    if (again := another_way(unit, step, error)) is not None:
        return again
    if step.purpose == "post":
        # The service may have done it all the same: the next look tells.
        return LookAgain() if not error.repeatable else _refused_to_post(unit, error)
    fault = from_error(error, "send")
    if fault.repeatable or unit.posted:
        return Refuse((fault,), None, unit.wanted.number)
    return TakeBack((fault,), None, unit.wanted.number)


def _refused_to_post(unit: Unit, error: DynamicsError) -> Step:
    fault = _fault_of_posting(error)
    return Refuse((fault,), None, unit.wanted.number) if fault.repeatable else _without_batch(unit, (fault,))


def _fault_of_posting(error: DynamicsError) -> Fault:
    return from_error(error, "post", doing="Business Central refused to post it")


def _without_batch(unit: Unit, faults: tuple[Fault, ...]) -> TakeBack:
    """Nothing is to be left in the batch of its own, which may be an earlier run's."""
    batch = Address(unit.kind.batches, own_batch_id(unit))
    return TakeBack(faults, None, unit.wanted.number, also=(Write("DELETE", batch),))


def own_batch_id(unit: Unit) -> str:
    """Id of the batch that this entry or payment is posted from; another one when its code is taken."""
    attempts = sum(
        refusal.step.purpose == "create" and isinstance(refusal.error, DuplicateKey | RecordChanged | RecordNotFound)
        for refusal in unit.history.refusals
    )
    return batch_id(unit.books.id, unit.kind.batches, unit.key.identity, attempts)


def line_id(unit: Unit, where: Literal["draft", "post"], place: int) -> str:
    """Id of a line: the same in every run, another one in a draft than in the batch it is posted from."""
    return identity.line_id(unit.books.id, unit.kind.entity_set, unit.key.identity, where, place)


# --- drafts --------------------------------------------------------------------------------------------------


def _as_draft(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Step:
    """The lines as they are to stand in the journal that people use."""
    journal, done = _journal(unit), frozenset(unit.history.done)
    if _is_payment(unit) and not drafts and (doubt := _draft_in_doubt(unit, answers["drafts"])) is not None:
        return doubt
    rows = {**drafts, **_adopted(unit, drafts, answers["drafts"])}
    if not rows and (incomplete := _without_amount(unit)) is not None:
        return incomplete
    balances_itself = _balances(journal) and not _is_payment(unit)
    writes = _line_writes(unit, str(journal["id"]), "draft", rows, balances_itself=balances_itself)
    removals = _removals(unit, rows)
    if own is not None:
        removals.append(delete(Address(unit.kind.batches, str(own["id"])), own))
    first = rows.get(0)
    finish = Finish(str(first["id"]) if first else None, _number(unit), draft=True)
    step = next_step(writes, done, finish)
    if isinstance(step, Send) and not rows:
        return Send(step.writes, "create", nests_dimensions=unit.nests_dimensions)
    if isinstance(step, Finish) and balances_itself and (faults := _balanced_twice(step.faults, _rules(unit).setting)):
        # With the journal's account as well the entry would be booked twice over.
        return TakeBack(faults, None, step.number)
    if isinstance(step, Finish):
        step = next_step(removals, done, step)
    return take_back(step) if isinstance(step, Refuse) and not unit.created else step


def _balanced_twice(faults: Iterable[Fault], setting: str) -> tuple[Fault, ...]:
    return tuple(
        replace(
            fault,
            code="balanced_twice",
            message="The journal gives every line a balancing account, which the service does not take off again; name "
            f"a journal without one in the setting {setting}.",
        )
        for fault in faults
        if fault.field.endswith(_BALANCING)
    )


def _our_drafts(unit: Unit, answers: Answers) -> dict[int, Row]:
    """The rows of the draft journal that we wrote, by their place."""
    rows = {str(row["id"]).lower(): row for name in ("drafts", "mine") for row in answers.get(name, ())}
    ours = _by_place(unit, rows, "draft", 1 if _is_payment(unit) else _places(unit))
    taken_over = str(unit.known.id).lower() if unit.known is not None and not unit.known.posted else ""
    if _is_payment(unit) and not ours and taken_over in rows and not unit.posted:
        return {0: rows[taken_over]}
    return ours


def _by_place(unit: Unit, rows: Mapping[str, Row], where: Literal["draft", "post"], places: int) -> dict[int, Row]:
    """The rows that have an id of ours, by their place in the entry.

    Ids are derived until the last row is placed that can have one, so that an entry of ten lines costs ten.
    """
    left = sum(is_derived(id_) for id_ in rows)
    ids = ((place, line_id(unit, where, place)) for place in range(places if left else 0))
    return dict(islice(((place, rows[id_]) for place, id_ in ids if id_ in rows), left))


def _draft_in_doubt(unit: Unit, rows: Sequence[Row]) -> Refuse | None:
    """Why a draft is not written beside those that somebody else has made with its number; None when it can be."""
    free = _nobodys(unit, rows)
    if sum(_is_this_payment(unit, row) for row in free) > 1:
        many = f"{len(free)} {unit.kind.noun.many} of the journal fit; remove all but one."
        return refuse(_number_field(unit), "ambiguous", many)
    others = [row for row in free if not _is_this_payment(unit, row)]
    # A sender who has ids may use one number for several vendors or bills; its own are told apart by those.
    if unit.wanted.external_id is not None:
        others = [row for row in others if _is_for_the_same(unit, row)]
    if not others or len(others) < len(free):
        return None
    row, noun = others[0], unit.kind.noun.one
    party = unit.kind.facts.relation(unit.kind.party)
    message = (
        f"The journal has a {noun} {_number(unit)} of {row.get('amount')} for "
        f"{row.get(party.number) if party is not None else ''} that is not this one, and it is not overwritten; give "
        f"the {noun} a number of its own, or remove the other one."
    )
    return refuse(_number_field(unit), "ambiguous", message)


def _number_field(unit: Unit) -> str:
    """What the record calls its number."""
    return unit.called(unit.kind.number_property)


def _is_this_payment(unit: Unit, row: Row) -> bool:
    """Of the payments with this number that nobody of ours wrote: only one that is the same in all that matters."""
    amount = unit.resolved.fields.get("amount")
    return _is_for_the_same(unit, row) and same_value(unit.kind.facts, "amount", amount, row.get("amount"))


def _is_for_the_same(unit: Unit, row: Row) -> bool:
    fields, names = unit.resolved.fields, (unit.kind.party, _rules(unit).applies_to)
    return all(same_id(fields.get(name), row.get(name)) for name in names)


def _nobodys(unit: Unit, rows: Sequence[Row]) -> list[Row]:
    """The draft rows that no other record of the sender's has, as far as the memory knows."""
    taken = {rival.id.lower() for rival in unit.rivals}
    free = [row for row in rows if str(row["id"]).lower() not in taken]
    left = {id_ for row in free if is_derived(id_ := str(row["id"]).lower())}
    theirs = set(islice((id_ for id_ in _ids_of_rivals(unit, len(rows)) if id_ in left), len(left))) if left else set()
    return [row for row in free if str(row["id"]).lower() not in theirs]


def _ids_of_rivals(unit: Unit, rows: int) -> Iterator[str]:
    """The ids that lines of other records of the sender's may have."""
    places = 1 if _is_payment(unit) else rows + _places(unit)
    for rival in unit.rivals:
        for place in range(places):
            yield identity.line_id(unit.books.id, unit.kind.entity_set, rival.identity, "draft", place)


def _adopted(unit: Unit, ours: Mapping[int, Row], rows: Sequence[Row]) -> dict[int, Row]:
    """Lines that somebody else wrote for this payment or entry exactly as we would; others are left alone."""
    taken = {str(row["id"]).lower() for row in ours.values()}
    free = _nobodys(unit, [row for row in rows if str(row["id"]).lower() not in taken])
    if _is_payment(unit):
        row = next((row for row in free if _is_this_payment(unit, row)), None)
        return {0: row} if row is not None and not ours else {}
    adopted = {}
    for place, line in enumerate(_lines(unit)):
        wanted = None if place in ours else _core(line)
        row = next((row for row in free if wanted and not differences(unit.kind.facts, wanted, row)), None)
        if row is not None:
            adopted[place] = row
            free = [other for other in free if other is not row]
    return adopted


def _core(line: ResolvedLine) -> dict[str, Any]:
    return {
        name: line.fields[name]
        for name in ("accountId", "accountNumber", "postingDate", "documentNumber", "amount")
        if name in line.fields
    }


# --- posting -------------------------------------------------------------------------------------------------


def _towards_posting(unit: Unit, own: Row | None) -> Step:
    """A batch of its own, its lines, then the action."""
    if own is None:
        return _refused_before(unit) or _without_amount(unit) or _own_batch(unit)
    rows = {str(row["id"]).lower(): row for row in own.get(unit.kind.entity_set) or ()}
    by_place = _by_place(unit, rows, "post", _places(unit))
    writes = _line_writes(unit, str(own["id"]), "post", by_place)
    writes += _removals(unit, by_place)
    if len(by_place) < len(rows):
        message = f"The journal batch {own['code']} holds lines of somebody else, so it is not posted; remove them."
        return refuse("", "foreign_lines", message)
    step = next_step(writes, frozenset(unit.history.done), Finish(None, _number(unit)))
    if isinstance(step, Send):
        return step
    if step.faults:
        return _without_batch(unit, step.faults)
    action = unit.kind.posting
    # A version is of the set that it was read from, and the batches of payments are another set's.
    seen = own if unit.kind.batches == _JOURNALS else {}
    post = act(Address(_JOURNALS, str(own["id"])), action.name if action is not None else "", seen)
    return _refused_before(unit) or Send((post,), "post")


def _refused_before(unit: Unit) -> Step | None:
    """The end of what was refused to be posted and is not posted."""
    error = refusal_to_post(unit)
    return _refused_to_post(unit, error) if error is not None else None


def _own_batch(unit: Unit) -> Send:
    id_ = own_batch_id(unit)
    journal = _journal(unit)
    body: dict[str, Any] = {"id": id_, "code": journal_code(id_), "displayName": f"{NAMED}{_number(unit)}"}
    if _is_payment(unit) and _balances(journal):
        body[_BALANCING] = journal[_BALANCING]
    body[unit.kind.entity_set] = [_new_line(unit, line, "post", place) for place, line in enumerate(_lines(unit))]
    create = Write("POST", Address(unit.kind.batches), body)
    return Send((create,), "create", nests_dimensions=unit.nests_dimensions)


def _clean_up(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Step:
    """It is posted: our batch and our drafts of it go."""
    if own is not None:
        return Send((delete(Address(unit.kind.batches, str(own["id"])), own),), "clean")
    # What somebody else had drafted for it would be posted once more some day; it goes with the posting, and only then.
    left = {**drafts, **(_adopted(unit, drafts, answers["drafts"]) if unit.posted else {})}
    if left:
        return Send(tuple(delete(_line_address(unit, row), row, about="line") for row in left.values()), "clean")
    row = _posted_row(unit, answers.get("posted", ()))
    finish = Finish(str(row["id"]) if row is not None else None, _number(unit), posted=True)
    error = refusal_to_post(unit)
    if error is not None and not unit.posted:  # it was done all the same
        return replace(finish, kind="posted", faults=(_fault_of_posting(error),))
    return finish


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
    """What a new payment lacks: Business Central would take a missing amount for 0 without a word.

    Whom it is for follows from the document that it pays, if it names one.
    """
    if not _is_payment(unit):
        return None
    rules, fields = _rules(unit), unit.resolved.fields
    follows = {rules.party} if fields.get(rules.applies_to) else set()
    missing = [name for name in unit.kind.needs if name not in follows and fields.get(name) is None]
    if not missing:
        return None
    faults = [
        Fault("plan", name, "required", f"A new {unit.kind.noun.one} needs its {name.removesuffix('Id')}.")
        for name in missing
    ]
    return Refuse(tuple(faults))


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
        return refuse(_number_field(unit), "posted_unclear", message)
    if verdict == "unclear":
        message = (
            f"The general ledger has a {unit.kind.noun.one} {number} of {day} with this amount, and does not say "
            f"whose it is; give the {unit.kind.noun.one} a number of its own if it is another one."
        )
        return refuse(_number_field(unit), "posted_unclear", message)
    message = (
        f"{number} of {day} was posted before with other amounts, accounts or date; what is posted cannot be changed. "
        "Send a correcting entry with a number of its own."
    )
    return refuse("", "posted_differs", message)


def _verdict(unit: Unit, answers: Answers) -> Verdict:
    """Whether the general ledger holds this entry or payment."""
    rows = answers.get("posted", ())
    if _is_payment(unit):
        payments = [row for row in rows if row.get("documentType") == _rules(unit).document_type]
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
    # A bank, a customer and a vendor are booked on an account of their posting group, which nobody here knows.
    named = (str(line.fields["accountId"]).lower() for line in _lines(unit) if _is_of_ledger(line))
    complete = all(account in accounts for account in named)
    return "same" if complete and debits == wanted else "differs"


def _debit(line: ResolvedLine) -> Decimal:
    """What a line debits: its account, or its balancing account if it has one."""
    amount = Decimal(line.fields["amount"])
    return abs(amount) if _is_balanced(line) else max(amount, Decimal(0))


def _is_of_ledger(line: ResolvedLine) -> bool:
    """Whether a line names an account of the general ledger itself."""
    kind = decode_enum(str(line.fields.get("accountType") or "")).strip()
    return "accountId" in line.fields and kind in {"", _GL_ACCOUNT}


def _is_balanced(line: ResolvedLine) -> bool:
    """Whether a line has a balancing account."""
    return any(not is_blank(line.fields.get(name)) for name in _BALANCED_BY)


def _payment_verdict(unit: Unit, rows: Sequence[Row], bill: Row | None) -> Verdict:
    """The general ledger names no party: a payment's description does, and the document says whether it is paid."""
    amount = _wanted_amount(unit)
    fitting = _of_amount(unit, rows)
    party = str(unit.resolved.fields.get("description", "")).strip()
    by_name = [row for row in rows if str(row.get("description", "")).strip() == party]
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
    unit: Unit,
    journal_id: str,
    where: Literal["draft", "post"],
    rows: Mapping[int, Row],
    *,
    balances_itself: bool = False,
) -> list[Write]:
    """What makes the lines what they are to be.

    A journal may give every line a balancing account, and takes a blank one that comes with a new line for none; so it
    is taken off again where an entry balances by itself, and looked at.
    """
    writes, facts = [], unit.kind.facts
    for place, line in enumerate(_lines(unit)):
        row = rows.get(place)
        fields = {_BALANCING: ZERO_GUID, **line.fields} if balances_itself and not _is_balanced(line) else line.fields
        if row is None:
            body = _new_line(unit, replace(line, fields=fields), where, place)
            writes.append(Write("POST", _lines_of(unit, journal_id), body, "line"))
            continue
        address = _line_address(unit, row)
        changes = differences(facts, fields, row)
        writes += [patch(address, facts, changes, row, about="line", field_=line.field)] if changes else []
        # Who or what a line is for hands down dimensions; what they are afterwards is seen by the next look.
        if not changes.keys() & {"accountId", "accountNumber", unit.kind.party}:
            writes += set_line_writes(address, line.dimensions, row.get(_DIMENSIONS) or ())
    return writes


def _removals(unit: Unit, rows: Mapping[int, Row]) -> list[Write]:
    """Lines that the entry does not have any more; they go last, when all else is accepted."""
    gone = [row for place, row in rows.items() if place >= len(_lines(unit)) and unit.rules.replaces_lines]
    return [delete(_line_address(unit, row), row, about="line") for row in gone]


def _new_line(unit: Unit, line: ResolvedLine, where: Literal["draft", "post"], place: int) -> dict[str, Any]:
    body: dict[str, Any] = {"id": line_id(unit, where, place), **line.fields}
    inherited = inherited_ids([unit.resolved.found.get(unit.kind.party)])
    own = {dimension.id.lower() for dimension in line.dimensions}
    if own and unit.nests_dimensions and not own & inherited:
        body[_DIMENSIONS] = [to_set_line(dimension) for dimension in line.dimensions]
    return body


def _lines(unit: Unit) -> Sequence[ResolvedLine]:
    """The lines of an entry; a payment is a line itself."""
    if _is_payment(unit):
        return (ResolvedLine("", "Entry", None, unit.resolved.fields, unit.resolved.dimensions, unit.resolved.found),)
    return unit.resolved.lines or ()


def _places(unit: Unit) -> int:
    return len(_lines(unit)) + PLACES


def _lines_of(unit: Unit, journal_id: Any) -> Address:
    """The lines of a journal batch."""
    return Address(unit.kind.batches, str(journal_id)).below(unit.kind.entity_set)


def _line_address(unit: Unit, row: Row) -> Address:
    return unit.set_address.at(row["id"])


def _rules(unit: Unit) -> Journal:
    assert unit.kind.journal is not None, "its kind stands in a journal"
    return unit.kind.journal


def _journal(unit: Unit) -> Row:
    return unit.resolved.found["journalId"]


def _balances(journal: Row) -> bool:
    return not is_blank(journal.get(_BALANCING))


def _is_payment(unit: Unit) -> bool:
    return bool(_rules(unit).party)


def _number(unit: Unit) -> str:
    return str(unit.resolved.fields["documentNumber"])


def _amount(row: Row, name: str) -> Decimal:
    return Decimal(str(row.get(name) or 0))

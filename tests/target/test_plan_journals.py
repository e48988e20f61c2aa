"""What is asked and written next for entries and payments, from literals: of vendors, of customers, in any journal."""

from __future__ import annotations

import uuid

import pytest

from dynamics_bc_client.errors import BadRequest, DuplicateKey
from target_dynamics_bc import identity
from target_dynamics_bc.kept.units import Rival
from target_dynamics_bc.wanted.records import Dimension
from target_dynamics_bc.writing import journals
from target_dynamics_bc.writing.journals.places import line_id, own_batch_id
from target_dynamics_bc.writing.steps import Finish, LookAgain, Refuse, Send, TakeBack
from target_dynamics_bc.writing.unit import Rules
from tests.target.planning import COMPANY, ENTRIES, PAYMENTS, RECEIPTS, amount, refuse_step, sent, unit_of, written

ZERO = "00000000-0000-0000-0000-000000000000"
RETAIL = Dimension("d1", "CLASS", "v1", "RETAIL")
JOURNAL = {"id": "j1", "code": "DEFAULT", "balancingAccountId": ZERO}
BALANCING = {**JOURNAL, "balancingAccountId": "a9"}
COMMON = {"postingDate": "2026-01-28", "documentNumber": "J-1"}
DEBIT = {**COMMON, "accountId": "a1", "amount": amount("10")}
CREDIT = {**COMMON, "accountId": "a2", "amount": amount("-10")}
POSTING = Rules(posts=True)
NOTHING = {"own": [], "drafts": [], "posted": [], "mine": []}
PARTIES = {PAYMENTS: ("vendorId", "purchaseInvoices"), RECEIPTS: ("customerId", "salesInvoices")}


def entry(*lines, journal=JOURNAL, **more):
    return unit_of(
        ENTRIES,
        fields=COMMON,
        lines=list(lines or (DEBIT, CREDIT)),
        line_type="Entry",
        found={"journalId": journal},
        **more,
    )


def payment(kind, journal=JOURNAL, **more):
    party, _ = PARTIES[kind]
    fields = {**COMMON, party: "p1", "amount": amount("10"), "appliesToInvoiceId": "i1", "description": "Party"}
    return unit_of(kind, fields=fields, found={"journalId": journal}, **more)


def rows_of(unit, where="draft", **changes):
    """The lines of an entry as the service has them."""
    return [
        {"id": line_id(unit, where, place), **line.fields, "dimensionSetLines": [], **changes}
        for place, line in enumerate(unit.resolved.lines)
    ]


def own_batch(unit, **changes):
    return {"id": own_batch_id(unit), "code": "ABC", "journalLines": rows_of(unit, "post"), **changes}


@pytest.mark.parametrize(("inherited", "nested"), [("D1", None), ("d2", [{"code": "CLASS", "valueCode": "RETAIL"}])])
def test_a_payment_comes_with_those_dimensions_that_it_does_not_inherit_from_its_party(inherited, nested):
    party = {"defaultDimensions": [{"dimensionId": inherited}]}
    fields = {**COMMON, "vendorId": "p1", "amount": amount("10")}
    unit = unit_of(PAYMENTS, fields=fields, dimensions=(RETAIL,), found={"journalId": JOURNAL, "vendorId": party})
    ((method, _, body),) = written(journals.plan(unit, NOTHING))
    assert (method, body.get("dimensionSetLines")) == ("POST", nested)


# --- looks ---


@pytest.mark.parametrize("kind", PARTIES, ids=lambda kind: kind.name)
def test_a_payment_looks_whether_its_document_is_paid_where_its_row_says(kind):
    looks = journals.looks(payment(kind))
    assert set(looks) == {"own", "drafts", "paid 0", "mine", "posted"}
    assert looks["paid 0"].path.endswith(f"/{PARTIES[kind][1]}")
    assert looks["own"].path.endswith(f"/{kind.journal.batches}")
    assert looks["drafts"].path.endswith(f"/{kind.journal.batches}('j1')/{kind.entity_set}")


def test_an_entry_looks_for_no_document():
    assert set(journals.looks(entry())) == {"own", "drafts", "posted"}


# --- drafts ---


def test_a_draft_is_lines_with_ids_of_our_own_in_the_journal():
    unit = entry()
    step = journals.plan(unit, NOTHING)
    assert [(method, address) for method, address, _ in written(step)] == [("POST", "journals(j1)/journalLines")] * 2
    assert [body["id"] for _, _, body in written(step)] == [line_id(unit, "draft", place) for place in (0, 1)]


@pytest.mark.parametrize("kind", PARTIES, ids=lambda kind: kind.name)
def test_a_draft_of_a_payment_is_a_line_with_its_party(kind):
    party, _ = PARTIES[kind]
    ((method, address, body),) = written(journals.plan(payment(kind), NOTHING))
    assert (method, address) == ("POST", f"{kind.journal.batches}(j1)/{kind.entity_set}")
    assert (body[party], body["amount"]) == ("p1", amount("10"))


def test_what_a_draft_has_is_not_written_again_and_what_it_has_too_much_goes_last():
    unit = entry()
    assert isinstance(journals.plan(unit, {**NOTHING, "drafts": rows_of(unit)}), Finish)
    shorter = entry({**DEBIT, "amount": amount("0")})
    step = journals.plan(shorter, {**NOTHING, "drafts": rows_of(unit)})
    ids = [line_id(unit, "draft", place) for place in (0, 1)]
    assert written(step) == [("PATCH", f"journalLines({ids[0]})", {"amount": amount("0")})]
    sent(shorter, step)
    rows = rows_of(unit)
    step = journals.plan(shorter, {**NOTHING, "drafts": [{**rows[0], "amount": 0}, rows[1]]})
    assert written(step) == [("DELETE", f"journalLines({ids[1]})", None)]


@pytest.mark.fault("W12")
def test_a_journals_own_balancing_account_is_taken_off_the_lines_of_an_entry():
    unit = entry(journal=BALANCING)
    step = sent(unit, journals.plan(unit, NOTHING))
    assert [body["balancingAccountId"] for _, _, body in written(step)] == [ZERO, ZERO]
    balanced = {**NOTHING, "drafts": rows_of(unit, balancingAccountId="a9")}
    step = sent(unit, journals.plan(unit, balanced))
    assert [(method, body) for method, _, body in written(step)] == [("PATCH", {"balancingAccountId": ZERO})] * 2
    assert isinstance(journals.plan(unit, {**NOTHING, "drafts": rows_of(unit, balancingAccountId=ZERO)}), Finish)
    kept = journals.plan(unit, balanced)
    assert isinstance(kept, TakeBack)
    assert {fault.code for fault in kept.faults} == {"balanced_twice"}


def test_a_line_with_a_balancing_account_of_its_own_keeps_it():
    unit = entry({**DEBIT, "balancingAccountId": "a7"}, journal=BALANCING)
    ((_, _, body),) = written(journals.plan(unit, NOTHING))
    assert body["balancingAccountId"] == "a7"


@pytest.mark.parametrize("kind", PARTIES, ids=lambda kind: kind.name)
def test_a_payment_keeps_the_journals_balancing_account(kind):
    ((_, _, body),) = written(journals.plan(payment(kind, BALANCING), NOTHING))
    assert "balancingAccountId" not in body


@pytest.mark.parametrize("kind", PARTIES, ids=lambda kind: kind.name)
def test_another_ones_payment_with_the_same_number_is_named_and_not_overwritten(kind):
    party, _ = PARTIES[kind]
    other = {"id": "x", party: "p2", party.replace("Id", "Number"): "P-2", "amount": 7}
    step = journals.plan(payment(kind), {**NOTHING, "drafts": [other]})
    assert isinstance(step, Refuse)
    (fault,) = step.faults
    assert (fault.field, fault.code) == ("documentNumber", "ambiguous")
    assert "P-2" in fault.message


# --- ids ---


@pytest.mark.fault("W23")
def test_an_entry_costs_as_many_ids_as_it_has_lines(monkeypatch):
    derived = []
    made = identity.line_id
    monkeypatch.setattr(identity, "line_id", lambda *names: derived.append(names) or made(*names))
    unit = entry()
    rows, batch = rows_of(unit), own_batch(unit)
    strangers = [{**DEBIT, "id": str(uuid.uuid4()), "amount": place} for place in range(20)]
    derived.clear()
    journals.plan(unit, {**NOTHING, "drafts": [*rows, *strangers]})
    assert len(derived) == 2
    derived.clear()
    posting = entry(rules=POSTING)
    journals.plan(posting, {**NOTHING, "own": [batch], "drafts": [*rows, *strangers]})
    assert len(derived) == 4


def test_a_line_that_another_record_wrote_is_not_taken_over():
    unit = entry().beside((Rival("external:2", "unknown", posted=False),))
    theirs = identity.line_id(COMPANY, "journalLines", "external:2", "draft", 0)
    step = journals.plan(unit, {**NOTHING, "drafts": [{**DEBIT, "id": theirs}]})
    assert [method for method, _, _ in written(step)] == ["POST", "POST"]


@pytest.mark.fault("W13")
@pytest.mark.parametrize("number", range(50))
def test_the_code_of_a_batch_of_our_own_is_letters_alone(number):
    code = identity.journal_code(str(number))
    assert len(code) == identity.JOURNAL_CODE_LENGTH
    assert code.isascii()
    assert code.isalpha()
    assert code.isupper()


# --- post ---


@pytest.mark.parametrize("kind", PARTIES, ids=lambda kind: kind.name)
def test_a_payment_is_posted_from_a_batch_of_its_own_that_balances_as_the_journal_does(kind):
    unit = payment(kind, BALANCING, rules=POSTING)
    ((method, address, body),) = written(journals.plan(unit, NOTHING))
    assert (method, address) == ("POST", kind.journal.batches)
    assert body["balancingAccountId"] == "a9"
    assert len(body[kind.entity_set]) == 1


def test_an_entry_is_posted_and_then_its_batch_goes():
    unit = entry(rules=POSTING)
    batch = own_batch(unit)
    post = sent(unit, journals.plan(unit, {**NOTHING, "own": [batch]}))
    assert written(post) == [("POST", f"journals({batch['id']})", "post")]
    step = journals.plan(unit, {**NOTHING, "own": [batch]})
    assert written(step) == [("DELETE", f"journals({batch['id']})", None)]
    assert isinstance(step, Send)
    assert step.purpose == "clean"


@pytest.mark.parametrize(
    ("accounts", "amounts", "ends"),
    [
        pytest.param(("a1", "a2"), ("10", "10"), Finish, id="it is there"),
        pytest.param(("a1", "a3"), ("10", "10"), Refuse, id="another account"),
        pytest.param(("a1", "a2"), ("11", "11"), Refuse, id="another amount"),
    ],
)
def test_an_entry_that_was_posted_is_known_by_its_accounts_and_its_debits(accounts, amounts, ends):
    debit, credit = ({"debitAmount": amount(amounts[0])}, {"creditAmount": amount(amounts[1])})
    posted = [
        {"id": f"g{place}", "accountId": account, "documentType": " ", **side}
        for place, (account, side) in enumerate(zip(accounts, (debit, credit), strict=True))
    ]
    step = journals.plan(entry(rules=POSTING), {**NOTHING, "posted": posted})
    assert isinstance(step, ends)
    assert isinstance(step, Finish) or step.faults[0].code == "posted_differs"


def test_a_batch_with_a_strangers_line_is_not_posted():
    unit = entry(rules=POSTING)
    batch = own_batch(unit)
    batch["journalLines"].append({"id": str(uuid.uuid4())})
    step = journals.plan(unit, {**NOTHING, "own": [batch]})
    assert isinstance(step, Refuse)
    assert step.faults[0].code == "foreign_lines"


@pytest.mark.fault("W11")
def test_after_a_refused_posting_one_look_tells():
    unit = entry(rules=POSTING)
    batch = own_batch(unit)
    post = journals.plan(unit, {**NOTHING, "own": [batch]})
    error = BadRequest("No.", status=400, text="No.")
    assert isinstance(refuse_step(unit, post, error), LookAgain)
    refused = journals.plan(unit, {**NOTHING, "own": [batch]})
    assert isinstance(refused, TakeBack)
    assert [(write.method, str(write.address)) for write in refused.also] == [("DELETE", f"journals({batch['id']})")]
    ledger = [
        {"id": "g1", "accountId": "a1", "debitAmount": 10, "documentType": "_x0020_"},
        {"id": "g2", "accountId": "a2", "creditAmount": 10, "documentType": "_x0020_"},
    ]
    done = journals.plan(unit, {**NOTHING, "posted": ledger})
    assert isinstance(done, Finish)
    assert (done.kind, done.posted, len(done.faults)) == ("posted", True, 1)


def test_another_batch_is_made_when_a_code_is_taken():
    unit = entry(rules=POSTING)
    first = journals.plan(unit, NOTHING)
    assert isinstance(refuse_step(unit, first, DuplicateKey("No.", status=400)), LookAgain)
    second = journals.plan(unit, NOTHING)
    assert written(first)[0][2]["id"] != written(second)[0][2]["id"]
    assert written(first)[0][2]["code"] != written(second)[0][2]["code"]


@pytest.mark.parametrize("kind", PARTIES, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("ledger", "ends"),
    [
        ([], Send),
        ([{"id": "g", "documentType": "Payment", "description": "Party", "debitAmount": 10}], Finish),
        ([{"id": "g", "documentType": "Payment", "description": "Other", "debitAmount": 10}], Refuse),
        ([{"id": "g", "documentType": "Invoice", "description": "Party", "debitAmount": 10}], Send),
        ([{"id": "g", "documentType": "Payment", "description": "Other", "debitAmount": 11}], Send),
        ([{"id": "g", "documentType": "Payment", "description": "Party", "debitAmount": 11}], Refuse),
    ],
    ids=["nothing is posted", "this one is", "somebody's is", "it is no payment", "another one is", "it differs"],
)
def test_the_general_ledger_tells_whether_a_payment_is_posted(kind, ledger, ends):
    assert isinstance(journals.plan(payment(kind), {**NOTHING, "posted": ledger}), ends)


@pytest.mark.parametrize(("on_delete", "ends"), [("ignore", Finish), ("delete", Refuse), ("block", Refuse)])
def test_a_deletion_of_an_entry_is_not_carried_over(on_delete, ends):
    assert isinstance(journals.plan(entry(deleted=True, rules=Rules(on_delete=on_delete)), NOTHING), ends)

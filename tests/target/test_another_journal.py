"""A draft that stands in another journal than the settings name now is not written a second time, and that is said."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

ENTRY = {
    "externalId": "e-1",
    "documentNumber": "K-1",
    "postingDate": "2026-01-28",
    "journalLines": [{"accountNumber": "8210", "amount": 5}, {"accountNumber": "2910", "amount": -5}],
}
PAYMENT = {
    "externalId": "e-1",
    "vendorNumber": "20000",
    "documentNumber": "K-1",
    "postingDate": "2026-01-28",
    "amount": 5,
}
OTHER = [{**line, "description": "Other"} for line in ENTRY["journalLines"]]
CHANGED = {
    "generalJournalLines": {**ENTRY, "journalLines": OTHER},
    "vendorPayments": {**PAYMENT, "description": "Other"},
}
RECORDS = {
    "generalJournalLines": ("journal", "DEFAULT", ENTRY),
    "vendorPayments": ("payment_journal", "GENERAL", PAYMENT),
}
SETS = {
    "generalJournalLines": ("journals", "journalLines"),
    "vendorPayments": ("vendorPaymentJournals", "vendorPayments"),
}


@pytest.mark.parametrize("store", [True, False], ids=["store", "no store"])
@pytest.mark.parametrize("stream", RECORDS)
def test_a_draft_in_another_journal_is_named_with_what_to_do(tmp_path, stream, store):
    target = Target(tmp_path)
    setting, first, record = RECORDS[stream]
    batches, lines = SETS[stream]
    target.write(batches, {"code": "OTHER", "displayName": "Other"})
    before = len(target.rows(lines))
    (created,) = target.write(stream, record, remember=store, **{setting: first})
    assert created["outcome"] == "created"
    written = len(target.rows(lines))
    outcomes = target.write(stream, CHANGED[stream], remember=store, **{setting: "OTHER"})
    (outcome,) = [each for each in outcomes if each["position"]]
    assert written > before
    assert len(target.rows(lines)) == written
    (error,) = outcome["errors"]
    assert (outcome["outcome"], error["code"]) == ("rejected", "in_another_journal")
    assert setting in error["message"]
    assert "OTHER" in error["message"]


def test_a_batch_that_a_setting_names_and_that_is_not_there_says_which_setting(tmp_path):
    (outcome,) = Target(tmp_path).write("vendorPayments", PAYMENT, payment_journal="NOPE")
    assert outcome["errors"][0]["field"] == "payment_journal"
    assert outcome["errors"][0]["message"] == (
        'There is no vendor payment journal with the code "NOPE": set payment_journal to the code of one, or create '
        "this one."
    )

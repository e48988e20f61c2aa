"""Entries book to customers, vendors and bank accounts too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.target.at_the_desk import Target

DAY = "2026-01-28"


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def entry(*lines, **more):
    return {"documentNumber": "K-1", "postingDate": DAY, "journalLines": list(lines), **more}


def line(type_, number, amount):
    return {"accountType": type_, "accountNumber": number, "amount": amount, "description": "Example"}


@pytest.mark.parametrize(
    ("type_", "number"), [("Customer", "20000"), ("Vendor", "20000"), ("Bank Account", "CHECKING")]
)
def test_a_line_to_a_party_is_drafted_found_again_changed_and_posted(target, type_, number):
    lines = (line(type_, number, 10), line("G/L Account", "8210", -10))

    def outcome(*lines, **more):
        (found,) = target.write("journalLines", entry(*lines, **more), journal="DEFAULT")
        return found["outcome"], [(error["code"], error["message"]) for error in found["errors"]]

    assert outcome(*lines) == ("created", [])
    (draft,) = [row for row in target.rows("journalLines", documentNumber="K-1") if row["accountNumber"] == number]
    assert draft["accountType"].replace("_x0020_", " ") == type_
    assert outcome(*lines) == ("unchanged", [])
    more = (line(type_, number, 12), line("G/L Account", "8210", -12))
    assert outcome(*more) == ("updated", [])
    assert outcome(*more, isDraft=False) == ("posted", [])
    assert sum(amount for _, amount in target.desk.ledger("K-1")) == 0
    assert ("8210", Decimal(-12)) in target.desk.ledger("K-1")
    assert outcome(*more, isDraft=False)[0] == "unchanged"
    assert len(target.desk.ledger("K-1")) == 2


def test_a_balancing_account_may_be_a_vendor(target):
    balanced = {
        **line("G/L Account", "8210", 10),
        "balanceAccountType": "Vendor",
        "balancingAccountNumber": "20000",
    }
    (outcome,) = target.write("journalLines", entry(balanced, isDraft=False), journal="DEFAULT")
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert ("8210", Decimal(10)) in target.desk.ledger("K-1")


def test_a_party_that_is_not_there_and_one_in_another_currency_are_named(target):
    vendor = target.row("vendors", number="20000")
    target.desk.edit("vendors", vendor["id"], currencyCode="EUR")
    lines = (line("Vendor", "20000", 10), line("Customer", "NONE", -10))
    (outcome,) = target.write("journalLines", entry(*lines), journal="DEFAULT")
    assert {(error["field"], error["code"]) for error in outcome["errors"]} == {
        ("journalLines[0].accountNumber", "unsupported_currency"),
        ("journalLines[1].accountNumber", "not_found"),
    }
    assert target.rows("journalLines", documentNumber="K-1") == []


def test_other_kinds_of_account_are_refused_with_those_that_there_are(target):
    (outcome,) = target.write("journalLines", entry(line("Fixed Asset", "FA1", 10)), journal="DEFAULT")
    assert "Customer, Vendor" in outcome["errors"][0]["message"]

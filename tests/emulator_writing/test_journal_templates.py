"""What a journal's template decides: names that count up, lines that recur, what has to balance."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.rules.journal_templates import incremented

if TYPE_CHECKING:
    from emulator.in_process import Desk


def template(desk: Desk, name: str, **facts: bool) -> None:
    row = {"name": name, "incrementBatchName": False, "recurring": False, "forceDocumentBalance": True, **facts}
    desk.company.insert("_journalTemplates", row)


def journal(desk: Desk, code: str, **more: Any) -> str:
    return str(desk.create("journals", {"code": code, **more})["id"])


def line(desk: Desk, journal: str, account: str, amount: float, **more: Any) -> dict[str, Any]:
    body = {"accountNumber": account, "amount": amount, "documentNumber": "T-1", "postingDate": "2026-01-31", **more}
    return desk.create(f"journals({journal})/journalLines", body)


@pytest.mark.parametrize(
    ("text", "after"),
    [("J1", "J2"), ("J09", "J10"), ("99", "100"), ("A1B2", "A1B3"), ("A9B", "A10B"), ("DEFAULT", ""), ("", "")],
)
def test_the_last_number_in_a_name_counts_up(text: str, after: str) -> None:
    assert incremented(text) == after


@pytest.mark.fault("W13")
def test_a_posted_batch_makes_room_for_one_with_the_next_name(desk: Desk) -> None:
    template(desk, "GENERAL", incrementBatchName=True)
    posted = journal(desk, "DAY09", displayName="Days", balancingAccountId=desk.id("accounts", number="2910"))
    line(desk, posted, "8710", 5)
    desk.act(f"journals({posted})")
    assert desk.ask("GET", f"journals({posted})").status == 404
    (after,) = desk.rows("journals", filter="code eq 'DAY10'")
    assert after["id"] != posted
    assert (after["displayName"], after["balancingAccountNumber"]) == ("Days", "2910")
    (left,) = desk.rows(f"journals({after['id']})/journalLines")
    assert (left["documentNumber"], left["journalDisplayName"]) == ("T-2", "DAY10")
    assert desk.ledger("T-1") == [("8710", 5), ("2910", -5)]


def test_a_batch_of_payments_counts_up_in_both_its_sets(desk: Desk) -> None:
    template(desk, "PAYMENT", incrementBatchName=True)
    body = {"code": "PAY1", "balancingAccountId": desk.id("accounts", number="2910")}
    posted = desk.create("vendorPaymentJournals", body)["id"]
    payment = {"vendorNumber": "20000", "amount": 5, "documentNumber": "P-1"}
    desk.create(f"vendorPaymentJournals({posted})/vendorPayments", payment)
    desk.act(f"journals({posted})")
    (after,) = desk.rows("vendorPaymentJournals", filter="code eq 'PAY2'")
    assert desk.read(f"journals({after['id']})")["templateDisplayName"] == "PAYMENT"
    assert desk.rows("vendorPaymentJournals", filter="code eq 'PAY1'") == []


def test_a_name_without_a_number_stays(desk: Desk) -> None:
    template(desk, "GENERAL", incrementBatchName=True)
    posted = journal(desk, "DAYS", balancingAccountId=desk.id("accounts", number="2910"))
    line(desk, posted, "8710", 5)
    desk.act(f"journals({posted})")
    assert desk.read(f"journals({posted})")["code"] == "DAYS"


def test_documents_need_not_balance_where_days_do(desk: Desk) -> None:
    template(desk, "GENERAL", forceDocumentBalance=False)
    own = journal(desk, "OWN")
    line(desk, own, "8710", 5)
    line(desk, own, "2910", -5, documentNumber="T-2")
    odd = line(desk, own, "8710", 5, documentNumber="T-3", postingDate="2026-01-30")
    refusal = desk.refused("POST", f"journals({own})/Microsoft.NAV.post")
    assert "The lines in 2026-01-30 is out of balance by 5" in refusal[2]
    desk.remove(f"journalLines({odd['id']})")
    desk.act(f"journals({own})")
    assert [desk.ledger(number) for number in ("T-1", "T-2")] == [[("8710", 5)], [("2910", -5)]]


@pytest.fixture
def recurring(desk: Desk) -> str:
    template(desk, "RECURRING", recurring=True)
    return journal(desk, "RENT", templateDisplayName="RECURRING")


def recur(desk: Desk, row: dict[str, Any], method: str, frequency: str = "1M") -> None:
    desk.edit("journalLines", row["id"], _recurringMethod=method, _recurringFrequency=frequency)


@pytest.mark.parametrize(
    ("method", "amount", "entries"),
    [
        ("Fixed", 5, {"2026-01-31": [("8710", 5), ("2910", -5)]}),
        ("Variable", 0, {"2026-01-31": [("8710", 5), ("2910", -5)]}),
        (
            "Reversing Fixed",
            5,
            {"2026-01-31": [("8710", 5), ("2910", -5)], "2026-02-01": [("8710", -5), ("2910", 5)]},
        ),
    ],
)
def test_recurring_lines_stay_for_the_next_period(
    desk: Desk, recurring: str, method: str, amount: int, entries: dict[str, list[tuple[str, int]]]
) -> None:
    for account, sign in (("8710", 1), ("2910", -1)):
        text = {"documentNumber": "RENT-%3", "description": "Rent of %4 %6"}
        recur(desk, line(desk, recurring, account, 5 * sign, **text), method)
    desk.act(f"journals({recurring})")
    posted = desk.company.find("generalLedgerEntries", documentNumber="RENT-1")
    by_date: dict[str, list[tuple[str, int]]] = {}
    for row in posted:
        by_date.setdefault(row["postingDate"], []).append(
            (row["accountNumber"], int(row["debitAmount"] - row["creditAmount"]))
        )
    assert by_date == entries
    assert {row["description"] for row in posted} == {"Rent of January 2026"}
    kept = desk.rows(f"journals({recurring})/journalLines")
    assert [(row["postingDate"], row["documentNumber"], abs(row["amount"])) for row in kept] == [
        ("2026-02-28", "RENT-%3", Decimal(amount))
    ] * 2


def test_recurring_lines_wait_for_their_day(desk: Desk, recurring: str) -> None:
    for account, sign in (("8710", 1), ("2910", -1)):
        recur(desk, line(desk, recurring, account, 5 * sign, postingDate="2026-05-31"), "Fixed")
    before = desk.rows(f"journals({recurring})/journalLines")
    desk.act(f"journals({recurring})")
    assert desk.rows(f"journals({recurring})/journalLines") == before


def test_recurring_lines_say_how_and_how_often_and_have_no_balancing_account(desk: Desk, recurring: str) -> None:
    account = {"code": "OTHER", "templateDisplayName": "RECURRING"}
    balancing = {"balancingAccountId": desk.id("accounts", number="2910")}
    assert "recurring" in desk.refused("POST", "journals", {**account, **balancing})[2]
    row = line(desk, recurring, "8710", 5, balancingAccountNumber="2910")
    for changes, sentence in (
        ({}, "Recurring Method must have a value"),
        ({"_recurringMethod": "Fixed"}, "Recurring Frequency must have a value"),
        ({"_recurringFrequency": "1M"}, "Bal. Account No. cannot be specified"),
    ):
        desk.edit("journalLines", row["id"], **changes)
        assert sentence in desk.refused("POST", f"journals({recurring})/Microsoft.NAV.post")[2]

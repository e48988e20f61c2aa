"""Every field of outcomes and dead letters is documented, and every documented one is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.target.at_the_desk import Target

PAGE = Path(__file__).parents[2] / "docs" / "writing" / "outcomes.md"
EXPENSE = {"accountNumber": "8210", "amount": 10}
BILL = {"externalId": "F-1", "billNumber": "F-1", "vendorNumber": "10000", "expenses": [EXPENSE]}
ORDER = {
    "customerNumber": "20000",
    "externalDocumentNumber": "K-1",
    "salesOrderLines": [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitPrice": 100}],
}


def documented(heading):
    """The names in the first column of the table below a heading."""
    table = PAGE.read_text(encoding="utf-8").partition(f"### {heading}\n")[2].partition("\n#")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def test_every_field_of_an_outcome_is_documented_and_every_documented_one_is_there(target):
    rejected = {**BILL, "externalId": "F-2", "billNumber": "F-2", "dueDate": "soon"}
    changed = {**BILL, "expenses": [{**EXPENSE, "amount": 10.1234567}]}
    outcomes = [
        *target.write("Bills", BILL, rejected, remember=True),
        *target.write("Bills", changed, rejected, remember=True),
        *target.write("salesOrders", {**ORDER, "action": "shipAndInvoice"}, remember=True),
        *target.write("Bills", {**BILL, "externalId": "F-3", "billNumber": "F-3"}, remember=True, preview=True),
    ]
    outcomes += target.write("Vendors", {"externalId": "V"}, remember=True, retry_dead_letters=True)
    found = {name for outcome in outcomes for name in outcome}
    assert found - documented("Fields of an outcome") == set()
    # What Business Central rounds takes another service than the emulator, which keeps what is sent in its precision.
    assert documented("Fields of an outcome") - found == {"kept"}
    errors = [error for outcome in outcomes for error in outcome["errors"]]
    assert {name for error in errors for name in error} == {"stage", "field", "code", "message"}


def test_every_field_of_a_dead_letter_is_documented_and_every_documented_one_is_there(target, tmp_path):
    rejected = {**BILL, "dueDate": "soon"}
    path = tmp_path / "dead-letter.singer"
    files = {"remember": True, "dead_letter_path": str(path)}

    def letters():
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["type"] == "RECORD"]

    target.write("Bills", rejected, **files)
    (first,) = letters()
    target.write("Bills", rejected, **files)
    target.write("Vendors", {"externalId": "V", "vendorName": "V"}, retry_dead_letters=True, **files)
    (second,) = letters()
    found = first.keys() | second.keys()
    assert found == documented("Fields of a dead letter")
    assert second["came"] > first["came"] > 10**15
    assert second["attempts"] == 3

"""Whatever becomes of a record at the sender, Business Central ends up with what it says last."""

from __future__ import annotations

import random
from decimal import Decimal

ITEMS = ("1896-S", "1900-S", "1928-S")
ACCOUNTS = ("8210", "8310", "8450")
CLASSES = ("RETAIL", "WHOLESALE", "ONLINE")
LOCATIONS = ("EAST", "WEST")


def random_line(chance, number):
    line = {"externalId": str(number), "description": f"Line {chance.randrange(3)}"}
    if chance.random() < 0.5:
        line["classNumber"] = chance.choice(CLASSES)
    if chance.random() < 0.5:
        cost = Decimal(chance.randrange(1, 5000)) / 100
        line |= {"itemNumber": chance.choice(ITEMS), "quantity": chance.randrange(1, 5), "unitPrice": cost}
        if chance.random() < 0.5:
            line |= {"locationNumber": chance.choice(LOCATIONS), "discount": chance.randrange(2)}
    else:
        line |= {"accountNumber": chance.choice(ACCOUNTS), "amount": chance.randrange(1, 100)}
    return line


def changed(chance, lines, fresh):
    """The lines after something happened to them at the sender."""
    lines = list(lines)
    for _ in range(chance.randrange(1, 4)):
        action = chance.choice(("add", "drop", "change", "move"))
        if action == "add" or not lines:
            lines.insert(chance.randrange(len(lines) + 1), random_line(chance, next(fresh)))
        elif action == "drop":
            lines.pop(chance.randrange(len(lines)))
        elif action == "change":
            place = chance.randrange(len(lines))
            lines[place] = {**random_line(chance, 0), "externalId": lines[place]["externalId"]}
        else:
            chance.shuffle(lines)
    return lines


def to_record(lines, chance):
    return {
        "externalId": "b",
        "billNumber": "CONVERGE",
        "vendorNumber": "20000",
        "issueDate": f"2026-01-{chance.randrange(10, 28)}",
        "className": chance.choice(("Retail", "Online")),
        "lineItems": [line for line in lines if "itemNumber" in line],
        "expenses": [line for line in lines if "accountNumber" in line],
    }


def wanted_of(record, class_code):
    """What Business Central is to show for a record's lines."""
    shown = []
    for line in (*record["lineItems"], *record["expenses"]):
        number = line.get("itemNumber") or line["accountNumber"]
        cost = Decimal(str(line.get("unitPrice", line.get("amount"))))
        quantity = line.get("quantity", 1)
        shown.append(
            (number, line["description"], cost, quantity, line.get("discount"), line.get("classNumber", class_code))
        )
    return sorted(shown, key=str)


def shown_by(company, bill_id, record):
    lines = [*record["lineItems"], *record["expenses"]]
    shown = []
    for row in company.lines(bill_id):
        cost, quantity = Decimal(str(row["unitCost"])), Decimal(str(row["quantity"]))
        discount = Decimal(str(row["discountAmount"]))
        shown.append(
            (
                row["lineObjectNumber"],
                row["description"],
                cost,
                quantity,
                discount,
                company.dimensions(row["id"]).get("CLASS"),
            )
        )
    assert len(shown) == len(lines)
    return shown


def check(company, bill_id, record):
    """Every wanted line is there once. What a line does not say may be anything."""
    shown = shown_by(company, bill_id, record)
    for number, description, cost, quantity, discount, class_code in wanted_of(record, None):
        fitting = [
            row
            for row in shown
            if row[:4] == (number, description, cost, quantity)
            and (discount is None or row[4] == discount)
            and (class_code is None or row[5] == class_code)
        ]
        assert fitting, (number, description, cost, quantity, discount, class_code, shown)
        shown.remove(fitting[0])


def test_a_draft_follows_its_record_through_any_change(pipe, company):
    for seed, store in ((1, "store"), (2, None)):
        chance = random.Random(seed)
        fresh = iter(range(1, 1000))
        lines = [random_line(chance, next(fresh)) for _ in range(3)]
        for _ in range(6):
            record = to_record(lines, chance)
            piped = pipe({"Bills": [record]}, store=store)
            assert piped.kinds[0] in {"created", "updated", "unchanged"}, piped.outcomes
            check(company, piped.outcome("b")["id"], record)
            assert pipe({"Bills": [record]}, store=None).kinds == ["unchanged"]
            lines = changed(chance, lines, fresh)
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="CONVERGE")) == 1


def test_a_draft_entry_follows_its_record_through_any_change(pipe, company):
    chance = random.Random(4)
    for _ in range(8):
        amounts = [chance.randrange(-50, 50) or 1 for _ in range(chance.randrange(1, 6))]
        lines = [
            {
                "accountNumber": chance.choice(ACCOUNTS),
                "entryType": "Debit" if amount > 0 else "Credit",
                "debitAmount": amount,
                "creditAmount": -amount,
                "classNumber": chance.choice(CLASSES),
            }
            for amount in amounts
        ]
        record = {
            "externalId": "e",
            "journalEntryNumber": "CONV-1",
            "transactionDate": "2026-01-27",
            "lineItems": lines,
        }
        piped = pipe({"JournalEntries": [record]})
        assert piped.kinds[0] in {"created", "updated", "unchanged"}, piped.outcomes
        rows = company.rows("journalLines", documentNumber="CONV-1")
        shown = sorted((row["accountNumber"], row["amount"], company.dimensions(row["id"])["CLASS"]) for row in rows)
        assert shown == sorted((line["accountNumber"], line["debitAmount"], line["classNumber"]) for line in lines)

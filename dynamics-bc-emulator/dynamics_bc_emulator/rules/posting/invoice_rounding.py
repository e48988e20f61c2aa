"""The line that rounds what a document comes to as it is posted, where the set-up asks for it.

Drafts do not have it. It is an account's line of quantity 1, behind all others of what is posted, which its total and
the party's entry hold too (codeunits 80 and 90, InvoiceRounding). The table `invoiceRounding` says what is rounded to
what, in the place of both sides' set-up, the currencies and the parties' posting groups.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import calculate_line, document_totals

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.kinds import PostingKind

_WAYS = {"Nearest": ROUND_HALF_UP, "Up": ROUND_UP, "Down": ROUND_DOWN}
_BETWEEN = 10_000


def with_rounding(company: Company, kind: PostingKind, header: Row, lines: list[Row]) -> list[Row]:
    """The lines of what is being posted, with one more where it is rounded; the header's totals follow.

    Raises:
        Refusal: The account that takes the rounding is not there.
    """
    amount = _amount(company, kind, header, lines)
    if not amount:
        return lines
    rounded = [*lines, _line(company, kind, header, lines, amount)]
    company.update(kind.headers, header["id"], document_totals(rounded))
    return rounded


def _amount(company: Company, kind: PostingKind, header: Row, lines: list[Row]) -> Decimal:
    setup = _setup(company, kind, header)
    if setup is None:
        return Decimal(0)
    total = Decimal(document_totals(lines)["totalAmountIncludingTax"])
    step = Decimal(str(setup["precision"]))
    return (total / step).quantize(Decimal(1), _WAYS[setup["way"]]) * step - total


def _setup(company: Company, kind: PostingKind, header: Row) -> Row | None:
    code = header["currencyCode"]
    currency = "" if code == company.local_currency else code
    found = company.first("_invoiceRounding", party=kind.party.caption, currencyCode=currency)
    return found if found is not None and found["precision"] else None


def _line(company: Company, kind: PostingKind, header: Row, lines: list[Row], amount: Decimal) -> Row:
    setup = _setup(company, kind, header)
    assert setup is not None
    account = company.first("accounts", number=setup["account"])
    if account is None:
        raise refused(f"The G/L Account does not exist. Identification fields and values: No.='{setup['account']}'")
    line = {
        **company.store.shapes[kind.lines].blanks,
        "documentId": header["id"],
        "sequence": max((line["sequence"] for line in lines), default=0) + _BETWEEN,
        "lineType": "Account",
        "accountId": account["id"],
        "lineObjectNumber": account["number"],
        "description": account["displayName"],
        "quantity": Decimal(1),
        kind.document.price: amount,
        "_dimensions": dict(header.get("_dimensions") or {}),
    }
    del line["id"]
    calculate_line(line, kind.document.price, includes_tax=False)
    return company.insert(kind.lines, line)

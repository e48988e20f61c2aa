"""Financial reports, summed from the ledger over the chart of accounts."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rows.calculated import account_totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_NONE = Decimal(0)
_ANY_DAY = ("", "9999-12-31")
# Category of the chart of accounts and the sign with which a report shows it: the ledger holds credits as negative
# amounts.
_BALANCE = (("Assets", 1), ("Liabilities", -1), ("Equity", -1))
_INCOME = (("Income", -1), ("Cost_x0020_of_x0020_Goods_x0020_Sold", 1), ("Expense", 1))


def balance_sheet(view: View, asked: Asked) -> list[Row]:
    """Balances up to a day, today unless another is asked for.

    Raises:
        Refusal: More than one day is asked for: the service reads the filter as a date.
    """
    start, end = asked.period("dateFilter")
    if (start, end) == _ANY_DAY:
        start = end = view.today
    if start != end:
        raise refused(f'The value "{start}..{end}" can\'t be evaluated into type Date.')
    sums = view.service.balances.net_change(view, end=end)
    return _numbered(view, "balanceSheets", end, _by_category(view, sums, _BALANCE), "balance")


def income_statement(view: View, asked: Asked) -> list[Row]:
    """Income less expenses of a period, the year so far unless another is asked for."""
    start, end = _period(view, asked)
    sums = view.service.balances.net_change(view, start=start, end=end)
    lines = list(_by_category(view, sums, _INCOME))
    return _numbered(
        view, "incomeStatements", end, [*lines, ("NET INCOME", "total", 0, _net_income(view, sums))], "netChange"
    )


def cash_flow_statement(view: View, asked: Asked) -> list[Row]:
    """Net income and the movement of cash in a period."""
    start, end = _period(view, asked)
    sums = view.service.balances.net_change(view, start=start, end=end)
    before = view.service.balances.net_change(view, end=_day_before(start))
    cash = [row["number"] for row in _posting_accounts(view) if row["subCategory"] == "Cash"]
    opening = sum((before.get(number, _NONE) for number in cash), _NONE)
    moved = sum((sums.get(number, _NONE) for number in cash), _NONE)
    lines = [
        ("Net Income", "detail", 1, _net_income(view, sums)),
        ("Cash Beginning of the Period", "detail", 1, opening),
        ("Net Cash Increase for the Period", "detail", 1, moved),
        ("CASH END OF THE PERIOD", "total", 0, opening + moved),
    ]
    return _numbered(view, "cashFlowStatements", end, lines, "netChange")


def retained_earnings_statement(view: View, asked: Asked) -> list[Row]:
    """Retained earnings before a period, its net income, and both together."""
    start, end = _period(view, asked)
    earlier = _net_income(view, view.service.balances.net_change(view, end=_day_before(start)))
    income = _net_income(view, view.service.balances.net_change(view, start=start, end=end))
    lines = [
        ("Retained Earnings, Period Start", "detail", 1, earlier),
        ("Net Income", "detail", 1, income),
        ("RETAINED EARNINGS, PERIOD END", "total", 0, earlier + income),
    ]
    return _numbered(view, "retainedEarningsStatements", end, lines, "netChange")


def trial_balance(view: View, asked: Asked) -> list[Row]:
    """One row per account, of today unless a period is asked for; the amounts are text, blank for a heading."""
    start, end = asked.period("dateFilter")
    if (start, end) == _ANY_DAY:
        start = end = view.today
    balances = view.service.balances
    sides = [
        account_totals(view, balances.turnover(view, side, start=start, end=end))
        for side in ("debitAmount", "creditAmount")
    ]
    standing = account_totals(view, balances.net_change(view, end=end))
    wanted = asked.wanted.get("accountId")
    rows = []
    for account in sorted(view.store.find(view.company, "accounts"), key=lambda row: str(row["number"])):
        number, heading = account["number"], account["accountType"] in {"Heading", "Begin_x002D_Total"}
        amounts = [*(sums[number] for sums in sides), max(standing[number], _NONE), max(-standing[number], _NONE)]
        texts = ["" if heading else f"{amount:,.2f}" for amount in amounts]
        names = {"number": number, "accountId": account["id"], "accountType": account["accountType"]}
        columns = dict(
            zip(("totalDebit", "totalCredit", "balanceAtDateDebit", "balanceAtDateCredit"), texts, strict=True)
        )
        rows.append({**names, "display": account["displayName"], **columns, "dateFilter": end})
    return [row for row in rows if wanted is None or row["accountId"] in wanted]


def _period(view: View, asked: Asked) -> tuple[str, str]:
    start, end = asked.period("dateFilter")
    if (start, end) == _ANY_DAY:
        return f"{view.now.year}-01-01", view.today
    return start, min(end, "9999-12-31")


def _day_before(day: str) -> str:
    # Everything before the day, in the way that texts of dates compare.
    return f"{day[:-1]}{chr(ord(day[-1]) - 1)}~" if day else "0000"


def _posting_accounts(view: View) -> list[Row]:
    accounts = view.store.find(view.company, "accounts", accountType="Posting")
    return sorted(accounts, key=lambda row: str(row["number"]))


def _by_category(
    view: View, sums: dict[str, Decimal], categories: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, str, int, Decimal]]:
    accounts = _posting_accounts(view)
    for category, sign in categories:
        shown = category.replace("_x0020_", " ")
        yield shown, "header", 0, _NONE
        groups: dict[str, Decimal] = {}
        for account in accounts:
            if account["category"] == category:
                name = account["subCategory"] or shown
                groups[name] = groups.get(name, _NONE) + sign * sums.get(account["number"], _NONE)
        for name, amount in groups.items():
            yield name, "detail", 1, amount
        yield f"Total {shown}", "total", 0, sum(groups.values(), _NONE)


def _net_income(view: View, sums: dict[str, Decimal]) -> Decimal:
    kinds = {category for category, _ in _INCOME}
    return -sum((sums.get(row["number"], _NONE) for row in _posting_accounts(view) if row["category"] in kinds), _NONE)


def _numbered(
    view: View,
    report: str,
    end: str,
    lines: Sequence[tuple[str, str, int, Decimal]] | Iterator[tuple[str, str, int, Decimal]],
    amount_name: str,
) -> list[Row]:
    """Rows of a report. A row's id is that of its line in the report's set-up, so it is the same in every read."""
    return [
        {
            "id": str(uuid.uuid5(uuid.UUID(view.company), f"{report} {number} {display}")),
            "lineNumber": number,
            "display": display,
            amount_name: amount,
            "lineType": line_type,
            "indentation": indentation,
            "dateFilter": end,
        }
        for number, (display, line_type, indentation, amount) in enumerate(lines, start=1)
    ]

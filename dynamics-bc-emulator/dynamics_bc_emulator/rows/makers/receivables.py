"""What customers owe and vendors are owed, by age and by period."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.date_formulas import date_after
from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.stamps import ZERO_GUID, to_stamp

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_NONE = Decimal(0)
_AMOUNTS = ("balanceDue", "currentAmount", "period1Amount", "period2Amount", "period3Amount")


def aged_receivables(view: View, asked: Asked) -> list[Row]:
    """One row per customer and one for all of them."""
    return _aged(view, asked, "customers", ledger="_customerLedgerEntries", prefix="customer", sign=1)


def aged_payables(view: View, asked: Asked) -> list[Row]:
    """One row per vendor and one for all of them."""
    return _aged(view, asked, "vendors", ledger="_vendorLedgerEntries", prefix="vendor", sign=-1)


def _aged(view: View, asked: Asked, owners: str, *, ledger: str, prefix: str, sign: int) -> list[Row]:
    as_of = str(asked.one("agedAsOfDate") or view.today)
    length = str(asked.one("periodLengthFilter") or "30D")
    days = _days(length, date.fromisoformat(as_of))
    filters = {"agedAsOfDate": as_of, "periodLengthFilter": length}
    buckets = _buckets(view, ledger, f"{prefix}Id", as_of=as_of, days=days, sign=sign)
    rows = []
    for owner in sorted(view.store.find(view.company, owners), key=lambda row: str(row["number"])):
        names = {f"{prefix}Id": owner["id"], f"{prefix}Number": owner["number"], "name": owner["displayName"]}
        amounts = buckets.get(owner["id"], dict.fromkeys(_AMOUNTS, _NONE))
        rows.append({**names, "currencyCode": owner["currencyCode"], **_labels(as_of, days), **amounts, **filters})
    total = {name: sum((row[name] for row in rows), _NONE) for name in _AMOUNTS}
    rows.append({f"{prefix}Id": ZERO_GUID, "name": "Total", **_labels(as_of, days), **total, **filters})
    wanted = asked.wanted.get(f"{prefix}Id")
    return [row for row in rows if wanted is None or row[f"{prefix}Id"] in wanted]


def _days(length: str, start: date) -> int:
    try:
        days = (date_after(length, start) - start).days
    except (ValueError, OverflowError):
        days = 0
    if days <= 0:
        raise refused(f"The period length must be a date formula that leads ahead, such as 30D, and not '{length}'.")
    return days


def _buckets(view: View, ledger: str, owner: str, *, as_of: str, days: int, sign: int) -> dict[str, dict[str, Decimal]]:
    """Open amounts by owner: what is not due yet, and what is overdue by up to one, two, or more periods.

    What is open now, aged from a day: a day that has passed does not bring back what was open then.
    """
    owed: dict[str, dict[str, Decimal]] = {}
    for entry in view.store.find(view.company, ledger, open=True):
        amounts = owed.setdefault(entry[owner], dict.fromkeys(_AMOUNTS, _NONE))
        amount = sign * Decimal(entry["remainingAmount"])
        overdue = (date.fromisoformat(as_of) - date.fromisoformat(entry["dueDate"])).days
        period = "currentAmount" if overdue <= 0 else f"period{min(3, 1 + (overdue - 1) // days)}Amount"
        amounts[period] += amount
        amounts["balanceDue"] += amount
    return owed


def _labels(as_of: str, days: int) -> Row:
    end = date.fromisoformat(as_of)
    spans = [(end - timedelta(days * (place + 1)), end - timedelta(days * place + 1)) for place in range(2)]
    texts = [f"{first:%m/%d/%y} - {last:%m/%d/%y}" for first, last in spans]
    return {"period1Label": texts[0], "period2Label": texts[1], "period3Label": f"Before {spans[1][0]:%m/%d/%y}"}


def customer_financial_details(view: View, asked: Asked) -> list[Row]:
    """One row per customer: what it owes, what it bought, what is overdue."""
    balances = view.service.balances
    open_amounts = balances.remaining_by_owner(view, "_customerLedgerEntries", "customerId")
    overdue = balances.remaining_by_owner(view, "_customerLedgerEntries", "customerId", due_before=view.today)
    sold = _turnover(view, "sales", "customerId", "", "9999-12-31")
    wanted = asked.wanted.get("id")
    return [
        {
            "id": customer["id"],
            "number": customer["number"],
            "balance": open_amounts.get(customer["id"], _NONE),
            "totalSalesExcludingTax": sold.get(customer["id"], _NONE),
            "overdueAmount": overdue.get(customer["id"], _NONE),
            "lastModifiedDateTime": to_stamp(view.store.stamp(view.company, "customers", customer["id"])),
        }
        for customer in view.store.find(view.company, "customers")
        if wanted is None or customer["id"] in wanted
    ]


def customer_sales(view: View, asked: Asked) -> list[Row]:
    """What each customer bought in a period, also those that bought nothing."""
    sold = _turnover(view, "sales", "customerId", *asked.period("dateFilter_FilterOnly"))
    return [
        {
            "customerId": customer["id"],
            "customerNumber": customer["number"],
            "name": customer["displayName"],
            "totalSalesAmount": sold.get(customer["id"], _NONE),
        }
        for customer in sorted(view.store.find(view.company, "customers"), key=lambda row: str(row["number"]))
    ]


def vendor_purchases(view: View, asked: Asked) -> list[Row]:
    """What was bought from each vendor in a period."""
    bought = _turnover(view, "purchase", "vendorId", *asked.period("dateFilter_FilterOnly"))
    return [
        {
            "vendorId": vendor["id"],
            "vendorNumber": vendor["number"],
            "name": vendor["displayName"],
            "totalPurchaseAmount": bought.get(vendor["id"], _NONE),
        }
        for vendor in sorted(view.store.find(view.company, "vendors"), key=lambda row: str(row["number"]))
    ]


def _turnover(view: View, side: str, owner: str, start: str, end: str) -> dict[str, Decimal]:
    """Posted invoices less posted credit memos, without tax, by owner."""
    versions = tuple(view.store.version(view.company, f"{side}{kind}") for kind in ("Invoices", "CreditMemos"))

    def load() -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for kind, sign in (("Invoices", 1), ("CreditMemos", -1)):
            for document in view.store.find(view.company, f"{side}{kind}", _posted=True):
                if start <= document["postingDate"] <= end:
                    sums[document[owner]] = (
                        sums.get(document[owner], _NONE) + sign * document["totalAmountExcludingTax"]
                    )
        return sums

    turnover: dict[str, Decimal] = view.service.kept((id(view.store), view.company, side, start, end), versions, load)
    return turnover

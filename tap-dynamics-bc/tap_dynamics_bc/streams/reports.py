"""How is each report asked for a period, and what do its records have for it?

A report has no rows of its own: the service computes them for the period that a filter names. Two things about that
come from the public source of the API's pages (codeunit 5488): a report of a moment takes one day and refuses a range,
and periods and amounts in text are written in the language of the request, so that only English ones can be read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGE = "en-US"
"""The language that reports are asked for in: its dates and amounts are those that the service itself can read."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Attributes:
        asked_by: The property that its filter names.
        row_key: What tells the rows of one period apart.
        of_a_moment: Whether it tells how things stand at the end of a period, and not what happened in it.
        amounts: Properties with amounts that the service writes as text.
    """

    asked_by: str
    row_key: str
    of_a_moment: bool = False
    amounts: tuple[str, ...] = ()


# Ids of statements are those of the lines in the company's set-up of the report: the same in every read.
REPORTS: Mapping[str, Report] = {
    "agedAccountsPayables": Report("agedAsOfDate", "vendorId", of_a_moment=True),
    "agedAccountsReceivables": Report("agedAsOfDate", "customerId", of_a_moment=True),
    "balanceSheets": Report("dateFilter", "id", of_a_moment=True),
    "cashFlowStatements": Report("dateFilter", "id"),
    "customerSales": Report("dateFilter_FilterOnly", "customerId"),
    "incomeStatements": Report("dateFilter", "id"),
    "retainedEarningsStatements": Report("dateFilter", "id"),
    "trialBalances": Report(
        "dateFilter",
        "accountId",
        amounts=("totalDebit", "totalCredit", "balanceAtDateDebit", "balanceAtDateCredit"),
    ),
    "vendorPurchases": Report("dateFilter_FilterOnly", "vendorId"),
}
"""The reports of the standard API, by entity set."""

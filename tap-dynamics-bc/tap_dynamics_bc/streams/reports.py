"""How is each report asked for a period, and what do its records have for it?

A report has no rows of its own: the service computes them for the period that a filter names. Two things about that
come from the public source of the API's pages (codeunit 5488): a report of a moment takes one day and refuses a range,
and periods and amounts in text are written in the language of the request, so that only English ones can be read back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_dynamics_bc.streams.columns import COMPANY_ID, PERIOD_END, PERIOD_START
from tap_dynamics_bc.streams.routes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_dynamics_bc.streams.description import Stream

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


def with_periods(streams: Mapping[str, Stream], entity_sets: Collection[str]) -> dict[str, Stream]:
    """The streams, with the period in keys and records of those reports that are read by periods.

    A report that lacks what it is asked by, or what tells its rows apart, stays as it is.

    Args:
        streams: All streams by name.
        entity_sets: The entity sets of the reports that are read by periods.
    """
    return {name: _by_period(stream, entity_sets) for name, stream in streams.items()}


def _by_period(stream: Stream, entity_sets: Collection[str]) -> Stream:
    name = stream.entity_set.name
    report = REPORTS[name] if stream.route is STANDARD and name in entity_sets else None
    if report is None or not stream.properties.keys() >= {report.asked_by, report.row_key}:
        return stream
    period = (PERIOD_END,) if report.of_a_moment else (PERIOD_START, PERIOD_END)
    amounts = {
        name: replace(stream.properties[name], type="Edm.Decimal")
        for name in report.amounts
        if name in stream.properties
    }
    return replace(
        stream,
        columns=(*stream.columns, *period),
        properties={**stream.properties, **amounts},
        own_keys=(report.row_key,),
        keys=(COMPANY_ID.name, *(each.name for each in period), report.row_key),
        report=report,
    )

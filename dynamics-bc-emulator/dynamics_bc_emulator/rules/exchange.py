"""What an amount in a foreign currency is worth in the local one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company


def local_factor(company: Company, currency_code: str, date: str) -> Decimal:
    """What to multiply an amount with: the last exchange rate that began on or before a date.

    Args:
        company: Whose rates.
        currency_code: A currency; blank or the local one has the factor 1.
        date: The posting date.

    Raises:
        Refusal: There is no rate for that date.
    """
    if currency_code in ("", company.local_currency):
        return Decimal(1)
    rates = [
        row for row in company.find("currencyExchangeRates", currencyCode=currency_code) if row["startingDate"] <= date
    ]
    if not rates:
        what = f"Currency Code: {currency_code}, Starting Date: ..{date}"
        raise refused(f"There is no Currency Exchange Rate within the filter: {what}")
    rate = max(rates, key=lambda row: str(row["startingDate"]))
    return Decimal(rate["relationalExchangeRateAmount"]) / Decimal(rate["exchangeRateAmount"])

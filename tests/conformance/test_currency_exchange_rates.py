"""Exchange rates of currencies."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 Currency Exch. Rate E2E"


@pytest.fixture
def rates(api) -> list[str]:
    """Ids of the rates of two currencies."""
    days = [("ZZC", "2026-01-01"), ("ZZC", "2026-02-01"), ("ZZD", "2026-01-01")]
    for code in ("ZZC", "ZZD"):
        api.post("currencies", {"code": code})
    return [api.plant("currencyExchangeRates", currencyCode=code, startingDate=day)["id"] for code, day in days]


@pytest.mark.theirs("TestGetCurrencyExchangeRates")
def test_the_rates_of_currencies_are_listed(api, rates):
    wanted = "currencyCode eq 'ZZC' or currencyCode eq 'ZZD'"
    assert sorted(row["id"] for row in api.rows("currencyExchangeRates", filter=wanted)) == sorted(rates)
    assert set(rates) < {row["id"] for row in api.rows("currencyExchangeRates")}


@pytest.mark.theirs("TestSingleGetCurrencyExchangeRate")
def test_one_rate_is_read(api, rates):
    read = api.get(f"currencyExchangeRates({rates[2]})")
    assert (read["id"], read["currencyCode"], read["startingDate"]) == (rates[2], "ZZD", "2026-01-01")

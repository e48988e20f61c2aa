"""The set-up of the general ledger."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - G/L Setup E2E"


@pytest.mark.theirs("TestGetGLSetup")
def test_there_is_one_and_it_says_what_is_set_up(api):
    (setup,) = api.rows("generalLedgerSetup")
    stored = api.desk.company.ledger_setup
    names = [
        "id",
        "allowPostingFrom",
        "allowPostingTo",
        "localCurrencyCode",
        "additionalReportingCurrency",
        "localCurrencySymbol",
        *(f"shortcutDimension{place}Code" for place in range(1, 9)),
    ]
    assert {name: setup[name] for name in names} == {name: stored[name] for name in names}
    assert (setup["localCurrencyCode"], setup["shortcutDimension1Code"]) == ("GBP", "DEPARTMENT")

"""The control `tables`: set-up that no entity set shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.driver import COMPANY, ControlError

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral

ROW = {"party": "Vendor", "code": "10000", "minimumAmount": 100, "discountPercent": 12.5}


def test_a_table_is_replaced_and_a_reset_empties_it(business_central: BusinessCentral) -> None:
    control = business_central.control
    for rows in ([ROW, {**ROW, "minimumAmount": 500}], [ROW]):
        control.set_table(COMPANY, "invoiceDiscounts", rows)
        kept = control.tables(COMPANY)["invoiceDiscounts"]
        assert kept == [{"currencyCode": "", **row} for row in rows]
    control.reset()
    assert control.tables(COMPANY)["invoiceDiscounts"] == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"table": "nope"}, "the table nope (there are invoiceDiscounts"),
        ({"rows": [{"percent": 1}]}, "a row of invoiceDiscounts has no percent; it has party, code"),
        ({"rows": [{"discountPercent": "ten"}]}, "discountPercent of a row of invoiceDiscounts is a number, not 'ten'"),
        ({"rows": [{"party": "Bank"}]}, "party of invoiceDiscounts is one of 'Customer', 'Vendor', not 'Bank'"),
        ({"rows": [1]}, "a row of invoiceDiscounts is an object, not 1"),
        ({"company": "Nowhere"}, "The company 'Nowhere' does not exist."),
    ],
)
def test_what_a_table_cannot_hold_is_refused(
    business_central: BusinessCentral, body: dict[str, Any], sentence: str
) -> None:
    whole = {"company": COMPANY, "table": "invoiceDiscounts", "rows": [ROW], **body}
    with pytest.raises(ControlError) as refusal:
        business_central.control.call("POST", "tables", whole)
    assert sentence in str(refusal.value)
    assert business_central.control.tables(COMPANY)["invoiceDiscounts"] == []

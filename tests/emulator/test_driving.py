"""The driver's words for what the service does to clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.plain_api import sign_in, token

from dynamics_bc_emulator.driver import COMPANY

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral


def test_a_test_can_leave_a_transaction_open_and_end_it(business_central: BusinessCentral) -> None:
    control = business_central.control
    before = len(control.rows(COMPANY, "vendors"))
    row = {"company": COMPANY, "entity_set": "vendors", "set": {"number": "D-1"}}
    control.roll_back(control.begin([row]))
    assert len(control.rows(COMPANY, "vendors")) == before
    number = control.begin([row], seen=False)
    assert len(control.rows(COMPANY, "vendors")) == before
    control.commit(number)
    assert len(control.rows(COMPANY, "vendors")) == before + 1


def test_a_test_can_let_things_vanish_and_come_back(business_central: BusinessCentral) -> None:
    api = sign_in(business_central)
    path = f"{api.company}/vendors"
    business_central.control.vanish(entity_set="vendors")
    assert api.get(path).status_code == 404
    business_central.control.come_back()
    assert api.get(path).status_code == 200


def test_a_test_can_register_applications(business_central: BusinessCentral) -> None:
    more = [{"client_id": f"app-{number}", "client_secret": "secret"} for number in range(3)]
    business_central.control.principals(more)
    assert all(token(business_central, **each).status_code == 200 for each in more)

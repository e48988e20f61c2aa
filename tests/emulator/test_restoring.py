"""Snapshots: a driver goes back to a moment of its own, as often as it likes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from dynamics_bc_emulator.driver import COMPANY, ControlError

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral, Control


def rename(control: Control, number: str, name: str) -> None:
    row = next(row for row in control.rows(COMPANY, "customers") if row["number"] == number)
    control.edit(company=COMPANY, entity_set="customers", id=row["id"], set={"displayName": name})


def names(control: Control) -> list[str]:
    return [row["displayName"] for row in control.rows(COMPANY, "customers")]


def status_of(url: str, headers: dict[str, str]) -> int:
    return requests.get(url, headers=headers, timeout=60).status_code


def test_a_restore_brings_back_rows_clock_switches_permissions_and_faults(business_central: BusinessCentral) -> None:
    control = business_central.control
    rename(control, "10000", "Before")
    control.freeze()
    control.set_clock("2027-01-02T03:04:05Z")
    control.switches(in_filter="ignore")
    control.permissions([{"entity_set": "vendors", "read": False}])
    control.faults([{"path": "items", "status": 503, "times": 1}])
    at_the_time = names(control)
    snapshot = control.snapshot()
    for _ in range(2):
        rename(control, "10000", "After")
        control.advance("P1D")
        control.switches(in_filter="refuse")
        control.permissions([])
        headers = business_central.headers()
        items = f"{business_central.company_url()}/items"
        assert status_of(items, headers) == 503
        assert status_of(items, headers) == 200
        control.clear_faults()
        control.restore(snapshot)
        assert names(control) == at_the_time
        assert control.call("GET", "clock")["now"] == "2027-01-02T03:04:05.000000Z"
        assert control.switches()["in_filter"] == "ignore"
        vendors = f"{business_central.company_url()}/vendors"
        assert status_of(vendors, business_central.headers()) == 403
    assert control.requests()


def test_a_reset_does_not_forget_snapshots_and_none_disturbs_another(business_central: BusinessCentral) -> None:
    control = business_central.control
    seed = names(control)
    empty = control.snapshot()
    rename(control, "20000", "One")
    one = control.snapshot()
    rename(control, "20000", "Two")
    two = control.snapshot()
    control.reset()
    assert names(control) == seed
    for snapshot, wanted in ((two, "Two"), (one, "One"), (two, "Two")):
        control.restore(snapshot)
        assert wanted in names(control)
    control.restore(empty)
    assert names(control) == seed
    control.forget(one)
    for do in (control.restore, control.forget):
        with pytest.raises(ControlError, match=f"snapshot {one} is missing or not there"):
            do(one)


def test_what_happens_inside_undone_is_undone_when_it_fails_too(business_central: BusinessCentral) -> None:
    control = business_central.control
    seed = names(control)
    with pytest.raises(ZeroDivisionError), control.undone():  # noqa: PT012 - both are the claim
        rename(control, "10000", "Gone soon")
        raise ZeroDivisionError
    assert names(control) == seed


def test_reset_snapshot_and_restore_take_milliseconds(business_central: BusinessCentral) -> None:
    control = business_central.control
    rename(control, "10000", "Changed")
    taken = []
    snapshot = control.snapshot()
    for do in (control.snapshot, lambda: control.restore(snapshot), control.reset):
        rename(control, "10000", "Changed again")
        started = time.perf_counter()
        do()
        taken.append(time.perf_counter() - started)
    # Some 15 ms each on an idle machine; a busy one is given room.
    assert max(taken) < 0.5
